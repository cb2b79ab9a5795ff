"""Real libraries against a mock of the model's API: the generic reader says what they say, each request once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tachograph_sdk.model.event import DropReason, EventKind, Source
from tests.recorded import GOLDEN, telemetry, totals

PROGRAMS = sorted(path.parent for path in (GOLDEN / "genai").glob("*/expected.json"))
TOKENS = ("input", "output", "cache_read", "cache_write", "reasoning")

# What a library says differently from what was played, and why. All else is exact.
NO_CACHE = "the library sends neither cached nor reasoning tokens: all input counts as fresh"
SAYS: dict[str, dict[str, Any]] = {
    "openai-v2": {"input": 2366, "cache_read": 0, "reasoning": 0},  # NO_CACHE
    "openai-v2-latest": {"input": 2366, "cache_read": 0, "reasoning": 0},  # NO_CACHE
    "openai-v2-older": {"input": 1512, "cache_read": 0, "reasoning": 0},  # NO_CACHE
    "openllmetry-langchain": {"reasoning": 0},
    # The library adds the placeholder of a stream's start to its end (18 instead of 17), and reports each failure beside
    # the SDK's own span without an id that both have.
    "openllmetry-anthropic": {"output": 49, "errors": 2},
    # Streams have no usage, failures no span, and cached tokens are not told apart.
    "openllmetry-openai-older": {"input": 1201, "output": 31, "cache_read": 0, "reasoning": 0, "errors": 0},
}

each_program = pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)


def expected(program: Path) -> dict[str, Any]:
    told = json.loads((program / "expected.json").read_text("utf-8"))
    truth = {**told["tokens"], "requests": told["requests"], "errors": sum(told["errors"].values()), "residuals": 0}
    return truth | SAYS.get(program.name, {})


def test_all_programs_are_here() -> None:
    assert len(PROGRAMS) == 10


@each_program
@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_totals_are_what_was_played_and_no_counter_adds_to_them(program: Path, encoding: str) -> None:
    truth = expected(program)
    found = totals(telemetry(program, encoding).events)
    assert {name: found[name] for name in truth} == truth


@each_program
def test_any_one_signal_that_names_requests_gives_the_same(program: Path) -> None:
    truth = expected(program)
    events = telemetry(program).events
    for source in (Source.OTEL_SPAN, Source.OTEL_LOG):
        alone = [e for e in events if e.source is source]
        if alone:
            found = totals(alone)
            wanted = {name: truth[name] for name in (*TOKENS, "errors")}
            if source is Source.OTEL_LOG:  # embeddings have no event
                wanted |= {"input": 2346}
            assert {name: found[name] for name in wanted} == wanted


@each_program
def test_metrics_alone_still_count(program: Path) -> None:
    events = [e for e in telemetry(program).events if e.source is Source.OTEL_METRIC]
    if not events:
        pytest.skip("this program sends none")
    truth, found = expected(program), totals(events)
    whole = truth["input"] + truth["cache_read"] + truth["cache_write"]
    # Older metrics count whole prompts and cannot say what of them was cached.
    assert found["input"] + found["cache_read"] + found["cache_write"] in (whole, whole - 311)
    assert found["output"] in (truth["output"], truth["output"] - 17)  # 2.1b0 counts no streams
    assert found["requests"] == 0


@each_program
def test_the_program_is_known_by_its_name(program: Path) -> None:
    assert {e.agent for e in telemetry(program).events} == {"billing_helper"}


@each_program
def test_nothing_that_was_planted_gets_through(program: Path) -> None:
    for event in telemetry(program).events:
        text = repr(event)
        for secret in ("PLANTED", "planted", "127.0.0.1", "/home/dev", "devbox", "sk-fake", "abc-session-1"):
            assert secret not in text


@each_program
def test_what_is_not_kept_is_known_by_name(program: Path) -> None:
    unknown = {drop for drop in telemetry(program).drops if drop[0] in (
        DropReason.UNKNOWN_ATTRIBUTE, DropReason.UNKNOWN_EVENT, DropReason.INTERNAL_ERROR
    )}  # fmt: skip
    assert not unknown


def test_one_request_told_by_span_event_and_counter_is_one_row() -> None:
    (program,) = (path for path in PROGRAMS if path.name == "openai-v2-latest")
    events = telemetry(program).events
    ids = [
        e.attributes["message_id"] for e in events if e.kind is EventKind.API_REQUEST and "message_id" in e.attributes
    ]
    assert len(ids) == 2 * len(set(ids)) == 8
    assert {e.attributes["counter"] for e in events if e.kind is EventKind.USAGE_COUNTER} == {"input_total", "output"}


def test_the_price_is_ours_and_is_what_a_library_works_out_itself() -> None:
    (program,) = (path for path in PROGRAMS if path.name == "pydantic-ai")
    costs = [e.attributes["cost_nanousd"] for e in telemetry(program).events if e.kind is EventKind.API_REQUEST]
    assert sorted(costs) == [303_250, 587_250, 686_250]  # operation.cost of its spans, in nano-dollars
