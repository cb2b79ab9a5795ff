"""How the figures went from day to day, or from week to week where there are many days."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from tachograph.analytics.file_kit.figures import SessionFigures, Usage

__all__ = ["Period", "spark", "trend"]

MOST_DAYS = 45  # more are shown by week
MOST_PERIODS = 520  # ten years of weeks; what is older stands in the totals only
BLOCKS = "▁▂▃▄▅▆▇█"
ASCII = "_.:-=+*#"


@dataclass(slots=True, kw_only=True)
class Period:
    """One day, or one week from Monday on."""

    start: date  # local
    sessions: int = 0  # that had a record in it
    usage: Usage = field(default_factory=Usage)
    errors: int = 0
    tool_failures: int = 0


def trend(sessions: Sequence[SessionFigures]) -> tuple[str, list[Period]]:
    """By "day" or by "week", and the periods from the first with a record to the last, those with none included."""
    days: dict[date, Period] = {}
    for session in sessions:
        for day, figures in session.days.items():
            if not day:
                continue
            start = date.fromisoformat(day)
            if (period := days.get(start)) is None:
                period = days[start] = Period(start=start)
            period.usage.add(figures.requests if session.basis == "requests" else figures.counters)
            period.sessions += 1
            period.errors += figures.errors
            period.tool_failures += figures.tool_failures
    if not days:
        return "day", []
    if (max(days) - min(days)).days < MOST_DAYS:
        return "day", _filled(days, timedelta(days=1))
    return "week", _filled(_weeks(days, sessions), timedelta(weeks=1))


def spark(values: Iterable[float], *, plain: bool = False) -> str:
    """One character a value, as high as its share of the highest; a blank for nothing."""
    numbers = list(values)
    highest = max(numbers, default=0)
    blocks = ASCII if plain else BLOCKS
    if not highest:
        return " " * len(numbers)
    return "".join(" " if not n else blocks[min(len(blocks) - 1, int(n / highest * len(blocks)))] for n in numbers)


def _weeks(days: dict[date, Period], sessions: Sequence[SessionFigures]) -> dict[date, Period]:
    weeks: dict[date, Period] = {}
    for day, figures in days.items():
        start = _monday(day)
        if (week := weeks.get(start)) is None:
            week = weeks[start] = Period(start=start)
        week.usage.add(figures.usage)
        week.errors += figures.errors
        week.tool_failures += figures.tool_failures
    for session in sessions:  # a session of two days of one week is one session of it
        for start in {_monday(date.fromisoformat(day)) for day in session.days if day}:
            weeks[start].sessions += 1
    return weeks


def _filled(periods: dict[date, Period], step: timedelta) -> list[Period]:
    first, last = min(periods), max(periods)
    first = max(first, last - (MOST_PERIODS - 1) * step)
    count = (last - first) // step + 1
    return [periods.get(start) or Period(start=start) for start in (first + n * step for n in range(count))]


def _monday(day: date) -> date:
    return day - timedelta(days=min(day.weekday(), day.toordinal() - 1))
