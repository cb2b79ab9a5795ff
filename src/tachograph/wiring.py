"""Builds the parts and joins them: the server with its two processes, and what commands do without a server."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import fcntl
import json
import logging
import os
import secrets
import signal
import socket
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tachograph import __version__
from tachograph.clock import SystemClock
from tachograph.config import Settings, load, user_environment
from tachograph.home import Home, write_private
from tachograph_sdk.errors import ConfigError, JournalError, StoreBusy, StoreError

if TYPE_CHECKING:
    from tachograph.inputs.import_state import ImportCache
    from tachograph.inputs.transcripts import Importer
    from tachograph.pipeline.pipeline import Pipeline
    from tachograph.ports import Store
    from tachograph.server.core import Core
    from tachograph.server.services import Progress

# What only the core needs is imported where it is built: the supervisor and most commands stay light.

log = logging.getLogger(__name__)

__all__ = ["Server", "find_transcripts", "import_here", "open_answers", "run_core"]

RECEIVER_ANSWER_S = 1.0
DRAIN_PERIOD_S = 0.03
FINISH_S = 2.5  # what draining may take when the core is told to stop
EMPTY_SEGMENT_BYTES = 128  # a header and a seal are less


class Server:
    """The supervisor of one home: `with Server(home, overrides) as server: server.run()`."""

    def __init__(self, home: Home, overrides: Mapping[str, Any]) -> None:
        self._home = home
        self._settings = load(home, overrides=overrides)
        self._token = secrets.token_urlsafe(32)
        self._lock: Any = None
        from tachograph.server.supervisor import Child, Supervisor

        settings = {f.name: dataclasses.asdict(getattr(self._settings, f.name)) for f in dataclasses.fields(Settings)}
        python = [sys.executable, "-P", "-m"]
        receiver = {**settings, "journal_directory": str(home.journal)}
        core = {**settings, "home": str(home.root), "token": self._token}
        self._supervisor = Supervisor(
            [
                Child(
                    name="receiver",
                    argv=[*python, "tachograph.server.receiver"],
                    config=receiver,
                    keep={"http_port": "otlp.http_port", "grpc_port": "otlp.grpc_port"},
                ),
                Child(name="core", argv=[*python, "tachograph.wiring"], config=core, keep={"port": "server.port"}),
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
        from tachograph.logs import configure_logs

        configure_logs(as_json=self._settings.log.json, level=self._settings.log.level)
        self._home.create()
        self._lock = _take_lock(self._home)
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
        write_private(self._home.server, json.dumps(self._addresses).encode() + b"\n")


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


# --- the core process -------------------------------------------------------------------------------------------------


def run_core() -> None:
    """Process 2: settings from standard input, one ready line on standard output, until SIGTERM or end of input."""
    from tachograph.logs import configure_logs

    config = json.loads(sys.stdin.readline())
    home = Home(Path(config["home"]))
    settings = _settings_from(config)
    configure_logs(as_json=settings.log.json, level=settings.log.level)
    _CoreProcess(home, settings, token=config["token"]).run()


def _settings_from(config: Mapping[str, Any]) -> Settings:
    """The settings that the supervisor checked already."""
    parts = {}
    for section in dataclasses.fields(Settings):
        part = type(getattr(Settings(), section.name))
        options = {k: tuple(v) if isinstance(v, list) else v for k, v in config[section.name].items()}
        parts[section.name] = part(**options)
    return Settings(**parts)


def bind(host: str, port: int, *, option: str) -> socket.socket:
    """A listening socket.

    Raises:
        ConfigError: the port is taken or the address is not this machine's.
    """
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=512
        )
    except OSError as error:
        raise ConfigError(
            f"cannot listen on {host}:{port} ({error.strerror})",
            hint=f"another program may use the port: try {option} 0, which picks a free one",
        ) from None


def watch_parent(stop: Callable[[], object]) -> None:
    """Call `stop` when standard input ends: the supervisor is gone."""

    def wait() -> None:
        while sys.stdin.readline():
            pass
        stop()

    threading.Thread(target=wait, name="parent", daemon=True).start()


@dataclass(frozen=True, slots=True)
class _ImportPipeline:
    """Makes the pipeline of an import; workers get a copy and make their own."""

    secret: Path

    def __call__(self) -> Pipeline:
        from tachograph.pipeline.build import build_pipeline
        from tachograph.pricing.price import PriceTable
        from tachograph_sdk.privacy.pseudonym import load_or_create_secret

        return build_pipeline(secret=load_or_create_secret(self.secret), prices=PriceTable.load())


def _build_core(home: Home, settings: Settings) -> Core:
    from tachograph.inputs.agents import AGENTS
    from tachograph.inputs.otlp.decode import Decoder
    from tachograph.journal.reader import JournalReader
    from tachograph.pipeline.build import build_pipeline
    from tachograph.pricing.price import PriceTable
    from tachograph.server.core import Core
    from tachograph.store.duckdb import DuckDBStore
    from tachograph_sdk.privacy.pseudonym import load_or_create_secret

    store = DuckDBStore(home.store, settings.store)
    clock = SystemClock()
    try:
        pipeline = build_pipeline(
            secret=load_or_create_secret(home.secret),
            prices=PriceTable.load(),
            decoder=Decoder(),
            agents=AGENTS,
            streams=store.streams(),
        )
        journal = JournalReader(home.journal, store.position(), config=settings.journal, clock=clock)
        return Core(journal=journal, pipeline=pipeline, store=store, clock=clock)
    except BaseException:
        store.close()
        raise


def _build_importer(home: Home, settings: Settings, store: Store) -> Importer:
    from tachograph.inputs.transcripts import Importer

    return Importer(
        store,
        _ImportPipeline(home.secret),
        settings.imports,
        SystemClock(),
        name_file=_file_names(home),
        roots=_roots(),
        cache=_import_cache(home),
    )


def _import_cache(home: Home) -> ImportCache:
    from tachograph.inputs.import_state import ImportCache

    return ImportCache(home.imports_cache, home.store)


def _file_names(home: Home) -> Callable[[str], str]:
    from tachograph_sdk.privacy.pseudonym import Pseudonymizer, load_or_create_secret

    return Pseudonymizer(load_or_create_secret(home.secret)).file


def _roots() -> list[Path]:
    from tachograph.inputs.transcripts_find import find_roots

    return find_roots(user_environment(), Path.home())


class _CoreProcess:
    def __init__(self, home: Home, settings: Settings, *, token: str) -> None:
        from tachograph.inputs.transcripts_watch import Watcher
        from tachograph.server.answers import StoreAnswers
        from tachograph.server.services import QueryTimes, Services
        from tachograph.tasks import Task, TaskRunner

        self._settings = settings
        self._core = _build_core(home, settings)
        importer = _build_importer(home, settings, self._core.store)
        one_import = threading.Lock()  # the watcher and an order from outside take turns

        def watch() -> bool:
            with one_import:
                return bool(watcher.poll().new)

        def import_files(paths: Sequence[str], agent: str | None, progress: Progress) -> dict[str, Any]:
            with one_import:
                return importer.run_strings(paths, agent, progress)

        tasks = [Task(name="drain", run=self._core.step, period_s=DRAIN_PERIOD_S)]
        if settings.imports.watch:
            watcher = Watcher(importer)
            tasks.append(Task(name="watch", run=watch, period_s=watcher.period_s))
        self._tasks = TaskRunner(tasks)
        self._home = home
        times = QueryTimes()
        self.services = Services(
            core=self._core,
            answers=StoreAnswers(self._core.store, clock=SystemClock(), times=times, demo=home.demo_marker.exists()),
            import_files=import_files,
            addresses=self._addresses,
            receiver_metrics=lambda: self._ask_receiver("/metrics").decode(errors="replace"),
            receiver_health=lambda: json.loads(self._ask_receiver("/health") or b"{}"),
            tasks=tasks,
            times=times,
            token=token,
            allowed_hosts=(settings.server.host, *settings.server.allowed_hosts),
            demo=home.demo_marker.exists(),
            version=__version__,
        )

    def run(self) -> None:
        """Serve until told to stop; then end the background work and close the store."""
        listener = bind(self._settings.server.host, self._settings.server.port, option="--port")
        self._tasks.start()
        try:
            asyncio.run(self._serve(listener))
        finally:
            self._tasks.stop()
            _finish(self._core, self._home, self._settings)

    async def _serve(self, listener: socket.socket) -> None:
        import uvicorn

        from tachograph.server.app import create_app

        server = uvicorn.Server(
            uvicorn.Config(
                create_app(self.services),
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=2,
                limit_concurrency=200,
            )
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)  # what uvicorn raises again when it is done must not kill us
        watch_parent(lambda: setattr(server, "should_exit", True))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not serving.done():
            await asyncio.sleep(0.005)
        sys.stdout.write(json.dumps({"port": listener.getsockname()[1], "pid": os.getpid()}) + "\n")
        sys.stdout.flush()
        await serving

    def _addresses(self) -> Mapping[str, Any]:
        try:
            addresses: dict[str, Any] = json.loads(self._home.server.read_bytes())
        except (OSError, ValueError):
            return {}
        addresses.pop("token", None)
        return addresses

    def _ask_receiver(self, path: str) -> bytes:
        base = self._addresses().get("otlp_http")
        if not base:
            return b""
        try:
            with urllib.request.urlopen(f"{base}{path}", timeout=RECEIVER_ANSWER_S) as response:
                answer: bytes = response.read()
                return answer
        except OSError:
            return b""


def _finish(core: Core, home: Home, settings: Settings) -> None:
    """Let go of the store, with nothing left in the journal if that can be done in a moment.

    The newest segment is kept while a receiver may still write to it. Where none runs, a new empty one is put after it,
    so that it can be drained to its end and deleted: raw requests do not stay on the disk for longer than needed.
    """
    from tachograph.journal.appender import Appender

    give_up_s = core.clock.monotonic_s() + FINISH_S
    try:
        core.drain_all(give_up=lambda: core.clock.monotonic_s() > give_up_s)
        if any(path.stat().st_size > EMPTY_SEGMENT_BYTES for path in home.journal.glob("*.seg")):
            with contextlib.suppress(JournalError):
                Appender(home.journal, settings.journal, core.clock).close()
            core.drain_all(give_up=lambda: core.clock.monotonic_s() > give_up_s)
    except (StoreError, JournalError) as error:
        log.warning("the journal is not drained: %s", error.message)
    finally:
        core.store.close()


# --- without a server -------------------------------------------------------------------------------------------------


@contextmanager
def open_answers(home: Home) -> Iterator[Any]:
    """The store of this home, brought up to date with what its journal still holds.

    Raises:
        StoreBusy: another process has the store.
    """
    from tachograph.server.answers import StoreAnswers
    from tachograph.server.services import QueryTimes

    home.create()
    settings = load(home)
    core = _build_core(home, settings)
    try:
        core.drain_all()
        yield StoreAnswers(core.store, clock=SystemClock(), times=QueryTimes(), demo=home.demo_marker.exists())
    finally:
        _finish(core, home, settings)


def import_here(
    home: Home, paths: Sequence[str], *, agent: str | None = None, progress: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Import in this process, because no server runs. If nothing is new, the store is not even opened.

    Raises:
        StoreBusy: another process has the store.
        UnknownAgent: there is no reader for this agent's files.
    """
    from tachograph.inputs.import_state import check_unchanged
    from tachograph.inputs.transcripts import SOURCE, as_answer

    home.create()
    where = [Path(p) for p in paths] or _roots()
    if agent in {None, SOURCE}:
        unchanged = check_unchanged(where, cache=_import_cache(home), name_file=_file_names(home))
        if unchanged is not None:
            return as_answer(unchanged, where)
    from tachograph.store.duckdb import DuckDBStore

    settings = load(home)
    store = DuckDBStore(home.store, settings.store)
    try:
        return _build_importer(home, settings, store).run_strings(paths, agent, progress)
    finally:
        store.close()


def find_transcripts() -> list[tuple[Path, int | None]]:
    """Where transcripts are looked for, and how many there are; None where there is no such folder."""
    from tachograph.inputs.transcripts_find import find_files

    return [(root, len(find_files([root]).files) if root.is_dir() else None) for root in _roots()]


if __name__ == "__main__":
    run_core()
