"""OTLP over HTTP as clients really speak it, and as rude ones do."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import socket
import statistics
import struct
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from google.rpc.status_pb2 import Status

from tachograph.inputs.otlp.compression import zstd
from tachograph.ports import FrameKind
from tests.corpus.otlp.samples import as_json, logs, logs_json, metrics, traces_json
from tests.flows.receiver.running import JSON, PROTOBUF, Receiver, start, wait_until

BODY = logs().SerializeToString()
HEAD = b"POST /v1/logs HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/x-protobuf\r\n"


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    settings = {"header_timeout_s": 0.6, "body_timeout_s": 0.6, "request_timeout_s": 3.0, "keep_alive_s": 2}
    with start(tmp_path_factory.mktemp("receiver") / "journal", otlp=settings) as running:
        yield running
        assert running.process.poll() is None
        assert running.stop() == 0
        assert running.process.stderr is not None
        assert running.process.stderr.read() == b"", "nothing is said that needs no saying"


def served(receiver: Receiver) -> float:
    """Seconds a good request takes."""
    began = time.monotonic()
    assert receiver.post("/v1/logs", BODY).status == 200
    return time.monotonic() - began


def test_what_is_acknowledged_is_in_the_journal_as_it_was_sent(receiver):
    receiver.frames()
    assert receiver.post("/v1/logs", BODY).status == 200
    assert (
        receiver.post("/v1/metrics", gzip.compress(metrics().SerializeToString()), content_encoding="gzip").status
        == 200
    )
    assert receiver.post("/v1/traces", as_json(traces_json()), JSON).status == 200
    frames = receiver.frames()
    assert [(f.kind, f.body) for f in frames] == [
        (FrameKind.LOGS_PROTOBUF, BODY),
        (FrameKind.METRICS_PROTOBUF, metrics().SerializeToString()),
        (FrameKind.TRACES_JSON, as_json(traces_json())),
    ]
    assert abs(frames[0].received_us / 1e6 - time.time()) < 60


@pytest.mark.parametrize("size", [1, 7, 100, 5000])
@pytest.mark.parametrize("coding", ["identity", "gzip", "zstd"])
def test_chunked_bodies_of_any_chunk_size(receiver, size, coding):
    squeezed = {"identity": BODY, "gzip": gzip.compress(BODY), "zstd": zstd.compress(BODY)}
    body = squeezed[coding]
    pieces = (body[i : i + size] for i in range(0, len(body), size))
    receiver.frames()
    answer = receiver.post("/v1/logs", pieces, content_encoding=coding)
    assert (answer.status, answer.body) == (200, b"")
    assert [f.body for f in receiver.frames()] == [BODY]


def test_a_large_good_body_is_taken_in(receiver):
    large = logs(40_000).SerializeToString()
    assert len(large) > 4 << 20
    receiver.frames()
    memory = receiver.memory_mb()
    receiver.forget_peak()
    assert receiver.post("/v1/logs", large).status == 200
    assert receiver.peak_mb() - memory < 48
    assert [f.body for f in receiver.frames()] == [large]
    text = as_json(logs_json(20_000))
    assert receiver.post("/v1/logs", text, JSON).status == 200
    assert [f.body for f in receiver.frames()] == [text]


def test_a_connection_is_used_again_and_again(receiver):
    client = http.client.HTTPConnection("127.0.0.1", receiver.http_port)
    client.connect()
    sock = client.sock  # a connection that was closed would be replaced
    for path, body, status in (
        ("/v1/logs", BODY, 200),
        ("/v1/logs", b"\xff", 400),
        ("/v1/nothing", BODY, 404),
        ("/v1/logs", BODY, 200),
    ):
        client.request("POST", path, body, {"content-type": PROTOBUF})
        response = client.getresponse()
        response.read()
        assert response.status == status
    assert client.sock is sock
    client.close()


def test_pipelined_requests_are_answered_in_order(receiver):
    one = HEAD + b"content-length: %d\r\n\r\n" % len(BODY) + BODY
    bad = HEAD + b"content-length: 1\r\n\r\n\xff"
    answer = receiver.raw(one + bad + one, timeout=0.5)
    assert [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]] == [200, 400, 200]


def test_expect_continue_is_answered_before_the_body_and_refused_when_too_large(receiver):
    with socket.create_connection(("127.0.0.1", receiver.http_port), timeout=5) as client:
        client.sendall(HEAD + b"expect: 100-continue\r\ncontent-length: %d\r\n\r\n" % len(BODY))
        assert client.recv(1000).startswith(b"HTTP/1.1 100 ")
        client.sendall(BODY)
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
    with socket.create_connection(("127.0.0.1", receiver.http_port), timeout=5) as client:
        client.sendall(HEAD + b"expect: 100-continue\r\ncontent-length: 99999999999\r\n\r\n")
        assert client.recv(1000).startswith(b"HTTP/1.1 413 ")


def test_a_declared_length_over_the_limit_is_enough(receiver):
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", receiver.http_port), timeout=5) as client:
        client.sendall(HEAD + b"content-length: 67108865\r\n\r\n")
        answer = client.recv(1000)
        if answer.endswith(b"\r\n\r\n"):
            answer += client.recv(1000)
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert time.monotonic() - began < 0.5
    assert Status.FromString(answer.partition(b"\r\n\r\n")[2]).code == 8
    assert b"retry-after" not in answer


def test_a_client_that_sends_on_after_413_can_read_the_answer(receiver):
    answer = receiver.post("/v1/logs", (bytes(1 << 20) for _ in range(80)))
    assert answer.status == 413
    assert answer.headers["connection"] == "close"
    assert answer.error()[0] == 8


@pytest.mark.parametrize(
    "data",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),  # TLS
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST /v1/logs HTTP/9.9\r\n\r\n",
        b"POST /v1/logs HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        b"POST /v1/logs HTTP/1.1\r\nhost: localhost\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef",
        b"POST /v1/logs HTTP/1.1\r\nhost: localhost\r\ncontent-length: x\r\n\r\n",
        b"POST /v1/logs HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n",
        b"POST /v1/logs HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        b"POST /v1/logs HTTP/1.1\r\nho st: localhost\r\n\r\n",
        b"POST /\xff\xfe HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"POST  HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"POST /v1/logs HTTP/1.1\r\ncontent-type: application/json\r\n\r\n",  # no host
        b"\r\n" * 10 + b"\0\0\0\0",
    ],
)
def test_what_is_no_http_gets_400_with_a_status(receiver, data):
    answer = receiver.raw(data, timeout=3, end=True)
    assert answer.startswith(b"HTTP/1.1 400 "), answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == 3
    served(receiver)


def test_headers_without_end_are_refused(receiver):
    memory = receiver.memory_mb()
    answer = receiver.raw(b"POST /v1/logs HTTP/1.1\r\nhost: localhost\r\n" + b"x-a: %s\r\n" % (b"a" * 1000) * 20_000)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert receiver.memory_mb() - memory < 8


def test_one_who_never_finishes_is_sent_away(receiver):
    chunked = HEAD + b"transfer-encoding: chunked\r\n\r\n"
    begun = [
        b"",
        b"POST /v1",
        HEAD,
        HEAD + b"content-length: 100\r\n\r\n",
        HEAD + b"content-length: 100\r\n\r\nabc",
        HEAD + b"content-encoding: gzip\r\ncontent-length: 100\r\n\r\n\x1f\x8b",
        chunked,
        chunked + b"5\r\nab",
    ]

    def wait(data: bytes) -> tuple[float, bytes]:
        began = time.monotonic()
        answer = receiver.raw(data, timeout=5)
        return time.monotonic() - began, answer

    with ThreadPoolExecutor(len(begun)) as pool:
        for data, (took, answer) in zip(begun, pool.map(wait, begun), strict=True):
            assert 0.3 < took < 3, data
            assert answer.startswith(b"HTTP/1.1 408 "), data
            assert json.loads(answer.partition(b"\r\n\r\n")[2])["code"] == 4
    wait_until(lambda: receiver.health()["waiting_bytes"] == 0)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"host: localhost\r\nhost: localhost\r\n", 403),
        (b"host: localhost\r\nhost: evil.example\r\n", 403),
        (b"host: evil.example\r\nhost: localhost\r\n", 403),
        (b"host: localhost\r\ncontent-encoding: gzip\r\ncontent-encoding: gzip\r\n", 415),
        (b"host: localhost\r\nconnection: upgrade\r\nupgrade: h2c\r\n", 200),
        (b"host: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\n", 200),
    ],
)
def test_headers_that_contradict_each_other(receiver, headers, status):
    head = b"POST /v1/logs HTTP/1.1\r\ncontent-type: application/x-protobuf\r\n" + headers
    answer = receiver.raw(head + b"content-length: %d\r\n\r\n" % len(BODY) + BODY, timeout=0.5)
    assert answer.startswith(b"HTTP/1.1 %d " % status)


def test_one_who_drips_is_sent_away_too(receiver):
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", receiver.http_port), timeout=5) as client:
        client.sendall(HEAD + b"content-length: 1000\r\n\r\n")
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            while time.monotonic() - began < 10:
                client.sendall(b"x")
                time.sleep(0.1)
    assert 2 < time.monotonic() - began < 7
    wait_until(lambda: receiver.health()["waiting_bytes"] == 0)


def test_an_idle_connection_is_closed_quietly(receiver):
    with socket.create_connection(("127.0.0.1", receiver.http_port), timeout=6) as client:
        client.sendall(HEAD + b"content-length: %d\r\n\r\n" % len(BODY) + BODY)
        assert client.recv(1000).startswith(b"HTTP/1.1 200 ")
        assert client.recv(1000) == b""


def test_half_open_and_reset_uploads_do_not_hurt_others(receiver):
    half_open = []
    for n in range(100):
        client = socket.create_connection(("127.0.0.1", receiver.http_port))
        client.sendall((HEAD + b"content-length: 100000\r\n\r\n" + bytes(n * 100))[: 60 + n * 100])
        half_open.append(client)
    for n in range(200):
        client = socket.create_connection(("127.0.0.1", receiver.http_port))
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.sendall(HEAD + b"content-length: 100000\r\n\r\n" + bytes(n * 50))
        client.close()  # with a reset
    times = sorted(served(receiver) for _ in range(100))
    print(f"beside them: median {statistics.median(times) * 1000:.1f} ms, worst {times[-1] * 1000:.1f} ms")
    assert times[98] < 0.1
    for client in half_open:
        client.close()
    wait_until(lambda: receiver.health()["waiting_bytes"] == 0 and receiver.health()["connections"] <= 2)


def test_health_and_metrics_tell_what_happened(receiver):
    before = receiver.health()
    served(receiver)
    receiver.post("/v1/logs", b"\xff")
    after = receiver.health()
    assert after["status"] == "ok"
    assert after["records"] == before["records"] + 3
    assert after["refused_requests"] == before["refused_requests"] + 1
    assert receiver.request("HEAD", "/health").status == 200
    text = receiver.request("GET", "/metrics").body.decode()
    families = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert all(sample.partition("{")[0].partition(" ")[0].startswith("tachograph_receiver_") for sample in samples)
    assert {"tachograph_receiver_records_total", "tachograph_receiver_journal_fsync_seconds"} <= families
    assert any(
        line.startswith('tachograph_receiver_records_total{signal="logs",encoding="protobuf",protocol="http"}')
        for line in samples
    )
    for path in ("/health", "/metrics"):
        assert receiver.request("POST", path, b"").status == 405
        assert receiver.request("GET", path, headers={"host": "evil.example"}).status == 403
        assert receiver.request("GET", path, headers={"origin": "https://evil.example"}).status == 403


def test_the_metrics_text_is_what_prometheus_reads(receiver):
    parser = pytest.importorskip("prometheus_client.parser")
    served(receiver)
    families = list(parser.text_string_to_metric_families(receiver.request("GET", "/metrics").body.decode()))
    names = {family.name for family in families}
    assert "tachograph_receiver_requests" in names
    (fsync,) = [f for f in families if f.name == "tachograph_receiver_journal_fsync_seconds"]
    buckets = [sample.value for sample in fsync.samples if sample.name.endswith("_bucket")]
    assert buckets == sorted(buckets)
