"""The Collector's debug text: real requests as the exporter prints them, and its shortened forms."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.unit.files.collector_form import logs_text, metrics_text
from tests.unit.files.kit import GOLDEN, SESSION, Kit

VERSIONS = sorted((GOLDEN / "console" / "claude_code").iterdir())
REQUEST = f"""LogRecord #0
ObservedTimestamp: 1970-01-01 00:00:00 +0000 UTC
Timestamp: 2026-11-20 13:00:00.123456789 +0000 UTC
Body: Str(claude_code.api_request)
Attributes:
     -> session.id: Str({SESSION})
     -> event.name: Str(api_request)
     -> model: Str(claude-opus-5-5)
     -> input_tokens: Str(10)
     -> output_tokens: Int(2)
     -> cost_usd: Double(0.5)
     -> event.sequence: Int(4)
"""
END = "Trace ID: \nSpan ID: \nFlags: 0\n"


def text_of(version: Path, *, framed: bool) -> str:
    """A whole session as debug text."""
    return "".join(
        (logs_text if "logs" in path.name else metrics_text)(path.read_bytes(), framed=framed)
        for path in sorted((version / "otlp").iterdir())
        if "traces" not in path.name
    )


@pytest.mark.parametrize("framed", [True, False])
@pytest.mark.parametrize("version", VERSIONS, ids=lambda path: path.name)
def test_every_record_is_found_and_is_the_same_event_as_in_the_request(kit: Kit, version: Path, framed: bool) -> None:
    document = kit.parsed(text_of(version, framed=framed))
    requests = [path for path in sorted((version / "otlp").iterdir()) if "traces" not in path.name]
    report = kit.parse(*requests)
    sent = [kit.document(log.document) for log in report.logs if log.document]
    assert [e["event_id"] for e in document["events"]] == [e["event_id"] for d in sent for e in d["events"]]
    assert [e["data"] for e in document["events"]] == [e["data"] for d in sent for e in d["events"]]
    assert document["metrics_count"] == sum(d["metrics_count"] for d in sent)
    for view, totals in document["totals"].items():
        for name, value in totals.items():
            if name != "sessions":
                said = [d["totals"][view][name] for d in sent if d["totals"][view][name] is not None]
                # The exporter prints doubles with six digits.
                assert value == (pytest.approx(sum(said), abs=2e-6) if said else None), name
    assert document["quarantined"] == {}
    assert not document["torn"]


def test_a_text_of_several_lines_is_one_value_and_gets_nowhere(kit: Kit) -> None:
    more = REQUEST.replace(
        "     -> model",
        "     -> prompt: Str(first\n\nFlags: 0\nLogRecord #7\n     -> model: Str(secret)\nsecret line)\n     -> model",
    )
    document = kit.parsed(f"ResourceLog #0\nScopeLogs #0\n{more}{END}")
    [event] = document["events"]
    assert (event["data"]["model"], event["data"]["input_tokens"]) == ("claude-opus-5-5", 10)
    assert b"secret" not in kit.everything_written()


def test_a_text_that_was_cut_off_costs_no_other_record(kit: Kit) -> None:
    cut = REQUEST.split("     -> model")[0] + "     -> prompt: Str(cut off he"
    document = kit.parsed(f"ResourceLog #0\nScopeLogs #0\n{cut}\nResourceLog #0\nScopeLogs #0\n{REQUEST}{END}")
    assert [event["data"].get("input_tokens") for event in document["events"]] == [None, 10]


def test_without_a_resource_and_behind_a_container_name(kit: Kit) -> None:
    text = "".join(f"otel-collector-1  | {line}\n" for line in (REQUEST + END).splitlines())
    document = kit.parsed(text)
    assert [e["timestamp"] for e in document["events"]] == ["2026-11-20T13:00:00.123456Z"]


def test_as_one_text_of_the_collectors_json_log(kit: Kit) -> None:
    line = json.dumps({"level": "info", "ts": 1.5, "msg": f"ResourceLog #0\nScopeLogs #0\n{REQUEST}{END}"})
    assert kit.parsed(line + "\n")["totals"]["by_events"]["input_tokens"] == 10


def test_a_body_that_is_an_object_with_attributes_beside_it(kit: Kit) -> None:
    told = json.dumps({"event": "claude_code.api_request", "input_tokens": 10})
    text = f"LogRecord #0\nTimestamp: 2026-11-20 13:00:00 +0000 UTC\nBody: Str({told})\nAttributes:\n     -> model: Str(claude-opus-5-5)\nFlags: 0\n"
    [event] = kit.parsed(text)["events"]
    assert event["data"]["input_tokens"] == 10
    assert event["data"]["model"] == "claude-opus-5-5"
    assert event["timestamp"] == "2026-11-20T13:00:00.000000Z"


@pytest.mark.parametrize(("between", "found"), [(0, 1), (13, 1), (14, 0)])
def test_a_name_with_a_value_within_fourteen_lines(kit: Kit, between: int, found: int) -> None:
    text = "     -> Name: claude_code.token.usage\n" + "something else\n" * between + "Value: 120\n"
    document = kit.parsed(text)
    assert [m["value"] for m in document["metrics"]] == [120] * found


@pytest.mark.parametrize(
    "text",
    [
        "  -> Name: claude_code.token.usage\n  -> Unit: tokens\n   Value: 55\n",
        "Name: claude_code.token.usage\nValue: 55\n",
        "2025-01-12T14:30:22Z info Name: claude_code.token.usage\n2025-01-12T14:30:22Z info Value: 55\n",
        "\tName: claude_code.token.usage\nName: claude_code.token.usage\n\tValue: 55\r\n",
    ],
)
def test_a_name_and_a_value_wherever_they_stand_on_their_lines(kit: Kit, text: str) -> None:
    assert [(m["metric"], m["value"]) for m in kit.parsed(text)["metrics"]] == [("token_usage", 55)]


def test_running_totals_say_what_they_add(kit: Kit) -> None:
    def metric(value: int, minute: int) -> str:
        return f"""ResourceMetrics #0
ScopeMetrics #0
Metric #0
Descriptor:
     -> Name: claude_code.commit.count
     -> DataType: Sum
     -> IsMonotonic: true
     -> AggregationTemporality: Cumulative
NumberDataPoints #0
StartTimestamp: 2026-11-20 13:00:00 +0000 UTC
Timestamp: 2026-11-20 13:0{minute}:00 +0000 UTC
Value: {value}
"""

    document = kit.parsed(metric(2, 1) + metric(2, 2) + metric(5, 3))
    assert [m["value"] for m in document["metrics"]] == [2, 0, 3]
    kit.log(metric(6, 4), append=True)
    kit.parse()
    assert [m["value"] for m in kit.document()["metrics"]] == [2, 0, 3, 1]


def test_a_record_that_the_text_ends_in_is_told_to_be_torn_and_becomes_one_event(kit: Kit) -> None:
    head, tail = REQUEST.split("     -> input_tokens")
    assert kit.parsed(f"ResourceLog #0\nScopeLogs #0\n{head}")["torn"]
    kit.log("     -> input_tokens" + tail + END, append=True)
    kit.parse()
    document = kit.document()
    assert [e["data"].get("input_tokens") for e in document["events"]] == [10]
    assert not document["torn"]
