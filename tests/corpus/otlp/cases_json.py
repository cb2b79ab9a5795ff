"""JSON that cannot be read, and single records in it with a wrong type."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import partial
from typing import Any

from tests.corpus.otlp import samples
from tests.corpus.otlp.case import JSON, Case, always
from tests.corpus.otlp.samples import as_json

__all__ = ["broken_json", "types"]


def broken_json() -> Iterator[Case]:
    text = as_json(samples.logs_json())
    for cut in (1, 2, 20, len(text) // 2, len(text) - 1):
        yield Case(name=f"json cut at {cut}", content_type=JSON, make=always(text[:cut]), status=400)
    for name, data in {
        "null": b"null",
        "an array": b"[]",
        "a number": b"17",
        "a text": b'"logs"',
        "true": b"true",
        "spaces": b"   ",
        "two values": b"{}{}",
        "a comma too many": b'{"resourceLogs":[],}',
        "single quotes": b"{'resourceLogs':[]}",
        "a comment": b"{}//x",
        "a byte order mark": b"\xef\xbb\xbf{}",
        "UTF-16": "{}".encode("utf-16"),
        "NaN": b'{"x":NaN}',
        "Infinity": b'{"x":-Infinity}',
        "a control character in a text": b'{"x":"\n"}',
        "a bad escape": b'{"x":"\\q"}',
        "not UTF-8 in an unknown key": b'{"x":"\xff"}',
        "not UTF-8 in a body": text.replace(b"claude_code.api", b"claude\xc3\x28"),
        "resourceLogs as an object": b'{"resourceLogs":{}}',
        "resourceLogs as a text": b'{"resourceLogs":"x"}',
        "resourceLogs of numbers": b'{"resourceLogs":[1]}',
        "resourceLogs of null": b'{"resourceLogs":[null]}',
        "scopeLogs as a number": b'{"resourceLogs":[{"scopeLogs":1}]}',
        "logRecords as a text": b'{"resourceLogs":[{"scopeLogs":[{"logRecords":"x"}]}]}',
        "resource as a list": b'{"resourceLogs":[{"resource":[]}]}',
        "resource attributes as an object": b'{"resourceLogs":[{"resource":{"attributes":{}}}]}',
        "scope as a text": b'{"resourceLogs":[{"scopeLogs":[{"scope":"x"}]}]}',
    }.items():
        yield Case(name=f"json: {name}", content_type=JSON, make=always(data), status=400)
    for name, data, count in (
        ("null lists", b'{"resourceLogs":null}', 0),
        ("unknown keys", b'{"x":[{"y":1}],"resourceLogs":[{"z":{},"scopeLogs":[{"logRecords":[{"q":null}]}]}]}', 1),
        ("snake case is unknown", b'{"resource_logs":17}', 0),
        ("the same key twice", b'{"resourceLogs":17,"resourceLogs":[]}', 0),
        ("half an emoji", text.replace(b"claude_code.api_request", b"cut \\ud83d off"), 3),
        ("an escaped backslash before ud83d", text.replace(b"claude_code.api_request", b"a \\\\ud83d b"), 3),
        ("a whole emoji", text.replace(b"claude_code.api_request", b"\\ud83d\\ude00"), 3),
        ("pretty-printed", json.dumps(samples.logs_json(), indent=8).encode(), 3),
    ):
        yield Case(name=f"json: {name}", content_type=JSON, make=always(data), status=200, accepted=count)


def types() -> Iterator[Case]:
    """One wrong thing in one of three JSON records: that one is refused, the others are kept."""
    wrong: dict[str, Any] = {
        "attributes": [{"a": 1}, "x", 1, [1], [None], [{"key": 1}], [{"key": "k", "value": "v"}], [{"key": None, "value": []}]],
        "body": ["x", 1, [], {"stringValue": 1}, {"intValue": "x"}, {"intValue": True}, {"intValue": 1.5},
                 {"intValue": "1.5"}, {"intValue": ""}, {"intValue": "0x10"}, {"intValue": str(2**63)},
                 {"intValue": 2**63}, {"intValue": -(2**63) - 1}, {"intValue": str(-(2**63) - 1)},
                 {"intValue": "9" * 20_000}, {"doubleValue": "x"}, {"doubleValue": True}, {"boolValue": "true"},
                 {"boolValue": 1}, {"arrayValue": []}, {"arrayValue": {"values": {}}}, {"kvlistValue": {"values": [1]}},
                 {"bytesValue": "ü"}, {"bytesValue": 1}],
        "timeUnixNano": ["x", "", True, {}, [], -1, "-1", 1.5, "1e9", 2**63, str(2**63), 2**64, "9" * 30],
        "observedTimeUnixNano": ["now", 2**63],
        "severityNumber": ["INFO", "9", 2**31, 1.5],
        "severityText": [9, {}],
        "traceId": ["x", "0", "0" * 31, "0" * 33, "g" * 32, 5, "09" * 15 + "=="],
        "spanId": ["x", "0" * 15, "0" * 17, "zz" * 8, ["09" * 8]],
        "flags": [-1, "1", 2**32],
        "droppedAttributesCount": [-1, "x"],
        "eventName": [1],
    }  # fmt: skip
    for key, values in wrong.items():
        for value in values:
            body = copy.deepcopy(samples.logs_json())
            body["resourceLogs"][0]["scopeLogs"][0]["logRecords"][1][key] = value
            shown = json.dumps(value)
            yield Case(
                name=f"type: log {key} {shown[:40]}",
                content_type=JSON,
                make=partial(as_json, body),
                status=200,
                refused=1,
                accepted=2,
            )
    right: dict[str, Any] = {
        "attributes": [None, [], [{"key": "k"}], [{"key": "k", "value": None}], [{"key": "k", "value": {}}],
                       [{"key": "k", "value": {"stringValue": None}}], [{"key": "", "value": {"x": 1}}]],
        "body": [None, {}, {"intValue": 5}, {"intValue": "5"}, {"intValue": str(2**63 - 1)}, {"intValue": str(-(2**63))},
                 {"intValue": -(2**63)}, {"doubleValue": "NaN"}, {"doubleValue": "-Infinity"}, {"doubleValue": 1},
                 {"doubleValue": "1.5"}, {"bytesValue": "AQ=="}, {"arrayValue": {}}, {"arrayValue": {"values": []}},
                 {"arrayValue": {"values": [{}, {"intValue": 1}]}}, {"kvlistValue": {"values": [{"key": "k"}]}}],
        "timeUnixNano": [0, "0", None, 1, str(2**63 - 1), 2**63 - 1, "0001"],
        "traceId": ["", None, "0" * 32, "aB" * 16],
        "spanId": ["", None, "Ff" * 8],
        "severityNumber": [0, 99, None],
        "severityText": ["Info", None],
    }  # fmt: skip
    for key, values in right.items():
        for value in values:
            body = copy.deepcopy(samples.logs_json())
            body["resourceLogs"][0]["scopeLogs"][0]["logRecords"][1][key] = value
            yield Case(
                name=f"odd but right: log {key} {json.dumps(value)[:40]}",
                content_type=JSON,
                make=partial(as_json, body),
                status=200,
                accepted=3,
            )
    points_of: dict[str, list[Any]] = {
        "asDouble": ["NaN", "Infinity", "-Infinity", "x", True, None, [1]],
        "asInt": ["x", 1.5, str(2**63)],
        "timeUnixNano": [2**63, "x"],
        "startTimeUnixNano": [str(2**64)],
        "attributes": ["x", [3]],
        "flags": ["1"],
    }
    for key, values in points_of.items():
        for value in values:
            body = copy.deepcopy(samples.metrics_json())
            points = body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]["sum"]["dataPoints"]
            points[1][key] = value
            yield Case(
                name=f"type: point {key} {json.dumps(value)}",
                path="/v1/metrics",
                content_type=JSON,
                make=partial(as_json, body),
                status=200,
                refused=1,
                accepted=3,
            )
    spans_of: dict[str, list[Any]] = {
        "traceId": ["", None, "0" * 32, "x", "09" * 8],
        "spanId": ["", "0" * 16, "09" * 16],
        "parentSpanId": ["x"],
        "name": [1],
        "kind": ["SPAN_KIND_INTERNAL"],
        "startTimeUnixNano": ["x", 2**63],
        "events": [{}, [1], [{"timeUnixNano": "x"}]],
        "links": [[{"traceId": "x"}]],
        "status": [1, {"code": "STATUS_CODE_OK"}],
    }
    for key, values in spans_of.items():
        for value in values:
            body = copy.deepcopy(samples.traces_json())
            body["resourceSpans"][0]["scopeSpans"][0]["spans"][1][key] = value
            yield Case(
                name=f"type: span {key} {json.dumps(value)}",
                path="/v1/traces",
                content_type=JSON,
                make=partial(as_json, body),
                status=200,
                refused=1,
                accepted=2,
            )
    number = (
        b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"dataPoints":[{"asDouble":%s},{"asInt":1}]}}]}]}]}'
    )
    for shown, digits in (("1e999", b"1e999"), ("20 k digits", b"9" * 20_000)):
        yield Case(
            name=f"type: point of {shown}",
            path="/v1/metrics",
            content_type=JSON,
            make=always(number % digits),
            status=200,
            refused=1,
            accepted=1,
        )
