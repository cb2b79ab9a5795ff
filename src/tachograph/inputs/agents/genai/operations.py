"""What a span is about, by its attributes: the operation, in the convention's newest word for it.

Four dialects name it: `gen_ai.operation.name` of the convention, `ai.operationId` of the Vercel AI SDK, `llm.request.type`
and `traceloop.span.kind` of OpenLLMetry, `openinference.span.kind` of OpenInference. Source: docs/formats/genai.md.
"""

from __future__ import annotations

from collections.abc import Mapping

from tachograph_sdk.model.event import AttributeValue

__all__ = ["OUTER", "REQUESTS", "span_operation", "without_content"]

REQUESTS = ("chat", "generate_content", "text_completion", "embeddings")
"""Operations that are one request to a model."""

OUTER = "outer_call"
"""A call of a library around the requests it makes: it repeats their totals."""

_TYPES = {"chat": "chat", "completion": "text_completion", "embedding": "embeddings", "rerank": "retrieval"}
_TRACELOOP = {"tool": "execute_tool", "agent": "invoke_agent", "workflow": "invoke_workflow", "task": OUTER}
_INFERENCE = {
    "LLM": "chat", "EMBEDDING": "embeddings", "TOOL": "execute_tool", "AGENT": "invoke_agent", "CHAIN": OUTER,
    "RETRIEVER": "retrieval", "RERANKER": "retrieval", "GUARDRAIL": OUTER, "EVALUATOR": OUTER, "PROMPT": OUTER,
}  # fmt: skip
_VERCEL_INNER = {"doStream": "chat", "doGenerate": "chat", "doEmbed": "embeddings"}
_SIGNS = ("gen_ai.system", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.response.model")

# Names of attributes that hold texts, one for each message and part: hundreds of names for one thing.
_CONTENT = {
    "gen_ai.prompt.": "gen_ai.prompt",
    "gen_ai.completion.": "gen_ai.completion",
    "llm.prompts.": "gen_ai.prompt",
    "llm.completions.": "gen_ai.completion",
    "llm.input_messages.": "llm.input_messages",
    "llm.output_messages.": "llm.output_messages",
    "llm.request.functions.": "gen_ai.tool.definitions",
    "llm.tools.": "gen_ai.tool.definitions",
    "embedding.embeddings.": "embedding.embeddings",
    "retrieval.documents.": "retrieval.documents",
    "github.copilot.tool.parameters.": "gen_ai.tool.call.arguments",
    "ai.request.headers.": "ai.request.headers",
    "gen_ai.aggregated_usage.": "gen_ai.aggregated_usage",
    "pydantic_ai.cache.": "pydantic_ai.cache",
    "ai.telemetry.metadata.": "ai.telemetry.metadata",
    "traceloop.association.properties.": "traceloop.association.properties",
}
_CONTENT_STARTS = tuple(_CONTENT)
_KEPT = frozenset({
    "traceloop.association.properties.session_id", "ai.telemetry.metadata.sessionId",
    "github.copilot.tool.parameters.file_path",
})  # fmt: skip


def span_operation(name: str, attributes: Mapping[str, AttributeValue]) -> str | None:
    """The operation, or None if this is no GenAI span."""
    operation = attributes.get("gen_ai.operation.name")
    call = attributes.get("ai.operationId")
    if isinstance(call, str):  # first: the AI SDK sets operation names on some of its outer calls too
        return _vercel(call)
    if isinstance(operation, str) and operation:
        return operation
    for attribute, words in (
        ("llm.request.type", _TYPES),
        ("traceloop.span.kind", _TRACELOOP),
        ("openinference.span.kind", _INFERENCE),
    ):
        word = attributes.get(attribute)
        if isinstance(word, str) and word:
            return words.get(word, OUTER)
    if any(sign in attributes for sign in _SIGNS):
        first = name.partition(" ")[0]
        return first if first in REQUESTS or first in ("execute_tool", "invoke_agent") else "chat"
    return None


def without_content(attributes: dict[str, AttributeValue]) -> dict[str, AttributeValue]:
    """The attributes with each numbered group of texts as one name without a value, so that names stay few."""
    if not any(name.startswith(_CONTENT_STARTS) and name not in _KEPT for name in attributes):
        return attributes
    kept: dict[str, AttributeValue] = {}
    for name, value in attributes.items():
        if name.startswith(_CONTENT_STARTS) and name not in _KEPT:
            kept[next(group for start, group in _CONTENT.items() if name.startswith(start))] = ""
        else:
            kept[name] = value
    return kept


def _vercel(call: str) -> str:
    if call == "ai.toolCall":
        return "execute_tool"
    return _VERCEL_INNER.get(call.partition(" ")[0].rpartition(".")[2], OUTER)
