"""Tool calls and what came of them: success, sizes, lines changed, commits, pull requests."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tachograph.inputs.agents.copilot_cli.session.lines import Record, part, word
from tachograph.inputs.agents.kit.calls import OpenCall, emit_version_control, places
from tachograph.inputs.agents.kit.emitter import Emitter
from tachograph.inputs.agents.kit.files import file_given
from tachograph.inputs.agents.kit.languages import language_of
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.shell import commits, opens_pull_request
from tachograph.inputs.agents.kit.values import Attributes, put
from tachograph_sdk.model.event import DropReason, EventKind
from tachograph_sdk.privacy.treat import to_count

__all__ = ["Emit", "ToolCalls"]

Emit = Callable[[str, EventKind, Record, str, Attributes], None]
"""Takes (name, kind, record, key, attributes)."""

_SHELLS = frozenset({"bash", "powershell", "shell"})
_DENIED = frozenset({"denied", "rejected"})


@dataclass(slots=True)
class _Call(OpenCall):
    """One that remembers who made it."""

    record: Record = field(kw_only=True)


class ToolCalls:
    """Joins calls and results."""

    def __init__(self, emit: Emit, out: Emitter, folder: Callable[[], object]) -> None:
        self._emit = emit
        self._folder = folder  # gives the working directory
        self._out = out
        self._open: dict[str, _Call] = {}

    def start(self, record: Record, number: int, offset: int) -> None:
        """A tool is run; these are its name and what it was given."""
        call_id = word(record.data.get("toolCallId"))
        if call_id is None:
            raise Unusable(DropReason.BAD_LINE, "a tool call without an id")
        name = word(record.data.get("toolName"))
        server = word(record.data.get("mcpServerName"))
        arguments = record.data.get("arguments")
        attributes: Attributes = {"tool_use_id": call_id, "tool_name": name or "unknown"}
        put(
            attributes,
            mcp_server=server,
            mcp_tool=word(record.data.get("mcpToolName")),
            tool_source="mcp" if server else None,
            tool_input_bytes=_size(arguments),
            file=None if server else file_given(name, arguments, self._folder()),
            content_tool_input=arguments if self._out.contents else None,
        )
        lean = Record(type=record.type, data={}, id=record.id, timestamp=record.timestamp, agent_id=record.agent_id)
        call = _Call(record.at_ns, attributes, number, offset, record=lean)
        command = arguments.get("command") if isinstance(arguments, dict) and name in _SHELLS else None
        if isinstance(command, str):
            call.commits, call.opens_pull_request = commits(command), opens_pull_request(command)
        self._open[call_id] = call

    def complete(self, record: Record) -> None:
        """What became of it."""
        data = record.data
        call_id = word(data.get("toolCallId"))
        if call_id is None:
            raise Unusable(DropReason.BAD_LINE, "a tool result without an id")
        call = self._open.pop(call_id, None)
        attributes: Attributes = dict(call.attributes) if call else {"tool_use_id": call_id}
        exit_code = part(data, "shellExecution").get("exitCode")
        success = data.get("success") is not False and exit_code in (None, 0)
        error = word(part(data, "error").get("code"))
        attributes["success"] = success
        if error in _DENIED:
            attributes["decision"] = "reject"
        if call is not None and record.at_ns >= call.at_ns:
            attributes["duration_ms"] = (record.at_ns - call.at_ns) / 1e6
        put(
            attributes,
            error_class=error if not success else None,
            tool_result_bytes=_size(part(data, "result").get("content")),
            content_error=part(data, "error").get("message") if self._out.contents and not success else None,
        )
        self._emit("tool.execution_complete", EventKind.TOOL_CALL, record, f"tool:{call_id}:done", attributes)
        if success:
            self._outcome(record, call, call_id, attributes)

    def finish(self) -> None:
        """Emit the calls that have no result so far."""
        for call_id, call in self._open.items():
            self._emit(
                "tool.execution_start", EventKind.TOOL_CALL, call.record, f"tool:{call_id}:open", call.attributes
            )

    def places(self) -> list[tuple[int, int]]:
        """Line number and offset of each call that has no result so far."""
        return places(self._open.values())

    def _outcome(self, record: Record, call: _Call | None, call_id: str, attributes: Attributes) -> None:
        base: Attributes = {"tool_use_id": call_id}
        told = part(record.data, "toolTelemetry")
        counts = part(told, "metrics")
        added, removed = to_count(counts.get("linesAdded")), to_count(counts.get("linesRemoved"))
        if added or removed:
            change: Attributes = {**base, "lines_added": added or 0, "lines_removed": removed or 0}
            put(change, tool_name=attributes.get("tool_name"), language=_language(part(told, "properties")))
            put(change, file=attributes.get("file"))
            self._emit("tool.execution_complete", EventKind.CODE_CHANGE, record, f"change:{call_id}", change)
        if call is not None:
            emit_version_control(
                lambda name, kind, _, key, told: self._emit(name, kind, record, key, told),
                "tool.execution_complete",
                record.at_ns,
                lambda what: f"{what}:{call_id}",
                base,
                commits=call.commits,
                opens_pull_request=call.opens_pull_request,
            )


def _size(value: Any) -> int | None:
    """Bytes of a text, or of an object as JSON; None if there is nothing."""
    if value is None or value == "":
        return None
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return len(text.encode("utf-8", "surrogatepass"))


def _language(properties: Any) -> str | None:
    """The language of the file, by its ending, which stands in a list written as text: '[".py"]'."""
    endings = properties.get("fileExtension")
    if not isinstance(endings, str) or len(endings) > 64:
        return None
    try:
        found = json.loads(endings)
    except ValueError:
        return None
    ending = found[0] if isinstance(found, list) and found else None
    return language_of(f"file{ending}") if isinstance(ending, str) else None
