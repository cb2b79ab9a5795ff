"""What makes a single protobuf record unfit to keep, though it can be read. None means it is fit."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord, ScopeLogs
from opentelemetry.proto.metrics.v1.metrics_pb2 import (
    ExponentialHistogram,
    ExponentialHistogramDataPoint,
    Gauge,
    Histogram,
    HistogramDataPoint,
    NumberDataPoint,
    Sum,
    Summary,
    SummaryDataPoint,
)
from opentelemetry.proto.trace.v1.trace_pb2 import ScopeSpans, Span

from tachograph_sdk.model.event import DropReason

__all__ = ["HOLDERS", "LATEST_NS", "OUTLINES", "REASON_TEXTS", "RecordCheck"]

LATEST_NS: Final = 2**63 - 1  # 2262-04-11; later times do not fit into signed nanoseconds
NO_RECORDED_VALUE: Final = 1  # data point flag: there is no value, on purpose
_NO_TRACE: Final = bytes(16)
_NO_SPAN: Final = bytes(8)

REASON_TEXTS: Final = {
    DropReason.BAD_ID: "a trace or span id that is none",
    DropReason.BAD_TIME: "a time after 2262",
    DropReason.BAD_NUMBER: "no value, or one that is no finite number",
    DropReason.MALFORMED: "a field of the wrong type",
}

RecordCheck = Callable[[Any], DropReason | None]


def check_log(record: Any) -> DropReason | None:
    """A log record: its ids, if it has any, and times."""
    trace_id, span_id = record.trace_id, record.span_id
    if (trace_id and len(trace_id) != 16) or (span_id and len(span_id) != 8):
        return DropReason.BAD_ID
    if record.time_unix_nano > LATEST_NS or record.observed_time_unix_nano > LATEST_NS:
        return DropReason.BAD_TIME
    return None


def check_span(span: Any) -> DropReason | None:
    """A span: it must have both ids, and times."""
    if len(span.trace_id) != 16 or len(span.span_id) != 8 or len(span.parent_span_id) not in (0, 8):
        return DropReason.BAD_ID
    if span.trace_id == _NO_TRACE or span.span_id == _NO_SPAN:
        return DropReason.BAD_ID
    if span.start_time_unix_nano > LATEST_NS or span.end_time_unix_nano > LATEST_NS:
        return DropReason.BAD_TIME
    return None


def check_number(point: Any) -> DropReason | None:
    """A point of a gauge or sum: it must have a finite value, or say that it has none."""
    which = point.WhichOneof("value")
    if which is None:
        if not point.flags & NO_RECORDED_VALUE:
            return DropReason.BAD_NUMBER
    elif which == "as_double" and not isfinite(point.as_double):
        return DropReason.BAD_NUMBER
    return _check_times(point)


def check_histogram(point: Any) -> DropReason | None:
    """A histogram: a finite sum, and one bucket more than there are bounds."""
    if not isfinite(point.sum):
        return DropReason.BAD_NUMBER
    buckets = len(point.bucket_counts)
    if buckets != (len(point.explicit_bounds) + 1 if buckets or point.explicit_bounds else 0):
        return DropReason.BAD_NUMBER
    return _check_times(point)


def check_sum_only(point: Any) -> DropReason | None:
    """An exponential histogram or summary: a finite sum."""
    return _check_times(point) if isfinite(point.sum) else DropReason.BAD_NUMBER


def _check_times(point: Any) -> DropReason | None:
    if point.time_unix_nano > LATEST_NS or point.start_time_unix_nano > LATEST_NS:
        return DropReason.BAD_TIME
    return None


HOLDERS: Final[dict[Any, tuple[str, Any, RecordCheck]]] = {
    ScopeLogs: ("log_records", LogRecord, check_log),
    ScopeSpans: ("spans", Span, check_span),
    Gauge: ("data_points", NumberDataPoint, check_number),
    Sum: ("data_points", NumberDataPoint, check_number),
    Histogram: ("data_points", HistogramDataPoint, check_histogram),
    ExponentialHistogram: ("data_points", ExponentialHistogramDataPoint, check_sum_only),
    Summary: ("data_points", SummaryDataPoint, check_sum_only),
}
"""Messages that hold records: which field, what they are, what is checked of each."""

_CHECKED_FIELDS: Final = {
    "time_unix_nano",
    "observed_time_unix_nano",
    "start_time_unix_nano",
    "end_time_unix_nano",
    "trace_id",
    "span_id",
    "parent_span_id",
    "as_double",
    "as_int",
    "flags",
    "sum",
    "bucket_counts",
    "explicit_bounds",
}


def _outlines() -> dict[Any, Any]:
    """For each record type a message that knows only the fields checked here.

    A record of many megabytes is looked at through it: parsed with the whole schema, a record of empty attributes
    would take fifty times its size in memory.
    """
    file = descriptor_pb2.FileDescriptorProto(name="tachograph/outlines.proto", package="tachograph.outline")
    file.syntax = "proto3"
    kept = (descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE, descriptor_pb2.FieldDescriptorProto.TYPE_GROUP)
    names = {}
    for _, record, _ in HOLDERS.values():
        descriptor = record.DESCRIPTOR
        if record in names:
            continue
        whole = descriptor_pb2.DescriptorProto()
        descriptor.CopyToProto(whole)
        outline = file.message_type.add(name=descriptor.name)
        fields = [f for f in whole.field if f.name in _CHECKED_FIELDS and f.type not in kept]
        oneofs = sorted({f.oneof_index for f in fields if f.HasField("oneof_index")})
        for field in fields:
            copy = outline.field.add()
            copy.CopyFrom(field)
            if field.HasField("oneof_index"):
                copy.oneof_index = oneofs.index(field.oneof_index)
        for index in oneofs:
            outline.oneof_decl.add(name=whole.oneof_decl[index].name)
        names[record] = f"{file.package}.{descriptor.name}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return {record: message_factory.GetMessageClass(pool.FindMessageTypeByName(own)) for record, own in names.items()}


OUTLINES: Final = _outlines()
"""By the record type."""
