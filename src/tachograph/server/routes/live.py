"""GET /api/live: what comes in, as server-sent events."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import Response

from tachograph.analytics.live import FILTERS
from tachograph.server.live.feed import ID, parse_listener
from tachograph.server.live.stream import LiveStream
from tachograph.server.routes.parameters import filters, given_in, listed, with_parameters
from tachograph.server.shapes import problems
from tachograph_sdk.errors import QueryError
from tachograph_sdk.model.event import EventKind

__all__ = ["router"]

router = APIRouter(tags=["live"])

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "An endless stream of messages: start, records, settled, reset; see docs/guides/live.md.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    **problems(503),  # too many clients listen
}


@router.get(
    "/api/live", operation_id="live", tags=["questions"], response_class=Response, responses=_RESPONSES,
    openapi_extra=with_parameters(
        filters(["agent", "session"]), listed("kind", "only records of these kinds", [str(kind) for kind in EventKind])
    ),
)  # fmt: skip
async def live(
    request: Request,
    last_event_id: Annotated[
        str | None,
        Query(description="id of the last message one got, where the header cannot be sent", pattern=ID, max_length=40),
    ] = None,
    header: Annotated[
        str | None,
        Header(alias="Last-Event-ID", description="likewise; it wins over the parameter", pattern=ID, max_length=40),
    ] = None,
    since_seq: Annotated[
        int | None, Query(description="begin after the record of this number", ge=0, le=10**18 - 1)
    ] = None,
) -> Response:
    """Every record after the one named, else from now on, as soon as it is stored. The stream does not end by itself."""
    given = given_in(request, once=["last_event_id", "since_seq"])
    asked = {name: text for name, text in given.items() if name not in {"last_event_id", "since_seq"}}
    if unknown := sorted(asked.keys() - FILTERS.keys()):
        raise QueryError(f"there is no parameter {unknown[0][:40]!r}", hint=f"filters are: {', '.join(FILTERS)}")
    return LiveStream(request.app.state.live, parse_listener(header or last_event_id, since_seq, asked))
