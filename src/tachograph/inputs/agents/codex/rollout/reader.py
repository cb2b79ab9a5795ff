"""Takes the records of one thread in order and gives events; see the package for the rules."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

import msgspec

from tachograph.inputs.agents.codex.rollout.context import Context
from tachograph.inputs.agents.codex.rollout.lines import as_text, decode_line, kind_of, read
from tachograph.inputs.agents.codex.rollout.records import (
    Action,
    Call,
    Complete,
    ErrorStatus,
    Item,
    ItemCompleted,
    Line,
    Meta,
    Output,
    SettingsApplied,
    Started,
    TokenCount,
    ToolText,
    TurnContext,
    UsageRecord,
    UserMessage,
)
from tachograph.inputs.agents.codex.rollout.replay import Replay
from tachograph.inputs.agents.codex.rollout.requests import Requests
from tachograph.inputs.agents.codex.rollout.tools import ToolCalls
from tachograph.inputs.agents.kit.lines import LineByLine
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.values import put, sane_number, text_in
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent

__all__ = ["RolloutReader"]

_CALLS = frozenset({"function_call", "custom_tool_call", "local_shell_call"})
_OUTPUTS = frozenset({"function_call_output", "custom_tool_call_output"})
_NOT_THE_API = frozenset({"sandbox_error"})  # why a turn failed, where no request did
_START = (1, 0)  # line number and offset
_WAIT_BYTES = 1024 * 1024  # how far before the end an unanswered call is waited for


class RolloutReader(LineByLine):
    """Takes a file's lines in as many portions as the caller likes.

    Args:
        file_hint: not needed: a thread says everything about itself.
        received_us: UTC microseconds since 1970, now.
        from_start: whether the first line fed is the file's first.
    """

    type_name = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")

    def __init__(self, *, file_hint: str = "", received_us: int, from_start: bool = True) -> None:
        self._context = Context(received_us=received_us)
        super().__init__(self._context)
        self._context.muted = not from_start
        self._replay = Replay()
        self._requests = Requests(self._context)
        self._tools = ToolCalls(self._context)
        self._announce = from_start
        self._usage_place = _START  # the last record of usage
        self._place = _START  # the one before the last turn's settings
        self._prompts: Counter[str] = Counter()  # of each turn
        self._last_prompt: tuple[str, int] | None = None  # how it was told, and its length
        self._events: dict[str, Callable[[Line, int], None]] = {
            "token_count": self._take_token_count,
            "item_completed": self._take_item,
            "user_message": self._take_user_message,
            "task_started": self._take_started,
            "task_complete": self._take_complete,
            "turn_aborted": self._take_aborted,
            "thread_settings_applied": self._take_settings,
        }
        self._at = (0, 0)  # line number and offset of the record in hand

    def prime(self, line: bytes) -> bool:
        """The file's first line, which says whose thread it is."""
        try:
            record = decode_line(line)
            if record.type == "session_meta":
                meta = read(Meta, record.payload)
                self._context.begin(meta, is_subagent=_is_subagent(meta))
        except Unusable:
            pass  # it was set aside when it was read
        return True

    def finish(self) -> list[RawEvent]:
        """The remaining events: tool calls without a result as such."""
        self._tools.finish()
        return self.drain()

    def context_place(self) -> tuple[int, int] | None:
        """The usage before the last turn's settings, and before each call without a result.

        That is why no call is waited for by itself: it alone does not say what usage went before.
        From there on model and running total are known again: the first usage met is one that was counted before.
        """
        waiting = [place for place, at in self._tools.waiting() if at >= self._at[1] - _WAIT_BYTES]
        return min([self._place, *waiting])

    def read_line(self, line: bytes, number: int, offset: int) -> None:
        """Understand one line."""
        record = decode_line(line)
        at_ns = self._context.time_ns(record.timestamp)
        self._at = (number, offset)
        kind = record.type or ""
        if kind == "session_meta":
            self._take_meta(record, at_ns)
            return
        inner = kind_of(record.payload) if kind in ("event_msg", "response_item") else ""
        if self._replay.is_on:
            if self._is_copy(record, kind, inner, at_ns):
                self._skip(record, kind, inner, at_ns)
                return
            if (held := self._replay.take_unanswered()) is not None:
                self._take_user_message(*held)
        if kind == "event_msg" and (take := self._events.get(inner)) is not None:
            take(record, at_ns)
        elif kind == "response_item" and inner in _CALLS:
            call = read(Call, record.payload)
            self._tools.take_call(inner, call, at_ns, offset=offset, usage_place=self._usage_place)
        elif kind == "response_item" and inner in _OUTPUTS:
            self._tools.take_result(read(Output, record.payload), at_ns)
        elif kind == "response_item" and inner == "web_search_call":
            self._take_web_search(record)
        elif kind == "token_usage_record":
            if self._requests.take_record(read(UsageRecord, record.payload), at_ns):
                self._usage_place = self._at
        elif kind == "turn_context":
            self._context.turn(read(TurnContext, record.payload))
            self._context.muted = False
            self._place = self._usage_place
        elif kind == "compacted":
            self._take_compaction(at_ns)
        else:
            self.ignore(inner or kind)

    def _is_copy(self, record: Line, kind: str, inner: str, at_ns: int) -> bool:
        turn_id = None
        if inner == "task_started":
            turn_id = read(Started, record.payload).turn_id
        elif kind == "turn_context":
            turn_id = read(TurnContext, record.payload).turn_id
        return self._replay.covers(record.ordinal, at_ns, turn_id=turn_id)

    def _skip(self, record: Line, kind: str, inner: str, at_ns: int) -> None:
        """A copied record: only what later ones are measured by is remembered."""
        if inner == "token_count":
            if self._requests.skip(read(TokenCount, record.payload)):
                self._replay.answered()
        elif kind == "turn_context":
            self._context.turn(read(TurnContext, record.payload))
        elif inner == "user_message":
            self._replay.hold(record, at_ns)

    def _take_meta(self, record: Line, at_ns: int) -> None:
        meta = read(Meta, record.payload)
        if self._context.thread:
            self._replay.inherit(meta)  # the same thread's again, where it was resumed, says nothing new
            return
        if not meta.id:
            raise Unusable(DropReason.BAD_LINE, "a thread without an id")
        is_subagent = _is_subagent(meta)
        self._context.begin(meta, is_subagent=is_subagent)
        self._replay.begin(meta)
        if not self._announce:
            return
        attributes = self._context.base()
        put(attributes, provider=meta.model_provider)
        if is_subagent:
            attributes |= {"feature": "subagent", "feature_name": meta.agent_role or "default", "trigger": "agent"}
            self._context.emit("session_meta", EventKind.FEATURE_USE, at_ns, f"subagent:{meta.id}", attributes)
        else:
            put(attributes, start_type="fork" if meta.forked_from_id else None)
            self._context.emit("session_meta", EventKind.SESSION_START, at_ns, f"session:{meta.id}", attributes)

    def _take_token_count(self, record: Line, at_ns: int) -> None:
        if self._requests.take_count(read(TokenCount, record.payload), at_ns):
            self._usage_place = self._at

    def _take_web_search(self, record: Line) -> None:
        """Run by the API, and billed apart; opening a page it found is not another search."""
        action = read(Call, record.payload).action
        if not action or read(Action, action).type in (None, "search"):
            self._requests.web_searches += 1

    def _take_started(self, record: Line, _: int) -> None:
        self._context.turn_id = read(Started, record.payload).turn_id or self._context.turn_id

    def _take_settings(self, record: Line, _: int) -> None:
        settings = read(SettingsApplied, record.payload).thread_settings
        self._context.service_tier = settings.service_tier if settings is not None else None

    def _take_user_message(self, record: Line, at_ns: int) -> None:
        text = read(UserMessage, record.payload).message
        decoded = as_text(text)
        length = len(memoryview(text)) - 2 if decoded is None else len(decoded)
        self._take_prompt("user_message", length, None, at_ns, text_in(text) if self._context.contents else None)

    def _take_item(self, record: Line, at_ns: int) -> None:
        told = read(ItemCompleted, record.payload)
        item = read(Item, told.item)
        if item.type == "UserMessage":
            parts = msgspec.json.decode(item.content, type=list[ToolText]) if item.content else []
            length = sum(len(as_text(part.text) or "") for part in parts)
            text = "\n".join(text_in(part.text) or "" for part in parts) if self._context.contents else None
            self._take_prompt("item_completed", length, told.turn_id, at_ns, text)
        else:
            self._tools.take_item(told, item, at_ns)

    def _take_prompt(self, told_as: str, length: int, turn_id: str | None, at_ns: int, text: str | None) -> None:
        """What somebody sent; releases that tell it in both ways tell the same thing."""
        last, self._last_prompt = self._last_prompt, (told_as, length)
        if last is not None and last[1] == length and last[0] != told_as:
            self._last_prompt = None
            return
        context = self._context
        turn = turn_id or context.turn_id
        attributes = context.base()
        if turn:
            self._prompts[turn] += 1
            nth = self._prompts[turn]
            attributes["prompt_id"] = turn if nth == 1 else f"{turn}-{nth}"  # more may be sent while it works
        attributes["length_chars"] = length
        attributes["prompt_origin"] = "agent" if context.is_subagent else "human"
        put(attributes, content_prompt=text)
        context.emit(told_as, EventKind.PROMPT, at_ns, f"prompt:{context.thread}", attributes)

    def _take_complete(self, record: Line, at_ns: int) -> None:
        told = read(Complete, record.payload)
        context = self._context
        attributes = context.base()
        turn = told.turn_id or context.turn_id
        put(
            attributes,
            prompt_id=turn,
            duration_ms=sane_number(told.duration_ms),
            ttft_ms=sane_number(told.time_to_first_token_ms),
        )
        attributes |= {"feature": "turn", "success": told.error is None}
        context.emit("task_complete", EventKind.AGENT_NOTICE, at_ns, f"turn:{context.thread}:{turn}", attributes)
        if told.error is not None:
            reason, status = _error(told.error.codex_error_info)
            if reason not in _NOT_THE_API:
                failed = context.base()
                put(failed, prompt_id=turn, model=context.model, error_class=reason, status_code=status)
                failed["query_source"] = "subagent" if context.is_subagent else "main"
                context.emit("task_complete", EventKind.API_ERROR, at_ns, f"error:{context.thread}:{turn}", failed)

    def _take_aborted(self, record: Line, at_ns: int) -> None:
        told = read(Complete, record.payload)
        context = self._context
        attributes = context.base()
        turn = told.turn_id or context.turn_id
        put(attributes, prompt_id=turn, duration_ms=sane_number(told.duration_ms), trigger=told.reason)
        attributes |= {"feature": "turn", "status": "aborted"}
        context.emit("turn_aborted", EventKind.AGENT_NOTICE, at_ns, f"aborted:{context.thread}:{turn}", attributes)

    def _take_compaction(self, at_ns: int) -> None:
        context = self._context
        attributes = context.base()
        attributes["feature"] = "compaction"
        put(attributes, prompt_id=context.turn_id, pre_tokens=self._requests.context_tokens)
        context.emit("compacted", EventKind.FEATURE_USE, at_ns, f"compaction:{context.thread}", attributes)


def _is_subagent(meta: Meta) -> bool:
    return meta.thread_source == "subagent" or b'"subagent"' in bytes(memoryview(meta.source)[:200])


def _error(raw: msgspec.Raw) -> tuple[str | None, int | None]:
    """Why a turn failed, in the client's own word, and the HTTP status where it says one."""
    word = as_text(raw)
    if word is not None:
        return word, None
    try:
        (word, details), *_ = msgspec.json.decode(raw, type=dict[str, msgspec.Raw]).items()
        status = read(ErrorStatus, details).http_status_code
    except (msgspec.DecodeError, ValueError, Unusable):
        return word, None
    return word, status if status is not None and 100 <= status <= 599 else None
