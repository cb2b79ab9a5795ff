"""Runs the real server in a home of its own and talks to it as agents and users do."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

__all__ = ["Running", "command", "otlp_logs", "serve", "wait_until"]


def command(
    *arguments: str, home: Path, check: bool = True, timeout: float = 120.0
) -> subprocess.CompletedProcess[str]:
    """Run `tachograph …` on `home` and return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "tachograph", "--home", str(home), *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, "CLAUDE_CONFIG_DIR": str(home / "no-such-agent")},
        check=False,
    )
    if check and done.returncode:
        raise AssertionError(f"tachograph {' '.join(arguments)}: {done.returncode}\n{done.stderr}")
    return done


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
    """Wait for something that must happen, by looking again and again."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not in time: {what}")
        time.sleep(0.02)


class Running:
    """A server that is ready."""

    def __init__(self, process: subprocess.Popen[str], about: dict[str, Any], home: Path) -> None:
        self.process = process
        self.about = about
        self.home = home

    def now(self) -> dict[str, Any]:
        """What the server's file says: process ids change when a child is started again."""
        told: dict[str, Any] = json.loads((self.home / "server.json").read_bytes())
        return told

    def get(self, path: str) -> Any:
        """The JSON answer of the API."""
        status, body = self.request("GET", self.about["http"], path)
        assert status == 200, body
        return json.loads(body)

    def post_otlp(self, signal_name: str, body: bytes, *, content_type: str = "application/json") -> int:
        """Send one OTLP/HTTP request; its status, or 0 when the connection broke."""
        try:
            return self.request(
                "POST", self.about["otlp_http"], f"/v1/{signal_name}", body, {"Content-Type": content_type}
            )[0]
        except (OSError, http.client.HTTPException):
            return 0

    def request(
        self, method: str, base: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> tuple[int, bytes]:
        """One request on a connection of its own."""
        parts = urlsplit(base)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def wait_drained(self, seconds: float = 60.0) -> None:
        """Wait until everything accepted is in the store and counted."""
        wait_until(lambda: self._drained(), "the journal is drained", seconds)

    def _drained(self) -> bool:
        try:
            health = self.get("/health")
        except (OSError, http.client.HTTPException, AssertionError):
            return False
        return health["journal_bytes"] == 0 and health["lag_ms"] == 0 and health["settled"]

    def totals(self) -> dict[str, Any]:
        """The totals of everything."""
        told: dict[str, Any] = self.get("/api/v1/report?range=all")["totals"]
        return told

    def kill(self, *names: str) -> None:
        """kill -9 the receiver, the core, or both."""
        about = self.now()
        for name in names:
            with contextlib.suppress(ProcessLookupError):
                os.kill(about[f"{name}_pid"], signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


@contextlib.contextmanager
def serve(home: Path, *options: str, stderr: IO[bytes] | None = None) -> Iterator[Running]:
    """A server on free ports; killed at the end if it still runs. Its log goes to `stderr`, else to the test's own."""
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "tachograph", "--home", str(home), "serve", "--json"),
            *("--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0", *options),
        ],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env={**os.environ, "CLAUDE_CONFIG_DIR": str(home / "no-such-agent")},
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, f"the server did not start: {process.wait()}"
        yield Running(process, json.loads(line), home)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        process.stdout.close()


def otlp_logs(
    request_ids: Sequence[str], *, session: str = "11111111-2222-4333-8444-555555555555", email: str = ""
) -> bytes:
    """OTLP/JSON with one api_request event per id, each of 10 tokens in and 1 out, of the person with this address."""
    now = time.time_ns() // 1_000_000 * 1_000_000
    records = [
        {
            "timeUnixNano": str(now + index),
            "body": {"stringValue": "claude_code.api_request"},
            "attributes": [
                {"key": key, "value": {"stringValue": value} if isinstance(value, str) else {"intValue": value}}
                for key, value in {
                    "session.id": session,
                    "event.name": "api_request",
                    "event.sequence": index,
                    "model": "claude-opus-5-5",
                    "request_id": request_id,
                    "input_tokens": 10,
                    "output_tokens": 1,
                    "cache_read_tokens": 0,
                    "cache_creation_tokens": 0,
                    "duration_ms": 5,
                    **({"user.email": email} if email else {}),
                }.items()
            ],
        }
        for index, request_id in enumerate(request_ids)
    ]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "claude-code"}}]}
    scope = {"name": "com.anthropic.claude_code.events", "version": "2.1.328"}
    return json.dumps(
        {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": scope, "logRecords": records}]}]}
    ).encode()
