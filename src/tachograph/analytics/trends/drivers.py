"""Which projects, models and people made a day what it was."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from tachograph.analytics.compile import answer
from tachograph.analytics.query import Query, Window
from tachograph.analytics.scope import Scope
from tachograph.analytics.trends.daily import answerable, midnight
from tachograph.analytics.trends.series import ONE_DAY
from tachograph.ports import Store
from tachograph_sdk.errors import UnknownDimension

__all__ = ["SPLIT_BY", "Driver", "find_drivers"]

SPLIT_BY = ("project", "model", "user", "agent", "tool", "error_class")
MOST = 3  # of each dimension


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """One value of a dimension on one day."""

    dimension: str
    value: str | None  # None: not known
    amount: float  # on that day
    usual: float  # mean of a day of the other days

    def as_json(self) -> dict[str, Any]:
        """Its fields."""
        return {"dimension": self.dimension, "value": self.value, "amount": self.amount, "usual": self.usual}


def find_drivers(
    store: Store, scope: Scope, metric: str, rising: dict[date, bool], first: date, count: int
) -> dict[date, list[Driver]]:
    """Of each day the values that are furthest from what is usual for them, in the day's direction.

    Args:
        store: answers.
        scope: whose filters and zone hold.
        metric: a sum or a count.
        rising: the days, and whether each is too high rather than too low.
        first: the first of the days that are compared with.
        count: how many those are, from `first` on.
    """
    found: dict[date, list[Driver]] = {day: [] for day in rising}
    for dimension in SPLIT_BY:
        if dimension == "user" and not scope.compares_people:
            continue
        try:
            answerable(metric, scope, (dimension, "day"))
        except UnknownDimension:
            continue
        whole = Window(
            start=midnight(scope.window, first),
            end=midnight(scope.window, first + count * ONE_DAY),
            zone=scope.window.zone,
        )
        total = {value: float(amount or 0) for value, amount in _ask(store, scope, metric, (dimension,), whole)}
        if len([value for value in total if value is not None]) < 2:
            continue  # what is all of it explains nothing
        for day, is_rising in rising.items():
            window = Window(
                start=midnight(scope.window, day), end=midnight(scope.window, day + ONE_DAY), zone=scope.window.zone
            )
            amounts = {value: float(amount or 0) for value, amount in _ask(store, scope, metric, (dimension,), window)}
            others = count - 1 if first <= day < first + count * ONE_DAY else count
            found[day] += _furthest(dimension, amounts, total, max(1, others), is_rising=is_rising)
    return found


def _furthest(
    dimension: str, amounts: dict[str | None, float], total: dict[str | None, float], others: int, *, is_rising: bool
) -> Iterable[Driver]:
    drivers = []
    for value in sorted({*amounts, *total}, key=str):
        amount = amounts.get(value, 0.0)
        usual = max(0.0, total.get(value, 0.0) - amount) / others
        if amount > usual if is_rising else amount < usual:
            drivers.append(Driver(dimension=dimension, value=value, amount=amount, usual=usual))
    drivers.sort(key=lambda driver: -abs(driver.amount - driver.usual))
    return drivers[:MOST]


def _ask(
    store: Store, scope: Scope, metric: str, by: Sequence[str], window: Window
) -> Iterable[tuple[str | None, float | None]]:
    found = answer(store, Query(metrics=[metric], by=by, filters=scope.filters, window=window))
    return [(value, amount) for value, amount in found.rows]
