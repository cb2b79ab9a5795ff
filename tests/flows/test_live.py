"""The live stream of the real server: soon, once each, through reconnects, beside clients that read nothing."""

from __future__ import annotations

import contextlib
import http.client
import json
import random
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.flows.harness import Running, command, otlp_logs, serve, wait_until

SOON_S = 2.0


def new_ids(count: int = 20) -> list[str]:
    return [f"req_{uuid.uuid4().hex}" for _ in range(count)]


class Listener:
    """Reads the stream in a thread until it is closed or ends."""

    def __init__(self, server: Running, last_id: str | None = None, path: str = "/api/live") -> None:
        parts = urlsplit(server.about["http"])
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self.connection.request("GET", path, headers={"Last-Event-ID": last_id} if last_id else {})
        self.response = self.connection.getresponse()
        self.status = self.response.status
        self.last_id = last_id
        self.seqs: list[int] = []
        self.came: dict[int, float] = {}
        self.events: list[str] = []
        self.ended_cleanly = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        told: dict[str, str] = {}
        with contextlib.suppress(OSError, ValueError, AttributeError, http.client.HTTPException):
            while line := self.response.readline():
                name, _, value = line.decode().rstrip("\n").partition(": ")
                if name:
                    told[name] = value
                    continue
                self._take(told)
                told = {}
            self.ended_cleanly = self.response.isclosed()

    def _take(self, told: dict[str, str]) -> None:
        """A message counts once it is whole: as in a browser, its id is that of what was taken."""
        if told.get("event") == "records":
            for record in json.loads(told["data"])["records"]:
                self.seqs.append(record["seq"])
                self.came[record["seq"]] = time.monotonic()
        self.events.append(told.get("event", ""))
        self.last_id = told.get("id", self.last_id)

    def close(self) -> None:
        """Go away in the middle, without a word."""
        with contextlib.suppress(OSError):
            if self.connection.sock is not None:
                self.connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self.connection.close()
        assert not self._thread.is_alive()


def mute(server: Running, path: str = "/api/live") -> socket.socket:
    """A client that asks and reads nothing."""
    parts = urlsplit(server.about["http"])
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((parts.hostname or "", parts.port or 0))
    connection.sendall(f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
    return connection


@contextlib.contextmanager
def load(server: Running) -> Iterator[list[str]]:
    """Requests that come in all the time; the ids that were acknowledged."""
    acked: list[str] = []
    stop = threading.Event()

    def send() -> None:
        while not stop.is_set():
            ids = new_ids()
            if server.post_otlp("logs", otlp_logs(ids)) == 200:
                acked.extend(ids)
            stop.wait(0.01)

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield acked
    finally:
        stop.set()
        thread.join()


def test_soon_and_once_each_through_reconnects_under_load_beside_clients_that_read_nothing(tmp_path: Path) -> None:
    with serve(tmp_path) as server:
        first = Listener(server)
        assert first.status == 200
        wait_until(lambda: "start" in first.events, "the start")
        late = []
        for number in range(1, 11):
            assert server.post_otlp("logs", otlp_logs(new_ids(1))) == 200
            acked_s = time.monotonic()
            wait_until(partial(first.came.__contains__, number), "the record", 10)
            late.append(first.came[number] - acked_s)
        assert max(late) < SOON_S, late

        silent = [mute(server, "/api/live?since_seq=0") for _ in range(20)]
        got, last_id = list(first.seqs), first.last_id
        first.close()
        chance = random.Random(6)
        with load(server) as acked:
            for _ in range(20):
                listener = Listener(server, last_id)
                time.sleep(chance.uniform(0.0, 0.12))
                listener.close()
                got += listener.seqs
                last_id = listener.last_id
        server.wait_drained()
        expected = 10 + len(acked)
        rest = Listener(server, last_id)
        wait_until(lambda: len(got) + len(rest.seqs) >= expected, "the rest")
        got += rest.seqs
        assert got == list(range(1, expected + 1))
        assert server.totals()["requests"] == expected
        assert [seq for seq in rest.seqs if seq <= got[0]] == []

        start = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - start < 6
        wait_until(lambda: rest.ended_cleanly, "a clean end")
        rest.close()
        for connection in silent:
            connection.close()


def test_who_takes_nothing_is_sent_away_and_an_erasure_resets(tmp_path: Path) -> None:
    (tmp_path / "tachograph.toml").write_text("[live]\nmax_clients = 2\nstall_s = 1\nheartbeat_s = 1\n")
    session = str(uuid.uuid4())
    with serve(tmp_path) as server:
        server.post_otlp("logs", otlp_logs(new_ids(3), session=session))
        silent = mute(server, "/api/live?since_seq=0")
        for _ in range(60):
            server.post_otlp("logs", otlp_logs(new_ids(300)))
        server.wait_drained()
        listener = Listener(server)
        assert listener.status == 200
        wait_until(lambda: has_room(server), "the one that reads nothing was sent away")  # else there would be none
        silent.close()
        told = command("privacy", "erase", "--session", session, "--yes", "--json", home=tmp_path)
        assert told.returncode == 0
        wait_until(lambda: "reset" in listener.events, "a reset")
        server.post_otlp("logs", otlp_logs(new_ids(1)))
        wait_until(lambda: bool(listener.seqs), "it goes on after the file was exchanged")
        listener.close()


def has_room(server: Running) -> bool:
    status, body = peek(server)
    if status == 200:
        return True
    assert status == 503
    assert b"too_many_clients" in body
    return False


def peek(server: Running) -> tuple[int, Any]:
    parts = urlsplit(server.about["http"])
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=10)
    with contextlib.closing(connection):
        connection.request("GET", "/api/live")
        response = connection.getresponse()
        return response.status, response.read() if response.status != 200 else b""
