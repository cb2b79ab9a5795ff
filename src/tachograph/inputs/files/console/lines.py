"""The lines of a text between the printed objects: the Collector's debug text, requests, and records on one line each."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import replace
from typing import Final

from tachograph.inputs.agents.claude_code.telemetry.events import EVENTS
from tachograph.inputs.files.console.collector import CollectorText, TextPoint, TextRecord
from tachograph.inputs.files.console.dumps import MAX_TOLD, BrokenDump, Line
from tachograph.inputs.files.console.one_line import OneEvent, find_event, find_metric, read_event
from tachograph.inputs.files.console.records import DumpReader, PrintedPoint
from tachograph.inputs.files.otlp.beginning import begins_json_request
from tachograph.inputs.otlp.attributes import BadRecord
from tachograph_sdk.model.event import DropReason

__all__ = ["LineReader"]

_CONTAINER: Final = re.compile(r"[\w.-]{1,64}\s*\| ?")  # what `docker compose logs` puts before a line
_MARKS: Final = (
    *(b"claude_code.", b"ResourceLog", b"ResourceMetrics", b"ResourceSpans", b"LogRecord #", b"Metric #"),
    *(b"Body: Str({", b"Body: Map({"),
)
_NAMED: Final = re.compile(rb'"(?:' + "|".join(EVENTS).encode() + rb')"')  # in JSON, without the agent's name before it
_BODY: Final = re.compile(r"(?:^|\s)Body: (?:Str|Map)\((\{.*\})\)\s*$")


class LineReader:
    """Tells which lines it wants, reads them, and hands what they say to the reader of the text's records."""

    def __init__(self, reader: DumpReader) -> None:
        self.records = 0  # events and points
        self.unsplit = 0  # events with a number of tokens, and not of which kind: it is kept nowhere
        self.broken: list[BrokenDump] = []
        self.broken_counts: Counter[DropReason] = Counter()
        self.is_provisional = False  # the text ended in a record that may not be whole, and it was read as it is
        self._reader = reader
        self._text = CollectorText(self._take_record, self._take_point)
        self._at = (0, 0)
        self._size = 0

    @property
    def spans(self) -> int:
        """Spans that the Collector printed; they are passed over."""
        return self._text.spans

    @property
    def open_at(self) -> tuple[int, int] | None:
        """Bytes and lines before what the exporter is still writing; None if it is not."""
        return self._text.opens_at if self._text.is_open else None

    def wants(self, line: bytes) -> bool:
        """Whether a line may say something here. Asked of every line, so it is quick."""
        if self._text.is_open or line == b"Descriptor:" or any(mark in line for mark in _MARKS):
            return True
        return line.startswith(b"{") and (_NAMED.search(line) is not None or begins_json_request(line))

    def read(self, line: Line) -> None:
        """Read a line. Never raises for what is in it."""
        if begins_json_request(line.text):
            self._at, self._size = (line.offset, line.line), len(line.text)
            self._read_request(line.text)
            return
        text = line.text.decode("utf-8", "replace")
        self._at, self._size = (line.offset, line.line), len(line.text)
        if "|" in text[:66] and (prefix := _CONTAINER.match(text)) is not None:
            text = text[prefix.end() :]
        try:
            if text.startswith("{") and '"msg"' in text and "Resource" in text:
                self._read_packed(text)
            elif not self._text.take(text, (line.offset, line.line - 1)):
                self._read_alone(text)
        except BadRecord as bad:
            self._reader.drop(bad.reason, bad.what)
        except ValueError:
            self._set_aside(DropReason.MALFORMED)

    def _read_request(self, body: bytes) -> None:
        """A request among what was printed, as where logs of both kinds were put together."""
        self._text.end()
        try:
            self.records += self._reader.read_request(body)
        except BadRecord as bad:
            self._set_aside(bad.reason)

    def finish(self) -> None:
        """No more lines will come."""
        self.is_provisional = self._text.is_within_record
        self._text.end()

    def _read_packed(self, text: str) -> None:
        """The exporter's text as one text of the Collector's own JSON log."""
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError("no JSON") from None
        message = told.get("msg") if isinstance(told, dict) else None
        if isinstance(message, str):
            at = (self._at[0], self._at[1] - 1)
            for line in message.splitlines():
                self._text.take(line, at)
            self._text.end()

    def _read_alone(self, text: str) -> None:
        metric = find_metric(text)
        if metric is not None:
            if metric.value is None:
                raise BadRecord(DropReason.BAD_NUMBER, "point")
            self._add_point(TextPoint({}, metric.name, "", True, False, {}, 0, 0, metric.value))
            return
        body = _BODY.search(text)
        event = find_event(body.group(1) if body is not None else text)
        if event is not None:
            self._add_event(event)

    def _take_record(self, record: TextRecord) -> None:
        try:
            self._record(record)
        except BadRecord as bad:
            self._reader.drop(bad.reason, bad.what)

    def _take_point(self, point: TextPoint) -> None:
        try:
            self._point(point)
        except BadRecord as bad:
            self._reader.drop(bad.reason, bad.what)

    def _record(self, record: TextRecord) -> None:
        told = record.body
        if isinstance(told, str) and told.startswith("{"):
            try:
                told = json.loads(told)
            except (ValueError, RecursionError):
                told = record.body
        if isinstance(told, dict):
            line = read_event({**told, "attributes": {**_dictionary(told.get("attributes")), **record.attributes}})
            if line is not None:
                time_ns = line.time_ns or record.time_ns or record.observed_ns
                self._add_event(replace(line, time_ns=time_ns, resource={**line.resource, **record.resource}))
                return
        self.records += 1
        self._reader.add_printed_log(
            record.attributes,
            record.body,
            resource=record.resource,
            event_name=record.event_name,
            time_ns=record.time_ns or record.observed_ns,
            trace_id=record.trace_id,
            span_id=record.span_id,
        )

    def _point(self, point: TextPoint) -> None:
        if point.value is None:
            raise BadRecord(DropReason.BAD_NUMBER, "point")
        self._add_point(point)

    def _add_event(self, event: OneEvent) -> None:
        self.records += 1
        self.unsplit += event.is_unsplit
        self._reader.add_printed_log(
            {"event.name": event.name, **event.attributes},
            f"claude_code.{event.name}" + ("" if event.time_ns else f"@{self._at[0]}"),  # nothing else tells them apart
            resource=event.resource,
            time_ns=event.time_ns,
        )

    def _add_point(self, point: TextPoint) -> None:
        assert point.value is not None
        self.records += 1
        self._reader.add_point(
            PrintedPoint(
                name=point.name,
                unit=point.unit,
                monotonic=point.monotonic,
                cumulative=point.cumulative,
                attributes=point.attributes,
                resource=point.resource,
                start_ns=point.start_ns,
                end_ns=point.time_ns,
                value=point.value,
                count=point.count,
                # Points without a time are told apart by where they stand.
                place="" if point.time_ns else f"@{self._at[0]}",
            )
        )

    def _set_aside(self, reason: DropReason) -> None:
        self.broken_counts[reason] += 1
        if len(self.broken) < MAX_TOLD:
            offset, line = self._at
            self.broken.append(BrokenDump(line=line, offset=offset, size=self._size, reason=reason))


def _dictionary(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
