"""What else was new around a day: prices, models, versions of agents. Coincidences, told as such."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from tachograph.analytics.compile import answer
from tachograph.analytics.query import Query, Window
from tachograph.analytics.scope import Scope
from tachograph.ports import Statement, Store
from tachograph_sdk.errors import UnknownDimension

__all__ = ["NEAR_DAYS", "Marker", "find_markers", "markers_near"]

NEAR_DAYS = 3  # before or after
_PRICES = """
select r.model, r.from_at
from rates r join rates p on p.model = r.model and p.until_at = r.from_at
where r.from_at is not null
group by 1, 2 order by 2, 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Something that began on a day."""

    day: date
    kind: Literal["price_change", "new_model", "new_agent_version"]
    name: str  # the model, or agent and version
    text: str  # in words

    def as_json(self) -> dict[str, Any]:
        """Its fields."""
        return {"day": self.day, "kind": self.kind, "name": self.name, "text": self.text}


def find_markers(store: Store, scope: Scope, first: date, last: date) -> list[Marker]:
    """What was new from the first to the last day, both included, in order.

    A model or version is new on the first day that the whole store has of it, under the filters asked for; not on the
    store's own first day. A price is one of a model that was used.
    """
    models = _first_days(store, scope, "requests", ("model",))
    versions = _first_days(store, scope, "sessions", ("agent", "agent_version"))
    found = [
        Marker(day=day, kind="new_model", name=name, text=f"{name} was first used")
        for (name,), day in _new(models, first, last)
    ]
    found += [
        Marker(day=day, kind="new_agent_version", name=f"{agent} {version}", text=f"{agent} {version} was first seen")
        for (agent, version), day in _new(versions, first, last)
    ]
    for model, from_at in store.query(Statement(name="price changes", sql=_PRICES)).rows:
        if (model,) in models and first <= from_at.date() <= last:
            text = f"the price of {model} changed"
            found.append(Marker(day=from_at.date(), kind="price_change", name=model, text=text))
    return sorted(found, key=lambda marker: (marker.day, marker.kind, marker.name))


def markers_near(day: date, markers: Sequence[Marker]) -> list[Marker]:
    """Those within NEAR_DAYS of a day, the nearest first."""
    near = [marker for marker in markers if abs((marker.day - day).days) <= NEAR_DAYS]
    return sorted(near, key=lambda marker: abs((marker.day - day).days))


def _first_days(store: Store, scope: Scope, metric: str, by: Sequence[str]) -> dict[tuple[str, ...], date]:
    """When each was first there, in all that is stored until the window's end; empty where it cannot be narrowed so."""
    window = Window(end=scope.window.end, zone=scope.window.zone)
    try:
        rows = answer(store, Query(metrics=[metric], by=[*by, "day"], filters=scope.filters, window=window)).rows
    except UnknownDimension:
        return {}
    first: dict[tuple[str, ...], date] = {}
    for *names, day, count in rows:
        if count and None not in names:
            key, at = tuple(str(name) for name in names), date.fromisoformat(day)
            first[key] = min(at, first.get(key, at))
    return first


def _new(firsts: dict[tuple[str, ...], date], first: date, last: date) -> list[tuple[tuple[str, ...], date]]:
    beginning = min(
        firsts.values(), default=date.max
    )  # nobody knows since when there was what was there from the start
    return [(key, day) for key, day in firsts.items() if first <= day <= last and day > beginning]
