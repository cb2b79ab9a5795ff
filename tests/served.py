"""The whole API over a store in memory, at a moment that the test chooses."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from tachograph.analytics.panels import own_dashboards
from tachograph.config import Settings
from tachograph.home import Home
from tachograph.inputs.histories.first_pass import FirstPass
from tachograph.pipeline.privacy_state import DEFAULT_STATE
from tachograph.ports import Batch, Position, Result, Statement
from tachograph.server.answers import StoreAnswers
from tachograph.server.app import create_app
from tachograph.server.core import Core
from tachograph.server.leaving import tell_leaving
from tachograph.server.questions import QUESTIONS
from tachograph.server.retention import Retainer
from tachograph.server.services import QueryTimes, Services
from tachograph.store.duckdb import DuckDBStore
from tachograph.wiring.outbox import open_outbox
from tachograph.wiring.setup import OwnSetup
from tachograph_sdk.model.event import Event
from tachograph_sdk.privacy.consent import Consent
from tachograph_sdk.privacy.presets import NothingAllowed
from tachograph_sdk.privacy.pseudonym import Pseudonymizer

__all__ = [
    "AUTH",
    "NAMES",
    "NOW",
    "NOW_US",
    "TOKEN",
    "IdleJournal",
    "Served",
    "StillClock",
    "at_us",
    "served",
    "services_on",
]

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday
NAMES = Pseudonymizer(b"k" * 32)
TOKEN = "t0ken"
AUTH = {"Authorization": f"Bearer {TOKEN}"}
NOW_US = 1_795_141_832_000_000  # the same Friday, in its first hours


def at_us(text: str) -> int:
    """Microseconds since 1970 of a time in UTC, as 2026-11-20T09:00."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000_000)


class Served:
    """A client of the API, and the statements that its questions ran."""

    def __init__(self, client: TestClient, store: DuckDBStore, statements: list[str]) -> None:
        self.client = client
        self.store = store
        self.statements = statements

    def data(self, path: str, **parameters: Any) -> Any:
        """The data of an answer in the envelope."""
        answer = self.client.get(path, params=parameters or None)
        assert answer.status_code == 200, answer.text
        body = answer.json()
        assert set(body) == {"success", "data", "error", "timestamp"}
        assert body["success"] is True
        assert body["error"] is None
        return body["data"]

    def refusal(self, path: str, **parameters: Any) -> tuple[int, str]:
        """Status and text of an error in the envelope."""
        answer = self.client.get(path, params=parameters or None)
        body = answer.json()
        assert set(body) == {"success", "data", "error", "timestamp"}
        assert body["success"] is False
        assert body["data"] is None
        return answer.status_code, body["error"]


class StillClock:
    """A time of day that stands still; what is measured may go on."""

    def __init__(self, now_us: int, *, monotonic_s: Callable[[], float] = lambda: 1.0) -> None:
        self._now_us = now_us
        self._monotonic_s = monotonic_s

    def now_us(self) -> int:
        return self._now_us

    def monotonic_s(self) -> float:
        return self._monotonic_s()


class IdleJournal:
    """A journal in which nothing waits, however deep it says it is."""

    position = Position(0, 0)

    def __init__(self, *, depth_bytes: int = 0) -> None:
        self._depth_bytes = depth_bytes

    def read(self, max_bytes: int) -> list[Any]:
        return []

    def take_damage(self) -> list[Any]:
        return []

    def release(self, position: Position) -> None:
        raise AssertionError

    def depth_bytes(self) -> int:
        return self._depth_bytes


def services_on(
    store: DuckDBStore, folder: Path | None = None, *, clock: StillClock | None = None, **others: Any
) -> Services:
    """The parts behind an API on this store, as of a demonstration; `others` replace some.

    Consent, the user's own settings and what leaves are there with a folder only.
    """
    clock = clock or StillClock(NOW_US, monotonic_s=time.monotonic)
    times = others.setdefault("times", QueryTimes())
    parts: dict[str, Any] = {
        "core": Core(journal=IdleJournal(), pipeline=None, store=store, clock=clock),  # type: ignore[arg-type]
        "answers": StoreAnswers(store, clock=clock, times=times, demo=True, name=NAMES.name),
        "import_files": lambda paths, agent, progress: {"sources": {}},
        "imports": FirstPass(clock, reason="nothing is read in tests").as_dict,
        "reprice": _echo,
        "retention": Retainer(store, clock),
        "purge_contents": lambda: 0,
        "rights": None,
        "consent": None,
        "setup": None,
        "leaving": dict,
        "addresses": lambda: {"http": "http://127.0.0.1:1"},
        "receiver_metrics": lambda: "",
        "receiver_health": lambda: {"status": "ok"},
        "tasks": [],
        "token": TOKEN,
        "allowed_hosts": (),
        "demo": True,
        "version": "9.9",
    }
    if folder is not None:
        own = Home(folder / "own")
        parts["consent"] = Consent(folder / "consents", environ={})
        parts["setup"] = OwnSetup(own, environ={"CLAUDE_CONFIG_DIR": str(folder / "claude")})
        parts["leaving"] = lambda: tell_leaving(open_outbox(own, Settings(), NothingAllowed()), [])
    return Services(**{**parts, **others})


def _echo(order: Mapping[str, Any], progress: Any) -> dict[str, Any]:
    progress({"events_done": 1, "events_total": 2})
    return dict(order)


class _Counting:
    """The store, noting the statements that run on it."""

    def __init__(self, store: DuckDBStore, statements: list[str]) -> None:
        self._store = store
        self._statements = statements

    def query(self, statement: Statement, **limits: Any) -> Result:
        self._statements.append(statement.name)
        return self._store.query(statement, **limits)

    def query_sql(self, sql: str) -> Result:
        return self._store.query_sql(sql)


@contextmanager
def served(
    events: Sequence[Event] = (),
    *,
    budget_usd: float | None = None,
    zone: str = "UTC",
    now: datetime = NOW,
    store: DuckDBStore | None = None,
    clear_names: Mapping[str, str] | None = None,
) -> Iterator[Served]:
    """The API over these events at a moment, or over a store that is settled already, which stays open.

    With `clear_names` (by pseudonym) the owner has chosen to see those.
    """
    own = DuckDBStore(":memory:") if store is None else None
    store = store or own
    assert store is not None
    clock = StillClock(int(now.timestamp() * 1_000_000))
    statements: list[str] = []
    try:
        if own is not None:
            store.write(Batch(events=events, identities=clear_names or {}))
            store.settle()
        times = QueryTimes()
        answers = StoreAnswers(
            _Counting(store, statements),
            clock=clock,
            times=times,
            demo=False,
            zone=zone,
            name=NAMES.name,
            privacy=lambda: DEFAULT_STATE if clear_names is None else replace(DEFAULT_STATE, identity="clear"),
            monthly_budget_microusd=None if budget_usd is None else round(budget_usd * 1e6),
        )
        services = services_on(
            store,
            clock=clock,
            times=times,
            answers=answers,
            demo=False,
            dashboards=own_dashboards(QUESTIONS),
        )
        app: Any = create_app(services)
        with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as client:
            yield Served(client, store, statements)
    finally:
        if own is not None:
            own.close()
