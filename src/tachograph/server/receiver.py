"""Process 1: takes OTLP in over HTTP and gRPC, and what plugins tell, makes it durable, answers. It never opens the store.

    python -m tachograph.server.receiver

Standard input: one line of JSON, {"journal_directory": …, "hook_keys": …, "otlp": {…}, "journal": {…}, "log": {…}}; a
setting may also be given as "otlp.http_port". Standard output: one line of JSON when it is ready, {"http_port", "grpc_port", "pid"}.
The end of standard input, SIGTERM and SIGINT stop it; what is in progress is finished first.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import dataclasses
import gc
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from tachograph.clock import SystemClock
from tachograph.inputs.hooks.intake import HookIntake
from tachograph.inputs.hooks.keys import FreshKeys
from tachograph.inputs.hooks.stats import HookStats
from tachograph.inputs.otlp.config import OtlpConfig
from tachograph.inputs.otlp.http import OtlpHttp
from tachograph.inputs.otlp.intake import Intake
from tachograph.inputs.otlp.listening import QuietServer, make_server
from tachograph.inputs.otlp.protocol import Connections
from tachograph.inputs.otlp.stats import ReceiverStats
from tachograph.journal.config import JournalConfig
from tachograph.journal.writer import JournalWriter
from tachograph.logs import configure_logs
from tachograph_sdk.errors import ConfigError, TachographError

__all__ = ["Receiver", "main"]

log = logging.getLogger(__name__)

BACKLOG = 1024
TRIM_PERIOD_S = 2.0
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8  # of glibc's malloc.h
Part = TypeVar("Part")


class Receiver:
    """Both ports and the journal: `start`, then `run` until `stop_soon`."""

    def __init__(
        self, journal_directory: str, otlp: OtlpConfig, journal: JournalConfig, *, hook_keys: Path | None = None
    ) -> None:
        self.http_port = self.grpc_port = 0
        self._config = otlp
        self._journal = JournalWriter(journal_directory, journal, SystemClock())
        self._stats = ReceiverStats()
        self._intake = Intake(self._journal, otlp, self._stats)
        self._hooks = HookIntake(self._journal, FreshKeys(hook_keys), HookStats())
        self._connections = Connections(otlp, self._stats)
        self._stop = asyncio.Event()
        self._http: QuietServer | None = None
        self._grpc: Any = None
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Listen on both ports.

        Raises:
            ConfigError: a port is taken or not ours to take.
        """
        config = self._config
        listener = _listen(config.host, config.http_port)
        self.http_port = listener.getsockname()[1]
        app = OtlpHttp(self._intake, health=self.health, metrics=self.metrics, beside=self._hooks)
        self._http = make_server(app, self._connections, config, stop_s=config.stop_timeout_s)
        if config.grpc_port >= 0:
            await self._start_grpc()
        serving = asyncio.create_task(self._http.serve(sockets=[listener]))
        self._tasks = [serving, *map(asyncio.create_task, (self._connections.sweep(), _trim_memory(self._stats)))]
        while not self._http.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.005)

    async def run(self) -> None:
        """Serve until `stop_soon`, then finish what is in progress and close the journal."""
        await self._stop.wait()
        assert self._http is not None
        self._http.should_exit = True
        stopping = [self._tasks[0]]
        if self._grpc is not None:
            stopping.append(asyncio.ensure_future(self._grpc.stop(self._config.stop_timeout_s)))
        await asyncio.wait(stopping, timeout=self._config.stop_timeout_s + 0.3)
        for task in self._tasks[1:]:
            task.cancel()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._journal.close(), 1.0)

    def stop_soon(self) -> None:
        """Make `run` return; safe to call again."""
        self._stop.set()

    def health(self) -> dict[str, Any]:
        """The body of /health: "ok", or "degraded" while the journal refuses."""
        trouble = self._journal.trouble
        return {
            "status": "degraded" if trouble else "ok",
            **({"reason": trouble} if trouble else {}),
            "http_port": self.http_port,
            "grpc_port": self.grpc_port,
            **self._stats.summary(self._journal.stats()),
            "hooks": self._hooks.stats.summary(),
        }

    def metrics(self) -> str:
        """The body of /metrics."""
        return self._stats.prometheus(self._journal.stats()) + self._hooks.stats.prometheus()

    async def _start_grpc(self) -> None:
        from tachograph.inputs.otlp.grpc import make_grpc_server  # 15 MB that a server without gRPC need not load

        config = self._config
        host = f"[{config.host}]" if ":" in config.host else config.host
        self._grpc = make_grpc_server(self._intake, is_healthy=lambda: not self._journal.trouble)
        try:
            self.grpc_port = self._grpc.add_insecure_port(f"{host}:{config.grpc_port}")
        except RuntimeError:
            raise _taken(config.host, config.grpc_port, "--otlp-grpc-port") from None
        await self._grpc.start()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise _taken(host, port, "--otlp-http-port") from None
    listener.listen(BACKLOG)
    listener.setblocking(False)
    return listener


def _taken(host: str, port: int, option: str) -> ConfigError:
    return ConfigError(
        f"{host} port {port} cannot be listened on", hint=f"another collector may be running (try {option})"
    )


def _part(kind: type[Part], settings: Mapping[str, Any], section: str) -> Part:
    """A settings dataclass from the section of that name and from "section.key" entries, which win."""
    prefix = f"{section}."
    given = dict(settings.get(section, {}))
    given.update({key.removeprefix(prefix): value for key, value in settings.items() if key.startswith(prefix)})
    known = {option.name for option in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if unknown := given.keys() - known:
        raise ConfigError(f"unknown setting {prefix}{min(unknown)}")
    return kind(**{key: tuple(value) if isinstance(value, list) else value for key, value in given.items()})


def _when_input_ends(function: Any) -> None:
    def wait() -> None:
        with contextlib.suppress(OSError):
            while os.read(0, 4096):
                pass
        function()

    threading.Thread(target=wait, name="stdin", daemon=True).start()


async def _serve(settings: Mapping[str, Any]) -> None:
    loop = asyncio.get_running_loop()
    receiver = Receiver(
        settings["journal_directory"],
        _part(OtlpConfig, settings, "otlp"),
        _part(JournalConfig, settings, "journal"),
        hook_keys=Path(settings["hook_keys"]) if settings.get("hook_keys") else None,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, receiver.stop_soon)
    await receiver.start()
    _when_input_ends(lambda: loop.call_soon_threadsafe(receiver.stop_soon))
    ready = {"http_port": receiver.http_port, "grpc_port": receiver.grpc_port, "pid": os.getpid()}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    gc.freeze()  # what is loaded now stays; the collector need not walk through it again
    await receiver.run()


async def _trim_memory(stats: ReceiverStats) -> None:
    """Give back what a burst of large requests left behind in small pieces (gRPC receives in pieces of some kilobytes)."""
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (OSError, AttributeError):
        return  # not glibc
    seen = 0
    while True:
        await asyncio.sleep(TRIM_PERIOD_S)
        if stats.large_bodies != seen and not stats.waiting_bytes:
            seen = stats.large_bodies
            trim(0)


def _return_memory() -> None:
    """Have the C library give large buffers back at once, and grow them without a copy.

    Left to itself glibc raises the size from which it does so to 32 MiB as soon as one such buffer was freed; then a
    body of 64 MiB takes half as much again while it grows, and keeps it.
    """
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(M_MMAP_THRESHOLD, 256 * 1024)
        libc.mallopt(M_TRIM_THRESHOLD, 4 * 1024 * 1024)
        libc.mallopt(M_ARENA_MAX, 2)


def _read_line() -> bytes:
    """The first line of standard input, without reading ahead: the thread that waits for its end reads the rest."""
    line = bytearray()
    while not line.endswith(b"\n"):
        piece = os.read(0, 1)
        if not piece:
            break
        line += piece
    return bytes(line)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return None
    return uvloop.new_event_loop


def main() -> int:
    """Run until told to stop; the exit status."""
    _return_memory()
    try:
        settings = json.loads(_read_line())
        logging_settings = settings.get("log", {})
        configure_logs(as_json=logging_settings.get("json", False), level=logging_settings.get("level", "warning"))
        logging.getLogger("uvicorn").setLevel(logging.ERROR)  # it warns of each bad request, which anybody can send
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(_serve(settings))
    except TachographError as error:
        sys.stderr.write(f"tachograph receiver: {error.message}{f' ({error.hint})' if error.hint else ''}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
