"""Reading a transcript: which files a session has, and their lines as objects, whatever is in them.

A file is read once, front to back, with memory for one line. A line of over 64 MB is skipped; of lines over 1 MB the
long texts are cut out before they are decoded, because nothing in them is counted.
"""

from __future__ import annotations

import json
import os
import stat
import time
from datetime import datetime, timezone
from typing import Any, BinaryIO, Iterator

__all__ = ["Unreadable", "agent_files", "lines", "open_regular", "parse", "time_of"]

MAX_LINE_BYTES = 64 * 1024 * 1024
BULKY_BYTES = 1024 * 1024
KEPT_TEXT_BYTES = 256
MAX_AGENT_FILES = 5000
HEAD_BYTES = 256 * 1024
_CHECK_TIME_EVERY = 4 * 1024 * 1024  # bytes


class Unreadable(Exception):
    """A transcript that is not there, is no regular file, or took longer to read than there was time."""


def open_regular(path: str) -> BinaryIO:
    """Open a file for reading if it is a regular one; a pipe or a device is never waited for.

    Returns a binary file. Raises Unreadable.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError):
        raise Unreadable("not there, or not to be read") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("not a regular file")
    return os.fdopen(descriptor, "rb", 256 * 1024)


def lines(path: str, deadline: float | None = None) -> Iterator[bytes | None]:
    """Give each line of a file as bytes with its end; None stands for a line that is too long.

    Args:
        path: of the file.
        deadline: of `time.monotonic()`; past it, Unreadable is raised: a part of a transcript is never counted as all of it.
    """
    with open_regular(path) as file:
        unchecked = 0
        while True:
            line = file.readline(MAX_LINE_BYTES + 1)
            if not line:
                return
            unchecked += len(line)
            if unchecked > _CHECK_TIME_EVERY:
                unchecked = 0
                _check(deadline)
            if len(line) <= MAX_LINE_BYTES:
                yield line
                continue
            while line and not line.endswith(b"\n"):
                line = file.readline(_CHECK_TIME_EVERY)
                _check(deadline)
            yield None


def _check(deadline: float | None) -> None:
    if deadline is not None and time.monotonic() > deadline:
        raise Unreadable("it takes too long to read")


def parse(line: bytes | None) -> dict[str, Any] | None:
    """A line's JSON object; None if it is none: not UTF-8, not JSON, half written, a list, too deep."""
    if line is None:
        return None
    try:
        record = json.loads((shortened(line) if len(line) > BULKY_BYTES else line).decode("utf-8"))
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def shortened(line: bytes) -> bytes:
    """The same JSON with every long text cut to its beginning."""
    # The same bytes with what is escaped made harmless, so that the quotes left are those where texts begin and end.
    bare = line.replace(rb"\\", b"__").replace(rb"\"", b"__") if b"\\" in line else line
    kept, done, at = [], 0, bare.find(b'"')
    while at >= 0:
        end = bare.find(b'"', at + 1)
        if end < 0:
            break
        if end - at > 2 * KEPT_TEXT_BYTES:
            kept.append(line[done : at + 1])
            kept.append(_beginning(line[at + 1 : at + 1 + KEPT_TEXT_BYTES]))
            done = end
        at = bare.find(b'"', end + 1)
    kept.append(line[done:])
    return b"".join(kept)


def _beginning(text: bytes) -> bytes:
    """As much of the text as is sure to hold no half of an escape or of a letter."""
    place = 0
    while place < len(text):
        byte = text[place]
        if byte == 0x5C:
            step = 6 if text[place + 1 : place + 2] == b"u" else 2
        else:
            step = 1 if byte < 0x80 else 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
        if place + step > len(text):
            break
        place += step
    return text[:place]


def time_of(text: Any) -> float | None:
    """Seconds since 1970 of an ISO timestamp; None if it is none."""
    if not isinstance(text, str) or not 19 <= len(text) <= 40:
        return None
    try:
        at = datetime.fromisoformat(_plain(text))
        if at.tzinfo is None:
            at = at.replace(tzinfo=timezone.utc)
        return at.timestamp()
    except (ValueError, OverflowError):
        return None


def _plain(text: str) -> str:
    """As Python 3.8 reads it: no Z, and three or six places."""
    if text.endswith(("Z", "z")):
        text = text[:-1] + "+00:00"
    if text[19:20] == ".":
        end = 20
        while text[end : end + 1].isdigit():
            end += 1
        if end - 20 not in (3, 6):
            text = text[:20] + (text[20:end] + "000000")[:6] + text[end:]
    return text


def agent_files(path: str, session: str) -> list[str]:
    """The subagents' transcripts of a session: beside it (2.0) or in its folder (2.1), sorted.

    Those beside it may be any session's: their records say whose they are.
    """
    folder, name = os.path.split(path)
    found = []
    for root, folders, files in os.walk(os.path.join(folder, name[: -len(".jsonl")], "subagents")):
        folders.sort()
        found += [os.path.join(root, file) for file in sorted(files) if _is_agents(file)]
        if len(found) > MAX_AGENT_FILES:
            break
    try:
        beside = sorted(file for file in os.listdir(folder or ".") if _is_agents(file))
    except OSError:
        beside = []
    found += [candidate for candidate in (os.path.join(folder, file) for file in beside) if _is_of(candidate, session)]
    return found[:MAX_AGENT_FILES]


def _is_agents(name: str) -> bool:
    return name.startswith("agent-") and name.endswith(".jsonl")


def _is_of(path: str, session: str) -> bool:
    """Whether a subagent's file is of this session. In 2.0 its first record can be of the one before a resume."""
    try:
        with open_regular(path) as file:
            return (b'"' + session.encode("utf-8", "replace") + b'"') in file.read(HEAD_BYTES)
    except (Unreadable, OSError):
        return False
