"""The chats that Qwen Code records, one JSON object per line.

A response is there twice: as `system/ui_telemetry`, which is the event it also sends as telemetry and has its id, and as
`assistant`, which has the tokens and no id. The first is taken; the second only where no first one has its numbers.
Source: docs/formats/qwen_code.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tachograph.inputs.agents.kit.files import file_given
from tachograph.inputs.agents.kit.gemini.forms import prompt_link, whole_count
from tachograph.inputs.agents.kit.gemini.outcomes import emit_outcome, shown_file
from tachograph.inputs.agents.kit.gemini.telemetry import TOKENS
from tachograph.inputs.agents.kit.lines import JsonLines
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.times import time_ns
from tachograph.inputs.agents.kit.values import Attributes, http_status, put, sane_number, text_of
from tachograph.inputs.agents.qwen_code.requests import purpose, response_key, token_classes
from tachograph_sdk.model.event import DropReason, EventKind

__all__ = ["NAMES", "ChatReader"]

NAMES = frozenset({"session", "user", "assistant", "api_response", "api_error", "tool_result", "token_usage"})
"""All names an event of a chat or ledger can have."""

_PREFIX = "qwen-code."
_USAGE = ("promptTokenCount", "candidatesTokenCount", "cachedContentTokenCount", "thoughtsTokenCount")
_NOT_TYPED = ("<system-reminder>", "<task-notification>", "This is the Qwen Code. We are setting up the context")
_WAITING = 64  # responses told by their event whose other line has not come, and calls without a result


@dataclass(frozen=True, slots=True)
class _Response:
    """A response that was told by its event, until its other line comes."""

    numbers: tuple[int, ...]
    number: int
    offset: int


@dataclass(frozen=True, slots=True)
class _Call:
    """A tool call, until its result comes."""

    name: str
    command: str | None
    file: str | None
    given: dict[str, Any] | None  # kept only where texts are wanted
    number: int  # of the line from which on to read it again
    offset: int


class ChatReader(JsonLines):
    """Reads the lines of one chat; each says of itself whose it is."""

    agent = "qwen_code"

    def __init__(self, *, file_hint: str = "", received_us: int = 0, from_start: bool = True) -> None:
        super().__init__(file_hint=file_hint, received_us=received_us, from_start=from_start)
        self._announced: set[str] = set()
        self._told: list[_Response] = []
        self._calls: dict[str, _Call] = {}

    def take(self, record: dict[str, Any], number: int, offset: int) -> None:
        """Understand one line."""
        kind, subtype = record.get("type"), record.get("subtype")
        base = self._base(record)
        if kind == "system" and subtype == "ui_telemetry":
            payload = record.get("systemPayload")
            event = payload.get("uiEvent") if isinstance(payload, dict) else None
            if not isinstance(event, dict):
                raise Unusable(DropReason.BAD_LINE, "no event")
            self._take_event(record, event, base, number, offset)
        elif kind == "assistant":
            self._take_assistant(record, base, number, offset)
        elif kind == "tool_result":
            self._take_result(record, base)
        elif kind == "user":
            self._take_user(record, base)
        elif kind == "system" and subtype == "chat_compression":
            self._take_compaction(record, base)
        else:
            self.ignore(subtype if kind == "system" else kind)

    def open_calls(self) -> list[tuple[int, int]]:
        """Line number and offset of each call whose result has not been seen."""
        return [(call.number, call.offset) for call in self._calls.values()]

    def context_place(self) -> tuple[int, int] | None:
        """Where the oldest response lies that may still be told a second time."""
        return (self._told[0].number, self._told[0].offset) if self._told else None

    def _base(self, record: dict[str, Any]) -> Attributes:
        session = text_of(record.get("sessionId"))
        base: Attributes = {}
        put(
            base,
            session_id=session,
            project=text_of(record.get("cwd")),
            agent_version=text_of(record.get("version")),
        )
        if self.from_start and session is not None and session not in self._announced:
            self._announced.add(session)
            self.emit("session", EventKind.SESSION_START, time_ns(record.get("timestamp")), f"session:{session}", base)
        return base

    def _take_event(
        self, record: dict[str, Any], event: dict[str, Any], base: Attributes, number: int, offset: int
    ) -> None:
        name = event.get("event.name")
        kind = name.removeprefix(_PREFIX) if isinstance(name, str) else None
        if kind not in ("api_response", "api_error"):
            self.ignore(f"ui_telemetry.{kind}" if kind else "ui_telemetry")  # tool calls have a record of their own
            return
        at_ns = time_ns(record.get("timestamp"))
        attributes = base.copy()
        subagent, prompt_id = text_of(event.get("subagent_name")), event.get("prompt_id")
        put(
            attributes,
            model=text_of(event.get("model")),
            provider=text_of(event.get("auth_type")),
            prompt_id=prompt_link(prompt_id, record.get("sessionId")),
            query_source=purpose(subagent, prompt_id),
            subagent=subagent,
            agent_instance_id=text_of(event.get("subagent_id")),
            duration_ms=sane_number(event.get("duration_ms")),
            ttft_ms=sane_number(event.get("ttft_ms")),
            status_code=http_status(event.get("status_code")),
        )
        if kind == "api_error":
            put(attributes, error_class=text_of(event.get("error_type")))
            self.emit("api_error", EventKind.API_ERROR, at_ns, f"error:{record.get('uuid')}", attributes)
            return
        raw = _counts(event, TOKENS)
        numbers = token_classes(*raw)
        if numbers is None:
            return
        identity = response_key(event.get("response_id"), event.get("total_token_count"), event.get("duration_ms"))
        put(attributes, message_id=identity, **numbers)
        self._told.append(_Response(raw[:4], number, offset))
        del self._told[:-_WAITING]
        key = f"request:{identity or record.get('uuid')}:" + ":".join(str(n) for n in numbers.values())
        self.emit("api_response", EventKind.API_REQUEST, at_ns, key, attributes)

    def _take_assistant(self, record: dict[str, Any], base: Attributes, number: int, offset: int) -> None:
        at_ns = time_ns(record.get("timestamp"))
        usage = record.get("usageMetadata")
        if isinstance(usage, dict):
            raw = (*_counts(usage, _USAGE), *_counts(usage, ("toolUsePromptTokenCount", "totalTokenCount")))
            numbers = token_classes(*raw)
            before = self._told_before(raw[:4])
            if before is not None:
                number, offset = before.number, before.offset  # who reads a call again reads its response again
            elif numbers is not None:
                attributes = base.copy()
                put(attributes, model=text_of(record.get("model")), query_source="main", **numbers)
                key = f"request:{record.get('uuid')}:" + ":".join(str(n) for n in numbers.values())
                self.emit("assistant", EventKind.API_REQUEST, at_ns, key, attributes)
        for part in _parts(record):
            call = part.get("functionCall")
            if isinstance(call, dict):
                identity = text_of(call.get("id")) or f"{number}:{len(self._calls)}"  # not every API gives one
                arguments = call.get("args")
                command = text_of(arguments.get("command")) if isinstance(arguments, dict) else None
                given = arguments if self.contents and isinstance(arguments, dict) else None
                name = text_of(call.get("name")) or ""
                file = file_given(name, arguments, base.get("project"))
                self._calls[identity] = _Call(name, command, file, given, number, offset)
                if len(self._calls) > _WAITING:
                    del self._calls[next(iter(self._calls))]

    def _told_before(self, numbers: tuple[int, ...]) -> _Response | None:
        """The event that told of this response; those before it will not be told again, they were auxiliary."""
        for index, response in enumerate(self._told):
            if response.numbers == numbers:
                del self._told[: index + 1]
                return response
        return None

    def _take_result(self, record: dict[str, Any], base: Attributes) -> None:
        at_ns = time_ns(record.get("timestamp"))
        result = record.get("toolCallResult")
        if not isinstance(result, dict):
            result = {}
        answers = [
            part["functionResponse"] for part in _parts(record) if isinstance(part.get("functionResponse"), dict)
        ]
        answer: dict[str, Any] = answers[0] if answers else {}
        identity = text_of(result.get("callId")) or text_of(answer.get("id"))
        if identity is None:
            raise Unusable(DropReason.BAD_LINE, "a result without a call")
        name = text_of(answer.get("name"))
        call = self._call_of(identity, name)
        if call is not None:
            name = call.name or name
        status = result.get("status")
        succeeded = status == "success"
        attributes = base.copy()
        shown = result.get("resultDisplay")
        file = (call.file if call is not None else None) or shown_file(shown, base.get("project"))
        put(attributes, tool_use_id=identity, tool_name=name, success=succeeded, file=file)
        if status == "cancelled":
            attributes["decision"] = "reject"
        elif not succeeded:
            put(attributes, error_class=text_of(result.get("errorType")))
        if self.contents:
            put(attributes, content_tool_input=call.given if call is not None else None)
            if not succeeded:
                put(attributes, content_error=shown)
        self.emit("tool_result", EventKind.TOOL_CALL, at_ns, f"tool:{identity}", attributes)
        if not succeeded:
            return
        emit_outcome(
            self.emit,
            "tool_result",
            at_ns,
            base,
            call_id=identity,
            tool=name,
            shown=shown,
            command=call.command if call is not None and call.name else None,
            output=_output(answer),
            file=file,
        )

    def _call_of(self, identity: str, name: str | None) -> _Call | None:
        """The call that this is the result of: by its id, else the first of that name that has none."""
        if identity not in self._calls:
            unnamed = (key for key, call in self._calls.items() if ":" in key and call.name == name)
            identity = next(unnamed, identity)
        return self._calls.pop(identity, None)

    def _take_user(self, record: dict[str, Any], base: Attributes) -> None:
        parts = _parts(record)
        if any("functionResponse" in part for part in parts):
            return
        text = "".join(part["text"] for part in parts if isinstance(part.get("text"), str))
        identity = text_of(record.get("uuid"))
        if not text or identity is None:
            return
        provenance = text_of(record.get("provenance"))
        if record.get("subtype") is not None or provenance not in (None, "real_user") or text.startswith(_NOT_TYPED):
            origin = "agent"
        else:
            origin = "command" if text.startswith("/") else "human"
        attributes = base.copy()
        put(attributes, message_uuid=identity, length_chars=len(text), prompt_origin=origin)
        if self.contents:
            attributes["content_prompt"] = text
        self.emit("user", EventKind.PROMPT, time_ns(record.get("timestamp")), f"prompt:{identity}", attributes)

    def _take_compaction(self, record: dict[str, Any], base: Attributes) -> None:
        payload = record.get("systemPayload")
        info = payload.get("info") if isinstance(payload, dict) else None
        attributes = base.copy()
        attributes["feature"] = "compaction"
        if isinstance(info, dict):
            put(
                attributes,
                pre_tokens=sane_number(info.get("originalTokenCount")),
                post_tokens=sane_number(info.get("newTokenCount")),
            )
        key = f"compaction:{record.get('uuid')}"
        self.emit("user", EventKind.FEATURE_USE, time_ns(record.get("timestamp")), key, attributes)


def _parts(record: dict[str, Any]) -> list[dict[str, Any]]:
    message = record.get("message")
    parts = message.get("parts") if isinstance(message, dict) else None
    return [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []


def _output(answer: dict[str, Any]) -> object:
    response = answer.get("response")
    return response.get("output") if isinstance(response, dict) else None


def _counts(values: dict[str, Any], names: Iterable[str]) -> tuple[int, ...]:
    return tuple(whole_count(values, name) for name in names)
