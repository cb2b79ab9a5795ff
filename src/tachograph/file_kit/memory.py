"""What the kit remembers of logs it parsed: how far, in which document, and their running totals. Never a text of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from tachograph.file_kit.labels import Labels
from tachograph.ports import FileState, StreamState
from tachograph_sdk.private_files import replace_file

__all__ = ["Known", "load_known", "newest", "save_known", "stamp_of"]

STATE_VERSION: Final = 3
MAX_STREAMS: Final = 2000  # running totals of one log that are remembered


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One log."""

    document: str  # name in the data folder
    stamp: str  # of the document as it was written: another one is not gone on with
    state: FileState
    format: str | None
    labels: Labels
    rules: str  # hash of what was kept and whom it was refused of
    streams: Mapping[str, StreamState]  # by a hash of what they are of
    pieces: list[dict[str, Any]]  # set aside: place and reason
    counts: dict[str, Any]  # what was reported last


def newest(streams: Mapping[str, StreamState]) -> dict[str, StreamState]:
    """The running totals that changed last, as many as are remembered."""
    if len(streams) <= MAX_STREAMS:
        return dict(streams)
    return dict(sorted(streams.items(), key=lambda item: item[1].at_ns)[-MAX_STREAMS:])


def stamp_of(path: Path) -> str:
    """Tells a document from any that is written there later; "" if there is none."""
    try:
        status = path.stat()
    except OSError:
        return ""
    return f"{status.st_size}:{status.st_mtime_ns}"


def load_known(path: Path) -> dict[str, Known]:
    """By pseudonym of the log's path. Empty if the file is not there or damaged: then everything is parsed anew."""
    try:
        told = json.loads(path.read_bytes())
        if told["version"] != STATE_VERSION:
            return {}
        return {file_id: _known(said) for file_id, said in told["files"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def save_known(path: Path, known: Mapping[str, Known]) -> None:
    """Replace the file. Raises OSError."""
    told = {"version": STATE_VERSION, "files": {file_id: asdict(one) for file_id, one in known.items()}}
    replace_file(path, json.dumps(told, separators=(",", ":")).encode())


def _known(said: dict[str, Any]) -> Known:
    return Known(
        document=str(said["document"]),
        stamp=str(said["stamp"]),
        state=FileState(**said["state"]),
        format=said["format"],
        labels=Labels(**said["labels"]),
        rules=str(said["rules"]),
        streams={stream: StreamState(**state) for stream, state in said["streams"].items()},
        pieces=list(said["pieces"]),
        counts=dict(said["counts"]),
    )
