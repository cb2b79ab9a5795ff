"""Of what is asked, as conditions on the columns of one table."""

from __future__ import annotations

from typing import Any

from tachograph.analytics.scope import Scope
from tachograph.analytics.windowed import among, between
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
        kept.append(among(COLUMNS[name], values, parameters, f"f{index}"))
    return " and ".join(kept) or "1 = 1"
