"""Which sessions are held against which: from names of baselines and changes to two windows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from tachograph.analytics.eval.notebook import Baseline, Change, Notebook, iso
from tachograph.analytics.query import Window
from tachograph_sdk.errors import BadWindow, ConfigError

__all__ = ["Side", "Sides", "find_sides", "moment_of"]

BEFORE = timedelta(days=30)
"""How far before a change sessions are looked at where no baseline says it."""

Filters = Mapping[str, Sequence[str | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of the two groups: sessions that began within a window, of a filter."""

    name: str  # for people: "before shorter-claude-md"
    window: Window
    filters: Filters = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What is compared."""

    before: Side
    after: Side
    change: Change | None  # what lies between them
    others: tuple[Change, ...]  # further changes within either window: their effects cannot be told apart
    goes_on: bool = False  # the second group has no end yet, and the first is over: only the second can become larger


def find_sides(
    book: Notebook,
    names: Sequence[str],
    *,
    now: datetime,
    since: datetime | None = None,
    until: datetime | None = None,
    filters: Filters | None = None,
) -> Sides:
    """The two groups that these names mean.

    Nothing: the latest change that was made. A change: before it (its baseline's window if there is just one baseline, else 30 days)
    against since. A baseline: it against everything after it. A baseline and a change: it against everything since the
    change. Two baselines: one against the other.

    Args:
        book: the notes.
        names: at most two.
        now: UTC without a zone; where windows without an end stop.
        since, until: narrow both windows, from the outer ends; UTC without a zone.
        filters: on top of what baselines filter by.

    Raises:
        ConfigError: a name is unknown, the two do not go together, or a filter contradicts a baseline's.
        BadWindow: nothing is left of a window.
    """
    baselines, changes = _sort(book, names, now)
    if len(baselines) == 2:
        before, after = (_of_baseline(one, now) for one in baselines)
        sides = Sides(before=before, after=after, change=None, others=())
    else:
        sides = _around(book, baselines[0] if baselines else None, changes[0] if changes else None, now)
    before, after = (_narrowed(side, since, until, filters or {}) for side in (sides.before, sides.after))
    others = tuple(
        change
        for change in book.in_order()
        if change != sides.change and any(_is_inside(moment_of(change.at), side.window) for side in (before, after))
    )
    return replace(sides, before=before, after=after, others=others)


def moment_of(text: str) -> datetime:
    """A time of a note, UTC without a zone."""
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def _sort(book: Notebook, names: Sequence[str], now: datetime) -> tuple[list[Baseline], list[Change]]:
    baselines, changes = [], []
    for name in names:
        if name in book.baselines:
            baselines.append(book.baselines[name])
        elif name in book.changes:
            changes.append(book.changes[name])
        else:
            raise book.unknown(name)
    if len(changes) > 1:
        hint = "name one change, or mark two baselines and name those"
        raise ConfigError("two changes are no two groups of sessions", hint=hint)
    if not names:
        if not book.changes:
            hint = "note one with `tachograph eval change NAME --at 2026-11-20`, or name two baselines"
            raise ConfigError("no change is noted yet, so there is no before and after", hint=hint)
        made = [change for change in book.in_order() if moment_of(change.at) < now]
        changes.append(made[-1] if made else book.in_order()[0])
    return baselines, changes


def _around(book: Notebook, baseline: Baseline | None, change: Change | None, now: datetime) -> Sides:
    if change is None:
        assert baseline is not None
        if baseline.until is None:
            raise ConfigError(
                f"the baseline {baseline.name!r} has no end, so nothing is after it", hint="name a change as well"
            )
        end = moment_of(baseline.until)
        after = Side(name=f"after {baseline.name}", window=_window(end, now), filters=baseline.filters)
        return Sides(before=_of_baseline(baseline, now), after=after, change=None, others=(), goes_on=True)
    at = moment_of(change.at)
    if at >= now:
        raise ConfigError(f"the change {change.name!r} is still to come", hint="compare once it was made")
    if baseline is None and len(book.baselines) == 1:
        (only,) = book.baselines.values()
        if only.since is None or moment_of(only.since) < at:
            baseline = only
    if baseline is None:
        before = Side(name=f"before {change.name}", window=_window(at - BEFORE, at))
    else:
        before = _of_baseline(baseline, at)
        if before.window.end is not None and before.window.end > at:
            before = replace(before, window=_window(before.window.start, at))
    after = Side(name=f"since {change.name}", window=_window(at, now), filters=before.filters)
    return Sides(before=before, after=after, change=change, others=(), goes_on=True)


def _of_baseline(baseline: Baseline, end: datetime) -> Side:
    start = None if baseline.since is None else moment_of(baseline.since)
    until = end if baseline.until is None else moment_of(baseline.until)
    return Side(name=f"baseline {baseline.name}", window=_window(start, until), filters=baseline.filters)


def _window(start: datetime | None, end: datetime | None) -> Window:
    if start is not None and end is not None and start >= end:
        raise BadWindow(
            f"nothing lies between {iso(start)} and {iso(end)}", hint="the baseline must begin before the change"
        )
    return Window(start=start, end=end)


def _narrowed(side: Side, since: datetime | None, until: datetime | None, filters: Filters) -> Side:
    for name, values in filters.items():
        if name in side.filters and list(side.filters[name]) != list(values):
            hint = f"leave out --where {name}=…, or mark another baseline"
            raise ConfigError(f"{side.name} has a filter by {name} already", hint=hint)
    start, end = side.window.start, side.window.end
    if since is not None:
        start = since if start is None else max(start, since)
    if until is not None:
        end = until if end is None else min(end, until)
    return replace(side, window=_window(start, end), filters={**side.filters, **filters})


def _is_inside(moment: datetime, window: Window) -> bool:
    return (window.start is None or moment > window.start) and (window.end is None or moment < window.end)
