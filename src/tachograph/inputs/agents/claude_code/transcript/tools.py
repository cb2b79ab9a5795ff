"""Tool calls and what came of them: success, sizes, lines changed, commits, pull requests, skills, subagents.

A call is two records, `tool_use` and `tool_result`, often read at different times. A call without its result is emitted
as such; the result makes a second event under another key, and the ledger joins them by `tool_use_id`.
"""

from __future__ import annotations

import re

from tachograph.inputs.agents.claude_code.mcp_names import put_mcp_server
from tachograph.inputs.agents.claude_code.transcript.context import Context
from tachograph.inputs.agents.claude_code.transcript.lines import as_text, read_object
from tachograph.inputs.agents.claude_code.transcript.records import (
    Block,
    CommandInput,
    FeatureInput,
    Record,
    ToolResult,
)
from tachograph.inputs.agents.kit.calls import OpenCall, emit_version_control, places
from tachograph.inputs.agents.kit.files import FILE_TOOLS, file_in
from tachograph.inputs.agents.kit.languages import language_of
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.shell import commits, opens_pull_request
from tachograph.inputs.agents.kit.values import Attributes, put, sane_number, text_in
from tachograph_sdk.model.event import AttributeValue, DropReason, EventKind
from tachograph_sdk.privacy.file_path import file_path

__all__ = ["ToolCalls"]

_MAX_COMMAND_BYTES = 1_000_000
_MAX_RESULT_BYTES = 16_000_000
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _.:@-]{0,63}")
# How a refused call's result begins in releases that do not mark it otherwise.
_DENIED = (
    b'"User rejected',
    b"\"Error: The user doesn't want to",
    b'"Error: Permission to use',
    b'"Error: Claude requested permission',
)
_DENIAL_SOURCES = {"user-rejected": "user_reject", "user-aborted": "user_abort"}


class ToolCalls:
    """Joins calls and results."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._open: dict[str, OpenCall] = {}

    def take_use(self, record: Record, block: Block, at_ns: int, base: Attributes, *, number: int, offset: int) -> None:
        """The model asked for a tool, on the line with this number and offset."""
        if not block.id:
            raise Unusable(DropReason.BAD_LINE, "a tool call without an id")
        attributes = base.copy()
        attributes["tool_use_id"] = block.id
        attributes["tool_name"] = block.name or "unknown"
        put_mcp_server(attributes)
        size = len(memoryview(block.input))
        if size:
            attributes["tool_input_bytes"] = size
        if self._context.contents:
            put(attributes, content_tool_input=text_in(block.input))
        if record.is_sidechain:
            attributes["is_sidechain"] = True
            if record.agent_id:
                attributes["agent_instance_id"] = record.agent_id
        call = self._open[block.id] = OpenCall(at_ns, attributes, number, offset)
        if block.name in FILE_TOOLS:
            if size and (file := file_in(block.input, record.cwd)) is not None:
                attributes["file"] = file
        elif block.name in ("Bash", "PowerShell"):
            if size < _MAX_COMMAND_BYTES and (b"commit" in (text := bytes(block.input)) or b"create" in text):
                command = (read_object(CommandInput, block.input) or CommandInput()).command or ""
                call.commits, call.opens_pull_request = commits(command), opens_pull_request(command)
        elif block.name in ("Agent", "Task", "Skill") and size:
            self._emit_feature(block, at_ns, base)

    def take_result(self, record: Record, block: Block, *, alone: bool, at_ns: int, base: Attributes) -> None:
        """A tool gave something back. `alone`: it is the record's only result, so the record's details are its own."""
        tool_use_id = block.tool_use_id
        if not tool_use_id:
            raise Unusable(DropReason.BAD_LINE, "a tool result without an id")
        call = self._open.pop(tool_use_id, None)
        raw = memoryview(record.tool_use_result)
        result = bytes(raw) if alone and len(raw) < _MAX_RESULT_BYTES else b""
        told = None  # most results are only output, and not worth a second look
        if result[:1] == b"{" and (
            b'"structuredPatch"' in result or b"ration" in result  # durationMs, totalDurationMs, gitOperation
        ):
            told = read_object(ToolResult, result)
        attributes = call.attributes if call is not None else {**base, "tool_use_id": tool_use_id}
        if told is not None and "file" not in attributes:
            put(attributes, file=file_path(told.file_path or told.notebook_path, record.cwd))
        succeeded = _judge(attributes, record, block, result)
        if self._context.contents and not succeeded:
            put(attributes, content_error=text_in(block.content))
        if size := len(memoryview(block.content)):
            attributes["tool_result_bytes"] = size
        if record.prompt_id:
            attributes["prompt_id"] = record.prompt_id
        if told is not None and not told.is_async:
            # Asynchronous calls return at once; what they report as a duration is not theirs.
            put(attributes, duration_ms=sane_number(told.duration_ms or told.total_duration_ms))
        self._context.emit("tool_result", EventKind.TOOL_CALL, at_ns, f"tool:{tool_use_id}:done", attributes)
        if succeeded and (told is not None or (call is not None and (call.commits or call.opens_pull_request))):
            outcome: Attributes = {**base, "tool_use_id": tool_use_id}
            put(outcome, prompt_id=record.prompt_id)
            self._emit_outcome(call, told, tool_use_id, at_ns, outcome, attributes.get("file"))

    def finish(self) -> None:
        """Emit the calls that have no result so far."""
        for tool_use_id, call in self._open.items():
            self._context.emit("tool_use", EventKind.TOOL_CALL, call.at_ns, f"tool:{tool_use_id}:open", call.attributes)

    def places(self) -> list[tuple[int, int]]:
        """Line number and offset of each call that has no result so far."""
        return places(self._open.values())

    def _emit_feature(self, block: Block, at_ns: int, base: Attributes) -> None:
        told = read_object(FeatureInput, block.input) or FeatureInput()
        name = told.skill if block.name == "Skill" else told.subagent_type
        attributes = base.copy()
        put(
            attributes,
            feature="skill" if block.name == "Skill" else "subagent",
            feature_name=name if name and _NAME.fullmatch(name) else None,
            trigger="agent",
            tool_use_id=block.id,
        )
        self._context.emit("tool_use", EventKind.FEATURE_USE, at_ns, f"feature:{block.id}", attributes)

    def _emit_outcome(
        self,
        call: OpenCall | None,
        told: ToolResult | None,
        tool_use_id: str,
        at_ns: int,
        outcome: Attributes,
        file: AttributeValue,
    ) -> None:
        if told is not None and (change := _lines_changed(told)) is not None:
            added, removed = change
            language = language_of(told.file_path or told.notebook_path or "")
            attributes = {**outcome, "lines_added": added, "lines_removed": removed, "language": language}
            put(attributes, file=file)
            self._context.emit("tool_result", EventKind.CODE_CHANGE, at_ns, f"change:{tool_use_id}", attributes)
        operation = told.git_operation.pr if told is not None and told.git_operation is not None else None
        emit_version_control(
            self._context.emit,
            "tool_result",
            at_ns,
            lambda what: f"{what}:{tool_use_id}",
            outcome,
            commits=call is not None and call.commits,
            opens_pull_request=(operation is not None and operation.action == "created")
            or (call is not None and call.opens_pull_request),
        )


def _judge(attributes: Attributes, record: Record, block: Block, result: bytes) -> bool:
    """Whether the call worked, and who allowed or refused it; both are noted in `attributes`.

    A failed call is marked on the block, or by a text instead of an object; a refused one is not a failure of the
    tool, which is why it carries its decision.
    """
    failed = block.is_error is True or result.startswith(b'"Error:')
    permission = record.permission_decision
    denied = (
        record.tool_denial_kind is not None
        or (permission is not None and permission.decision in ("reject", "deny"))
        or (failed and result.startswith(_DENIED))
    )
    attributes["success"] = not failed and not denied
    source = permission.source if permission is not None else None
    if denied:
        attributes["decision"] = "reject"
        put(attributes, decision_source=_DENIAL_SOURCES.get(record.tool_denial_kind or "", source))
    elif permission is not None and permission.decision == "accept":
        attributes["decision"] = "accept"
        put(attributes, decision_source=source)
    return attributes["success"] is True


def _lines_changed(told: ToolResult) -> tuple[int, int] | None:
    """Lines added and removed, None if no file was changed. A new file has as many as its text, no more."""
    if told.structured_patch is None:
        return None
    if told.type == "create" and not told.structured_patch:
        text = as_text(told.content) or ""
        return text.count("\n") + (1 if text and not text.endswith("\n") else 0), 0
    added = removed = 0
    for hunk in told.structured_patch:
        for line in hunk.lines:
            sign = line[:1]
            if sign == "+":
                added += 1
            elif sign == "-":
                removed += 1
    return added, removed
