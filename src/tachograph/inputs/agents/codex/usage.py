"""Codex's token counts in classes that do not overlap.

Codex counts as the OpenAI API does: input holds what was read from and written to the cache, output holds reasoning.
Telemetry and rollouts must give the same numbers for the same request, because numbers are all they share.
"""

from __future__ import annotations

from tachograph.inputs.agents.kit.values import MAX_COUNT
from tachograph_sdk.model.event import AttributeValue

__all__ = ["disjoint", "to_count"]


def disjoint(
    *, input_total: int, cached: int, cache_write: int, output: int, reasoning: int
) -> dict[str, AttributeValue]:
    """Canonical attributes of one request's usage, all in tokens.

    Args:
        input_total: the whole prompt, cache included.
        cached: the part of it that was read from the cache.
        cache_write: the part of it that was written to the cache; models before gpt-5.6 report none.
        output: all that was generated, reasoning included.
        reasoning: the part of it that was reasoning.
    """
    return {
        "input_tokens": max(0, input_total - cached - cache_write),
        "cache_read_tokens": cached,
        "cache_write_tokens": cache_write,
        "output_tokens": output,
        "reasoning_tokens": min(reasoning, output),
    }


def to_count(value: AttributeValue) -> int | None:
    """A count that may be sent as a text; 0 where it is absent, None where it is no count."""
    if value is None:
        return 0
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 13:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else None
