"""What the settings change, and what happens at the limits: of connections, of memory, of the journal, of the disk."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import subprocess
import sys
import threading
import time

import grpc
import pytest

from tachograph.journal.reader import JournalReader
from tests.corpus.otlp.samples import logs
from tests.flows.receiver.running import Receiver, start, wait_until

BODY = logs().SerializeToString()


def test_a_configured_web_page_may_send_and_no_other(tmp_path):
    with start(tmp_path / "journal", otlp={"cors_origins": ["https://app.example"]}) as receiver:
        asked = {"origin": "https://app.example", "access-control-request-method": "POST"}
        answer = receiver.request("OPTIONS", "/v1/logs", headers=asked)
        assert answer.status == 204
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        answer = receiver.post("/v1/logs", BODY, origin="https://app.example")
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == "https://app.example"
        assert receiver.post("/v1/logs", b"\xff", origin="https://app.example").headers["vary"] == "origin"
        for other in ("https://app.example.evil", "null", "http://app.example"):
            answer = receiver.post("/v1/logs", BODY, origin=other)
            assert answer.status == 403
            assert "access-control-allow-origin" not in answer.headers


def test_a_configured_name_is_ours(tmp_path):
    with start(tmp_path / "journal", otlp={"allowed_hosts": ["collector.example"], "grpc_port": -1}) as receiver:
        assert receiver.grpc_port == 0
        assert receiver.post("/v1/logs", BODY, host="Collector.example:4318").status == 200
        assert receiver.post("/v1/logs", BODY, host="other.example").status == 403


def test_too_many_connections_get_503(tmp_path):
    with start(tmp_path / "journal", otlp={"max_connections": 5}) as receiver:
        held = [socket.create_connection(("127.0.0.1", receiver.http_port)) for _ in range(5)]
        wait_until(lambda: b"503" in receiver.raw(b"", timeout=0.5))
        answer = receiver.raw(b"", timeout=1)
        assert b"retry-after: 1" in answer
        assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == 14
        for client in held:
            client.close()
        wait_until(lambda: receiver.health()["connections"] == 1)
        assert receiver.post("/v1/logs", BODY).status == 200


def test_too_much_at_once_gets_503_and_memory_is_bounded(tmp_path):
    with start(tmp_path / "journal", otlp={"max_waiting_bytes": 8 << 20}) as receiver:
        memory = receiver.memory_mb()
        receiver.forget_peak()
        statuses: list[int] = []
        body = bytes(6 << 20)

        def send() -> None:
            statuses.append(
                receiver.post("/v1/logs", (body[i : i + 65_536] for i in range(0, len(body), 65_536))).status
            )

        threads = [threading.Thread(target=send) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(statuses) <= {400, 503}
        assert 503 in statuses
        assert receiver.peak_mb() - memory < 40
        assert receiver.health()["waiting_bytes"] == 0
        assert receiver.post("/v1/logs", BODY).status == 200


def test_a_full_journal_is_said_aloud_and_goes_away_when_it_is_read(tmp_path):
    limits = {"max_bytes": 60_000, "segment_bytes": 10_000}
    with start(tmp_path / "journal", settings={"journal": limits}) as receiver:
        accepted = 0
        while (answer := receiver.post("/v1/logs", BODY)).status == 200:
            accepted += 1
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 1
        assert answer.error()[0] == 14
        assert receiver.health()["status"] == "degraded"
        assert receiver.health()["records"] == 3 * accepted, "accepted and refused add up to what was sent"
        assert receiver.health()["journal"]["refused"] == {"journal_full": 1}
        reader = JournalReader(receiver.journal)
        frames = reader.read(1 << 20)
        assert len(frames) == accepted
        reader.release(reader.position)
        wait_until(lambda: receiver.post("/v1/logs", BODY).status == 200)
        assert receiver.health()["status"] == "ok"


def test_too_large_when_configured_so(tmp_path):
    with start(tmp_path / "journal", otlp={"max_body_bytes": 1000}) as receiver:
        large = logs(10).SerializeToString()
        assert receiver.post("/v1/logs", large).status == 413
        assert receiver.post("/v1/logs", iter([large])).status == 413
        assert receiver.post("/v1/logs", logs(1).SerializeToString()).status == 200


def test_a_taken_port_is_said_so(tmp_path):
    with start(tmp_path / "a") as receiver:
        for key, option in (("http_port", "--otlp-http-port"), ("grpc_port", "--otlp-grpc-port")):
            given = {"http_port": 0, "grpc_port": 0, key: getattr(receiver, key)}
            code, error = run_to_end({"journal_directory": str(tmp_path / "b"), "otlp": given})
            assert code == 1
            assert option in error
        code, error = run_to_end({"journal_directory": str(tmp_path / "a"), "otlp": {"http_port": 0, "grpc_port": 0}})
        assert code == 1
        assert "another process writes this journal" in error
        code, error = run_to_end({"journal_directory": str(tmp_path / "c"), "otlp": {"prot": 0}})
        assert code == 1
        assert "otlp.prot" in error


def run_to_end(settings: dict[str, object]) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "tachograph.server.receiver"],
        input=json.dumps(settings) + "\n",
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def test_ports_of_the_last_start_win(tmp_path):
    with start(tmp_path / "a") as receiver:
        http_port, grpc_port = receiver.http_port, receiver.grpc_port
        receiver.stop()
    again = {"otlp.http_port": http_port, "otlp.grpc_port": grpc_port}
    with start(tmp_path / "a", settings=again) as receiver:
        assert (receiver.http_port, receiver.grpc_port) == (http_port, grpc_port)
        assert receiver.post("/v1/logs", BODY).status == 200


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "SIGTERM twice", "end of input"])
def test_it_stops_gracefully_under_load_and_loses_nothing(tmp_path, how):
    with start(tmp_path / "journal") as receiver:
        counts = [0] * 4
        stopping = threading.Event()

        def send(index: int) -> None:
            import http.client

            client = http.client.HTTPConnection("127.0.0.1", receiver.http_port, timeout=5)
            try:
                while not stopping.is_set() or client.sock is not None:
                    client.request("POST", "/v1/logs", BODY, {"content-type": "application/x-protobuf"})
                    response = client.getresponse()
                    response.read()
                    if response.status == 200:
                        counts[index] += 1
            except (OSError, http.client.HTTPException):
                pass
            client.close()

        threads = [threading.Thread(target=send, args=(index,)) for index in range(4)]
        for thread in threads:
            thread.start()
        wait_until(lambda: sum(counts) > 200)
        began = time.monotonic()
        stopping.set()
        if how == "end of input":
            assert receiver.process.stdin is not None
            receiver.process.stdin.close()
        else:
            number = signal.Signals[how.split()[0]]
            receiver.process.send_signal(number)
            if how.endswith("twice"):
                time.sleep(0.02)
                receiver.process.send_signal(number)
        assert receiver.process.wait(10) == 0
        assert time.monotonic() - began < 5
        for thread in threads:
            thread.join()
        assert len(receiver.frames()) >= sum(counts) > 200


def test_it_stops_in_time_though_clients_dawdle(tmp_path):
    with start(tmp_path / "journal", otlp={"stop_timeout_s": 1.0}) as receiver:
        head = b"POST /v1/logs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\n"
        begun = (b"", b"POST /v1", head, head + b"content-length: 100\r\n\r\nabc", b"GET /health HTTP/1.1\r\nhost: ")
        held = [socket.create_connection(("127.0.0.1", receiver.http_port)) for _ in begun]
        for client, data in zip(held, begun, strict=True):
            client.sendall(data)
        with grpc.insecure_channel(f"127.0.0.1:{receiver.grpc_port}") as channel:
            waiting = threading.Event()
            call = channel.stream_unary("/opentelemetry.proto.collector.logs.v1.LogsService/Export").future(
                iter(waiting.wait, None)
            )
            wait_until(lambda: receiver.health()["connections"] == len(held) + 1)
            began = time.monotonic()
            assert receiver.stop() == 0
            assert time.monotonic() - began < 3
            waiting.set()
            call.cancel()
        for client in held:
            client.close()


def test_kill_9_loses_nothing_acknowledged(tmp_path):
    acked = 0
    for _ in range(3):
        with start(tmp_path / "journal") as receiver:
            acked += asyncio.run(load(receiver, 0.4))
    frames = []
    reader = JournalReader(tmp_path / "journal")
    while more := reader.read(1 << 24):
        frames += more
    assert len(frames) >= acked > 300
    assert all(frame.body == BODY for frame in frames)


async def load(receiver: Receiver, seconds: float) -> int:
    """Requests acknowledged until the receiver is killed after `seconds`."""
    head = b"POST /v1/logs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\n"
    request = head + b"content-length: %d\r\n\r\n" % len(BODY) + BODY
    acked = 0

    async def client() -> None:
        nonlocal acked
        reader, writer = await asyncio.open_connection("127.0.0.1", receiver.http_port)
        try:
            while True:
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                assert head.startswith(b"HTTP/1.1 200 ")
                acked += 1
        except (OSError, asyncio.IncompleteReadError):
            writer.close()

    clients = [asyncio.create_task(client()) for _ in range(8)]
    await asyncio.sleep(seconds)
    receiver.process.kill()
    await asyncio.gather(*clients)
    return acked
