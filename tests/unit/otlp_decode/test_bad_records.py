"""One bad record never costs the others, and is counted with its reason."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tachograph.inputs.otlp import raw_records
from tachograph.inputs.otlp.attributes import MAX_DEPTH, AttributeMemo, BadRecord, canonical
from tachograph.inputs.otlp.decode import Decoded, Decoder
from tachograph.ports import FrameKind
from tachograph_sdk.model.event import DropReason
from tests.captures import CAPTURES, RECEIVED_US, SCHEMAS, frame, frames, otlp_json

NOW = 1_795_141_838_505_000_000
TRACE, SPAN = b"\x01" * 16, b"\x02" * 8


def decode(kind: str, body: bytes) -> Decoded:
    return Decoder().decode(frame(FrameKind[kind.upper()], body))


def document(*records: Any) -> bytes:
    return json.dumps({"resourceLogs": [{"resource": {}, "scopeLogs": [{"logRecords": list(records)}]}]}).encode()


def log(name: str, **more: Any) -> dict[str, Any]:
    return {
        "timeUnixNano": str(NOW),
        "attributes": [{"key": "event.name", "value": {"stringValue": name}}],
        **more,
    }


def length(data: bytes) -> bytes:
    size, out = len(data), b""
    while size > 127:
        out += bytes([size & 127 | 128])
        size >>= 7
    return out + bytes([size]) + data


def field(number: int, data: bytes) -> bytes:
    return bytes([number << 3 | 2]) + length(data)


def logs_of(*records: bytes) -> bytes:
    return field(1, field(2, b"".join(field(2, record) for record in records)))


def attribute(key: str, value: bytes) -> bytes:
    return field(6, field(1, key.encode()) + field(2, value))


def named(name: str) -> bytes:
    return attribute("event.name", field(1, name.encode()))


@pytest.mark.parametrize(
    "bad",
    [
        field(6, b"\x0a\x05ab"),  # an attribute that is cut off
        field(6, b"\xff\xff\xff\xff"),
        attribute("x", b"\x18"),  # a number without digits
        b"\x32\x7f",  # a record that is cut off
        b"\x0b",  # a group that never ends
    ],
    ids=["cut attribute", "no attribute", "cut number", "cut record", "open group"],
)
def test_a_broken_protobuf_record_costs_only_itself(bad: bytes) -> None:
    decoded = decode("logs_protobuf", logs_of(named("first"), bad, named("last")))
    assert [r.name for r in decoded.records] == ["first", "last"]
    assert sum(decoded.drops.values()) == 1
    assert {reason for reason, _ in decoded.drops} == {DropReason.MALFORMED}
    assert decoded.refused is None


@pytest.mark.parametrize(
    "bad",
    [
        17,
        "text",
        log("bad", timeUnixNano="yesterday"),
        log("bad", timeUnixNano="9" * 20_000),
        log("bad", timeUnixNano=-1),
        log("bad", attributes=[{"key": "n", "value": {"intValue": "1.5"}}]),
        log("bad", attributes=[{"key": "n", "value": {"intValue": 2**63}}]),
        log("bad", attributes=[{"key": 5, "value": {}}]),
        log("bad", attributes={"event.name": "bad"}),
        log("bad", attributes=[{"key": "d", "value": {"doubleValue": "many"}}]),
        log("bad", attributes=[{"key": "b", "value": {"bytesValue": "***"}}]),
        log("bad", attributes=[{"key": "b", "value": {"boolValue": "yes"}}]),
    ],
    ids=lambda bad: json.dumps(bad)[-50:],
)
def test_a_broken_json_record_costs_only_itself(bad: Any) -> None:
    decoded = decode("logs_json", document(log("first"), bad, log("last")))
    assert [r.name for r in decoded.records] == ["first", "last"]
    assert sum(decoded.drops.values()) == 1
    assert {reason for reason, _ in decoded.drops} == {DropReason.MALFORMED}


def test_a_number_of_twenty_thousand_digits_costs_only_its_record() -> None:
    body = document(log("first"), log("bad", timeUnixNano="@"), log("last")).replace(b'"@"', b"9" * 20_000)
    decoded = decode("logs_json", body)
    assert [r.name for r in decoded.records] == ["first", "last"]
    assert decoded.drops == {(DropReason.MALFORMED, "record"): 1}


def test_bad_utf8_costs_only_its_record() -> None:
    body = document(log("first"), log("bad", eventName="?"), log("last")).replace(b'"?"', b'"\xff\xfe"')
    decoded = decode("logs_json", body)
    assert [r.name for r in decoded.records] == ["first", "last"]
    assert decoded.drops == {(DropReason.MALFORMED, "record"): 1}


@pytest.mark.parametrize(
    "resource",
    [
        17,
        {"resource": "me", "scopeLogs": [{"logRecords": [log("bad")]}]},
        {"resource": {"attributes": 5}},
        {"scopeLogs": "none"},
        {"scopeLogs": [5]},
        {"scopeLogs": [{"logRecords": log("bad")}]},
    ],
)
def test_a_broken_json_resource_costs_only_itself(resource: Any) -> None:
    good = json.loads(document(log("good")))["resourceLogs"]
    decoded = decode("logs_json", json.dumps({"resourceLogs": [*good, resource, *good]}).encode())
    assert [r.name for r in decoded.records] == ["good", "good"]
    assert decoded.drops == {(DropReason.MALFORMED, "resource"): 1}


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_a_resource_that_cannot_be_read_takes_its_own_records_with_it(encoding: str) -> None:
    request = ExportLogsServiceRequest()
    for bad in (False, True, False):
        group = request.resource_logs.add()
        for number in range(raw_records.MAX_ATTRIBUTES + 1 if bad else 1):
            group.resource.attributes.add(key=f"k{number}")
        for _ in range(2):
            group.scope_logs.add().log_records.add(time_unix_nano=NOW, event_name="bad" if bad else "good")
    body = request.SerializeToString() if encoding == "protobuf" else json.dumps(otlp_json(request)).encode()
    decoded = decode(f"logs_{encoding}", body)
    assert [r.name for r in decoded.records] == ["good"] * 4
    assert decoded.drops == {(DropReason.TOO_LARGE, "resource"): 2}


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_a_large_request_is_handed_over_in_parts(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(raw_records, "MAX_WAITING", 10)
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for number in range(20):
        record = scope.log_records.add(time_unix_nano=NOW, event_name=str(number))
        for name in "abcd":
            record.attributes.add(key=name)
    body = request.SerializeToString() if encoding == "protobuf" else json.dumps(otlp_json(request)).encode()
    parts: list[list[str]] = []
    kind = FrameKind[f"logs_{encoding}".upper()]
    rest = Decoder().decode(frame(kind, body), lambda ready: parts.append([r.name for r in ready]))
    assert [len(part) for part in parts] == [3] * 6
    assert [n for part in parts for n in part] + [r.name for r in rest.records] == [str(n) for n in range(20)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"17",
        b'{"resourceLogs": [NaN]}',
        b'"text"',
        b"{",
        b"\xff",
        b"[" * 200_000,
        b'{"a":' * 200_000,
    ],
)
def test_json_that_is_no_request_is_refused_as_a_whole(body: bytes) -> None:
    decoded = decode("logs_json", body)
    assert decoded.refused is DropReason.MALFORMED
    assert decoded.drops == {(DropReason.MALFORMED, "request"): 1}
    assert not decoded.records


@pytest.mark.parametrize("body", [b"\xff", b"\x0a\x05ab", b"not protobuf at all", b"\x0a\xff\xff\xff\xff\x0f"])
def test_protobuf_that_is_no_request_is_refused_as_a_whole(body: bytes) -> None:
    decoded = decode("logs_protobuf", body)
    assert decoded.refused is DropReason.MALFORMED
    assert not decoded.records


@pytest.mark.parametrize("signal", ["logs", "metrics", "traces"])
def test_an_empty_request_holds_nothing(signal: str) -> None:
    for kind, body in (("protobuf", b""), ("json", b"{}")):
        decoded = decode(f"{signal}_{kind}", body)
        assert (decoded.records, decoded.drops, decoded.refused) == ([], {}, None)


def test_odd_json_that_clients_really_send_is_read() -> None:
    body = json.dumps(
        {
            "resourceLogs": [
                {
                    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "x"}}]},
                    "scopeLogs": [
                        {
                            "scope": None,
                            "logRecords": [
                                {
                                    "timeUnixNano": "0",
                                    "observedTimeUnixNano": str(NOW),
                                    "body": None,
                                    "traceId": "",
                                    "spanId": "",
                                    "severityText": "Info",
                                    "newField": {"deep": [1]},
                                    "eventName": "event otel/src/session.rs:1089",
                                    "attributes": [
                                        {"key": "event.name", "value": {"stringValue": "codex.api_request"}},
                                        {"key": "decision", "value": {}},
                                        {"key": "gone", "value": None},
                                        {"key": "n", "value": {"intValue": "50"}},
                                        {"key": "m", "value": {"intValue": 50}},
                                        {"key": "list", "value": {"arrayValue": {}}},
                                    ],
                                }
                            ],
                        }
                    ],
                }
            ]
        }
    ).encode()
    (record,) = decode("logs_json", body).records
    assert record.name == "codex.api_request"
    assert record.at_ns == NOW
    assert record.span is None
    assert record.resource == {"service.name": "x"}
    assert record.attributes == {
        "event.name": "codex.api_request",
        "decision": None,
        "gone": None,
        "n": 50,
        "m": 50,
        "list": [],
    }


# --- names, times, ids --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "name"),
    [
        ({}, "from_attribute"),
        ({"attributes": [], "body": {"stringValue": "claude_code.from_body"}}, "claude_code.from_body"),
        ({"attributes": [], "eventName": "from_field"}, "from_field"),
        ({"attributes": [], "body": {"intValue": 5}, "eventName": "from_field"}, "from_field"),
        ({"attributes": [{"key": "event.name", "value": {"intValue": 5}}], "eventName": "from_field"}, "from_field"),
        ({"attributes": []}, ""),
    ],
)
def test_where_the_name_comes_from(more: dict[str, Any], name: str) -> None:
    (record,) = decode("logs_json", document(log("from_attribute", **more))).records
    assert record.name == name


@pytest.mark.parametrize(
    ("time", "observed", "at_ns", "counted"),
    [
        (NOW, 0, NOW, 0),
        (0, NOW, NOW, 0),
        (0, 0, RECEIVED_US * 1000, 0),
        (1, 0, RECEIVED_US * 1000, 1),  # 1970
        (2**63 - 1, 0, RECEIVED_US * 1000, 1),  # 2262
        (2**64 - 1, 0, RECEIVED_US * 1000, 1),
        (315_532_800 * 10**9, 0, 315_532_800 * 10**9, 0),  # 1980
        (7_258_118_400 * 10**9 - 1, 0, 7_258_118_400 * 10**9 - 1, 0),  # the last moment before 2200
        (7_258_118_400 * 10**9, 0, RECEIVED_US * 1000, 1),
    ],
)
def test_a_time_that_cannot_be_is_replaced_by_the_arrival_and_counted(
    time: int, observed: int, at_ns: int, counted: int
) -> None:
    body = document(log("x", timeUnixNano=str(time), observedTimeUnixNano=str(observed)))
    decoded = decode("logs_json", body)
    assert [r.at_ns for r in decoded.records] == [at_ns]
    assert decoded.drops.get((DropReason.BAD_TIME, "time"), 0) == counted


@pytest.mark.parametrize(
    ("trace", "span", "fit"),
    [
        ("", "", None),
        ("01" * 16, "02" * 8, True),
        ("01" * 15, "02" * 8, False),
        ("zz" * 16, "", False),
        ("", "02", False),
    ],
)
def test_a_log_with_bad_ids_is_kept_without_them(trace: str, span: str, fit: bool | None) -> None:
    decoded = decode("logs_json", document(log("x", traceId=trace, spanId=span)))
    (record,) = decoded.records
    assert (record.span is not None) == bool(fit)
    assert decoded.drops.get((DropReason.BAD_ID, "log"), 0) == (fit is False)


def spans(**fields: Any) -> bytes:
    request = ExportTraceServiceRequest()
    span = {"trace_id": TRACE, "span_id": SPAN, "name": "x", "start_time_unix_nano": NOW, **fields}
    request.resource_spans.add().scope_spans.add().spans.add(**span)
    body: bytes = request.SerializeToString()
    return body


@pytest.mark.parametrize(
    "bad", [{"trace_id": b"\x01" * 12}, {"trace_id": bytes(16)}, {"span_id": b""}, {"span_id": bytes(8)}]
)
def test_a_span_without_its_ids_is_dropped_and_counted(bad: dict[str, bytes]) -> None:
    decoded = decode("traces_protobuf", spans(**bad))
    assert not decoded.records
    assert decoded.drops == {(DropReason.BAD_ID, "span"): 1}


def test_a_span_with_a_bad_parent_is_a_root() -> None:
    decoded = decode("traces_protobuf", spans(parent_span_id=b"\x03"))
    (record,) = decoded.records
    assert record.span is not None
    assert record.span.parent_span_id == b""
    assert decoded.drops == {(DropReason.BAD_ID, "parent_span"): 1}


def test_a_span_that_ends_before_it_starts_has_no_end() -> None:
    (record,) = decode("traces_protobuf", spans(end_time_unix_nano=NOW - 1)).records
    assert record.span is not None
    assert record.span.end_ns == 0


# --- keys ---------------------------------------------------------------------------------------------------------


def test_equal_records_without_a_sequence_are_told_apart_by_their_number() -> None:
    """Old clients give no sequence and no id; two equal requests in one export are two requests."""
    body = document(log("x"), log("x"), log("y"))
    keys = [r.key for r in decode("logs_json", body).records]
    assert len(set(keys)) == 3
    assert [r.key for r in decode("logs_json", body).records] == keys
    assert decode("logs_json", document(log("x"))).records[0].key == keys[0]


def test_a_record_with_a_sequence_is_known_by_its_ids_wherever_it_stands() -> None:
    attributes = [
        {"key": "event.name", "value": {"stringValue": "x"}},
        {"key": "event.sequence", "value": {"intValue": 3}},
        {"key": "session.id", "value": {"stringValue": "s"}},
    ]
    one = {**log("x"), "attributes": attributes}
    alone = decode("logs_json", document(one)).records[0].key
    twice = decode("logs_json", document(log("y"), one, one)).records
    assert [r.key for r in twice[1:]] == [alone, alone]
    for name in ("event.sequence", "session.id", "request_id", "tool_use_id", "prompt.id", "message.uuid", "user.id"):
        changed = [a for a in attributes if a["key"] != name] + [{"key": name, "value": {"intValue": 4}}]
        assert decode("logs_json", document({**one, "attributes": changed})).records[0].key != alone, name
    assert decode("logs_json", document({**one, "timeUnixNano": str(NOW + 1)})).records[0].key != alone


# --- numbers ------------------------------------------------------------------------------------------------------


def points(kind: str, temporality: int | None = 1, **point: Any) -> bytes:
    request = ExportMetricsServiceRequest()
    data = getattr(request.resource_metrics.add().scope_metrics.add().metrics.add(name="m"), kind)
    data.SetInParent()
    if temporality is not None:
        data.aggregation_temporality = temporality
    if point:
        data.data_points.add(time_unix_nano=NOW, **point)
    body: bytes = request.SerializeToString()
    return body


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@pytest.mark.parametrize(
    ("body", "value", "count"),
    [
        (points("sum", as_double=2.5), 2.5, None),
        (points("sum", as_int=-3), -3, None),
        (points("gauge", None, as_int=3), 3, None),
        (points("histogram", count=4, sum=9.5), 9.5, 4),
        (points("exponential_histogram", 2, count=4, sum=0.0), 0.0, 4),
        (points("summary", None, count=4, sum=9.5), 9.5, 4),
    ],
)
def test_every_type_of_point_has_a_value(encoding: str, body: bytes, value: float, count: int | None) -> None:
    if encoding == "json":
        body = json.dumps(otlp_json(ExportMetricsServiceRequest.FromString(body))).encode()
    (record,) = decode(f"metrics_{encoding}", body).records
    assert record.point is not None
    assert (record.point.value, record.point.count) == (value, count)
    assert type(record.point.value) is type(value)


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@pytest.mark.parametrize(
    "body",
    [
        points("sum", as_double=float("nan")),
        points("sum", as_double=float("inf")),
        points("gauge", None, as_double=float("-inf")),
        points("sum", flags=0),  # no value at all
        points("sum", as_double=5.0, flags=1),  # the client says that there is none
        points("histogram", count=3),  # no sum: not zero, unknown
    ],
)
def test_a_point_without_a_number_is_dropped_and_counted(encoding: str, body: bytes) -> None:
    if encoding == "json":
        body = json.dumps(otlp_json(ExportMetricsServiceRequest.FromString(body))).encode()
    decoded = decode(f"metrics_{encoding}", body)
    assert not decoded.records
    assert decoded.drops == {(DropReason.BAD_NUMBER, "point"): 1}


def test_a_sum_that_says_neither_delta_nor_cumulative_cannot_be_added_up() -> None:
    decoded = decode("metrics_protobuf", points("sum", 0, as_double=1.0))
    assert not decoded.records
    assert decoded.drops == {(DropReason.MALFORMED, "temporality"): 1}


def test_a_bad_point_in_json_costs_only_itself() -> None:
    def point(value: Any) -> dict[str, Any]:
        return {"timeUnixNano": str(NOW), "asDouble": value}

    metric = {"name": "m", "sum": {"aggregationTemporality": 1, "dataPoints": [point(1), point([]), point(2)]}}
    body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}).encode()
    decoded = decode("metrics_json", body)
    assert [r.point and r.point.value for r in decoded.records] == [1, 2]
    assert decoded.drops == {(DropReason.MALFORMED, "point"): 1}


# --- limits -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_a_record_with_too_many_attributes_is_dropped_and_counted(encoding: str) -> None:
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for size in (1, raw_records.MAX_ATTRIBUTES, raw_records.MAX_ATTRIBUTES + 1):
        record = scope.log_records.add(time_unix_nano=NOW)
        for number in range(size):
            record.attributes.add(key=f"k{number}")
    body = request.SerializeToString() if encoding == "protobuf" else json.dumps(otlp_json(request)).encode()
    decoded = decode(f"logs_{encoding}", body)
    assert [len(r.attributes) for r in decoded.records] == [1, raw_records.MAX_ATTRIBUTES]
    assert decoded.drops == {(DropReason.TOO_LARGE, "attributes"): 1}


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_a_value_nested_too_deeply_is_dropped_and_counted(encoding: str) -> None:
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for depth in (MAX_DEPTH, MAX_DEPTH + 1):
        record = scope.log_records.add(time_unix_nano=NOW)
        record.attributes.add(key="event.sequence").value.int_value = depth  # so that its key is not its content
        value = record.attributes.add(key="deep").value
        for _ in range(depth):
            value = value.array_value.values.add()
        value.int_value = 1
    body = request.SerializeToString() if encoding == "protobuf" else json.dumps(otlp_json(request)).encode()
    decoded = decode(f"logs_{encoding}", body)
    assert len(decoded.records) == 1
    assert decoded.drops == {(DropReason.TOO_LARGE, "attribute"): 1}


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
@pytest.mark.parametrize("signal", ["logs", "metrics", "traces"])
def test_more_records_than_any_client_sends_are_counted_not_kept(
    signal: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_records, "MAX_RECORDS", 3)
    request = SCHEMAS[signal]()
    for _ in range(2):  # two groups of four
        if signal == "logs":
            scope = request.resource_logs.add().scope_logs.add()
            for number in range(4):
                scope.log_records.add(time_unix_nano=NOW + number)
        elif signal == "metrics":
            metric = request.resource_metrics.add().scope_metrics.add().metrics.add(name="m")
            metric.sum.aggregation_temporality = 1
            for number in range(4):
                metric.sum.data_points.add(time_unix_nano=NOW + number, as_int=1)
        else:
            spans_of = request.resource_spans.add().scope_spans.add()
            for number in range(4):
                spans_of.spans.add(trace_id=TRACE, span_id=SPAN, start_time_unix_nano=NOW + number)
    body = request.SerializeToString() if encoding == "protobuf" else json.dumps(otlp_json(request)).encode()
    decoded = decode(f"{signal}_{encoding}", body)
    assert [r.at_ns for r in decoded.records] == [NOW, NOW + 1, NOW + 2]
    assert decoded.drops == {(DropReason.TOO_LARGE, "records"): 5}


def test_of_equal_keys_the_last_one_wins() -> None:
    body = logs_of(named("first") + named("last"))
    assert [r.name for r in decode("logs_protobuf", body).records] == ["last"]
    twice = log("first")
    twice["attributes"] = [*twice["attributes"], *log("last")["attributes"]]
    assert [r.name for r in decode("logs_json", document(twice)).records] == ["last"]


def test_the_memo_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tachograph.inputs.otlp.attributes._MEMO_LIMIT", 50)
    memo = AttributeMemo()
    for number in range(1000):
        data = field(1, f"key{number}".encode()) + field(2, field(1, b"v%d" % number))
        assert memo[data] == (f"key{number}", f"v{number}")
        assert len(memo) <= 50
        assert len(memo._heads) <= 50


def test_a_value_with_trailing_fields_is_read_like_the_parser_reads_it() -> None:
    """The last field of a oneof wins; the quick reader must not stop at the first."""
    key = field(1, b"k")
    memo = AttributeMemo()
    assert memo[key + field(2, field(1, b"x"))] == ("k", "x")  # now the name is known, and the quick way is open
    assert memo[key + field(2, field(1, b"first") + b"\x18\x05")] == ("k", 5)
    assert memo[key + field(2, b"\x18\x05" + field(1, b"last"))] == ("k", "last")
    assert memo[field(2, field(1, b"x")) + key] == ("k", "x")
    assert memo[key + field(2, b"\x18\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01")] == ("k", -1)
    assert memo[key + field(2, field(1, b"\xff"))] == ("k", "\ufffd")
    assert memo[key + field(2, b"\x10\x02")] == ("k", True)
    assert memo[key + field(2, b"")] == ("k", None)
    assert memo[key] == ("k", None)


def test_the_quick_way_and_the_parser_agree_on_any_bytes() -> None:
    """A memo that knows the name takes the quick way, a fresh one the parser: damaged bytes must mean the same to both."""
    rng = random.Random(11)
    usual = [field(1, b"k") + field(2, field(1, b"x" * n)) for n in (0, 1, 5, 120, 130)]
    usual += [field(1, b"k") + field(2, bytes([tag]) + rest) for tag, rest in ((0x18, b"\xac\x02"), (0x18, b"\x05"))]
    usual += [field(1, b"k") + field(2, b"\x21" + bytes(8)), field(1, b"k") + field(2, b"\x10\x01")]

    def outcome(memo: AttributeMemo, data: bytes) -> Any:
        try:
            key, value = memo[data]
        except BadRecord as bad:
            return bad.reason
        return key, canonical(value)

    quick = 0
    for _ in range(20_000):
        data = bytearray(rng.choice(usual))
        for _ in range(rng.randrange(4)):
            data[rng.randrange(len(data))] = rng.randrange(256)
        if rng.random() < 0.2:
            data += rng.randbytes(rng.randrange(4))
        knowing = AttributeMemo()
        knowing[usual[1]]
        assert outcome(knowing, bytes(data)) == outcome(AttributeMemo(), bytes(data)), bytes(data)
        quick += bytes(data[:3]) == usual[1][:3]
    assert quick > 5_000


def test_garbled_bodies_never_raise() -> None:
    """Flips, cuts and splices of recorded requests: each is read, partly read or refused."""
    rng = random.Random(7)
    bodies = [f for c in CAPTURES[:3] for e in ("protobuf", "json") for f in frames(c, e)]
    decoder = Decoder()
    refused = kept = 0
    for _ in range(2000):
        original = rng.choice(bodies)
        body = bytearray(original.body[: rng.randrange(1, 4000)] if rng.random() < 0.3 else original.body)
        for _ in range(rng.randrange(1, 6)):
            at = rng.randrange(len(body))
            if rng.random() < 0.5:
                body[at] ^= 1 << rng.randrange(8)
            else:
                body[at : at + rng.randrange(9)] = rng.randbytes(rng.randrange(9))
            if not body:
                body += b"x"
        decoded = decoder.decode(frame(original.kind, bytes(body)))
        refused += decoded.refused is not None
        kept += len(decoded.records)
    assert refused > 100
    assert kept > 1000
