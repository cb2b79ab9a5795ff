"""API responses: several lines with the same usage in, one `api.request` out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tachograph.inputs.agents.claude_code.transcript.context import Context
from tachograph.inputs.agents.claude_code.transcript.records import Iteration, Message, Record, Split, Usage
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.values import MAX_COUNT, Attributes, count_of
from tachograph_sdk.model.event import DropReason, EventKind

__all__ = ["Responses"]

_Key = tuple[str, str]  # message id, request id


@dataclass(slots=True)
class _Response:
    """A response whose lines may still be coming."""

    at_ns: int
    attributes: Attributes
    key: _Key
    sidechain: bool
    records: int = 0  # lines that repeated the usage
    missing: int = 0  # output tokens that those lines hold less than the largest of them, together
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0
    web_searches: int = 0
    cost_nanousd: int | None = None
    iterations: Sequence[Iteration] = ()


class Responses:
    """Collects the usage of responses until they are emitted."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._open: dict[_Key, _Response] = {}
        self._by_message: dict[str, _Key] = {}
        self._last: _Response | None = None

    def take(self, record: Record, message: Message, usage: Usage, at_ns: int, base: Attributes) -> None:
        """Add one line's usage: the largest of each class counts, because earlier lines may hold placeholders.

        Raises:
            Unusable: a count that cannot be one, or nothing to know the response by.
        """
        tokens_in, tokens_out = usage.input_tokens or 0, usage.output_tokens or 0
        read, write = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
        write_5m = write_1h = 0
        if (split := usage.cache_creation) is not None:
            write_5m, write_1h = split.ephemeral_5m_input_tokens or 0, split.ephemeral_1h_input_tokens or 0
        if not (
            0 <= tokens_in <= MAX_COUNT
            and 0 <= tokens_out <= MAX_COUNT
            and 0 <= read <= MAX_COUNT
            and 0 <= write <= MAX_COUNT
            and 0 <= write_5m <= MAX_COUNT
            and 0 <= write_1h <= MAX_COUNT
        ):
            raise Unusable(DropReason.BAD_NUMBER, "a count out of range")
        # Releases before 2.1.152 could leave the total at 0 beside a split that was not.
        if write_5m + write_1h > write:
            write = write_5m + write_1h
        response = self._find(record, message, at_ns, base)
        if response is None:
            return
        if at_ns >= response.at_ns:
            response.at_ns = at_ns
            if message.stop_reason:
                response.attributes["stop_reason"] = message.stop_reason
        if tokens_in > response.input:
            response.input = tokens_in
        if tokens_out != response.output:
            if tokens_out > response.output:
                response.missing += (tokens_out - response.output) * response.records
                response.output = tokens_out
            else:
                response.missing += response.output - tokens_out
        response.records += 1
        if read > response.cache_read:
            response.cache_read = read
        if write > response.cache_write:
            response.cache_write = write
        if write_5m > response.cache_write_5m:
            response.cache_write_5m = write_5m
        if write_1h > response.cache_write_1h:
            response.cache_write_1h = write_1h
        if (details := usage.output_tokens_details) is not None and details.thinking_tokens:
            response.reasoning = max(response.reasoning, count_of(details.thinking_tokens))
        if (server := usage.server_tool_use) is not None and server.web_search_requests:
            response.web_searches = max(response.web_searches, count_of(server.web_search_requests))
        if record.cost_usd is not None and 0 <= record.cost_usd < 1e6:
            response.cost_nanousd = max(response.cost_nanousd or 0, round(record.cost_usd * 1e9))
        if usage.iterations:
            response.iterations = usage.iterations

    def emit(self, *, keep: int) -> None:
        """Hand over all but the `keep` responses that were begun last."""
        for key in list(self._open)[: max(0, len(self._open) - keep)]:
            response = self._open.pop(key)
            if response is self._last:
                self._last = None
            self._emit_request(response)
            for index, iteration in enumerate(response.iterations):
                # The only sub-calls that the response's own usage does not hold: another model's.
                if iteration.type == "advisor_message":
                    self._emit_advisor(response, iteration, index)

    def _find(self, record: Record, message: Message, at_ns: int, base: Attributes) -> _Response | None:
        """The response a line belongs to; None for a subagent's replay of one that is there already."""
        message_id = message.id or record.request_id or record.uuid
        if not message_id:
            raise Unusable(DropReason.BAD_LINE, "a response without an id")
        key = (message_id, record.request_id or "")
        last = self._last
        if last is not None and key == last.key:  # most lines follow another of the same response
            return last
        response = self._open.get(key)
        if response is None:
            sidechain = record.is_sidechain is True
            other = self._by_message.setdefault(message_id, key)
            if other != key:
                if sidechain:
                    return None
                if (earlier := self._open.get(other)) is not None and earlier.sidechain:
                    del self._open[other]
                    self._last = None
                self._by_message[message_id] = key
            response = self._open[key] = _Response(at_ns, _attributes(base, record, message), key, sidechain)
        self._last = response
        return response

    def _emit_request(self, response: _Response) -> None:
        attributes = response.attributes
        attributes["input_tokens"] = response.input
        attributes["output_tokens"] = response.output
        attributes["cache_read_tokens"] = response.cache_read
        attributes["cache_write_tokens"] = response.cache_write
        if response.cache_write_5m or response.cache_write_1h:
            attributes["cache_write_5m_tokens"] = response.cache_write_5m
            attributes["cache_write_1h_tokens"] = response.cache_write_1h
        if response.reasoning:
            attributes["reasoning_tokens"] = response.reasoning
        if response.web_searches:
            attributes["web_search_requests"] = response.web_searches
        if response.records > 1:  # what summing up the lines would give: `explain` names the difference
            attributes["usage_records"] = response.records
            if response.missing:
                attributes["naive_output_tokens"] = response.records * response.output - response.missing
        if response.cost_nanousd is not None:
            attributes["cost_nanousd"] = response.cost_nanousd
            attributes["cost_basis"] = "reported"
        message_id, request_id = response.key
        key = (
            f"request:{message_id}:{request_id}:{response.input}:{response.output}:{response.cache_read}"
            f":{response.cache_write}:{response.cache_write_1h}"
        )
        self._context.emit("assistant", EventKind.API_REQUEST, response.at_ns, key, attributes)

    def _emit_advisor(self, response: _Response, iteration: Iteration, index: int) -> None:
        split = iteration.cache_creation or Split()
        write_5m, write_1h = count_of(split.ephemeral_5m_input_tokens), count_of(split.ephemeral_1h_input_tokens)
        numbers = {
            "input_tokens": count_of(iteration.input_tokens),
            "output_tokens": count_of(iteration.output_tokens),
            "cache_read_tokens": count_of(iteration.cache_read_input_tokens),
            "cache_write_tokens": max(count_of(iteration.cache_creation_input_tokens), write_5m + write_1h),
        }
        if write_5m or write_1h:
            numbers |= {"cache_write_5m_tokens": write_5m, "cache_write_1h_tokens": write_1h}
        attributes = {
            name: value
            for name, value in response.attributes.items()
            if not name.endswith(("_tokens", "_requests", "_records"))
            and name not in ("request_id", "model_requested", "stop_reason", "cost_nanousd", "cost_basis")
        }
        message_id = response.key[0]
        attributes["message_id"] = f"{message_id}-advisor-{index}"  # a row of its own in the ledger
        attributes["model"] = iteration.model or "unknown"
        attributes["query_source"] = "advisor"
        attributes |= numbers
        key = f"advisor:{message_id}:{index}:" + ":".join(str(n) for n in numbers.values())
        self._context.emit("advisor_message", EventKind.API_REQUEST, response.at_ns, key, attributes)


def _attributes(base: Attributes, record: Record, message: Message) -> Attributes:
    attributes = base.copy()
    attributes["query_source"] = "main"
    if message.id:
        attributes["message_id"] = message.id
    if record.request_id:
        attributes["request_id"] = record.request_id
    if message.model:
        attributes["model"] = message.model
    if record.requested_model:
        attributes["model_requested"] = record.requested_model
    if record.is_sidechain:
        attributes["is_sidechain"] = True
        attributes["query_source"] = "subagent"
        if record.agent_id:
            attributes["agent_instance_id"] = record.agent_id
    if record.effort:
        attributes["effort"] = record.effort
    if (usage := message.usage) is not None:
        if usage.service_tier:
            attributes["service_tier"] = usage.service_tier
        if usage.speed:
            # Telemetry calls the same thing "normal".
            attributes["speed"] = "normal" if usage.speed == "standard" else usage.speed
        if usage.inference_geo:
            attributes["inference_geo"] = usage.inference_geo
    if record.attribution_agent:
        attributes["subagent"] = record.attribution_agent
    if record.attribution_skill:
        attributes["skill"] = record.attribution_skill
    if record.attribution_plugin:
        attributes["plugin"] = record.attribution_plugin
    if record.attribution_mcp_server:
        attributes["mcp_server"] = record.attribution_mcp_server
    if record.attribution_mcp_tool:
        attributes["mcp_tool"] = record.attribution_mcp_tool
    return attributes
