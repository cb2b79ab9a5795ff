"""What is kept and what is not, in figures: the policy's rows, drops by reason, rights that were used, the outbox."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import Field

from tachograph.ports import Statement
from tachograph.server.policy_table import policy_table
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer
from tachograph_sdk.model.event import DropReason
from tachograph_sdk.privacy.policy import Preset

__all__ = ["router"]

router = APIRouter(tags=["privacy"])

_DROPS = Statement(
    name="drops by reason", sql="select reason, sum(quantity), count(*) from drops group by reason order by 2 desc, 1"
)

_MEANS = {
    DropReason.MALFORMED: "it could not be decoded",
    DropReason.BAD_LINE: "a line of a history that is no record",
    DropReason.BAD_NUMBER: "a number that cannot be right",
    DropReason.BAD_TIME: "a time that cannot be right",
    DropReason.BAD_ID: "an id of a form that is not allowed",
    DropReason.TOO_LARGE: "over a limit of size, number or depth",
    DropReason.UNKNOWN_AGENT: "of a program that is not known here",
    DropReason.UNKNOWN_EVENT: "a kind of record that is not known here",
    DropReason.NOT_NEEDED: "known, and nothing that is counted here",
    DropReason.UNKNOWN_ATTRIBUTE: "the policy does not name it",
    DropReason.NOT_RELEASED: "the policy names it, and says drop",
    DropReason.DUPLICATE: "it was there before",
    DropReason.STALE_POINT: "a running total that is no newer than the last one",
    DropReason.NO_CONSENT: "nobody allowed it",
    DropReason.OBJECTED: "somebody objected to it",
    DropReason.ERASED: "it was erased before, and came in again",
    DropReason.CORRUPT_FRAME: "damaged in the journal",
    DropReason.TORN_TAIL: "cut off in the journal",
    DropReason.SCRUBBER_ERROR: "a text that could not be scrubbed",
    DropReason.INTERNAL_ERROR: "a fault of this program: it was set aside",
}
_WALL = frozenset(
    {
        DropReason.UNKNOWN_ATTRIBUTE,
        DropReason.NOT_RELEASED,
        DropReason.NO_CONSENT,
        DropReason.OBJECTED,
        DropReason.ERASED,
        DropReason.SCRUBBER_ERROR,
    }
)


class PolicyRow(Answer):
    """One attribute of the policy."""

    attribute: str
    becomes: str = Field(description="the name under which it is kept")
    means: str | None = Field(description="what it says; null for what is only refused")
    kinds: list[str] = Field(description="of which records")
    purpose: str
    treatment: str = Field(description="keep, drop, presence, count, length, bucket, pseudonym or scrub")
    form: str | None = Field(description="which form a text must have to be kept")
    otherwise: str | None = Field(description="what is kept in place of a text without that form; null: nothing")
    reason: str


class PolicyTable(Answer):
    """What one preset keeps and refuses."""

    preset: str
    policy_version: int
    treatments: dict[str, int] = Field(description="how many attributes are treated so")
    kept: int = Field(description="attributes that are not dropped")
    rows: list[PolicyRow]


class DroppedFor(Answer):
    """What was dropped for one reason."""

    reason: str
    means: str
    by_policy: bool = Field(description="a rule or a person said so; else it was bad, known already or of no use")
    quantity: int
    names: int = Field(description="of how many different names")


class Dropped(Answer):
    """What was not kept since this store was made."""

    total: int
    reasons: list[DroppedFor]


class ObjectionInForce(Answer):
    """What is not kept any more. Whose it is, nobody can read from it."""

    id: str
    at: str
    about: list[str] = Field(description="kinds of names: user, session, project, …")
    purposes: list[str] | None = Field(description="null: all")
    since: str | None
    until: str | None


class Receipt(Answer):
    """One receipt, as far as it is told without a token."""

    number: int | None
    at: str | None
    kind: str = Field(description="erasure, correction or correction-undone")
    rows: int = Field(description="erased or changed")
    complete: bool


class RightsUsed(Answer):
    """Objections, corrections and erasures on this machine."""

    objections: list[ObjectionInForce]
    corrections: dict[str, int] = Field(description="in force, by attribute")
    receipts: list[Receipt] = Field(description="the newest first, at most 50")
    receipts_total: int
    by_kind: dict[str, int] = Field(description="receipts of each kind")
    whole: bool = Field(description="no receipt was changed or is missing")


class DestinationAbout(Answer):
    """One place that the settings name."""

    id: str
    address: str = Field(description="a part that could be a token is shown as …")
    purposes: list[str]
    stopped: str | None = Field(description="why nothing is sent there any more")
    failures: int = Field(description="in a row")


class EnvelopesIn(Answer):
    """The envelopes in one state."""

    state: str
    envelopes: int
    size_bytes: int
    oldest_at: str


class EnvelopeAbout(Answer):
    """One envelope; what is in it: `tachograph outbox preview`."""

    id: str = Field(description="its first 8 digits")
    state: str
    created_at: str
    reason: str | None
    sink: str | None
    address: str | None
    purposes: list[str]
    events: int | None
    size_bytes: int


class LeftSoFar(Answer):
    """What left by the outbox, as its receipts say."""

    anything: bool | None = Field(description="null: it cannot be known, `why_unknown` says why")
    why_unknown: str | None
    envelopes: int
    events: int
    size_bytes: int
    first_at: str | None
    last_at: str | None
    addresses: list[str]
    receipts: dict[str, int] = Field(description="how many say approved, delivered, purged, …")
    whole: bool = Field(description="no receipt was changed or is missing")


class OutboxState(Answer):
    """What waits to leave, where to, and what left."""

    mode: str = Field(description="off, review or auto")
    countdown_s: float
    problem: str | None = Field(description="what is wrong with its settings")
    destinations: list[DestinationAbout]
    envelopes: list[EnvelopesIn]
    listed: list[EnvelopeAbout] = Field(description="the oldest, at most 50")
    left: LeftSoFar


Chosen = Annotated[
    Literal["strict", "standard", "content"] | None,
    Query(description="strict, standard or content; without it, the one in force"),
]


@router.get("/api/v1/privacy/attributes", operation_id="privacy_attributes", response_model=PolicyTable)
def attributes(parts: Parts, preset: Chosen = None) -> Any:
    """Each attribute that a preset knows: whether and how it is kept, what for, and why."""
    return policy_table(Preset(preset or parts.answers.privacy()["preset"]))


@router.get("/api/v1/privacy/dropped", operation_id="dropped", response_model=Dropped)
def dropped(parts: Parts) -> Any:
    """How much was not kept since the store was made, and why. No value and no name of anything."""
    rows = parts.core.store.query(_DROPS).rows
    return {
        "total": sum(int(quantity) for _, quantity, _ in rows),
        "reasons": [
            {
                "reason": reason,
                "means": _MEANS[DropReason(reason)],
                "by_policy": DropReason(reason) in _WALL,
                "quantity": int(quantity),
                "names": int(names),
            }
            for reason, quantity, names in rows
        ],
    }


@router.get("/api/v1/privacy/rights", operation_id="rights_used", response_model=RightsUsed)
def rights(parts: Parts) -> Any:
    """How many objections, corrections and erasures there are, with their receipts: no name, no pseudonym, no value."""
    told = parts.rights.receipts()
    receipts = told["receipts"]
    return {
        "objections": parts.rights.objections(),
        "corrections": dict(Counter(one["attribute"] for one in parts.rights.corrections())),
        "receipts": [_receipt(one) for one in reversed(receipts[-50:])],
        "receipts_total": len(receipts),
        "by_kind": dict(Counter(str(one.get("kind")) for one in receipts)),
        "whole": told["whole"],
    }


@router.get("/api/v1/outbox", operation_id="outbox", response_model=OutboxState)
def outbox(parts: Parts) -> Any:
    """What waits to leave this machine, where to and what for, and whether anything ever left."""
    return parts.leaving()


def _receipt(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "number": one.get("number"),
        "at": one.get("at"),
        "kind": str(one.get("kind")),
        "rows": sum(one["tables"].values()) if "tables" in one else int(one.get("events") or 0),
        "complete": bool(one.get("complete", True)),
    }
