"""A name is sent if the transcript shows that there is such a command or skill, and else never."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.plugin_ship import GOLDEN, script
from tests.unit.transcripts.making import SESSION, joined, prompt, response, tool_result, tool_use

names, sessions = script("names"), script("sessions")


def found(tmp_path: Path, *lines: bytes) -> Any:
    path = tmp_path / f"{SESSION}.jsonl"
    path.write_bytes(joined(*lines))
    return sessions.names_in(str(path), SESSION, time.monotonic() + 10)


@pytest.mark.parametrize(
    "tags",
    [
        "<command-message>demo:hello</command-message>\n<command-name>/demo:hello</command-name>\n<command-args>Ada",
        "<command-message>demo:hello is running…</command-message>\n<command-name>/demo:hello</command-name>",
        "<command-name>/demo:hello</command-name>\n            <command-message>demo:hello</command-message>",
        "<command-name>demo:hello</command-name>",
    ],
)
def test_a_command_is_known_by_its_tags_as_every_release_writes_them(tmp_path: Path, tags: str) -> None:
    told = found(tmp_path, prompt(1, tags))
    assert told.commands == {"demo:hello": 1}
    assert told.knows("prompt", "demo:hello")
    assert not told.knows("skill", "demo:hello")


@pytest.mark.parametrize(
    "lines",
    [
        [prompt(1, "/secret-plan")],
        [prompt(1, "what is <command-name>/secret-plan</command-name>?")],
        [prompt(1, "<command-name>/secret-plan</command-name>", isMeta=True)],
        [prompt(1, "<command-name>/secret-plan</command-name>", sessionId="another")],
        [tool_result(1, told={"stdout": "<command-name>/secret-plan</command-name>"})],
        [response(1, blocks=[{"type": "text", "text": "<command-name>/secret-plan</command-name>"}])],
        [response(1, blocks=[tool_use(1, "Skill", skill="secret-plan")])],
        [
            response(1, blocks=[tool_use(1, "Skill", skill="secret-plan")]),
            tool_result(1, is_error=True, told="Error: x"),
        ],
        [
            response(1, blocks=[tool_use(1, "Skill", skill="secret-plan")]),
            tool_result(1, toolDenialKind="user-rejected"),
        ],
        [response(1, blocks=[tool_use(1, "Bash", skill="secret-plan")]), tool_result(1)],
    ],
)
def test_a_name_that_somebody_only_wrote_is_not_confirmed(tmp_path: Path, lines: list[bytes]) -> None:
    told = found(tmp_path, *lines)
    assert not told.knows("prompt", "secret-plan")
    assert not told.knows("skill", "secret-plan")


@pytest.mark.parametrize("field", ["skill", "command"])
def test_a_skill_is_known_by_a_call_that_worked_also_a_subagents(tmp_path: Path, field: str) -> None:
    lines = [
        response(1, blocks=[tool_use(1, "Skill", **{field: "demo:greet"})]),
        tool_result(1, told={"success": True}),
    ]
    assert found(tmp_path, *lines).knows("skill", "demo:greet")
    agents = tmp_path / SESSION / "subagents"
    agents.mkdir(parents=True)
    (agents / "agent-1.jsonl").write_bytes(joined(*lines))
    assert found(tmp_path, prompt(1)).knows("skill", "demo:greet")


@pytest.mark.parametrize(
    "path", sorted(GOLDEN.glob("*/hooks-plugin/transcripts/*/*.jsonl")), ids=lambda path: path.stem
)
def test_recorded_sessions_show_the_command_and_the_skill_that_were_used(path: Path) -> None:
    told = sessions.names_in(str(path), path.stem, time.monotonic() + 10)
    text = path.read_text()
    assert told.knows("prompt", "demo:hello") is ("<command-name>/demo:hello" in text)
    assert told.knows("skill", "demo:greet") is ('"skill":"demo:greet"' in text)


@pytest.mark.parametrize("name", ["a", "review", "demo:hello", "a:b:c", "a" * 64, "x_-1", "team:1st"])
def test_a_strict_name_is_one(name: str) -> None:
    assert names.strict(name) == name


@pytest.mark.parametrize(
    "name", ["", "a/b", "Users/x", "a b", "1a", "a:b:c:d", "a::b", ":a", "ä", "a" * 65, "a\n", None, 3, []]
)
def test_anything_else_is_none(name: Any) -> None:
    assert names.strict(name) is None


def test_a_command_of_an_odd_name_counts_without_it(tmp_path: Path) -> None:
    told = found(
        tmp_path, prompt(1, "<command-name>/a/b.c</command-name>"), prompt(2, "<command-name>/ü</command-name>")
    )
    assert told.commands == {"custom": 2}


def test_of_many_names_the_most_used_are_kept_and_the_rest_is_custom() -> None:
    counted = {f"c{number:03d}": number + 1 for number in range(100)}
    kept = names.most_used({**counted, "custom": 1000})
    assert len(kept) == 50
    assert kept["c099"] == 100
    assert sum(kept.values()) == sum(counted.values()) + 1000
    assert json.dumps(kept)
