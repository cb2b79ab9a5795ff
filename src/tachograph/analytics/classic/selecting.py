"""Of what is asked, as conditions on the columns of one table."""

from __future__ import annotations

from typing import Any

from tachograph.analytics.scope import Scope
from tachograph.analytics.windowed import between
from tachograph_sdk.errors import UnknownDimension

__all__ = ["COLUMNS", "conditions"]

COLUMNS = {"user": "user_id", "organization": "organization_id", "session": "session_id"}
"""Dimensions that these questions filter by, and their columns: all tables have them."""


def conditions(scope: Scope, parameters: dict[str, Any], *, time: str = "occurred_at") -> str:
    """The window and the filters as SQL, for after `where`. Adds what it binds to `parameters`. Raises UnknownDimension."""
    kept = between(time, scope.window, parameters)
    for index, (name, values) in enumerate(scope.filters.items()):
        if name not in COLUMNS:
            raise UnknownDimension(f"{name} is not filtered by here", hint=f"filters are: {', '.join(COLUMNS)}")
        either = []
        for place, value in enumerate(v for v in values if v is not None):
            parameters[f"f{index}_{place}"] = value
            either.append(f"{COLUMNS[name]} = $f{index}_{place}")
        if None in values:
            either.append(f"{COLUMNS[name]} is null")
        kept.append(f"({' or '.join(either)})" if either else "1 = 0")
    return " and ".join(kept) or "1 = 1"
