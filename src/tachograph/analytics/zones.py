"""Time zones: when a local time was, and how far local time is from UTC between two moments.

Rules come from the machine's IANA database, else from the `tzdata` package (docs/decisions/time-zones.md).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from tachograph_sdk.errors import UnknownTimeZone

__all__ = ["UTC_ZONE", "Span", "Zone", "find_zone"]

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_NOT_PLACES = ("posix/", "right/", "posixrules", "localtime", "Factory")  # files of the database, not names of zones
_HINT = "names are like Europe/Berlin, America/New_York, Asia/Kolkata or UTC"
_PROBE = timedelta(days=1)  # no zone has ever changed its offset twice within three days (1939-09-05, Africa/Freetown)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time in which local time is the same distance from UTC."""

    start: datetime  # its first moment, UTC without a zone; of the first span: not its true beginning
    offset_s: int  # seconds that local time is ahead of UTC


@dataclass(frozen=True, slots=True)
class Zone:
    """A place's time. Times without a zone that come in or go out say in their name which they are."""

    name: str

    @property
    def is_utc(self) -> bool:
        """True where local time is UTC, always."""
        return self.name in _UTC_NAMES

    def utc_of(self, local: datetime) -> datetime:
        """The moment of a local time, both without a zone.

        A time that exists twice is the first; one that a jump left out is as much later as the jump (02:30 becomes
        03:30): the same moment as if the clock had not been put forward.

        Raises:
            OverflowError: the moment is not within the years 1 to 9999.
        """
        return local.replace(tzinfo=self._info, fold=0).astimezone(UTC).replace(tzinfo=None)

    def local_of(self, utc: datetime) -> datetime:
        """The local time of a moment (UTC without a zone), with its offset; in UTC where local time has no such year."""
        moment = utc.replace(tzinfo=UTC)
        try:
            return moment.astimezone(self._info)
        except OverflowError:
            return moment

    def as_text(self, utc: datetime) -> str:
        """ISO 8601 with the offset, or with a Z in UTC."""
        return utc.isoformat() + "Z" if self.is_utc else self.local_of(utc).isoformat()

    def spans(self, first: datetime, last: datetime) -> tuple[Span, ...]:
        """The spans that cover a stretch of time, both ends included, in order; never empty."""
        found = [Span(first, _offset_s(self._info, first))]
        if self.is_utc:
            return tuple(found)
        for year in range(max(first.year, 2), min(last.year, 9998) + 1):
            for change in _changes(self.name, year):
                if first < change.start <= last and change.offset_s != found[-1].offset_s:
                    found.append(change)
        return tuple(found)

    @property
    def _info(self) -> ZoneInfo:
        return _load(self.name)


_UTC_NAMES = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "Etc/Zulu", "Etc/Universal", "UCT", "Zulu", "Universal"})
UTC_ZONE = Zone("UTC")


def find_zone(name: str) -> Zone:
    """The zone of this IANA name. Raises UnknownTimeZone."""
    if not _NAME.fullmatch(name) or name.startswith(_NOT_PLACES):
        raise UnknownTimeZone(f"{name[:60]!r} is not the name of a time zone", hint=_HINT)
    try:
        _load(name)
    except (KeyError, ValueError, OSError) as error:  # not there; there, but no zone; a folder, on some platforms
        raise UnknownTimeZone(f"there is no time zone {name[:60]!r}", hint=_HINT) from error
    return Zone(name)


@lru_cache(maxsize=256)
def _load(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=4096)
def _changes(name: str, year: int) -> tuple[Span, ...]:
    """Where the offset changes within one year of UTC, to the second: a new offset holds from its start on."""
    info = _load(name)
    at, end = datetime(year, 1, 1) - timedelta(seconds=1), datetime(year, 12, 31, 23, 59, 59)  # noqa: DTZ001 - UTC
    offset = _offset_s(info, at)
    found = []
    while at < end:
        then = min(at + _PROBE, end)
        if (after := _offset_s(info, then)) != offset:
            low, high = at, then
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
                low, high = (middle, high) if _offset_s(info, middle) == offset else (low, middle)
            found.append(Span(high, after))
            offset = after
        at = then
    return tuple(found)


def _offset_s(info: ZoneInfo, utc: datetime) -> int:
    try:
        offset = utc.replace(tzinfo=UTC).astimezone(info).utcoffset()
    except OverflowError:  # the first or last hours of the calendar
        return 0
    return 0 if offset is None else offset // timedelta(seconds=1)
