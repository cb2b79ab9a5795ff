"""Whatever an answer of the API asks of the store, DuckDB and ClickHouse say the same, statement by statement.

The made-up month of tests/truth is in both. Each endpoint is asked as clients ask it; the store behind it runs every
statement on both engines and notes where cells differ.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import Iterator
from datetime import UTC
from typing import Any

import pytest

from tachograph.ports import Batch, Result, Statement
from tachograph.server.questions import QUESTIONS
from tachograph.store.duckdb import DuckDBStore, load_macros
from tests.contracts.test_sql_contract import Clickhouse, same
from tests.served import TOKEN, Served, served
from tests.truth.endpoints import ENDPOINTS
from tests.truth.month import BUDGET_USD, EMAIL, NOW, ORGANIZATION, make_month

pytestmark = [pytest.mark.chdb, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(300)]

if importlib.util.find_spec("chdb") is None and not os.environ.get("CI"):
    pytest.skip("chdb is not installed", allow_module_level=True)

_TYPES = {
    "VARCHAR": "String", "BIGINT": "Int64", "DOUBLE": "Float64", "BOOLEAN": "Bool", "TIMESTAMP": "DateTime64(6, 'UTC')",
    "UUID": "UUID", "UBIGINT": "UInt64", "DATE": "Date32",
}  # fmt: skip

QUESTIONED: dict[str, tuple[dict[str, str], ...]] = {
    "now": ({}, {"agent": "claude_code", "tz": "Asia/Kolkata"}),
    "received": ({}, {"tz": "Asia/Kolkata"}),
    "concurrency": (
        {},
        {"range": "30d"},
        {"range": "9d", "grain": "hour", "tz": "Asia/Kolkata", "idle_minutes": "5"},
        {"range": "90d", "grain": "week", "tz": "Europe/Berlin", "agent": "claude_code", "idle_minutes": "90"},
        {"range": "all", "grain": "month", "at": "2026-10-20T10:00:00Z"},
    ),
}
"""Questions that take parameters of their own."""

CLASSIC = [*ENDPOINTS, "metrics/timeline", "sessions", "analytics/trends"]
ASKED = (
    {"range": "7d"},
    {"range": "90d", "user_email": EMAIL, "tz": "Europe/Berlin"},
    {"start_time": "2026-10-24T09:30:00Z", "end_time": "2026-10-26T21:10:05Z", "organization_id": ORGANIZATION},
)


Pair = tuple[Served, Served]


def differences(one: Any, other: Any, path: str = "") -> list[str]:
    """Where two answers are not the same; sums of fractions may have other last bits."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [d for name in one for d in differences(one[name], other[name], f"{path}.{name}")]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = enumerate(zip(one, other, strict=True))
        return [d for number, (left, right) in pairs for d in differences(left, right, f"{path}[{number}]")]
    return [] if same(one, other) else [f"{path}: {one!r} and {other!r}"[:400]]


def compare(pair: Pair, path: str, **parameters: Any) -> None:
    """The same status and the same body from both."""
    headers = {"Authorization": f"Bearer {TOKEN}"}
    one, other = (served.client.get(path, params=parameters, headers=headers) for served in pair)
    assert one.status_code == 200, (path, parameters, one.text)
    assert other.status_code == 200, (path, parameters, _why(pair[1]))
    assert not differences(one.json(), other.json()), (path, parameters)


def _why(served: Served) -> str:
    store: Any = served.store
    return str(store.refused)


class Asked:
    """The second engine as a store; keeps what it said of a statement that it could not run."""

    def __init__(self, engine: Clickhouse) -> None:
        self._engine = engine
        self.refused = ""

    def query(self, statement: Statement, **limits: Any) -> Result:
        try:
            return self._engine.query(statement)
        except RuntimeError as error:
            self.refused = f"{statement.name}: {str(error)[:500]}"
            raise


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    from chdb.session import Session

    store = DuckDBStore(":memory:")
    store.write(Batch(events=make_month(7, sessions=60).events))
    store.settle()
    session = Session()
    for statement in load_macros("clickhouse").split(";"):
        if statement.strip():
            session.query(statement)
    session.query("set max_query_size = 4194304")
    session.query("create database if not exists answers")
    session.query("use answers")
    tables = store.query_sql("select table_name from duckdb_tables() where not internal and not temporary").rows
    for (table,) in tables:
        _copy(store, session, table)
    engine: Any = Asked(Clickhouse(session))
    now = NOW.replace(tzinfo=UTC)
    with (
        served(store=store, now=now, budget_usd=BUDGET_USD) as one,
        served(store=engine, now=now, budget_usd=BUDGET_USD) as other,
    ):
        yield one, other
    session.close()
    store.close()


def _copy(store: DuckDBStore, session: Any, table: str) -> None:
    columns = store.query_sql(
        f"select column_name, data_type, is_nullable from duckdb_columns() where table_name = '{table}' order by column_index"
    ).rows
    if not all(type_ in _TYPES for _, type_, _ in columns):
        return  # what is for settling only
    listed = ", ".join(f"{n} Nullable({_TYPES[t]})" if null else f"{n} {_TYPES[t]}" for n, t, null in columns)
    session.query(f"create table {table} ({listed}) engine = Memory")
    records = store.query(Statement(name="all", sql=f"from {table}"), max_rows=10**6).records()
    if records:
        lines = "\n".join(json.dumps(record, default=str) for record in records)
        session.query(f"insert into {table} format JSONEachRow\n{lines}")


@pytest.mark.parametrize("path", CLASSIC)
def test_the_classic_endpoints(pair, path):
    for parameters in ASKED:
        compare(pair, f"/api/{path}", **parameters)


def test_sessions_one_by_one(pair):
    for session in pair[0].data("/api/sessions", limit=100)["sessions"][::20]:
        compare(pair, f"/api/sessions/{session['id']}")
        compare(pair, f"/api/sessions/{session['id']}/metrics")


@pytest.mark.parametrize("name", QUESTIONS)
def test_questions(pair, name):
    for parameters in QUESTIONED.get(
        name, ({}, {"range": "30d"}, {"range": "90d", "tz": "Asia/Kolkata", "agent": "codex"})
    ):
        compare(pair, f"/api/v1/{name}", **parameters)
