"""The chats that Gemini CLI records: a header, messages, and patches, one JSON object per line.

A message is written again whenever something is added to it, its tokens and its time being the same; `$set` lines repeat
messages as they stand in memory, later with another time and without tokens, so what is in them is not read. What was
rewound was paid all the same. Source: docs/formats/gemini_cli.md.
"""

from __future__ import annotations

from typing import Any

import msgspec

from tachograph.inputs.agents.kit.files import file_given
from tachograph.inputs.agents.kit.gemini.forms import disjoint_tokens, whole_count
from tachograph.inputs.agents.kit.gemini.outcomes import emit_outcome, shown_file
from tachograph.inputs.agents.kit.lines import JsonLines
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.times import time_ns
from tachograph.inputs.agents.kit.values import Attributes, put, text_of
from tachograph_sdk.model.event import DropReason, EventKind

__all__ = ["NAMES", "ChatReader"]

NAMES = frozenset({"session", "user", "gemini", "tool_call"})
"""All names an event of a chat can have."""

# How texts begin that stand in user messages without having been sent by anybody.
_NOT_A_PROMPT = ("<session_context>", "<hook_context>")
_GO_ON = "Please continue."  # what the agent says to the model when it stopped too early
_SEEN = 512  # messages and calls written lately; the rewritten ones lie close together


class ChatReader(JsonLines):
    """Reads the lines of one chat; `prime` is needed to go on further down, for the header says whose all others are."""

    agent = "gemini_cli"

    def __init__(self, *, file_hint: str = "", received_us: int = 0, from_start: bool = True) -> None:
        super().__init__(file_hint=file_hint, received_us=received_us, from_start=from_start)
        self._base: Attributes = {}
        self._is_subagent = False
        self._announced: set[str] = set()
        self._seen: dict[str, None] = {}

    def prime(self, line: bytes) -> bool:
        """Take whose chat it is from its first line."""
        try:
            header = msgspec.json.decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return True
        if isinstance(header, dict):
            self._take_header(header)
        return True

    def take(self, record: dict[str, Any], number: int, offset: int) -> None:
        """Understand one line."""
        if "id" in record:
            self.take_message(record)
        elif "projectHash" in record:
            self.begin(record)
        elif isinstance(patch := record.get("$set"), dict):
            if (session := text_of(patch.get("sessionId"))) and not self._is_subagent:
                self._base = {**self._base, "session_id": session}
            self.ignore("patch")
        else:
            self.ignore("rewind" if "$rewindTo" in record else None)

    def begin(self, header: dict[str, Any]) -> None:
        """A header: whose the chat is, and that a session began. It is written again when a session goes on."""
        self._take_header(header)
        session = text_of(header.get("sessionId"))
        if session is None:
            raise Unusable(DropReason.BAD_LINE, "a chat without a session")
        if self.from_start and not self._is_subagent and session not in self._announced:
            self._announced.add(session)
            at_ns = time_ns(header.get("startTime"))
            self.emit("session", EventKind.SESSION_START, at_ns, f"session:{session}", self._base.copy())

    def take_message(self, message: dict[str, Any]) -> None:
        """Understand one message."""
        identity = text_of(message.get("id"))
        if identity is None:
            raise Unusable(DropReason.BAD_LINE, "a message without an id")
        kind = message.get("type")
        if kind == "gemini":
            at_ns = time_ns(message.get("timestamp"))
            if message.get("tokens") is not None:
                self._take_tokens(message, identity, at_ns)
            calls = message.get("toolCalls")
            for call in calls if isinstance(calls, list) else ():
                if isinstance(call, dict):
                    self._take_call(call, at_ns)
        elif kind == "user":
            self._take_user(message, identity)
        else:
            self.ignore(kind)

    def _take_header(self, header: dict[str, Any]) -> None:
        session = text_of(header.get("sessionId"))
        self._is_subagent = header.get("kind") == "subagent"
        base: Attributes = {}
        put(base, session_id=session, project=text_of(header.get("projectHash")))
        if self._is_subagent:
            # A subagent's chat lies in a folder named after the session that it works for.
            parent = self.folders[-2] if len(self.folders) > 2 and self.folders[-3] == "chats" else None
            put(base, session_id=parent or session, agent_instance_id=session, is_sidechain=True)
        self._base = base

    def _take_tokens(self, message: dict[str, Any], identity: str, at_ns: int) -> None:
        tokens = message["tokens"]
        if not isinstance(tokens, dict):
            raise Unusable(DropReason.BAD_LINE, "tokens in another form")
        numbers = disjoint_tokens(
            *(whole_count(tokens, name) for name in ("input", "output", "cached", "thoughts", "tool", "total"))
        )
        if numbers is None:
            return
        key = f"request:{identity}:" + ":".join(str(n) for n in numbers.values())
        if self._is_new(key):
            attributes = self._base.copy()
            put(
                attributes,
                message_id=identity,
                model=text_of(message.get("model")),
                query_source="subagent" if self._is_subagent else "main",
                **numbers,
            )
            self.emit("gemini", EventKind.API_REQUEST, at_ns, key, attributes)

    def _take_user(self, message: dict[str, Any], identity: str) -> None:
        text = _prompt_of(message.get("content"))
        if text is None or not self._is_new(f"prompt:{identity}"):
            return
        if self._is_subagent or text == _GO_ON:
            origin = "agent"
        else:
            origin = "command" if text.startswith("/") else "human"
        attributes = self._base.copy()
        put(attributes, message_uuid=identity, length_chars=len(text), prompt_origin=origin)
        if self.contents:
            attributes["content_prompt"] = text
        self.emit("user", EventKind.PROMPT, time_ns(message.get("timestamp")), f"prompt:{identity}", attributes)

    def _take_call(self, call: dict[str, Any], said_ns: int) -> None:
        identity, name = text_of(call.get("id")), text_of(call.get("name"))
        status = call.get("status")
        if identity is None or status not in ("success", "error", "cancelled"):
            return  # it is not at its end
        if not self._is_new(f"tool:{identity}:{status}"):
            return
        at_ns = time_ns(call["timestamp"]) if call.get("timestamp") else said_ns
        attributes = self._base.copy()
        put(attributes, tool_use_id=identity, tool_name=name, success=status == "success")
        file = file_given(name, call.get("args")) or shown_file(call.get("resultDisplay"))
        put(attributes, file=file)
        if status == "cancelled":
            attributes["decision"] = "reject"
        if self.contents:
            put(attributes, content_tool_input=call.get("args"))
            if status == "error":
                put(attributes, content_error=call.get("resultDisplay"))
        self.emit("tool_call", EventKind.TOOL_CALL, at_ns, f"tool:{identity}:{status}", attributes)
        if status == "success":
            arguments = call.get("args")
            emit_outcome(
                self.emit,
                "tool_call",
                at_ns,
                self._base,
                call_id=identity,
                tool=name,
                shown=call.get("resultDisplay"),
                command=text_of(arguments.get("command")) if isinstance(arguments, dict) else None,
                output=_output_of(call.get("result")),
                file=file,
            )

    def _is_new(self, key: str) -> bool:
        if key in self._seen:
            return False
        if len(self._seen) >= _SEEN:
            del self._seen[next(iter(self._seen))]
        self._seen[key] = None
        return True


def _prompt_of(content: object) -> str | None:
    """The text of a prompt, None if the message is none: a tool's result, or what the agent says of its surroundings."""
    if isinstance(content, str):
        text = content
    elif isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict)]
        if any("functionResponse" in part for part in parts):
            return None
        text = "".join(part["text"] for part in parts if isinstance(part.get("text"), str))
    else:
        return None
    return None if not text or text.lstrip().startswith(_NOT_A_PROMPT) else text


def _output_of(result: object) -> object:
    """What a tool gave back to the model, as a text."""
    first = result[0] if isinstance(result, list) and result else result
    for name in ("functionResponse", "response", "output"):
        if not isinstance(first, dict):
            return first
        first = first.get(name)
    return first
