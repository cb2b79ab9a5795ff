"""Good requests of every signal, in both encodings, to spoil."""

from __future__ import annotations

import json
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

__all__ = ["NOW", "as_json", "logs", "logs_json", "metrics", "metrics_json", "traces", "traces_json"]

NOW = 1_770_000_000_000_000_000  # UTC nanoseconds since 1970


def _attributes(target: Any, **values: Any) -> None:
    for key, value in values.items():
        item = target.add(key=key.replace("__", "."))
        if isinstance(value, bool):
            item.value.bool_value = value
        elif isinstance(value, int):
            item.value.int_value = value
        elif isinstance(value, float):
            item.value.double_value = value
        else:
            item.value.string_value = value


def logs(records: int = 3) -> Any:
    request: Any = ExportLogsServiceRequest()
    resource = request.resource_logs.add()
    _attributes(resource.resource.attributes, service__name="claude-code", service__version="2.1.0")
    scope = resource.scope_logs.add()
    scope.scope.name = "com.anthropic.claude_code.events"
    for n in range(records):
        record = scope.log_records.add(time_unix_nano=NOW + n, observed_time_unix_nano=NOW + n)
        record.body.string_value = "claude_code.api_request"
        _attributes(
            record.attributes, event__name="api_request", event__sequence=n, cost_usd=0.25, input_tokens=7, ok=True
        )
    return request


def metrics(points: int = 3) -> Any:
    request: Any = ExportMetricsServiceRequest()
    resource = request.resource_metrics.add()
    _attributes(resource.resource.attributes, service__name="claude-code")
    scope = resource.scope_metrics.add()
    metric = scope.metrics.add(name="claude_code.token.usage", unit="tokens")
    metric.sum.aggregation_temporality = 1
    metric.sum.is_monotonic = True
    for n in range(points):
        point = metric.sum.data_points.add(time_unix_nano=NOW, start_time_unix_nano=NOW - 60, as_double=float(n))
        _attributes(point.attributes, type="input", n=n)
    gauge = scope.metrics.add(name="g")
    gauge.gauge.data_points.add(time_unix_nano=NOW, as_int=-5)
    histogram = scope.metrics.add(name="h")
    histogram.histogram.aggregation_temporality = 1
    histogram.histogram.data_points.add(
        time_unix_nano=NOW, count=3, sum=7.5, bucket_counts=[1, 2, 0], explicit_bounds=[1, 10]
    )
    exponential = scope.metrics.add(name="e")
    exponential.exponential_histogram.data_points.add(time_unix_nano=NOW, count=1, sum=1, scale=3)
    summary = scope.metrics.add(name="s")
    summary.summary.data_points.add(time_unix_nano=NOW, count=1, sum=1).quantile_values.add(quantile=0.5, value=1)
    return request


def traces(spans: int = 3) -> Any:
    request: Any = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    _attributes(resource.resource.attributes, service__name="claude-code")
    scope = resource.scope_spans.add()
    for n in range(spans):
        span = scope.spans.add(
            trace_id=bytes([9] * 16),
            span_id=bytes([n + 1] * 8),
            name="claude_code.interaction",
            start_time_unix_nano=NOW,
            end_time_unix_nano=NOW + 10**9,
            kind=1,
        )
        _attributes(span.attributes, user_prompt_length=5)
        span.events.add(name="e", time_unix_nano=NOW)
        span.links.add(trace_id=bytes([9] * 16), span_id=bytes([77] * 8))
        span.status.code = 1
    return request


def _pairs(**values: Any) -> list[dict[str, Any]]:
    out = []
    for key, value in values.items():
        kind = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}[type(value)]
        out.append({"key": key.replace("__", "."), "value": {kind: value}})
    return out


def logs_json(records: int = 3) -> dict[str, Any]:
    return {
        "resourceLogs": [
            {
                "resource": {"attributes": _pairs(service__name="claude-code")},
                "scopeLogs": [
                    {
                        "scope": {"name": "com.anthropic.claude_code.events"},
                        "logRecords": [
                            {
                                "timeUnixNano": str(NOW + n),
                                "body": {"stringValue": "claude_code.api_request"},
                                "attributes": _pairs(event__name="api_request", event__sequence=n, cost_usd=0.25),
                            }
                            for n in range(records)
                        ],
                    }
                ],
            }
        ]
    }


def metrics_json(points: int = 3) -> dict[str, Any]:
    return {
        "resourceMetrics": [
            {
                "resource": {"attributes": _pairs(service__name="claude-code")},
                "scopeMetrics": [
                    {
                        "scope": {"name": "com.anthropic.claude_code"},
                        "metrics": [
                            {
                                "name": "claude_code.token.usage",
                                "sum": {
                                    "aggregationTemporality": 1,
                                    "isMonotonic": True,
                                    "dataPoints": [
                                        {"timeUnixNano": str(NOW), "asDouble": n, "attributes": _pairs(type="input")}
                                        for n in range(points)
                                    ],
                                },
                            },
                            {
                                "name": "h",
                                "histogram": {
                                    "aggregationTemporality": 1,
                                    "dataPoints": [
                                        {
                                            "timeUnixNano": str(NOW),
                                            "count": 3,
                                            "sum": 7.5,
                                            "bucketCounts": ["1", 2, 0],
                                            "explicitBounds": [1, 10],
                                            "exemplars": [],
                                            "flags": 0,
                                        }
                                    ],
                                },
                            },
                        ],
                    }
                ],
            }
        ]
    }


def traces_json(spans: int = 3) -> dict[str, Any]:
    return {
        "resourceSpans": [
            {
                "resource": {"attributes": _pairs(service__name="claude-code")},
                "scopeSpans": [
                    {
                        "spans": [
                            {
                                "traceId": "09" * 16,
                                "spanId": f"{n + 1:016X}",
                                "parentSpanId": "",
                                "name": "claude_code.interaction",
                                "kind": 1,
                                "startTimeUnixNano": str(NOW),
                                "endTimeUnixNano": NOW + 10**9,
                                "status": {"code": 1},
                            }
                            for n in range(spans)
                        ]
                    }
                ],
            }
        ]
    }


def as_json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
