"""Every query text runs on DuckDB and on ClickHouse, and both give the same cells.

ClickHouse is here as chDB, the same engine in a library; it belongs to the tests alone. Where it is not installed these
tests are skipped, except in CI, where that is an error.
"""

from __future__ import annotations

import importlib.util
import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tachograph.analytics.adoption import retention
from tachograph.analytics.compile import answer
from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.errors.question import errors
from tachograph.analytics.errors.review import review
from tachograph.analytics.eval.measures import MEASURES, Missing, value_of
from tachograph.analytics.eval.sessions import FILTERS, ask_sessions
from tachograph.analytics.explain.explanation import explain
from tachograph.analytics.explain.rows import ledger_page
from tachograph.analytics.explain.scope import Selection
from tachograph.analytics.explain.session_cost import compare_session_totals
from tachograph.analytics.highlights import highlights
from tachograph.analytics.live import last_number, records_between, standing
from tachograph.analytics.markers import markers
from tachograph.analytics.metrics import METRICS, dimensions_of
from tachograph.analytics.now import now
from tachograph.analytics.query import Query, Window
from tachograph.analytics.report import TOTALS, build_report
from tachograph.analytics.scope import Scope
from tachograph.analytics.sessions.listing import list_sessions
from tachograph.analytics.sessions.one import show_session
from tachograph.analytics.table import Order, TableQuestion, ask_table
from tachograph.analytics.trends.drivers import find_drivers
from tachograph.analytics.trends.markers import find_markers
from tachograph.analytics.trends.questions import anomalies, budget, forecast, trends
from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch, Result, Statement
from tachograph.pricing.price import PriceTable
from tachograph.store.duckdb import DuckDBStore, load_macros
from tachograph.store.opening import load_views
from tachograph.testing import make_event
from tachograph_sdk.model.event import DropReason, Event, EventKind, Source
from tests.unit.store.traffic import make_traffic

pytestmark = [pytest.mark.chdb, pytest.mark.filterwarnings("ignore"), pytest.mark.timeout(300)]

if importlib.util.find_spec("chdb") is None and not os.environ.get("CI"):
    pytest.skip("chdb is not installed", allow_module_level=True)

TABLES = (
    "requests",
    "tool_calls",
    "prompts",
    "outcomes",
    "session_hours",
    "sessions",
    "hours",
    "drops",
    "events",
    "event_copies",
    "kin",
    "differences",
    "counters",
    "limits",
    "feature_uses",
    "hook_sessions",
    "archived",
    "compactions",
    "rates",
    "numbering",
    "settled",
    "identities",
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def at_minute(minute: int) -> int:
    """Microseconds since 1970 of a minute of a session."""
    return 1_760_100_000_000_000 + minute * 60_000_000


WINDOWS = {
    "all": Window(),
    "whole days": Window(start=at("2025-10-10"), end=at("2025-10-12")),
    "odd": Window(start=at("2025-10-09T13:00:07"), end=at("2025-10-11T05:30:00")),
    "within a day": Window(start=at("2025-10-10T03:00:00"), end=at("2025-10-10T19:00:00.000005")),
    "open": Window(start=at("2025-10-10T08:00:00")),
    "nothing": Window(start=at("2031-01-01")),
}
_OF_FULL: dict[str, Any] = {"session_id": "s_full", "repository": "r_1", "user_id": "u_1"}
FULL_SESSION = [
    make_event(EventKind.PROMPT, at_us=at_minute(0), prompt_id="q1", **_OF_FULL),
    make_event(
        at_us=at_minute(1), request_id="req_sub", model="opus", query_source="subagent", skill="pdf", plugin="tools",
        mcp_server="github", reasoning_tokens=7, output_tokens=9, cache_write_tokens=8, cache_write_5m_tokens=6,
        web_search_requests=2, cost_nanousd=12_345_678, cost_basis="reported", **_OF_FULL,
    ),
    make_event(
        EventKind.USAGE_COUNTER, at_us=at_minute(1), source=Source.OTEL_METRIC, model="unseen", counter="cost",
        cost_nanousd=55_000, **_OF_FULL,
    ),
    make_event(
        EventKind.CODE_CHANGE, at_us=at_minute(2), source=Source.OTEL_METRIC, lines_added=3, file="f_1", language="python",
        **_OF_FULL,
    ),
    make_event(EventKind.VCS_COMMIT, at_us=at_minute(7), source=Source.OTEL_METRIC, quantity=1, **_OF_FULL),
    *(
        make_event(
            EventKind.SESSION_ACTIVITY, at_us=at_minute(8), source=Source.OTEL_METRIC, active_seconds=12.25, active_by=who,
            **_OF_FULL,
        )
        for who in ("user", "cli")
    ),
    make_event(
        EventKind.SESSION_SUMMARY, at_us=at_minute(9), source=Source.HOOK, session_id="s_told", user_id="u_1",
        counting="responses", session_seconds=100, turns=3, tool_calls_counted=5, tool_errors_counted=1,
        said_output_tokens=70, hook_ms=12.5,
    ),
]  # fmt: skip
"""What the made-up traffic has not: a session of which everything is told."""
ZONES = ("Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns")
_TYPES = {
    "VARCHAR": "String", "BIGINT": "Int64", "DOUBLE": "Float64", "BOOLEAN": "Bool", "TIMESTAMP": "DateTime64(6, 'UTC')",
    "UUID": "UUID",
}  # fmt: skip


class Clickhouse:
    """Reads like a store: `$name` becomes a typed placeholder, which is this engine's way to bind."""

    def __init__(self, session: Any) -> None:
        self._session = session

    def query(self, statement: Statement, *, timeout_s: float = 30, max_rows: int = 100_000) -> Result:
        used = set(re.findall(r"\$(\w+)", statement.sql))
        values = {name: statement.parameters[name] for name in used}
        sql = re.sub(r"\$(\w+)", lambda m: f"{{{m[1]}:{_placeholder(values[m[1]])}}}", statement.sql)
        bound = {name: str(value) for name, value in values.items()}
        text = self._session.query(sql, "JSONCompactEachRowWithNamesAndTypes", params=bound).bytes().decode()
        names, types, *rows = [json.loads(line) for line in text.splitlines() if line]
        return Result(columns=names, rows=[tuple(map(_cell, row, types)) for row in rows])

    def create(self, sql: str) -> None:
        """Make a view."""
        self._session.query(sql.rstrip().rstrip(";"))


def _placeholder(value: object) -> str:
    if isinstance(value, datetime):
        return "DateTime64(6, 'UTC')"
    return "Int64" if isinstance(value, int) else "String"


def _cell(value: Any, type_: str) -> Any:
    """JSON cell to Python: times as the other engine gives them."""
    if value is None:
        return None
    if "Date" in type_:
        return datetime.fromisoformat(value)
    if "Int" in type_:
        return int(value)
    return value


def make_failing_session() -> list[Event]:
    """A session in which everything goes wrong: edits of one file in a row, refused calls, rate limits, no answer at last."""
    start = 1_760_100_000_000_000
    shared: dict[str, Any] = {"session_id": "s_failing", "user_id": "u_1", "source": Source.TRANSCRIPT}
    made = [make_event(EventKind.PROMPT, at_us=start, prompt_id="p_f", prompt_origin="human", key="pf", **shared)]
    for n in range(12):
        call: dict[str, Any] = {"tool_use_id": f"toolu_f{n}", "tool_name": "Edit", "success": n > 6, "key": f"tf{n}"}
        call |= {"at_us": start + n * 1_000_000 + 7, "file": "f_0000000000000001"}
        call |= {} if n > 6 else {"error_class": "not_found"}
        made.append(make_event(EventKind.TOOL_CALL, **shared, **call))
    for n in range(6):
        call = {
            "tool_use_id": f"toolu_d{n}",
            "tool_name": "Bash",
            "success": False,
            "key": f"td{n}",
            "decision": "reject",
        }
        call |= {"at_us": start + 20_000_000 + n, "permission_mode": "plan"}
        call |= {"decision_source": "user_reject"} if n else {}
        made.append(make_event(EventKind.TOOL_CALL, **shared, **call))
    for n, status in enumerate((429, 429, 529, 500)):
        call = {"request_id": f"req_f{n}", "model": "opus", "status_code": status, "error_class": f"http_{status}"}
        made.append(make_event(EventKind.API_ERROR, key=f"rf{n}", at_us=start + 30_000_000 + n, **shared, **call))
    return made


@pytest.fixture(scope="module")
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    for seed in (1, 2, 3, 4, 5, 6):
        store.write(Batch(events=make_traffic(seed).events, drops={(DropReason.BAD_LINE, "x"): seed}))
    extra = [
        make_event(request_id="req_slow", model="opus", input_tokens=3, duration_ms=1234.5, ttft_ms=99.0, skill="demo"),
        make_event(request_id="req_other", model="mystery", input_tokens=5, cost_basis="unpriced", duration_ms=10.0),
        make_event(
            EventKind.API_ERROR, request_id="req_bad", model="opus", status_code=400, error_class="invalid_request"
        ),
        make_event(EventKind.API_ERROR, source=Source.TRANSCRIPT, model="opus", status_code=529, status="retried"),
        make_event(EventKind.TOOL_CALL, tool_use_id="t1", tool_name="Bash", success=False, duration_ms=17.0),
        make_event(
            EventKind.TOOL_DECISION, tool_use_id="t2", tool_name="Write", decision="reject", decision_source="user"
        ),
        make_event(
            EventKind.FEATURE_USE,
            source=Source.TRANSCRIPT,
            key="c1",
            feature="compaction",
            trigger="auto",
            pre_tokens=150_000,
        ),
        make_event(EventKind.FEATURE_USE, source=Source.TRANSCRIPT, key="c2", feature="compaction", trigger="manual"),
        make_event(
            request_id="req_cached",
            model="claude-opus-4-5",
            cache_read_tokens=10**12,
            cache_write_tokens=30,
            cache_write_1h_tokens=10,
        ),
        *FULL_SESSION,
        make_event(EventKind.VCS_COMMIT, source=Source.OTEL_METRIC, quantity=2),
        make_event(EventKind.VCS_PULL_REQUEST, source=Source.OTEL_METRIC, quantity=1),
        make_event(EventKind.SESSION_ACTIVITY, source=Source.OTEL_METRIC, active_seconds=12.25),
        make_event(
            EventKind.USAGE_LIMIT,
            source=Source.HOOK,
            limit_window="five_hour",
            limit_used_ratio=0.83,
            limit_resets_s=1_760_100_000,
        ),
        make_event(
            source=Source.TRANSCRIPT,
            message_id="m_naive",
            model="claude-opus-4-5",
            output_tokens=9,
            cost_nanousd=5,
            cost_basis="priced",
            usage_records=3,
            naive_output_tokens=11,
        ),
        make_event(
            EventKind.USAGE_COUNTER,
            source=Source.TRANSCRIPT,
            counter="session_total",
            model="opus",
            output_tokens=9,
            cost_nanousd=7,
            lineage="1",
        ),
    ]
    names = {"u_0000000000000001": "jane@example.org"}
    store.write(Batch(events=[*extra, *make_failing_session()], identities=names))
    store.settle()
    # prices of a model that is used, of which the table changed one within these days
    for begin, end, fresh in (("null", "'2025-10-10'", 5), ("'2025-10-10'", "null", 4)):
        store._writer.execute(
            f"insert into rates values ('opus', {begin}::timestamp, {end}::timestamp, {fresh - 1}, 1, 5, {fresh}, 25)"
        )
    yield store
    store.close()


@pytest.fixture(scope="module")
def clickhouse(store: DuckDBStore) -> Iterator[Clickhouse]:
    from chdb.session import Session

    session = Session()
    for statement in load_macros("clickhouse").split(";"):
        if statement.strip():
            session.query(statement)
    session.query("set max_query_size = 4194304")  # a zone's changes stand in each part of a report's statement
    session.query("create database if not exists contract")
    session.query("use contract")
    for table in TABLES:
        columns = store.query_sql(
            f"select column_name, data_type, is_nullable from duckdb_columns() where table_name = '{table}' order by column_index"
        ).rows
        listed = ", ".join(f"{n} Nullable({_TYPES[t]})" if null else f"{n} {_TYPES[t]}" for n, t, null in columns)
        session.query(f"create table {table} ({listed}) engine = Memory")
        records = store.query(Statement(name="all", sql=f"from {table}"), max_rows=10**6).records()
        lines = "\n".join(json.dumps(record, default=str) for record in records)
        if records:
            session.query(f"insert into {table} format JSONEachRow\n{lines}")
        count = session.query(f"select count() from {table}", "JSONCompactEachRow").bytes().decode()
        assert json.loads(count) in ([len(records)], [str(len(records))]), table
    yield Clickhouse(session)
    session.close()


@pytest.mark.parametrize("view", load_views())
def test_every_view_has_the_same_rows(store, clickhouse, view):
    clickhouse.create(load_views()[view])
    question = Statement(name=view, sql=f"select * from {view}")
    ours, theirs = store.query(question), clickhouse.query(question)
    assert list(ours.columns) == list(theirs.columns)
    key = lambda row: [str(cell) for cell in row[:8]]  # noqa: E731 - ids, and who and where
    left, right = sorted(ours.rows, key=key), sorted(theirs.rows, key=key)
    assert len(left) == len(right) > 5
    for one, two in zip(left, right, strict=True):
        assert all(map(same, one, two)), (one, two)
    by_name = {row["user_id"]: row["user_email"] for row in ours.records()}
    assert by_name["u_0000000000000001"] == "jane@example.org"
    assert by_name["u_0000000000000000"] == "u_0000000000000000"


def same(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return bool(left) == bool(right)
    if isinstance(left, float) or isinstance(right, float):
        return left is not None and right is not None and math.isclose(left, right, rel_tol=1e-12)
    if isinstance(left, date) and isinstance(right, date):
        return datetime.fromisoformat(str(left)) == datetime.fromisoformat(str(right))
    return left == right


def compare(store: DuckDBStore, clickhouse: Clickhouse, query: Query, *, untold: bool = False) -> int:
    ours, theirs = (answer(s, query, untold=untold) for s in (store, clickhouse))  # type: ignore[arg-type]
    assert list(ours.columns) == list(theirs.columns) == [*query.by, *query.metrics]
    key = lambda row: [(cell is not None, str(cell)) for cell in row[: len(query.by)]]  # noqa: E731
    left, right = sorted(ours.rows, key=key), sorted(theirs.rows, key=key)
    assert len(left) == len(right), query
    for one, two in zip(left, right, strict=True):
        assert all(map(same, one, two)), (query, one, two)
    return len(left)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_every_metric_by_every_dimension_gives_the_same_cells(store, clickhouse, dimension):
    """Several metrics in a statement: each is worked out from its own fact, whatever stands beside it."""
    metrics = [name for name, metric in METRICS.items() if dimension in dimensions_of(metric)]
    cells = 0
    for first in range(0, len(metrics), 25):
        cells += compare(store, clickhouse, Query(metrics=metrics[first : first + 25], by=[dimension]))
    assert cells > 0


def test_every_metric_alone_gives_the_same_cells_and_says_something(store, clickhouse):
    for metric in METRICS:
        query = Query(metrics=[metric], by=["agent"])
        compare(store, clickhouse, query)
        assert any(row[-1] for row in answer(store, query).rows), metric


@pytest.mark.parametrize("window", WINDOWS)
def test_the_report_says_the_same_on_both_for_any_window(store, clickhouse, window):
    by = ["day", "week", "model", "agent", "user", "session", "source", "tool", "hour"]
    ours = build_report(store, WINDOWS[window], by)
    theirs = build_report(clickhouse, WINDOWS[window], by)
    assert ours.totals == theirs.totals
    for name in by:
        assert sorted(ours.by[name], key=repr) == sorted(theirs.by[name], key=repr), name


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("window", WINDOWS)
def test_local_times_are_the_same_on_both(store, clickhouse, window, zone):
    asked = replace(WINDOWS[window], zone=find_zone(zone))
    for dimension in ("hour", "day", "week", "month", "weekday", "hour_of_day"):
        query = Query(
            metrics=["requests", "total_tokens", "sessions", "coverage", "tool_calls"], by=[dimension], window=asked
        )
        compare(store, clickhouse, query)
    compare(store, clickhouse, Query(metrics=["requests"], filters={"hour": ["2025-10-10T13:00"]}, window=asked))
    assert build_report(store, asked).totals == build_report(clickhouse, asked).totals


def test_filters_keep_the_same_rows(store, clickhouse):
    values: dict[str, list[str | None]] = {
        "model": ["opus"], "user": [None], "day": ["2025-10-10"], "weekday": ["4", "5"], "agent": ["claude_code", "codex"],
        "hour": ["2025-10-10T13:00"], "source": ["both", None], "project": ["p_1", None], "outcome": ["ok"],
    }  # fmt: skip
    some = 0
    for name, kept in values.items():
        metrics = [m for m in ("requests", "total_tokens", "cost_usd")]  # noqa: C416
        some += compare(store, clickhouse, Query(metrics=metrics, by=["model"], filters={name: kept}))
    assert some > 10


def test_outcomes_of_which_nobody_told_what_is_asked_for_are_unknown_on_both(store, clickhouse):
    metrics = [name for name, metric in METRICS.items() if "model" in dimensions_of(metric)]
    asked = {"model": ["opus"], "language": ["never seen"], "user": ["u_1"], "file": ["f_1"], "project": ["p_1", "p_2"]}
    unknown = 0
    for name, values in asked.items():
        possible = [metric for metric in metrics if name in dimensions_of(METRICS[metric])]
        for by in ([], ["day"], ["agent"]):
            for first in range(0, len(possible), 25):
                query = Query(metrics=possible[first : first + 25], by=by, filters={name: values})
                compare(store, clickhouse, query, untold=True)
        lines = Query(metrics=["lines_added", "lines_net"], filters={name: values})
        unknown += answer(store, lines, untold=True).rows == [(None, None)]
    assert unknown


def test_two_dimensions_and_all_totals_at_once(store, clickhouse):
    for window in WINDOWS.values():
        compare(store, clickhouse, Query(metrics=TOTALS, by=["day", "user"], window=window))
        compare(store, clickhouse, Query(metrics=TOTALS, by=["month", "agent", "project"], window=window))


@pytest.mark.parametrize("zone", ["UTC", *ZONES])
def test_who_comes_back_is_the_same_on_both(store, clickhouse, zone):
    cohorts = 0
    for window in WINDOWS.values():
        wanted: list[dict[str, list[str | None]]] = [{}, {"agent": ["claude_code", None], "entrypoint": [None]}]
        for filters in wanted:
            scope = Scope(window=replace(window, zone=find_zone(zone)), now_us=1_762_000_000_000_000, filters=filters)
            ours, theirs = retention(store, scope), retention(clickhouse, scope)
            assert ours == theirs
            cohorts += len(ours["cohorts"])
    assert cohorts > 0


SELECTIONS = {
    "all": Selection(),
    "a session": Selection(session="some"),
    "a window": Selection(window=WINDOWS["odd"]),
    "a model": Selection(models=("opus",), window=WINDOWS["within a day"]),
    "no model": Selection(models=()),
}


@pytest.mark.parametrize("selection", SELECTIONS)
def test_explanations_and_pages_of_the_ledger_are_the_same_on_both(store, clickhouse, selection):
    chosen, prices = SELECTIONS[selection], PriceTable.load()
    if chosen.session is not None:
        ((session,),) = store.query_sql(
            "select bucket from event_copies group by 1 order by count(*) desc, 1 limit 1"
        ).rows
        chosen = Selection(session=session)
    start, end = chosen.window.start, chosen.window.end
    in_utc = Window(start=start and start + timedelta(hours=2), end=end and end + timedelta(hours=2))
    ours = explain(store, chosen, prices, utc_window=in_utc, zone="Somewhere")
    theirs = explain(clickhouse, chosen, prices, utc_window=in_utc, zone="Somewhere")
    assert ours.as_json() == theirs.as_json()
    assert len(ours.ways) > 3 or selection in ("a session", "no model")
    totals = compare_session_totals(store, chosen), compare_session_totals(clickhouse, chosen)
    assert totals[0].as_json() == totals[1].as_json()
    after = None
    while True:
        pages = [ledger_page(s, chosen.window, after, limit=7) for s in (store, clickhouse)]
        assert [list(map(str, row)) for row in pages[0]["rows"]] == [list(map(str, row)) for row in pages[1]["rows"]]
        after = pages[0]["next"]
        if after is None:
            break


@pytest.mark.parametrize("window", WINDOWS)
def test_sessions_of_evals_are_the_same_on_both(store, clickhouse, window):
    filters: list[dict[str, list[str | None]]] = [{}, {"agent": ["claude_code", "codex"]}]
    filters += [{name: [None]} for name in FILTERS]
    seen = 0
    for kept in filters:
        ours, theirs = (ask_sessions(s, WINDOWS[window], kept) for s in (store, clickhouse))
        assert list(ours.columns) == list(theirs.columns)
        assert len(ours.rows) == len(theirs.rows)
        for one, two in zip(ours.records(), theirs.records(), strict=True):
            assert all(same(one[name], two[name]) for name in one), (one, two)
            for measure in MEASURES.values():
                values = [value_of(measure, row) for row in (one, two)]
                assert values[0] == values[1] or (not isinstance(values[0], Missing) and same(*values)), measure.name
        seen += len(ours.rows)
    assert seen or window == "nothing"


@pytest.mark.parametrize(
    "filters", [{}, {"agent": ["claude_code"]}, {"session": [None, "s_1"], "kind": ["tool.call", "api.request"]}]
)
def test_the_live_stream_reads_the_same_on_both(store, clickhouse, filters):
    assert standing(store, 0) == standing(clickhouse, 0)
    last = last_number(store, 3)
    assert last == last_number(clickhouse, 3) == standing(store, 0).upto
    assert standing(store, last).upto is standing(clickhouse, last).upto is None
    for after in (0, last // 2, last):
        ours, theirs = (records_between(s, after, last, limit=50, filters=filters) for s in (store, clickhouse))
        assert [list(record) for record in ours] == [list(record) for record in theirs]
        for one, two in zip(ours, theirs, strict=True):
            assert all(same(str(one[n]) if n == "event_id" else one[n], two[n]) for n in one), (one, two)
    assert records_between(store, 0, last, limit=50, filters=filters)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
@pytest.mark.parametrize("filters", [{}, {"agent": ["claude_code", None]}, {"user": [None]}])
def test_what_goes_on_is_the_same_on_both(store, clickhouse, filters, zone):
    ((last,),) = store.query_sql("select epoch_us(max(ended_at)) from sessions").rows
    seen = 0
    for minutes in (1, 20, 24 * 60):
        scope = Scope(window=Window(zone=find_zone(zone)), now_us=last + minutes * 60_000_000, filters=filters)
        ours, theirs = now(store, scope), now(clickhouse, scope)
        assert ours == theirs
        seen += len(ours["sessions"]) + sum(ours["minutes"]["requests"])
    assert seen


@pytest.mark.parametrize("window", WINDOWS)
def test_what_a_report_opens_with_is_the_same_on_both(store, clickhouse, window):
    scope = Scope(
        window=replace(WINDOWS[window], zone=find_zone("Asia/Kolkata")),
        now_us=1_760_200_000_000_000,
        monthly_budget_microusd=1_000_000,
    )
    ours, theirs = highlights(store, scope), highlights(clickhouse, scope)
    assert ours.keys() == theirs.keys()
    for name, value in ours.items():
        if isinstance(value, dict) and name in {"score", "figures", "before"}:
            assert all(same(value[key], theirs[name][key]) for key in value), name
        else:
            assert value == theirs[name], name


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata"])
def test_what_failed_and_which_sessions_need_review_is_the_same_on_both(store, clickhouse, zone):
    seen: Counter[str] = Counter()
    narrowed: list[dict[str, list[str | None]]] = [{}, {"agent": ["claude_code", None], "entrypoint": [None]}]
    for window in WINDOWS.values():
        for filters in narrowed:
            scope = Scope(window=replace(window, zone=find_zone(zone)), now_us=1_762_000_000_000_000, filters=filters)
            ours, theirs = errors(store, scope), errors(clickhouse, scope)
            assert ours == theirs
            seen["classes"] += len(ours["classes"])
            for name, found in ours["patterns"].items():
                seen[name] += len(found.get("groups", found.get("latest", ())))
            ours, theirs = review(store, scope), review(clickhouse, scope)
            assert ours == theirs
            seen["review"] += ours["needing_review"]
    assert all(
        seen[name] for name in ("classes", "review", "retry_loops", "denials", "rate_limits", "file_failures")
    ), seen


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "Australia/Lord_Howe"])
@pytest.mark.parametrize("filters", [{}, {"agent": ["claude_code", None]}, {"user": [None]}])
def test_trends_are_the_same_on_both(store, clickhouse, filters, zone):
    ((first, last),) = store.query_sql("select epoch_us(min(hour)), epoch_us(max(hour)) from hours").rows
    seen = 0
    for now_us in (first + 40 * 3_600_000_000, last + 60 * 86_400_000_000):
        scope = Scope(
            window=Window(zone=find_zone(zone)), now_us=now_us, filters=filters, monthly_budget_microusd=10**6
        )
        for question in (trends, forecast, anomalies, budget):
            ours, theirs = question(store, scope), question(clickhouse, scope)
            assert ours == theirs, question.__name__
        seen += len(trends(store, scope)["trends"])
    assert seen


def test_markers_and_contributors_are_the_same_on_both(store, clickhouse):
    scope = Scope(window=Window(), now_us=1_800_000_000_000_000)
    first, last = date(2020, 1, 1), date(2027, 1, 1)
    found = find_markers(store, scope, first, last)
    assert found == find_markers(clickhouse, scope, first, last)
    days = {date(2025, 10, 10): True, date(2025, 10, 11): False}
    for metric in ("cost_microusd", "sessions", "tool_errors"):
        ours, theirs = (find_drivers(s, scope, metric, days, date(2025, 10, 8), 30) for s in (store, clickhouse))
        assert ours == theirs, metric
        assert metric != "tool_errors" or any(ours.values())


def test_dated_remarks_are_the_same_on_both(store, clickhouse):
    kinds: Counter[str] = Counter()
    narrowed: list[dict[str, list[str | None]]] = [
        {},
        {"agent": ["claude_code", None]},
        {"project": [None]},
        {"model": ["opus"]},
    ]
    for window in (*WINDOWS.values(), Window(zone=find_zone("Asia/Kolkata"))):
        for filters in narrowed:
            scope = Scope(window=window, now_us=1_800_000_000_000_000, filters=filters)
            ours = markers(store, scope)
            assert ours == markers(clickhouse, scope)
            kinds.update(one["kind"] for one in ours["markers"])
            kinds.update(list(ours["reasons"]))
    assert kinds["agent_release"], kinds
    assert kinds["model"], kinds
    assert kinds["price"], kinds


@pytest.mark.parametrize("window", WINDOWS)
def test_tables_by_pages_and_sessions_are_the_same_on_both(store, clickhouse, window):
    both = (store, clickhouse)
    query = Query(metrics=["requests", "cost_usd", "cache_hit_ratio"], by=["agent", "model"], window=WINDOWS[window])
    question = TableQuestion(query=query, order=(Order("cost_usd", falling=True),), limit=3, offset=1)
    ours, theirs = (ask_table(one, question, now=at("2025-10-12")) for one in both)
    assert (list(ours.result.rows), ours.total_rows) == (list(theirs.result.rows), theirs.total_rows)
    for order in ("-started_at", "score", "-duration_seconds", "cost_usd"):
        scope = Scope(window=WINDOWS[window], now_us=0, parameters={"order": order, "limit": "4", "search": "s_"})
        listed, listed_there = (list_sessions(one, scope) for one in both)
        assert listed == listed_there
        then = replace(scope, filters={"weekday": ["1", "2", "3"], "hour_of_day": ["9", "13", "22"]})
        assert list_sessions(both[0], then) == list_sessions(both[1], then)
        for row in listed["sessions"][:2]:
            one_session = Scope(window=Window(), now_us=0, filters={"session": [row["id"]]}, parameters={"limit": "50"})
            ours_whole, theirs_whole = (show_session(one, one_session) for one in both)
            assert ours_whole == theirs_whole
