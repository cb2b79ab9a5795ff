"""Amounts as the page has to write them in full, reckoned here a second time."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

__all__ = ["exact"]


def exact(value: float | None, unit: str | None) -> str:
    """A figure with every digit that its unit has."""
    if value is None:
        return "–"
    if value < 0 and unit != "ratio":
        return f"−{exact(-value, unit)}"
    match unit:
        case "usd":
            return f"${_grouped(value, 6 if 0 < value < 1 else 2)}"
        case "microusd":
            return exact(value / 1e6, "usd")
        case "ratio":
            return f"{_plain(value * 100, 2)} %"
        case "seconds":
            return _duration(value)
        case "ms":
            return f"{_grouped(value, 0 if float(value).is_integer() else 1)} ms"
        case "mean":
            return _plain(value, 3)
        case _:
            text = _grouped(value, 0 if float(value).is_integer() else 1)
            return f"{text} tokens" if unit == "tokens" else text


def _grouped(value: float, places: int) -> str:
    # As it is written: 12.85 becomes 12.9, although the nearest double lies below it.
    return f"{Decimal(str(value)).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP):,}"


def _plain(value: float, places: int) -> str:
    text = f"{Decimal(value).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _duration(seconds: float) -> str:
    if seconds < 10:
        return f"{_plain(seconds, 1)} s"
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02} min"
    return f"{hours // 24:,} d {hours % 24} h"
