"""The environment, as far as the SDK knows it. The only module of the SDK that reads it."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

__all__ = ["default_home", "operating_system_user", "process_environment", "user_folder"]


def process_environment() -> Mapping[str, str]:
    """This process's environment, live: what is set later is seen later."""
    return os.environ


def user_folder(environ: Mapping[str, str]) -> Path | None:
    """The person's own folder; None where nothing says which that is."""
    named = environ.get("USERPROFILE" if os.name == "nt" else "HOME")
    if named:
        return Path(named)
    try:
        import pwd

        found = pwd.getpwuid(os.getuid()).pw_dir  # type: ignore[attr-defined,unused-ignore]
    except (ImportError, KeyError):
        return None
    return Path(found) if found else None


def default_home(environ: Mapping[str, str]) -> Path | None:
    """The home of the installation: TACHOGRAPH_HOME, else the platform's place for a user's data; None if there is none.

    The same place as the `tachograph` command takes, so that both read one ledger.
    """
    if chosen := environ.get("TACHOGRAPH_HOME"):
        try:
            return Path(chosen).expanduser().absolute()
        except RuntimeError:  # "~" and nothing that says where that is
            return None
    if sys.platform != "darwin" and os.name == "posix":
        data = environ.get("XDG_DATA_HOME", "").strip()
        if os.path.isabs(data):
            return Path(data) / "tachograph"
    folder = user_folder(environ)
    if folder is None or not folder.is_absolute():
        return None
    if sys.platform == "darwin":
        return folder / "Library" / "Application Support" / "tachograph"
    if os.name == "nt":
        return Path(environ.get("LOCALAPPDATA") or folder / "AppData" / "Local") / "tachograph"
    return folder / ".local" / "share" / "tachograph"


def operating_system_user() -> str:
    """Who runs this process, by the system's own list and not by what the environment claims."""
    try:
        import pwd

        return str(pwd.getpwuid(os.getuid()).pw_name)  # type: ignore[attr-defined,unused-ignore]
    except (ImportError, KeyError):
        pass
    try:
        return os.getlogin()
    except OSError:
        return f"uid {os.getuid()}" if hasattr(os, "getuid") else "unknown"
