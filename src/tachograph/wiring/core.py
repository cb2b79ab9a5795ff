"""Process 2, the core: `python -m tachograph.wiring.core`, started by the supervisor."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import http.client
import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import uvicorn

from tachograph import __version__
from tachograph.analytics.panels import OwnersFolder, own_dashboards
from tachograph.clock import SystemClock
from tachograph.config import Settings, machine_zone
from tachograph.home import Home
from tachograph.inputs.histories.first_pass import FirstPass
from tachograph.inputs.histories.watch import Watcher
from tachograph.logs import configure_logs
from tachograph.server.answers import StoreAnswers
from tachograph.server.app import create_app
from tachograph.server.attendance import Load
from tachograph.server.bell import Bell
from tachograph.server.live.stream import Abortable
from tachograph.server.questions import QUESTIONS
from tachograph.server.reprice import Repricer
from tachograph.server.retention import Retainer
from tachograph.server.services import Progress, QueryTimes, Services
from tachograph.tasks import Task, TaskRunner
from tachograph.wiring.consent import is_taken_back, open_consent
from tachograph.wiring.explaining import explaining
from tachograph.wiring.outbox import leaving_of, outbox_tasks
from tachograph.wiring.parts import build_core, build_files_importer, build_importer, finish
from tachograph.wiring.presets import PresetChoice
from tachograph.wiring.rights import build_rights, consents_of
from tachograph.wiring.setup import OwnSetup
from tachograph.wiring.statusline import limit_readings, today_file
from tachograph_sdk.errors import ConfigError, TachographError
from tachograph_sdk.model.consent import ConsentPurpose

__all__ = ["run_core"]

log = logging.getLogger(__name__)

RECEIVER_ANSWER_S = 1.0
DRAIN_PERIOD_S = 0.03
TOLD_EVERY_S = 1.0
STATUS_LINE_PERIOD_S = 2.0  # how late status lines may be about what others spent
ERASURE_PERIOD_S = 5.0  # how often one that could not be finished is tried again
NAMES_PERIOD_S = 10.0  # how long clear names, and texts, may stay after the owner chose to be without
RETENTION_PERIOD_S = 6 * 3600.0


def run_core() -> None:
    """Process 2: settings from standard input, one ready line on standard output, until SIGTERM or end of input."""
    config = json.loads(sys.stdin.readline())
    home = Home(Path(config["home"]))
    home.create()
    settings = _settings_from(config)
    configure_logs(as_json=settings.log.json, level=settings.log.level)
    try:
        _CoreProcess(home, settings, token=config["token"]).run()
    except TachographError as error:
        log.error("%s; %s", error.message, error.hint)
        sys.exit(1)
    sys.stdout.flush()
    os._exit(0)  # all is closed; the database's binding would print pages about objects that live until the very end


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


def _owners_folder(home: Home) -> OwnersFolder:
    """The folder of the owner's own dashboards, made so that there is somewhere to put one."""
    with contextlib.suppress(OSError):  # what is wrong with it is told where they are asked for
        home.dashboards.mkdir(mode=0o700, exist_ok=True)
    return OwnersFolder(home.dashboards, QUESTIONS)


def _unless_busy(busy: threading.Lock, turn: Callable[[], bool]) -> bool:
    """One turn, or none while something else holds the lock: the next comes soon."""
    if not busy.acquire(blocking=False):
        return False
    try:
        return turn()
    finally:
        busy.release()


def _why_unwatched(home: Home, settings: Settings) -> str:
    """Why local histories are not read by themselves; "" where they are."""
    if home.demo_marker.exists():
        return "made-up data stays alone: local histories are not read into it"
    return "" if settings.imports.watch else "imports.watch is off: `tachograph import` reads what is there"


class _Uvicorn(uvicorn.Server):
    """uvicorn, which first tells those who listen that it ends: it would wait for them."""

    def __init__(self, config: uvicorn.Config, bell: Bell) -> None:
        super().__init__(config)
        self._bell = bell

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Finish what is in progress."""
        self._bell.close()
        await super().shutdown(sockets)


class _CoreProcess:
    def __init__(self, home: Home, settings: Settings, *, token: str) -> None:
        self._settings = settings
        self._core = build_core(home, settings)
        histories = build_importer(home, settings, self._core.store)
        importer = build_files_importer(home, histories, self._core.store, self._core.take_in)
        one_import = threading.Lock()  # the watcher and an order from outside take turns

        self._is_ready = threading.Event()  # whoever opens the page meanwhile does not wait for histories
        first = FirstPass(SystemClock(), reason=_why_unwatched(home, settings), tell=self._core.bell.ring)

        def watch() -> bool:
            if not self._is_ready.wait(watcher.period_s):
                return True
            with one_import:
                has_more = bool(watcher.poll().new)
            if has_more:
                self._core.bell.ring()
            return has_more

        def import_files(paths: Sequence[str], agent: str | None, progress: Progress) -> dict[str, Any]:
            while not one_import.acquire(timeout=TOLD_EVERY_S):  # whoever waits is told what for
                progress(first.progress().as_dict())
            try:
                return importer.run_strings(paths, agent, progress)
            finally:
                one_import.release()

        def purge_contents() -> int:
            with one_import:  # what it still holds must not come after
                return self._core.purge_contents()

        tasks = [
            Task(name="drain", run=self._core.make, period_s=DRAIN_PERIOD_S),
            Task(name="write", run=self._core.store_made, period_s=0.0),
        ]
        choice = PresetChoice(home.root)

        def forget_names() -> bool:
            return not choice.keeps_clear() and bool(self._core.store.purge_identities())

        tasks.append(Task(name="names", run=forget_names, period_s=NAMES_PERIOD_S))
        retainer = Retainer(self._core.store, SystemClock())
        tasks.append(Task(name="retention", run=retainer.turn, period_s=RETENTION_PERIOD_S))
        if not _why_unwatched(home, settings):
            watcher = Watcher(histories, first=first)
            tasks.append(Task(name="watch", run=watch, period_s=watcher.period_s))
        consent = open_consent(home, purge_contents=purge_contents)

        def forget_texts() -> bool:
            return is_taken_back(consent, ConsentPurpose.CONTENT_RECORDING) and bool(purge_contents())

        tasks.append(Task(name="texts", run=forget_texts, period_s=NAMES_PERIOD_S))
        tasks += outbox_tasks(home, settings, self._core.store, consent)
        rights = build_rights(
            home,
            settings,
            self._core,
            quiet=one_import,
            forget_files=histories.forget,
            consents=lambda: consents_of(consent),
        )
        tasks.append(Task(name="erasure", run=rights.resume, period_s=ERASURE_PERIOD_S))
        self._today = today_file(home, self._core.store)
        for name, turn in (("limits", limit_readings(home, self._core).turn), ("today", self._today.turn)):
            run = partial(_unless_busy, one_import, turn)  # an erasure deletes what they read and write
            tasks.append(Task(name=name, run=run, period_s=STATUS_LINE_PERIOD_S))
        self._tasks = TaskRunner(tasks)
        self._home = home
        times = QueryTimes()
        parts = explaining(home)
        self.services = Services(
            core=self._core,
            answers=StoreAnswers(
                self._core.store,
                clock=SystemClock(),
                times=times,
                demo=home.demo_marker.exists(),
                zone=machine_zone()[0],
                prices=parts.prices,
                privacy=choice.state,
                name=parts.name,
                monthly_budget_microusd=settings.budget.month_microusd,
                daily_budget_microusd=settings.budget.day_microusd,
            ),
            import_files=import_files,
            imports=first.as_dict,
            purge_contents=purge_contents,
            rights=rights,
            retention=retainer,
            reprice=Repricer(self._core.store, home.prices).reprice,
            consent=consent,
            leaving=lambda: leaving_of(home, settings, consent),
            setup=OwnSetup(home),
            addresses=self._addresses,
            receiver_metrics=lambda: self._ask_receiver("/metrics").decode(errors="replace"),
            receiver_health=lambda: json.loads(self._ask_receiver("/health") or b"{}"),
            tasks=tasks,
            times=times,
            token=token,
            allowed_hosts=(settings.server.host, *settings.server.allowed_hosts),
            demo=home.demo_marker.exists(),
            version=__version__,
            dashboards=own_dashboards(QUESTIONS),
            owners_dashboards=_owners_folder(home),
            live=settings.live,
            load=Load(
                at_once=settings.server.questions_at_once,
                waiting=settings.server.questions_waiting,
                patience_s=settings.server.questions_wait_s,
            ),
        )

    def run(self) -> None:
        """Serve until told to stop; then end the background work and close the store."""
        listener = bind(self._settings.server.host, self._settings.server.port, option="--port")
        self._tasks.start()
        gc.collect()
        gc.freeze()  # what is there now stays
        sys.setswitchinterval(0.001)  # the writing thread needs the interpreter for moments only, but often
        gc.set_threshold(100_000, 20, 50)  # batches are many small objects without cycles: look for cycles rarely
        try:
            asyncio.run(self._serve(listener))
        finally:
            self._tasks.stop()
            with contextlib.suppress(TachographError, OSError):
                self._today.let_go()
            finish(self._core, self._home, self._settings)

    async def _serve(self, listener: socket.socket) -> None:

        server = _Uvicorn(
            uvicorn.Config(
                create_app(self.services),
                http=Abortable,
                log_config=None,
                access_log=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=2,
                limit_concurrency=200,
            ),
            self._core.bell,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)  # what uvicorn raises again when it is done must not kill us
        watch_parent(lambda: setattr(server, "should_exit", True))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has a flag, not an event
            await asyncio.sleep(0.005)
        sys.stdout.write(json.dumps({"port": listener.getsockname()[1], "pid": os.getpid()}) + "\n")
        sys.stdout.flush()
        self._is_ready.set()
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
        parts = urlsplit(base)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=RECEIVER_ANSWER_S)
        try:
            connection.request("GET", path)
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException):
            return b""
        finally:
            connection.close()


if __name__ == "__main__":
    run_core()
