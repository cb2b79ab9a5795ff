"""A question ends when its client goes, and a flood of them is told to come again, while light ones are answered."""

from __future__ import annotations

import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tachograph.cancellation import Cancellation, asked_under
from tachograph.ports import Batch, Result, Statement
from tachograph.server.attendance import Load
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import QueryCancelled, QueryTooLarge
from tests.served import TOKEN, services_on
from tests.unit.server.serving import served

SLOW = "select count(*) from range(1000000) a, range(1000000) b where (a.range * 7919 + b.range) % 1000003 = 5"
"""Minutes, whatever the machine."""

GIVEN_UP_S = 3.0


class Slow(DuckDBStore):
    """Every question takes minutes. Remembers how each ended."""

    def __init__(self) -> None:
        super().__init__(":memory:")
        self.begun = threading.Semaphore(0)
        self.ends: list[str] = []
        self.ended = threading.Semaphore(0)

    def query(self, statement: Statement, *, timeout_s: float | None = None, max_rows: int | None = None) -> Result:
        self.begun.release()
        try:
            return super().query(Statement(name=statement.name, sql=SLOW), timeout_s=120.0)
        except Exception as error:
            self.ends.append(type(error).__name__)
            raise
        finally:
            self.ended.release()


@pytest.fixture
def slow() -> Iterator[Slow]:
    store = Slow()
    yield store
    store.close()


def sent(port: int, text: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port))
    connection.sendall(text.replace("\n", "\r\n").encode())
    return connection


GET = "GET /api/v1/query?metrics=requests HTTP/1.1\nHost: localhost\n\n"
BODY = json.dumps({"sql": "select 1"})
POST = (
    f"POST /api/v1/sql HTTP/1.1\nHost: localhost\nAuthorization: Bearer {TOKEN}\n"
    f"Content-Type: application/json\nContent-Length: {len(BODY)}\n\n{BODY}"
)


@pytest.mark.parametrize("request_text", [GET, POST], ids=["a question", "sql"])
@pytest.mark.parametrize("rudely", [False, True], ids=["closed", "reset"])
def test_a_query_ends_when_its_client_goes(slow: Slow, tmp_path: Path, request_text: str, rudely: bool) -> None:
    with served(services_on(slow, tmp_path)) as port:
        connection = sent(port, request_text)
        assert slow.begun.acquire(timeout=10)
        time.sleep(0.2)  # it is at work in the engine
        assert not slow.ends
        if rudely:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        went = time.monotonic()
        connection.close()
        assert slow.ended.acquire(timeout=30)
        assert time.monotonic() - went < GIVEN_UP_S
        assert slow.ends == ["QueryCancelled"]


def test_a_client_that_stays_gets_its_answer_on_a_connection_that_stays_open(tmp_path: Path) -> None:
    store = DuckDBStore(":memory:")
    store.write(Batch(events=[make_event(request_id="r")]))
    store.settle()
    with served(services_on(store, tmp_path)) as port:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        for _ in range(5):
            connection.request(
                "GET", "/api/v1/query?metrics=requests", headers={"Host": "localhost"}, body=b"x" * 300_000
            )
            answer = connection.getresponse()
            assert (answer.status, json.loads(answer.read())["rows"]) == (200, [[1]])
        connection.close()
    store.close()


def test_a_question_that_waits_for_its_turn_is_not_begun_when_its_client_went(slow: Slow, tmp_path: Path) -> None:
    with served(services_on(slow, tmp_path, load=Load(at_once=1))) as port:
        first = sent(port, GET)
        assert slow.begun.acquire(timeout=10)
        second = sent(port, GET)
        time.sleep(0.2)
        second.close()
        time.sleep(0.2)
        first.close()
        assert slow.ended.acquire(timeout=30)
        time.sleep(0.3)
        assert slow.ends == ["QueryCancelled"]
        assert not slow.begun.acquire(blocking=False)


def test_a_flood_is_told_to_come_again_and_health_is_answered_at_once(slow: Slow, tmp_path: Path) -> None:
    load = Load(at_once=2, waiting=3, patience_s=60)
    with served(services_on(slow, tmp_path, load=load)) as port:
        patient = [sent(port, GET) for _ in range(5)]
        for _ in range(2):
            assert slow.begun.acquire(timeout=10)
        time.sleep(0.3)
        for _ in range(4):
            refused = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            refused.request("GET", "/api/v1/query?metrics=requests", headers={"Host": "localhost"})
            answer = refused.getresponse()
            told = json.loads(answer.read())
            assert (answer.status, told["error"]["code"]) == (503, "too_many_questions")
            assert int(answer.headers["Retry-After"]) > 0
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            refused.close()
        begun = time.monotonic()
        light = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        light.request("GET", "/health", headers={"Host": "localhost"})
        health = light.getresponse()
        assert (health.status, bool(health.read())) == (200, True)
        assert time.monotonic() - begun < 1
        light.close()
        assert not slow.begun.acquire(blocking=False), "never more than two at once"
        for connection in patient:
            connection.close()


def test_who_waited_too_long_is_told_to_come_again(slow: Slow, tmp_path: Path) -> None:
    with served(services_on(slow, tmp_path, load=Load(at_once=1, patience_s=0.3))) as port:
        first = sent(port, GET)
        assert slow.begun.acquire(timeout=10)
        second = sent(port, GET)
        assert b" 503 " in second.recv(100)
        first.close()
        second.close()


def at_work(store: DuckDBStore, act: Callable[[Cancellation], None]) -> Any:
    """How a slow statement ends, on which `act` is done meanwhile."""
    cancellation = Cancellation()

    def run() -> Any:
        with asked_under(cancellation):
            return store.query(Statement(name="slow", sql=SLOW), timeout_s=60)

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run)
        act(cancellation)
        return running.exception(timeout=30)


@pytest.mark.parametrize("after_s", [0.0, 0.001, 0.005, 0.02, 0.3])
def test_a_statement_ends_whenever_it_is_cancelled(after_s: float) -> None:
    """Also just before the engine begins, where it forgets that it was interrupted."""
    store = DuckDBStore(":memory:")

    def soon(cancellation: Cancellation) -> None:
        time.sleep(after_s)
        cancellation.cancel()

    begun = time.monotonic()
    for _ in range(5):
        assert isinstance(at_work(store, soon), QueryCancelled)
    assert time.monotonic() - begun < 5 * (after_s + 1)
    store.close()


def test_nothing_is_asked_after_it_was_cancelled_and_others_are_not_touched() -> None:
    store = DuckDBStore(":memory:")
    cancellation = Cancellation()
    one = Statement(name="one", sql="select 1 as one")
    with asked_under(cancellation):
        assert store.query(one).rows == [(1,)]
        cancellation.cancel()
        with pytest.raises(QueryCancelled):
            store.query(one)
    assert store.query(one).rows == [(1,)]
    store.close()


def test_a_limit_of_time_is_still_one() -> None:
    store = DuckDBStore(":memory:")
    with asked_under(Cancellation()), pytest.raises(QueryTooLarge, match="took longer"):
        store.query(Statement(name="slow", sql=SLOW), timeout_s=0.1)
    store.close()
