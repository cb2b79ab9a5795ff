"""Texts of transcripts: not even read unless they are wanted, then whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tachograph.inputs.agents.histories import BY_ID
from tachograph_sdk.model.event import RawEvent

GOLDEN = Path(__file__).parents[2] / "golden" / "agents"
FILES = {
    "claude_code": sorted((GOLDEN / "claude_code").rglob("transcripts/**/*.jsonl")),
    "codex": sorted((GOLDEN / "codex").rglob("rollouts/**/*.jsonl")),
    "copilot_cli": sorted((GOLDEN / "copilot_cli").rglob("session-state/**/*.jsonl")),
}


def read(history: str, path: Path, *, wanted: bool) -> list[RawEvent]:
    reader = BY_ID[history].make(file_hint=str(path), received_us=1, from_start=True)
    if wanted:
        reader.bring_contents()
    reader.feed(path.read_bytes().splitlines(), number=1, offset=0)
    found: list[RawEvent] = reader.finish()
    return found


def contents(events: list[RawEvent]) -> list[dict[str, object]]:
    return [{k: v for k, v in e.attributes.items() if k.startswith("content_")} for e in events]


@pytest.mark.parametrize("history", sorted(FILES))
def test_no_text_is_read_unless_it_is_wanted(history: str) -> None:
    for path in FILES[history]:
        assert not any(contents(read(history, path, wanted=False)))


@pytest.mark.parametrize("history", sorted(FILES))
def test_wanted_texts_change_nothing_else(history: str) -> None:
    found = 0
    for path in FILES[history]:
        plain, told = read(history, path, wanted=False), read(history, path, wanted=True)
        assert [(e.kind, e.key, e.at_ns) for e in plain] == [(e.kind, e.key, e.at_ns) for e in told]
        for without, event in zip(plain, told, strict=True):
            assert {k: v for k, v in event.attributes.items() if not k.startswith("content_")} == without.attributes
        found += sum(map(bool, contents(told)))
    assert found > 10


def test_a_prompt_in_parts_and_a_tools_input_are_whole() -> None:
    base = {"sessionId": "11111111-2222-4333-8444-555555555555", "timestamp": "2026-11-20T06:00:00.000Z"}
    lines = [
        {
            **base,
            "type": "user",
            "uuid": "u1",
            "message": {
                "role": "user",
                "content": [
                    {"type": "text", "text": "first é"},
                    {"type": "text", "text": "<system-reminder>not typed"},
                    {"type": "text", "text": "second"},
                ],
            },
        },
        {
            **base,
            "type": "assistant",
            "uuid": "u2",
            "message": {
                "role": "assistant",
                "id": "msg_1",
                "model": "m",
                "content": [{"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "false"}}],
            },
        },
        {
            **base,
            "type": "user",
            "uuid": "u3",
            "message": {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "toolu_1", "is_error": True, "content": "Exit code 1\\nno"}
                ],
            },
        },
    ]
    reader = BY_ID["claude_code"].make(file_hint="x.jsonl", received_us=1, from_start=True)
    reader.bring_contents()
    reader.feed([json.dumps(line, ensure_ascii=False).encode() for line in lines], number=1, offset=0)
    told = {name: text for found in contents(reader.finish()) for name, text in found.items()}
    assert told == {
        "content_prompt": "first é\nsecond",
        "content_tool_input": '{"command": "false"}',
        "content_error": "Exit code 1\\nno",
    }
