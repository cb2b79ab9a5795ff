"""Keeps the receiver and the core running: starts them, starts them again when they die, ends them together.

A child gets its settings as one JSON line on standard input and answers with one JSON line on standard output when it
is ready. Its standard input stays open: when it closes, the supervisor is gone and the child ends itself.
"""

from __future__ import annotations

import json
import logging
import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tachograph_sdk.errors import TachographError

__all__ = ["Child", "ChildFailed", "Supervisor"]

log = logging.getLogger(__name__)

READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 5.0
FIRST_PAUSE_S = 0.05
LONGEST_PAUSE_S = 5.0  # between tries of a child that does not get ready
LONGEST_PAUSE_AFTER_READY_S = 0.2  # of one that did: clients are waiting
STEADY_AFTER_S = 10.0  # a child that lived this long starts with the first pause again


class ChildFailed(TachographError):
    """A child ended before it was ready."""

    code = "child_failed"


@dataclass(slots=True)
class Child:
    """One process to keep running."""

    name: str
    argv: Sequence[str]
    config: dict[str, Any]
    keep: Mapping[str, str] = field(
        default_factory=dict
    )  # ready field -> dotted place in config, kept for the next start
    process: subprocess.Popen[bytes] | None = None
    ready: dict[str, Any] = field(default_factory=dict)
    starts: int = 0
    started_s: float = 0.0
    pause_s: float = FIRST_PAUSE_S


class Supervisor:
    """Runs children until told to stop. `on_change` is called with all ready answers after each (re)start."""

    def __init__(self, children: Sequence[Child], *, on_change: Any = None) -> None:
        self.children = list(children)
        self._on_change = on_change
        self._stopping = threading.Event()
        self._ended: queue.SimpleQueue[tuple[Child, int]] = queue.SimpleQueue()  # with the number of that start

    def start(self) -> dict[str, dict[str, Any]]:
        """Start every child and return their ready answers by name.

        Raises:
            ChildFailed: one ended, or said nothing for a minute; the others are ended too.
        """
        try:
            for child in self.children:
                self._launch(child)
            for child in self.children:
                self._await_ready(child)
        except BaseException:
            self.stop()
            raise
        return self._changed()

    def run(self) -> None:
        """Watch the children and start again what dies, until `stop_soon` is called."""
        while not self._stopping.is_set():
            try:
                child, start = self._ended.get(timeout=0.5)
            except queue.Empty:
                continue
            if start == child.starts and not self._stopping.is_set():  # an older start was dealt with already
                self._restart(child)

    def stop_soon(self) -> None:
        """Make `run` return; safe in a signal handler."""
        self._stopping.set()

    def stop(self) -> None:
        """End the children one after the other, in their order: politely first, by force after five seconds in all."""
        self._stopping.set()
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for child in self.children:
            process = child.process
            if process is None or process.poll() is not None:
                continue
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _launch(self, child: Child) -> None:
        child.starts += 1
        child.started_s = time.monotonic()
        child.ready = {}
        child.process = process = subprocess.Popen(
            child.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ)
        )
        assert process.stdin is not None
        try:
            process.stdin.write(json.dumps(child.config).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it died at once; the reader below notices

    def _await_ready(self, child: Child) -> None:
        process = child.process
        assert process is not None
        answer: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        start = child.starts

        def watch() -> None:
            assert process.stdout is not None
            answer.put(process.stdout.readline())
            for _ in process.stdout:
                pass  # a child says nothing more; reading keeps the pipe from filling
            process.wait()
            process.stdout.close()
            if process.stdin is not None:
                process.stdin.close()
            self._ended.put((child, start))

        threading.Thread(target=watch, name=f"watch-{child.name}", daemon=True).start()
        try:
            line = answer.get(timeout=READY_TIMEOUT_S)
        except queue.Empty:
            line = b""
            process.kill()
        if not line:
            code = process.wait()
            raise ChildFailed(
                f"the {child.name} did not start (exit status {code})",
                hint="the lines above say why; run `tachograph doctor`",
            )
        child.ready = json.loads(line)
        for answered, target in child.keep.items():
            *sections, key = target.split(".")
            place = child.config
            for section in sections:
                place = place[section]
            place[key] = child.ready[answered]

    def _restart(self, child: Child) -> None:
        if time.monotonic() - child.started_s > STEADY_AFTER_S:
            child.pause_s = FIRST_PAUSE_S
        if child.ready:
            child.pause_s = min(child.pause_s, LONGEST_PAUSE_AFTER_READY_S)
        code = child.process.returncode if child.process else None
        log.warning("the %s ended (status %s); starting it again", child.name, code)
        while not self._stopping.wait(child.pause_s):
            child.pause_s = min(child.pause_s * 2, LONGEST_PAUSE_S)
            self._launch(child)
            try:
                self._await_ready(child)
            except ChildFailed as error:
                log.warning("%s", error.message)
                continue
            self._changed()
            return

    def _changed(self) -> dict[str, dict[str, Any]]:
        answers = {child.name: child.ready for child in self.children}
        if self._on_change is not None:
            self._on_change(answers)
        return answers
