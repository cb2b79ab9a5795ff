"""The client sends once, to the address it judged, and reads a little."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
import threading
import time

import pytest

from tachograph_sdk.errors import DeliveryStopped, PermanentDelivery, TransientDelivery
from tachograph_sdk.net import Flight, Limits, Reach, find_target, post
from tests.recording_sink import recording_sink

HERE = Reach(loopback=True)


def test_the_body_arrives_as_it_is_and_headers_are_what_was_given():
    body = bytes(range(256)) * 300
    with recording_sink() as sink:
        answer = post(find_target(sink.url, HERE), body, {"Content-Type": "x/y", "Idempotency-Key": "k"}, reach=HERE)
    assert answer.status == 204
    assert sink.bodies() == [body]
    assert sink.requests[0].head.decode().split("\r\n") == [
        "POST /v1/events HTTP/1.1",
        f"Host: 127.0.0.1:{sink.port}",
        "Content-Type: x/y",
        "Idempotency-Key: k",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]


def test_a_name_is_looked_up_once_and_that_address_connected_to():
    """A name server that answers differently each time gains nothing."""
    asked = []

    def alternating(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    with recording_sink() as sink:
        url = sink.url.replace("127.0.0.1", "localhost")
        assert post(find_target(url, HERE), b"x", {}, reach=HERE, look_up=alternating).status == 204
    assert asked == ["localhost"]
    assert sink.connections == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirects_are_not_followed(status):
    with recording_sink() as other, recording_sink() as sink:
        sink.answer = lambda _: f"HTTP/1.1 {status} x\r\nLocation: {other.url}\r\nContent-Length: 0\r\n\r\n".encode()
        assert post(find_target(sink.url, HERE), b"x", {}, reach=HERE).status == status
    assert other.connections == 0


def test_the_environment_has_no_say(monkeypatch):
    with recording_sink() as proxy, recording_sink() as sink:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        post(find_target(sink.url, HERE), b"x", {}, reach=HERE)
    assert (proxy.connections, sink.connections) == (0, 1)


def test_a_long_answer_is_not_read_to_its_end():
    with recording_sink() as sink:
        sink.answer = lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n" + b"x" * 300_000
        answer = post(find_target(sink.url, HERE), b"x", {}, reach=HERE, limits=Limits(answer_bytes=1000))
    assert (answer.status, len(answer.body)) == (200, 1000)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        b"HTTP/1.1 abc OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
    ],
)
def test_an_answer_that_is_none_is_tried_again(answer):
    with recording_sink() as sink:
        sink.answer = lambda _: answer
        with pytest.raises(TransientDelivery):
            post(find_target(sink.url, HERE), b"x", {}, reach=HERE)


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(TransientDelivery):
        post(find_target(f"http://127.0.0.1:{port}/", HERE), b"x", {}, reach=HERE)


@pytest.mark.parametrize("talk", [b"", b"HTTP/1.1 100 Continue\r\n\r\n", b"H"])
def test_a_slow_answer_is_given_up_in_the_time_allowed(talk):
    """Also one that always says a little, so that no single wait is long."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                try:
                    for _ in range(200):
                        connection.sendall(talk)
                        time.sleep(0.02)
                except OSError:
                    return

        threading.Thread(target=drip, daemon=True).start()
        start = time.monotonic()
        with pytest.raises(TransientDelivery):
            post(
                find_target(f"http://127.0.0.1:{server.getsockname()[1]}/", HERE),
                b"x",
                {},
                reach=HERE,
                limits=Limits(total_s=0.3),
            )
        assert time.monotonic() - start < 2


def test_a_slow_look_up_is_given_up():
    stop = threading.Event()

    def slow(host: str, port: int) -> list[str]:
        stop.wait(20)
        return ["127.0.0.1"]

    start = time.monotonic()
    target = find_target("http://localhost:1/", HERE)
    with pytest.raises(TransientDelivery):
        post(target, b"x", {}, reach=HERE, limits=Limits(connect_s=0.2), look_up=slow)
    stop.set()
    assert time.monotonic() - start < 2


def test_nothing_is_connected_to_if_it_may_not_leave():
    with recording_sink() as sink:
        with pytest.raises(DeliveryStopped):
            post(find_target(sink.url, HERE), b"x", {}, reach=HERE, flight=Flight(lambda: False))
        time.sleep(0.05)
    assert sink.connections == 0


def test_no_byte_leaves_if_permission_ends_while_connecting():
    answers = iter([True, False])
    with recording_sink() as sink:
        with pytest.raises(DeliveryStopped):
            post(find_target(sink.url, HERE), b"x", {}, reach=HERE, flight=Flight(lambda: next(answers, False)))
        time.sleep(0.05)
    assert sink.bytes_received == 0


def test_a_request_on_its_way_is_cut_off():
    allowed = threading.Event()
    allowed.set()
    flight = Flight(allowed.is_set)
    failures: list[BaseException] = []
    with recording_sink(buffer_bytes=4096) as sink:
        sink.reading.clear()

        def go() -> None:
            try:
                post(find_target(sink.url, HERE), b"x" * 50_000_000, {}, reach=HERE, flight=flight)
            except BaseException as error:  # noqa: BLE001
                failures.append(error)

        sending = threading.Thread(target=go)
        sending.start()
        time.sleep(0.2)
        assert sending.is_alive()
        start = time.monotonic()
        allowed.clear()
        sending.join(5)
        assert time.monotonic() - start < 1
        sink.reading.set()
        time.sleep(0.2)
    assert [type(error) for error in failures] == [DeliveryStopped]
    assert sink.bytes_received < 10_000_000
    assert sink.requests == []


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes a certificate")
def test_encryption_is_verified(tmp_path):
    """A certificate nobody vouches for is refused, one of the owner's own is taken, another host's is not."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    asked = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
    ]
    files = ["-keyout", str(key), "-out", str(certificate)]
    subprocess.run(["openssl", *asked, *files], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    plain, _ = server.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(plain, server_side=True) as connection:
                        asked = b""
                        while not asked.endswith(b"body"):  # closing with unread bytes would take the answer back
                            if not (piece := connection.recv(65_536)):
                                raise ConnectionResetError
                            asked += piece
                        got.append(asked)
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
                except OSError:
                    continue

        threading.Thread(target=serve, daemon=True).start()
        port = server.getsockname()[1]

        def send(host: str, ca_file: str) -> int:
            target = find_target(f"https://{host}:{port}/x", HERE)
            return post(
                target, b"body", {}, reach=HERE, ca_file=ca_file, look_up=lambda name, number: ["127.0.0.1"]
            ).status

        with pytest.raises(PermanentDelivery, match="certificate") as caught:
            send("localhost", "")
        assert caught.value.disables
        with pytest.raises(PermanentDelivery, match="certificate"):
            send("127.0.0.1", str(certificate))
        assert got == []
        assert send("localhost", str(certificate)) == 200
    assert len(got) == 1
