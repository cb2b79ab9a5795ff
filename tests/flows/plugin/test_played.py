"""What five real Claude Codes gave the hooks and wrote down, through hook and shipper: every session and name once, and true."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.plugin_hook import HOOKS, Hook
from tests.plugin_ship import SCRIPTS, Receiver, receiver

PLAYED = Path(__file__).parents[2] / "golden" / "plugin"
VERSIONS = ("1.0.128", "2.0.76", "2.1.72", "2.1.197", "2.1.328")
BUILT_IN = ("clear", "exit")  # each version notes other ones in the transcript
PRIVATE = ("Ada", "/etc/hosts", "what is this", "nosuch", "Salve", "a.txt", "Count the files", "/home/dev")


class Play:
    """One version's payloads in the order in which they came, and the transcripts as they were in the end."""

    def __init__(self, version: str, root: Path) -> None:
        played = PLAYED / version / "played"
        self.truth: list[dict[str, Any]] = json.loads((played / "truth.json").read_text())
        self.payloads = [json.loads(line) for line in (played / "hooks.jsonl").read_text().splitlines()]
        shutil.copytree(played / "projects", root / "projects")
        self.hook = Hook(folder=root / "plugin", shipper="")
        for payload in self.payloads:
            name = Path(payload["transcript_path"]).name
            payload["transcript_path"] = str(root / "projects" / "-home-dev-project" / name)

    def run(self, receiver: Receiver) -> None:
        (self.hook.data / "consent.json").write_text(
            json.dumps({"version": 1, "status": "granted", "decided_at": "2026-11-20T01:31:50Z", "endpoint": receiver.url,
                        "form": "native"})
        )  # fmt: skip
        for payload in self.payloads:
            (group,) = HOOKS[payload["hook_event_name"]]
            command = group["hooks"][0]["command"]
            ran = self.hook.run(json.dumps(payload).encode(), words=["/bin/sh", "-c", command])
            assert ran.was_silent
        for _ in range(2):  # the second finds nothing more to tell
            words = [sys.executable, "-I", "-S", "-B", str(SCRIPTS / "ship.py"), str(self.hook.data), "--now"]
            done = subprocess.run(words, env=self.hook.environ, capture_output=True, timeout=50, check=False)
            assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.fixture(scope="module", params=VERSIONS)
def told(request, tmp_path_factory):
    play = Play(request.param, tmp_path_factory.mktemp("played"))
    with receiver() as server:
        play.run(server)
    return play, server


def test_every_session_is_told_once_with_true_counts(told):
    play, server = told
    sessions = {payload["session_id"]: payload for payload in server.of("/sessions")}
    assert len(server.of("/sessions")) == len(sessions)
    for truth in play.truth:
        if truth["session"] not in sessions:
            assert truth["typed"] == "/nosuch thing", "only a session in which nothing happened may not be told of"
            continue
        said = sessions[truth["session"]]
        commands = {name: count for name, count in said["commands"].items() if name not in BUILT_IN}
        assert commands.pop("custom", 0) == 0
        seen = {
            "commands": commands,
            "skills": said["skills"],
            "responses": said["response_count"],
            "tool_calls": said["total_tool_calls"],
            "tool_errors": said["tool_error_count"],
            "subagent_tool_calls": said["subagents"]["tool_calls"],
            "input_tokens": said["total_input_tokens"],
            "output_tokens": said["total_output_tokens"],
            "cache_creation_tokens": said["cache_creation_tokens"],
            "cache_read_tokens": said["cache_read_tokens"],
        }
        assert seen == {name: truth[name] for name in seen}, truth["typed"]


def test_every_name_is_told_once_and_nothing_else_is_a_name(told):
    play, server = told
    for truth in play.truth:
        events = [event for event in server.of("/events") if event["session_id"] == truth["session"]]
        names = sorted((event["type"], event["name"]) for event in events if event["name"] != "custom")
        expected = [("slash_command", name) for name in truth["commands"]] + [
            ("skill", name) for name in truth["skills"]
        ]
        assert names == sorted(expected), truth["typed"]
    assert {event["name"] for event in server.of("/events")} <= {"demo:hello", "demo:greet", "custom"}


def test_no_text_and_no_path_leaves(told):
    _, server = told
    sent = "".join(one.body.decode() for one in server.got)
    assert [word for word in PRIVATE if word in sent] == []
