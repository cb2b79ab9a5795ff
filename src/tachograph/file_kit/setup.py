"""Makes the kit's folder, and leaves alone what a person changed in it."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from tachograph.file_kit.folder import KitFolder, make_folder
from tachograph.file_kit.labels import Labels, labels_in
from tachograph.file_kit.scripts import environment_script, shell_lines, wrapper_script
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.private_files import replace_file

__all__ = ["Made", "logs_prompts", "set_up"]

Status = Literal["made", "unchanged", "updated", "kept", "replaced", "closed to others"]
_MOST_BYTES: Final = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One place in the folder, and what became of it."""

    path: Path
    status: Status
    help: str


def set_up(
    folder: KitFolder,
    *,
    labels: Labels,
    tachograph: Path | None,
    may_replace: Callable[[Path], bool],
) -> list[Made]:
    """Make what is missing, bring up to date what was made here, ask about what a person changed.

    Args:
        folder: the kit's.
        labels: team and project; those that are None stay as `env.sh` has them.
        tachograph: the command that the wrapper runs.
        may_replace: whether a file that a person changed is to be replaced.

    Raises:
        ConfigError: something cannot be written.
    """
    made = [_folder(path, text) for path, text in _folders(folder)]
    said = labels_in(folder.environment)
    labels = Labels(team=labels.team or said.team, project=labels.project or said.project)
    wanted = (
        (folder.environment, environment_script(folder, labels), 0o600, "variables for a capture by hand"),
        (folder.wrapper, wrapper_script(folder, tachograph), 0o700, "Claude Code, recorded"),
        (folder.shell_lines, shell_lines(folder), 0o600, "a line for your shell's profile"),
    )
    try:
        ours = _load(folder.made)
        for path, text, mode, about in wanted:
            status = _file(path, text.encode(), mode, ours.get(path.name), may_replace)
            if status != "kept":
                ours[path.name] = _hash(text.encode())
            made.append(Made(path=path, status=status, help=about))
        replace_file(folder.made, json.dumps(ours, indent=1).encode() + b"\n")
        if closed := _close(folder):
            made.append(Made(path=folder.logs, status="closed to others", help=f"{closed} files others could read"))
    except OSError as error:
        raise ConfigError(f"{folder.root} cannot be written: {error.strerror}", hint="name another --dir") from None
    return made


def logs_prompts(environment: Path) -> bool:
    """Whether an `env.sh` has the text of prompts logged: any value is a yes to Claude Code 1, 0 too."""
    try:
        text = environment.read_text("utf-8", "replace")[:_MOST_BYTES]
    except OSError:
        return False
    for line in text.splitlines():
        name, _, value = line.strip().removeprefix("export ").partition("=")
        if name == "OTEL_LOG_USER_PROMPTS" and value.split("#")[0].strip().strip("\"'"):
            return True
    return False


def _folders(folder: KitFolder) -> tuple[tuple[Path, str], ...]:
    return (
        (folder.root, "the kit"),
        (folder.logs, "a log of each session, with all that was in it"),
        (folder.data, "what of it can be shared"),
    )


def _folder(path: Path, about: str) -> Made:
    was_there = path.is_dir()
    make_folder(path)
    return Made(path=path, status="unchanged" if was_there else "made", help=about)


def _file(path: Path, data: bytes, mode: int, ours: str | None, may_replace: Callable[[Path], bool]) -> Status:
    try:
        with path.open("rb") as file:
            there: bytes | None = file.read(_MOST_BYTES)
    except FileNotFoundError:
        there = None
    if there == data:
        path.chmod(mode)
        return "unchanged"
    status: Status = "made" if there is None else "updated"
    if there is not None and ours != _hash(there):
        if not may_replace(path):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & 0o700)
            return "kept"
        status = "replaced"
    replace_file(path, data)
    path.chmod(mode)
    return status


def _close(folder: KitFolder) -> int:
    """Take from others what they may read of earlier logs and documents; how many there were."""
    closed = 0
    if os.name != "posix":
        return closed
    for place in (folder.logs, folder.data):
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.is_file(follow_symlinks=False):
                    mode = stat.S_IMODE(entry.stat(follow_symlinks=False).st_mode)
                    if mode & 0o077:
                        os.chmod(entry.path, mode & 0o700)
                        closed += 1
    return closed


def _load(path: Path) -> dict[str, str]:
    try:
        told = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return {str(name): str(value) for name, value in told.items()} if isinstance(told, dict) else {}


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
