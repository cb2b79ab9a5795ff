"""Protobuf that cannot be read, and protobuf that can but says what cannot be."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from functools import partial

from tests.corpus.otlp import samples
from tests.corpus.otlp.case import JSON, Case, always
from tests.corpus.otlp.samples import as_json
from tests.corpus.otlp.wire import attribute, delimited, log_record, varint, varint_field

__all__ = ["broken_protobuf", "semantics"]


def broken_protobuf() -> Iterator[Case]:
    body = samples.logs().SerializeToString()
    for cut in (1, 2, 5, len(body) // 3, len(body) // 2, len(body) - 1):
        yield Case(name=f"protobuf cut at {cut}", make=always(body[:cut]), status=400)
    for name, data in {
        "a length beyond the end": b"\x0a\x7f",
        "a length of 2**63": b"\x0a" + varint(2**63) + b"x",
        "a negative length": b"\x0a" + varint(2**64 - 1),
        "a varint without end": b"\x0a" + b"\xff" * 30,
        "field number 0": b"\x02\x00",
        "wire type 6": b"\x0e\x00",
        "wire type 7": b"\x0f\x00",
        "a group that does not end": b"\x0b",
        "the end of no group": b"\x0c",
        "random bytes": bytes(range(7, 250, 9)) * 9,
        "a text": b"hello, world",
        "zeros": bytes(64),
        "garbage in a record": log_record(b"\xff\xff\xff"),
        "garbage in an attribute": log_record(delimited(6, b"\x0f")),
        "garbage in a value": log_record(delimited(5, b"\x0a\x05ab")),
        "a text that is not UTF-8": log_record(delimited(5, delimited(1, b"\xff\xfe"))),
        "a key that is not UTF-8": log_record(attribute(b"\xc3", delimited(1, b"x"))),
        "a surrogate in UTF-8": log_record(delimited(3, b"\xed\xa0\x80")),
        "a resource that is not UTF-8": delimited(1, delimited(1, attribute(b"k", delimited(1, b"\x80"), field=1))),
        "a large record with garbage at its end": log_record(delimited(5, delimited(1, b"x" * 400_000)) + b"\xff"),
        "many records, the last one garbage": delimited(
            1, delimited(2, delimited(2, delimited(5, delimited(1, b"x" * 1000))) * 600 + delimited(2, b"\x0a"))
        ),
        "a large text that is not UTF-8": log_record(delimited(5, delimited(1, b"x" * 400_000 + b"\xff"))),
    }.items():
        yield Case(name=f"protobuf: {name}", make=always(data), status=400, memory_mb=32)
    for name, data, count in (
        ("unknown fields", varint_field(99, 7) + body + delimited(98, b"x"), 3),
        ("two requests in a row", body + body, 6),
        ("a wrong wire type for a known field", log_record(varint_field(5, 3)), 1),
    ):
        yield Case(name=f"protobuf: {name}", make=always(data), status=200, accepted=count)


def semantics() -> Iterator[Case]:
    """The same in protobuf, where the types are right by nature."""
    for name, spoil in {
        "trace id of 15 bytes": lambda r: setattr(r, "trace_id", bytes(15)),
        "trace id of 32 hex digits": lambda r: setattr(r, "trace_id", b"09" * 16),
        "span id of 7 bytes": lambda r: setattr(r, "span_id", b"1234567"),
        "time 2**63": lambda r: setattr(r, "time_unix_nano", 2**63),
        "observed time 2**64-1": lambda r: setattr(r, "observed_time_unix_nano", 2**64 - 1),
    }.items():
        request = samples.logs()
        spoil(request.resource_logs[0].scope_logs[0].log_records[1])
        yield Case(name=f"log: {name}", make=request.SerializeToString, status=200, refused=1, accepted=2)
    for name, spoil in {
        "year 1970": lambda r: setattr(r, "time_unix_nano", 1),
        "no time": lambda r: r.ClearField("time_unix_nano"),
        "the last moment of 2262": lambda r: setattr(r, "time_unix_nano", 2**63 - 1),
        "a trace id of zeros": lambda r: setattr(r, "trace_id", bytes(16)),
        "severity 9999": lambda r: setattr(r, "severity_number", 9999),
        "the same attribute twice": lambda r: r.attributes.extend(list(r.attributes)),
    }.items():
        request = samples.logs()
        spoil(request.resource_logs[0].scope_logs[0].log_records[1])
        yield Case(name=f"log, odd but right: {name}", make=request.SerializeToString, status=200, accepted=3)
    for name, spoil in {
        "NaN": lambda p: setattr(p, "as_double", float("nan")),
        "infinity": lambda p: setattr(p, "as_double", float("inf")),
        "minus infinity": lambda p: setattr(p, "as_double", float("-inf")),
        "no value": lambda p: p.ClearField("as_double"),
        "time 2**63": lambda p: setattr(p, "time_unix_nano", 2**63),
        "start 2**63": lambda p: setattr(p, "start_time_unix_nano", 2**63),
    }.items():
        request = samples.metrics()
        spoil(request.resource_metrics[0].scope_metrics[0].metrics[0].sum.data_points[1])
        yield Case(
            name=f"point: {name}",
            path="/v1/metrics",
            make=request.SerializeToString,
            status=200,
            refused=1,
            accepted=6,
        )
    request = samples.metrics()
    point = request.resource_metrics[0].scope_metrics[0].metrics[0].sum.data_points[1]
    point.ClearField("as_double")
    point.flags = 1
    yield Case(
        name="point: no value, and says so",
        path="/v1/metrics",
        make=request.SerializeToString,
        status=200,
        accepted=7,
    )
    for name, spoil in {
        "sum NaN": lambda p: setattr(p, "sum", float("nan")),
        "too few buckets": lambda p: p.bucket_counts.pop(),
        "no bounds": lambda p: p.ClearField("explicit_bounds"),
    }.items():
        request = samples.metrics()
        spoil(request.resource_metrics[0].scope_metrics[0].metrics[2].histogram.data_points[0])
        yield Case(
            name=f"histogram: {name}",
            path="/v1/metrics",
            make=request.SerializeToString,
            status=200,
            refused=1,
            accepted=6,
        )
    for name, spoil in {
        "no trace id": lambda s: s.ClearField("trace_id"),
        "a trace id of zeros": lambda s: setattr(s, "trace_id", bytes(16)),
        "span id of 16 bytes": lambda s: setattr(s, "span_id", b"0123456789abcdef"),
        "a span id of zeros": lambda s: setattr(s, "span_id", bytes(8)),
        "parent of 3 bytes": lambda s: setattr(s, "parent_span_id", b"abc"),
        "end 2**63": lambda s: setattr(s, "end_time_unix_nano", 2**63),
    }.items():
        request = samples.traces()
        spoil(request.resource_spans[0].scope_spans[0].spans[1])
        yield Case(
            name=f"span: {name}",
            path="/v1/traces",
            make=request.SerializeToString,
            status=200,
            refused=1,
            accepted=2,
        )
    for name, spoil in {
        "its own parent": lambda s: setattr(s, "parent_span_id", s.span_id),
        "ends before it starts": lambda s: setattr(s, "end_time_unix_nano", 5),
        "the same span id": lambda s: setattr(s, "span_id", bytes([1] * 8)),
    }.items():
        request = samples.traces()
        spoil(request.resource_spans[0].scope_spans[0].spans[1])
        yield Case(
            name=f"span, odd but right: {name}",
            path="/v1/traces",
            make=request.SerializeToString,
            status=200,
            accepted=3,
        )
    alone = samples.logs(1)
    alone.resource_logs[0].scope_logs[0].log_records[0].trace_id = b"x"
    yield Case(name="log: the only record is bad", make=alone.SerializeToString, status=400)
    large = samples.logs(2000)
    for index in (0, 7, 1999):
        large.resource_logs[0].scope_logs[0].log_records[index].span_id = b"x"
    yield Case(
        name="log: three bad ones among two thousand",
        make=large.SerializeToString,
        status=200,
        refused=3,
        accepted=1997,
        memory_mb=32,
    )
    one_large = samples.logs(3)
    spoiled = one_large.resource_logs[0].scope_logs[0].log_records[1]
    spoiled.body.string_value = "x" * 500_000
    spoiled.trace_id = b"short"
    yield Case(
        name="log: the bad one is large",
        make=one_large.SerializeToString,
        status=200,
        refused=1,
        accepted=2,
        memory_mb=32,
    )
    kept = samples.logs(3)
    kept.resource_logs[0].scope_logs[0].log_records[1].body.string_value = "x" * 500_000
    kept.resource_logs[0].scope_logs[0].log_records[2].trace_id = b"short"
    yield Case(
        name="log: the good one is large",
        make=kept.SerializeToString,
        status=200,
        refused=1,
        accepted=2,
        memory_mb=32,
    )
    text = copy.deepcopy(samples.logs_json(3000))
    text["resourceLogs"][0]["scopeLogs"][0]["logRecords"][5]["traceId"] = "x"
    yield Case(
        name="log: one bad in a large json",
        content_type=JSON,
        make=partial(as_json, text),
        status=200,
        refused=1,
        accepted=2999,
        memory_mb=32,
    )
