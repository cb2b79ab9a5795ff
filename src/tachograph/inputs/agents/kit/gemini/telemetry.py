"""What Gemini CLI's telemetry and that of the programs made from it have in common: attributes, decisions, edits."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from tachograph.inputs.agents.kit.files import file_given
from tachograph.inputs.agents.kit.gemini.forms import disjoint_tokens, prompt_link, whole_count
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec, Telemetry, whole
from tachograph_sdk.model.event import AttributeValue, DropReason, EventKind, RawEvent, Source

__all__ = ["TOKENS", "TOOL", "counters", "edited_lines", "error_class", "make_reader", "token_classes", "tool_call"]

TOKENS = {
    "input_token_count": "",
    "output_token_count": "",
    "cached_content_token_count": "",
    "thoughts_token_count": "",
    "tool_token_count": "",
    "total_token_count": "",
}
TOOL = {
    "function_name": "tool_name",
    "duration_ms": "duration_ms",
    "success": "success",
    "decision": "decision",
    "error_type": "error_class",
    "tool_type": "tool_source",
    "mcp_server_name": "mcp_server",
    "extension_name": "plugin",
    "error.type": "",
    "metadata": "",
    "content_length": "",
    "start_time": "",
    "end_time": "",
}

_DECISIONS = {
    "accept": ("accept", None),
    "auto_accept": ("accept", "config"),
    "modify": ("accept", "user_modified"),
    "reject": ("reject", None),
}
_SOURCES = {"native": "builtin"}
_VAGUE = (None, "ApiError", "Error", "unknown")


def make_reader(
    *,
    prefix: str,
    tables: Mapping[Source, Mapping[str, Spec]],
    events_not_needed: frozenset[str],
    metrics_not_needed: tuple[str, ...],
    common: Mapping[str, str],
    resource: Mapping[str, str],
    said: frozenset[str],
    user: tuple[str, ...],
) -> Callable[[RawEvent], RawEvent | DropReason]:
    """What classifies the records of one of these programs.

    Args:
        prefix: see `Telemetry`, as for the other arguments.
        tables: its tables.
        events_not_needed: names, without prefix, of log events that are in no table and known to say nothing needed.
        metrics_not_needed: what the names of such metrics begin with; of spans none is needed.
        common: attributes of all records.
        resource: the resource's.
        said: attributes that say something again.
        user: attributes that name the person.
    """

    def is_ignored(source: Source, name: str) -> bool:
        if source is Source.OTEL_SPAN:
            return True
        return name in events_not_needed if source is Source.OTEL_LOG else name.startswith(metrics_not_needed)

    read = Telemetry(
        tables=tables, prefix=prefix, common=common, resource=resource, said=said, user=user, ignored=is_ignored
    ).classify

    def classify(raw: RawEvent) -> RawEvent | DropReason:
        """Kind and canonical names, or why not."""
        result = read(raw)
        if isinstance(result, RawEvent) and "prompt_id" in result.attributes:
            attributes = result.attributes
            attributes["prompt_id"] = prompt_link(attributes["prompt_id"], attributes.get("session_id"))
        return result

    return classify


def counters(vocabulary: Mapping[str, str]) -> dict[str, Spec]:
    """The metrics that count sessions and tokens; `vocabulary` says which counter each type of tokens is."""

    def quantity(raw: RawEvent, out: Attributes) -> None:
        out["quantity"] = whole(raw)

    def tokens(raw: RawEvent, out: Attributes) -> DropReason | None:
        counter = vocabulary.get(str(raw.attributes.get("type")))
        if counter is None:
            return DropReason.UNKNOWN_EVENT
        out["counter"] = counter
        out["quantity"] = whole(raw)
        return None

    return {
        "session.count": Spec(kind=EventKind.SESSION_START, finish=quantity),
        "token.usage": Spec(kind=EventKind.USAGE_COUNTER, names={"model": "model", "type": ""}, finish=tokens),
    }


def token_classes(raw: RawEvent, out: Attributes, *, thoughts_inside: bool = False) -> DropReason | None:
    """Set the token classes of one response; see `disjoint_tokens`."""
    values = raw.attributes
    try:
        tokens = disjoint_tokens(*(whole_count(values, name) for name in TOKENS), thoughts_inside=thoughts_inside)
    except Unusable as bad:
        return bad.reason
    if tokens is not None:
        out.update(tokens)
    return None


def error_class(raw: RawEvent, out: Attributes) -> None:
    """A kind of error that is never its text: its class, else the HTTP status."""
    status = out.get("status_code")
    if out.get("error_class") in _VAGUE and isinstance(status, int | str) and str(status).isdigit():
        out["error_class"] = f"http_{status}"


def tool_call(raw: RawEvent, out: Attributes) -> None:
    """Who decided, whether the tool ships with the agent, which file it worked on and which lines an edit changed."""
    decision, source = _DECISIONS.get(_text(out.get("decision")), (None, None))
    out["decision"] = decision
    if source is not None:
        out["decision_source"] = source
    if (tool_source := out.get("tool_source")) is not None:
        out["tool_source"] = _SOURCES.get(_text(tool_source), tool_source)
    if (lines := edited_lines(raw.attributes.get("metadata"))) is not None:
        out["lines_added"], out["lines_removed"] = lines
    if (file := file_given(out.get("tool_name"), raw.attributes.get("function_args"))) is not None:
        out["file"] = file


def edited_lines(metadata: object) -> tuple[int, int] | None:
    """Lines added and removed as the call's own statistics say, a JSON text or already an object."""
    if isinstance(metadata, str):
        try:
            metadata = msgspec.json.decode(metadata)
        except (msgspec.MsgspecError, RecursionError):
            return None
    if not isinstance(metadata, dict) or "model_added_lines" not in metadata:
        return None
    try:
        return whole_count(metadata, "model_added_lines"), whole_count(metadata, "model_removed_lines")
    except Unusable:
        return None


def _text(value: AttributeValue) -> str:
    return value if isinstance(value, str) else ""
