"""The wall's own property: whatever a client puts wherever it can, none of it comes out the other side.

Requests are stuffed with canaries in every field, key and nested value, and go from bytes through decoding, classifying
and releasing; then everything that could be stored, shown or logged is searched for them.
"""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tachograph.inputs.agents.claude_code.telemetry.events import EVENTS
from tachograph.inputs.agents.claude_code.telemetry.metrics import METRICS
from tachograph.inputs.agents.claude_code.telemetry.spans import SPANS
from tachograph.inputs.agents.claude_code.telemetry.spec import COMMON, RESOURCE
from tachograph.ports import Batch, FrameKind
from tachograph.store.duckdb import DuckDBStore
from tachograph_sdk.model.attributes import ATTRIBUTES
from tachograph_sdk.model.event import EventKind, RawEvent, Source
from tachograph_sdk.privacy.policy import POLICY, Preset, Treatment
from tests.captures import RECEIVED_US, frame, otlp_json, pipeline

NOW = 1_795_141_838_505_000_000

# A secret has a form that no name has, so it may stand anywhere, also where names are kept.
CORE = "Qz7Canary9x"
SECRETS = [
    f"{CORE}@example.com",
    f"/home/{CORE}/project/greet.py",
    f"C:\\Users\\{CORE}\\x.txt",
    f"please use {CORE} for this",
    f"sk-ant-api03-{CORE}",
    f"ghp_{CORE}AAAAAAAAAAAAAAAAAAAAAAAAA",
    f"https://user:{CORE}@host/path",
    f'{{"command":"echo {CORE}"}}',
    f"AKIA{CORE.upper()}AAAA {CORE}",
    f"<task-notification>{CORE}</task-notification>",
    f"{CORE}\n{CORE}",
    f"{CORE}\u202e\x00",
    f"api_key={CORE}",
    f"{CORE} " * 2000,
]

# A plain word looks like a name; it must not come out of anything but the attributes that keep names.
WORD = "zebrafinch"
TEXT_KEPT = {r.attribute for r in POLICY.rules if r.treatment is Treatment.KEEP and r.shape}
TABLES = (EVENTS, METRICS, SPANS)
SPECS = [spec for table in TABLES for spec in table.values()]
RAW_NAMES = sorted(
    {name for spec in SPECS for name in spec.names}
    | {rule.attribute for rule in POLICY.rules}
    | set(ATTRIBUTES)
    | set(COMMON)
    | set(RESOURCE)
    | {"event.timestamp", "extra", "type"}
)
OURS = {name: {spec.names[name] for spec in SPECS if name in spec.names} for name in RAW_NAMES}
KEEPS_NO_WORD = [
    name
    for name in RAW_NAMES
    if name not in ("type", "_use_id", "query_source_safe")
    and not OURS[name] & TEXT_KEPT
    and COMMON.get(name, RESOURCE.get(name, "")) not in TEXT_KEPT
]

secrets = st.sampled_from(SECRETS)
nested = st.recursive(
    st.one_of(secrets, secrets.map(str.encode), st.integers(), st.booleans(), st.none(), st.floats()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(secrets, inner, max_size=3),
    max_leaves=5,
)
hostile_attribute = st.tuples(st.one_of(st.sampled_from(RAW_NAMES), secrets), nested)
plain_attribute = st.tuples(
    st.sampled_from(KEEPS_NO_WORD), st.sampled_from([WORD, [WORD], {WORD: WORD}, WORD.encode()])
)
attributes = st.lists(st.one_of(hostile_attribute, plain_attribute), max_size=12)
event_names = st.one_of(st.sampled_from(sorted(EVENTS)), secrets)


def put(value: Any, spec: Any) -> None:
    if isinstance(spec, bool):
        value.bool_value = spec
    elif isinstance(spec, int):
        value.int_value = max(-(2**63), min(spec, 2**63 - 1))
    elif isinstance(spec, float):
        value.double_value = spec
    elif isinstance(spec, str):
        value.string_value = spec
    elif isinstance(spec, bytes):
        value.bytes_value = spec
    elif isinstance(spec, list):
        value.array_value.SetInParent()
        for item in spec:
            put(value.array_value.values.add(), item)
    elif isinstance(spec, dict):
        value.kvlist_value.SetInParent()
        for key, item in spec.items():
            put(value.kvlist_value.values.add(key=key).value, item)


def add(target: Any, pairs: list[tuple[str, Any]]) -> None:
    for key, spec in pairs:
        put(target.add(key=key).value, spec)


def add_resource(group: Any, draw: st.DrawFn) -> None:
    add(group.resource.attributes, draw(attributes))
    service = draw(st.sampled_from(["claude-code", "claude-code", "claude-code", CORE, f"my {CORE}"]))
    group.resource.attributes.add(key="service.name").value.string_value = service


@st.composite
def logs(draw: st.DrawFn) -> Any:
    request = ExportLogsServiceRequest()
    group = request.resource_logs.add()
    add_resource(group, draw)
    scope = group.scope_logs.add(schema_url=draw(secrets))
    scope.scope.name = draw(secrets)
    for _ in range(draw(st.integers(1, 3))):
        record = scope.log_records.add(time_unix_nano=NOW, event_name=draw(secrets), severity_text=draw(secrets))
        put(record.body, draw(nested))
        add(record.attributes, draw(attributes))
        record.attributes.add(key="event.name").value.string_value = draw(event_names)
    return request


@st.composite
def metrics(draw: st.DrawFn) -> Any:
    request = ExportMetricsServiceRequest()
    group = request.resource_metrics.add()
    add_resource(group, draw)
    scope = group.scope_metrics.add()
    scope.scope.name = draw(secrets)
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.one_of(st.sampled_from(sorted(METRICS)).map(lambda n: f"claude_code.{n}"), secrets))
        metric = scope.metrics.add(name=name, unit=draw(secrets), description=draw(secrets))
        metric.sum.aggregation_temporality = draw(st.sampled_from([1, 2]))  # type: ignore[assignment]
        metric.sum.is_monotonic = True
        point = metric.sum.data_points.add(time_unix_nano=NOW, start_time_unix_nano=NOW - 1, as_double=1)
        add(point.attributes, draw(attributes))
    return request


@st.composite
def traces(draw: st.DrawFn) -> Any:
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    add_resource(group, draw)
    scope = group.scope_spans.add()
    for _ in range(draw(st.integers(1, 3))):
        name = draw(st.one_of(st.sampled_from(sorted(SPANS)).map(lambda n: f"claude_code.{n}"), secrets))
        span = scope.spans.add(trace_id=b"\x01" * 16, span_id=b"\x02" * 8, name=name, start_time_unix_nano=NOW)
        span.status.message = draw(secrets)
        add(span.attributes, draw(attributes))
        inner = span.events.add(name=draw(secrets))
        add(inner.attributes, draw(attributes))
    return request


def search(batch: Batch, log: pytest.LogCaptureFixture | None = None) -> None:
    """Nothing of the canaries in anything that is stored, counted, shown or logged."""
    places = {
        "events": repr(batch.events) + json.dumps([dict(e.attributes) for e in batch.events]),
        "drops": repr(batch.drops),
        "quarantine": repr(batch.quarantined),
        "streams": repr(batch.streams),
        "log": log.text if log is not None else "",
    }
    for place, text in places.items():
        assert CORE.lower() not in text.lower(), place
        assert WORD not in text, place


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@pytest.mark.parametrize(("signal", "strategy"), [("logs", logs()), ("metrics", metrics()), ("traces", traces())])
def test_nothing_a_client_sends_comes_through(
    signal: str, strategy: st.SearchStrategy[Any], encoding: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen = {"events": 0}

    @settings(max_examples=100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
    @given(strategy)
    def holds(request: Any) -> None:
        body = request.SerializeToString()
        if encoding == "json":
            body = json.dumps(otlp_json(request)).encode()
        batch = pipeline().run([frame(FrameKind[f"{signal}_{encoding}".upper()], body)])
        search(batch, caplog)
        seen["events"] += len(batch.events)

    holds()
    assert seen["events"] > 15, "the test must send what gets through, or it shows nothing"


hostile: st.SearchStrategy[Any] = attributes


@st.composite
def records(draw: st.DrawFn) -> RawEvent:
    """What an importer might hand over: canonical names, and anything else."""
    names = st.sampled_from([*sorted(ATTRIBUTES), "session_id", *KEEPS_NO_WORD])
    return RawEvent(
        agent="claude_code",
        source=Source.TRANSCRIPT,
        name=draw(st.one_of(st.just("assistant"), secrets)),
        at_ns=NOW,
        received_us=RECEIVED_US,
        key=draw(secrets).encode(),
        attributes=dict(draw(st.lists(st.tuples(st.one_of(names, secrets), nested), max_size=30))),
        resource=dict(draw(hostile)),
        kind=draw(st.sampled_from(list(EventKind))),
    )


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(records(), min_size=1, max_size=4))
def test_nothing_an_importer_hands_over_comes_through(found: list[RawEvent]) -> None:
    shown = "".join(repr(record) for record in found)
    batch = pipeline().run_records(found)
    assert len(batch.events) == len(found)
    search(batch)
    assert not [record for record in found if record.name == "assistant" and CORE in repr(record)], (
        "names are shown, values not"
    )
    assert WORD not in shown


def every_secret_everywhere() -> list[RawEvent]:
    """Each kind of event with each form of a secret in each attribute, and nested, and as a name."""
    return [
        RawEvent(
            agent="claude_code",
            source=Source.OTEL_LOG,
            name=secret,
            at_ns=NOW,
            received_us=RECEIVED_US,
            key=f"{kind}{number}".encode(),
            attributes={**dict.fromkeys([*ATTRIBUTES, "session_id", *KEEPS_NO_WORD], secret), secret: [secret]},
            resource={secret: secret},
            kind=kind,
        )
        for kind in EventKind
        for number, secret in enumerate(SECRETS)
    ]


@pytest.mark.parametrize("preset", [Preset.STRICT, Preset.STANDARD])
def test_every_attribute_of_every_kind_refuses_every_secret(preset: Preset) -> None:
    """Not by chance but one by one: each attribute, each kind, each form of a secret."""
    wall = pipeline(preset=preset)
    for record in every_secret_everywhere():
        batch = wall.run_records([record])
        assert len(batch.events) == 1
        search(batch)


def test_no_secret_is_in_any_file_of_the_store(tmp_path: Path) -> None:
    """The bytes on disk, before and after the engine tidied them up; a word that is kept must be found the same way."""
    found = every_secret_everywhere()
    known = "kept-by-its-name"
    found.append(replace(found[0], key=b"known", kind=EventKind.API_REQUEST, attributes={"skill": known}))
    batch = pipeline().run_records(found)
    broken = frame(FrameKind.LOGS_JSON, SECRETS[0].encode())
    batch.quarantined = pipeline().run([broken]).quarantined
    assert batch.quarantined
    store = DuckDBStore(tmp_path / "store.duckdb")
    try:
        assert store.write(batch).new == len(found)
        store.settle()
        on_disk(tmp_path, known)
    finally:
        store.close()
    on_disk(tmp_path, known)


def on_disk(folder: Path, known: str) -> None:
    stored = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file()).lower()
    assert known.encode() in stored, "the search must find what is there"
    assert CORE.lower().encode() not in stored
    assert WORD.encode() not in stored
