"""Acknowledged means stored: whatever is killed, nothing acknowledged is lost and nothing counts twice."""

from __future__ import annotations

import random
import threading
import uuid
from pathlib import Path

import duckdb
import pytest

from tests.flows.harness import Running, otlp_logs, serve, wait_until

RECORDS_PER_REQUEST = 20


class Load:
    """Clients that send all the time and remember what was acknowledged."""

    def __init__(self, server: Running, clients: int) -> None:
        self.server = server
        self.sent: set[str] = set()
        self.acked: set[str] = set()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._client, daemon=True) for _ in range(clients)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def _client(self) -> None:
        while not self._stop.is_set():
            ids = [f"req_{uuid.uuid4().hex}" for _ in range(RECORDS_PER_REQUEST)]
            body = otlp_logs(ids)
            with self._lock:
                self.sent.update(ids)
            for _ in range(3):  # as exporters do: again, with the same bytes, when there was no answer
                if self.server.post_otlp("logs", body) == 200:
                    with self._lock:
                        self.acked.update(ids)
                    break
                if self._stop.wait(0.05):
                    break


def stored(home: Path) -> list[str]:
    """The request ids of all events, read past the limits that a query has."""
    with duckdb.connect(str(home / "tachograph.duckdb"), read_only=True) as store:
        return [row[0] for row in store.execute("select request_id from events where kind = 'api.request'").fetchall()]


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("rounds", [6, pytest.param(25, marks=pytest.mark.long)])
def test_kill_nine_loses_nothing_acknowledged_and_doubles_nothing(rounds: int, tmp_path: Path) -> None:
    rng = random.Random(20)
    with serve(tmp_path) as server:
        with Load(server, clients=4) as load:
            for turn in range(rounds):
                before = len(load.acked)
                wait_until(lambda b=before: len(load.acked) > b, f"requests are acknowledged in round {turn}")  # type: ignore[misc]
                threading.Event().wait(rng.uniform(0.0, 0.25))
                server.kill(*rng.choice((("receiver",), ("core",), ("receiver", "core"))))
        server.wait_drained()
        requests = server.totals()["requests"]
        assert server.stop() == 0
    rows = stored(tmp_path)
    print(f"{rounds} rounds: {len(load.acked):,} acknowledged, {len(load.sent):,} sent, {len(rows):,} stored")
    assert len(load.acked) >= rounds * RECORDS_PER_REQUEST
    assert len(rows) == len(set(rows)) == requests
    assert load.acked <= set(rows) <= load.sent
