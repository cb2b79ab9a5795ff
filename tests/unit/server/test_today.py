"""What the core writes down for status lines: the ledger's own figures of the day and month, of whichever zone."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch
from tachograph.server.today import TodayFile
from tachograph.statusline.ledger import HEARTBEAT_S, STALE_S, Ledger, read_ledger
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, Source

A, B = "s_000000000000000a", "s_000000000000000b"
USD = 1_000_000_000  # nano-dollars


class Clock:
    """Stands still until it is moved."""

    def __init__(self, at: str) -> None:
        self.at = datetime.fromisoformat(at).replace(tzinfo=UTC)
        self.elapsed_s = 0.0

    def now_us(self) -> int:
        return int(self.at.timestamp() * 1e6)

    def monotonic_s(self) -> float:
        return self.elapsed_s

    def move(self, at: str) -> None:
        before, self.at = self.at, datetime.fromisoformat(at).replace(tzinfo=UTC)
        self.elapsed_s += (self.at - before).total_seconds()


@pytest.fixture
def store() -> Iterator[DuckDBStore]:
    made = DuckDBStore(":memory:")
    yield made
    made.close()


def request(number: int, at: str, usd: int | None, *, session: str | None = A) -> Event:
    cost = {"cost_basis": "unpriced"} if usd is None else {"cost_nanousd": usd * USD, "cost_basis": "reported"}
    return make_event(
        key=f"request-{number}", session_id=session, request_id=f"req_{number}", model="m", input_tokens=1, output_tokens=1,
        at_us=int(datetime.fromisoformat(at).replace(tzinfo=UTC).timestamp() * 1e6), **cost,
    )  # fmt: skip


def put(store: DuckDBStore, *events: Event) -> None:
    store.write(Batch(events=events))
    store.settle()


def read(home: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((home / "today.json").read_bytes())
    return told


def test_the_day_the_month_and_the_sessions_of_late(store: DuckDBStore, tmp_path: Path) -> None:
    put(
        store,
        request(1, "2026-10-31T23:59:59", 100),
        request(2, "2026-11-01T00:00:00", 50),
        request(3, "2026-11-19T23:59:59", 3),
        request(4, "2026-11-20T00:00:00", 2),
        request(5, "2026-11-20T11:00:00", 1, session=B),
        request(6, "2026-11-20T12:00:00", None, session=B),
    )
    TodayFile(tmp_path, store, Clock("2026-11-20T12:00:00"), find_zone("UTC")).turn()
    told = read(tmp_path)
    assert (told["day"], told["day_microusd"], told["day_unpriced"]) == ("2026-11-20", 3_000_000, 1)
    assert (told["month_microusd"], told["month_unpriced"]) == (56_000_000, 1)
    assert told["sessions"] == {A: [2_000_000, 155_000_000], B: [1_000_000, 1_000_000]}
    assert (told["is_kept"], told["day_no_session_microusd"]) == (True, 0)
    assert (tmp_path / "today.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("zone", "day", "usd"),
    [("UTC", "2026-11-20", 7), ("Asia/Tokyo", "2026-11-21", 4), ("America/New_York", "2026-11-20", 7)],
)
def test_days_are_those_of_the_zone(zone: str, day: str, usd: int, store: DuckDBStore, tmp_path: Path) -> None:
    put(
        store,
        request(1, "2026-11-19T23:59:59", 9),
        request(2, "2026-11-20T14:00:00", 3),  # before midnight in Tokyo
        request(3, "2026-11-20T15:30:00", 4),
    )
    clock = Clock("2026-11-20T16:00:00")
    TodayFile(tmp_path, store, clock, find_zone(zone)).turn()
    told = read(tmp_path)
    assert (told["day"], told["day_microusd"]) == (day, usd * 1_000_000)
    ledger = Ledger(told, is_alive=True)
    assert ledger.is_day_of(clock.now_us() / 1e6)
    assert not ledger.is_day_of(clock.now_us() / 1e6 + 86400)


def test_a_day_on_which_the_clock_is_put_forward_is_an_hour_shorter(store: DuckDBStore, tmp_path: Path) -> None:
    TodayFile(tmp_path, store, Clock("2026-03-29T10:00:00"), find_zone("Europe/Berlin")).turn()
    told = read(tmp_path)
    assert told["day_to_us"] - told["day_from_us"] == 23 * 3600 * 1_000_000


def test_it_is_written_when_it_says_something_new_and_else_only_touched(store: DuckDBStore, tmp_path: Path) -> None:
    clock = Clock("2026-11-20T12:00:00")
    file, path = TodayFile(tmp_path, store, clock, find_zone("UTC")), tmp_path / "today.json"
    file.turn()
    first = path.stat().st_ino
    os.utime(path, (1, 1))
    clock.move("2026-11-20T12:00:10")
    file.turn()
    assert path.stat().st_mtime == 1, "nothing settled, and the heartbeat is not due"
    clock.move("2026-11-20T12:00:41")
    file.turn()
    assert path.stat().st_ino == first
    assert path.stat().st_mtime > 1
    put(store, request(1, "2026-11-20T12:00:42", 1))
    clock.move("2026-11-20T12:00:43")
    file.turn()
    assert read(tmp_path)["day_microusd"] == 1_000_000
    path.unlink()
    clock.move("2026-11-20T12:00:45")
    file.turn()
    assert path.exists(), "an erasure deletes it"
    clock.move("2026-11-20T23:59:55")
    file.turn()
    clock.move("2026-11-21T00:00:01")  # before the heartbeat is due again
    file.turn()
    assert (read(tmp_path)["day"], read(tmp_path)["day_microusd"]) == ("2026-11-21", 0)


def test_who_lets_go_says_so_and_who_stopped_is_noticed(store: DuckDBStore, tmp_path: Path) -> None:
    file = TodayFile(tmp_path, store, Clock("2026-11-20T12:00:00"), find_zone("UTC"))
    file.turn()
    now_s = (tmp_path / "today.json").stat().st_mtime
    told = [read_ledger(str(tmp_path), now_s=now_s + wait_s) for wait_s in (HEARTBEAT_S, STALE_S + 1)]
    assert [ledger is not None and ledger.is_alive for ledger in told] == [True, False]
    file.let_go()
    ledger = read_ledger(str(tmp_path), now_s=now_s)
    assert ledger is not None
    assert not ledger.is_alive


def test_costs_that_name_no_session_are_told_apart(store: DuckDBStore, tmp_path: Path) -> None:
    put(store, request(1, "2026-11-20T11:00:00", 2), request(2, "2026-11-20T11:00:00", 5, session=None))
    put(store, make_event(key="x", source=Source.OTEL_LOG, session_id=None, request_id="y", at_us=1))
    TodayFile(tmp_path, store, Clock("2026-11-20T12:00:00"), find_zone("UTC")).turn()
    told = read(tmp_path)
    assert (told["day_microusd"], told["day_no_session_microusd"]) == (7_000_000, 5_000_000)
    assert told["sessions"] == {A: [2_000_000, 2_000_000]}
