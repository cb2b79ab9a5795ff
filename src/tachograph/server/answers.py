"""Questions in strings, answers in JSON values: what the API, the command line and the page share."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

from tachograph.analytics.eval.sessions import ask_sessions
from tachograph.analytics.parameters import names_in
from tachograph.analytics.query import Window, parse_window
from tachograph.analytics.report import build_report
from tachograph.analytics.scope import Make, Scope, refuse_people
from tachograph.analytics.zones import find_zone
from tachograph.pipeline.privacy_state import DEFAULT_STATE, AsksPrivacy
from tachograph.ports import Clock, Result, Statement
from tachograph.pricing.price import PriceTable
from tachograph.server.explainer import Explainer
from tachograph.server.questions import QUESTIONS
from tachograph.server.services import QueryTimes
from tachograph.server.tables import TABLE_PARAMETERS, answer_table
from tachograph_sdk.errors import QueryError
from tachograph_sdk.privacy.policy import Preset

__all__ = ["SqlStore", "StoreAnswers", "as_json_value"]

NO_VALUE = "null"  # in a filter: rows where the dimension is unknown


LONGEST_VALUE = 400  # of a filter
FILTER_NAMES = {"plan_limit": "limit"}  # the dimension `limit`, where that is the number of rows

WINDOW = frozenset({"since", "until", "range", "tz"})  # parameters of every question

_TEXTS = Statement(name="texts kept", sql="select count(*) from contents")
_CLEAR = Statement(name="clear_names", sql="select pseudonym, clear_text from identities")


class SqlStore(Protocol):
    """A store that also takes a user's own SQL. The other methods are those of `ports.Store`."""

    def query(self, statement: Statement, *, timeout_s: float = 30.0, max_rows: int = 100_000) -> Result:
        """Answer one of our own statements."""

    def query_sql(self, sql: str) -> Result:
        """Answer one read-only statement of the user's."""


class StoreAnswers:
    """Implements `services.Answers` on a store."""

    def __init__(
        self,
        store: Any,
        *,
        clock: Clock,
        times: QueryTimes,
        demo: bool,
        zone: str = "UTC",
        prices: Callable[[], PriceTable] = PriceTable.load,
        privacy: AsksPrivacy = lambda: DEFAULT_STATE,
        name: Callable[[str, str], str] = lambda _, text: text,
        monthly_budget_microusd: int | None = None,
        daily_budget_microusd: int | None = None,
    ) -> None:
        """Answers from this store.

        Args:
            store, clock, times, demo, prices: what the answers are made of.
            zone: counts days and hours where a question names none.
            name: gives what is stored for a text of a kind: who filters by an e-mail address finds its pseudonym.
            monthly_budget_microusd, daily_budget_microusd: what the owner means to spend a month, and a day.

        Raises:
            UnknownTimeZone: there is no such zone.
        """
        self._store = _Timed(store, clock, times)
        self._zone = find_zone(zone)
        self._explainer = Explainer(
            self._store,  # type: ignore[arg-type]
            clock=clock,
            prices=prices,
            name=name,
            zone=self._zone,
        )
        self._name = name
        self._clock = clock
        self._demo = demo
        self._privacy = privacy
        self._monthly_budget_microusd = monthly_budget_microusd
        self._daily_budget_microusd = daily_budget_microusd

    def report(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Totals and breakdowns; parameters since, until, range, tz, by. Raises QueryError."""
        by = names_in(parameters.get("by", ""))
        if not self._compares_people():
            refuse_people(by)
        made = build_report(self._store, self._window(parameters), by)  # type: ignore[arg-type]
        return {**self._in_clear(made.as_json()), "demo": self._demo, "privacy": self.privacy()}

    def query(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """A table; parameters metrics, by, grain, order, limit, offset, since, until, range, tz, and dimension filters.

        Raises QueryError.
        """
        scope = self.scope(parameters, own=TABLE_PARAMETERS)
        return {**self.make(answer_table, scope), "window": scope.window.as_text(), "demo": self._demo}

    def privacy(self) -> dict[str, Any]:
        """Which preset holds, and what whoever looks at the data has to know."""
        return self._privacy().as_json(self._store.query(_TEXTS).rows[0][0])

    def sql(self, text: str) -> dict[str, Any]:
        """Columns and rows of one read-only statement. Raises QueryError."""
        return _table(self._store.query_sql(text))

    def explain(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Why sources differ from the ledger; see `Explainer.explain`. Raises QueryError."""
        return {**self._explainer.explain(parameters), "demo": self._demo}

    def ledger(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """A page of the ledger's rows; parameters since, until, after. Raises QueryError."""
        return self._explainer.ledger(parameters)

    def eval_sessions(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Sessions that began in the window, with what evals measure of each; parameters since, until, range, tz, and
        filters by what is of a session as a whole. Raises QueryError.
        """  # noqa: D205 - one sentence
        scope = self.scope(parameters)
        result = ask_sessions(self._store, scope.window, scope.filters, people=scope.compares_people)  # type: ignore[arg-type]
        return {**self._in_clear(_table(result)), "window": scope.window.as_text(), "demo": self._demo}

    def ask(self, name: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """The answer to one of QUESTIONS, with its window. Raises QueryError."""
        question = QUESTIONS[name]
        scope = self.scope(parameters, own=question.parameters)
        made = question.finish(self.make(question.make, scope))
        return {**made, "window": scope.window.as_text(), "demo": self._demo}

    def scope(self, parameters: Mapping[str, str], *, own: frozenset[str] = frozenset()) -> Scope:
        """What parameters say: those in `own` are the question's, the window's are known, all others are filters.

        Raises QueryError, also where the preset forbids to narrow a question to single people.
        """
        compares_people = self._compares_people()
        filters = {
            FILTER_NAMES.get(name, name): self._values(name, text)
            for name, text in parameters.items()
            if name not in own and name not in WINDOW
        }
        if not compares_people:
            refuse_people(filters)
        return Scope(
            window=self._window(parameters),
            now_us=self._clock.now_us(),
            filters=filters,
            parameters={name: text for name, text in parameters.items() if name in own},
            monthly_budget_microusd=self._monthly_budget_microusd,
            daily_budget_microusd=self._daily_budget_microusd,
            compares_people=compares_people,
        )

    def _compares_people(self) -> bool:
        return self._privacy().in_force.preset is not Preset.STRICT

    def make(self, make: Make, scope: Scope) -> dict[str, Any]:
        """What `make` answers, in JSON values, with clear names where the owner chose to see them. Raises QueryError."""
        return self._in_clear(as_json_value(make(self._store, scope)))  # type: ignore[arg-type]

    def _values(self, name: str, text: str) -> list[str | None]:
        """What is stored for the values of a filter."""
        values = text.split(",")
        if max(map(len, values)) > LONGEST_VALUE:
            raise QueryError(f"a value of {name!r} is too long", hint=f"at most {LONGEST_VALUE} characters")
        return [None if value == NO_VALUE else self._name(name, value) for value in values]

    def _in_clear(self, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer with clear names in place of pseudonyms, where the owner chose to see them."""
        if self._privacy().identity != "clear":
            return answer
        names = dict(self._store.query(_CLEAR).rows)
        named: dict[str, Any] = _replace_texts(answer, names)
        return named

    def _window(self, parameters: Mapping[str, str]) -> Window:
        return parse_window(
            zone=find_zone(parameters["tz"]) if "tz" in parameters else self._zone,
            now_us=self._clock.now_us(),
            since=parameters.get("since"),
            until=parameters.get("until"),
            range_=parameters.get("range"),
        )


_PLAIN = frozenset({str, int, bool})


def as_json_value(value: Any) -> Any:
    """A cell as JSON can hold it: times as ISO 8601 UTC, numbers that JSON has not as null."""
    if value is None or type(value) in _PLAIN:  # nearly all of them, of which there may be many thousands
        return value
    if isinstance(value, datetime):
        return value.isoformat() + "Z"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(k): as_json_value(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [as_json_value(v) for v in value]
    if isinstance(value, (int, str)):
        return value
    return value.hex() if isinstance(value, bytes) else str(value)


def _replace_texts(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, Mapping):
        return {name: _replace_texts(item, names) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replace_texts(item, names) for item in value]
    return value


class _Timed:
    """Counts how long each query took."""

    def __init__(self, store: SqlStore, clock: Clock, times: QueryTimes) -> None:
        self._store = store
        self._clock = clock
        self._times = times

    def query(self, statement: Statement, *, timeout_s: float = 30.0, max_rows: int = 100_000) -> Result:
        start = self._clock.monotonic_s()
        try:
            return self._store.query(statement, timeout_s=timeout_s, max_rows=max_rows)
        finally:
            self._times.add(self._clock.monotonic_s() - start)

    def query_sql(self, sql: str) -> Result:
        start = self._clock.monotonic_s()
        try:
            return self._store.query_sql(sql)
        finally:
            self._times.add(self._clock.monotonic_s() - start)


def _table(result: Result) -> dict[str, Any]:
    return {"columns": list(result.columns), "rows": [[as_json_value(v) for v in row] for row in result.rows]}
