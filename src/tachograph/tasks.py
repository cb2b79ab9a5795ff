"""Background work as a table: a name, a function, a period."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

__all__ = ["Task", "TaskRunner"]

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Task:
    """One thing done again and again. `run` returns true when there was something to do and may be more."""

    name: str
    run: Callable[[], bool]
    period_s: float
    runs: int = 0
    failures: int = 0
    failing: bool = False  # whether the last turn failed
    last_error: str = ""  # the kind of the last failure, never its text
    _due_s: float = field(default=0.0, repr=False)


class TaskRunner:
    """Runs each task in a thread of its own until stopped; a failure is counted and tried again, never fatal."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self.tasks = list(tasks)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._loop, args=(t,), name=t.name, daemon=True) for t in self.tasks]

    def start(self) -> None:
        """Start all threads."""
        for thread in self._threads:
            thread.start()

    def stop(self, timeout_s: float = 4.0) -> None:
        """Ask all to end after what they are doing, and wait for that."""
        self._stop.set()
        deadline = time.monotonic() + timeout_s
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _loop(self, task: Task) -> None:
        pause_s = task.period_s
        while not self._stop.is_set():
            task.runs += 1
            try:
                more = task.run()
                task.failing = False
                pause_s = task.period_s
            except Exception as error:  # noqa: BLE001 - one of the four doors: count it, say its kind, go on
                more = False
                task.failures += 1
                task.failing = True
                task.last_error = type(error).__name__
                pause_s = min(max(pause_s * 2, 0.1), 30.0)
                log.warning("task %s failed: %s", task.name, task.last_error)
            if not more:
                self._stop.wait(pause_s)
