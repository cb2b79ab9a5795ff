"""Messages with their parts to events. Pure: rows and documents in, raw events out.

* An API request is a `step-finish` part: it has one request's usage and cost. A message's own `tokens` are those of its
  last step, its `cost` the sum of all; they are taken only where a finished message has no such part.
* Output is without reasoning there, here it is with it. Input is without cache in both.
* A cost of 0 means that the model had no price (a model of one's own, a flat rate): it is left to our price table. Of
  opencode's own service every model has a price, so there it means free.
* Keys and ids are made of what a fork leaves alone: docs in ids.py. A subagent's session counts for the one that started
  it, as its spans say too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tachograph.inputs.agents.kit.emitter import Emitter
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.telemetry import nanousd
from tachograph.inputs.agents.kit.values import Attributes, count_of, text_in
from tachograph.inputs.agents.opencode.ids import derived_id, plain_model
from tachograph.inputs.agents.opencode.records import (
    Failure,
    FailureData,
    Message,
    Part,
    Tokens,
    UserModel,
    as_text,
    nanoseconds,
    read_object,
)
from tachograph.inputs.agents.opencode.tools import take_tool
from tachograph_sdk.model.event import DropReason, EventKind

__all__ = ["NAMES", "Events", "SessionInfo"]

NAMES = frozenset({"assistant", "compaction", "session", "step_finish", "tool", "user"})
"""All names an event of a history can have: its own record and part types."""

_AGENT = "opencode"
_FREE_IF_ZERO = "opencode"  # the provider whose models all have a price
_PURPOSES = {"compaction": "compact", "title": "auxiliary", "summary": "auxiliary"}
_ERRORS = {
    "APIError": "api_error",
    "ContentFilterError": "content_filter",
    "ContextOverflowError": "context_overflow",
    "MessageOutputLengthError": "output_length",
    "ProviderAuthError": "authentication",
    "StructuredOutputError": "structured_output",
    "UnknownError": "unknown",
}
_ABORTED = "MessageAbortedError"


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionInfo:
    """What a session says of all its messages."""

    id: str
    parent: str | None = None  # the session that started it, if a subagent's
    directory: str | None = None
    version: str | None = None
    created_ns: int | None = None


class Events(Emitter):
    """Makes the events of one reading.

    Args:
        received_us: UTC microseconds since 1970, now.
    """

    def __init__(self, received_us: int) -> None:
        super().__init__(_AGENT, received_us)
        self._announced: set[str] = set()

    def take(self, session: SessionInfo, message: Message, parts: Sequence[Part], asked: Message | None) -> None:
        """Read one message.

        Args:
            session: whose it is.
            message: the message.
            parts: its parts in order.
            asked: the prompt it answers, if known.

        Raises:
            Unusable: no time, no role, or a number that cannot be one.
        """
        at_ns = nanoseconds(message.time.created if message.time else None)
        if at_ns is None:
            raise Unusable(DropReason.BAD_TIME, "a message without a time")
        base = self._base(session)
        self._announce(session, base)
        if message.role == "user":
            self._take_prompt(session, message, parts, at_ns, base)
        elif message.role == "assistant":
            self._take_answer(session, message, parts, asked, at_ns, base)
        else:
            raise Unusable(DropReason.BAD_LINE, "a message of nobody")

    def emit(self, name: str, kind: EventKind, at_ns: int, key: str, attributes: Attributes) -> None:
        """Add an event with those of its attributes that have a value."""
        known: Attributes = {name: value for name, value in attributes.items() if value not in (None, "")}
        super().emit(name, kind, at_ns, key, known)

    def _base(self, session: SessionInfo) -> Attributes:
        base: Attributes = {
            "session_id": session.parent or session.id,
            "project": session.directory,
            "agent_version": session.version,
        }
        if session.parent:
            base["is_sidechain"] = True
            base["agent_instance_id"] = session.id
        return base

    def _announce(self, session: SessionInfo, base: Attributes) -> None:
        if session.id in self._announced:
            return
        self._announced.add(session.id)
        if session.created_ns is not None and not session.parent:
            self.emit("session", EventKind.SESSION_START, session.created_ns, f"session:{session.id}", base)

    def _take_prompt(
        self, session: SessionInfo, message: Message, parts: Sequence[Part], at_ns: int, base: Attributes
    ) -> None:
        length, is_prompt, command = 0, False, False
        texts: list[str] = []
        for part in parts:
            if part.type == "compaction":
                self._take_compaction(message, part, at_ns, base)
            elif part.type == "text" and not part.synthetic and not part.ignored:
                is_prompt = True
                text = as_text(part.text) or ""
                length += len(text)
                if self.contents:
                    texts.append(text)
            elif part.type in ("file", "agent", "subtask"):
                is_prompt = True
                command = command or part.type == "subtask"
        if not is_prompt:
            return
        prompt_id = _prompt_id(message)
        origin = "agent" if session.parent else "command" if command else "human"
        attributes = base | {"prompt_id": prompt_id, "prompt_origin": origin, "length_chars": length}
        attributes["content_prompt"] = "\n".join(texts)
        self.emit("user", EventKind.PROMPT, at_ns, f"prompt:{prompt_id}", attributes)

    def _take_compaction(self, message: Message, part: Part, at_ns: int, base: Attributes) -> None:
        trigger = None if part.auto is None else "auto" if part.auto else "manual"
        attributes = base | {"feature": "compaction", "trigger": trigger}
        self.emit("compaction", EventKind.FEATURE_USE, at_ns, f"compaction:{_prompt_id(message)}", attributes)

    def _take_answer(
        self,
        session: SessionInfo,
        message: Message,
        parts: Sequence[Part],
        asked: Message | None,
        at_ns: int,
        base: Attributes,
    ) -> None:
        prompt_id = _prompt_id(asked) if asked is not None else None
        shared = base | _request_attributes(session, message, prompt_id)
        step, began_ns, ended_ns = 0, at_ns, at_ns
        is_final = message.time is not None and message.time.completed is not None
        error = read_object(Failure, message.error)
        for part in parts:
            if part.type == "step-finish" and part.tokens is not None:
                self._emit_request(message, part.tokens, part.cost, part.reason, step, began_ns, ended_ns, shared)
                step, began_ns = step + 1, ended_ns
            elif part.type == "tool" and part.call_id:
                outcome = base | {"prompt_id": prompt_id}
                ended_ns = max(ended_ns, take_tool(self, part, at_ns, outcome) or 0)
            elif part.time is not None:
                ended_ns = max(ended_ns, nanoseconds(part.time.end) or 0)
        if not step and is_final and message.tokens is not None and not error.name:
            self._emit_request(message, message.tokens, message.cost, message.finish, 0, began_ns, ended_ns, shared)
        if error.name:
            self._emit_error(message, error, at_ns, shared)

    def _emit_request(
        self,
        message: Message,
        tokens: Tokens,
        cost: int | float | None,
        reason: str | None,
        step: int,
        began_ns: int,
        ended_ns: int,
        shared: Attributes,
    ) -> None:
        cached_read = count_of(tokens.cache.read) if tokens.cache is not None else 0
        cached_write = count_of(tokens.cache.write) if tokens.cache is not None else 0
        reasoning = count_of(tokens.reasoning)
        counts: Attributes = {
            "input_tokens": count_of(tokens.input),
            "output_tokens": count_of(tokens.output) + reasoning,
            "cache_read_tokens": cached_read,
            "cache_write_tokens": cached_write,
        }
        created = message.time.created if message.time else None
        request_id = derived_id(
            "request", created, message.provider, message.model, message.mode or message.agent, step, *counts.values()
        )
        attributes = shared | counts
        attributes["message_id"] = request_id
        attributes["stop_reason"] = reason
        if reasoning:
            attributes["reasoning_tokens"] = reasoning
        if ended_ns > began_ns:
            attributes["duration_ms"] = (ended_ns - began_ns) / 1e6
        if (cost or message.provider == _FREE_IF_ZERO) and (reported := nanousd(cost)) is not None:
            attributes["cost_nanousd"] = reported
            attributes["cost_basis"] = "reported"
        self.emit("step_finish", EventKind.API_REQUEST, began_ns, f"request:{request_id}", attributes)

    def _emit_error(self, message: Message, error: Failure, at_ns: int, shared: Attributes) -> None:
        created = message.time.created if message.time else None
        request_id = derived_id("error", created, message.provider, message.model, message.mode or message.agent)
        attributes = shared | {"request_id": request_id}
        if error.name == _ABORTED:  # a person stopped it: nothing failed
            attributes |= {"feature": "llm_request", "status": "aborted"}
            self.emit("assistant", EventKind.AGENT_NOTICE, at_ns, f"aborted:{request_id}", attributes)
            return
        status = read_object(FailureData, error.data).status_code
        attributes["error_class"] = _ERRORS.get(error.name or "", "other")
        if status is not None and 100 <= status <= 599:
            attributes["status_code"] = status
            attributes["error_class"] = f"http_{status}"
        if self.contents:
            attributes["content_error"] = text_in(error.data)
        self.emit("assistant", EventKind.API_ERROR, at_ns, f"error:{request_id}", attributes)


def _request_attributes(session: SessionInfo, message: Message, prompt_id: str | None) -> Attributes:
    agent = message.agent or message.mode or ""
    purpose = _PURPOSES.get(agent) or ("compact" if bytes(message.summary) == b"true" else None)
    attributes: Attributes = {
        "model": plain_model(message.model, message.provider),
        "provider": message.provider,
        "prompt_id": prompt_id,
        "query_source": purpose or ("subagent" if session.parent else "main"),
    }
    if session.parent:
        attributes["subagent"] = agent
    if message.variant and message.variant != "default":
        attributes["effort"] = message.variant
    return attributes


def _prompt_id(message: Message) -> str:
    asked = read_object(UserModel, message.asked)
    created = message.time.created if message.time else None
    return derived_id("prompt", created, asked.provider, asked.model, message.agent)
