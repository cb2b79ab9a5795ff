"""OTLP's wire format, described so that what we read late stays bytes: resources, scopes, bodies, attributes.

Parsing with these messages checks and splits a request in C; an attribute is then decoded once per distinct content
(attributes.py) instead of once per record. `*_WHOLE` also split records; `SPLIT` leaves each record as bytes, so that
one that is broken inside costs only itself. Field numbers are those of opentelemetry-proto 1.11.0; fields we do not
read are left out, and protobuf skips what it does not know.
"""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

__all__ = [
    "ANY_VALUE",
    "KEY_VALUE",
    "LOGS_WHOLE",
    "LOG_RECORD",
    "METRIC",
    "METRICS_WHOLE",
    "RESOURCE",
    "SCOPE",
    "SPAN",
    "SPLIT",
    "TRACES_WHOLE",
]

_FIELD = descriptor_pb2.FieldDescriptorProto
_TYPES = {
    "bytes": _FIELD.TYPE_BYTES,
    "bool": _FIELD.TYPE_BOOL,
    "double": _FIELD.TYPE_DOUBLE,
    "fixed64": _FIELD.TYPE_FIXED64,
    "sfixed64": _FIELD.TYPE_SFIXED64,
    "int32": _FIELD.TYPE_INT32,
    "int64": _FIELD.TYPE_INT64,
    "uint32": _FIELD.TYPE_UINT32,
}
_PACKAGE = "tachograph.otlp"

# message: (field, number, type), where "*" means repeated, "?" that absence is told apart from zero, and a type that
# is not a scalar is a message; fields that name the same group after "|" are one oneof
_MESSAGES: dict[str, tuple[tuple[str, int, str], ...]] = {
    "AnyValue": (
        ("string_value", 1, "bytes|value"),
        ("bool_value", 2, "bool|value"),
        ("int_value", 3, "int64|value"),
        ("double_value", 4, "double|value"),
        ("array_value", 5, "ArrayValue|value"),
        ("kvlist_value", 6, "KeyValueList|value"),
        ("bytes_value", 7, "bytes|value"),
    ),
    "ArrayValue": (("values", 1, "*AnyValue"),),
    "KeyValueList": (("values", 1, "*KeyValue"),),
    "KeyValue": (("key", 1, "bytes"), ("value", 2, "AnyValue")),
    "Resource": (("attributes", 1, "*bytes"),),
    "Scope": (("name", 1, "bytes"), ("version", 2, "bytes")),
    # logs
    "LogRecord": (
        ("time_unix_nano", 1, "fixed64"),
        ("body", 5, "bytes"),
        ("attributes", 6, "*bytes"),
        ("trace_id", 9, "bytes"),
        ("span_id", 10, "bytes"),
        ("observed_time_unix_nano", 11, "fixed64"),
        ("event_name", 12, "bytes"),
    ),
    "ScopeLogs": (("scope", 1, "bytes"), ("items", 2, "*LogRecord")),
    "ResourceLogs": (("resource", 1, "bytes"), ("scopes", 2, "*ScopeLogs")),
    "LogsRequest": (("resources", 1, "*ResourceLogs"),),
    # metrics
    "NumberDataPoint": (
        ("start_time_unix_nano", 2, "fixed64"),
        ("time_unix_nano", 3, "fixed64"),
        ("as_double", 4, "double|value"),
        ("as_int", 6, "sfixed64|value"),
        ("attributes", 7, "*bytes"),
        ("flags", 8, "uint32"),
    ),
    "Gauge": (("data_points", 1, "*NumberDataPoint"),),
    "Sum": (
        ("data_points", 1, "*NumberDataPoint"),
        ("aggregation_temporality", 2, "int32"),
        ("is_monotonic", 3, "bool"),
    ),
    "HistogramDataPoint": (
        ("start_time_unix_nano", 2, "fixed64"),
        ("time_unix_nano", 3, "fixed64"),
        ("count", 4, "fixed64"),
        ("sum", 5, "?double"),
        ("attributes", 9, "*bytes"),
        ("flags", 10, "uint32"),
    ),
    "Histogram": (("data_points", 1, "*HistogramDataPoint"), ("aggregation_temporality", 2, "int32")),
    "ExponentialDataPoint": (
        ("attributes", 1, "*bytes"),
        ("start_time_unix_nano", 2, "fixed64"),
        ("time_unix_nano", 3, "fixed64"),
        ("count", 4, "fixed64"),
        ("sum", 5, "?double"),
        ("flags", 10, "uint32"),
    ),
    "ExponentialHistogram": (("data_points", 1, "*ExponentialDataPoint"), ("aggregation_temporality", 2, "int32")),
    "SummaryDataPoint": (
        ("start_time_unix_nano", 2, "fixed64"),
        ("time_unix_nano", 3, "fixed64"),
        ("count", 4, "fixed64"),
        ("sum", 5, "double"),
        ("attributes", 7, "*bytes"),
        ("flags", 8, "uint32"),
    ),
    "Summary": (("data_points", 1, "*SummaryDataPoint"),),
    "Metric": (
        ("name", 1, "bytes"),
        ("unit", 3, "bytes"),
        ("gauge", 5, "Gauge|data"),
        ("sum", 7, "Sum|data"),
        ("histogram", 9, "Histogram|data"),
        ("exponential_histogram", 10, "ExponentialHistogram|data"),
        ("summary", 11, "Summary|data"),
    ),
    "ScopeMetrics": (("scope", 1, "bytes"), ("items", 2, "*Metric")),
    "ResourceMetrics": (("resource", 1, "bytes"), ("scopes", 2, "*ScopeMetrics")),
    "MetricsRequest": (("resources", 1, "*ResourceMetrics"),),
    # traces
    "Status": (("code", 3, "int32"),),
    "Span": (
        ("trace_id", 1, "bytes"),
        ("span_id", 2, "bytes"),
        ("parent_span_id", 4, "bytes"),
        ("name", 5, "bytes"),
        ("start_time_unix_nano", 7, "fixed64"),
        ("end_time_unix_nano", 8, "fixed64"),
        ("attributes", 9, "*bytes"),
        ("events", 11, "*bytes"),
        ("status", 15, "Status"),
    ),
    "ScopeSpans": (("scope", 1, "bytes"), ("items", 2, "*Span")),
    "ResourceSpans": (("resource", 1, "bytes"), ("scopes", 2, "*ScopeSpans")),
    "TracesRequest": (("resources", 1, "*ResourceSpans"),),
    # the same down to the records, which stay bytes
    "SplitScope": (("scope", 1, "bytes"), ("items", 2, "*bytes")),
    "SplitResource": (("resource", 1, "bytes"), ("scopes", 2, "*SplitScope")),
    "SplitRequest": (("resources", 1, "*SplitResource"),),
}


def _build() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(name="tachograph/otlp_lazy.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        groups: dict[str, int] = {}
        optional = []
        for field_name, number, spec in fields:
            repeated, spec = spec.startswith("*"), spec.lstrip("*")
            absent, spec = spec.startswith("?"), spec.lstrip("?")
            type_name, _, group = spec.partition("|")
            field = message.field.add(
                name=field_name,
                number=number,
                label=_FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL,
                type=_TYPES.get(type_name, _FIELD.TYPE_MESSAGE),
            )
            if type_name not in _TYPES:
                field.type_name = f".{_PACKAGE}.{type_name}"
            if group:
                if group not in groups:
                    groups[group] = len(groups)
                    message.oneof_decl.add(name=group)
                field.oneof_index = groups[group]
            if absent:
                field.proto3_optional = True
                optional.append(field)
        for field in optional:  # a field that can be absent is a oneof of its own, after all others
            field.oneof_index = len(message.oneof_decl)
            message.oneof_decl.add(name=f"_{field.name}")
    pool = descriptor_pool.DescriptorPool()  # ours alone: no clash with generated code of the same names
    pool.Add(file)
    return pool


_POOL = _build()


def _message(name: str) -> Any:
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(f"{_PACKAGE}.{name}"))


ANY_VALUE = _message("AnyValue")
KEY_VALUE = _message("KeyValue")
RESOURCE = _message("Resource")
SCOPE = _message("Scope")
LOG_RECORD = _message("LogRecord")
METRIC = _message("Metric")
SPAN = _message("Span")
LOGS_WHOLE = _message("LogsRequest")
METRICS_WHOLE = _message("MetricsRequest")
TRACES_WHOLE = _message("TracesRequest")
SPLIT = _message("SplitRequest")  # of every kind: they are alike down to the records
