"""Opening the database file: what it may do, who may read it, and how its refusals are worded."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from tachograph.store.config import StoreConfig
from tachograph_sdk.errors import StoreBusy, StoreError

__all__ = ["connect", "first_line", "load_macros", "load_views", "unusable"]


def load_macros(engine: str) -> str:
    """The macros that give both engines the same few function names."""
    return (files("tachograph.store") / "macros" / f"{engine}.sql").read_text()


def load_views() -> dict[str, str]:
    """The views that this version has, name to SQL text, which both engines run."""
    folder = files("tachograph.store") / "views"
    names = sorted(entry.name for entry in folder.iterdir() if entry.name.endswith(".sql"))
    return {name.removesuffix(".sql"): (folder / name).read_text() for name in names}


def connect(path: Path | None, config: StoreConfig) -> duckdb.DuckDBPyConnection:
    """A connection that can reach this file and no other; None: in memory.

    Raises:
        StoreBusy: another process has it open.
        StoreError: it is no database, or cannot be read.
    """
    settings: dict[str, Any] = {
        "memory_limit": config.memory_limit,
        "threads": config.threads,
        "checkpoint_threshold": config.checkpoint_threshold,
        "enable_external_access": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "preserve_insertion_order": False,
    }
    if path is None:
        return duckdb.connect(":memory:", config=settings)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)  # the log beside the file follows the caller's umask
    settings["temp_directory"] = str(path.with_name(path.name + ".tmp"))
    old = os.umask(0o077)
    try:
        connection = duckdb.connect(str(path), config=settings)
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise StoreBusy(
                f"another process has the store {path.name} open",
                hint="ask the running server (tachograph does that by itself when it can reach it), or stop it first",
            ) from error
        raise unusable(path, error) from error
    except duckdb.Error as error:
        raise unusable(path, error) from error
    finally:
        os.umask(old)
    os.chmod(path, 0o600)
    connection.execute("set TimeZone = 'UTC'")
    connection.execute("set lock_configuration = true")
    return connection


def unusable(path: Path, error: Exception) -> StoreError:
    """The error of a file that cannot be opened."""
    hint = f"move {path.name} elsewhere: the next command makes a new one, and imports what histories still have"
    return StoreError(f"the store {path} cannot be opened: {first_line(error)}", hint=hint)


def first_line(error: Exception) -> str:
    """What the engine says, in one line."""
    return str(error).strip().splitlines()[0][:300] if str(error).strip() else type(error).__name__
