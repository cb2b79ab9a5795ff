"""What Claude Code tells its status line, as far as it can be believed. Unknown is None, never 0.

Forms: docs/formats/claude_code_statusline.md. Nothing in here raises for what came in.
"""

from __future__ import annotations

import math

from tachograph.statusline.json_text import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__all__ = ["Limit", "Payload", "clean", "parse"]

MAX_WINDOWS = 8
MAX_MODEL = 24  # characters
MAX_USD = 1e7  # a session's cost above this is no cost
_LATEST_S = 4_102_444_800  # the year 2100
_DIGITS = frozenset("0123456789")
_LOWER = frozenset("abcdefghijklmnopqrstuvwxyz")
_IN_IDS = _DIGITS | _LOWER | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ._:-")


class Limit:
    """How much of one of the plan's limits is used."""

    __slots__ = ("resets_at_s", "used_ratio", "window")

    def __init__(self, window: str, used_ratio: float, resets_at_s: int | None) -> None:
        self.window = window  # five_hour, seven_day, spend_limit, … as Claude Code names it
        self.used_ratio = used_ratio  # 1.0 is all of it; a spend limit can be exceeded
        self.resets_at_s = resets_at_s  # seconds since 1970


class Payload:
    """One JSON object from Claude Code, understood."""

    __slots__ = ("context_ratio", "cost_microusd", "is_over_200k", "limits", "model", "session", "version")

    def __init__(self) -> None:
        self.session: str | None = None  # the agent's own id
        self.version: str | None = None
        self.model: str | None = None  # safe to print
        self.cost_microusd: int | None = None  # of the session so far, resumed parts included
        self.context_ratio: float | None = None
        self.is_over_200k = False
        self.limits: list[Limit] = []  # those whose reset is still to come


def parse(data: bytes, *, now_s: float) -> Payload:
    """Read it.

    Args:
        data: whatever came in on standard input.
        now_s: seconds since 1970.
    """
    payload = Payload()
    try:
        found = loads(data)
    except (ValueError, RecursionError):
        return payload
    if not isinstance(found, dict):
        return payload
    session, version = found.get("session_id"), found.get("version")
    if isinstance(session, str) and 0 < len(session) <= 128 and _IN_IDS.issuperset(session):
        payload.session = session
    if isinstance(version, str) and _is_version(version):
        payload.version = version
    model = _part(found, "model")
    payload.model = clean(model.get("display_name")) or clean(model.get("id"))
    cost = _number(_part(found, "cost").get("total_cost_usd"))
    if cost is not None and cost <= MAX_USD:
        payload.cost_microusd = math.floor(cost * 1e6 + 0.5)
    payload.context_ratio = _context(_part(found, "context_window"))
    payload.is_over_200k = found.get("exceeds_200k_tokens") is True
    payload.limits = _limits(_part(found, "rate_limits"), now_s)
    return payload


def clean(text: Any) -> str | None:
    """A text from outside without anything that a terminal would obey, and not too long; None if nothing is left."""
    if not isinstance(text, str):
        return None
    kept = "".join(c for c in text[:256] if c.isprintable()).strip()
    return (kept if len(kept) <= MAX_MODEL else kept[: MAX_MODEL - 1] + "…") or None


def _is_version(text: str) -> bool:
    """Two to four numbers with dots."""
    parts = text.split(".")
    return 2 <= len(parts) <= 4 and all(0 < len(part) <= 5 and _DIGITS.issuperset(part) for part in parts)


def _is_word(text: str) -> bool:
    """Up to five parts of lower case letters and digits, joined by _."""
    parts = text.split("_")
    if len(parts) > 5 or text[:1] not in _LOWER:
        return False
    return all(0 < len(part) <= 16 and (_LOWER | _DIGITS).issuperset(part) for part in parts)


def _part(found: dict[str, Any], name: str) -> dict[str, Any]:
    part = found.get(name)
    return part if isinstance(part, dict) else {}


def _number(value: Any) -> float | None:
    """A finite number that is not negative."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) and number >= 0 else None


def _context(window: dict[str, Any]) -> float | None:
    """Used share of the context window: counted where the counts are there, because the given percentage is rounded."""
    size = _number(window.get("context_window_size"))
    usage = _part(window, "current_usage")
    parts = [_number(usage.get(k)) for k in ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")]
    if size and None not in parts:
        ratio = sum(part or 0.0 for part in parts) / size
    else:
        share = _number(window.get("used_percentage"))
        if share is None:
            return None
        ratio = share / 100
    return ratio if ratio <= 10 else None


def _limits(windows: dict[str, Any], now_s: float) -> list[Limit]:
    limits = []
    for name, told in windows.items():
        if not isinstance(told, dict) or not _is_word(name):
            continue
        used, resets = _number(told.get("used_percentage")), _number(told.get("resets_at"))
        if used is None or used > 100_000:
            continue
        if resets is not None and not now_s < resets <= _LATEST_S:
            if resets <= now_s:
                continue  # the window is over: what was used of it says nothing about the next one
            resets = None
        limits.append(Limit(name, round(used / 100, 6), None if resets is None else int(resets)))
        if len(limits) == MAX_WINDOWS:
            break
    return limits
