"""Where the rows of a fact come from: a table, or a query over tables that gives them a time and what metrics need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from tachograph.analytics.dimensions import Fact, Grain
from tachograph.analytics.local_time import LocalTime
from tachograph.analytics.query import Window
from tachograph.analytics.windowed import activity, between, usage

__all__ = ["source_of"]

_AT = "occurred_at"

_BEGUN: Final = (
    "(select session_id, agent, user_id, organization_id, project, repository, agent_version, entrypoint, "
    "started_at as occurred_at, started_at as began_at, ended_at from sessions where counts{window}) begun"
)
"""Sessions by when they began. `began_at` is the same time again: `occurred_at` is what the window cuts."""

_MADE: Final[Mapping[Fact, str]] = {"sessions": _BEGUN}


def source_of(
    fact: Fact, window: Window, parameters: dict[str, Any], local: LocalTime, grain: Grain | None
) -> tuple[str, list[str]]:
    """What comes after `from`, and conditions that keep it inside the window. Adds what they bind to `parameters`."""
    if fact == "activity":
        return activity(window, parameters, local, grain), []
    if fact == "usage":
        return usage(window, parameters, local, grain), []
    if fact in _MADE:
        began = "".join(f" and {condition}" for condition in between("started_at", window, parameters))
        return _MADE[fact].replace("{window}", began), []
    return fact, between(_AT, window, parameters)
