"""What the routes need, handed in by `wiring`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from tachograph.analytics.panels import Dashboard, OwnersDashboards
from tachograph.analytics.scope import Make, Scope
from tachograph.server.attendance import Load
from tachograph.server.core import Core
from tachograph.server.live_config import LiveConfig
from tachograph.server.page_keys import PageKeys
from tachograph.server.rights.rights import Rights
from tachograph.server.setup import Setup
from tachograph_sdk.privacy.consent import Consent

__all__ = ["Answers", "OwnAnswers", "QueryTimes", "Services", "TaskState"]

Progress = Callable[[dict[str, Any]], None]

BUCKETS_S = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)


class Answers(Protocol):
    """Questions in strings, answers in JSON values. Raises QueryError."""

    def report(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Totals and breakdowns; parameters since, until, range, tz, by."""

    def query(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Columns and rows; parameters metrics, by, since, until, range, tz, and dimension filters."""

    def privacy(self) -> dict[str, Any]:
        """Which preset holds, and what whoever looks at the data has to know."""

    def sql(self, text: str) -> dict[str, Any]:
        """Columns and rows of one read-only statement."""

    def explain(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Why sources differ from the ledger; parameters session, day, model, since, until, range, tz, against."""

    def ledger(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """A page of the ledger's rows; parameters since, until, after."""

    def eval_sessions(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Sessions with what evals measure of each; parameters since, until, range, tz, and filters."""

    def ask(self, name: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """The answer to one of `questions.QUESTIONS`; parameters since, until, range, tz, its own, and filters."""


class OwnAnswers(Answers, Protocol):
    """Answers of this process's store: they also take questions that are functions."""

    def scope(self, parameters: Mapping[str, str], *, own: frozenset[str] = frozenset()) -> Scope:
        """What parameters say: those in `own` are the question's, the window's are known, all others are filters."""

    def make(self, make: Make, scope: Scope) -> dict[str, Any]:
        """What `make` answers, in JSON values, with clear names where the owner chose to see them."""


class Retention(Protocol):
    """Deleting by age."""

    def plan(self) -> dict[str, Any]:
        """What would be deleted now, and when the next will be."""

    def run(self, order: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        """Delete what is due, or only say it."""


class TaskState(Protocol):
    """How one piece of background work does."""

    name: str
    runs: int
    failures: int
    failing: bool
    last_error: str


@dataclass(slots=True)
class QueryTimes:
    """How long queries took, as a histogram."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS_S) + 1))
    sum_s: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one query."""
        self.sum_s += seconds
        for index, bound in enumerate(BUCKETS_S):
            if seconds <= bound:
                self.counts[index] += 1
                return
        self.counts[-1] += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """The parts behind the API."""

    core: Core
    answers: OwnAnswers
    import_files: Callable[[Sequence[str], str | None, Progress], dict[str, Any]]
    imports: Callable[[], Mapping[str, Any]]  # how far the first reading of the local histories is
    reprice: Callable[[Mapping[str, Any], Progress], dict[str, Any]]
    purge_contents: Callable[[], int]  # erases the texts of the preset `content`; how many
    retention: Retention
    rights: Rights  # of the people in the data
    consent: Consent  # what was allowed, and the way to allow it or take it back
    leaving: Callable[[], Mapping[str, Any]]  # what waits to leave this machine, and what left
    setup: Setup  # of the user's own agents
    addresses: Callable[[], Mapping[str, Any]]  # how to reach this server's ports
    receiver_metrics: Callable[[], str]  # Prometheus text; empty when the receiver does not answer
    receiver_health: Callable[[], Mapping[str, Any]]
    tasks: Sequence[TaskState]
    times: QueryTimes
    token: str
    allowed_hosts: Sequence[str]
    demo: bool
    version: str
    dashboards: Sequence[Dashboard] = ()  # of this product
    owners_dashboards: Callable[[], OwnersDashboards] = OwnersDashboards  # the owner's own, as they are now
    live: LiveConfig = field(default_factory=LiveConfig)
    page_keys: PageKeys = field(default_factory=PageKeys)
    load: Load = field(default_factory=Load)  # how many questions are answered at once
