"""Five releases of Claude Code write transcripts in five ways; what was played is found in each."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.plugin_ship import GOLDEN, script

counting, sessions = script("counting"), script("sessions")
FOLDER = GOLDEN.parents[1] / "plugin"
RELEASES = ["1.0.128", "2.0.76", "2.1.72", "2.1.197", "2.1.328"]


def counted(release: str, scenario: str) -> list[Any]:
    paths = sorted((FOLDER / release / scenario).glob("*/????????-????-*.jsonl"))
    assert paths
    return [counting.count_session(str(path), path.stem) for path in paths]


@pytest.mark.parametrize("release", RELEASES)
def test_a_command_and_a_skill_are_confirmed_where_they_exist(release: str) -> None:
    """1.0.128 has no skills: the model's call fails, so its name is somebody's text."""
    found = counted(release, "hooks-plugin")
    assert sum(one.names.commands.get("demo:hello", 0) for one in found) == 1
    assert sum(one.names.skills.get("demo:greet", 0) for one in found) == (release != "1.0.128")
    assert {name for one in found for name in one.names.commands} == {"demo:hello"}
    for path in (FOLDER / release / "hooks-plugin").glob("*/????????-????-*.jsonl"):
        told = sessions.names_in(str(path), path.stem, time.monotonic() + 10)
        whole = counting.count_session(str(path), path.stem).names
        assert (told.commands, told.skills) == (whole.commands, whole.skills)


@pytest.mark.parametrize("release", RELEASES)
def test_tokens_are_what_the_api_said(release: str) -> None:
    """Of the same script; 2.0.76 warms up two subagents at each start, whose answers are its own doing."""
    found = counted(release, "hooks-plugin")
    own = [one.tokens_of(False) for one in found]
    sums = {name: sum(tokens[name] for tokens in own) for name in counting.CLASSES}
    assert sums == {
        "input_tokens": 623,
        "output_tokens": 62,
        "cache_creation_tokens": 2222,
        "cache_creation_1h_tokens": 0,
        "cache_read_tokens": 8888,
    }
    assert sum(one.responses_of(False) for one in found) == 5
    assert [one.prompts_of("human", "command") for one in found] == [1, 1, 1]
    assert sum(len(one.main.tools) for one in found) == 3
    assert sum(len(one.main.failed) for one in found) == (2 if release == "1.0.128" else 1)


@pytest.mark.parametrize("release", RELEASES)
def test_a_refused_call_is_no_error_and_no_line(release: str) -> None:
    (found,) = counted(release, "tui-permission")
    assert (len(found.main.tools), len(found.main.failed), found.lines_added) == (2, 0, 1)


@pytest.mark.parametrize("release", ["2.1.72", "2.1.197", "2.1.328"])
def test_a_subagents_file_is_found_and_apart(release: str) -> None:
    (found,) = counted(release, "subagent")
    assert (len(found.runs), found.responses_of(True)) == (1, 2)
    assert (len(found.main.tools), len(found.agents.tools)) == (1, 1)


def test_a_subagents_file_that_begins_with_another_sessions_record_is_found() -> None:
    found = [one for one in counted("2.0.76", "resume") if one.responses_of(False)]
    (one,) = found
    assert (one.responses_of(False), one.responses_of(True), one.prompts_of("human")) == (3, 6, 3)


@pytest.mark.parametrize("release", ["1.0.128", "2.1.72", "2.1.328"])
def test_a_real_fork_counts_its_own_and_its_parent_the_rest(release: str) -> None:
    found = sorted(counted(release, "fork"), key=lambda one: one.start)
    assert [one.responses_of(False) for one in found] == [1, 2]
    assert [one.prompts_of("human") for one in found] == [1, 2]
    assert [one.tokens_of(False)["output_tokens"] for one in found] == [5, 11]


def test_nothing_of_the_machine_that_recorded_them_is_in_them() -> None:
    for path in Path(FOLDER).rglob("*.jsonl"):
        text = path.read_text()
        assert "/home/dev" in text or '"cwd"' not in text
        assert "sk-ant" not in text
