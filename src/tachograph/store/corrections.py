"""The corrections in force: a file of the home folder, looked at again before each batch that is written.

It outlives the database, so that histories that are imported into a new one come out corrected too. Whose records are
meant is said in pseudonyms, as in the store.
"""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tachograph.store.correct import CORRECTABLE
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.subject import Correction, Footprint, Selection
from tachograph_sdk.private_files import mark_of, replace_file

__all__ = ["FreshCorrections", "read_corrections", "write_corrections"]

log = logging.getLogger(__name__)

_VERSION = 1


def read_corrections(path: Path) -> tuple[Correction, ...]:
    """In the order in which they were made; nothing if there is no file. Raises ConfigError."""
    try:
        told = json.loads(path.read_bytes())
        if told["version"] != _VERSION:
            raise ValueError("another version")
        return tuple(_correction(one) for one in told["corrections"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(
            f"{path.name} cannot be read ({type(error).__name__}), so nobody knows what is to be corrected",
            hint="put back the file from a backup, or delete it: what is stored stays corrected, what comes in does not",
        ) from error


def write_corrections(path: Path, corrections: Sequence[Correction]) -> None:
    """Replace the file, durably, mode 0600. Raises OSError."""
    told = {"version": _VERSION, "corrections": [dataclasses.asdict(one) for one in corrections]}
    replace_file(path, json.dumps(told, indent=1).encode() + b"\n")


def _correction(told: dict[str, Any]) -> Correction:
    if told["attribute"] not in CORRECTABLE:
        raise ValueError("an attribute that cannot be corrected")
    return Correction(
        correction_id=str(told["correction_id"]),
        selection=Selection(**_tuples(told["selection"])),
        footprint=Footprint(**_tuples(told["footprint"])),
        attribute=told["attribute"],
        value=str(told["value"]),
        before=told["before"],
    )


def _tuples(told: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()}


class FreshCorrections:
    """What is in force now: `corrections()`. A file with a mistake changes nothing while this runs.

    Raises:
        ConfigError: the file is there and cannot be read at the start.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._mark = mark_of(path)
        self._read = read_corrections(path)

    def __call__(self) -> tuple[Correction, ...]:
        """Costs one look at the file."""
        mark = mark_of(self._path)
        if mark != self._mark:
            self._mark = mark
            try:
                self._read = read_corrections(self._path)
            except ConfigError as error:
                log.error("%s; %s", error.message, error.hint)
        return self._read
