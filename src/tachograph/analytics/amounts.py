"""Amounts in sentences: money, and what is counted."""

from __future__ import annotations

__all__ = ["counted", "dollars"]


def dollars(microusd: int) -> str:
    """Micro-dollars as dollars and cents; four digits below a dollar. What is less than that is still not nothing."""
    if 0 < microusd < 50:
        return "<$0.0001"
    usd = microusd / 1_000_000
    return f"${usd:,.2f}" if usd >= 1 or not microusd else f"${usd:.4f}"


def counted(number: int, one: str) -> str:
    """A number and what it counts: "1 session", "2,000 sessions"."""
    return f"{number:,} {one if number == 1 else one + 's'}"
