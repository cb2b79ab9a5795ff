"""GET /: the week's totals and how to connect."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, Response

from tachograph.server.page import RANGES, connect_lines, render_page, stylesheet
from tachograph.server.routes.health import health_of
from tachograph.server.routes.parameters import Tz
from tachograph.server.routes.shared import Parts
from tachograph_sdk.errors import BadWindow

__all__ = ["router"]

router = APIRouter()


@router.get("/", response_class=HTMLResponse, include_in_schema=False)
def page(parts: Parts, range_name: Annotated[str, Query(alias="range")] = "7d", tz: Tz = None) -> HTMLResponse:
    """The first page, in the zone asked for, else the server's."""
    if range_name not in RANGES:
        raise BadWindow("unknown range", hint="known: " + ", ".join(RANGES))
    zone = {} if tz is None else {"tz": tz}
    answer = parts.answers.report({"range": range_name, "by": "day,model", **zone})
    health = health_of(parts)
    return HTMLResponse(
        render_page(
            report=answer,
            by_day=answer["by"]["day"],
            by_model=answer["by"]["model"],
            health=health,
            connect=connect_lines(parts.addresses()),
            range_name=range_name,
            tz=tz,
            demo=parts.demo,
            consent=parts.consent.status(),
        )
    )


@router.get("/static/page.css", include_in_schema=False)
def page_css() -> Response:
    """The page's style sheet."""
    return Response(stylesheet(), media_type="text/css; charset=utf-8")
