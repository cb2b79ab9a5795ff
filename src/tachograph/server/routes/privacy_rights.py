"""The rights of the people in the data: what changes or shows records needs the control token, so all of it is POST."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from tachograph.server.routes.shared import JsonLines, Parts, stream_work
from tachograph.server.shapes import Answer

__all__ = ["router"]

router = APIRouter(tags=["privacy"])

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


class Held(Answer):
    """What is held about somebody or something."""

    tables: dict[str, int] = Field(description="rows by table")
    first_at: str | None
    last_at: str | None
    sessions: int


class Corrections(Answer):
    """The corrections in force."""

    corrections: list[dict[str, Any]]


class Objection(Answer):
    """What is not kept any more."""

    id: str
    at: str


class Objections(Answer):
    """The objections in force."""

    objections: list[dict[str, Any]]


class Withdrawn(Answer):
    """What was withdrawn."""


class Receipts(Answer):
    """All receipts."""

    receipts: list[dict[str, Any]]
    whole: bool = Field(description="they are as they were written")
    wrong: list[Any]


@router.post("/api/v1/privacy/show", operation_id="show_subject", response_model=Held)
def show(parts: Parts, order: SubjectOrder) -> Any:
    """What is held about somebody or something."""
    return parts.rights.show(order.model_dump())


@router.post("/api/v1/privacy/export", operation_id="export_subject", response_class=JsonLines)
def export(parts: Parts, order: ExportOrder) -> JsonLines:
    """Write all of it to files on this machine. JSON lines, the last with `report` (or `error`)."""
    return stream_work("the export", lambda _: parts.rights.export(order.model_dump()))


@router.post("/api/v1/privacy/rectify", operation_id="rectify", response_class=JsonLines)
def rectify(parts: Parts, order: CorrectionOrder) -> JsonLines:
    """Put a right value in the place of wrong ones, also in what comes in later. JSON lines, the last with `report`."""
    return stream_work("the correction", lambda _: parts.rights.rectify(order.model_dump()))


@router.post("/api/v1/privacy/corrections", operation_id="corrections", response_model=Corrections)
def corrections(parts: Parts) -> Any:
    """The corrections in force."""
    return {"corrections": parts.rights.corrections()}


@router.post("/api/v1/privacy/corrections/undo", operation_id="undo_correction", response_class=JsonLines)
def undo(parts: Parts, order: Id) -> JsonLines:
    """Withdraw a correction, and put back what was there. JSON lines, the last with `report`."""
    return stream_work("withdrawing a correction", lambda _: parts.rights.undo(order.model_dump()))


@router.post("/api/v1/privacy/object", operation_id="object_to", response_model=Objection)
def object_(parts: Parts, order: ObjectionOrder) -> Any:
    """From now on keep nothing more of this."""
    return parts.rights.object(order.model_dump())


@router.post("/api/v1/privacy/objections", operation_id="objections", response_model=Objections)
def objections(parts: Parts) -> Any:
    """The objections in force."""
    return {"objections": parts.rights.objections()}


@router.post("/api/v1/privacy/objections/withdraw", operation_id="withdraw_objection", response_model=Withdrawn)
def withdraw(parts: Parts, order: Id) -> Any:
    """Withdraw an objection."""
    return parts.rights.withdraw(order.model_dump())


@router.post("/api/v1/privacy/erase", operation_id="erase", response_class=JsonLines)
def erase(parts: Parts, order: ErasureOrder) -> JsonLines:
    """Erase, and search every file for what was erased. JSON lines: steps, then one with `report` (or `error`)."""
    return stream_work("the erasure", lambda progress: parts.rights.erase(order.model_dump(), progress))


@router.post("/api/v1/privacy/receipts", operation_id="receipts", response_model=Receipts)
def receipts(parts: Parts) -> Any:
    """All receipts, and whether they are as they were written."""
    return parts.rights.receipts()
