"""The document made of one log: `data/<stem>.json`, written piece by piece, so that its size is no matter of memory.

Events and points are put on disk as they come; when the log is at its end, the head, which counts them, goes before
them into the file. What stays in memory is an id of 16 bytes for each.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from tachograph.file_kit.totals import Totals
from tachograph.file_kit.wording import METRIC_NAMES, data_of, full_name, measured
from tachograph.inputs.histories.report import add_counts
from tachograph.ports import Quarantined
from tachograph_sdk.model.event import Event, Source
from tachograph_sdk.private_files import replace_file, replacing

__all__ = ["SCHEMA_VERSION", "Counts", "Document", "Head", "describe", "write_quarantine"]

SCHEMA_VERSION: Final = 1
MAX_TOLD: Final = 100  # pieces set aside that the document beside it names
_OUR_KEYS: Final = ("session_id", "account_uuid", "app_version", "os_type", "terminal", "entrypoint")
_FROM: Final = {
    "account_uuid": "user_id",
    "app_version": "agent_version",
    "os_type": "os_type",
    "terminal": "terminal",
    "entrypoint": "entrypoint",
}
_PIECE_BYTES: Final = 1024 * 1024


@dataclass(slots=True, kw_only=True)
class Head:
    """What is said of a log as a whole."""

    file: str  # base name
    parsed_at_us: int
    format: str | None  # who read it; None where nobody could
    collector: str | None = None  # pseudonym of the installation that parsed it
    team: str | None = None
    project: str | None = None
    torn: bool = False


@dataclass(slots=True)
class _Session:
    said: dict[str, Any]
    first_at: str | None = None
    last_at: str | None = None
    events: int = 0
    metrics: int = 0

    def as_dict(self) -> dict[str, Any]:
        return {
            **{key: self.said.get(key) for key in _OUR_KEYS},
            "first_at": self.first_at,
            "last_at": self.last_at,
            "events_count": self.events,
            "metrics_count": self.metrics,
        }


class _Earlier(msgspec.Struct):
    """A document of ours, as far as it is gone on with."""

    sessions: list[dict[str, Any]]
    totals: dict[str, Any]
    quarantined: dict[str, int]
    passed_over: dict[str, int]
    events: list[msgspec.Raw]
    metrics: list[msgspec.Raw]


class _Id(msgspec.Struct):
    event_id: str


@dataclass(slots=True)
class Counts:
    """What is in a document."""

    events: int = 0
    metrics: int = 0
    duplicates: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    passed_over: dict[str, int] = field(default_factory=dict)

    @property
    def records(self) -> int:
        """Events and points."""
        return self.events + self.metrics


class Document:
    """Takes released events and writes the document; close it, or use it in a `with`.

    Args:
        folder: where it is written; what waits lies there too, in files without a name.
    """

    def __init__(self, folder: Path) -> None:
        self.counts = Counts()
        self._folder = folder
        self._totals = Totals()
        self._seen: set[bytes] = set()
        self._sessions: dict[str | None, _Session] = {}
        self._events: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by close()
        self._metrics: BinaryIO = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115

    def __enter__(self) -> Document:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of what was not written."""
        self._events.close()
        self._metrics.close()

    def resume(self, path: Path) -> bool:
        """Go on with the document that is there; False if there is none of ours, and nothing was taken from it."""
        try:
            earlier = msgspec.json.decode(path.read_bytes(), type=_Earlier)
            ids = [msgspec.json.decode(raw, type=_Id).event_id for raw in (*earlier.events, *earlier.metrics)]
            seen = {bytes.fromhex(i) for i in ids}
            self._totals.resume(earlier.totals)
            sessions = {said["session_id"]: _session_of(said) for said in earlier.sessions}
        except (OSError, msgspec.MsgspecError, ValueError, KeyError, TypeError, AttributeError):
            self._totals = Totals()
            return False
        self._seen = seen
        self._sessions = sessions
        _copy(earlier.events, self._events)
        _copy(earlier.metrics, self._metrics)
        self.counts = Counts(
            len(earlier.events), len(earlier.metrics), 0, dict(earlier.quarantined), dict(earlier.passed_over)
        )
        return True

    def take(self, events: Iterable[Event]) -> int:
        """Add what is new among these events; how many were."""
        new = 0
        for event in events:
            if event.source is Source.OTEL_SPAN:
                add_counts(self.counts.passed_over, {"spans": 1})
                continue
            key = bytes.fromhex(event.event_id)
            if key in self._seen:
                self.counts.duplicates += 1
                continue
            self._seen.add(key)
            is_point = event.source in (Source.OTEL_METRIC, Source.CONSOLE)
            new += self._point(event) if is_point else self._event(event)
        return new

    def write(self, path: Path, head: Head) -> None:
        """Put everything into the file, in one step. Raises OSError."""
        sessions = sorted(self._sessions.values(), key=lambda s: (s.first_at is None, s.first_at or ""))
        main = max(sessions, key=lambda s: (s.said.get("session_id") is not None, s.events, s.metrics), default=None)
        said = main.said if main is not None else {}
        counts = self.counts
        before = {
            "schema_version": SCHEMA_VERSION,
            "file": head.file,
            "parsed_at": _iso(head.parsed_at_us)[:19] + "Z",
            "parser": "tachograph",
            "format": head.format,
            "collector": head.collector,
            "session": {
                **{key: said.get(key) for key in _OUR_KEYS[:4]},
                "team": head.team,
                "project": head.project,
            },
            "sessions": [session.as_dict() for session in sessions],
            "events_count": counts.events,
            "metrics_count": counts.metrics,
            "totals": self._totals.as_dict(
                events=counts.events,
                sessions=sum(s.events > 0 and s.said["session_id"] is not None for s in sessions),
            ),
        }
        after = {"quarantined": counts.quarantined, "passed_over": counts.passed_over, "torn": head.torn}
        with replacing(path) as file:
            file.write(json.dumps(before, indent=1)[:-2].encode())
            for key, spool in (("events", self._events), ("metrics", self._metrics)):
                file.write(f',\n "{key}": ['.encode())
                for piece in _pieces(spool):
                    file.write(piece)
                file.write(b"\n ]")
            file.write(b",\n" + json.dumps(after, indent=1)[2:].encode() + b"\n")

    def _event(self, event: Event) -> int:
        at = None if event.at_us == event.received_us else _iso(event.at_us)  # that of arrival is none of its own
        entry = {
            "event_type": full_name(event),
            "timestamp": at,
            "session_id": event.session_id,
            "data": data_of(event),
            "event_id": event.event_id,
            "source": event.source.value,
        }
        _append(self._events, json.dumps(entry).encode(), first=not self.counts.events)
        self.counts.events += 1
        self._of(event, at).events += 1
        self._totals.add_event(event)
        return 1

    def _point(self, event: Event) -> int:
        point = measured(event)
        if point is None:
            add_counts(self.counts.passed_over, {"no_value": 1})
            return 0
        at = None if event.at_us == event.received_us else _iso(event.at_us)
        name = full_name(event)
        entry = {
            "metric": METRIC_NAMES.get(event.name, event.name),
            "pattern": name,
            "value": point.value,
            "raw_line": f"{name} value {point.value}",  # said anew: the text of the log never gets here
            "timestamp": at,
            "session_id": event.session_id,
            "unit": point.unit,
            "attributes": point.attributes,
            "event_id": event.event_id,
            "source": event.source.value,
        }
        _append(self._metrics, json.dumps(entry).encode(), first=not self.counts.metrics)
        self.counts.metrics += 1
        self._of(event, at).metrics += 1
        self._totals.add_point(event)
        return 1

    def _of(self, event: Event, at: str | None) -> _Session:
        session = self._sessions.get(event.session_id)
        if session is None:
            session = self._sessions[event.session_id] = _Session({"session_id": event.session_id})
        for key, ours in _FROM.items():
            if (value := event.attributes.get(ours)) is not None:
                session.said[key] = value
        if at is not None:
            session.first_at = min(session.first_at or at, at)
            session.last_at = max(session.last_at or at, at)
        return session


def describe(piece: Quarantined) -> dict[str, Any]:
    """What is told of a piece set aside: place and reason, never what it said."""
    return {"place": piece.place, "reason": piece.reason.value, "size_bytes": piece.size_bytes}


def write_quarantine(path: Path, name: str, counts: Mapping[str, int], pieces: list[dict[str, Any]]) -> None:
    """Write what was set aside beside the document, or take the file away where nothing was. Raises OSError."""
    if not counts:
        path.unlink(missing_ok=True)
        return
    told = {"file": name, "quarantined": dict(counts), "pieces": pieces[:MAX_TOLD]}
    replace_file(path, json.dumps(told, indent=1).encode() + b"\n")


def _session_of(said: Mapping[str, Any]) -> _Session:
    return _Session(
        {key: said[key] for key in _OUR_KEYS if said[key] is not None or key == "session_id"},
        said["first_at"],
        said["last_at"],
        said["events_count"],
        said["metrics_count"],
    )


def _append(spool: BinaryIO, entry: bytes, *, first: bool) -> None:
    spool.write((b"\n  " if first else b",\n  ") + entry)


def _copy(entries: Iterable[msgspec.Raw], spool: BinaryIO) -> None:
    for number, entry in enumerate(entries):
        _append(spool, bytes(entry), first=not number)


def _pieces(spool: BinaryIO) -> Iterator[bytes]:
    spool.seek(0)
    while piece := spool.read(_PIECE_BYTES):
        yield piece


def _iso(us: int) -> str:
    """UTC with microseconds: "2026-11-20T13:00:00.123456Z"."""
    seconds, rest = divmod(us, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest:06d}Z"
