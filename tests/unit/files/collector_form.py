"""Writes OTLP requests as the Collector's debug exporter prints them with `verbosity: detailed`, after its Go source."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

__all__ = ["logs_text", "metrics_text"]

TRAILER = '\t{"kind": "exporter", "data_type": "%s", "name": "debug"}'


def logs_text(body: bytes, *, framed: bool = True) -> str:
    """A logs request; `framed` as the Collector's own console log has it, else as it goes to standard output."""
    lines: list[str] = []
    for number, resource in enumerate(ExportLogsServiceRequest.FromString(body).resource_logs):
        lines += [f"ResourceLog #{number}", f"Resource SchemaURL: {resource.schema_url}"]
        lines += _attributes("Resource attributes", resource.resource.attributes)
        for at, scope in enumerate(resource.scope_logs):
            lines += [f"ScopeLogs #{at}", f"ScopeLogs SchemaURL: {scope.schema_url}"]
            lines += [f"InstrumentationScope {scope.scope.name} {scope.scope.version}"]
            for index, record in enumerate(scope.log_records):
                lines += [
                    f"LogRecord #{index}",
                    f"ObservedTimestamp: {_time(record.observed_time_unix_nano)}",
                    f"Timestamp: {_time(record.time_unix_nano)}",
                    f"SeverityText: {record.severity_text}",
                    "SeverityNumber: Unspecified(0)",
                    f"Body: {_value(record.body)}",
                    *_attributes("Attributes", record.attributes),
                    f"Trace ID: {record.trace_id.hex()}",
                    f"Span ID: {record.span_id.hex()}",
                    "Flags: 0",
                ]
    return _framed(lines, "logs") if framed else "\n".join(lines) + "\n"


def metrics_text(body: bytes, *, framed: bool = True) -> str:
    """A metrics request, likewise. Sums only."""
    lines: list[str] = []
    for number, resource in enumerate(ExportMetricsServiceRequest.FromString(body).resource_metrics):
        lines += [f"ResourceMetrics #{number}", f"Resource SchemaURL: {resource.schema_url}"]
        lines += _attributes("Resource attributes", resource.resource.attributes)
        for at, scope in enumerate(resource.scope_metrics):
            lines += [f"ScopeMetrics #{at}", f"ScopeMetrics SchemaURL: {scope.schema_url}"]
            lines += [f"InstrumentationScope {scope.scope.name} {scope.scope.version}"]
            for index, metric in enumerate(scope.metrics):
                lines += [
                    f"Metric #{index}",
                    "Descriptor:",
                    f"     -> Name: {metric.name}",
                    f"     -> Description: {metric.description}",
                    f"     -> Unit: {metric.unit}",
                    "     -> DataType: Sum",
                    f"     -> IsMonotonic: {str(metric.sum.is_monotonic).lower()}",
                    f"     -> AggregationTemporality: {[None, 'Delta', 'Cumulative'][metric.sum.aggregation_temporality]}",
                ]
                for place, point in enumerate(metric.sum.data_points):
                    value = f"{point.as_double:f}" if point.WhichOneof("value") == "as_double" else str(point.as_int)
                    lines += [
                        f"NumberDataPoints #{place}",
                        *_attributes("Data point attributes", point.attributes),
                        f"StartTimestamp: {_time(point.start_time_unix_nano)}",
                        f"Timestamp: {_time(point.time_unix_nano)}",
                        f"Value: {value}",
                    ]
    return _framed(lines, "metrics") if framed else "\n".join(lines) + "\n"


def _framed(lines: list[str], what: str) -> str:
    return "\n".join([f"2026-11-20T13:00:00.123Z\tinfo\t{lines[0]}", *lines[1:], TRAILER % what]) + "\n"


def _attributes(header: str, attributes: Iterable[Any]) -> list[str]:
    items = [f"     -> {item.key}: {_value(item.value)}" for item in attributes]
    return [f"{header}:", *items] if items else []


def _value(value: Any) -> str:
    kind = value.WhichOneof("value")
    if kind == "string_value":
        return f"Str({value.string_value})"
    if kind == "int_value":
        return f"Int({value.int_value})"
    if kind == "double_value":
        return f"Double({json.dumps(value.double_value)})"
    if kind == "bool_value":
        return f"Bool({str(value.bool_value).lower()})"
    if kind == "array_value":
        return f"Slice({json.dumps([item.string_value for item in value.array_value.values])})"
    return "Empty()"


def _time(ns: int) -> str:
    at = datetime.fromtimestamp(ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S")
    fraction = f"{ns % 10**9:09d}".rstrip("0")
    return f"{at}{'.' if fraction else ''}{fraction} +0000 UTC"
