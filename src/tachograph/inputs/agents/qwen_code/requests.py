"""What its telemetry and its files say of a request in the same words: its id, its tokens, what it was for."""

from __future__ import annotations

from collections.abc import Mapping

from tachograph.inputs.agents.kit.gemini.forms import disjoint_tokens, whole_count
from tachograph_sdk.model.event import AttributeValue

__all__ = ["noted_tokens", "purpose", "response_key", "token_classes"]

_NOTED = ("inputTokens", "outputTokens", "cachedTokens", "thoughtsTokens")

_INTERNAL = ("prompt_suggestion", "forked_query", "speculation")  # prompt ids of the agent's own questions
_SIDE_QUERY = "side-query:"
_MANAGED = "managed-"  # agents that nobody asked for, such as the memory extractor
_UNIQUE_CHARS = 20


def response_key(response_id: object, total: object, duration_ms: object) -> str | None:
    """An id of one response that is the same in all sources, None if there is none.

    Servers on one's own machine number their answers with three digits; with the total and the duration, which the
    sources say alike, such an id is one of its own.
    """
    if not isinstance(response_id, str) or not response_id:
        return None
    if len(response_id) >= _UNIQUE_CHARS:
        return response_id
    if _is_whole(total) and _is_whole(duration_ms):
        return f"{response_id}-{total}-{duration_ms}"
    return None


def token_classes(
    prompt: int, answer: int, cached: int, thoughts: int, tool: int, total: int
) -> dict[str, AttributeValue] | None:
    """As `disjoint_tokens`; where the total does not tell, an answer larger than its thoughts has them in it."""
    return disjoint_tokens(prompt, answer, cached, thoughts, tool, total, thoughts_inside=answer > thoughts)


def noted_tokens(told: Mapping[str, object]) -> dict[str, AttributeValue] | None:
    """The token classes of what the agent noted of a response or a session. Raises Unusable: a count is none."""
    prompt, answer, cached, thoughts = (whole_count(told, name) for name in _NOTED)
    return token_classes(prompt, answer, cached, thoughts, 0, whole_count(told, "totalTokens"))


def purpose(subagent: object, prompt_id: object) -> str:
    """What a request was for: main, subagent, or auxiliary."""
    if isinstance(subagent, str) and subagent and subagent != "main":
        return "auxiliary" if subagent.startswith(_MANAGED) else "subagent"
    if isinstance(prompt_id, str) and (prompt_id in _INTERNAL or prompt_id.startswith(_SIDE_QUERY)):
        return "auxiliary"
    return "main"


def _is_whole(value: object) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value.isdigit())
