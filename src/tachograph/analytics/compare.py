"""The window before, of the same length, and how much a figure changed since.

A window of whole months of its zone is compared with as many months before it, one of whole days (a week too) with as many
days, any other with as much time. Rows belong together by their dimensions; pieces of time by their place in the window: the
third day with the third day. A window that is not over is compared with as much of the one before as is over of it, and what
is still to come of it with nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

from tachograph.analytics.compile import answer
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.pieces import PIECES, Piece, pieces_of
from tachograph.analytics.query import Query, Window, day_of
from tachograph.ports import Store
from tachograph_sdk.errors import BadWindow

__all__ = ["Comparison", "compare", "window_before"]

_HINT = "use --range 7d, or --since with a day"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What was before, row for row beside the rows it was asked for, with a cell per metric."""

    window: Window  # the one before
    rows: Sequence[tuple[Any, ...] | None]  # None: there was no such piece of time (a 31st), or it is still to come
    changes: Sequence[tuple[Any, ...]]  # what is less what was; null where either is not known
    ratios: Sequence[tuple[float | None, ...]]  # the change by the size of what was; null where that is null or 0


def window_before(window: Window, *, now: datetime) -> Window:
    """The window of the same length that ends where this one begins; of one that is not over, as much as is over of it.

    So that like is held against like: a month until the 20th at noon against the one before until its 20th at noon. What
    is cut has its end before this one begins.

    Args:
        window: whole months or days of its zone stay such. Where it has no end it is of whole days until the end of
            today, if it begins with a day; else it ends now.
        now: UTC without a zone.

    Raises:
        BadWindow: it has no start, begins in the future, or what is before it is not within the years 1 to 9999.
    """
    if window.start is None:
        raise BadWindow("there is nothing before a time range without a beginning", hint=_HINT)
    if min(window.end or now, now) <= window.start:
        raise BadWindow("the time range begins in the future", hint=_HINT)
    try:
        end = _end_of(window, now)
        start = _start_before(window, window.start, end)
        stop = window.start if end <= now else _same_moment(window, window.start, start, now)
    except (OverflowError, ValueError) as error:
        raise BadWindow("there is no time that long before the time range", hint=_HINT) from error
    return Window(start=start, end=stop, zone=window.zone)


def _end_of(window: Window, now: datetime) -> datetime:
    """Where a window ends; one of days that goes on until now: with today."""
    if window.end is not None:
        return window.end
    assert window.start is not None
    today = day_of(now, window.zone).end
    assert today is not None
    return now if _midnight(window.start, window) is None or _midnight(now, window) is not None else today


def _start_before(window: Window, begins: datetime, end: datetime) -> datetime:
    zone = window.zone
    first, last = _midnight(begins, window), _midnight(end, window)
    if first is None or last is None:
        return begins - (end - begins)
    if first.day == last.day == 1 and window.end is not None:
        return zone.utc_of(_months_later(first, (first.year - last.year) * 12 + first.month - last.month))
    return zone.utc_of(first - (last - first))


def _same_moment(window: Window, begins: datetime, start: datetime, now: datetime) -> datetime:
    """What now is in the window before: as many days after its start, and the same time of the day."""
    zone = window.zone
    if _midnight(begins, window) is None or _midnight(start, window) is None:
        there = start + (now - begins)
    else:
        passed = zone.local_of(now).replace(tzinfo=None) - zone.local_of(begins).replace(tzinfo=None)
        there = zone.utc_of(zone.local_of(start).replace(tzinfo=None) + passed)
    if there <= start:  # within the hour in which a clock was put back over midnight
        there = start + (now - begins)
    return min(there, begins)


def compare(store: Store, query: Query, rows: Sequence[Sequence[Any]], *, now: datetime) -> Comparison:
    """What the rows of an answer were in the window before. Asks the store once.

    Args:
        store: which gave the rows.
        query: what they answer.
        rows: dimensions first, then metrics, as `compile.answer` shapes them; also a page of the answer, or with pieces of
            time filled in.
        now: UTC without a zone: where a window without an end ends.

    Raises:
        BadWindow: there is no window before.
        QueryError: as the question itself.
    """
    before = window_before(query.window, now=now)
    window = replace(query.window, end=query.window.end or now)
    to_before = _Places(query, window, before)
    filters = {name: to_before.filter(name, values) for name, values in query.filters.items()}
    split = len(query.by)
    asked = replace(query, window=before, filters=filters, limit=None)
    found = {tuple(row[:split]): tuple(row[split:]) for row in answer(store, asked, untold=True).rows}
    nothing = tuple(METRICS[name].empty for name in query.metrics)
    matched: list[tuple[Any, ...] | None] = []
    for row in rows:
        key = to_before.key(row[:split])
        matched.append(None if key is None else found.get(key, nothing))
    pairs = [
        list(zip(row[split:], was or (None,) * len(nothing), strict=True))
        for row, was in zip(rows, matched, strict=True)
    ]
    return Comparison(
        window=before,
        rows=matched,
        changes=[tuple(map(_change, query.metrics, cells)) for cells in pairs],
        ratios=[tuple(_ratio(value, was) for value, was in cells) for cells in pairs],
    )


def _change(metric: str, cells: tuple[Any, Any]) -> Any:
    value, was = cells
    if value is None or was is None:
        return None
    is_money = METRICS[metric].unit == "usd" and not METRICS[metric].is_mean
    return round(value - was, 6) if is_money else value - was  # whole micro-dollars, without the dust of floats


def _ratio(value: Any, was: Any) -> float | None:
    return None if value is None or not was else float((value - was) / abs(was))


class _Places:
    """Which piece of time of the window before is in the place of one of the window."""

    def __init__(self, query: Query, window: Window, before: Window) -> None:
        self._by = query.by
        self._by_day = window.start is not None and _midnight(window.start, window) is not None
        self._window = window
        self._before = before
        self._known: dict[Piece, Mapping[str, str | None]] = {}

    def key(self, cells: Sequence[Any]) -> tuple[Any, ...] | None:
        """The dimensions of the row before; None if it is of a piece of time that there was not."""
        key = []
        for name, cell in zip(self._by, cells, strict=True):
            piece = _piece(name)
            if piece is not None:
                cell = self._place(piece, cell)
                if cell is None:
                    return None
            key.append(cell)
        return tuple(key)

    def filter(self, name: str, values: Sequence[str | None]) -> Sequence[str | None]:
        """The values of a filter; pieces of time are those in the same places."""
        piece = _piece(name)
        if piece is None:
            return values
        places = (self._place(piece, value) for value in values if value is not None)
        return [place for place in places if place is not None]

    def _place(self, piece: Piece, text: str) -> str | None:
        text = self._as_named(piece, text)
        if piece == "hour" and self._by_day:
            return self._hour(text)
        if piece not in self._known:
            now, was = (list(_pieces(piece, window)) for window in (self._window, self._before))
            self._known[piece] = {one: was[place] if place < len(was) else None for place, one in enumerate(now)}
        return self._known[piece].get(text)

    def _hour(self, text: str) -> str | None:
        """The same time of the day, also where the clock was changed in between."""
        moment = datetime.fromisoformat(text).replace(tzinfo=None)
        day = self._place("day", moment.date().isoformat())
        if day is None:
            return None
        zone = self._before.zone
        begins = zone.utc_of(datetime.combine(date.fromisoformat(day), moment.time()))
        assert self._before.end is not None
        return zone.as_text(begins) if begins < self._before.end else None  # the rest was cut off

    def _as_named(self, piece: Piece, text: str) -> str:
        """A piece as answers name it: a filter may leave out seconds or the offset. What cannot be read stays."""
        zone = self._window.zone
        try:
            moment = datetime.fromisoformat(text)
            if piece != "hour":
                return moment.date().isoformat()
            return zone.as_text(
                zone.utc_of(moment) if moment.tzinfo is None else moment.astimezone(UTC).replace(tzinfo=None)
            )
        except (ValueError, OverflowError):
            return text


def _piece(name: str) -> Piece | None:
    return next((piece for piece in PIECES if piece == name), None)


def _pieces(piece: Piece, window: Window) -> Sequence[str]:
    assert window.end is not None
    return pieces_of(piece, window, found=[], now=window.end)


def _midnight(moment: datetime, window: Window) -> datetime | None:
    """The local time of a moment with which a day of the window's zone begins; None of any other."""
    local = window.zone.local_of(moment).replace(tzinfo=None)
    day = datetime(local.year, local.month, local.day)  # noqa: DTZ001 - local time
    try:
        return day if window.zone.utc_of(day) == moment else None
    except OverflowError:
        return None


def _months_later(day: datetime, months: int) -> datetime:
    count = day.year * 12 + day.month - 1 + months
    return day.replace(year=count // 12, month=count % 12 + 1)
