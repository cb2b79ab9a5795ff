"""opencode's OpenTelemetry in our words: of some two hundred span names, the two of the AI SDK that count something.

Log records have no name and only texts; spans of the program's own insides say nothing that is counted. Both are known,
not needed, and dropped by their name alone, before anything is looked at.

No id is shared between a request's span and the database (the span has the API's response id, the database its own
message id), so requests go without one: the ledger pairs them by session, model and equal token counts. That is why
the tokens are worked out here exactly as opencode does before it writes them down. Source: docs/formats/opencode.md.
"""

from __future__ import annotations

from tachograph.inputs.agents.kit.files import file_given
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec, Telemetry
from tachograph.inputs.agents.opencode.ids import is_distinct_call, plain_model
from tachograph_sdk.model.event import AttributeValue, DropReason, EventKind, RawEvent, Source
from tachograph_sdk.privacy.treat import to_count

__all__ = ["classify"]

_PARENT = "ai.request.headers.x-parent-session-id"

_READ = ("ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens")
_WRITE = ("ai.usage.inputTokenDetails.cacheWriteTokens",)
_INPUT = ("ai.usage.inputTokens", "gen_ai.usage.input_tokens", "ai.usage.promptTokens")
_OUTPUT = ("ai.usage.outputTokens", "gen_ai.usage.output_tokens", "ai.usage.completionTokens")
_REASONING = ("ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens")
_SUMS = (
    "ai.usage.inputTokenDetails.noCacheTokens",
    "ai.usage.outputTokenDetails.textTokens",
    "ai.usage.totalTokens",
)


def _request(raw: RawEvent, out: Attributes) -> DropReason | None:
    """One request to a model: its tokens by class, and the session a person would name."""
    told = raw.attributes
    # The model as opencode asked for it, which is what its database has; that API's own name for it may have a date.
    model, provider = told.get("ai.model.id") or told.get("gen_ai.request.model"), told.get("ai.model.provider")
    provider = provider.partition(".")[0] if isinstance(provider, str) else None  # "openai.responses" is openai
    out["provider"] = provider
    out["model"] = plain_model(model, provider) if isinstance(model, str) else None
    parent = told.get(_PARENT)
    if isinstance(parent, str) and parent:
        # A subagent has a session of its own; like the database's, its usage counts for the one that started it.
        out["agent_instance_id"] = out.get("session_id")
        out["session_id"] = parent
        out["query_source"] = "subagent"
        out["is_sidechain"] = True
    total = _count(told, _INPUT)
    output = _count(told, _OUTPUT)
    if (total is None and output is None) or (raw.span is not None and raw.span.status_code == 2):
        # It failed or was given up. Each try has a span like this, also one whose repetition worked, and nothing tells
        # which it was: the database says what failed in the end.
        raw.kind = EventKind.AGENT_NOTICE
        out["feature"] = "llm_request"
        out["success"] = False
        return None
    read, write = _count(told, _READ) or 0, _count(told, _WRITE) or 0
    out["input_tokens"] = max(0, (total or 0) - read - write)
    out["output_tokens"] = output or 0
    out["cache_read_tokens"] = read
    out["cache_write_tokens"] = write
    if reasoning := _count(told, _REASONING):
        out["reasoning_tokens"] = min(reasoning, output or 0)
    return None


def _tool(raw: RawEvent, out: Attributes) -> DropReason | None:
    """One tool call; whether it worked is only known if it did not."""
    call = raw.attributes.get("ai.toolCall.id")
    if not isinstance(call, str) or not is_distinct_call(call):
        out.pop("tool_use_id", None)
    if raw.span is not None and raw.span.status_code == 2:
        out["success"] = False
    if (file := file_given(out.get("tool_name"), raw.attributes.get("ai.toolCall.args"))) is not None:
        out["file"] = file
    return None


def _count(told: dict[str, AttributeValue], names: tuple[str, ...]) -> int | None:
    for name in names:
        if (value := told.get(name)) is not None and (count := to_count(value)) is not None:
            return count
    return None


_REQUEST = Spec(
    kind=EventKind.API_REQUEST,
    names={
        "session.id": "session_id",
        "ai.response.msToFirstChunk": "ttft_ms",
        "ai.response.finishReason": "stop_reason",
        "ai.model.id": "",
        "ai.model.provider": "",
        _PARENT: "",
        **dict.fromkeys((*_READ, *_WRITE, *_INPUT, *_OUTPUT, *_REASONING, *_SUMS), ""),
    },
    finish=_request,
)
_TOOL = Spec(
    kind=EventKind.TOOL_CALL,
    # Without its session: that of a subagent's call is the subagent's, and nothing on this span names the other.
    # The call's own id joins it to the database.
    names={"ai.toolCall.id": "tool_use_id", "ai.toolCall.name": "tool_name", "session.id": ""},
    finish=_tool,
)
_SPANS = {
    "ai.streamText.doStream": _REQUEST,
    "ai.generateText.doGenerate": _REQUEST,
    "ai.streamObject.doStream": _REQUEST,
    "ai.generateObject.doGenerate": _REQUEST,
    "ai.toolCall": _TOOL,
}

_reader = Telemetry(
    tables={Source.OTEL_SPAN: _SPANS},
    resource={"service.version": "agent_version", "opencode.client": "entrypoint"},
    said=frozenset({"service.name", "ai.operationId", "gen_ai.system", "gen_ai.request.model"}),
)


def classify(raw: RawEvent) -> RawEvent | DropReason:
    """Kind and canonical names, in place, or why not: everything that is in no table is known and not needed."""
    if raw.source is not Source.OTEL_SPAN or raw.name not in _SPANS:
        return DropReason.NOT_NEEDED
    raw.attributes = {_group(name): value for name, value in raw.attributes.items()}
    return _reader.classify(raw)


def _group(name: str) -> str:
    """The name under which an attribute is refused, where its own is made of what somebody configured."""
    if name.startswith("ai.request.headers.") and name != _PARENT:
        return "ai.request.headers"
    return "ai.telemetry.metadata" if name.startswith("ai.telemetry.metadata.") else name
