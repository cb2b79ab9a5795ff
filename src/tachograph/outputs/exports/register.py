"""What was exported about whom and where to, so that an erasure finds the copies too. Whom: by pseudonym."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tachograph.outputs.exports.subject import Exported
from tachograph_sdk.private_files import append_line, remove, replace_file

__all__ = ["Copy", "Register", "Removal", "remove_copy"]


class Removal(StrEnum):
    """What became of an exported copy."""

    DELETED = "deleted"
    MISSING = "missing"  # moved or deleted by somebody: whoever has it must delete it
    CHANGED = "changed"  # no longer what was exported, so it is left alone
    FAILED = "failed"  # the system did not allow it


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One export."""

    export_id: str
    at_us: int  # UTC microseconds since 1970
    path: Path
    form: str
    files: Mapping[str, str]  # name to SHA-256
    holds: Mapping[str, Sequence[str]]  # pseudonyms in it, by column
    everything: bool

    def concerns(self, names: Collection[str]) -> bool:
        """True if it holds anything of these."""
        return any(name in names for held in self.holds.values() for name in held)


class Register:
    """The file exports.jsonl: a line per export."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def add(self, export_id: str, at_us: int, form: str, exported: Exported, *, everything: bool = False) -> None:
        """Note an export. Raises OSError."""
        line = {
            "export_id": export_id,
            "at_us": at_us,
            "path": str(exported.path),
            "form": form,
            "files": dict(exported.files),
            "holds": {name: list(held) for name, held in exported.holds.items()},
            "everything": everything,
        }
        append_line(self._path, json.dumps(line).encode())

    def copies(self) -> list[Copy]:
        """All exports; lines that cannot be read are left out."""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [copy for line in lines if (copy := _read(line)) is not None]

    def forget(self, export_ids: Collection[str]) -> None:
        """Take exports out, with all lines that cannot be read. Raises OSError."""
        kept = [copy for copy in self.copies() if copy.export_id not in export_ids]
        if not kept:
            if self._path.exists():
                remove(self._path)
            return
        lines = [json.dumps(_as_json(copy)) for copy in kept]
        replace_file(self._path, ("\n".join(lines) + "\n").encode())


def remove_copy(copy: Copy) -> Removal:
    """Delete the exported files if they still are what was exported. Links are not followed."""
    path = copy.path
    if not os.path.lexists(path):
        return Removal.MISSING
    try:
        if path.is_symlink():
            return Removal.CHANGED
        if path.is_dir():
            there = {entry.name for entry in os.scandir(path)}
            if there != set(copy.files) or any(_sha256(path / name) != told for name, told in copy.files.items()):
                return Removal.CHANGED
            shutil.rmtree(path)
        else:
            if _sha256(path) != copy.files.get(path.name):
                return Removal.CHANGED
            remove(path)
    except OSError:
        return Removal.FAILED
    return Removal.DELETED


def _sha256(path: Path) -> str:
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    with os.fdopen(descriptor, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _as_json(copy: Copy) -> dict[str, Any]:
    told = {name: getattr(copy, name) for name in Copy.__slots__}
    return {**told, "path": str(copy.path)}


def _read(line: bytes) -> Copy | None:
    try:
        told = json.loads(line)
        return Copy(
            export_id=str(told["export_id"]),
            at_us=int(told["at_us"]),
            path=Path(told["path"]),
            form=str(told["form"]),
            files={str(k): str(v) for k, v in told["files"].items()},
            holds={str(k): tuple(v) for k, v in told["holds"].items()},
            everything=bool(told["everything"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
