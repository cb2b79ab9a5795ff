"""Where transcripts are. Looks, stats, and opens nothing; standard library only, because the quick check runs it."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Found", "FoundFile", "find_files", "find_roots", "is_transcript"]

_MAX_DEPTH = 12


@dataclass(frozen=True, slots=True, order=True)
class FoundFile:
    """One transcript, as its directory entry says."""

    mtime_ns: int
    path: str  # absolute, its root resolved
    size_bytes: int
    inode: int


@dataclass(slots=True)
class Found:
    """What was found, newest first, and what was passed over."""

    files: list[FoundFile] = field(default_factory=list)
    symlinks: int = 0  # inside a root none is followed: it could lead anywhere
    failed: Counter[str] = field(default_factory=Counter)  # places that could not be looked at, by reason
    directories: list[str] = field(default_factory=list)


def find_roots(environ: Mapping[str, str], home: Path) -> list[Path]:
    """The folders in which Claude Code keeps its projects, whether or not they exist.

    Args:
        environ: `CLAUDE_CONFIG_DIR` in it replaces the two usual places; it may name several, with commas.
        home: the user's home folder.
    """
    configured = [Path(p.strip()).expanduser() for p in environ.get("CLAUDE_CONFIG_DIR", "").split(",") if p.strip()]
    folders = configured or [home / ".claude", home / ".config" / "claude"]
    roots = [f if f.name == "projects" else f / "projects" for f in folders]
    return list(dict.fromkeys(roots))


def find_files(
    paths: Iterable[Path | str], *, otherwise: Iterable[Path] = (), wanted: Callable[[str], bool] | None = None
) -> Found:
    """All transcripts at or below `paths`, each once, newest first. Never raises for what is on the disk.

    A path may be a file (of any name), a folder, or an agent's configuration folder, whose `projects` is then meant.
    With no path at all, those of `otherwise` are looked at that exist. `wanted` says by their names which files below
    a folder to find, if not the transcripts.
    """
    wanted = wanted or is_transcript
    found = Found()
    seen: set[str] = set()
    for given in tuple(paths) or [root for root in otherwise if root.exists()]:
        path = os.path.realpath(given)
        try:
            status = os.stat(path)
        except OSError as error:
            found.failed[reason_of(error)] += 1
            continue
        if stat.S_ISDIR(status.st_mode):
            _walk(os.path.join(path, "projects") if _is_configuration(path) else path, found, seen, wanted)
        elif not stat.S_ISREG(status.st_mode):
            found.failed["not a file"] += 1
        elif path not in seen:
            seen.add(path)
            found.files.append(FoundFile(status.st_mtime_ns, path, status.st_size, status.st_ino))
    found.files.sort(reverse=True)
    return found


def is_transcript(name: str) -> bool:
    """Whether a file of this name is one: not a copy that the agent set aside."""
    return (
        name.endswith(".jsonl")
        and ".orphaned-" not in name
        and ".jsonl.superseded-" not in name
        and name != "history.jsonl"  # the agent's prompt history, which has no usage and is nothing but prompts
    )


def reason_of(error: OSError) -> str:
    """Why a file could not be used, in a word of ours."""
    if isinstance(error, FileNotFoundError):
        return "vanished"
    if isinstance(error, PermissionError):
        return "permission denied"
    return "unreadable"


def _is_configuration(folder: str) -> bool:
    """Whether this is the agent's own folder, in which only `projects` holds transcripts."""
    own = ("settings.json", "history.jsonl", "stats-cache.json", ".claude.json")
    return os.path.isdir(os.path.join(folder, "projects")) and (
        os.path.basename(folder) in (".claude", "claude") or any(os.path.exists(os.path.join(folder, f)) for f in own)
    )


def _walk(root: str, found: Found, seen: set[str], wanted: Callable[[str], bool]) -> None:
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
                        _add(entry, found, seen)
        except OSError as error:
            found.failed[reason_of(error)] += 1


def _add(entry: os.DirEntry[str], found: Found, seen: set[str]) -> None:
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError as error:
        found.failed[reason_of(error)] += 1
        return
    if not stat.S_ISREG(status.st_mode):
        found.failed["not a file"] += 1
        return
    seen.add(entry.path)
    found.files.append(FoundFile(status.st_mtime_ns, entry.path, status.st_size, status.st_ino))
