"""What switching telemetry on found in Claude Code's settings, so that switching it off leaves them exactly so."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tachograph.wiring.claude_code.traces import read_object
from tachograph_sdk.private_files import lock_file, replace_file

__all__ = ["Splice", "TelemetryRecord", "forget", "recall", "remember"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Splice:
    """One place in a text, and what stood there before."""

    place: int  # in characters
    length: int  # of what stands there now
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryRecord:
    """Everything that was done to one settings file. Of the user's values only those are in it that were replaced."""

    existed: bool
    blank: str | None  # the whole text where it said nothing: `{}`, white space
    made_env: bool  # there was no `env`
    before: Mapping[str, Any] = field(default_factory=dict)  # by variable; those that were not set are left out
    put: Mapping[str, str | None] = field(default_factory=dict)  # by variable; None: taken out
    splices: tuple[Splice, ...] | None = ()  # undo them last first; None: the file was changed by others in between
    digest: str = ""  # SHA-256 of the file as we left it


def recall(path: Path, config: Path) -> TelemetryRecord | None:
    """What is remembered of this configuration folder."""
    held: Any = read_object(path).get(str(config))
    try:
        splices = held["splices"]
        made = None if splices is None else tuple(Splice(**splice) for splice in splices)
        return TelemetryRecord(**{**held, "splices": made})
    except (TypeError, KeyError):
        return None


def remember(path: Path, config: Path, record: TelemetryRecord) -> None:
    """Write it down, in place of what was remembered."""
    _change(path, config, asdict(record))


def forget(path: Path, config: Path) -> None:
    """Take it out; the file goes with its last entry."""
    if path.exists():
        _change(path, config, None)


def _change(path: Path, config: Path, entry: dict[str, Any] | None) -> None:
    lock = path.with_name(f"{path.name}.lock")
    with lock_file(lock):
        held = read_object(path)
        held.pop(str(config), None)
        if entry is not None:
            held[str(config)] = entry
        if held:
            replace_file(path, json.dumps(held, indent=1).encode() + b"\n")
        else:
            path.unlink(missing_ok=True)
    lock.unlink(missing_ok=True)
