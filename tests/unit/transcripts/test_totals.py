"""A session's own running total, which the agent writes without a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tachograph.inputs.agents.claude_code.transcript import read_transcript
from tachograph_sdk.model.event import DropReason, EventKind
from tests.unit.transcripts.making import SESSION, ListStore, joined, line, make_importer, response

STARTED_MS = 1_795_168_800_000


def total(used: dict[str, Any] | None = None, **more: Any) -> bytes:
    """The record, with 7 fresh tokens unless told otherwise."""
    models = {"claude-opus-5-5": {"inputTokens": 7, "costUSD": 0.25} | (used or {})}
    return line(
        **{
            "type": "cost-state",
            "sessionId": SESSION,
            "startTime": STARTED_MS,
            "totalDuration": 432,
            "modelUsage": models,
        }
        | more
    )


def test_every_class_of_every_model_is_read() -> None:
    used = {
        "outputTokens": 9,
        "thinkingTokens": 3,
        "cacheReadInputTokens": 100,
        "cacheCreationInputTokens": 20,
        "cacheCreationEphemeral5mInputTokens": 15,
        "cacheCreationEphemeral1hInputTokens": 10,
        "webSearchRequests": 2,
    }
    result = read_transcript(enumerate([response(1), total(used)], 1), file_hint="s", received_us=1)
    (event,) = [e for e in result.events if e.kind is EventKind.USAGE_COUNTER]
    had = {
        name: event.attributes[name] for name in event.attributes if name.endswith(("_tokens", "_requests", "_nanousd"))
    }
    assert had == {
        "input_tokens": 7,
        "output_tokens": 9,
        "reasoning_tokens": 3,
        "cache_read_tokens": 100,
        "cache_write_tokens": 25,  # more than the total says: the split knows better
        "cache_write_5m_tokens": 15,
        "cache_write_1h_tokens": 10,
        "web_search_requests": 2,
        "cost_nanousd": 250_000_000,
    }
    assert (event.attributes["counter"], event.attributes["lineage"]) == ("session_total", str(STARTED_MS))
    (request,) = [e for e in result.events if e.kind is EventKind.API_REQUEST]
    assert event.at_ns == request.at_ns


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (total({"inputTokens": -1}), DropReason.BAD_NUMBER),
        (total({"outputTokens": 10**13}), DropReason.BAD_NUMBER),
        (total(modelUsage=7), DropReason.BAD_LINE),
        (total(sessionId=None), DropReason.BAD_LINE),
    ],
)
def test_a_total_that_cannot_be_one_is_set_aside_alone(bad: bytes, reason: DropReason) -> None:
    result = read_transcript(enumerate([response(1), bad, total()], 1), file_hint="s", received_us=1)
    assert [b.reason for b in result.bad_lines] == [reason]
    assert sum(e.kind is EventKind.USAGE_COUNTER for e in result.events) == 1


def test_it_is_the_same_event_wherever_reading_went_on(tmp_path: Path) -> None:
    """Its time is that of the message before it, which may have been read long ago."""
    start, between = joined(response(1)), joined(*[line(type="mode", text="x" * 900) for _ in range(100)])

    def ids(*pieces: bytes) -> set[str]:
        store = ListStore()
        path = tmp_path / "projects" / "-home-dev-project" / "s.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        for piece in pieces:
            with path.open("ab") as file:
                file.write(piece)
            make_importer(store, tmp_path / "projects").run()
        return set(store.events)

    at_once = ids(start + between + joined(total()))
    assert len(at_once) == 3  # the session, the request, the total
    assert ids(start, between, joined(total())) == at_once
    assert ids(start + between, joined(total())) == at_once
