"""The line itself: parts in order of reading, shortened and left out in order of need where the terminal is narrow."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tachograph.statusline.figures import Amount, Figures
    from tachograph.statusline.payload import Limit

__all__ = ["as_line", "columns_of"]

SEPARATOR = " · "
MARGIN = 4  # columns that Claude Code needs beside the line
HIGH, NEARLY_ALL = 0.8, 0.95
_DIM, _YELLOW, _RED, _END = "\x1b[2m", "\x1b[33m", "\x1b[31m", "\x1b[0m"
_NAMES = {"five_hour": "5h", "seven_day": "7d", "spend_limit": "spend"}


class Part:
    """One thing said: its text, a shorter one, how soon it may be left out, and how near to an end it is."""

    __slots__ = ("need", "ratio", "short", "text")

    def __init__(self, text: str, *, need: int, short: str | None = None, ratio: float | None = None) -> None:
        self.text = text
        self.short = text if short is None else short
        self.need = need  # the lowest goes first
        self.ratio = ratio


def as_line(figures: Figures, *, now_s: float, columns: int | None = None, colours: bool = False) -> str:
    """One line without its end.

    Args:
        figures: what is to be said; what is not known is left out.
        now_s: seconds since 1970.
        columns: of the terminal; None if that is not known, and then nothing is cut.
        colours: whether to write ANSI sequences: what is near to its end is yellow, then red.
    """
    parts = list(_parts(figures, now_s))
    room = None if columns is None else max(1, columns - MARGIN)
    if room is not None:
        parts = _fitting(parts, room)
    if not colours:
        return SEPARATOR.join(part.text for part in parts)
    return f"{_DIM}{SEPARATOR}{_END}".join(map(_coloured, parts))


def columns_of(text: str) -> int:
    """How wide a text without control characters is: East Asian wide characters take two columns."""
    return sum(2 if _is_wide(ord(c)) else 1 for c in text)


def _is_wide(code: int) -> bool:
    return (
        0x1100 <= code <= 0x115F
        or 0x2E80 <= code <= 0xA4CF
        or 0xAC00 <= code <= 0xD7A3
        or 0xF900 <= code <= 0xFAFF
        or 0xFE30 <= code <= 0xFE6F
        or 0xFF00 <= code <= 0xFF60
        or 0x1F300 <= code <= 0x1FAFF
        or 0x20000 <= code <= 0x3FFFD
    )


def _parts(figures: Figures, now_s: float) -> list[Part]:
    payload = figures.payload
    parts = []
    if payload.cost_microusd is not None:
        parts.append(Part(_dollars(payload.cost_microusd), need=9))
    for name, amount, need in (("today", figures.today, 8), ("month", figures.month, 3)):
        if amount is not None:
            parts.append(_amount(name, amount, need))
    if payload.context_ratio is not None:
        parts.append(Part(f"ctx {_percent(payload.context_ratio)}", need=6, ratio=payload.context_ratio))
    elif payload.is_over_200k:
        parts.append(Part("ctx >200k", need=6, ratio=HIGH))
    for index, limit in enumerate(payload.limits):
        parts.append(_limit(limit, now_s, need=7 if index == 0 else 5))
    if payload.model is not None:
        parts.append(Part(payload.model, need=1))
    return parts


def _amount(name: str, amount: Amount, need: int) -> Part:
    short = f"{name} {'≥' if amount.is_at_least else ''}{_dollars(amount.microusd)}"
    if amount.budget_microusd is None:
        return Part(short, need=need)
    ratio = amount.microusd / amount.budget_microusd
    used = f"{short} ({_percent(ratio)}"  # without the budget's own amount it still says how it stands
    return Part(f"{used} of {_dollars(amount.budget_microusd)})", short=f"{used})", need=need, ratio=ratio)


def _limit(limit: Limit, now_s: float, need: int) -> Part:
    name = _NAMES.get(limit.window)
    if name is None:
        window = limit.window.replace("five_hour_", "5h ").replace("seven_day_", "7d ")
        name = window.replace("_", " ")
    short = f"{name} {_percent(limit.used_ratio)}"
    left = "" if limit.resets_at_s is None else f" ({_time_left(limit.resets_at_s - now_s)})"
    return Part(short + left, short=short, need=need, ratio=limit.used_ratio)


def _percent(ratio: float) -> str:
    """Whole percent; never 100 % before it is all used, nor 0 % when something is."""
    whole = int(ratio * 100 + 0.5)
    if whole >= 100 and ratio < 1:
        return "99%"
    if whole == 0 and ratio > 0:
        return "<1%"
    return f"{whole}%"


def _dollars(microusd: int) -> str:
    if 0 < microusd < 10_000:
        return "<$0.01"
    if microusd >= 100_000_000:
        return f"${(microusd + 500_000) // 1_000_000:,}"
    cents = (microusd + 5_000) // 10_000
    return f"${cents // 100}.{cents % 100:02}"


def _time_left(seconds: float) -> str:
    minutes = max(1, int(seconds // 60))
    hours, days = minutes // 60, minutes // 1440
    if days >= 2:
        return f"{days}d{hours % 24}h" if hours % 24 else f"{days}d"
    if hours:
        return f"{hours}h{minutes % 60:02}m"
    return f"{minutes}m"


def _fitting(parts: list[Part], room: int) -> list[Part]:
    """What fits: first all are short where they can be, then the least needed go; the last one is cut."""
    if _width(parts) <= room:
        return parts
    for part in sorted(parts, key=lambda part: part.need):
        part.text = part.short
        if _width(parts) <= room:
            return parts
    while len(parts) > 1 and _width(parts) > room:
        parts.remove(min(parts, key=lambda part: part.need))
    if parts and _width(parts) > room:
        while parts[0].text and columns_of(parts[0].text) > room:
            parts[0].text = parts[0].text[:-1]
    return parts


def _width(parts: list[Part]) -> int:
    return sum(columns_of(part.text) for part in parts) + len(SEPARATOR) * max(0, len(parts) - 1)


def _coloured(part: Part) -> str:
    if part.ratio is None or part.ratio < HIGH:
        return part.text
    return f"{_RED if part.ratio >= NEARLY_ALL else _YELLOW}{part.text}{_END}"
