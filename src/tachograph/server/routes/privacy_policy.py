"""/api/v1/privacy/policy and …/contents: what is kept, and no texts any more."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from tachograph.server.routes.shared import Parts

__all__ = ["router"]

router = APIRouter()


@router.get("/api/v1/privacy/policy")
def policy(parts: Parts) -> dict[str, Any]:
    """Which preset was chosen, which holds and why, how many texts are kept, and what every page has to say of it."""
    return parts.answers.privacy()


@router.post("/api/v1/privacy/contents/purge")
def purge_contents(parts: Parts) -> dict[str, int]:
    """Erase all texts that the preset `content` kept, also from the database's file. How many there were."""
    return {"erased": parts.purge_contents()}
