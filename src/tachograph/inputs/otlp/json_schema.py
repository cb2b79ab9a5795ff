"""OTLP/JSON as typed structs: what clients really send, parsed and checked in C.

64-bit integers come as strings or numbers, enums as integers, ids in hex, empty values as {} or null, doubles also as
"NaN" and "Infinity"; keys nobody knows are ignored. Records and data points stay unparsed until their turn.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

import msgspec

from tachograph.inputs.otlp.attributes import MAX_DEPTH, MAX_NODES, BadRecord
from tachograph_sdk.model.event import AttributeValue, DropReason

__all__ = [
    "LOGS",
    "METRICS",
    "TRACES",
    "Attribute",
    "DataPoint",
    "LogRecord",
    "Metric",
    "Resource",
    "Span",
    "Value",
    "attributes",
    "double",
    "integer",
    "value",
]

Int64 = int | str | None


class _Struct(msgspec.Struct, rename="camel"):
    """A JSON object with lowerCamelCase keys."""


class Value(_Struct):
    """An AnyValue: at most one of these is set."""

    string_value: str | None = None
    bool_value: bool | None = None
    int_value: Int64 = None
    double_value: float | str | None = None
    array_value: ArrayValue | None = None
    kvlist_value: KeyValueList | None = None
    bytes_value: str | None = None


class ArrayValue(_Struct):
    """A list."""

    values: list[Value | None] | None = None


class Attribute(_Struct):
    """A KeyValue."""

    key: str = ""
    value: Value | None = None


class KeyValueList(_Struct):
    """A map."""

    values: list[Attribute] | None = None


Attributes = list[Attribute] | None


class Resource(_Struct):
    """Who sends."""

    attributes: Attributes = None


class Scope(_Struct):
    """The instrumentation within the sender."""

    name: str | None = None
    version: str | None = None


class LogRecord(_Struct):
    """One log record."""

    time_unix_nano: Int64 = None
    observed_time_unix_nano: Int64 = None
    body: Value | None = None
    attributes: Attributes = None
    trace_id: str | None = None
    span_id: str | None = None
    event_name: str | None = None


class ScopeLogs(_Struct):
    """Records of one scope."""

    scope: Scope | None = None
    items: list[msgspec.Raw] | None = msgspec.field(default=None, name="logRecords")


class ResourceLogs(_Struct):
    """Records of one resource."""

    resource: Resource | None = None
    scopes: list[ScopeLogs] | None = msgspec.field(default=None, name="scopeLogs")


class LogsRequest(_Struct):
    """An ExportLogsServiceRequest."""

    resources: list[ResourceLogs] | None = msgspec.field(default=None, name="resourceLogs")


class DataPoint(_Struct):
    """A data point of any metric type: each uses some of these."""

    start_time_unix_nano: Int64 = None
    time_unix_nano: Int64 = None
    as_double: float | str | None = None
    as_int: Int64 = None
    count: Int64 = None
    sum: float | str | None = None
    flags: int | None = None
    attributes: Attributes = None


class Data(_Struct):
    """The points of one metric."""

    data_points: list[msgspec.Raw] | None = None
    aggregation_temporality: int | None = None
    is_monotonic: bool | None = None


class Metric(_Struct):
    """One metric: one of the five types is set."""

    name: str | None = None
    unit: str | None = None
    gauge: Data | None = None
    sum: Data | None = None
    histogram: Data | None = None
    exponential_histogram: Data | None = None
    summary: Data | None = None


class ScopeMetrics(_Struct):
    """Metrics of one scope."""

    scope: Scope | None = None
    items: list[msgspec.Raw] | None = msgspec.field(default=None, name="metrics")


class ResourceMetrics(_Struct):
    """Metrics of one resource."""

    resource: Resource | None = None
    scopes: list[ScopeMetrics] | None = msgspec.field(default=None, name="scopeMetrics")


class MetricsRequest(_Struct):
    """An ExportMetricsServiceRequest."""

    resources: list[ResourceMetrics] | None = msgspec.field(default=None, name="resourceMetrics")


class Status(_Struct):
    """How a span ended."""

    code: int | None = None


class Span(_Struct):
    """One span."""

    trace_id: str | None = None
    span_id: str | None = None
    parent_span_id: str | None = None
    name: str | None = None
    start_time_unix_nano: Int64 = None
    end_time_unix_nano: Int64 = None
    attributes: Attributes = None
    events: list[Any] | None = None
    status: Status | None = None


class ScopeSpans(_Struct):
    """Spans of one scope."""

    scope: Scope | None = None
    items: list[msgspec.Raw] | None = msgspec.field(default=None, name="spans")


class ResourceSpans(_Struct):
    """Spans of one resource."""

    resource: Resource | None = None
    scopes: list[ScopeSpans] | None = msgspec.field(default=None, name="scopeSpans")


class TracesRequest(_Struct):
    """An ExportTraceServiceRequest."""

    resources: list[ResourceSpans] | None = msgspec.field(default=None, name="resourceSpans")


class _LogsOutline(_Struct):
    resources: list[msgspec.Raw] | None = msgspec.field(default=None, name="resourceLogs")


class _MetricsOutline(_Struct):
    resources: list[msgspec.Raw] | None = msgspec.field(default=None, name="resourceMetrics")


class _TracesOutline(_Struct):
    resources: list[msgspec.Raw] | None = msgspec.field(default=None, name="resourceSpans")


LOGS = (LogsRequest, _LogsOutline, ResourceLogs, LogRecord)
METRICS = (MetricsRequest, _MetricsOutline, ResourceMetrics, Metric)
TRACES = (TracesRequest, _TracesOutline, ResourceSpans, Span)
"""The whole request, its outline, one resource, one record."""

_INTEGER = re.compile(r"-?[0-9]{1,20}")


def integer(number: Int64, low: int = 0, high: int = 2**64) -> int:
    """A 64-bit integer from a number or its decimal text, `low` <= it < `high`; absent is 0. Raises BadRecord."""
    if number is None:
        return 0
    if number.__class__ is str:
        if _INTEGER.fullmatch(number) is None:
            raise BadRecord(DropReason.MALFORMED, "integer")
        number = int(number)
    if not low <= number < high:  # type: ignore[operator]
        raise BadRecord(DropReason.MALFORMED, "integer")
    return number  # type: ignore[return-value]


def double(number: float | str) -> float:
    """A double from a number or the words JSON has no number for. Raises BadRecord."""
    if number.__class__ is str:
        if number not in ("NaN", "Infinity", "-Infinity"):
            try:
                if not number.isascii() or "_" in number:
                    raise ValueError
                return float(number)
            except ValueError:
                raise BadRecord(DropReason.MALFORMED, "number") from None
        return float(number)
    return float(number)


def attributes(items: Attributes) -> dict[str, AttributeValue]:
    """All attributes of one record; of equal keys the last one wins. Raises BadRecord."""
    found: dict[str, AttributeValue] = {}
    for item in items or ():
        raw = item.value
        key = _keys.get(item.key) or _key(item.key)
        if raw is None:
            found[key] = None
        elif raw.string_value is not None:
            found[key] = raw.string_value
        else:
            found[key] = value(raw)
    return found


_keys: dict[str, str] = {}  # equal names as one object, which later steps compare and look up faster


def _key(name: str) -> str:
    if len(_keys) >= 4096:
        _keys.clear()
    return _keys.setdefault(name, name) if len(name) <= 128 else name


def value(raw: Value | None) -> AttributeValue:
    """One AnyValue. Raises BadRecord."""
    return _value(raw, 0, [MAX_NODES])


def _value(raw: Value | None, depth: int, budget: list[int]) -> AttributeValue:
    budget[0] -= 1
    if depth > MAX_DEPTH or budget[0] < 0:
        raise BadRecord(DropReason.TOO_LARGE, "attribute")
    if raw is None:
        return None
    if raw.string_value is not None:
        return raw.string_value
    if raw.int_value is not None:
        return integer(raw.int_value, -(2**63), 2**63)
    if raw.double_value is not None:
        return double(raw.double_value)
    if raw.bool_value is not None:
        return raw.bool_value
    if raw.array_value is not None:
        return [_value(item, depth + 1, budget) for item in raw.array_value.values or ()]
    if raw.kvlist_value is not None:
        return {item.key: _value(item.value, depth + 1, budget) for item in raw.kvlist_value.values or ()}
    if raw.bytes_value is not None:
        try:
            return base64.b64decode(raw.bytes_value.encode("ascii", "replace"), validate=True)
        except (binascii.Error, ValueError):
            raise BadRecord(DropReason.MALFORMED, "attribute") from None
    return None
