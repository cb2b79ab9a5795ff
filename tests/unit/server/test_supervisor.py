"""A child that dies is started again with the same ports; one that cannot start is a clear error."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tachograph.server.supervisor import Child, ChildFailed, Supervisor

GOOD = """
import json, os, sys
config = json.loads(sys.stdin.readline())
print(json.dumps({"pid": os.getpid(), "port": config["section"]["port"] or 4711}), flush=True)
sys.stdin.read()
"""
SILENT = "import sys; sys.exit(3)"


def child(code: str, **config: Any) -> Child:
    return Child(
        name="part", argv=[sys.executable, "-c", code], config={"section": config}, keep={"port": "section.port"}
    )


@pytest.fixture
def changes() -> list[dict[str, Any]]:
    return []


@pytest.fixture
def running(changes: list[dict[str, Any]]) -> Iterator[Supervisor]:
    supervisor = Supervisor([child(GOOD, port=0)], on_change=changes.append)
    supervisor.start()
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    yield supervisor
    supervisor.stop()
    thread.join()


def wait_for(condition: Any, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def test_a_killed_child_comes_back_with_the_same_port(running: Supervisor, changes: list[dict[str, Any]]) -> None:
    first = changes[0]["part"]["pid"]
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: len(changes) == 2)
    assert changes[1]["part"]["pid"] != first
    assert running.children[0].config["section"]["port"] == 4711  # 0 was asked for at first


def test_stopping_ends_the_children(running: Supervisor, changes: list[dict[str, Any]]) -> None:
    running.stop()
    process = running.children[0].process
    assert process is not None
    assert process.poll() is not None
    assert len(changes) == 1  # an end that was asked for is no reason to start again


def test_a_child_that_cannot_start_is_named_and_the_others_are_ended() -> None:
    good = child(GOOD, port=0)
    supervisor = Supervisor([good, Child(name="broken", argv=[sys.executable, "-c", SILENT], config={})])
    with pytest.raises(ChildFailed, match=r"broken.*3"):
        supervisor.start()
    assert good.process is not None
    assert good.process.poll() is not None


def test_a_child_that_ignores_the_polite_request_is_ended_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tachograph.server.supervisor.STOP_TIMEOUT_S", 0.2)
    stubborn = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + GOOD + "\nimport time; time.sleep(60)"
    supervisor = Supervisor([child(stubborn, port=0)])
    supervisor.start()
    supervisor.stop()
    process = supervisor.children[0].process
    assert process is not None
    assert process.returncode == -signal.SIGKILL
