"""Time cut into pieces: the hours, days, weeks and months of a window, so that a chart shows those without rows too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, get_args

from tachograph.analytics.local_time import HOUR
from tachograph.analytics.query import Window
from tachograph.analytics.zones import Zone
from tachograph_sdk.errors import QueryTooLarge

__all__ = ["PIECES", "Piece", "fitting", "pieces_of"]

Piece = Literal["hour", "day", "week", "month"]
PIECES: Final[tuple[Piece, ...]] = get_args(Piece)

_DAY = timedelta(days=1)
_FITS: Final[Sequence[tuple[timedelta, Piece]]] = ((2 * _DAY, "hour"), (100 * _DAY, "day"), (732 * _DAY, "week"))


def fitting(length: timedelta) -> Piece:
    """How fine a time is shown: hours up to two days, days up to 100 days, weeks up to two years, then months."""
    return next((piece for most, piece in _FITS if length <= most), "month")


def pieces_of(
    piece: Piece, window: Window, *, found: Sequence[str], now: datetime, most: int = 100_000
) -> Sequence[str]:
    """Every piece that the window touches, in order, each named as the dimension of that name names it.

    Args:
        piece: how long each is.
        window: what is cut; where it has no start it begins with the first piece found, where it has no end it ends now.
        found: the pieces that have rows; they are among the result, also where they lie after now.
        now: UTC without a zone.
        most: how many there may be.

    Raises:
        QueryTooLarge: there are more.
    """
    known = sorted(_moment(piece, text, window.zone) for text in found)
    if window.start is None and not known:
        return []
    start = known[0] if window.start is None else window.start
    last = max(start, now, *known[-1:]) if window.end is None else window.end - timedelta(microseconds=1)
    cut = _hours(start, last, window.zone) if piece == "hour" else _dates(piece, start, last, window.zone)
    made: list[str] = []
    for text in cut:
        if len(made) == most:
            raise QueryTooLarge(
                f"the time range has more than {most:,} pieces", hint="narrow the time range, or take a coarser grain"
            )
        made.append(text)
    return made


def _hours(start: datetime, last: datetime, zone: Zone) -> Iterator[str]:
    """Local hours by their first moment; where the clock is changed within one, the change begins another."""
    spans = zone.spans(start - HOUR if start.year > 1 else start, last)
    for index, span in enumerate(spans):
        ahead = timedelta(seconds=span.offset_s)
        until = spans[index + 1].start if index + 1 < len(spans) else last + timedelta(microseconds=1)
        moment = start if index == 0 else max(span.start, start)
        while moment < until:
            try:
                floor = (moment + ahead).replace(minute=0, second=0, microsecond=0) - ahead
                following = floor + HOUR
            except OverflowError:  # the first or the last hours of the calendar
                break
            yield zone.as_text(floor if index == 0 else max(floor, span.start))
            moment = following


def _dates(piece: Piece, start: datetime, last: datetime, zone: Zone) -> Iterator[str]:
    """Local days, weeks (by their Monday) or months (by their first day)."""
    day, end = _floor(piece, zone.local_of(start).date()), zone.local_of(last).date()
    while day <= end:
        if piece != "day" or _exists(day, zone):
            yield day.isoformat()
        try:
            day = _floor(piece, day + {"day": _DAY, "week": 7 * _DAY, "month": 31 * _DAY}[piece])
        except OverflowError:
            return


def _exists(day: date, zone: Zone) -> bool:
    """False of a day that a place left out when it moved across the date line."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - local time
    try:
        return zone.local_of(zone.utc_of(midnight)).date() == day
    except OverflowError:
        return True


def _floor(piece: Piece, day: date) -> date:
    if piece == "week":
        return day - timedelta(days=min(day.weekday(), day.toordinal() - 1))
    return day.replace(day=1) if piece == "month" else day


def _moment(piece: Piece, text: str, zone: Zone) -> datetime:
    if piece == "hour":
        return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)
    return zone.utc_of(datetime.fromisoformat(text))
