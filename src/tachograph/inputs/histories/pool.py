"""Reading processes, as many as there are cores to use. Plain children with pipes: they load nothing but the reader.

A child that dies (killed, out of memory, a bug below Python) costs the unit it was on, which is reported, never the
import. If children cannot even be started, the units come back to be read by the caller.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import BinaryIO

import msgspec

from tachograph.inputs.histories.report import ImportReport
from tachograph.inputs.histories.unit import Done, RunsRecords, Unit
from tachograph.inputs.histories.worker import READY, read_frame, write_frame
from tachograph.ports import PackEvents

__all__ = ["read_with_workers"]

_Result = bytes | Done | Unit | None  # a frame to decode, a failure, a unit given back, a thread's end

_AHEAD = 16  # results of one worker, three megabytes each, that may wait while the store writes; then it waits


def read_with_workers(
    units: Iterable[Unit], make_pipeline: Callable[[], RunsRecords], pack: PackEvents | None = None, *, workers: int
) -> Iterator[Done | Unit]:
    """Have `workers` processes read the units; gives results as they come, in no order.

    A unit that is given back has not been read, because no process could be started for it.

    Raises:
        pickle.PicklingError, AttributeError, TypeError: `make_pipeline` or `pack` cannot be sent to another process.
    """
    recipe = pickle.dumps((make_pipeline, pack))
    waiting = iter(list(units))
    lock = threading.Lock()
    results: SimpleQueue[_Result] = SimpleQueue()
    room = threading.Semaphore(_AHEAD * workers)
    stop = threading.Event()

    def next_unit() -> Unit | None:
        with lock:
            return None if stop.is_set() else next(waiting, None)

    def serve() -> None:
        try:
            while (unit := next_unit()) is not None:
                child = _start(recipe)
                if child is None:
                    while unit is not None:
                        results.put(unit)
                        unit = next_unit()
                    break
                try:
                    while unit is not None and _run(child, unit, results, room, stop):
                        unit = next_unit()
                finally:
                    _end(child)
                if unit is not None and not stop.is_set():
                    failed = ImportReport(failed={"reader died": len(unit.files)})
                    results.put(Done(history=unit.history, stage=unit.stage, is_last=True, report=failed))
        finally:
            results.put(None)

    threads = [threading.Thread(target=serve, name=f"histories-{i}", daemon=True) for i in range(workers)]
    for thread in threads:
        thread.start()
    decode = msgspec.msgpack.Decoder(Done).decode
    running = workers
    try:
        while running:
            result = results.get()
            if result is None:
                running -= 1
            elif isinstance(result, bytes):
                room.release()
                yield decode(result)
            else:
                yield result
    finally:
        stop.set()
        for _ in range(_AHEAD * workers):
            room.release()
        for thread in threads:
            thread.join()


def _start(recipe: bytes) -> subprocess.Popen[bytes] | None:
    """A child that has made its pipeline; None if that failed, whatever the reason."""
    try:
        child = subprocess.Popen(  # -P: nothing in the current folder can pass for one of our modules
            [sys.executable, "-P", "-m", "tachograph.inputs.histories.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
    except OSError:
        return None
    try:
        write_frame(_pipe(child.stdin), msgspec.msgpack.encode(sys.path))
        write_frame(_pipe(child.stdin), recipe)
        if read_frame(_pipe(child.stdout)) == READY:
            return child
    except OSError:  # a broken pipe: it is gone
        pass
    _end(child)
    return None


def _run(
    child: subprocess.Popen[bytes],
    unit: Unit,
    results: SimpleQueue[_Result],
    room: threading.Semaphore,
    stop: threading.Event,
) -> bool:
    """Have one unit read; False if the child died of it or nobody wants the result any more."""
    try:
        write_frame(_pipe(child.stdin), msgspec.msgpack.encode(unit))
        while (frame := read_frame(_pipe(child.stdout))) is not None:
            if not frame:
                return True
            room.acquire()
            if stop.is_set():
                return False
            results.put(frame)
    except OSError:  # a broken pipe: it is gone
        pass
    return False


def _end(child: subprocess.Popen[bytes]) -> None:
    for pipe in (child.stdin, child.stdout):
        try:
            _pipe(pipe).close()
        except OSError:
            pass
    try:
        child.wait(timeout=5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _pipe(stream: object) -> BinaryIO:
    assert stream is not None  # both were asked for
    return stream  # type: ignore[return-value]
