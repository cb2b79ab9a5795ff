"""/api/v1/consent: what was allowed, and the person's decisions, as the dashboard takes them."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer
from tachograph_sdk.errors import PolicyChanged
from tachograph_sdk.model.consent import How
from tachograph_sdk.privacy.consent import purposes_named

__all__ = ["router"]

router = APIRouter(tags=["privacy"])


class PurposeState(Answer):
    """How one purpose stands."""

    purpose: str
    state: str
    allowed: bool
    text_sha256: str = Field(description="of the text in force; needed to grant")
    text_version: int
    blocked_by: str | None = Field(description="the switch that says no")
    decided_us: int | None = Field(description="UTC microseconds since 1970")
    how: str | None
    reference: str | None
    agreed_text_version: int | None
    agreed_policy_version: int | None


class PurposeText(Answer):
    """What a person reads before they agree."""

    title: str
    text: str


class SwitchState(Answer):
    """Something outside the ledger that says no, whatever was allowed."""

    name: str
    why: str
    to_lift: str
    purposes: list[str]


class ConsentState(Answer):
    """How all purposes stand."""

    purposes: list[PurposeState]
    switches: list[SwitchState] = Field(description="those that say no now")
    policy_version: int
    entries: int = Field(description="of the ledger of decisions")
    problem: str | None = Field(description="what is wrong with the ledger")
    hint: str | None
    texts: dict[str, PurposeText]


class Decided(Answer):
    """What came of a decision."""

    recorded: bool
    problem: str | None
    hint: str | None


class ConsentOrder(BaseModel):
    """One decision over some purposes."""

    model_config = ConfigDict(extra="forbid")

    decision: Literal["grant", "deny", "withdraw"] = Field(description="grant, deny or withdraw")
    purposes: list[str] = Field(default_factory=list, max_length=20, description="empty: all; for withdraw only")
    texts: dict[str, str] = Field(
        default_factory=dict, description="purpose to text_sha256 of what the person read; needed to grant"
    )


@router.get("/api/v1/consent", operation_id="consent", response_model=ConsentState)
def consent(parts: Parts) -> Any:
    """How each purpose stands, the text for each, which switches say no, and whether the ledger is whole."""
    terms = parts.consent.terms
    texts = {str(p): {"title": t.title, "text": t.shown(terms.app)} for p, t in terms.texts.items()}
    return {**parts.consent.status().as_answer(), "texts": texts}


@router.post("/api/v1/consent", operation_id="decide", response_model=Decided)
def decide(parts: Parts, order: ConsentOrder) -> Any:
    """Record a decision. What was withdrawn is stopped and what waits for it removed on return."""
    purposes = purposes_named(order.purposes)
    if order.decision == "withdraw":
        # It holds also where something went wrong, so that this is an answer and no error; `problem` says what went wrong.
        return parts.consent.withdraw(purposes or None, how=How.DASHBOARD).as_answer()
    if order.decision == "deny":
        outcome = parts.consent.deny(purposes, how=How.DASHBOARD)
    else:
        terms = parts.consent.terms
        if any(order.texts.get(purpose) != terms.texts[purpose].sha256(terms.app) for purpose in purposes):
            hint = "read the texts in GET /api/v1/consent, and send the text_sha256 of each purpose with the consent"
            raise PolicyChanged("this is not the text in force, so that nobody can have agreed to it", hint=hint)
        outcome = parts.consent.grant(purposes, how=How.DASHBOARD)
    outcome.raise_problem()
    return outcome.as_answer()
