"""GET /api/live: what comes in, as server-sent events."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response

from tachograph.server.live.feed import parse_listener
from tachograph.server.live.stream import LiveStream

__all__ = ["router"]

router = APIRouter(tags=["live"])

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "An endless stream of messages: start, records, settled, reset; see docs/guides/live.md.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    503: {"description": "Too many clients listen; Retry-After says when to come again."},
}


@router.get("/api/live", operation_id="live", response_class=Response, responses=_RESPONSES)
async def live(
    request: Request,
    last_event_id: Annotated[
        str | None, Query(description="id of the last message one got, where the header cannot be sent", max_length=40)
    ] = None,
    header: Annotated[
        str | None, Header(alias="Last-Event-ID", description="likewise; it wins over the parameter", max_length=40)
    ] = None,
    since_seq: Annotated[
        int | None, Query(description="begin after the record of this number", ge=0, le=10**18 - 1)
    ] = None,
    agent: Annotated[str | None, Query(description="only of these agents", max_length=500)] = None,
    session: Annotated[str | None, Query(description="only of these sessions", max_length=2000)] = None,
    kind: Annotated[str | None, Query(description="only records of these kinds", max_length=500)] = None,
) -> Response:
    """Every record after the one named, else from now on, as soon as it is stored.

    Several values of a filter are separated by commas.
    """
    filters = {"agent": agent, "session": session, "kind": kind}
    return LiveStream(request.app.state.live, parse_listener(header or last_event_id, since_seq, filters))
