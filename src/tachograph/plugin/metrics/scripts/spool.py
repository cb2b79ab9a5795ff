"""Taking what the hooks wrote down, without losing a line that is being written."""

from __future__ import annotations

import json
import os
import re
import time
from typing import Any, Iterator

import files
import transcript
from names import strict
from state import State

__all__ = ["dropped", "hook_ms", "is_waiting", "new_lines", "take", "tidy"]

SETTLE_SECONDS = 0.1
LATE_SECONDS = 120.0
"""How long a hook that opened the spool before it was taken away may still write to it."""

MAX_LINE_BYTES = 65536
_TAKEN = re.compile(r"taken-([0-9]{1,20})\.jsonl")
_SESSION = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_EVENTS = ("prompt", "skill", "start", "end")


def _folder(folder: str) -> str:
    return os.path.join(folder, "spool")


def is_waiting(folder: str) -> bool:
    """Whether hooks have written something that nobody took yet."""
    return files.size_of(os.path.join(_folder(folder), "events.jsonl")) > 0


def take(folder: str) -> None:
    """Take the spool away from the hooks, which begin a new one, and wait a moment for those that had it open."""
    spool = _folder(folder)
    if not is_waiting(folder):
        return
    try:
        os.rename(os.path.join(spool, "events.jsonl"), os.path.join(spool, f"taken-{time.time_ns()}.jsonl"))
    except OSError:
        return  # on Windows while a hook writes: the next run takes it
    time.sleep(SETTLE_SECONDS)


def _taken(folder: str) -> list[tuple[int, str]]:
    try:
        found = (_TAKEN.fullmatch(name) for name in os.listdir(_folder(folder)))
    except OSError:
        return []
    return sorted((int(match.group(1)), match.group(0)) for match in found if match)


def new_lines(folder: str, state: State) -> Iterator[dict[str, Any]]:
    """The lines that no earlier run has read, checked; `state` notes how far, and how many were no lines.

    Each has `at` in seconds since 1970, `event`, `session`, and what the event has besides.
    """
    for _, name in _taken(folder):
        try:
            with transcript.open_regular(os.path.join(_folder(folder), name)) as file:
                file.seek(state.taken.get(name, 0))
                for line in file:
                    if not line.endswith(b"\n"):
                        break  # half written: another time
                    state.taken[name] = state.taken.get(name, 0) + len(line)
                    read = _read(line)
                    if read is not None:
                        yield read
                    elif line.strip():
                        state.count("spool_bad_lines")
        except (OSError, transcript.Unreadable):
            continue


def _read(line: bytes) -> dict[str, Any] | None:
    try:
        told = json.loads(line.decode("utf-8")) if len(line) <= MAX_LINE_BYTES else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or told.get("v") != 1 or told.get("event") not in _EVENTS:
        return None
    at, session = transcript.time_of(told.get("at")), told.get("session")
    if at is None or not isinstance(session, str) or not _SESSION.fullmatch(session):
        return None
    read: dict[str, Any] = {"at": at, "event": told["event"], "session": session}
    read["name"] = strict(told.get("name")) or "custom"
    chars = told.get("chars")
    read["chars"] = chars if isinstance(chars, int) and 0 <= chars <= 10**9 else 0
    for key in ("source", "reason"):
        value = told.get(key)
        read[key] = value if isinstance(value, str) and re.fullmatch(r"[a-z_]{1,40}", value) else None
    path = told.get("transcript")
    is_path = isinstance(path, str) and path.endswith(".jsonl") and os.path.isabs(path) and "\0" not in path
    read["transcript"] = path if is_path else None
    return read


def tidy(folder: str, state: State) -> None:
    """Delete what was taken, read to its end and cannot grow any more."""
    present = {}
    for taken_ns, name in _taken(folder):
        path = os.path.join(_folder(folder), name)
        if time.time() - taken_ns / 1e9 > LATE_SECONDS:
            files.remove(path)
        if os.path.exists(path):
            present[name] = state.taken.get(name, 0)
    state.taken = present


def dropped(folder: str) -> int:
    """How many events the hooks could not write because the spool was full, since this was asked last."""
    path = os.path.join(_folder(folder), "dropped")
    size = files.size_of(path)
    if size:
        files.remove(path)
    return size


def hook_ms(folder: str, session: str) -> float | None:
    """Milliseconds that the hooks of a session took, by the file of costs they keep; None if it has none of them."""
    total, found = 0.0, False
    wanted = b'"' + session.encode("ascii", "replace") + b'"'
    for name in ("costs.1.jsonl", "costs.jsonl"):
        try:
            with transcript.open_regular(os.path.join(_folder(folder), name)) as file:
                for line in file:
                    if wanted not in line or len(line) > MAX_LINE_BYTES:
                        continue
                    told = transcript.parse(line) or {}
                    took = told.get("took_ms")
                    if told.get("session") == session and isinstance(took, (int, float)) and 0 <= took < 1e7:
                        total, found = total + took, True
        except (OSError, transcript.Unreadable):
            continue
    return round(total, 3) if found else None
