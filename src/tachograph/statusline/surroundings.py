"""What the status line needs to know of where it runs. Beside config.py, because that loads too much for a redraw.

Takes the same settings from the same places: tachograph.toml, then TACHOGRAPH_SECTION__KEY. A wrong one is left out here;
`tachograph config show` says what is wrong with it.
"""

from __future__ import annotations

import os
import sys

from tachograph.statusline.files import FOLDER, read_small, write_new
from tachograph.statusline.json_text import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

__all__ = ["Settings", "environment", "find_home", "has_colours", "is_off", "read_settings", "width"]

CACHE = "settings.json"
_NARROW, _WIDE = 10, 1000


class Settings:
    """Of tachograph.toml, what the status line obeys."""

    __slots__ = ("day_microusd", "month_microusd", "record")

    def __init__(self) -> None:
        self.record = True
        self.day_microusd: int | None = None
        self.month_microusd: int | None = None


def environment() -> Mapping[str, str]:
    """This process's environment."""
    return os.environ


def find_home(explicit: str | None, environ: Mapping[str, str]) -> str | None:
    """The home folder as `tachograph.home.find_home` finds it; None where it cannot be said without more effort."""
    chosen = explicit or environ.get("TACHOGRAPH_HOME")
    if chosen:
        return os.path.abspath(os.path.expanduser(chosen))
    if os.name == "posix" and sys.platform != "darwin":
        data = environ.get("XDG_DATA_HOME", "").strip()
        return os.path.join(data if os.path.isabs(data) else os.path.expanduser("~/.local/share"), "tachograph")
    if sys.platform == "darwin":
        return os.path.join(os.path.expanduser("~/Library/Application Support"), "tachograph")
    import platformdirs  # pragma: no cover - Windows asks its registry

    return platformdirs.user_data_dir("tachograph", appauthor=False)  # pragma: no cover


def has_colours(environ: Mapping[str, str]) -> bool:
    """Whether colours are wanted. Claude Code shows them although its end is no terminal."""
    return not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"


def is_off(environ: Mapping[str, str]) -> bool:
    """Whether nothing may be written down."""
    return environ.get("DO_NOT_TRACK", "").strip().lower() not in ("", "0", "false")


def width(environ: Mapping[str, str]) -> int | None:
    """Columns of the terminal, as Claude Code (2.1.x) tells it; None if nobody does."""
    text = environ.get("COLUMNS", "")
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        return None
    return max(_NARROW, int(text)) if 0 < int(text) <= _WIDE else None


def read_settings(home: str | None, environ: Mapping[str, str], *, write: bool = True) -> Settings:
    """The settings in force; defaults where there are none or none that can be read.

    Args:
        home: the home folder, if there is one.
        environ: the environment.
        write: whether what was read may be written down for the next redraw; never where nothing is to be recorded.
    """
    settings = Settings()
    options: dict[str, Any] = {}
    stamp = None
    if home is not None:
        options, stamp = _of_home(home)
    found = dict(options)
    for name, value in environ.items():
        if name.startswith("TACHOGRAPH_") and "__" in name:
            options[name.removeprefix("TACHOGRAPH_").lower().replace("__", ".", 1)] = value
    settings.day_microusd = _amount(options.get("budget.day_usd"))
    settings.month_microusd = _amount(options.get("budget.month_usd"))
    settings.record = str(options.get("statusline.record", True)).strip().lower() not in (
        "false",
        "0",
        "no",
        "off",
        "f",
        "n",
    )
    if home is not None and stamp is not None and write and settings.record:
        _keep(home, stamp, found)
    return settings


def _of_home(home: str) -> tuple[dict[str, Any], list[int] | None]:
    """What tachograph.toml says, and the file's stamp if it was parsed now.

    As an earlier redraw read it, if it is still the same file: its parser is slow to load.
    """
    path = os.path.join(home, "tachograph.toml")
    try:
        status = os.stat(path)
        stamp = [status.st_mtime_ns, status.st_size, status.st_ino]
    except OSError:
        return {}, None
    try:
        told = loads(read_small(os.path.join(home, FOLDER, CACHE), 4096))
        if told["stamp"] == stamp and isinstance(told["options"], dict):
            return dict(told["options"]), None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return _of_file(path), stamp


def _keep(home: str, stamp: list[int], options: dict[str, Any]) -> None:
    """For the next redraw; where status lines write nothing yet, neither is this."""
    simple = {
        k: v for k, v in options.items() if isinstance(v, (bool, int, str)) or (isinstance(v, float) and v - v == 0)
    }
    cache = os.path.join(home, FOLDER, CACHE)
    if os.path.isdir(os.path.dirname(cache)):
        try:
            write_new(cache + ".new", dumps({"stamp": stamp, "options": simple}).encode())
            os.replace(cache + ".new", cache)
        except OSError:
            pass  # the next redraw parses it again


def _of_file(path: str) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            data = file.read(1 << 20)
        if b"budget" not in data and b"statusline" not in data:
            return {}  # nothing for us: the parser stays unloaded
        import tomllib

        found = tomllib.loads(data.decode("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    sections = {name: found.get(name) for name in ("budget", "statusline")}
    return {
        f"{n}.{key}": v for n, section in sections.items() if isinstance(section, dict) for key, v in section.items()
    }


def _amount(value: Any) -> int | None:
    """Dollars as micro-dollars."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        amount = float(value)
    except (ValueError, OverflowError):
        return None
    return max(1, int(amount * 1e6 + 0.5)) if 0 < amount < 1e12 else None
