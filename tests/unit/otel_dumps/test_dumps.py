"""Files of the SDK's own objects: whole, growing, cut off and damaged; the same records as over OTLP."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tachograph.inputs.files.kinds import is_candidate, kind_of
from tachograph.inputs.files.otel_dump import objects
from tachograph.inputs.files.otel_dump.objects import Found, read_objects
from tachograph.inputs.files.otel_dump.reading import DumpFileReader
from tachograph.inputs.files.otel_dump.records import DumpReader
from tachograph.inputs.files.queue import Queue
from tachograph.inputs.files.unit import FileKind, NamedFile
from tachograph.inputs.histories.find import look_at
from tachograph.inputs.histories.report import ImportReport
from tachograph.inputs.otlp.decode import Decoder
from tachograph.ports import Batch, FileState, FrameKind, WriteResult
from tachograph.store.duckdb import DuckDBStore
from tachograph_sdk.model.event import DropReason, Event, EventKind, RawEvent, Source
from tests.captures import RECEIVED_US, frame
from tests.effort import few_of
from tests.sessions import GOLDEN, expected, ledger, local_records, make_pipeline, ran, totals, usage

SESSIONS = sorted(path.parent for path in GOLDEN.glob("*/*/*/files"))
each_session = pytest.mark.parametrize("session", SESSIONS, ids=lambda p: f"{p.parent.parent.name}-{p.name}")
OUTFILE = SESSIONS[0] / "files" / "telemetry.log"


def bodies(data: bytes) -> list[bytes]:
    return [found.body for found in read_objects(io.BytesIO(data)) if found.body]


def events_of(data: bytes) -> list[Event]:
    reader, pipeline = DumpReader(), make_pipeline()
    events: list[Event] = []
    for body in bodies(data):
        decoded = reader.read(body, RECEIVED_US)
        assert decoded is not None
        assert decoded.refused is None
        assert not decoded.drops or {what for _, what in decoded.drops} <= {"span.events"}
        events += pipeline.run_records(decoded.records).events
    return events


def played(session: Path) -> dict[str, int]:
    told = expected(session)
    tokens = told["tokens"]
    inside = told["note"].startswith("OpenAI")
    return {
        "input_tokens": tokens["input"] - tokens["cached"],
        "cache_read_tokens": tokens["cached"],
        "output_tokens": tokens["output"] + (0 if inside else tokens["thoughts"]),
        "reasoning_tokens": tokens["thoughts"],
        "requests": told["api_responses_ok"],
    }


def test_the_recorded_files_are_here_and_known_by_what_is_in_them(tmp_path: Path) -> None:
    assert len(SESSIONS) == 4
    for session in SESSIONS:
        path = session / "files" / "telemetry.log"
        assert kind_of(str(path)) is FileKind.OTEL_DUMP
        packed = tmp_path / f"{session.name}.log.gz"
        packed.write_bytes(gzip.compress(path.read_bytes()))
        assert kind_of(str(packed)) is FileKind.OTEL_DUMP
    assert is_candidate("telemetry.log")
    other = tmp_path / "package.json"
    other.write_text(json.dumps({"resource": {"a": 1}, "name": "x"}, indent=2))
    assert kind_of(str(other)) is not FileKind.OTEL_DUMP


@each_session
def test_a_file_gives_what_was_played(session: Path) -> None:
    events = events_of((session / "files" / "telemetry.log").read_bytes())
    assert usage(events, Source.OTEL_LOG) == played(session)
    counted = {"input_total": 0, "cache_read": 0}
    for event in events:
        if event.kind is EventKind.USAGE_COUNTER and event.attributes["counter"] in counted:
            counted[str(event.attributes["counter"])] += int(event.attributes["quantity"])
    tokens = expected(session)["tokens"]
    assert counted == {"input_total": tokens["input"], "cache_read": tokens["cached"]}


@each_session
def test_a_file_and_the_chats_count_once(session: Path) -> None:
    exported = events_of((session / "files" / "telemetry.log").read_bytes())
    store = ledger(exported, ran(local_records(session, session.parent.parent.name)))
    found, truth = totals(store), played(session)
    names = ("requests", "input_tokens", "cache_read_tokens", "output_tokens")
    assert {name: found[name] for name in names} == {name: truth[name] for name in names}
    assert found["coverage"]["residual"]["tokens"] == 0
    store.close()


class Files:
    """Reads one file again and again, as the importer does."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.store = DuckDBStore(":memory:")
        self.report = ImportReport()
        self._pipeline = make_pipeline()
        self._states: dict[str, FileState] = {}
        self._queue = Queue(self._take_in, self.report, self._states)
        self._reader = DumpFileReader(self._queue)

    def read(self) -> None:
        found = look_at(str(self.path), None)
        assert found is not None
        self._reader.read(NamedFile(found, "f", self._states.get("f"), RECEIVED_US))
        self._queue.flush()

    @property
    def offset(self) -> int:
        return self._states["f"].offset

    def _take_in(self, run: Callable[[Any], Batch]) -> WriteResult:
        result = self.store.write(run(self._pipeline))
        self.store.settle()
        return result


def test_a_growing_file_is_read_on_from_where_it_ended(tmp_path: Path) -> None:
    data = OUTFILE.read_bytes()
    whole = Files(OUTFILE)
    whole.read()
    assert whole.report.new > 0
    for cut in few_of(range(1, len(data), len(data) // 23), 7):
        path = tmp_path / "telemetry.log"
        path.write_bytes(data[:cut])
        growing = Files(path)
        growing.read()
        before = growing.offset
        assert before <= cut
        with path.open("ab") as file:
            file.write(data[cut:])
        growing.read()
        assert growing.report.new == whole.report.new
        assert growing.report.duplicate == 0
        assert growing.report.bytes <= len(data) + (cut - before) + 1
        assert not growing.report.quarantined
        assert totals(growing.store) == totals(whole.store)
        growing.read()
        assert growing.report.new == whole.report.new
        growing.store.close()
    whole.store.close()


def test_a_file_that_was_replaced_is_read_anew(tmp_path: Path) -> None:
    path = tmp_path / "telemetry.log"
    path.write_bytes(OUTFILE.read_bytes())
    files = Files(path)
    files.read()
    new = files.report.new
    path.write_bytes((SESSIONS[-1] / "files" / "telemetry.log").read_bytes())
    files.read()
    assert files.report.new > new
    files.store.close()


def test_half_an_object_costs_itself_and_no_other() -> None:
    whole = bodies(OUTFILE.read_bytes())
    for number in (0, 3, len(whole) - 2):
        half = whole[number][: len(whole[number]) // 2]
        data = b"\n".join(whole[:number]) + b"\n" + half + b"\n".join(whole[number + 1 :]) + b"\n"
        found = list(read_objects(io.BytesIO(data)))
        assert [f.body for f in found if f.body] == whole[:number] + whole[number + 1 :]
        assert [f.problem for f in found if not f.body] == [DropReason.MALFORMED]


def test_text_between_objects_is_passed_over_and_counted() -> None:
    whole = bodies(OUTFILE.read_bytes())[4:8]
    data = b"npm warn something\n".join(body + b"\n" for body in whole) + b"the end\n"
    found = list(read_objects(io.BytesIO(data)))
    assert [f.body for f in found if f.body] == whole
    assert [f.size for f in found if f.problem] == [len(b"npmwarnsomething")] * 3 + [len(b"theend")]
    assert found[-1].end == len(data)


def test_an_object_that_is_too_large_is_passed_over_without_being_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(objects, "MAX_OBJECT_BYTES", 100_000)
    monkeypatch.setattr(objects, "_PIECE_BYTES", 4096)
    small = b'{\n  "hrTime": [\n    1,\n    2\n  ]\n}'
    large = b'{\n  "hrTime": [\n    1\n  ],\n  "x": "' + b"y" * 3_000_000 + b'"\n}'
    longest = 0

    class Watched(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            nonlocal longest
            longest = max(longest, size or 0)
            return super().read(size)

    found = list(read_objects(Watched(small + b"\n" + large + b"\n" + small + b"\n")))
    assert next(f.problem for f in found if f.problem) is DropReason.TOO_LARGE
    assert [f.body for f in found if f.body] == [small, small]
    assert longest == 4096


def test_an_object_that_is_no_json_or_none_of_the_sdk_is_told_apart() -> None:
    refused = DumpReader().read(b'{\n  "hrTime": [1,\n}', RECEIVED_US)
    assert refused is not None
    assert refused.refused is DropReason.MALFORMED
    assert DumpReader().read(b'{\n  "a": 1\n}', RECEIVED_US) is None
    assert DumpReader().read(b"[1]", RECEIVED_US) is None


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_raises(data: Any) -> None:
    original = bytearray(OUTFILE.read_bytes()[:60_000])
    for _ in range(data.draw(st.integers(1, 20))):
        at = data.draw(st.integers(0, len(original) - 1))
        original[at : at + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    reader, end = DumpReader(), 0
    for found in read_objects(io.BytesIO(bytes(original))):
        assert isinstance(found, Found)
        assert end <= found.end <= len(original)
        end = found.end
        if found.body:
            reader.read(found.body, RECEIVED_US)


RESOURCE = {"service.name": "gemini-cli", "session.id": "5fce16e6-a796-483d-ae09-418555df6dfc", "process.pid": 7}
AT = 1_795_155_876


def any_value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": value}
    if isinstance(value, float):
        return {"doubleValue": value}
    return (
        {"arrayValue": {"values": [any_value(v) for v in value]}} if isinstance(value, list) else {"stringValue": value}
    )


def pairs(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": name, "value": any_value(value)} for name, value in values.items()]


def dumped(told: dict[str, Any]) -> list[RawEvent]:
    resource = {"_rawAttributes": [*map(list, RESOURCE.items()), ["host.id", None]], "_asyncAttributesPending": False}
    decoded = DumpReader().read(json.dumps({"resource": resource, **told}, indent=2).encode(), RECEIVED_US)
    assert decoded is not None
    assert not decoded.drops
    return decoded.records


def received(kind: FrameKind, group: str, scoped: str, part: dict[str, Any]) -> list[RawEvent]:
    request = {group: [{"resource": {"attributes": pairs(RESOURCE)}, scoped: [part]}]}
    return Decoder().decode(frame(kind, json.dumps(request).encode())).records


def test_a_log_record_is_the_one_that_is_sent() -> None:
    attributes = {
        "event.name": "gemini_cli.api_response",
        "input_token_count": 12,
        "finish_reasons": ["stop"],
        "x": 0.5,
    }
    trace, span = "0d004e5996d12db2e8ca1ce63e435a80", "630dc477428cf95f"
    context = {"traceId": trace, "spanId": span, "traceFlags": 1}
    (sent,) = received(
        FrameKind.LOGS_JSON,
        "resourceLogs",
        "scopeLogs",
        {
            "scope": {"name": "gemini-cli"},
            "logRecords": [
                {
                    "timeUnixNano": str(AT * 10**9 + 5_000_000),
                    "body": {"stringValue": "API response"},
                    "attributes": pairs(attributes),
                    "traceId": trace,
                    "spanId": span,
                }
            ],
        },
    )
    body = {"_body": "API response", "attributes": attributes}
    for told in (
        {"hrTime": [AT, 5_000_000], "spanContext": context, **body},
        {"_hrTime": [AT, 5_000_000], "_spanContext": context, **body},
        {"hrTime": [0, 0], "hrTimeObserved": [AT, 5_000_000], "spanContext": context, **body},
    ):
        assert dumped(told) == [sent]


def test_a_span_is_the_one_that_is_sent() -> None:
    trace, span, parent = "0d004e5996d12db2e8ca1ce63e435a80", "630dc477428cf95f", "28047dce23e2fbea"
    (sent,) = received(
        FrameKind.TRACES_JSON,
        "resourceSpans",
        "scopeSpans",
        {
            "scope": {"name": "gemini-cli"},
            "spans": [
                {
                    "traceId": trace,
                    "spanId": span,
                    "parentSpanId": parent,
                    "name": "tool_call",
                    "startTimeUnixNano": str(AT * 10**9),
                    "endTimeUnixNano": str(AT * 10**9 + 7),
                    "status": {"code": 2},
                    "attributes": pairs({"gen_ai.tool.name": "read_file"}),
                }
            ],
        },
    )
    told = {
        "_spanContext": {"traceId": trace, "spanId": span, "traceFlags": 1},
        "kind": 0,
        "attributes": {"gen_ai.tool.name": "read_file"},
        "events": [],
        "startTime": [AT, 0],
        "endTime": [AT, 7],
        "name": "tool_call",
        "status": {"code": 2, "message": "no"},
    }
    assert dumped({**told, "parentSpanContext": {"spanId": parent}}) == [sent]
    assert dumped({**told, "parentSpanId": parent}) == [sent]


def test_metrics_are_those_that_are_sent_with_times_written_once_and_the_sdks_own_temporality() -> None:
    start, end = str(AT * 10**9), str((AT + 9) * 10**9)
    point = {"startTimeUnixNano": start, "timeUnixNano": end}
    session, seconds = {"session.id": "s"}, {"phase": "start"}
    sent = received(
        FrameKind.METRICS_JSON,
        "resourceMetrics",
        "scopeMetrics",
        {
            "scope": {"name": "gemini-cli"},
            "metrics": [
                {
                    "name": "gemini_cli.token.usage",
                    "sum": {
                        "aggregationTemporality": 2,
                        "isMonotonic": True,
                        "dataPoints": [
                            {**point, "asInt": 12, "attributes": pairs({**session, "type": "input"})},
                            {**point, "asInt": 7, "attributes": pairs({**session, "type": "output"})},
                        ],
                    },
                },
                {
                    "name": "gemini_cli.startup.duration",
                    "unit": "ms",
                    "histogram": {
                        "aggregationTemporality": 1,
                        "dataPoints": [{**point, "count": "1", "sum": 14, "attributes": pairs(seconds)}],
                    },
                },
                {
                    "name": "gemini_cli.memory.usage",
                    "gauge": {"dataPoints": [{**point, "asDouble": 3, "attributes": pairs(session)}]},
                },
            ],
        },
    )
    told = {
        "scopeMetrics": [
            {
                "scope": {"name": "gemini-cli", "version": ""},
                "metrics": [
                    {
                        "descriptor": {"name": "gemini_cli.token.usage", "unit": "", "valueType": 0},
                        "aggregationTemporality": 1,
                        "dataPointType": 3,
                        "isMonotonic": True,
                        "dataPoints": [
                            {
                                "attributes": {**session, "type": "input"},
                                "startTime": [AT, 0],
                                "endTime": [AT + 9, 0],
                                "value": 12,
                            },
                            {
                                "attributes": {**session, "type": "output"},
                                "startTime": "[Circular]",
                                "endTime": "[Circular]",
                                "value": 7,
                            },
                        ],
                    },
                    {
                        "descriptor": {"name": "gemini_cli.startup.duration", "unit": "ms", "valueType": 0},
                        "aggregationTemporality": 0,
                        "dataPointType": 0,
                        "dataPoints": [
                            {
                                "attributes": seconds,
                                "startTime": [AT, 0],
                                "endTime": "[Circular]",
                                "value": {"sum": 14, "count": 1, "buckets": {"boundaries": "[Circular]"}},
                            }
                        ],
                    },
                    {
                        "descriptor": {"name": "gemini_cli.memory.usage", "unit": "", "valueType": 1},
                        "aggregationTemporality": 1,
                        "dataPointType": 2,
                        "dataPoints": [
                            {"attributes": session, "startTime": [AT, 0], "endTime": "[Circular]", "value": 3}
                        ],
                    },
                ],
            }
        ]
    }
    assert dumped(told) == sent


def test_a_metric_without_a_known_temporality_or_point_is_left_out_and_counted() -> None:
    descriptor = {"name": "gemini_cli.token.usage", "unit": "", "valueType": 0}
    good = {"attributes": {}, "startTime": [AT, 0], "endTime": [AT, 1], "value": 1}
    odd = {"descriptor": descriptor, "dataPointType": 3, "isMonotonic": True, "dataPoints": [good]}
    fine = {**odd, "aggregationTemporality": 1}
    fine["dataPoints"] = [{**good, "attributes": "[Circular]"}, {**good, "value": "NaN"}, 7, good]
    body = json.dumps({"resource": {}, "scopeMetrics": [{"scope": {}, "metrics": [odd, fine, 3]}, None]}).encode()
    decoded = DumpReader().read(body, RECEIVED_US)
    assert decoded is not None
    assert len(decoded.records) == 1
    assert decoded.drops == {
        (DropReason.MALFORMED, "temporality"): 1,
        (DropReason.MALFORMED, "attributes"): 1,
        (DropReason.BAD_NUMBER, "point"): 1,
        (DropReason.MALFORMED, "point"): 1,
        (DropReason.MALFORMED, "metric"): 1,
        (DropReason.MALFORMED, "record"): 1,
    }


def test_two_processes_that_wrote_to_one_file_are_two_streams() -> None:
    session = next(session for session in SESSIONS if session.parent.name == "0.24.4")  # its metrics name no session
    events = events_of((session / "files" / "telemetry.log").read_bytes())
    inputs = [e for e in events if e.kind is EventKind.USAGE_COUNTER and e.attributes["counter"] == "input_total"]
    assert {e.session_id for e in inputs} == {None}
    assert sum(int(e.attributes["quantity"]) for e in inputs) == expected(session)["tokens"]["input"]
