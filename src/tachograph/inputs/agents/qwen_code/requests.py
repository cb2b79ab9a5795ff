"""What its telemetry and its files say of a request in the same words: its id, its tokens, what it was for."""

from __future__ import annotations

__all__ = ["purpose", "response_key"]

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


def purpose(subagent: object, prompt_id: object) -> str:
    """What a request was for: main, subagent, or auxiliary."""
    if isinstance(subagent, str) and subagent and subagent != "main":
        return "auxiliary" if subagent.startswith(_MANAGED) else "subagent"
    if isinstance(prompt_id, str) and (prompt_id in _INTERNAL or prompt_id.startswith(_SIDE_QUERY)):
        return "auxiliary"
    return "main"


def _is_whole(value: object) -> bool:
    return (isinstance(value, int) and not isinstance(value, bool)) or (isinstance(value, str) and value.isdigit())
