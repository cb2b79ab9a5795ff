"""Tool calls and what came of them: success, sizes, lines changed, commits, pull requests, skills, subagents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tachograph.inputs.agents.kit.calls import emit_version_control
from tachograph.inputs.agents.kit.emitter import Emitter
from tachograph.inputs.agents.kit.files import FILE_TOOLS
from tachograph.inputs.agents.kit.languages import language_of
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.shell import commits, opens_pull_request
from tachograph.inputs.agents.kit.values import Attributes, count_of, text_in
from tachograph.inputs.agents.opencode.ids import derived_id, is_distinct_call
from tachograph.inputs.agents.opencode.records import (
    Part,
    ToolInput,
    ToolMetadata,
    ToolState,
    as_text,
    nanoseconds,
    read_object,
)
from tachograph_sdk.model.event import EventKind
from tachograph_sdk.privacy.file_path import file_path

__all__ = ["BUILT_IN", "take_tool"]

BUILT_IN = frozenset({
    "apply_patch", "bash", "batch", "codesearch", "edit", "glob", "grep", "invalid", "list", "lsp", "multiedit", "patch",
    "plan_enter", "plan_exit", "question", "read", "skill", "task", "todoread", "todowrite", "webfetch", "websearch",
    "write",
})  # fmt: skip

_MAX_COMMAND_BYTES = 1_000_000
_MAX_DIFF_BYTES = 16_000_000
# How the error of a refused call begins; that of a call that was stopped has another beginning.
_REFUSED = (b'"The user rejected permission', b'"The user has specified a rule which prevents you')
_STOPPED = b'"Tool execution aborted'


@dataclass(slots=True)
class _Change:
    """What was done to one file; None where nobody says how many lines."""

    path: str
    added: int | None
    removed: int | None


def take_tool(events: Emitter, part: Part, message_ns: int, base: Attributes) -> int | None:
    """Read a tool call of a message that began at `message_ns`; returns when it began, if it says so.

    A call that has not ended makes an event of its own; when it has, another, and the ledger joins them by its id.
    """
    state = read_object(ToolState, part.state)
    began_ns = nanoseconds(state.time.start) if state.time is not None else None
    at_ns = began_ns or message_ns
    call_id = part.call_id or ""
    if not is_distinct_call(call_id):
        call_id = derived_id("call", message_ns, call_id, part.tool)
    attributes = base | {"tool_use_id": call_id, "tool_name": part.tool or "unknown"}
    folder = base.get("project")
    if part.tool in BUILT_IN:
        attributes["tool_source"] = "builtin"
    if size := len(memoryview(state.input)):
        attributes["tool_input_bytes"] = size
        if events.contents:
            attributes["content_tool_input"] = text_in(state.input)
    told = read_object(ToolInput, state.input)
    if part.tool in FILE_TOOLS:
        attributes["file"] = file_path(told.file_path, folder)
    _emit_feature(events, part, told, call_id, message_ns, base)
    if state.status not in ("completed", "error"):
        events.emit("tool", EventKind.TOOL_CALL, at_ns, f"tool:{call_id}:open", attributes)
        return began_ns
    metadata = read_object(ToolMetadata, state.metadata)
    changes = _lines_changed(part.tool, told, metadata)
    if len(changes) == 1 and not attributes.get("file"):
        attributes["file"] = file_path(changes[0].path, folder)
    succeeded = _judge(attributes, state, metadata)
    if events.contents and state.status == "error":
        attributes["content_error"] = text_in(state.error)
    ended_ns = nanoseconds(state.time.end) if state.time is not None else None
    if began_ns is not None and ended_ns is not None and ended_ns >= began_ns:
        attributes["duration_ms"] = (ended_ns - began_ns) / 1e6
    if size := len(memoryview(state.output)):
        attributes["tool_result_bytes"] = size
    events.emit("tool", EventKind.TOOL_CALL, at_ns, f"tool:{call_id}:done", attributes)
    if succeeded:
        _emit_outcome(events, part.tool, told, state, changes, call_id, at_ns, base | {"tool_use_id": call_id})
    return began_ns


def _judge(attributes: Attributes, state: ToolState, metadata: ToolMetadata) -> bool:
    """Whether the call worked, noted in `attributes`. A command that ended with another status than 0 did not.

    A refused call did not fail: it carries the decision.
    """
    if state.status == "error":
        attributes["success"] = False
        error = bytes(state.error)
        if error.startswith(_REFUSED):
            attributes["decision"] = "reject"
            attributes["decision_source"] = "user" if error.startswith(_REFUSED[0]) else "config"
        elif error.startswith(_STOPPED):
            attributes["error_class"] = "aborted"
        return False
    attributes["success"] = metadata.exit in (None, 0)
    if not attributes["success"]:
        attributes["error_class"] = "exit_status"
    return attributes["success"] is True


def _emit_feature(events: Emitter, part: Part, told: ToolInput, call_id: str, at_ns: int, base: Attributes) -> None:
    if part.tool not in ("task", "skill"):
        return
    is_skill = part.tool == "skill"
    attributes = base | {
        "feature": "skill" if is_skill else "subagent",
        "feature_name": told.name if is_skill else told.subagent_type,
        "trigger": "agent",
        "tool_use_id": call_id,
    }
    if attributes["feature_name"]:  # a call whose input is still being written has none
        events.emit("tool", EventKind.FEATURE_USE, at_ns, f"feature:{call_id}", attributes)


def _emit_outcome(
    events: Emitter,
    tool: str | None,
    told: ToolInput,
    state: ToolState,
    changes: Sequence[_Change],
    call_id: str,
    at_ns: int,
    base: Attributes,
) -> None:
    for place, change in enumerate(changes):
        attributes = base | {
            "lines_added": change.added,
            "lines_removed": change.removed,
            "language": language_of(change.path),
            "file": file_path(change.path, base.get("project")),
        }
        key = f"change:{call_id}:{place}" if place else f"change:{call_id}"
        events.emit("tool", EventKind.CODE_CHANGE, at_ns, key, attributes)
    if tool != "bash" or not told.command or len(memoryview(state.input)) > _MAX_COMMAND_BYTES:
        return
    emit_version_control(
        events.emit,
        "tool",
        at_ns,
        lambda what: f"{what}:{call_id}",
        base,
        commits=commits(told.command),
        opens_pull_request=opens_pull_request(told.command),
    )


def _lines_changed(tool: str | None, told: ToolInput, metadata: ToolMetadata) -> list[_Change]:
    """What was done to each file, none if no file was changed.

    What a file had that was written over nobody says: then only that it was changed is known.
    """
    diffs = metadata.files or [result.filediff for result in metadata.results or () if result.filediff is not None]
    if not diffs and metadata.filediff is not None:
        diffs = [metadata.filediff]
    if diffs:
        changes: dict[str, _Change] = {}
        for diff in diffs:
            path = told.file_path or diff.file_path or diff.file or ""
            change = changes.setdefault(path, _Change(path, 0, 0))
            try:
                if change.added is not None and change.removed is not None:
                    change.added += count_of(diff.additions)
                    change.removed += count_of(diff.deletions)
            except Unusable:
                change.added = change.removed = None
        return list(changes.values())
    path = told.file_path or ""
    if tool in ("edit", "multiedit", "patch", "apply_patch", "write"):
        if 0 < len(memoryview(metadata.diff)) < _MAX_DIFF_BYTES:
            return [_Change(path, *_count_diff(as_text(metadata.diff) or ""))]
        if tool == "write" and metadata.exists is False:
            text = as_text(told.content) or ""
            return [_Change(path, text.count("\n") + (1 if text and not text.endswith("\n") else 0), 0)]
        return [_Change(path, None, None)]
    return []


def _count_diff(diff: str) -> tuple[int, int]:
    """Lines a unified diff adds and removes; those of its head are none."""
    added = removed = 0
    in_hunk = False
    for line in diff.split("\n"):
        if line.startswith("@@"):
            in_hunk = True
        elif line.startswith(("Index: ", "diff --git ")):
            in_hunk = False
        elif in_hunk:
            added += line.startswith("+")
            removed += line.startswith("-")
    return added, removed
