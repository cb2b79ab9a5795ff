"""One spelling for a file's path, so that two sources that name the same file give it the same pseudonym.

The path is only ever hashed: it is the text that a pseudonym is made of, and goes nowhere else.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["file_path"]

MAX_CHARS = 4096  # a longer one is no path
_MEMO = 4096
_PLAIN = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*)+", re.ASCII).fullmatch  # most are: nothing is to be done
_DRIVE = re.compile(r"[A-Za-z]:[/\\]")
_LONG = (("\\\\?\\UNC\\", "\\\\"), ("\\\\?\\", ""), ("//?/", ""))  # how Windows begins a path that may be longer

_known: dict[tuple[str, str], str | None] = {}


def file_path(path: object, folder: object = None) -> str | None:
    """The absolute path with `/` between its parts, without `.`, `..` and doubled separators.

    Args:
        path: as a tool was given it.
        folder: the working directory, which a relative path is below.

    Returns:
        None if it is no path, if it ends in a separator (a folder), or if it is relative and nothing says to what.
    """
    if not isinstance(path, str) or not path:
        return None
    if _PLAIN(path) is not None and len(path) <= MAX_CHARS:
        return path
    base = folder if isinstance(folder, str) else ""
    key = (path, base)
    if key in _known:
        return _known[key]
    made = _spell(path, base)
    if len(path) + len(base) <= 512:
        if len(_known) >= _MEMO:
            _known.clear()
        _known[key] = made
    return made


def _spell(path: str, folder: str) -> str | None:
    if len(path) + len(folder) > MAX_CHARS or "\0" in path or "\n" in path:
        return None
    whole = path
    if not _is_absolute(path):
        if not _is_absolute(folder) or path.startswith("~"):
            return None
        whole = f"{folder}/{path}"
    for beginning, usual in _LONG:
        if whole.startswith(beginning):
            whole = usual + whole.removeprefix(beginning)
    root = ""
    if _is_windows(whole):
        whole = whole.replace("\\", "/")
        if whole[1:2] == ":":
            root, whole = whole[0].lower() + ":", whole[2:]
        else:
            root = "/"  # of a share: //server/folder
    if whole.endswith(("/", "/.", "/..")):
        return None
    parts: list[str] = []
    for part in whole.split("/"):
        if part == "..":
            if parts:
                parts.pop()
        elif part and part != ".":
            parts.append(part)
    if not parts:
        return None
    made = root + "/" + "/".join(parts)
    return made if made.isascii() else unicodedata.normalize("NFC", made)


def _is_absolute(path: str) -> bool:
    return path.startswith(("/", "\\\\")) or _is_windows(path)


def _is_windows(path: str) -> bool:
    return path.startswith("\\\\") or _DRIVE.match(path) is not None
