"""Reads a protobuf request with the full schema before it is acknowledged, and takes single bad records out.

A small request is parsed in one go. A large one is walked and parsed in slices: consecutive fields of a message are
themselves a valid message of the same type, so what every slice accepts the whole parser would accept, and a body
that expands fifty times in memory (millions of empty messages) never exists there at once.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.message import DecodeError as ProtobufDecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import ResourceLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import Metric, ResourceMetrics, ScopeMetrics
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans

from tachograph.inputs.otlp.records import HOLDERS, OUTLINES, RecordCheck
from tachograph.inputs.otlp.signals import Signal
from tachograph.inputs.otlp.verdict import Buffer, Verdict
from tachograph_sdk.errors import DecodeError, PayloadTooLarge

__all__ = ["SLICE_BYTES", "validate_protobuf"]

SLICE_BYTES: Final = 256 * 1024
MOST_FIELDS: Final = 300_000  # that the walk through a large request may meet
MOST_LEVELS: Final = 100  # of messages in messages; the protobuf libraries stop there too

_MALFORMED: Final = "the body is not a valid protobuf message of this kind"
_VARINT, _FIXED64, _BYTES, _GROUP, _GROUP_END, _FIXED32 = range(6)
_DESCEND: Final[dict[Any, str]] = {
    ExportLogsServiceRequest: "resource_logs",
    ResourceLogs: "scope_logs",
    ExportTraceServiceRequest: "resource_spans",
    ResourceSpans: "scope_spans",
    ExportMetricsServiceRequest: "resource_metrics",
    ResourceMetrics: "scope_metrics",
    ScopeMetrics: "metrics",
}
"""Messages that hold messages which hold records, and in which field."""


def validate_protobuf(signal: Signal, body: Buffer) -> Verdict:
    """What of the body may be kept.

    Raises:
        DecodeError: it is not such a message.
        PayloadTooLarge: it has more parts than anybody needs.
    """
    verdict = Verdict(body=body)
    if len(body) <= SLICE_BYTES:
        changed = _check_slice(signal.request, body, verdict)
        if changed is not None:
            verdict.body = changed
        return verdict
    pieces = _Walk(memoryview(body), verdict).message(signal.request, 0, len(body), 0)
    if pieces is not None:
        verdict.body = b"".join(pieces)
    return verdict


def _check_slice(message_type: Any, data: Buffer, verdict: Verdict) -> bytes | None:
    """Parse one slice and check the records in it; its new bytes if some had to go."""
    try:
        message = message_type.FromString(data)
    except ProtobufDecodeError:
        raise DecodeError(_MALFORMED) from None
    refused = verdict.refused_count
    _check(message, verdict)
    if verdict.refused_count == refused:
        return None
    return bytes(message.SerializeToString())


def _check(message: Any, verdict: Verdict) -> None:
    kind = message.__class__
    if kind in HOLDERS:
        field, _, check = HOLDERS[kind]
        _check_records(getattr(message, field), check, verdict)
    elif kind in _DESCEND:
        for item in getattr(message, _DESCEND[kind]):
            _check(item, verdict)
    elif kind is Metric and (which := message.WhichOneof("data")):
        _check(getattr(message, which), verdict)


def _check_records(records: Any, check: RecordCheck, verdict: Verdict) -> None:
    bad = []
    for index, record in enumerate(records):
        reason = check(record)
        if reason is not None:
            bad.append(index)
            verdict.refuse(reason)
    verdict.accepted += len(records) - len(bad)
    for index in reversed(bad):
        del records[index]


class _Walk:
    """A large request, slice by slice."""

    def __init__(self, data: memoryview, verdict: Verdict) -> None:
        self._data = data
        self._verdict = verdict
        self._fields = 0

    def message(self, message_type: Any, start: int, end: int, level: int) -> list[Buffer] | None:
        """Check the message in data[start:end]; the pieces it now consists of if records had to go, else None."""
        if level > MOST_LEVELS:
            raise DecodeError("the body is nested too deeply")
        fields = message_type.DESCRIPTOR.fields_by_number
        pieces: list[Buffer] = []
        changed = False
        at = slice_start = start
        while at < end:
            field_start = at
            number, wire_type, content, at = self._field(at, end)
            if at - slice_start <= SLICE_BYTES:
                continue
            if field_start > slice_start:
                changed |= self._slice(message_type, slice_start, field_start, pieces)
                slice_start = field_start
            if at - field_start > SLICE_BYTES:
                field = fields.get(number)
                inner = field.message_type if field is not None and wire_type == _BYTES else None
                if inner is None:
                    changed |= self._slice(message_type, field_start, at, pieces)
                else:
                    changed |= self._descend(message_type, field, content, at, level, pieces)
                slice_start = at
        if end > slice_start:
            changed |= self._slice(message_type, slice_start, end, pieces)
        return pieces if changed else None

    def _slice(self, message_type: Any, start: int, end: int, pieces: list[Buffer]) -> bool:
        data = self._data[start:end]
        if message_type in OUTLINES:
            # Part of one record: its wire format here, the record as a whole where it is found.
            try:
                message_type.FromString(data)
            except ProtobufDecodeError:
                raise DecodeError(_MALFORMED) from None
            changed = None
        else:
            changed = _check_slice(message_type, data, self._verdict)
        pieces.append(data if changed is None else changed)
        return changed is not None

    def _descend(self, outer: Any, field: Any, start: int, end: int, level: int, pieces: list[Buffer]) -> bool:
        inner = field.message_type._concrete_class
        holder = HOLDERS.get(outer)
        content = self.message(inner, start, end, level + 1)
        if holder is not None and holder[0] == field.name:
            reason = holder[2](OUTLINES[inner].FromString(self._data[start:end]))
            if reason is not None:
                self._verdict.refuse(reason)
                return True  # the record is left out
            self._verdict.accepted += 1
        tag = _encode(field.number << 3 | _BYTES)
        if content is None:
            pieces += (tag, _encode(end - start), self._data[start:end])
            return False
        pieces += (tag, _encode(sum(len(piece) for piece in content)), *content)
        return True

    def _field(self, at: int, end: int) -> tuple[int, int, int, int]:
        """Number, wire type, start of the content and end of the field that starts at `at`."""
        number, wire_type, content, after = self._item(at, end)
        open_groups: list[int] = []
        while wire_type in (_GROUP, _GROUP_END) or open_groups:  # groups are long out of use; they are only skipped
            if wire_type == _GROUP:
                open_groups.append(number)
            elif wire_type == _GROUP_END and (not open_groups or open_groups.pop() != number):
                raise DecodeError(_MALFORMED)
            if len(open_groups) > MOST_LEVELS:
                raise DecodeError("the body is nested too deeply")
            if not open_groups:
                return number, _GROUP, content, after
            number, wire_type, _, after = self._item(after, end)
        return number, wire_type, content, after

    def _item(self, at: int, end: int) -> tuple[int, int, int, int]:
        self._fields += 1
        if self._fields > MOST_FIELDS:
            raise PayloadTooLarge("the body has too many parts")
        tag, content = self._varint(at, end)
        wire_type = tag & 7
        after = content
        if wire_type == _BYTES:
            length, content = self._varint(content, end)
            after = content + length
        elif wire_type == _VARINT:
            _, after = self._varint(content, end)
        elif wire_type == _FIXED64:
            after = content + 8
        elif wire_type == _FIXED32:
            after = content + 4
        elif wire_type not in (_GROUP, _GROUP_END):
            raise DecodeError(_MALFORMED)
        if after > end or not 0 < tag >> 3 < 1 << 29:
            raise DecodeError(_MALFORMED)
        return tag >> 3, wire_type, content, after

    def _varint(self, at: int, end: int) -> tuple[int, int]:
        data = self._data
        if at < end and data[at] < 0x80:
            return data[at], at + 1
        result = shift = 0
        while at < end and shift < 70:
            byte = data[at]
            at += 1
            result |= (byte & 0x7F) << shift
            if byte < 0x80:
                return result, at
            shift += 7
        raise DecodeError(_MALFORMED)


def _encode(number: int) -> bytes:
    encoded = bytearray()
    while number > 0x7F:
        encoded.append(number & 0x7F | 0x80)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)
