"""Which file a tool worked on: from every reader that is told, as one pseudonym whoever tells it, and as nothing else.

The paths here were read in the recordings by hand; a pseudonym is worked out from each with the installation's secret.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from tachograph.inputs.agents.kit.files import file_given
from tachograph_sdk.model.event import Event, EventKind
from tachograph_sdk.privacy.file_path import file_path
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tests.recorded import GOLDEN, history, telemetry
from tests.unit.claude_code.test_telemetry import event
from tests.unit.opencode.making import Conversation, answer, read_script, step, tool

PROJECT = "/home/dev/project"
_pseudonyms = Pseudonymizer(b"a secret of thirty-two bytes len")  # that of tests/recorded.py

Told = list[tuple[str, str | None]]

# Agent, recording, what tools (or changes) worked on in it, by its history. Tools that run commands are left out.
HISTORIES: list[tuple[str, str, str, Told]] = [
    (
        "claude_code", "2.1.328/edit-commit-pr-http-protobuf", "transcripts/**/*.jsonl",
        [("Edit", "greet.py"), ("Read", "greet.py"), ("Write", "test_greet.py"),
         ("change", "greet.py"), ("change", "test_greet.py")],
    ),
    (
        "claude_code", "2.0.76/older-v2.0.76", "transcripts/**/*.jsonl",
        [("Edit", "m.py"), ("Grep", None), ("Read", "m.py"), ("TodoWrite", None), ("change", "m.py")],
    ),
    (
        "claude_code", "2.1.328/tui-permission", "transcripts/**/*.jsonl",
        [("Write", "one.txt"), ("Write", "two.txt"), ("change", "one.txt")],
    ),
    (
        "codex", "0.169.0/mcp-cachewrite", "rollouts/**/*.jsonl",
        # The second patch was of three files: the call names none, its changes one each.
        [("apply_patch", None), ("apply_patch", "zzz.py"), ("change", "a.py"), ("change", "b.md"), ("change", "mcp.py"),
         ("mcp__weather__forecast", None), ("mcp__weather__forecast", None)],
    ),
    ("codex", "0.80.0/older", "rollouts/**/*.jsonl", [("apply_patch", "hi.py"), ("change", "hi.py")]),
    (
        "copilot_cli", "1.0.102/edit-commit-http-protobuf", "session-state/*/events.jsonl",
        [("change", "planted_c0ffee.py"), ("change", "readme.md"), ("create", "planted_c0ffee.py"),
         ("edit", "readme.md"), ("view", "no-such-file.txt")],
    ),
    (
        "gemini_cli", "0.61.0/edit-grpc", "local/tmp/project/chats/*.jsonl",
        [("change", "a.txt"), ("read_file", "a.txt"), ("replace", "a.txt"), ("replace", "a.txt")],
    ),
    (
        "qwen_code", "0.24.4/edit-http-openai", "local/**/chats/*.jsonl",
        [("change", "a.txt"), ("read_file", "a.txt"), ("replace", "a.txt"), ("replace", "a.txt")],
    ),
]  # fmt: skip

# By its telemetry, where that tells what tools were given.
TELEMETRY: list[tuple[str, Told]] = [
    (
        "claude_code/2.1.328/edit-commit-pr-http-protobuf",
        [("Edit", "greet.py"), ("Read", "greet.py"), ("Write", "test_greet.py")],
    ),
    ("claude_code/2.1.328/tui-permission", [("Write", "one.txt")]),
    ("copilot_cli/1.0.102/content-http-json", [("view", "readme.md")]),
    ("gemini_cli/0.61.0/edit-grpc", [("read_file", "a.txt"), ("replace", "a.txt")]),
    ("opencode/1.18.33/anthropic-tools", [("edit", "a.txt"), ("read", "a.txt"), ("read", "b.py"), ("write", "new.py")]),
    ("qwen_code/0.24.4/edit-http-openai", [("read_file", "a.txt"), ("replace", "a.txt")]),
]


def told(events: Iterable[Event]) -> list[tuple[str, str | None]]:
    found = []
    for one in events:
        name = str(one.attributes.get("tool_name"))
        if one.kind is EventKind.CODE_CHANGE:
            name = "change"
        elif (
            one.kind is not EventKind.TOOL_CALL
            or name in ("Bash", "bash", "exec_command", "shell_command")
            or (name == "run_shell_command")
        ):
            continue
        file = one.attributes.get("file")
        found.append((name, None if file is None else str(file)))
    return sorted(found, key=str)


def expected(tools: Told) -> list[tuple[str, str | None]]:
    return sorted(
        [(name, None if file is None else _pseudonyms.file(f"{PROJECT}/{file}")) for name, file in tools], key=str
    )


@pytest.mark.parametrize(("agent", "session", "files", "tools"), HISTORIES, ids=[f"{c[0]}-{c[1]}" for c in HISTORIES])
def test_a_history_tells_which_file_a_tool_worked_on(agent: str, session: str, files: str, tools: Told) -> None:
    batch = history(agent, [path for path in (GOLDEN / agent / session).glob(files) if "agent-" not in path.name])
    assert told(batch.events) == expected(tools)


@pytest.mark.parametrize(("session", "tools"), TELEMETRY, ids=[session for session, _ in TELEMETRY])
def test_telemetry_tells_the_same_pseudonym_as_a_history(session: str, tools: Told) -> None:
    found = [(name, file) for name, file in told(telemetry(GOLDEN / session).events) if file is not None]
    assert sorted(set(found)) == expected(tools)


def test_telemetry_without_what_tools_were_given_names_no_file() -> None:
    events = telemetry(GOLDEN / "claude_code/2.0.76/older-v2.0.76").events
    files = [file for _, file in told(events)]
    assert files
    assert set(files) == {None}


def test_an_opencode_patch_of_two_files_is_two_changes(tmp_path: Path) -> None:
    files = [
        {"filePath": "/x/a.rs", "additions": 2, "deletions": 1},
        {"filePath": "/x/sub/../b.rs", "additions": 3, "deletions": 0},
        {"filePath": "/x/a.rs", "additions": 1, "deletions": 1},
    ]
    talk = Conversation()
    talk.message(2, answer(), step(), tool("apply_patch", metadata={"files": files}))
    events = read_script(tmp_path, talk.script())
    changes = [e for e in events if e.kind is EventKind.CODE_CHANGE]
    assert [(e.attributes["file"], e.attributes["lines_added"], e.attributes["lines_removed"]) for e in changes] == [
        ("/x/a.rs", 3, 2),
        ("/x/b.rs", 3, 0),
    ]
    assert len({e.key for e in changes}) == 2
    (call,) = (e for e in events if e.kind is EventKind.TOOL_CALL)
    assert "file" not in call.attributes


def test_arguments_name_a_file_only_of_tools_that_are_known_to_work_on_one() -> None:
    assert file_given("Read", {"file_path": "a.py"}, PROJECT) == f"{PROJECT}/a.py"
    assert file_given("read", json.dumps({"filePath": "/x/./a.py"})) == "/x/a.py"
    assert file_given("view", {"path": "/x/a.py"}) == "/x/a.py"
    assert file_given("NotebookEdit", {"notebook_path": "/x/a.ipynb"}) == "/x/a.ipynb"
    assert file_given("Read", {"file_path": 5, "path": "/x/a.py"}) == "/x/a.py"
    for other in ("Grep", "Bash", "mcp__files__read", "LS", "", None, 5):
        assert file_given(other, {"path": "/x/a.py", "file_path": "/x/a.py"}) is None
    for nothing in (None, 5, "", "{", '{"file_path": "/x', "[]", '["/x/a"]', {}, {"file_path": ["/x"]}, "[" * 100_000):
        assert file_given("Read", nothing, PROJECT) is None


def test_a_path_that_may_have_been_cut_names_no_file() -> None:
    """Claude Code cuts each value of an input at 512 characters."""
    for path, kept in (("/x/" + "a" * 300, True), ("/x/" + "a" * 509, False)):
        assert file_path(path) == path
        given = json.dumps({"file_path": path})
        told = event("tool_result", tool_name="Read", tool_use_id="toolu_1", tool_input=given)
        assert ("file" in told.attributes) is kept
