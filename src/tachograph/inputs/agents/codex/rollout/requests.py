"""What each response used: one `api.request` for each, although most are told twice.

New releases write a `token_usage_record` for each response, with the response's id, and then a `token_count` with the
thread's running total. Older ones write only the latter, and the same one again whenever the rate limits are told: it is
news only if the running total has moved.
"""

from __future__ import annotations

from tachograph.inputs.agents.codex.rollout.context import Context
from tachograph.inputs.agents.codex.rollout.lines import check
from tachograph.inputs.agents.codex.rollout.records import TokenCount, Tokens, UsageRecord
from tachograph.inputs.agents.codex.usage import disjoint
from tachograph.inputs.agents.kit.values import put
from tachograph_sdk.model.event import EventKind

__all__ = ["Requests"]


class Requests:
    """Tells new usage from usage that was told before.

    Where a reading begins in the middle, the first usage met was counted before, and is what the next is told from.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._total: Tokens | None = None
        self._recorded: Tokens | None = None  # the usage of a record that no token_count has repeated yet
        self.context_tokens: int | None = None  # of the last request and its answer
        self.web_searches = 0  # since the last response

    def skip(self, told: TokenCount) -> bool:
        """A total of somebody else's history, from which what follows is counted; whether it had moved."""
        if told.info is None or told.info.total_token_usage is None:
            return False
        before, self._total = self._total, told.info.total_token_usage
        return self._total != before

    def take_record(self, told: UsageRecord, at_ns: int) -> bool:
        """A response's own record; whether it told of new usage."""
        usage = told.usage
        if usage is None:
            return False
        check(usage)
        self._total = told.thread_token_usage or self._total
        self._recorded = usage
        thread, total = self._context.thread, told.thread_token_usage
        identity = told.response_id or f"{thread}:{_text(total)}"
        self._emit("token_usage_record", f"request:{identity}", usage, at_ns, told.response_id, told.turn_id)
        return True

    def take_count(self, told: TokenCount, at_ns: int) -> bool:
        """A running total; whether it told of new usage."""
        info = told.info
        if info is None:
            return False  # rate limits alone
        total, last, before = info.total_token_usage, info.last_token_usage, self._total
        recorded, self._recorded = self._recorded, None
        if total is not None:
            check(total)
            self._total = total
        if total == before and total is not None:
            return False
        if recorded is not None and last == recorded:
            return False
        if last is None:
            if total is None:
                return False
            last = _difference(total, before)
        check(last)
        if not (last.input_tokens or last.output_tokens):
            return False  # the context was estimated anew, after a compaction
        key = f"usage:{self._context.thread}:{_text(total)}:{_text(last)}"
        self._emit("token_count", key, last, at_ns, None, None)
        return True

    def _emit(
        self, name: str, key: str, usage: Tokens, at_ns: int, response_id: str | None, turn_id: str | None
    ) -> None:
        context = self._context
        attributes = context.base()
        put(
            attributes,
            message_id=response_id,
            prompt_id=turn_id or context.turn_id,
            model=context.model,
            effort=context.effort,
            service_tier=context.service_tier,
            query_source="subagent" if context.is_subagent else "main",
        )
        attributes |= disjoint(
            input_total=usage.input_tokens or 0,
            cached=usage.cached_input_tokens or 0,
            cache_write=usage.cache_write_input_tokens or 0,
            output=usage.output_tokens or 0,
            reasoning=usage.reasoning_output_tokens or 0,
        )
        if self.web_searches:
            attributes["web_search_requests"] = self.web_searches
            self.web_searches = 0
        self.context_tokens = (usage.input_tokens or 0) + (usage.output_tokens or 0)
        context.emit(name, EventKind.API_REQUEST, at_ns, f"{key}:{_text(usage)}", attributes)


def _difference(total: Tokens, before: Tokens | None) -> Tokens:
    """What a running total grew by; all of it, where it began anew."""
    if before is None or (total.total_tokens or 0) < (before.total_tokens or 0):
        return total

    def grown(now: int | None, then: int | None) -> int:
        return max(0, (now or 0) - (then or 0))

    return Tokens(
        input_tokens=grown(total.input_tokens, before.input_tokens),
        cached_input_tokens=grown(total.cached_input_tokens, before.cached_input_tokens),
        cache_write_input_tokens=grown(total.cache_write_input_tokens, before.cache_write_input_tokens),
        output_tokens=grown(total.output_tokens, before.output_tokens),
        reasoning_output_tokens=grown(total.reasoning_output_tokens, before.reasoning_output_tokens),
    )


def _text(tokens: Tokens | None) -> str:
    if tokens is None:
        return ""
    return (
        f"{tokens.input_tokens}.{tokens.cached_input_tokens}.{tokens.cache_write_input_tokens}.{tokens.output_tokens}"
    )
