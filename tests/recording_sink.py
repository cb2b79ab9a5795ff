"""A web server on loopback that keeps what it is sent, and answers as told."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

__all__ = ["RecordingSink", "Request", "recording_sink"]


@dataclass(frozen=True)
class Request:
    """One request as it came in."""

    head: bytes  # request line and headers, as sent
    body: bytes

    def header(self, name: str) -> str:
        """The value of a header, or "" if it is not there."""
        for line in self.head.decode("latin-1").split("\r\n")[1:]:
            key, _, value = line.partition(":")
            if key.lower() == name.lower():
                return value.strip()
        return ""


@dataclass
class RecordingSink:
    """What it got, and what it answers."""

    port: int
    requests: list[Request] = field(default_factory=list)
    answer: Callable[[int], bytes] = lambda _: (
        b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"
    )  # by number of the request
    bytes_received: int = 0
    connections: int = 0
    reading: threading.Event = field(default_factory=threading.Event)  # cleared: it accepts, and reads nothing

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1/events"

    def bodies(self) -> list[bytes]:
        return [request.body for request in self.requests]

    def keys(self) -> list[str]:
        return [request.header("Idempotency-Key") for request in self.requests]


@contextlib.contextmanager
def recording_sink(*, buffer_bytes: int = 0) -> Iterator[RecordingSink]:
    """The server, listening until the end of the block."""
    listener = socket.socket()
    if buffer_bytes:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    sink = RecordingSink(port=listener.getsockname()[1])
    sink.reading.set()
    open_ones: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            sink.connections += 1
            open_ones.append(connection)
            threading.Thread(target=_serve, args=(sink, connection), daemon=True).start()

    accepting = threading.Thread(target=accept, daemon=True)
    accepting.start()
    try:
        yield sink
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        accepting.join(5)
        sink.reading.set()
        for connection in open_ones:
            connection.close()


def _serve(sink: RecordingSink, connection: socket.socket) -> None:
    data = b""

    def more() -> bool:
        nonlocal data
        sink.reading.wait()
        try:
            piece = connection.recv(65_536)
        except OSError:
            return False
        data += piece
        sink.bytes_received += len(piece)
        return bool(piece)

    while b"\r\n\r\n" not in data:
        if not more():
            connection.close()
            return
    head, _, data = data.partition(b"\r\n\r\n")
    length = int(Request(head, b"").header("Content-Length") or 0)
    while len(data) < length:
        if not more():
            connection.close()
            return
    sink.requests.append(Request(head, data))
    with contextlib.suppress(OSError):
        connection.sendall(sink.answer(len(sink.requests)))
    connection.close()
