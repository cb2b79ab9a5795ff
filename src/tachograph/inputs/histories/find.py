"""Where local histories are. Looks, stats, and opens nothing; standard library only, because the quick check runs it."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tachograph.inputs.agents.histories import HISTORIES
from tachograph.inputs.agents.kit.history import History

__all__ = ["Found", "FoundFile", "Place", "find_files", "find_histories", "look_at", "reason_of", "with_companions"]

_MAX_DEPTH = 12


@dataclass(frozen=True, slots=True)
class Place:
    """Where an agent may keep one kind of history."""

    history: History
    root: Path  # a folder, or a file


@dataclass(frozen=True, slots=True, order=True)
class FoundFile:
    """One file, as its directory entry says; with companions, as all of their entries say."""

    mtime_ns: int
    path: str  # absolute, its root resolved
    size_bytes: int
    inode: int
    history: str = ""  # History.id; "" while nobody has looked what it is


@dataclass(slots=True)
class Found:
    """What was found, newest first, and what was passed over."""

    files: list[FoundFile] = field(default_factory=list)
    symlinks: int = 0  # inside a root none is followed: it could lead anywhere
    failed: Counter[str] = field(default_factory=Counter)  # places that could not be looked at, by reason
    directories: list[str] = field(default_factory=list)


def find_histories(places: Iterable[Place]) -> Found:
    """All histories at or below the places that exist, each once, newest first. Never raises for what is on the disk."""
    found = Found()
    seen: set[str] = set()
    for place in places:
        try:
            os.stat(place.root)
        except (FileNotFoundError, NotADirectoryError):
            continue  # an agent that is not there is nothing to report
        except OSError as error:  # a folder above it that may not be entered, say
            found.failed[reason_of(error)] += 1
            continue
        _take(place.root, found, seen, place.history.wanted, place.history)
    found.files.sort(reverse=True)
    return found


def find_files(paths: Iterable[Path | str], *, wanted: Callable[[str], bool]) -> Found:
    """All files at or below `paths`, each once, newest first. Never raises for what is on the disk.

    A path may be a file (of any name), a folder, or an agent's own folder, of which only its histories are then meant.
    `wanted` says by their names which files below a folder to find.
    """
    found = Found()
    seen: set[str] = set()
    for path in paths:
        for narrowed in _inside(os.path.realpath(path)) or [str(path)]:
            _take(narrowed, found, seen, wanted, None)
    found.files.sort(reverse=True)
    return found


def look_at(path: str, history: History | None) -> FoundFile | None:
    """The file as it is now; None if it is none any more. Links are not followed."""
    try:
        status = os.lstat(path)
    except OSError:
        return None
    return _file(path, status, history) if stat.S_ISREG(status.st_mode) else None


def with_companions(file: FoundFile, history: History) -> FoundFile:
    """The same file, now that it is known what it is."""
    return look_at(file.path, history) or replace(file, history=history.id)


def reason_of(error: OSError) -> str:
    """Why a file could not be used, in a word of ours."""
    if isinstance(error, FileNotFoundError):
        return "vanished"
    if isinstance(error, PermissionError):
        return "permission denied"
    return "unreadable"


def _take(
    given: Path | str, found: Found, seen: set[str], wanted: Callable[[str], bool], history: History | None
) -> None:
    path = os.path.realpath(given)
    try:
        status = os.stat(path)
    except OSError as error:
        found.failed[reason_of(error)] += 1
        return
    if stat.S_ISDIR(status.st_mode):
        _walk(path, found, seen, wanted, history)
    elif not stat.S_ISREG(status.st_mode):
        found.failed["not a file"] += 1
    elif path not in seen:
        seen.add(path)
        found.files.append(_file(path, status, history))


def _inside(folder: str) -> list[str]:
    """Where the histories lie if this is an agent's own folder, else nothing."""
    if not os.path.isdir(folder):
        return []
    return [place for h in HISTORIES if h.inside is not None for place in h.inside(folder) if os.path.exists(place)]


def _walk(root: str, found: Found, seen: set[str], wanted: Callable[[str], bool], history: History | None) -> None:
    pending = [(root, 0)]
    while pending:
        folder, depth = pending.pop()
        try:
            with os.scandir(folder) as entries:
                found.directories.append(folder)
                for entry in entries:
                    if entry.is_symlink():
                        found.symlinks += wanted(entry.name) or entry.is_dir()
                    elif entry.is_dir(follow_symlinks=False):
                        if depth < _MAX_DEPTH and entry.name != "tool-results":
                            pending.append((entry.path, depth + 1))
                    elif wanted(entry.name) and entry.path not in seen:
                        _add(entry, found, seen, history)
        except OSError as error:
            found.failed[reason_of(error)] += 1


def _add(entry: os.DirEntry[str], found: Found, seen: set[str], history: History | None) -> None:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        found.failed[reason_of(error)] += 1
        return
    if not stat.S_ISREG(status.st_mode):
        found.failed["not a file"] += 1
        return
    seen.add(entry.path)
    found.files.append(_file(entry.path, status, history))


def _file(path: str, status: os.stat_result, history: History | None) -> FoundFile:
    if history is None:
        return FoundFile(status.st_mtime_ns, path, status.st_size, status.st_ino)
    modified, size = status.st_mtime_ns, status.st_size
    for ending in history.companions:
        try:
            beside = os.lstat(path + ending)
        except OSError:
            continue
        modified, size = max(modified, beside.st_mtime_ns), size + beside.st_size
    return FoundFile(modified, path, size, status.st_ino, history.id)
