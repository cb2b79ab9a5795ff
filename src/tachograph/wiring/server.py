"""The supervisor's process: takes the home, starts receiver and core, says where they are."""

from __future__ import annotations

import dataclasses
import fcntl
import json
import os
import secrets
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tachograph.config import Settings, load
from tachograph.home import Home
from tachograph.logs import configure_logs
from tachograph.server.supervisor import Child, Supervisor
from tachograph_sdk.errors import StoreBusy
from tachograph_sdk.private_files import replace_file

__all__ = ["Server"]

ORPHANS_S = 8.0  # a receiver and a core that lost their supervisor end within five seconds


class Server:
    """The supervisor of one home: `with Server(home, overrides) as server: server.run()`."""

    def __init__(self, home: Home, overrides: Mapping[str, Any]) -> None:
        self._home = home
        self._settings = load(home, overrides=overrides)
        if self._settings.webhook.url or self._settings.file_sink.path:
            from tachograph.wiring.outbox import open_sinks

            open_sinks(self._settings)  # a wrong address is a mistake in the call, not of a process that does not start
        self._token = secrets.token_urlsafe(32)
        self._lock: Any = None
        settings = {f.name: dataclasses.asdict(getattr(self._settings, f.name)) for f in dataclasses.fields(Settings)}
        python = [sys.executable, "-P", "-m"]
        receiver = {**settings, "journal_directory": str(home.journal), "hook_keys": str(home.hook_keys)}
        core = {**settings, "home": str(home.root), "token": self._token}
        self._supervisor = Supervisor(
            [
                Child(
                    name="receiver",
                    argv=[*python, "tachograph.server.receiver"],
                    config=receiver,
                    keep={"http_port": "otlp.http_port", "grpc_port": "otlp.grpc_port"},
                ),
                Child(name="core", argv=[*python, "tachograph.wiring.core"], config=core, keep={"port": "server.port"}),
            ],
            on_change=self._publish,
        )
        self._addresses: dict[str, Any] = {}

    def __enter__(self) -> Server:
        """Take the home, start everything.

        Raises:
            StoreBusy: another server runs on this home.
            ChildFailed: a process did not start.
        """
        configure_logs(as_json=self._settings.log.json, level=self._settings.log.level)
        self._home.create()
        self._lock = _take_lock(self._home)
        _await_orphans(self._home)
        try:
            self._supervisor.start()
        except BaseException:
            self._lock.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """End both processes and let go of the home."""
        self._supervisor.stop()
        self._home.server.unlink(missing_ok=True)
        self._lock.close()

    def addresses(self) -> dict[str, Any]:
        """Where the ports are, and the process ids."""
        return {k: v for k, v in self._addresses.items() if k != "token"}

    def run(self) -> None:
        """Keep the processes running until `stop_soon`."""
        self._supervisor.run()

    def stop_soon(self) -> None:
        """Make `run` return; safe in a signal handler."""
        self._supervisor.stop_soon()

    def _publish(self, answers: Mapping[str, Mapping[str, Any]]) -> None:
        receiver, core = answers["receiver"], answers["core"]
        if not receiver or not core:
            return  # one of them is just being started; it will call again
        host = _printable(self._settings.otlp.host)
        self._addresses = {
            "http": f"http://{_printable(self._settings.server.host)}:{core['port']}",
            "otlp_http": f"http://{host}:{receiver['http_port']}",
            "otlp_grpc": f"{host}:{receiver['grpc_port']}",
            "pid": os.getpid(),
            "receiver_pid": receiver["pid"],
            "core_pid": core["pid"],
            "token": self._token,
        }
        replace_file(self._home.server, json.dumps(self._addresses).encode() + b"\n")


def _await_orphans(home: Home) -> None:
    """Wait a moment for the processes of a server that was killed: they end by themselves when they notice.

    Nobody but us runs a server on this home now, so what its file still names is of a predecessor.
    """
    try:
        about = json.loads(home.server.read_bytes())
        orphans = [int(about[name]) for name in ("receiver_pid", "core_pid")]
    except (OSError, ValueError, KeyError, TypeError):
        return
    give_up_s = time.monotonic() + ORPHANS_S
    while any(map(_is_alive, orphans)) and time.monotonic() < give_up_s:
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return False  # somebody else's process has that number now
    try:  # one that ended and that nobody asked about yet still has its number
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (OSError, IndexError):
        return True


def _printable(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _take_lock(home: Home) -> Any:
    descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    file = os.fdopen(descriptor, "r+b")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        try:
            where = json.loads(home.server.read_bytes())["http"]
        except (OSError, ValueError, KeyError, TypeError):
            where = "starting"
        raise StoreBusy(
            f"a server already runs on {home.root} ({where})", hint="use that one, or another --home"
        ) from None
    return file
