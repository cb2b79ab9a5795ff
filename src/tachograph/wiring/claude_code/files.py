"""Settings files as they are, as they should be, and the difference in words a person can check."""

from __future__ import annotations

import difflib
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tachograph.wiring.claude_code.json_text import NotPlainJson, change_text, read_text
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.private_files import replace_file

__all__ = ["FileChange", "aside_of", "kept_aside", "put_back", "read_bytes", "read_object", "replacement"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """One file, before and after. None: there is none."""

    path: Path
    before: bytes | None
    after: bytes | None

    @property
    def is_change(self) -> bool:
        """False where nothing is to be done."""
        return self.before != self.after

    def diff(self) -> str:
        """The difference as a unified diff; values of the user's own settings show only as context beside ours."""
        old, new = (
            (data or b"").decode("utf-8", "replace").splitlines(keepends=True) for data in (self.before, self.after)
        )
        lines = difflib.unified_diff(old, new, str(self.path), str(self.path), n=1)
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)

    def make(self) -> None:
        """Write it; the mode of a file that is there stays, a new one is its owner's only."""
        put_back(self.path, self.after)


def read_bytes(path: Path) -> bytes | None:
    """What the file holds; None where there is none.

    Raises:
        ConfigError: it is there and cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", hint="nothing was changed") from error


def read_object(path: Path) -> dict[str, Any]:
    """The JSON object in the file; empty where there is no file.

    Raises:
        ConfigError: what is there is no JSON object.
    """
    return _parsed(path, read_bytes(path))[1]


def replacement(path: Path, wanted: dict[str, Any], *, now: bytes | None) -> bytes | None:
    """What the file has to hold to say `wanted`, everything else in its text as it is in `now`.

    Raises:
        ConfigError: what is there is no JSON object.
    """
    if now is None:
        return json.dumps(wanted, ensure_ascii=False, indent=2).encode() + b"\n" if wanted else None
    text, said = _parsed(path, now)
    return now if said == wanted else change_text(text, wanted).encode()


def put_back(path: Path, data: bytes | None) -> None:
    """Make the file hold this, or not be there. A link stays a link: what it points to is replaced."""
    target = Path(os.path.realpath(path))
    if data is None:
        target.unlink(missing_ok=True)
        return
    if read_bytes(target) == data:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    mode = target.stat().st_mode & 0o7777 if target.exists() else None
    replace_file(target, data)
    if mode is not None:
        target.chmod(mode)


def aside_of(folder: Path) -> Path:
    """Where `kept_aside` keeps it; still there only after a process that was killed."""
    return folder.with_name(f".{folder.name}.kept")


@contextmanager
def kept_aside(folder: Path) -> Iterator[None]:
    """Keep the folder where nobody looks for it while another program does things that delete it.

    Claude Code 2.1.197 and newer delete a plugin's data with the plugin, and when its marketplace is removed.
    """
    aside = aside_of(folder)
    if aside.is_dir() and not folder.exists():
        aside.rename(folder)  # a process ended in between
    if not folder.is_dir():
        yield
        return
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside.rename(folder)


def _parsed(path: Path, data: bytes | None) -> tuple[str, dict[str, Any]]:
    if data is None:
        return "{}", {}
    try:
        text = data.decode("utf-8")
        if not text.strip("\ufeff \t\r\n"):
            return text + "{}", {}
        said = read_text(text)
    except (UnicodeDecodeError, NotPlainJson) as error:
        raise ConfigError(f"{path} is not plain JSON", hint="correct it first: it is left as it is") from error
    if not isinstance(said, dict):
        raise ConfigError(f"{path} holds no JSON object", hint="correct it first: it is left as it is")
    return text, said
