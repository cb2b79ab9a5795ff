"""GET /api/v1/explain: the way from each source's naive sum to the ledger's figure, and the ledger's rows."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from tachograph.server.routes.parameters import Range, Since, Tz, Until
from tachograph.server.routes.shared import Parts

__all__ = ["router"]

router = APIRouter()

Session = Annotated[str | None, Query(description="a session: its pseudonym, or the agent's own id", max_length=200)]
Day = Annotated[str | None, Query(description="one day in the time zone, as 2026-11-20", max_length=10)]
Model = Annotated[str | None, Query(description="a model, however it is spelled", max_length=200)]
Against = Annotated[str | None, Query(description="cost: the agents' own session totals", max_length=20)]
After = Annotated[str | None, Query(description="`next` of the page before", max_length=400)]


@router.get("/api/v1/explain")
def explain(
    parts: Parts,
    session: Session = None,
    day: Day = None,
    model: Model = None,
    since: Since = None,
    until: Until = None,
    range_: Range = None,
    tz: Tz = None,
    against: Against = None,
) -> dict[str, Any]:
    """For each source, from the sum of what it told to the ledger's figure, step by step, with a name for each step."""
    named = {
        "session": session,
        "day": day,
        "model": model,
        "since": since,
        "until": until,
        "range": range_,
        "tz": tz,
        "against": against,
    }
    return parts.answers.explain({k: v for k, v in named.items() if v is not None})


@router.get("/api/v1/ledger")
def ledger(parts: Parts, since: Since = None, until: Until = None, after: After = None) -> dict[str, Any]:
    """The ledger's rows in order of time, a page at a time: `next` is where the following page begins, null at the end."""
    named = {"since": since, "until": until, "after": after}
    return parts.answers.ledger({k: v for k, v in named.items() if v is not None})
