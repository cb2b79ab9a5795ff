"""/api/v1/page-keys: a key for the page, and what the page gets for it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from tachograph.server.page_keys import KEY_LIVES_S, TOKEN_LIVES_S
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer, problems

__all__ = ["router"]

router = APIRouter(tags=["about itself"])


class PageKey(Answer):
    """A key that one page can use once."""

    key: str
    address: str = Field(description="of the page, with the key behind its #, which no browser sends")
    expires_in_s: float


class KeyOrder(BaseModel):
    """A key that was in the page's address."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(max_length=200)


class PageToken(Answer):
    """What the page sends as `Authorization: Bearer …` with what it changes."""

    token: str
    expires_in_s: float = Field(description="at most; it also ends with the server")


@router.post("/api/v1/page-keys", operation_id="make_page_key", response_model=PageKey)
def make_page_key(parts: Parts) -> Any:
    """A new key. It holds for a minute and one use; the page it is given to may then change a few things."""
    key = parts.page_keys.issue()
    return {"key": key, "address": f"{parts.addresses().get('http', '')}/#/?key={key}", "expires_in_s": KEY_LIVES_S}


@router.post(
    "/api/v1/page-keys/redeem", operation_id="redeem_page_key", response_model=PageToken, responses=problems(429)
)
def redeem_page_key(parts: Parts, order: KeyOrder) -> Any:
    """The token for a key. It is taken for consent, setup/otel and setup/plugin only. Needs no token, but JSON."""
    return {"token": parts.page_keys.redeem(order.key), "expires_in_s": TOKEN_LIVES_S}
