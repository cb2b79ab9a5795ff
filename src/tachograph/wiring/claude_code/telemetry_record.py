"""What switching telemetry on found in Claude Code's settings, so that switching it off leaves them exactly so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tachograph.wiring.claude_code.record import forget, write_entry
from tachograph.wiring.claude_code.traces import read_object

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
    write_entry(path, config, asdict(record))
