"""What else was new around a day: prices, models, versions of agents. Coincidences, told as such."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time
from typing import Any, Literal

from tachograph.analytics.markers import markers
from tachograph.analytics.query import Window
from tachograph.analytics.scope import Scope
from tachograph.analytics.trends.series import ONE_DAY
from tachograph.ports import Store
from tachograph_sdk.errors import UnknownDimension

__all__ = ["NEAR_DAYS", "Marker", "find_markers", "markers_near"]

NEAR_DAYS = 3  # before or after

Kind = Literal["price_change", "new_model", "new_agent_version"]

_KINDS: Mapping[str, Kind] = {"price": "price_change", "model": "new_model", "agent_release": "new_agent_version"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """Something that began on a day."""

    day: date
    kind: Kind
    name: str  # the model, or agent and version
    text: str  # in words

    def as_json(self) -> dict[str, Any]:
        """Its fields."""
        return asdict(self)


def find_markers(store: Store, scope: Scope, first: date, last: date) -> list[Marker]:
    """What was new from the first to the last day of the zone, both included, in order: by the rules of `markers`."""
    zone = scope.window.zone
    start, end = (zone.utc_of(datetime.combine(day, time())) for day in (first, last + ONE_DAY))
    window = Window(start=start, end=min(end, scope.window.end or end), zone=zone)
    try:
        told = markers(store, replace(scope, window=window))["markers"]
    except UnknownDimension:
        return []
    found = [
        Marker(day=zone.local_of(one["at"]).date(), kind=_KINDS[one["kind"]], name=_name(one), text=one["text"])
        for one in told
        if one["kind"] != "model" or one["before"] is None  # one that leads now was new before
    ]
    return sorted(found, key=lambda marker: (marker.day, marker.kind, marker.name))


def markers_near(day: date, found: Sequence[Marker]) -> list[Marker]:
    """Those within NEAR_DAYS of a day, the nearest first."""
    near = [marker for marker in found if abs((marker.day - day).days) <= NEAR_DAYS]
    return sorted(near, key=lambda marker: abs((marker.day - day).days))


def _name(one: Mapping[str, Any]) -> str:
    return str(one["model"] or " ".join(filter(None, (one["agent"], one["version"]))))
