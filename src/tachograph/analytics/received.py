"""What came in so far: by agent and way in, how many records, when the first and when the last."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tachograph.analytics.scope import Question, Scope
from tachograph.ports import Statement, Store
from tachograph_sdk.errors import BadWindow, UnknownDimension

__all__ = ["RECEIVED", "received"]

_SQL = """
select agent, source, count(*) as records, min(received_at) as first_at, max(received_at) as last_at
from events
group by agent, source
order by agent, source"""


def received(store: Store, scope: Scope) -> Mapping[str, Any]:
    """What is stored of each agent, by the way it came in. The times are those of receiving, in the scope's zone.

    Raises:
        BadWindow: it is about everything that is stored.
        UnknownDimension: likewise.
    """
    if scope.window.start is not None or scope.window.end is not None:
        raise BadWindow("what came in so far has no time range", hint="leave out since, until and range")
    if scope.filters:
        raise UnknownDimension("what came in so far is told of all agents", hint="leave out the filters")
    zone = scope.window.zone
    rows = store.query(Statement(name="received", sql=_SQL, parameters={})).records()
    return {
        "at": zone.as_text(scope.now.replace(microsecond=0)),
        "received": [
            {**row, "first_at": zone.as_text(row["first_at"]), "last_at": zone.as_text(row["last_at"])} for row in rows
        ],
    }


RECEIVED = Question(make=received)
