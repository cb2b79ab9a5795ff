"""Daily series from a store: whole days of the zone asked for, and of the running one what is there so far."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from tachograph.analytics.compile import answer, compile_query
from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.metrics import METRICS, adds_up
from tachograph.analytics.parameters import names_in
from tachograph.analytics.query import Query, Window
from tachograph.analytics.scope import Scope
from tachograph.analytics.spelling import hint_of
from tachograph.analytics.trends.series import ONE_DAY, DailySeries, Day, fill_days
from tachograph.ports import Store
from tachograph_sdk.errors import QueryError, UnknownDimension, UnknownMetric

__all__ = ["FILTERS", "Moment", "ask_series", "daily_series", "find_metrics", "moment_of"]

FILTERS = tuple(name for name, dimension in DIMENSIONS.items() if dimension.grain is None)
"""By what the series can be narrowed: not by pieces of time, of which they are made."""

MOST_DAYS = 3 * 366  # whole ones that are looked at, the newest
EARLIEST = 1970


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The moment of asking, as the zone has it."""

    at: datetime  # UTC without a zone
    today: date  # the running day; of a time that ends at midnight the day that ends there
    gone: float  # share of it that is over, by the clock

    @property
    def is_over(self) -> bool:
        """True if today is a whole day."""
        return self.gone >= 1.0


def moment_of(scope: Scope) -> Moment:
    """Now, or the end of the window where that is earlier: as if it had been asked then.

    An end is excluded: what ends at midnight, such as a whole month, knows nothing of the day that begins there.
    """
    at = scope.now
    window = scope.window
    if window.end is not None:
        at = min(at, window.end)
    last = at - datetime.resolution if at > datetime.min else at  # noqa: DTZ901 - UTC, as stores keep times
    today = window.zone.local_of(last).date()
    begin, end = midnight(window, today), midnight(window, today + ONE_DAY)
    return Moment(at=at, today=today, gone=(at - begin) / (end - begin))


def midnight(window: Window, day: date) -> datetime:
    """The first moment of a day of the window's zone, UTC."""
    return window.zone.utc_of(datetime.combine(day, time()))


def daily_series(store: Store, scope: Scope, metric: str, *, days: int = 182) -> DailySeries:
    """One metric of the days before now; see `ask_series`."""
    return ask_series(store, scope, [metric], days=days)[metric]


def ask_series(
    store: Store, scope: Scope, metrics: Sequence[str], *, days: int, with_profile: bool = True
) -> dict[str, DailySeries]:
    """Metrics of the last `days` whole days, or of as many as there are since the first of which anything is known.

    Args:
        store: answers.
        scope: whose filters and zone hold; its window says only when it is asked.
        metrics: names.
        days: how far back.
        with_profile: ask how much of a day usually comes after this hour; else the clock says.

    Raises:
        QueryError: a metric is not known or cannot be narrowed that way, or the filter is a piece of time.
    """
    for name in scope.filters:
        if name in DIMENSIONS and name not in FILTERS:
            raise QueryError(
                f"trends are made of whole days, and cannot be filtered by {name}", hint="use since, until and tz"
            )
    moment = moment_of(scope)
    if scope.window.start is not None and scope.window.start >= moment.at:
        raise QueryError("that time range has not begun yet", hint="choose an earlier start")
    if moment.today.year < EARLIEST:
        raise QueryError(f"there are no days before {EARLIEST}", hint="choose a later end")
    begin = midnight(scope.window, moment.today - min(days, MOST_DAYS) * ONE_DAY)
    window = Window(start=begin, end=moment.at, zone=scope.window.zone)
    table = _by(store, "day", metrics, scope, window)
    first = date.fromisoformat(min(table)) if table else moment.today
    last = moment.today if moment.is_over else moment.today - ONE_DAY
    has_profile = with_profile and first < moment.today and not moment.is_over
    left = _left_of_today(store, metrics, scope, window, moment) if has_profile else {}
    made = {}
    for name in metrics:
        known = {
            date.fromisoformat(day): float(value) for day, row in table.items() if (value := row[name]) is not None
        }
        so_far = known.get(moment.today, 0.0) if moment.is_over else known.pop(moment.today, 0.0)
        is_filled = METRICS[name].empty == 0 and bool(table)
        whole: list[Day] = fill_days(known, first, last) if is_filled else sorted(known.items())
        made[name] = DailySeries(
            metric=name,
            unit=METRICS[name].unit,
            days=tuple(whole),
            today=moment.today,
            so_far=so_far,
            left_of_today=left.get(name, 1.0 - moment.gone),
            is_sum=adds_up(METRICS[name]),
        )
    return made


def find_metrics(scope: Scope, usual: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """The metrics that are asked for by the parameter `metric`, and why some of the usual ones are left out.

    Raises:
        UnknownMetric: one is not known.
    """
    named = list(dict.fromkeys(names_in(scope.parameters.get("metric", ""))))
    for name in named:
        if name not in METRICS:
            raise UnknownMetric(f"there is no metric {name!r}", hint=hint_of("metrics", name, METRICS))
    if named:
        return named, {}
    left_out = {}
    for name in usual:
        try:
            answerable(name, scope)
        except UnknownDimension as error:
            left_out[name] = error.message
    return [name for name in usual if name not in left_out], left_out


def answerable(metric: str, scope: Scope, by: Sequence[str] = ("day",)) -> None:
    """Raises UnknownDimension if the metric cannot be narrowed as the scope wants it, or be split by this."""
    compile_query(Query(metrics=[metric], by=by, filters=scope.filters))


def _by(
    store: Store, dimension: str, metrics: Sequence[str], scope: Scope, window: Window
) -> dict[str, Mapping[str, float | None]]:
    """Rows by day or hour. Sessions are asked for beside the metrics: a day with anything is a day that is known."""
    asked = list(metrics)
    if "sessions" not in asked:
        try:
            answerable("sessions", scope, (dimension,))
            asked.append("sessions")
        except UnknownDimension:
            pass  # then the metrics alone say when it began
    found = answer(store, Query(metrics=asked, by=[dimension], filters=scope.filters, window=window))
    return {str(row[0]): dict(zip(asked, row[1:], strict=True)) for row in found.rows if row[0] is not None}


def _left_of_today(
    store: Store, metrics: Sequence[str], scope: Scope, window: Window, moment: Moment
) -> dict[str, float]:
    """Of each sum the share of a usual day that comes after this hour of the day."""
    sums = [name for name in metrics if adds_up(METRICS[name])]
    if not sums:
        return {}
    found = answer(store, Query(metrics=sums, by=["hour_of_day"], filters=scope.filters, window=window))
    local = scope.window.zone.local_of(moment.at)
    running = 1.0 - (local.minute * 60 + local.second) / 3600.0
    shares = {}
    for place, name in enumerate(sums, 1):
        hours = {int(row[0]): max(0.0, float(row[place] or 0)) for row in found.rows if row[0] is not None}
        whole = sum(hours.values())
        if whole > 0:
            later = sum(amount for hour, amount in hours.items() if hour > local.hour)
            shares[name] = min(1.0, (later + running * hours.get(local.hour, 0.0)) / whole)
    return shares
