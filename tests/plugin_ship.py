"""The plugin's shipper as the hook starts it, a spool and transcripts made for it, and receivers that misbehave."""

from __future__ import annotations

import contextlib
import http.server
import importlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

__all__ = ["GOLDEN", "PLUGIN", "SCRIPTS", "Got", "Plugin", "Receiver", "at", "receiver", "script"]

PLUGIN = Path(__file__).resolve().parent.parent / "src" / "tachograph" / "plugin" / "metrics"
SCRIPTS = PLUGIN / "scripts"
GOLDEN = Path(__file__).resolve().parent / "golden" / "agents" / "claude_code"


def script(name: str) -> ModuleType:
    """One of the plugin's scripts as a module; nothing is written beside it."""
    before = sys.dont_write_bytecode, sys.path[:]
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(SCRIPTS))
    try:
        return importlib.import_module(name)
    finally:
        sys.dont_write_bytecode, sys.path[:] = before


def at(seconds: float) -> str:
    """A time as the hook writes it."""
    whole = int(seconds)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole)) + f".{round((seconds - whole) * 1e6):06d}Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Got:
    """One request that a receiver got."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def payload(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value


@dataclass(slots=True, kw_only=True)
class Receiver:
    """A server on loopback: `answer` gives the status for a request, or raw bytes to write instead of an answer."""

    url: str
    answer: Callable[[Got], int | bytes | tuple[int, dict[str, str]]]
    delay_s: float = 0.0
    got: list[Got] = field(default_factory=list)

    def of(self, path: str) -> list[dict[str, Any]]:
        return [one.payload for one in self.got if one.path.endswith(path)]


@contextlib.contextmanager
def receiver(answer: Callable[[Got], Any] | int = 200, *, delay_s: float = 0.0) -> Iterator[Receiver]:
    """A receiver that answers everything as told, after a delay."""
    told = Receiver(url="", answer=answer if callable(answer) else lambda _: answer, delay_s=delay_s)
    stopped = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            one = Got(path=self.path, headers=dict(self.headers), body=body)
            told.got.append(one)
            if told.delay_s:
                stopped.wait(told.delay_s)
            with contextlib.suppress(OSError):
                self._say(told.answer(one))

        def _say(self, answer: int | bytes | tuple[int, dict[str, str]]) -> None:
            if isinstance(answer, bytes):
                self.wfile.write(answer)
                return
            status, headers = answer if isinstance(answer, tuple) else (answer, {})
            text = b'{"status":"ok"}' if status == 200 else b'{"status":"error","code":"value","message":"name"}'
            self.send_response(status)
            for name, value in {"Content-Length": str(len(text)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield told
    finally:
        stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def black_hole() -> Iterator[str]:
    """An address at which a connection is made, and never answered."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(8)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"


@dataclass(slots=True, kw_only=True)
class Plugin:
    """A data folder with consent, and what runs on it."""

    folder: Path
    endpoint: str = "http://127.0.0.1:9"
    form: str = "native"
    python: str = sys.executable
    environ: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True)
        (self.folder / "spool").mkdir(mode=0o700)
        self.consent()

    def consent(self, **more: object) -> None:
        told = {
            "version": 1,
            "status": "granted",
            "decided_at": "2026-11-20T01:31:50Z",
            "endpoint": self.endpoint,
            "form": self.form,
        }
        (self.folder / "consent.json").write_text(json.dumps({**told, **more}))

    def spool(self, event: str, session: str, seconds: float | None = None, **fields: object) -> None:
        """One line as the hook writes it."""
        line = {"v": 1, "at": at(time.time() if seconds is None else seconds), "event": event, "session": session}
        with (self.folder / "spool" / "events.jsonl").open("a") as file:
            file.write(json.dumps({**line, **fields}) + "\n")

    def session(self, transcript: Path, *events: tuple[str, str], seconds: float | None = None) -> str:
        """A whole session of this transcript, with these (event, name) in it; its id."""
        session, now = transcript.stem, time.time() - 20 if seconds is None else seconds
        self.spool("start", session, now, source="startup", transcript=str(transcript))
        for index, (event, name) in enumerate(events):
            self.spool(event, session, now + 1 + index, name=name, chars=15)
        self.spool("end", session, now + 10, reason="other", transcript=str(transcript))
        return session

    def env(self) -> dict[str, str]:
        base = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder.parent / "home"), "CLAUDE_PLUGIN_ROOT": str(PLUGIN)}
        return {**base, "CLAUDE_PLUGIN_DATA": str(self.folder), **self.environ}

    def run(self, name: str = "ship", *words: str, timeout: float = 90) -> subprocess.CompletedProcess[bytes]:
        """Run a script of the plugin as Claude Code does; the shipper gets its folder."""
        arguments = [str(self.folder), *words] if name == "ship" else words
        return subprocess.run(
            [self.python, "-I", "-S", "-B", str(SCRIPTS / f"{name}.py"), *arguments],
            env=self.env(),
            capture_output=True,
            timeout=timeout,
            cwd="/",
            check=False,
        )

    def ship(self, *words: str) -> float:
        """Run the shipper, which must be silent; how long it took."""
        began = time.monotonic()
        done = self.run("ship", *words)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        return time.monotonic() - began

    def state(self) -> Mapping[str, Any]:
        told: dict[str, Any] = json.loads((self.folder / "state.json").read_text())
        return told

    def waiting(self) -> list[str]:
        return sorted(os.listdir(self.folder / "outgoing")) if (self.folder / "outgoing").exists() else []

    def log(self) -> str:
        path = self.folder / "metrics.log"
        return path.read_text() if path.exists() else ""
