"""Where the plugin keeps its files, and whether it may keep any; shared by the hook and the shipper.

The hook runs at every prompt and compiles this file each time (nothing is ever written beside it), so it is short and
imports nothing that an interpreter has not loaded when it starts: `posix` is what `os` is made of.
"""

import sys

try:
    import posix as system
except ImportError:  # Windows
    import os as system  # type: ignore[no-redef]

__all__ = [
    "data_folder",
    "environment",
    "is_absolute",
    "is_off",
    "is_own",
    "parse",
    "plugin_id",
    "plugin_root",
    "private_folder",
    "read_consent",
    "system",
]

LONGEST_CONSENT = 65_536  # bytes
FOLDER, FILE = 0o040000, 0o100000  # the kinds of a file, as in its mode
NAME = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-")

TYPES = False
if TYPES:  # for type checkers only: importing typing takes as long as the rest of the hook
    from typing import Any, Callable, Dict, Mapping, Optional


def environment() -> "Dict[str, str]":
    """The environment as text; what is not UTF-8 in it comes back unchanged when a path is made of it."""
    if sys.platform == "win32":
        return dict(system.environ)
    coding = sys.getfilesystemencoding()
    return {
        name.decode(coding, "surrogateescape"): value.decode(coding, "surrogateescape")
        for name, value in system.environ.items()
    }


def is_off(environ: "Mapping[str, str]") -> bool:
    """Whether the environment forbids everything: DO_NOT_TRACK, or TACHOGRAPH_PLUGIN=off."""
    if environ.get("DO_NOT_TRACK", "").lower() not in ("", "0", "false"):
        return True
    return environ.get("TACHOGRAPH_PLUGIN", "").lower() in ("off", "0", "no", "false")


def plugin_root(environ: "Mapping[str, str]") -> str:
    """The plugin's folder: as Claude Code says, else the one that this file is in."""
    said = environ.get("CLAUDE_PLUGIN_ROOT", "")
    if is_absolute(said):
        return said
    return __file__[: -len("/scripts/places.py")] or "."


def plugin_id(root: str) -> str:
    """The plugin's id as the name of its data folder: `metrics-<marketplace>`, or `metrics-inline`.

    Args:
        root: the plugin's folder; installed plugins are in `…/plugins/cache/<marketplace>/<plugin>/<version>`.
    """
    parts = [part for part in root.replace("\\", "/").split("/") if part]
    if len(parts) >= 5 and parts[-5] == "plugins" and parts[-4] == "cache":
        name = parts[-2] + "@" + parts[-3]
    else:
        name = "metrics@inline"  # started with --plugin-dir
    return "".join(letter if letter in NAME else "-" for letter in name)


def data_folder(environ: "Mapping[str, str]") -> "Optional[str]":
    """The folder that holds everything the plugin writes; None where it cannot be known. It is not created.

    Claude Code 2.1.197 and newer name it; for older ones it is the same folder that those would name.
    """
    said = environ.get("CLAUDE_PLUGIN_DATA", "")
    if said:
        return said if is_absolute(said) else None
    config = environ.get("CLAUDE_CONFIG_DIR", "")
    if not config:
        home = environ.get("HOME", "") or environ.get("USERPROFILE", "")
        config = home + "/.claude" if home else ""
    return config + "/plugins/data/" + plugin_id(plugin_root(environ)) if is_absolute(config) else None


def is_own(found: "system.stat_result", kind: int) -> bool:
    """Whether a file is of that kind (FOLDER, FILE) and belongs to the person who runs this."""
    if found.st_mode & 0o170000 != kind:
        return False
    return sys.platform == "win32" or found.st_uid == system.geteuid()


def private_folder(path: str) -> bool:
    """Make sure of a folder that only its owner may enter; False if something else is in its place.

    Raises:
        OSError: it could not be made.
    """
    parent = path.replace("\\", "/").rstrip("/").rpartition("/")[0]
    try:
        system.mkdir(path, 0o700)
    except FileExistsError:
        pass
    except FileNotFoundError:
        if not parent or parent == path:
            raise
        private_folder(parent)
        system.mkdir(path, 0o700)
    found = system.lstat(path)
    if not is_own(found, FOLDER):
        return False
    if sys.platform != "win32" and found.st_mode & 0o077:
        system.chmod(path, 0o700)
    return True


def read_consent(folder: str) -> "Optional[Dict[str, Any]]":
    """What the person decided (`consent.json`), whatever it was; None where there is no valid decision.

    A file that is damaged, too large, of another version, somebody else's or no plain file is no decision.
    """
    try:
        if not is_own(system.lstat(folder), FOLDER):
            return None
        flags = system.O_RDONLY | getattr(system, "O_NOFOLLOW", 0) | getattr(system, "O_NONBLOCK", 0)
        file = system.open(folder + "/consent.json", flags | getattr(system, "O_BINARY", 0))
        try:
            if not is_own(system.fstat(file), FILE):
                return None
            text = system.read(file, LONGEST_CONSENT + 1)
        finally:
            system.close(file)
        found = parse(text.decode("utf-8"), int) if len(text) <= LONGEST_CONSENT else None
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or found.get("version") != 1 or isinstance(found.get("version"), bool):
        return None
    return found if found.get("status") in ("granted", "denied") else None


def parse(text: str, number: "Callable[[str], object]") -> "Any":
    """The value of a JSON text, read by the parser that `json` wraps: `json` itself loads `re`, which takes longer.

    Args:
        text: one JSON value, with blanks around it or not.
        number: makes a value of a number's text. (`int` takes minutes for millions of digits before Python 3.11.)

    Raises:
        ValueError: it is none.
        RecursionError: it is nested too deeply.
    """
    blanks = " \t\r\n\ufeff"
    text = text.strip(blanks)
    try:
        import _json

        scan: Callable[[str, int], tuple[Any, int]] = _json.make_scanner(_How(number))  # type: ignore[arg-type]
    except (ImportError, AttributeError):  # another implementation of Python
        import json

        scan = json.JSONDecoder(strict=False, parse_float=number, parse_int=number, parse_constant=number).raw_decode
    try:
        value, end = scan(text, 0)
    except (StopIteration, SystemError):  # the latter where it wants to raise json's own error and json is not loaded
        raise ValueError from None
    if end != len(text):
        raise ValueError
    return value


class _How:
    """What the parser asks of a decoder."""

    strict = False
    object_hook = None
    object_pairs_hook = None

    def __init__(self, number: "Callable[[str], object]") -> None:
        self.parse_float = self.parse_int = self.parse_constant = number


def is_absolute(path: str) -> bool:
    """Whether it says where, wherever the reader is."""
    if sys.platform == "win32":
        return path[1:3] in (":\\", ":/") or path[:2] in ("\\\\", "//")
    return path[:1] == "/"
