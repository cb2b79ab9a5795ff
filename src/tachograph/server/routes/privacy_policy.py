"""/api/v1/privacy/policy and …/contents: what is kept, and no texts any more."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer

__all__ = ["router"]

router = APIRouter(tags=["privacy"])


class PrivacyState(Answer):
    """What is kept, and why."""

    policy_version: int
    preset: str
    chosen: str
    why_not: str | None
    chosen_by: str
    identity: str
    texts_kept: int
    notices: list[str]


class Erased(Answer):
    """How many were erased."""

    erased: int


@router.get("/api/v1/privacy/policy", operation_id="privacy_policy", response_model=PrivacyState)
def policy(parts: Parts) -> Any:
    """Which preset was chosen, which holds and why, how many texts are kept, and what every page has to say of it."""
    return parts.answers.privacy()


@router.post("/api/v1/privacy/contents/purge", operation_id="purge_contents", response_model=Erased)
def purge_contents(parts: Parts) -> Any:
    """Erase all texts that the preset `content` kept, also from the database's file. How many there were."""
    return {"erased": parts.purge_contents()}
