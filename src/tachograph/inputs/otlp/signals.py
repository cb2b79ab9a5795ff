"""The three OTLP signals: where they come in, what they are made of, what their answers call things."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from tachograph.ports import FrameKind

__all__ = ["LOGS", "METRICS", "SIGNALS", "TRACES", "Encoding", "Signal"]


class Encoding(StrEnum):
    """How a request is written, and so its answer."""

    PROTOBUF = "protobuf"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One of logs, metrics and traces."""

    name: str
    path: str  # HTTP
    method: str  # gRPC
    request: Any  # the protobuf message class
    response: Any
    rejected_field: str  # of the partial success, in protobuf
    rejected_key: str  # and in JSON
    records: str  # what a person calls them
    protobuf_kind: FrameKind
    json_kind: FrameKind

    def kind(self, encoding: Encoding) -> FrameKind:
        """What a journal frame with such a request is."""
        return self.protobuf_kind if encoding is Encoding.PROTOBUF else self.json_kind


LOGS: Final = Signal(
    name="logs",
    path="/v1/logs",
    method="/opentelemetry.proto.collector.logs.v1.LogsService/Export",
    request=ExportLogsServiceRequest,
    response=ExportLogsServiceResponse,
    rejected_field="rejected_log_records",
    rejected_key="rejectedLogRecords",
    records="log records",
    protobuf_kind=FrameKind.LOGS_PROTOBUF,
    json_kind=FrameKind.LOGS_JSON,
)
METRICS: Final = Signal(
    name="metrics",
    path="/v1/metrics",
    method="/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
    request=ExportMetricsServiceRequest,
    response=ExportMetricsServiceResponse,
    rejected_field="rejected_data_points",
    rejected_key="rejectedDataPoints",
    records="data points",
    protobuf_kind=FrameKind.METRICS_PROTOBUF,
    json_kind=FrameKind.METRICS_JSON,
)
TRACES: Final = Signal(
    name="traces",
    path="/v1/traces",
    method="/opentelemetry.proto.collector.trace.v1.TraceService/Export",
    request=ExportTraceServiceRequest,
    response=ExportTraceServiceResponse,
    rejected_field="rejected_spans",
    rejected_key="rejectedSpans",
    records="spans",
    protobuf_kind=FrameKind.TRACES_PROTOBUF,
    json_kind=FrameKind.TRACES_JSON,
)
SIGNALS: Final = (LOGS, METRICS, TRACES)
