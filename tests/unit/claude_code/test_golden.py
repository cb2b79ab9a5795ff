"""Recorded sessions of the real client give exactly the totals that were played to it, whatever the encoding."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tachograph_sdk.model.event import DropReason, Event, EventKind, Source
from tests.captures import CAPTURES, expected, frames, pipeline

TOKENS = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_creation": "cache_write_tokens",
}

each_capture = pytest.mark.parametrize("capture", CAPTURES, ids=lambda path: path.name)
each_encoding = pytest.mark.parametrize("encoding", ["protobuf", "json"])


def events_of(capture: Path, encoding: str) -> list[Event]:
    return list(pipeline().run(frames(capture, encoding)).events)


def plain(model: object) -> str:
    return str(model).removesuffix("[1m]")


def test_all_sessions_with_telemetry_are_here() -> None:
    assert len(CAPTURES) == 8


@each_encoding
@each_capture
def test_tokens_by_model_are_what_was_played(capture: Path, encoding: str) -> None:
    totals: dict[str, Counter[str]] = {}
    for event in events_of(capture, encoding):
        if event.kind is EventKind.API_REQUEST and event.source is Source.OTEL_LOG:
            of_model = totals.setdefault(plain(event.attributes["model"]), Counter())
            for played, ours in TOKENS.items():
                of_model[played] += int(event.attributes[ours])
    truth = {
        model: {name: counts[name] for name in TOKENS} for model, counts in expected(capture)["tokens_by_model"].items()
    }
    assert {model: dict(counts) for model, counts in totals.items()} == truth


@each_encoding
@each_capture
def test_cost_is_what_was_played_to_the_nano_dollar(capture: Path, encoding: str) -> None:
    events = events_of(capture, encoding)
    requests = [e for e in events if e.kind is EventKind.API_REQUEST and e.source is Source.OTEL_LOG]
    assert sum(int(e.attributes["cost_nanousd"]) for e in requests) == round(
        expected(capture)["cost_usd_total_list_price"] * 1e9
    )
    assert {e.attributes["cost_basis"] for e in requests} == {"reported"}


@each_encoding
@each_capture
def test_counters_say_the_same_as_the_events(capture: Path, encoding: str) -> None:
    totals: Counter[str] = Counter()
    for event in events_of(capture, encoding):
        if event.kind is EventKind.USAGE_COUNTER:
            counter = str(event.attributes["counter"])
            totals[counter] += int(event.attributes["cost_nanousd" if counter == "cost" else "quantity"])
    seen = expected(capture)
    played = {name.replace("cache_creation", "cache_write"): seen["tokens"][name] for name in TOKENS}
    played["cost"] = round(seen["cost_usd_total_list_price"] * 1e9)
    assert dict(totals) == {name: count for name, count in played.items() if count or name in totals}


@each_encoding
@each_capture
def test_every_event_of_the_client_becomes_one_of_ours(capture: Path, encoding: str) -> None:
    events = events_of(capture, encoding)
    observed = expected(capture)["observed_in_telemetry"]
    logs = Counter(e.name for e in events if e.source is Source.OTEL_LOG)
    assert dict(logs) == observed["events"]
    spans = Counter(f"claude_code.{e.name}" for e in events if e.source is Source.OTEL_SPAN)
    assert dict(spans) == observed.get("spans", {})


@each_encoding
@each_capture
def test_outcomes_are_what_the_client_counted(capture: Path, encoding: str) -> None:
    events = events_of(capture, encoding)
    metrics = expected(capture)["observed_in_telemetry"]["metric_totals"]

    def total(kind: EventKind, attribute: str) -> float:
        return round(sum(float(e.attributes.get(attribute, 0)) for e in events if e.kind is kind), 9)

    def sent(prefix: str, *words: str) -> float:
        return round(sum(v for k, v in metrics.items() if k.startswith(prefix) and all(w in k for w in words)), 9)

    assert total(EventKind.CODE_CHANGE, "lines_added") == sent("claude_code.lines_of_code.count", "added")
    assert total(EventKind.CODE_CHANGE, "lines_removed") == sent("claude_code.lines_of_code.count", "removed")
    assert total(EventKind.VCS_COMMIT, "quantity") == sent("claude_code.commit.count")
    assert total(EventKind.VCS_PULL_REQUEST, "quantity") == sent("claude_code.pull_request.count")
    assert total(EventKind.SESSION_START, "quantity") == sent("claude_code.session.count")
    assert total(EventKind.SESSION_ACTIVITY, "active_seconds") == sent("claude_code.active_time.total")


@each_capture
def test_tools_and_prompts_are_what_the_client_sent(capture: Path) -> None:
    events = events_of(capture, "protobuf")
    observed = expected(capture)["observed_in_telemetry"]
    calls = Counter(
        f"{e.attributes['tool_name']} {'ok' if e.attributes['success'] else 'failed'}"
        for e in events
        if e.kind is EventKind.TOOL_CALL and e.source is Source.OTEL_LOG
    )
    sent = {name.replace(" error", " failed"): count for name, count in observed["tool_result_events"].items()}
    assert dict(calls) == sent
    prompts = [e for e in events if e.kind is EventKind.PROMPT]
    assert len(prompts) == observed["events"].get("user_prompt", 0)
    spans = [e for e in events if e.source is Source.OTEL_SPAN]
    assert not [e for e in spans if e.kind is EventKind.PROMPT], "an interaction is not a second prompt"


def test_a_background_tasks_own_prompt_is_told_apart() -> None:
    capture = next(path for path in CAPTURES if path.name == "subagent")
    prompts = [e for e in events_of(capture, "protobuf") if e.kind is EventKind.PROMPT]
    assert [e.attributes.get("prompt_origin") for e in prompts] == [None, "agent"]


@each_capture
def test_the_same_session_has_the_same_ids_in_both_encodings(capture: Path) -> None:
    protobuf, json = events_of(capture, "protobuf"), events_of(capture, "json")
    assert protobuf == json
    assert len({e.event_id for e in protobuf}) == len(protobuf)


@each_capture
def test_replaying_gives_the_same_ids(capture: Path) -> None:
    one = pipeline()
    first = [e.event_id for e in one.run(frames(capture, "protobuf")).events]
    again = [e.event_id for e in one.run(frames(capture, "json")).events]
    elsewhere = [e.event_id for f in frames(capture, "protobuf") for e in pipeline().run([f]).events]
    assert first == again == elsewhere


@each_capture
def test_a_span_and_its_log_name_the_same_request(capture: Path) -> None:
    events = events_of(capture, "protobuf")
    for kind, attribute in ((EventKind.API_REQUEST, "request_id"), (EventKind.TOOL_CALL, "tool_use_id")):
        logged = {e.attributes.get(attribute) for e in events if e.kind is kind and e.source is Source.OTEL_LOG}
        spanned = {e.attributes.get(attribute) for e in events if e.kind is kind and e.source is Source.OTEL_SPAN}
        assert spanned <= logged


@each_capture
def test_everything_the_client_sends_is_known(capture: Path) -> None:
    drops = pipeline().run(frames(capture, "protobuf")).drops
    assert {reason for reason, _ in drops} <= {DropReason.NOT_RELEASED}, "a name that no table has"


@each_capture
def test_sessions_and_people_are_pseudonyms(capture: Path) -> None:
    sessions = set(expected(capture)["observed_in_telemetry"]["session_ids"])
    events = events_of(capture, "protobuf")
    assert len({e.session_id for e in events}) == len(sessions)
    assert all(e.session_id and e.session_id.startswith("s_") and len(e.session_id) == 18 for e in events)
    assert all(str(e.attributes["user_id"]).startswith("u_") for e in events)
    assert not any(session in repr(event) for event in events for session in sessions)
