"""What the plugin's hooks and shipper left in its data folder: what waits, what was sent, what the hooks cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["Cost", "Traces", "count_waiting", "read_costs", "read_object", "read_traces"]

MOST_LINES = 200_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What the hooks took of one day, in milliseconds of the whole process."""

    day: date
    runs: int
    total_ms: float
    median_ms: float
    highest_ms: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """The shipper's own figures. Counters are names of reasons, never of what was sent."""

    spooled: int  # lines that the hooks wrote and no shipper has read
    outgoing_events: int
    outgoing_sessions: int
    rejected: int
    sent_events: int
    sent_sessions: int
    last_sent_at: datetime | None
    next_try_at: datetime | None
    last_error: str | None
    counters: dict[str, int]


def count_waiting(data: Path) -> int:
    """How many records have not been sent."""
    traces = read_traces(data)
    return traces.spooled + traces.outgoing_events + traces.outgoing_sessions


def read_traces(data: Path) -> Traces:
    """What is there now; zeros where nothing is."""
    state = read_object(data / "state.json")
    retry, last = _inner(state, "retry"), _inner(state, "last")
    counters = {
        name: count for name, count in _inner(state, "counters").items() if isinstance(count, int) and count > 0
    }
    names = [path.name for path in _entries(data / "outgoing")]
    why = retry.get("why")
    return Traces(
        spooled=_unread(data, _inner(state, "taken")),
        outgoing_events=sum(name.startswith("e-") for name in names),
        outgoing_sessions=sum(name.startswith("s-") for name in names),
        rejected=sum(1 for _ in chain(_lines(data / "rejected.jsonl.1"), _lines(data / "rejected.jsonl"))),
        sent_events=counters.get("sent_events", 0),
        sent_sessions=counters.get("sent_sessions", 0),
        last_sent_at=_moment(last.get("sent_at")),
        next_try_at=_moment(retry.get("at")),
        last_error=why if isinstance(why, str) else None,
        counters=counters,
    )


def read_costs(data: Path, *, day: date, zone: str) -> Cost | None:
    """What the hooks took on this day of this time zone; None where none ran."""
    here = ZoneInfo(zone)
    took = []
    for line in chain(_lines(data / "spool" / "costs.1.jsonl"), _lines(data / "spool" / "costs.jsonl")):
        try:
            said = json.loads(line)
            at = datetime.fromisoformat(said["at"])
            ms = said["took_ms"]
        except (ValueError, KeyError, TypeError):
            continue
        if isinstance(ms, (int, float)) and not isinstance(ms, bool) and at.astimezone(here).date() == day:
            took.append(float(ms))
    if not took:
        return None
    return Cost(day=day, runs=len(took), total_ms=sum(took), median_ms=median(took), highest_ms=max(took))


def _unread(data: Path, taken: dict[str, Any]) -> int:
    """Lines in the spool behind what the shipper has read of it."""
    lines = sum(1 for line in _lines(data / "spool" / "events.jsonl") if line.strip())
    for path in _entries(data / "spool"):
        if path.name.startswith("taken-"):
            begin = taken.get(path.name)
            lines += sum(1 for line in _lines(path, begin if isinstance(begin, int) else 0) if line.strip())
    return lines


def _lines(path: Path, begin: int = 0) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            file.seek(begin)
            for _, line in zip(range(MOST_LINES), file, strict=False):
                yield line
    except OSError:
        return


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def read_object(path: Path) -> dict[str, Any]:
    """The object in a file of JSON; empty where there is none, or something else."""
    try:
        said = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _inner(said: dict[str, Any], name: str) -> dict[str, Any]:
    inner = said.get(name)
    return inner if isinstance(inner, dict) else {}


def _moment(seconds: Any) -> datetime | None:
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool) or not 0 < seconds < 1e11:
        return None
    return datetime.fromtimestamp(seconds, UTC)
