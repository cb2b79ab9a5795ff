"""What telemetry and local history must say in the same words, so that both are known to speak of one request."""

from __future__ import annotations

from hashlib import blake2b

from tachograph.inputs.agents.genai.tables import is_distinct
from tachograph_sdk.model.event import AttributeValue
from tachograph_sdk.privacy.treat import to_amount

__all__ = ["credits_nano", "message_id", "premium_requests", "query_source"]

_SOURCES = {"user": "main", "agent": "main", "sub-agent": "subagent"}


def message_id(session: AttributeValue, response: AttributeValue) -> str | None:
    """The answer's id, `gen_ai.response.id` or `apiCallId`; with the session hashed in if it is a mere number."""
    if not isinstance(response, str) or not response:
        return None
    if is_distinct(response):
        return response
    owner = session if isinstance(session, str) else ""
    return "own-" + blake2b(f"{owner}\0{response}".encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def query_source(initiator: AttributeValue) -> str | None:
    """What the request was for."""
    return _SOURCES.get(initiator, "auxiliary") if isinstance(initiator, str) and initiator else None


def premium_requests(cost: AttributeValue) -> float | int | None:
    """What Copilot bills for it, in premium requests: the model's multiplier. No money."""
    return to_amount(cost)


def credits_nano(nano_aiu: AttributeValue) -> int | None:
    """What Copilot bills for it, in 10^-9 AI credits. No money."""
    amount = to_amount(nano_aiu)
    return None if amount is None else round(amount)
