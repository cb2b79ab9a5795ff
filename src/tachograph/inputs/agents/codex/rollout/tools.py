"""Tool calls: the call and its result are two records, and what came of it a third. One `tool.call` for all of them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from tachograph.inputs.agents.codex.results import HEAD_CHARS, UNKNOWN, Verdict, judge
from tachograph.inputs.agents.codex.rollout.context import Context
from tachograph.inputs.agents.codex.rollout.lines import as_text, head_of, read, tail_of
from tachograph.inputs.agents.codex.rollout.patches import BEGIN, Lines, count_changes, count_patch
from tachograph.inputs.agents.codex.rollout.records import Call, CommandArguments, Item, ItemCompleted, Output, ToolText
from tachograph.inputs.agents.kit.calls import emit_version_control
from tachograph.inputs.agents.kit.languages import language_of
from tachograph.inputs.agents.kit.shell import commits, opens_pull_request
from tachograph.inputs.agents.kit.values import Attributes, put, text_in
from tachograph_sdk.model.event import EventKind
from tachograph_sdk.privacy.file_path import file_path

__all__ = ["ToolCalls"]

_SHELLS = frozenset({"exec_command", "shell", "shell_command", "container.exec", "local_shell", "unified_exec"})
_SHELL_PROGRAMS = frozenset({"bash", "sh", "zsh", "dash"})
_ITEMS = {"CommandExecution": "exec_command", "FileChange": "apply_patch", "McpToolCall": "mcp"}
_MAX_OPEN = 1000


@dataclass(slots=True)
class _Call:
    """A tool call that waits for its result."""

    at_ns: int
    attributes: Attributes
    offset: int
    usage_place: tuple[int, int]
    command: str = ""
    patch: tuple[Lines, ...] = ()
    folder: str | None = None  # in which it was made
    item: Item | None = None


class ToolCalls:
    """Joins calls, results and what came of them, by the call's id."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._open: dict[str, _Call] = {}

    def take_call(self, kind: str, call: Call, at_ns: int, *, offset: int, usage_place: tuple[int, int]) -> None:
        """The model asked for a tool, on the line at this offset, after the usage that was told on that line."""
        if not call.call_id:
            return  # a tool of the API's own, such as a web search
        name = call.name or ("local_shell" if kind == "local_shell_call" else "unknown")
        attributes = self._attributes(call.call_id)
        namespace = call.namespace or ""
        if namespace.startswith("mcp__"):
            put(attributes, mcp_server=namespace.removeprefix("mcp__"), mcp_tool=name, tool_source="mcp")
            name = f"{namespace}__{name}"
        attributes["tool_name"] = name
        passthrough = call.internal_chat_message_metadata_passthrough
        put(attributes, prompt_id=passthrough.turn_id if passthrough is not None else None)
        given = call.arguments or call.input or call.action
        put(attributes, tool_input_bytes=len(memoryview(given)))
        if self._context.contents:
            put(attributes, content_tool_input=text_in(given))
        if len(self._open) >= _MAX_OPEN:
            self._open.pop(next(iter(self._open)))
        opened = self._open[call.call_id] = _Call(at_ns, attributes, offset, usage_place)
        opened.folder = self._context.folder
        if name in _SHELLS:
            opened.command, folder = _command(call)
            if BEGIN in opened.command:
                opened.patch = count_patch(opened.command)
                opened.folder = folder or opened.folder
        elif name == "apply_patch":
            opened.patch = _patch(call)
        put(attributes, file=_only_file(opened.patch, opened.folder))

    def take_result(self, told: Output, at_ns: int) -> None:
        """A tool gave something back."""
        call_id = told.call_id
        if not call_id:
            return
        call = self._open.pop(call_id, None)
        item = call.item if call is not None else None
        attributes = call.attributes if call is not None else self._attributes(call_id)
        attributes["tool_result_bytes"] = len(memoryview(told.output))
        verdict = _judge_item(item) if item is not None else UNKNOWN
        if verdict.success is None:
            verdict = _judge_result(told.output)
        if verdict is UNKNOWN and call is not None:
            verdict = Verdict(True)  # nothing says that it failed
        lines = _lines(item) or (call.patch if call is not None else ())
        folder = call.folder if call is not None else None
        put(attributes, file=_only_file(lines, folder))
        self._finish(call_id, attributes, verdict, item, at_ns, "function_call_output", "done")
        if call is not None and verdict.success:
            self._emit_outcomes(call_id, attributes, call.command, lines, folder, at_ns)

    def take_item(self, told: ItemCompleted, item: Item, at_ns: int) -> None:
        """What came of a call. Calls that a script of the model made inside another call are told only here."""
        name = _ITEMS.get(item.type or "")
        if name is None or not item.id:
            return
        call = self._open.get(item.id)
        if call is not None:
            call.item = item
            return
        attributes = self._attributes(item.id)
        put(attributes, prompt_id=told.turn_id)
        if name == "mcp":
            put(attributes, mcp_server=item.server, mcp_tool=item.tool, tool_source="mcp")
            name = f"mcp__{item.server}__{item.tool}"
        elif item.source == "unified_exec_interaction":
            name = "write_stdin"
        attributes["tool_name"] = name
        verdict = _judge_item(item)
        command = _script(item.command or [])
        if self._context.contents:
            put(attributes, content_tool_input=command)
        lines, folder = _lines(item) or count_patch(command), self._context.folder
        put(attributes, file=_only_file(lines, folder))
        self._finish(item.id, attributes, verdict, item, at_ns, "item_completed", "item")
        if verdict.success:
            self._emit_outcomes(item.id, attributes, command, lines, folder, at_ns)

    def finish(self) -> None:
        """Emit the calls that have no result so far."""
        for call_id, call in self._open.items():
            self._context.emit(
                "function_call", EventKind.TOOL_CALL, call.at_ns, self._key(call_id, "open"), call.attributes
            )

    def waiting(self) -> list[tuple[tuple[int, int], int]]:
        """Of each call without a result so far: where the usage before it is, and its own offset."""
        return [(call.usage_place, call.offset) for call in self._open.values()]

    def _attributes(self, call_id: str) -> Attributes:
        attributes = self._context.base()
        attributes["tool_use_id"] = call_id
        put(attributes, prompt_id=self._context.turn_id)
        return attributes

    def _key(self, call_id: str, what: str) -> str:
        return f"tool:{self._context.thread}:{call_id}:{what}"

    def _finish(
        self,
        call_id: str,
        attributes: Attributes,
        verdict: Verdict,
        item: Item | None,
        at_ns: int,
        name: str,
        what: str,
    ) -> None:
        put(
            attributes,
            success=verdict.success,
            error_class=verdict.error_class,
            decision="reject" if verdict.rejected else None,
            duration_ms=_duration_ms(item),
        )
        self._context.emit(name, EventKind.TOOL_CALL, at_ns, self._key(call_id, what), attributes)

    def _emit_outcomes(
        self,
        call_id: str,
        call: Attributes,
        command: str,
        files: Sequence[Lines],
        folder: str | None,
        at_ns: int,
    ) -> None:
        """One change for each file."""
        outcome = self._context.base()
        outcome["tool_use_id"] = call_id
        put(outcome, prompt_id=call.get("prompt_id"))
        name = "function_call_output"
        for place, lines in enumerate(files):
            attributes = {**outcome, "lines_added": lines.added, "lines_removed": lines.removed}
            put(
                attributes,
                language=language_of(lines.path),
                tool_name=call.get("tool_name"),
                file=file_path(lines.path, folder),
            )
            key = self._key(call_id, f"change:{place}" if place else "change")
            self._context.emit(name, EventKind.CODE_CHANGE, at_ns, key, attributes)
        emit_version_control(
            self._context.emit,
            name,
            at_ns,
            lambda what: self._key(call_id, what),
            outcome,
            commits=commits(command),
            opens_pull_request=opens_pull_request(command),
        )


def _command(call: Call) -> tuple[str, str | None]:
    """The command a call runs, or nothing, and the folder it says to run it in."""
    if call.action:
        arguments = read(CommandArguments, call.action)
    else:
        text = as_text(call.arguments) or as_text(call.input) or ""
        if not text.startswith("{"):
            return text, None
        try:
            arguments = msgspec.json.decode(text, type=CommandArguments)
        except msgspec.DecodeError:
            return "", None
    folder = as_text(arguments.workdir) or as_text(arguments.working_directory)
    for raw in (arguments.cmd, arguments.command):
        first = bytes(memoryview(raw)[:1])
        if first == b'"':
            return as_text(raw) or "", folder
        if first == b"[":
            try:
                return _script(msgspec.json.decode(raw, type=list[str])), folder
            except msgspec.DecodeError:
                return "", None
    return "", None


def _script(words: list[str]) -> str:
    """What a list of words runs: the script if it is a shell with one, else the words themselves."""
    if len(words) == 3 and words[0].rpartition("/")[2] in _SHELL_PROGRAMS and words[1].startswith("-"):
        return words[2]
    return shlex.join(words) if len(words) < 100 else ""


def _patch(call: Call) -> tuple[Lines, ...]:
    text = as_text(call.input) or as_text(call.arguments) or ""
    if text.startswith("{"):
        try:
            given = msgspec.json.decode(text, type=dict[str, str])
        except msgspec.DecodeError:
            return ()
        text = given.get("input") or given.get("patch") or ""
    return count_patch(text)


def _lines(item: Item | None) -> tuple[Lines, ...]:
    return count_changes(item.changes) if item is not None and item.changes else ()


def _only_file(files: Sequence[Lines], folder: str | None) -> str | None:
    """The file a call worked on, where it is one: a call has one attribute for it, its changes have one each."""
    return file_path(files[0].path, folder) if len(files) == 1 else None


def _judge_item(item: Item) -> Verdict:
    if item.exit_code is not None:
        return Verdict(True) if item.exit_code == 0 else Verdict(False, "exit_code")
    if item.status == "completed":
        return Verdict(True)
    if item.status == "declined":
        return Verdict(False, None, True)
    if item.status == "failed":
        return Verdict(False, "tool")
    return UNKNOWN


def _judge_result(raw: msgspec.Raw) -> Verdict:
    """What a result says of its call, whichever form it has: a text, a list of texts, an object with a text."""
    first = bytes(memoryview(raw)[:1])
    try:
        if first == b"[":
            parts = msgspec.json.decode(raw, type=list[ToolText])
            raw = parts[0].text if parts else raw
        elif first == b"{":
            raw = msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).get("content", raw)
    except msgspec.DecodeError:
        return UNKNOWN
    return judge(head_of(raw)[:HEAD_CHARS], lambda: tail_of(raw)[-HEAD_CHARS:])


def _duration_ms(item: Item | None) -> float | None:
    """How long a server's tool took; commands have none, because 0.169.0 notes a thousandth of their time."""
    if item is None or item.type != "McpToolCall" or item.duration is None or item.duration.secs is None:
        return None
    ms = item.duration.secs * 1000 + (item.duration.nanos or 0) / 1e6
    return ms if 0 <= ms < 1e12 else None
