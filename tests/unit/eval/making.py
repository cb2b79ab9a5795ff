"""Made-up sessions as released events, with a change of a known size planted between two of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing.events import make_event
from tachograph_sdk.model.event import Event, EventKind, Source

__all__ = ["CHANGE_US", "DAY_US", "Habit", "fill_home", "session_events", "sessions_around", "store_with"]

DAY_US = 86_400_000_000
CHANGE_US = 1_790_000_000_000_000  # 2026-09-21T14:13:20Z


@dataclass(frozen=True, kw_only=True)
class Habit:
    """How sessions go."""

    cost: float = 0.40  # dollars of the middle session; others spread around it as costs do
    cost_spread: float = 0.8
    requests: int = 12
    tool_calls: int = 10
    failures: float = 0.08  # share of tool calls, in a session that is as good as the middle one
    errors: float = 0.02  # share of requests
    retries: float = 0.05  # share of requests that needed another try
    model: str = "claude-sonnet-4-5"
    project: str = "p_0000000000000001"
    unpriced: float = 0.0  # share of requests whose cost nobody knows


def session_events(number: int, at_us: int, habit: Habit, rng: random.Random) -> Iterator[Event]:
    """One session. Sessions differ: one is three times as long, or fails five times as often, as another."""
    session = f"s_{number:016x}"
    told: dict[str, Any] = {
        "session_id": session,
        "project": habit.project,
        "user_id": "u_0000000000000001",
        "agent_version": "2.1.197",
    }
    length = rng.lognormvariate(0.0, 0.5)
    requests = max(1, round(habit.requests * length))
    calls = max(1, round(habit.tool_calls * length))
    cost = habit.cost * rng.lognormvariate(0.0, habit.cost_spread) / requests
    clumsy = rng.choice((0.2, 0.5, 1.0, 2.0))
    step = round(rng.lognormvariate(0.0, 0.3) * 20_000_000)
    yield make_event(EventKind.PROMPT, at_us=at_us, prompt_origin="human", **told)
    for n in range(requests):
        cost_told: dict[str, Any] = (
            {} if rng.random() < habit.unpriced else {"cost_nanousd": round(cost * 1e9), "cost_basis": "reported"}
        )
        yield make_event(
            at_us=at_us + (n + 1) * step,
            model=habit.model,
            request_id=f"req_{number}_{n}",
            input_tokens=1000,
            output_tokens=200,
            cache_read_tokens=20_000,
            attempts=2 if rng.random() < habit.retries else 1,
            **cost_told,
            **told,
        )
        if rng.random() < habit.errors * clumsy:
            yield make_event(EventKind.API_ERROR, at_us=at_us + (n + 1) * step + 1, status_code=529, attempts=1, **told)
    for n in range(calls):
        yield make_event(
            EventKind.TOOL_CALL,
            at_us=at_us + (n + 1) * step + 2,
            source=Source.OTEL_LOG,
            tool_name="Bash",
            tool_use_id=f"toolu_{number}_{n}",
            success=rng.random() >= min(0.9, habit.failures * clumsy),
            decision="accept",
            **told,
        )


def sessions_around(
    before: Habit, after: Habit, *, each: int, days: int = 28, seed: int = 1, change_us: int = CHANGE_US
) -> list[Event]:
    """So many sessions in the days before a change, and as many in the days after it, none of them running at it."""
    rng = random.Random(seed)
    events: list[Event] = []
    for n in range(each):
        events += session_events(2 * n, change_us - round((n + 0.9) / each * days * DAY_US), before, rng)
        events += session_events(2 * n + 1, change_us + round((n + 0.1) / each * days * DAY_US), after, rng)
    return events


def store_with(events: list[Event]) -> DuckDBStore:
    """A store in memory that holds them."""
    store = DuckDBStore(":memory:")
    store.write(Batch(events=events))
    store.settle()
    return store


def fill_home(home: Path, events: list[Event]) -> None:
    """The same as a home of its own on disk."""
    home.mkdir(mode=0o700, exist_ok=True)
    store = DuckDBStore(home / "tachograph.duckdb")
    try:
        store.write(Batch(events=events))
        store.settle()
    finally:
        store.close()
