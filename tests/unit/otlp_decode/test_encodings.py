"""Protobuf and JSON say the same, so they must become the same records."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tachograph.inputs.otlp.attributes import canonical
from tachograph.inputs.otlp.decode import Decoded, Decoder
from tachograph.ports import FrameKind
from tachograph_sdk.model.event import RawEvent
from tests.captures import CAPTURES, frame, frames, otlp_json


def plain(record: RawEvent) -> tuple[Any, ...]:
    """All of a record, comparable: NaN equals NaN, 1 is not 1.0 and not True."""
    values = {f.name: getattr(record, f.name) for f in fields(record)}
    values["attributes"] = [(key, canonical(value)) for key, value in values["attributes"].items()]
    values["resource"] = canonical(dict(values["resource"]))
    return tuple(values.items())


def decode(kind: FrameKind, body: bytes) -> Decoded:
    return Decoder().decode(frame(kind, body))


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.name)
def test_recorded_sessions_are_the_same_in_both(capture: Path) -> None:
    protobuf, as_json = Decoder(), Decoder()
    for one, other in zip(frames(capture, "protobuf"), frames(capture, "json"), strict=True):
        first, second = protobuf.decode(one), as_json.decode(other)
        assert [plain(r) for r in first.records] == [plain(r) for r in second.records]
        assert first.drops == second.drops
        assert first.records


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.name)
def test_a_large_request_is_read_the_same_way_as_a_small_one(capture: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a limit requests are parsed record by record; nothing but memory may tell the difference."""
    small = [Decoder().decode(f) for f in frames(capture, "protobuf")]
    monkeypatch.setattr("tachograph.inputs.otlp.read_protobuf._AT_ONCE_BYTES", 0)
    large = [Decoder().decode(f) for f in frames(capture, "protobuf")]
    assert [[plain(r) for r in d.records] for d in small] == [[plain(r) for r in d.records] for d in large]
    assert [d.drops for d in small] == [d.drops for d in large]


# --- any request --------------------------------------------------------------------------------------------------

texts = st.text(max_size=200)
names = st.sampled_from(
    ["event.name", "event.sequence", "session.id", "request_id", "model", "cost_usd", "a", "b" * 130, "", "é"]
)
int64 = st.integers(-(2**63), 2**63 - 1)
times = st.one_of(
    st.just(0), st.integers(1, 2**64 - 1), st.integers(1_700_000_000, 1_900_000_000).map(lambda s: s * 10**9)
)
ids = lambda size: st.one_of(st.just(b""), st.binary(min_size=size, max_size=size), st.binary(min_size=1, max_size=3))  # noqa: E731


def fill(value: Any, spec: Any) -> None:
    """Put a drawn value into an AnyValue."""
    if isinstance(spec, bool):
        value.bool_value = spec
    elif isinstance(spec, int):
        value.int_value = spec
    elif isinstance(spec, float):
        value.double_value = spec
    elif isinstance(spec, str):
        value.string_value = spec
    elif isinstance(spec, bytes):
        value.bytes_value = spec
    elif isinstance(spec, list):
        value.array_value.SetInParent()
        for item in spec:
            fill(value.array_value.values.add(), item)
    elif isinstance(spec, dict):
        value.kvlist_value.SetInParent()
        for key, item in spec.items():
            pair = value.kvlist_value.values.add(key=key)
            fill(pair.value, item)


scalars = st.one_of(st.none(), st.booleans(), int64, st.floats(width=64), texts, st.binary(max_size=20))
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3), max_leaves=6
)
attributes = st.lists(st.tuples(names, values), max_size=8)


def add_attributes(target: Any, drawn: list[tuple[str, Any]]) -> None:
    for key, spec in drawn:
        pair = target.add(key=key)
        if spec is not None:
            fill(pair.value, spec)


@st.composite
def logs(draw: st.DrawFn) -> Any:
    request = ExportLogsServiceRequest()
    for _ in range(draw(st.integers(0, 2))):
        group = request.resource_logs.add()
        add_attributes(group.resource.attributes, draw(attributes))
        scope = group.scope_logs.add()
        for _ in range(draw(st.integers(0, 3))):
            record = scope.log_records.add(
                time_unix_nano=draw(times),
                observed_time_unix_nano=draw(times),
                trace_id=draw(ids(16)),
                span_id=draw(ids(8)),
                event_name=draw(texts),
            )
            add_attributes(record.attributes, draw(attributes))
            if draw(st.booleans()):
                fill(record.body, draw(values))
    return request


@st.composite
def metrics(draw: st.DrawFn) -> Any:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    add_attributes(group.resource.attributes, draw(attributes))
    scope = group.scope_metrics.add()
    scope.scope.name = draw(texts)
    for _ in range(draw(st.integers(0, 4))):
        metric = scope.metrics.add(name=draw(texts), unit=draw(texts))
        kind = draw(st.sampled_from(["sum", "gauge", "histogram", "exponential_histogram", "summary", ""]))
        if not kind:
            continue
        data = getattr(metric, kind)
        data.SetInParent()
        if kind not in ("gauge", "summary"):
            data.aggregation_temporality = draw(st.integers(0, 2))
        for _ in range(draw(st.integers(0, 3))):
            point = data.data_points.add(
                start_time_unix_nano=draw(times), time_unix_nano=draw(times), flags=draw(st.sampled_from([0, 0, 0, 1]))
            )
            add_attributes(point.attributes, draw(attributes))
            number = draw(st.one_of(st.none(), int64, st.floats(width=64)))
            if kind in ("sum", "gauge"):
                if isinstance(number, int):
                    point.as_int = number
                elif number is not None:
                    point.as_double = number
            else:
                point.count = draw(st.integers(0, 2**64 - 1))
                if number is not None:
                    point.sum = float(number)
    return request


@st.composite
def traces(draw: st.DrawFn) -> Any:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for _ in range(draw(st.integers(0, 3))):
        span = scope.spans.add(
            trace_id=draw(ids(16)),
            span_id=draw(ids(8)),
            parent_span_id=draw(ids(8)),
            name=draw(texts),
            start_time_unix_nano=draw(times),
            end_time_unix_nano=draw(times),
        )
        span.status.code = draw(st.integers(0, 2))  # type: ignore[assignment]
        add_attributes(span.attributes, draw(attributes))
        for _ in range(draw(st.integers(0, 2))):
            span.events.add(name="attempt")
    return request


@pytest.mark.parametrize(("signal", "strategy"), [("logs", logs()), ("metrics", metrics()), ("traces", traces())])
def test_any_request_is_the_same_in_both(signal: str, strategy: st.SearchStrategy[Any]) -> None:
    @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
    @given(strategy)
    def agree(request: Any) -> None:
        body = request.SerializeToString()
        protobuf = decode(FrameKind[f"{signal}_protobuf".upper()], body)
        text = json.dumps(otlp_json(request), ensure_ascii=False).encode()
        as_json = decode(FrameKind[f"{signal}_json".upper()], text)
        assert [plain(r) for r in protobuf.records] == [plain(r) for r in as_json.records]
        assert protobuf.drops == as_json.drops
        assert protobuf.refused is None

    agree()


@given(logs())
@settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow])
def test_attributes_are_what_the_full_schema_says(request: Any) -> None:
    """The hand-written reader against the generated code."""
    records = decode(FrameKind.LOGS_PROTOBUF, request.SerializeToString()).records
    said = [r for g in request.resource_logs for s in g.scope_logs for r in s.log_records]
    assert len(records) == len(said)
    for record, full in zip(records, said, strict=True):
        assert canonical(record.attributes) == canonical({a.key: python(a.value) for a in full.attributes})


def python(value: Any) -> Any:
    which = value.WhichOneof("value")
    if which is None:
        return None
    found = getattr(value, which)
    if which == "array_value":
        return [python(item) for item in found.values]
    if which == "kvlist_value":
        return {item.key: python(item.value) for item in found.values}
    return found
