"""GET /api/v1/markers: dated remarks for a time axis."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import Field

from tachograph.analytics.markers import FILTERS
from tachograph.server.routes.parameters import Given, filters, with_parameters
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer, Window

__all__ = ["router"]

router = APIRouter(tags=["questions"])


class RateChange(Answer):
    """One of the rates of a price."""

    rate: Literal["input", "output", "cache_read", "cache_write_5m", "cache_write_1h"]
    before_usd: float = Field(description="US dollars a million tokens, until then")
    after_usd: float = Field(description="from then on")


class TimeMarker(Answer):
    """Something that began in the window."""

    at: str = Field(description="UTC")
    kind: Literal["agent_release", "model", "price"]
    text: str = Field(description="a short sentence")
    agent: str | None
    model: str | None
    version: str | None = Field(description="of a release; null where the agent itself is new")
    before: str | None = Field(description="the version or the leading model until then")
    changes: list[RateChange] = Field(description="of a price; empty: not known which")


class TimeMarkers(Answer):
    """Dated remarks, the oldest first. Coincidences in time, no causes."""

    markers: list[TimeMarker]
    left_out: int = Field(description="that are not shown: smaller releases where there are many, and older remarks")
    reasons: dict[str, str] = Field(description="kinds of which nothing can be told under these filters, and why")
    window: Window
    demo: bool


@router.get(
    "/api/v1/markers",
    operation_id="markers",
    response_model=TimeMarkers,
    openapi_extra=with_parameters(filters(FILTERS)),
)
def markers(parts: Parts, given: Given) -> Any:
    """Releases of agents, new and leading models, and changes of prices, each where it was first seen in all that is known."""
    return parts.answers.ask("markers", given)
