"""A question: what, by what, of what, when. Parsed here, compiled in compile.py."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tachograph.analytics.zones import UTC_ZONE, Zone
from tachograph_sdk.errors import BadWindow

__all__ = ["Query", "Window", "day_of", "month_of", "parse_window"]

_RANGE = re.compile(r"([1-9][0-9]{0,3})([mhdw])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}
_FIRST = datetime(2, 1, 1)  # noqa: DTZ001 - UTC; there is nothing before it, but zones, weeks and months before a window
_LAST = datetime(9998, 12, 31)  # noqa: DTZ001 - likewise after it
_HINT = "use a range (1h, 24h, 7d, 30d, 90d or all), or since and until, each a day (2026-11-20) or a time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A time range: start included, end excluded, UTC without a zone as the stores keep it; None is unbounded.

    `zone` is whose days and hours are counted in it.
    """

    start: datetime | None = None
    end: datetime | None = None
    zone: Zone = UTC_ZONE

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.start >= self.end:
            told = f"the time range from {self.start:%Y-%m-%d %H:%M:%S} to {self.end:%Y-%m-%d %H:%M:%S} UTC is empty"
            raise BadWindow(told, hint="the start comes before the end, which is not included")

    def as_text(self) -> dict[str, str | None]:
        """ISO 8601 with the zone's offset (in UTC: a Z), or null; and the zone's name."""
        return {
            "since": None if self.start is None else self.zone.as_text(self.start),
            "until": None if self.end is None else self.zone.as_text(self.end),
            "tz": self.zone.name,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One question: metric names, dimension names to split by, dimension values to keep, a window."""

    metrics: Sequence[str]
    by: Sequence[str] = ()
    filters: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    window: Window = field(default_factory=Window)
    limit: int | None = None  # rows; the first in order


def day_of(moment: datetime, zone: Zone) -> Window:
    """The zone's day that a moment (UTC without a zone) is in."""
    local = zone.local_of(moment)
    first = datetime(local.year, local.month, local.day)  # noqa: DTZ001 - local times of the zone
    return Window(start=zone.utc_of(first), end=zone.utc_of(first + timedelta(days=1)), zone=zone)


def month_of(moment: datetime, zone: Zone) -> Window:
    """The zone's calendar month that a moment (UTC without a zone) is in."""
    local = zone.local_of(moment)
    first = datetime(local.year, local.month, 1)  # noqa: DTZ001 - local times of the zone
    return Window(start=zone.utc_of(first), end=zone.utc_of((first + timedelta(days=32)).replace(day=1)), zone=zone)


def parse_window(
    *,
    now_us: int,
    since: str | None = None,
    until: str | None = None,
    range_: str | None = None,
    zone: Zone = UTC_ZONE,
) -> Window:
    """The window that `--since`, `--until` and `--range` name; a range is a length and ends now.

    Days and times without an offset are the zone's: the first of two where the clock is put back, later by the jump
    where it is put forward. Times of the calendar's first and last year are taken for the years next to them: whoever
    writes them means all time, and what comes before and after a window has to be in the calendar too.

    Raises:
        BadWindow: it cannot be read, is empty, or a range is given beside a start or an end.
    """
    if range_ is not None:
        if since is not None or until is not None:
            raise BadWindow("a range excludes a start and an end", hint=_HINT)
        if range_ == "all":
            return Window(zone=zone)
        found = _RANGE.fullmatch(range_)
        if not found:
            raise BadWindow(f"{range_!r} is not a range", hint=_HINT)
        now = datetime.fromtimestamp(now_us // 1_000_000, UTC).replace(tzinfo=None) + timedelta(
            microseconds=now_us % 1_000_000
        )
        try:
            return Window(start=now - int(found[1]) * _UNITS[found[2]], end=now, zone=zone)
        except OverflowError as error:
            raise BadWindow(f"{range_!r} reaches too far back", hint=_HINT) from error
    return Window(start=_moment(since, zone), end=_moment(until, zone), zone=zone)


def _moment(text: str | None, zone: Zone) -> datetime | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        utc = zone.utc_of(moment) if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError) as error:
        raise BadWindow(f"{text!r} is not a day or a time", hint=_HINT) from error
    return min(max(utc, _FIRST), _LAST)
