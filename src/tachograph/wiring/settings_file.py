"""Changes one setting in the owner's file and leaves the rest of it as it is, comments included."""

from __future__ import annotations

import os
import re
import tomllib
from pathlib import Path
from typing import Any

from tachograph_sdk.errors import ConfigError
from tachograph_sdk.private_files import replace_file

__all__ = ["set_option"]


def set_option(path: Path, section: str, key: str, value: str) -> None:
    """Set `key` in `[section]` to a text.

    Raises:
        ConfigError: the file cannot be read or written, or is written in a way that this does not change; it is as before.
    """
    try:
        before = path.read_bytes().decode("utf-8") if path.exists() else ""
        wanted: dict[str, Any] = tomllib.loads(before)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", hint="correct or remove the file") from None
    line = f'{key} = "{value}"'
    by_hand = ConfigError(
        f"{path} says [{section}] in a way that is not changed here", hint=f"write {line} there yourself"
    )
    part = wanted.setdefault(section, {})
    if not isinstance(part, dict):
        raise by_hand
    part[key] = value
    after = _changed(before, section, key, line)
    try:
        if tomllib.loads(after) != wanted:
            raise by_hand
    except tomllib.TOMLDecodeError:
        raise by_hand from None
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(path, after.encode())
    except OSError as error:
        reason = error.strerror or os.strerror(error.errno or 0)
        raise ConfigError(f"{path} cannot be written: {reason}", hint=f"write {line} there yourself") from error


def _changed(text: str, section: str, key: str, line: str) -> str:
    """The text with the line in its section: in place of the key's own, else first, else in a section of its own."""
    lines = text.splitlines(keepends=True)
    header = re.compile(rf"\s*\[\s*{re.escape(section)}\s*\]\s*(#.*)?")
    start = next((i for i, old in enumerate(lines) if header.fullmatch(old.strip("\r\n"))), None)
    if start is None:
        end = "" if not text or text.endswith("\n") else "\n"
        return f"{text}{end}{chr(10) if text else ''}[{section}]\n{line}\n"
    own = re.compile(rf"\s*{re.escape(key)}\s*=\s*(\"[^\"\\]*\"|'[^']*')\s*(?P<comment>#.*)?")
    for i in range(start + 1, len(lines)):
        if lines[i].lstrip().startswith("["):
            break
        if (found := own.fullmatch(lines[i].rstrip("\r\n"))) is not None:
            comment = f"  {found['comment']}" if found["comment"] else ""
            lines[i] = f"{line}{comment}\n"
            return "".join(lines)
    if not lines[start].endswith("\n"):
        lines[start] += "\n"
    lines.insert(start + 1, f"{line}\n")
    return "".join(lines)
