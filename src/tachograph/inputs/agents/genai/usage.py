"""Tokens as the GenAI conventions count them, to the disjoint classes of the ledger.

Input tokens include those read from and written to the cache; output tokens include those of reasoning. Each number has
had several names: they are tried from the newest to the oldest, and the first one that is a count is taken.
Source: docs/formats/genai.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from tachograph_sdk.model.event import AttributeValue
from tachograph_sdk.privacy.treat import to_count

__all__ = ["USAGE_NAMES", "add_usage", "first_count"]

_INPUT = (
    "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.usage.prompt_tokens",
    "ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens", "llm.token_count.prompt",
)  # fmt: skip
_OUTPUT = (
    "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens", "llm.usage.completion_tokens",
    "ai.usage.outputTokens", "ai.usage.completionTokens", "llm.token_count.completion",
)  # fmt: skip
_CACHE_READ = (
    "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens", "gen_ai.usage.cache_read_tokens",
    "gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.details.cached_tokens",
    "ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens",
    "llm.token_count.prompt_details.cache_read",
)  # fmt: skip
_CACHE_WRITE = (
    "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
    "gen_ai.usage.cache_creation_input_tokens", "gen_ai.usage.cache_write_input_tokens", "gen_ai.usage.cache_write_tokens",
    "gen_ai.usage.details.cache_write_tokens", "ai.usage.inputTokenDetails.cacheWriteTokens",
    "llm.token_count.prompt_details.cache_write",
)  # fmt: skip
_REASONING = (
    "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_output_tokens", "gen_ai.usage.reasoning_tokens",
    "gen_ai.usage.details.reasoning_tokens",
    "ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens",
    "llm.token_count.completion_details.reasoning",
)  # fmt: skip
_FRESH = ("ai.usage.inputTokenDetails.noCacheTokens",)
_SUMS = (
    "gen_ai.usage.total_tokens", "llm.usage.total_tokens", "ai.usage.totalTokens", "llm.token_count.total",
    "ai.usage.outputTokenDetails.textTokens",
)  # fmt: skip

USAGE_NAMES = frozenset((*_INPUT, *_OUTPUT, *_CACHE_READ, *_CACHE_WRITE, *_REASONING, *_FRESH, *_SUMS))
"""Every attribute read or understood here."""


def first_count(attributes: Mapping[str, AttributeValue], names: tuple[str, ...]) -> int | None:
    """The first of these that is a count; None if none is."""
    for name in names:
        value = attributes.get(name)
        if value is not None and (count := to_count(value)) is not None:
            return count
    return None


def add_usage(attributes: Mapping[str, AttributeValue], out: dict[str, AttributeValue]) -> int:
    """Write the token classes that the record knows into `out`; returns how many tokens there are."""
    whole, output = first_count(attributes, _INPUT), first_count(attributes, _OUTPUT)
    read, write = first_count(attributes, _CACHE_READ), first_count(attributes, _CACHE_WRITE)
    reasoning, fresh = first_count(attributes, _REASONING), first_count(attributes, _FRESH)
    cached = (read or 0) + (write or 0)
    if fresh is None and whole is not None:
        # Programs that pass on the numbers of an API that counts without the cache break the convention: where the parts
        # exceed the whole, the whole was meant without them.
        fresh = whole - cached if whole >= cached else whole
    if reasoning is not None and output is not None and reasoning > output:
        reasoning = output
    counts = {
        "input_tokens": fresh,
        "output_tokens": output,
        "cache_read_tokens": read,
        "cache_write_tokens": write,
        "reasoning_tokens": reasoning,
    }
    out.update({name: count for name, count in counts.items() if count is not None})
    return (fresh or 0) + (output or 0) + cached
