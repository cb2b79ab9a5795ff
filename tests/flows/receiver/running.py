"""The real receiver process, under a memory limit, and clients that do exactly what a test says."""

from __future__ import annotations

import contextlib
import http.client
import json
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
from google.rpc.status_pb2 import Status

from tachograph.journal.reader import JournalReader
from tachograph.ports import Frame

__all__ = ["JSON", "PROTOBUF", "Answer", "Receiver", "start", "wait_until"]

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
ADDRESS_SPACE = 4 << 30  # bytes; threads reserve much that they never touch


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def error(self) -> tuple[int, str]:
        """Code and message of the google.rpc.Status that every error answer has."""
        if self.headers["content-type"] == JSON:
            told = json.loads(self.body)
            assert set(told) <= {"code", "message", "details"}
            return told["code"], told["message"]
        assert self.headers["content-type"] == PROTOBUF, self.headers
        status = Status.FromString(self.body)
        return status.code, status.message


class Receiver:
    def __init__(self, process: subprocess.Popen[bytes], ready: dict[str, Any], journal: Path) -> None:
        self.process = process
        self.http_port: int = ready["http_port"]
        self.grpc_port: int = ready["grpc_port"]
        self.journal = journal
        self._reader = JournalReader(journal)

    def post(
        self, path: str, body: Any, content_type: str | None = PROTOBUF, *, timeout: float = 30, **headers: str
    ) -> Answer:
        """One POST on a connection of its own. An iterator of bytes is sent chunked."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if content_type is not None:
            given["content-type"] = content_type
        return self.request("POST", path, body, given, timeout=timeout)

    def request(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, *, timeout: float = 30
    ) -> Answer:
        client = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=timeout)
        try:
            chunked = body is not None and not isinstance(body, bytes | bytearray)
            try:
                client.request(method, path, body, dict(headers or {}), encode_chunked=chunked)
            except (BrokenPipeError, ConnectionResetError):
                pass  # answered and closed before all was sent; the answer can still be read
            response = client.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            client.close()

    def raw(self, data: bytes, *, timeout: float = 10, end: bool = False) -> bytes:
        """Send bytes as they are and read until the receiver closes or says nothing for `timeout` seconds."""
        with socket.create_connection(("127.0.0.1", self.http_port), timeout=timeout) as client:
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                client.sendall(data)
                if end:
                    client.shutdown(socket.SHUT_WR)
            answer = b""
            with contextlib.suppress(TimeoutError, ConnectionResetError):
                while piece := client.recv(65_536):
                    answer += piece
            return answer

    def health(self) -> Any:
        return json.loads(self.request("GET", "/health").body)

    def frames(self) -> list[Frame]:
        """What was written to the journal since the last call."""
        frames: list[Frame] = []
        while more := self._reader.read(1 << 24):
            frames += more
        assert self._reader.take_damage() == []
        return frames

    def cpu_s(self) -> float:
        """Seconds that the process has worked: what else runs on the machine is not in them."""
        used = psutil.Process(self.process.pid).cpu_times()
        return used.user + used.system

    def memory_mb(self) -> float:
        """Resident now."""
        return self._status("VmRSS") / 1024

    def forget_peak(self) -> None:
        Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def peak_mb(self) -> float:
        """The most resident since `forget_peak`."""
        return self._status("VmHWM") / 1024

    def _status(self, name: str) -> int:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1])
        raise AssertionError(name)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(10)


@contextlib.contextmanager
def start(
    journal: Path, *, otlp: Mapping[str, Any] | None = None, settings: Mapping[str, Any] | None = None
) -> Iterator[Receiver]:
    """A receiver on free ports; killed at the end if it still runs."""

    process = subprocess.Popen(
        [sys.executable, "-m", "tachograph.server.receiver"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    resource.prlimit(process.pid, resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        config = {
            "journal_directory": str(journal),
            "otlp": {"http_port": 0, "grpc_port": 0, **(otlp or {})},
            "journal": {},
            **(settings or {}),
        }
        process.stdin.write(json.dumps(config).encode() + b"\n")
        process.stdin.flush()
        line = process.stdout.readline()
        assert line, process.stderr.read().decode()
        yield Receiver(process, json.loads(line), journal)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout, process.stderr):
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def wait_until(condition: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.01)
