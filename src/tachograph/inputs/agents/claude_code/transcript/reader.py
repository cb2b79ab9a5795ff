"""Takes the lines of one transcript in order and gives events; see the package for the rules."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tachograph.inputs.agents.claude_code.transcript.context import Context
from tachograph.inputs.agents.claude_code.transcript.lines import as_text, decode_line, read_object
from tachograph.inputs.agents.claude_code.transcript.prompts import Prompts
from tachograph.inputs.agents.claude_code.transcript.records import Message, Record, RetryError
from tachograph.inputs.agents.claude_code.transcript.responses import Responses
from tachograph.inputs.agents.claude_code.transcript.tools import ToolCalls
from tachograph.inputs.agents.claude_code.transcript.totals import Totals
from tachograph.inputs.agents.kit.lines import LineByLine
from tachograph.inputs.agents.kit.records import BadRecord, Unusable
from tachograph.inputs.agents.kit.values import Attributes, http_status, put, sane_number, text_in
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent

__all__ = ["TranscriptReader", "TranscriptResult", "read_transcript"]

_ERROR_CLASS = re.compile(r"[a-z][a-z0-9_]{0,63}")
_STATUS = re.compile(r"API Error: (\d{3})\b")
_OPEN_RESPONSES = 64  # more than run at the same time; their lines lie close together


@dataclass(frozen=True, slots=True, kw_only=True)
class TranscriptResult:
    """What one reading of a file's lines gave."""

    events: list[RawEvent]
    bad_lines: list[BadRecord]
    lines: int
    ignored: dict[str, int]  # records of types that are not read, by type


class TranscriptReader(LineByLine):
    """Takes a file's lines in as many portions as the caller likes.

    Args:
        file_hint: path or names of the folders the file lies in.
        received_us: UTC microseconds since 1970, now.
        from_start: whether the first line fed is the file's first; later readings do not announce sessions again.
    """

    type_name = re.compile(r"[a-z][a-z0-9_-]{0,63}")

    def __init__(self, *, file_hint: str, received_us: int, from_start: bool = True) -> None:
        self._context = Context(file_hint=file_hint, received_us=received_us, announce=from_start)
        super().__init__(self._context)
        self._responses = Responses(self._context)
        self._prompts = Prompts(self._context)
        self._tools = ToolCalls(self._context)
        self._totals = Totals(self._context)
        self._last_ns: int | None = None  # of the record with a time that was read last

    def prime(self, line: bytes) -> bool:
        """When the last message before this reading was: a running total has no time of its own."""
        try:
            record = decode_line(line)
            if record.type in ("assistant", "user"):
                self._last_ns = self._context.time_ns(record.timestamp)
        except Unusable:
            return False
        return self._last_ns is not None

    def drain(self) -> list[RawEvent]:
        """Events finished so far; the last few responses are kept back, as they may have lines to come."""
        self._responses.emit(keep=_OPEN_RESPONSES)
        return super().drain()

    def finish(self) -> list[RawEvent]:
        """The remaining events: open responses as they stand, tool calls without a result as such."""
        self._responses.emit(keep=0)
        self._tools.finish()
        return super().drain()

    def open_calls(self) -> list[tuple[int, int]]:
        """Line number and offset of each tool call whose result has not been seen."""
        return self._tools.places()

    def read_line(self, line: bytes, number: int, offset: int) -> None:
        """Understand one line."""
        record = decode_line(line)
        kind = record.type
        if kind == "assistant":
            self._take_assistant(record, number, offset)
        elif kind == "user":
            self._take_user(record)
        elif kind == "system" and record.subtype == "compact_boundary":
            self._take_compaction(record)
        elif kind == "system" and record.subtype == "api_error":
            self._take_retry(record)
        elif kind == "cost-state":
            self._totals.take(record, self._last_ns)
        else:
            self.ignore(kind)

    def _take_assistant(self, record: Record, number: int, offset: int) -> None:
        message = record.message
        if message is None:
            raise Unusable(DropReason.BAD_LINE, "no message")
        at_ns = self._last_ns = self._context.time_ns(record.timestamp)
        base = self._context.base(record, at_ns)
        if record.is_api_error_message:
            self._take_error(record, message, at_ns, base)
            return
        if message.usage is not None and message.model != "<synthetic>":
            self._responses.take(record, message, message.usage, at_ns, base)
        if isinstance(message.content, list):
            for block in message.content:
                if block.type == "tool_use":
                    self._tools.take_use(record, block, at_ns, base, number=number, offset=offset)

    def _take_user(self, record: Record) -> None:
        message = record.message
        if message is None:
            raise Unusable(DropReason.BAD_LINE, "no message")
        at_ns = self._last_ns = self._context.time_ns(record.timestamp)
        base = self._context.base(record, at_ns)
        content = message.content
        if isinstance(content, list):
            results = [block for block in content if block.type == "tool_result"]
            if results:
                unreadable = None
                for block in results:
                    try:
                        self._tools.take_result(record, block, alone=len(results) == 1, at_ns=at_ns, base=base)
                    except Unusable as bad:
                        unreadable = bad  # the other results are as good as they were
                if unreadable is not None:
                    raise unreadable
                return
        self._prompts.take(record, content, at_ns, base)

    def _take_error(self, record: Record, message: Message, at_ns: int, base: Attributes) -> None:
        status = record.api_error_status
        if status is None and isinstance(message.content, list) and message.content:
            # Older releases say it only in the text shown to the user.
            found = _STATUS.match(as_text(message.content[0].text) or "")
            status = int(found.group(1)) if found else None
        error = record.api_error_type or as_text(record.error)
        attributes = base.copy()
        put(
            attributes,
            query_source="subagent" if record.is_sidechain else "main",
            status_code=http_status(status),
            error_class=error if error and _ERROR_CLASS.fullmatch(error) else None,
            request_id=record.request_id,
            model=record.requested_model,
            agent_instance_id=record.agent_id,
        )
        if self._context.contents and isinstance(message.content, list) and message.content:
            put(attributes, content_error=text_in(message.content[0].text))
        key = f"error:{record.uuid or record.request_id or at_ns}"
        self._context.emit("assistant", EventKind.API_ERROR, at_ns, key, attributes)

    def _take_retry(self, record: Record) -> None:
        """A try that failed and was repeated. No `api.error`: that is a request that failed in the end."""
        at_ns = self._context.time_ns(record.timestamp)
        error = read_object(RetryError, record.error) or RetryError()
        attributes = self._context.base(record, at_ns).copy()
        put(
            attributes,
            feature="api_retry",
            status="retried",
            status_code=http_status(error.status),
            request_id=error.request_id,
            attempts=sane_number(record.retry_attempt),
            agent_instance_id=record.agent_id,
        )
        key = f"retry:{record.uuid or error.request_id or at_ns}"
        self._context.emit("api_error", EventKind.AGENT_NOTICE, at_ns, key, attributes)

    def _take_compaction(self, record: Record) -> None:
        at_ns = self._context.time_ns(record.timestamp)
        attributes = self._context.base(record, at_ns).copy()
        attributes["feature"] = "compaction"
        if (told := record.compact_metadata) is not None:
            put(
                attributes,
                trigger=told.trigger,
                pre_tokens=sane_number(told.pre_tokens),
                post_tokens=sane_number(told.post_tokens),
                duration_ms=sane_number(told.duration_ms),
            )
        key = f"compaction:{record.uuid or at_ns}"
        self._context.emit("compact_boundary", EventKind.FEATURE_USE, at_ns, key, attributes)


def read_transcript(lines: Iterable[tuple[int, bytes]], *, file_hint: str, received_us: int) -> TranscriptResult:
    """Read a whole file, given as numbered lines, with or without their line ends."""
    reader = TranscriptReader(file_hint=file_hint, received_us=received_us)
    offset = 0
    for number, line in lines:
        reader.feed((line.rstrip(b"\r\n"),), number=number, offset=offset)
        offset += len(line) + (0 if line.endswith(b"\n") else 1)
    events = reader.finish()
    return TranscriptResult(events=events, bad_lines=reader.bad_lines, lines=reader.lines, ignored=dict(reader.ignored))
