"""What an installation found before it changed anything, so that `remove` can leave it exactly so."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tachograph.wiring.claude_code.traces import read_object
from tachograph_sdk.private_files import lock_file, replace_file

__all__ = ["Found", "Record", "forget", "recall", "remember", "write_entry"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One file before the installation. No value of the user's settings is kept."""

    path: str
    existed: bool
    blank: str | None = None  # the whole text where it said nothing: `{}`, white space
    made: tuple[str, ...] = ()  # objects that were not there: "enabledPlugins", "hooks.SessionEnd"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One installation into one configuration folder."""

    scope: str
    method: str
    version: str
    files: tuple[Found, ...]
    copies: tuple[str, ...] = ()  # files of ours in folders of the user's, such as commands for Claude Code 1

    def found(self, path: Path) -> Found | None:
        """How this file was found."""
        return next((file for file in self.files if file.path == str(path)), None)


def recall(path: Path, config: Path) -> Record | None:
    """What is remembered of the installation into this configuration folder."""
    held: Any = read_object(path).get(str(config))
    try:
        files = tuple(Found(**{**file, "made": tuple(file["made"])}) for file in held["files"])
        return Record(**{**held, "files": files, "copies": tuple(held["copies"])})
    except (TypeError, KeyError):
        return None


def remember(path: Path, config: Path, record: Record) -> None:
    """Write it down. What an earlier installation found stays: that was the state before ours."""
    earlier = recall(path, config)
    known = {file.path: file for file in record.files} | {f.path: f for f in (earlier.files if earlier else ())}
    copies = tuple(dict.fromkeys((*(earlier.copies if earlier else ()), *record.copies)))
    kept = asdict(record) | {"files": [asdict(file) for file in known.values()], "copies": copies}
    write_entry(path, config, kept)


def forget(path: Path, config: Path) -> None:
    """Take it out; the file goes with its last entry."""
    if path.exists():
        write_entry(path, config, None)


def write_entry(path: Path, config: Path, entry: dict[str, Any] | None) -> None:
    """In a file with an entry for each configuration folder, put this in place of that one's; None: take it out."""
    lock = path.with_name(f"{path.name}.lock")
    with lock_file(lock):
        held = read_object(path)
        held.pop(str(config), None)
        if entry is not None:
            held[str(config)] = entry
        if held:
            replace_file(path, json.dumps(held, indent=1).encode() + b"\n")
        else:
            path.unlink(missing_ok=True)
    lock.unlink(missing_ok=True)
