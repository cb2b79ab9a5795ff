"""A session that hooks, a transcript and telemetry tell of is one session, and its usage counts once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tachograph.analytics.query import Window
from tachograph.analytics.report import build_report
from tachograph.inputs.agents.claude_code.agent import ClaudeCode
from tachograph.inputs.hooks.frame import KINDS
from tachograph.inputs.hooks.payload import What
from tachograph.pipeline.pipeline import Pipeline
from tachograph.ports import Batch, Statement
from tachograph.pricing.price import PriceTable
from tachograph.store.duckdb import DuckDBStore
from tachograph.wiring.decoding import FrameDecoder
from tachograph_sdk.model.event import Event
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.release import Release
from tests.captures import CAPTURES, frame, frames
from tests.effort import some_long
from tests.unit.hooks.making import body_of, native_session
from tests.unit.transcripts.making import SECRET, ListStore, make_importer

SCENARIOS = [capture for capture in CAPTURES if (capture / "transcripts").is_dir()]
FIGURES = (
    "sessions", "prompts", "requests", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "cost_microusd", "tool_calls", "tool_errors", "lines_added", "lines_removed", "commits", "pull_requests", "active_seconds",
)  # fmt: skip
_prices = PriceTable.load()


def run(*bodies: tuple[What, dict[str, Any]], integrity: bytes = b"checksum") -> list[Event]:
    """Payloads through the pipeline, as they come out of the journal."""
    pipeline = Pipeline(
        decoder=FrameDecoder(), agents=[ClaudeCode()], release=Release(Pseudonymizer(SECRET)), prices=_prices
    )
    made = [
        frame(KINDS[what], integrity + b"\n" + body_of(payload), end=n) for n, (what, payload) in enumerate(bodies, 1)
    ]
    return list(pipeline.run(made).events)


def otel(capture: Path) -> list[Event]:
    pipeline = Pipeline(
        decoder=FrameDecoder(), agents=[ClaudeCode()], release=Release(Pseudonymizer(SECRET)), prices=_prices
    )
    return list(pipeline.run(list(frames(capture, "protobuf"))).events)


def transcripts(capture: Path) -> list[Event]:
    store = ListStore()
    make_importer(store, capture / "transcripts").run()
    return list(store.events.values())


def reports(capture: Path) -> list[tuple[What, dict[str, Any]]]:
    """What the plugin reports of each session: every response of its files once."""
    used: dict[str, dict[str, dict[str, Any]]] = {}
    times: dict[str, list[str]] = {}
    for path in sorted((capture / "transcripts").rglob("*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            record = json.loads(line)
            name, message = record.get("sessionId"), record.get("message") or {}
            if name and record.get("timestamp"):
                times.setdefault(name, []).append(record["timestamp"])
            if record.get("type") == "assistant" and message.get("model") != "<synthetic>":
                used.setdefault(name, {})[message["id"]] = message
    made = []
    for name, responses in used.items():
        by_model: dict[str, dict[str, Any]] = {}
        for message in responses.values():
            usage, whole = message["usage"], by_model.setdefault(message["model"], {"model": message["model"]})
            for ours, theirs in (
                ("input_tokens", "input_tokens"), ("output_tokens", "output_tokens"),
                ("cache_read_tokens", "cache_read_input_tokens"), ("cache_creation_tokens", "cache_creation_input_tokens"),
            ):  # fmt: skip
                whole[ours] = whole.get(ours, 0) + usage[theirs]
            hour = (usage.get("cache_creation") or {}).get("ephemeral_1h_input_tokens", 0)
            whole["cache_creation_1h_tokens"] = whole.get("cache_creation_1h_tokens", 0) + hour
        payload = native_session(
            session_id=name, start_timestamp=min(times[name]), end_timestamp=max(times[name]), usage=list(by_model.values()),
            active_seconds=None, lines_added=None, lines_removed=None,
        )  # fmt: skip
        made.append((What.SESSIONS, payload))
    return made


def figures(*parts: Sequence[Event]) -> dict[str, Any]:
    store = DuckDBStore(":memory:")
    try:
        for events in parts:
            store.write(Batch(events=list(events)))
            store.settle()
        totals = build_report(store, Window()).totals
        rows = store.query(Statement(name="t", sql="select count(*) from requests where outcome = 'residual'")).rows
        return {name: totals[name] for name in FIGURES} | {"residual": rows[0][0]}
    finally:
        store.close()


@pytest.mark.parametrize("capture", some_long(SCENARIOS, 3), ids=lambda p: p.name)
def test_what_hooks_report_changes_no_figure_of_a_session_that_others_saw(capture: Path) -> None:
    told_of = reports(capture)
    told, seen, exported = run(*told_of), transcripts(capture), otel(capture)
    assert any(e.attributes.get("counter") == "session_total" for e in told)
    whole, alone, by_transcript = figures(seen, exported), figures(told), figures(seen)
    assert figures(told, seen, exported) == whole
    assert figures(exported, seen, told) == whole
    assert figures(seen, told) == by_transcript
    tokens = [name for name in FIGURES if name.endswith("_tokens")]
    if not by_transcript["residual"]:
        assert {name: alone[name] for name in tokens} == {name: by_transcript[name] for name in tokens}
        assert alone["cost_microusd"] == by_transcript["cost_microusd"]
        assert alone["sessions"] == len(told_of)  # those with a response; what had none has no usage to be counted by
