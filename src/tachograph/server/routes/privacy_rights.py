"""The rights of the people in the data: what changes or shows records needs the control token, so all of it is POST."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from tachograph.server.routes.shared import Parts, stream_work

__all__ = ["router"]

router = APIRouter()

_MAX = 1000


class SubjectOrder(BaseModel):
    """Whose data is meant. What is given must all hold; of one kind, any of its values."""

    model_config = ConfigDict(extra="forbid")  # a misspelt dry_run must not erase

    person: list[str] = Field(default_factory=list, max_length=_MAX, description="address, account id, or u_…")
    session: list[str] = Field(default_factory=list, max_length=_MAX, description="as the agent names it, or s_…")
    organization: list[str] = Field(default_factory=list, max_length=_MAX, description="id, or o_…")
    repository: list[str] = Field(default_factory=list, max_length=_MAX, description="address, or r_…")
    project: list[str] = Field(default_factory=list, max_length=_MAX, description="folder, or p_…")
    since: str | None = Field(default=None, description="first day or time")
    until: str | None = Field(default=None, description="end, excluded")
    tz: str | None = Field(default=None, description="zone of days and times without an offset")
    everything: bool = Field(default=False, description="everybody's")


class ExportOrder(SubjectOrder):
    """What to write, and where to."""

    to: str = Field(description="whole path of a new folder, or of a new file that ends in .zip")
    form: str = Field(default="json", description="json, csv or parquet")


class CorrectionOrder(SubjectOrder):
    """What is wrong, and what is right."""

    attribute: str = Field(
        description="user, organization, repository, project, tool_name, mcp_server, skill, plugin, …"
    )
    value: str = Field(max_length=4096, description="what is right")
    before: str | None = Field(default=None, max_length=4096, description="only in the place of this value")


class ObjectionOrder(SubjectOrder):
    """What not to keep any more."""

    purposes: list[str] = Field(default_factory=list, description="only what is kept for these; empty: all")


class ErasureOrder(SubjectOrder):
    """What to erase."""

    dry_run: bool = Field(default=False, description="only say what would be erased")
    list_agent_files: bool = Field(default=False, description="name the agents' own files that hold the sessions")


class Id(BaseModel):
    """Which one; its beginning is enough."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(min_length=1, max_length=64, description="as it is listed; its beginning is enough")


@router.post("/api/v1/privacy/show")
def show(parts: Parts, order: SubjectOrder) -> dict[str, Any]:
    """What is held about somebody or something."""
    return parts.rights.show(order.model_dump())


@router.post("/api/v1/privacy/export")
def export(parts: Parts, order: ExportOrder) -> StreamingResponse:
    """Write all of it to files on this machine. JSON lines, the last with `report` (or `error`)."""
    return stream_work("the export", lambda _: parts.rights.export(order.model_dump()))


@router.post("/api/v1/privacy/rectify")
def rectify(parts: Parts, order: CorrectionOrder) -> StreamingResponse:
    """Put a right value in the place of wrong ones, also in what comes in later. JSON lines, the last with `report`."""
    return stream_work("the correction", lambda _: parts.rights.rectify(order.model_dump()))


@router.post("/api/v1/privacy/corrections")
def corrections(parts: Parts) -> dict[str, Any]:
    """The corrections in force."""
    return {"corrections": parts.rights.corrections()}


@router.post("/api/v1/privacy/corrections/undo")
def undo(parts: Parts, order: Id) -> StreamingResponse:
    """Withdraw a correction, and put back what was there. JSON lines, the last with `report`."""
    return stream_work("withdrawing a correction", lambda _: parts.rights.undo(order.model_dump()))


@router.post("/api/v1/privacy/object")
def object_(parts: Parts, order: ObjectionOrder) -> dict[str, Any]:
    """From now on keep nothing more of this."""
    return parts.rights.object(order.model_dump())


@router.post("/api/v1/privacy/objections")
def objections(parts: Parts) -> dict[str, Any]:
    """The objections in force."""
    return {"objections": parts.rights.objections()}


@router.post("/api/v1/privacy/objections/withdraw")
def withdraw(parts: Parts, order: Id) -> dict[str, Any]:
    """Withdraw an objection."""
    return parts.rights.withdraw(order.model_dump())


@router.post("/api/v1/privacy/erase")
def erase(parts: Parts, order: ErasureOrder) -> StreamingResponse:
    """Erase, and search every file for what was erased. JSON lines: steps, then one with `report` (or `error`)."""
    return stream_work("the erasure", lambda progress: parts.rights.erase(order.model_dump(), progress))


@router.post("/api/v1/privacy/receipts")
def receipts(parts: Parts) -> dict[str, Any]:
    """All receipts, and whether they are as they were written."""
    return parts.rights.receipts()
