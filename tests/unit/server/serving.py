"""The API on a store of one's own: its parts, and a real server of it on loopback."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import uvicorn

from tachograph.config import Settings
from tachograph.home import Home
from tachograph.inputs.histories.first_pass import FirstPass
from tachograph.ports import Position
from tachograph.server.answers import StoreAnswers
from tachograph.server.app import create_app
from tachograph.server.core import Core
from tachograph.server.leaving import tell_leaving
from tachograph.server.retention import Retainer
from tachograph.server.services import QueryTimes, Services
from tachograph.store.duckdb import DuckDBStore
from tachograph.wiring.outbox import open_outbox
from tachograph.wiring.setup import OwnSetup
from tachograph_sdk.privacy.consent import Consent
from tachograph_sdk.privacy.presets import NothingAllowed
from tachograph_sdk.privacy.pseudonym import Pseudonymizer

__all__ = ["AUTH", "NAMES", "NOW_US", "TOKEN", "Clock", "served", "services_on"]

TOKEN = "t0ken"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
NOW_US = 1_795_141_832_000_000
NAMES = Pseudonymizer(b"k" * 32)


class Clock:
    """A time that stands still."""

    def now_us(self) -> int:
        return NOW_US

    def monotonic_s(self) -> float:
        return time.monotonic()


class _Journal:
    position = Position(0, 0)

    def read(self, max_bytes: int) -> list[Any]:
        return []

    def take_damage(self) -> list[Any]:
        return []

    def release(self, position: Position) -> None:
        raise AssertionError

    def depth_bytes(self) -> int:
        return 0


def _echo(order: Mapping[str, Any], progress: Any) -> dict[str, Any]:
    progress({"events_done": 1, "events_total": 2})
    return dict(order)


def services_on(store: DuckDBStore, folder: Path, **others: Any) -> Services:
    """The parts behind an API on this store; `others` replace some."""
    times = QueryTimes()
    parts: dict[str, Any] = {
        "core": Core(journal=_Journal(), pipeline=None, store=store, clock=Clock()),  # type: ignore[arg-type]
        "answers": StoreAnswers(store, clock=Clock(), times=times, demo=True, name=NAMES.name),
        "import_files": lambda paths, agent, progress: {"sources": {}},
        "imports": FirstPass(Clock(), reason="nothing is read in tests").as_dict,
        "reprice": _echo,
        "retention": Retainer(store, Clock()),
        "purge_contents": lambda: 0,
        "rights": None,
        "consent": Consent(folder / "consents", environ={}),
        "setup": OwnSetup(Home(folder / "own"), environ={"CLAUDE_CONFIG_DIR": str(folder / "claude")}),
        "leaving": lambda: tell_leaving(open_outbox(Home(folder / "own"), Settings(), NothingAllowed()), []),
        "addresses": lambda: {"http": "http://127.0.0.1:1"},
        "receiver_metrics": lambda: "",
        "receiver_health": lambda: {"status": "ok"},
        "tasks": [],
        "times": times,
        "token": TOKEN,
        "allowed_hosts": (),
        "demo": True,
        "version": "9.9",
    }
    return Services(**{**parts, **others})


@contextlib.contextmanager
def served(services: Services) -> Iterator[int]:
    """A real server of this API in a thread; its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(create_app(services), log_config=None, access_log=False, timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]), daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 20
        while not server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.005)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
