"""Many hooks at once, and hooks whose session dies under them: no line is lost, and none is torn."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.plugin_hook import Hook, payload

# What Claude Code does with a hook: a shell with a pipe, the payload, the pipe's end. Then it says so, and is killed.
PARENT = """
import json, os, subprocess, sys
words, payload = json.loads(sys.stdin.readline())
hook = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
hook.stdin.write(payload.encode())
hook.stdin.close()
sys.stdout.write("sent")
sys.stdout.flush()
hook.wait()
"""


def at_once(hook: Hook, stdins: list[bytes]) -> None:
    """Start a hook for each, as fast as processes can be started, its payload ready."""
    running: list[subprocess.Popen[bytes]] = []
    for number, stdin in enumerate(stdins):
        path = hook.folder / f"stdin-{number}"
        path.write_bytes(stdin)
        with path.open("rb") as file:
            running.append(
                subprocess.Popen(
                    hook.words(), stdin=file, env=hook.environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
                )
            )
    for one in running:
        assert one.communicate(timeout=30)[0] == b""
        assert one.returncode == 0


@pytest.mark.parametrize("rounds", [2, pytest.param(20, marks=[pytest.mark.long, pytest.mark.timeout(180)])])
def test_fifty_hooks_at_once_write_fifty_whole_lines_and_start_one_shipper(tmp_path: Path, rounds: int) -> None:
    hook = Hook(folder=tmp_path)
    for round_ in range(rounds):
        at_once(hook, [payload(prompt=f"/r{round_}:n{number} " + "x" * 300) for number in range(50)])
    names = [event["name"] for event in hook.events()]
    assert sorted(names) == sorted(f"r{round_}:n{number}" for round_ in range(rounds) for number in range(50))
    assert len(hook.costs()) == rounds * 50
    time.sleep(0.3)
    assert len(hook.shippers(at_least=1)) == 1


def test_all_sessions_that_end_at_once_are_in_the_spool(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path)
    at_once(hook, [payload("SessionEnd", session_id=f"session-{number}", reason="other") for number in range(20)])
    assert {event["session"] for event in hook.events()} == {f"session-{number}" for number in range(20)}
    assert len(hook.shippers(at_least=20)) == 20  # the end of a session always starts one: it has a lock of its own


@pytest.mark.parametrize("whole_group", [False, True])
@pytest.mark.parametrize("rounds", [10, pytest.param(100, marks=[pytest.mark.long, pytest.mark.timeout(300)])])
def test_a_session_that_is_killed_after_its_event_loses_none(tmp_path: Path, rounds: int, whole_group: bool) -> None:
    """The parent dies 0 to 50 ms after it wrote the payload; or its group is told to end, the hook with it."""
    hook = Hook(folder=tmp_path)
    chance = random.Random(7)
    for number in range(rounds):
        stdin = payload("SessionEnd", session_id=f"session-{number}", reason="other")
        parent = subprocess.Popen(
            [hook.python, "-c", PARENT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=hook.environ,
            start_new_session=True,
        )
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdin.write(_as_line(hook, stdin))
        parent.stdin.flush()
        assert parent.stdout.read(4) == b"sent"
        time.sleep(chance.uniform(0, 0.05))
        if whole_group:
            os.killpg(parent.pid, chance.choice((signal.SIGHUP, signal.SIGINT, signal.SIGTERM)))
        else:
            parent.kill()
        parent.wait()
        parent.stdin.close()
        parent.stdout.close()
    found: set[str] = set()
    for _ in range(300):
        found = {event["session"] for event in hook.events()}
        if len(found) == rounds:
            break
        time.sleep(0.01)
    print(f"{len(found)} of {rounds} in the spool", file=sys.stderr)
    # A shell that is told to end before it has read its first word ends: nobody can do anything about that.
    assert len(found) >= rounds * (0.95 if whole_group else 0.99)


def _as_line(hook: Hook, stdin: bytes) -> bytes:
    return json.dumps([hook.words(), stdin.decode()]).encode() + b"\n"
