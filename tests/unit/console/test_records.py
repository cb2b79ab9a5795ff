"""What is printed makes the records that are sent: the same ids, the same sums, and nothing of the rest."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tachograph.ports import StreamState
from tachograph_sdk.model.event import DropReason, Event, Source
from tests.captures import expected, frames, pipeline
from tests.unit.console.making import BOTH, GOLDEN, event, metric, outputs, read


def counters(events: Iterable[Event]) -> Counter[str]:
    sums: Counter[str] = Counter()
    for e in {e.event_id: e for e in events}.values():
        if e.kind == "usage.counter":
            sums[str(e.attributes["counter"])] += int(e.attributes.get("quantity", e.attributes.get("cost_nanousd", 0)))
    return sums


@pytest.mark.parametrize("capture", BOTH, ids=lambda c: c.name)
def test_printed_and_sent_are_the_same_events(capture: Path):
    sent = {e.event_id: e for e in pipeline().run(frames(capture, "protobuf")).events}
    records, _ = read(*outputs(capture))
    printed = {e.event_id: e for e in pipeline().run_records(records).events}
    twins = {id_: e for id_, e in printed.items() if e.source is not Source.CONSOLE}
    assert twins
    for id_, e in twins.items():
        assert replace(e, received_us=0) == replace(sent[id_], received_us=0)
    missing = Counter(str(e.source) for id_, e in sent.items() if id_ not in twins)
    if capture.name == "2.1.328":  # its second run prints nothing
        assert (missing["otel_log"], missing["otel_span"]) == (11, 6)
    else:
        assert set(missing) == {"otel_metric"}
        assert counters(printed.values()) == counters(sent.values())


def test_one_run_of_the_recorded_session():
    capture = GOLDEN / "agents" / "claude_code" / "2.1.328" / "console"
    told = expected(capture)["observed_in_console"]["run1.stdout.txt"]
    records, drops = read((capture / "console" / "run1.stdout.txt").read_bytes())
    names = Counter(f"claude_code.{r.name}" for r in records if r.source is Source.OTEL_LOG)
    assert names == told["events"]
    assert Counter(r.name for r in records if r.source is Source.OTEL_SPAN) == told["spans"]
    sums = {
        " ".join(filter(None, [r.name, str(r.attributes.get("type") or "")])): round(r.point.value, 9)
        for r in records
        if r.point
    }
    assert sums == {name: pytest.approx(value) for name, value in told["metric_sums"].items()}
    assert drops == {(DropReason.NOT_RELEASED, "span.events"): 2}


def increments(*texts: str) -> list[int]:
    """What each point adds, after the pipeline."""
    records, _ = read(*texts)
    return [int(e.attributes["quantity"]) for e in pipeline().run_records(records).events]


def test_the_same_start_again_is_a_running_total():
    assert increments(metric(10, end=1) + metric(25, end=2) + metric(25, end=3) + metric(40, end=4)) == [10, 15, 0, 15]


def test_another_start_is_an_increment():
    assert increments(metric(10, start=0, end=1) + metric(25, start=1, end=2) + metric(5, start=2, end=3)) == [
        10,
        25,
        5,
    ]


def test_a_total_that_falls_is_a_counter_that_began_again():
    assert increments(metric(10, end=1) + metric(4, end=2)) == [10, 4]


def test_a_log_that_grows_and_is_read_again_counts_the_same():
    first, grown = metric(10, end=1), metric(10, end=1) + metric(25, end=2)
    runs = pipeline()
    events: dict[str, Event] = {}
    streams: dict[str, StreamState] = {}
    for text in (first, grown, grown + metric(40, end=3), grown + metric(40, end=3)):
        batch = runs.run_records(read(text)[0])
        streams |= batch.streams
        for e in batch.events:
            events.setdefault(e.event_id, e)
    assert sum(int(e.attributes["quantity"]) for e in events.values()) == 40
    # and after a restart, with what was stored of the totals
    again = pipeline(streams=streams).run_records(read(grown + metric(40, end=3) + metric(41, end=4))[0])
    for e in again.events:
        events.setdefault(e.event_id, e)
    assert sum(int(e.attributes["quantity"]) for e in events.values()) == 41


def test_a_metric_is_known_by_its_name_alone():
    records, _ = read(metric(3))
    assert [(r.source, dict(r.resource)) for r in records] == [(Source.CONSOLE, {"service.name": "claude-code"})]
    assert [e.agent for e in pipeline().run_records(records).events] == ["claude_code"]
    other, _ = read(metric(3).replace("claude_code.", "somebody.else."))
    batch = pipeline().run_records(other)
    assert batch.events == []
    assert list(batch.drops) == [(DropReason.UNKNOWN_AGENT, "<none>")]


def test_an_old_versions_resource_says_which_version_counts():
    text = "=== Resource Attributes ===\n{ 'service.name': 'claude-code', 'service.version': '1.0.128' }\n===\n"
    (e,) = pipeline().run_records(read(text + metric(3))[0]).events
    assert e.attributes["agent_version"] == "1.0.128"
    (same,) = pipeline().run_records(read(metric(3))[0]).events
    assert e.event_id == same.event_id


def test_records_without_a_sequence_are_told_apart_by_how_often_they_come():
    records, _ = read(event() + event() + event(1))
    ids = {e.event_id for e in pipeline().run_records(records).events}
    assert len(ids) == 3
    again, _ = read("what comes before does not matter\n" + event() + event() + event(1))
    assert {e.event_id for e in pipeline().run_records(again).events} == ids


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (metric("NaN"), DropReason.BAD_NUMBER),
        (metric("'10'"), DropReason.BAD_NUMBER),
        (metric("true"), DropReason.BAD_NUMBER),
        (metric("{ sum: -Infinity, count: 1 }"), DropReason.BAD_NUMBER),
        (metric("undefined"), DropReason.BAD_NUMBER),
        (metric(1).replace("dataPoints: [", "dataPoints: [ 7, 'x', "), DropReason.MALFORMED),
        (metric(1).replace("name: 'claude_code.token.usage'", "name: 5"), DropReason.MALFORMED),
        (event().replace("traceId: undefined", "traceId: 'xyz'"), DropReason.BAD_ID),
        (event().replace("timestamp: 1795148550000000", "timestamp: 1"), DropReason.BAD_TIME),
        (event(more="".join(f"\n    k{i}: {i}," for i in range(2000))), DropReason.TOO_LARGE),
        (event().replace("attributes: {\n", "attributes: 5, x: {\n"), DropReason.MALFORMED),
    ],
)
def test_what_cannot_be_used_is_counted_by_reason(text: str, reason: DropReason):
    assert any(dropped is reason for dropped, _ in read(text + event(5))[1])
    assert read(text + event(5))[0][-1].name in ("api_request", "claude_code.token.usage")


def test_objects_that_are_no_records_are_no_records():
    assert read("{\n  resource: { attributes: {} },\n  other: 1\n}\n{\n  timestamp: 5\n}\n") == ([], {})


odd = st.sampled_from(
    [
        "undefined",
        "null",
        "5",
        "-1",
        "1e400",
        "NaN",
        "''",
        "'x'",
        "[]",
        "{}",
        "[[]]",
        "{ a: 1 }",
        "true",
        "[Object]",
        "9".rjust(39, "9"),
        "12345678901234567890n",
        "'\\ud83d'",
        "[ 1795148550, 1 ]",
        "[ 'a', 2 ]",
        "{ '\\ud83d': { b: [ 1 ] } }",
        "1795148550149000.5",
    ]
)
GOOD = [
    event(),
    metric(5),
    (GOLDEN / "agents/claude_code/2.1.328/console/console/run1.stdout.txt").read_text()[12:9000],
]


@settings(max_examples=120)
@given(st.sampled_from(GOOD), st.data())
def test_a_field_of_any_type_costs_its_record_at_most(text: str, data: st.DataObject):
    places = [match.span(1) for match in re.finditer(r": ([^\s{\[][^,\n]*|\{[^{}]*\}|\[[^\[\]]*\])(?=,?\n)", text)]
    for _ in range(data.draw(st.integers(1, 3))):
        start, end = data.draw(st.sampled_from(places))
        changed = text[:start] + data.draw(odd) + text[end:]
        batch = pipeline().run_records(read(changed)[0])
        assert DropReason.INTERNAL_ERROR not in {reason for reason, _ in batch.drops}


@settings(max_examples=120)
@given(st.sampled_from(GOOD), st.data())
def test_damage_anywhere_is_no_more_than_damage(text: str, data: st.DataObject):
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, min(len(text), start + 50)))
    filling = data.draw(st.text(max_size=5) | st.sampled_from(["{", "}", "'", "\n", "[", "\n}\n"]))
    batch = pipeline().run_records(read(text[:start] + filling + text[end:] + event(7))[0])
    assert DropReason.INTERNAL_ERROR not in {reason for reason, _ in batch.drops}


CANARY = "Qz7Canary9x"


@pytest.mark.parametrize(
    "place", ["before", "after", "in a broken one", "in a cut off one", "as a record", "in fields"]
)
def test_nothing_of_what_the_model_said_comes_through(place: str, caplog: pytest.LogCaptureFixture):
    said = f"I read /home/{CANARY}/x and found {{\n  an: '{CANARY}'\n}}\n"
    text = {
        "before": said + event(),
        "after": event() + said,
        "in a broken one": event()[:200] + said + event(),
        "in a cut off one": event() + event()[:200] + said,
        "as a record": event() + "{\n  timestamp: 1,\n  attributes: { '" + CANARY + "': '" + CANARY + "' }\n}\n",
        "in fields": event(
            more=f"\n    prompt: '{CANARY} x', '{CANARY}': 1, tool_input: ['{CANARY}', {{ a: '{CANARY}' }}],"
        ),
    }[place]
    records, left_out = read(text)
    batch = pipeline().run_records(records)
    assert len([e for e in batch.events if e.kind == "api.request"]) == 1
    kept = json.dumps([repr(e) for e in batch.events]) + repr(batch.drops) + repr(left_out) + caplog.text
    assert CANARY not in kept
