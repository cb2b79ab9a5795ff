"""Whenever the process ends, nothing is lost, nothing is half, and what is sent twice has the same key."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time as systime
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest

from tachograph_sdk.errors import DeliveryError
from tachograph_sdk.net import Flight
from tachograph_sdk.outbox.envelope import Envelope
from tachograph_sdk.outbox.folders import State
from tachograph_sdk.outbox.sender import Sender
from tests.recording_sink import recording_sink
from tests.unit.outbox.parts import Place, Web, make_outbox, put

CALLS = ("open", "rename", "replace", "unlink", "fsync", "write", "mkdir")


class Stopped(BaseException):
    """The process ended here. Not an Exception: nothing may catch it and go on."""


@contextmanager
def stop_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Every call that changes something on disk is counted; instead of the one with this number, the process ends."""
    seen: list[str] = []

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            if len(seen) == number and name == "write":
                real(arguments[0], bytes(arguments[1])[: len(arguments[1]) // 2])  # half of it got there
            if len(seen) >= number:
                seen.append("stopped")
                raise Stopped  # and none after it: the handlers of a process that ended do not run either
            seen.append(name)
            return real(*arguments, **named)

        return call

    with monkeypatch.context() as patched:
        for name in CALLS:
            patched.setattr(os, name, counted(name, getattr(os, name)))
        try:
            yield seen
        except Stopped:
            pass


def test_a_process_that_ends_at_any_call_loses_nothing(tmp_path, monkeypatch):
    """Put in, approve, send; stopped before every single call on the file system in turn."""

    class Counting(Place):
        def deliver(self, envelope: Envelope, flight: Flight) -> int:
            with_body.append((envelope.id, envelope.body))
            return super().deliver(envelope, flight)

    number = 0
    finished = False
    while not finished:
        root = tmp_path / str(number)
        root.mkdir()
        with_body: list[tuple[str, bytes]] = []
        place = Counting()
        outbox = make_outbox(root, mode="review")
        done: list[str] = []
        with stop_at(number, monkeypatch) as seen:
            put(outbox, place, key="one")
            done.append("put")
            outbox.approve()
            done.append("approved")
            Sender(outbox, [place]).send()
            done.append("sent")
        finished = "stopped" not in seen
        # A new process: what is there is whole, and goes on from where it was.
        again = make_outbox(root, mode="review")
        assert all(entry.envelope is not None for entry in again.entries()), number
        if "put" in done and "sent" not in done:
            assert len(again.entries()) + len(with_body) >= 1, number
        if with_body:  # it left: then a receipt says so, or it is there to be sent once more
            receipts = [receipt["what"] for receipt in again.receipts.read()]
            assert again.entries() != [] or "delivered" in receipts, number
        put(again, place, key="one")  # as a worker does that does not know how far it came
        again.approve()
        Sender(again, [place]).send(at_once=True)
        assert len({key for key, _ in with_body}) == 1, number  # at least once, always under the same key
        assert len(set(with_body)) == 1, number
        assert len(with_body) <= 2, number
        assert again.entries() == [], number
        verdict = again.receipts.verify()
        assert verdict.mistakes == [], number
        assert [r["what"] for r in again.receipts.read()].count("delivered") >= 1, number
        number += 1
    assert number > 40  # it did count


@contextmanager
def fail_at(number: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The call with this number finds a full disk; the others work."""
    seen: list[str] = []

    def failing(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            seen.append(name)
            if len(seen) == number + 1:
                raise OSError(28, "No space left on device")
            return real(*arguments, **named)

        return call

    with monkeypatch.context() as patched:
        for name in CALLS:
            patched.setattr(os, name, failing(name, getattr(os, name)))
        yield seen


def test_a_disk_that_fails_at_any_call_loses_nothing(tmp_path, monkeypatch):
    """The same with a call that fails with an error, once, while the process goes on."""
    failures = 0
    for number in range(200):
        outbox, place = make_outbox(tmp_path / str(number)), Place()
        with fail_at(number, monkeypatch) as seen:
            for step in (partial(put, outbox, place, key="one"), Sender(outbox, [place]).send):
                try:
                    step()
                except DeliveryError:
                    failures += 1
        put(outbox, place, key="one")
        Sender(outbox, [place]).send(at_once=True)
        assert len({envelope.id for envelope in place.got}) == 1, number
        assert len(place.got) <= 2, number
        assert outbox.entries() == [], number
        assert outbox.receipts.verify().mistakes == [], number
        if len(seen) <= number:
            break  # nothing failed any more
    assert number > 20
    assert failures > 10


WORKER = """
import sys
from pathlib import Path
from tests.unit.outbox.parts import Web, make_outbox, put
from tachograph_sdk.outbox.sender import Sender
outbox, web = make_outbox(Path(sys.argv[1]), max_envelopes=5000), Web(sys.argv[2])
print("ready", flush=True)
number = 0
while True:
    put(outbox, web, number=number, key=str(number))
    number += 1
    if number % 5 == 0:
        Sender(outbox, [web]).send(at_once=True)
    if number == 60:
        print("done", flush=True)
        sys.stdin.readline()
"""


def run_and_kill(root: str, url: str, after_s: float) -> bool:
    """One worker, killed after this time; whether it had come to its end."""
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, root, url], stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    assert worker.stdin is not None
    assert worker.stdout.readline() == "ready\n"
    systime.sleep(after_s)
    worker.send_signal(signal.SIGKILL)
    rest = worker.stdout.read()
    worker.wait()
    worker.stdout.close()
    worker.stdin.close()
    return "done" in rest


@pytest.mark.parametrize("kills", [8, pytest.param(50, marks=[pytest.mark.long, pytest.mark.timeout(300)])])
def test_kill_9_while_putting_in_and_sending(tmp_path, kills):
    """Each event arrives at least once, whole, and each time under the same key; receipts tell of it."""
    chance = random.Random(11)
    with recording_sink() as sink:
        for _ in range(kills):
            run_and_kill(str(tmp_path), sink.url, chance.uniform(0.01, 0.35))
        outbox = make_outbox(tmp_path, max_envelopes=5000)
        web = Web(sink.url)
        for number in range(60):
            put(outbox, web, number=number, key=str(number))
        Sender(outbox, [web]).send(at_once=True)
    arrived: dict[str, set[bytes]] = {}
    for request in sink.requests:
        arrived.setdefault(request.header("Idempotency-Key"), set()).add(request.body)
    assert len(arrived) == 60
    assert all(len(bodies) == 1 for bodies in arrived.values())
    assert len(sink.requests) <= 60 + kills  # twice only where a kill came in between
    assert outbox.entries() == []
    assert outbox.folders.places(State.DAMAGED) == []
    assert outbox.receipts.verify().mistakes == []
    delivered = {receipt["id"] for receipt in outbox.receipts.read() if receipt["what"] == "delivered"}
    assert delivered == set(arrived)
