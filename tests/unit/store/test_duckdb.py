"""What holds for the embedded store beyond the contract: the file, its lock, migrations, SQL from people."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
import time

import duckdb
import pytest

from tachograph.ports import Batch, Position, Statement
from tachograph.store import migrate as migrations
from tachograph.store.columns import ATTRIBUTE_COLUMNS, FIXED_COLUMNS
from tachograph.store.duckdb import DuckDBStore, StoreConfig
from tachograph.testing import make_event
from tachograph_sdk.errors import MigrationFailed, QueryError, QueryTooLarge, StoreBusy
from tests.unit.store.traffic import make_traffic


def open_elsewhere(path: object) -> str:
    code = (
        "import sys\nfrom tachograph.store.duckdb import DuckDBStore\n"
        "try: DuckDBStore(sys.argv[1]).close()\nexcept Exception as e: print(type(e).__name__, '|', e, '|', e.hint)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    return done.stdout


def test_the_file_is_for_its_owner_alone(tmp_path):
    DuckDBStore(tmp_path / "deep" / "store.duckdb").close()
    assert stat.S_IMODE(os.stat(tmp_path / "deep" / "store.duckdb").st_mode) == 0o600
    assert stat.S_IMODE(os.stat(tmp_path / "deep").st_mode) == 0o700


def test_a_second_process_is_told_that_the_store_is_taken(tmp_path):
    store = DuckDBStore(tmp_path / "store.duckdb")
    try:
        said = open_elsewhere(tmp_path / "store.duckdb")
    finally:
        store.close()
    assert said.startswith(StoreBusy.__name__)
    assert "stop it first" in said
    assert open_elsewhere(tmp_path / "store.duckdb") == ""


def test_everything_is_there_after_a_reopening(tmp_path):
    store = DuckDBStore(tmp_path / "store.duckdb")
    store.write(Batch(events=make_traffic(1).events, position=Position(2, 3)))
    store.settle()
    before = store.query(Statement(name="q", sql="select * from requests order by request_key")).rows
    store.close()
    store = DuckDBStore(tmp_path / "store.duckdb")
    try:
        assert store.query(Statement(name="q", sql="select * from requests order by request_key")).rows == before
        assert store.position() == Position(2, 3)
        assert store.write(Batch(events=make_traffic(1).events)).new == 0
        assert store.write(Batch(events=[make_event(key="new")])).new == 1
    finally:
        store.close()


def test_the_columns_of_events_are_the_attributes_that_have_one():
    store = DuckDBStore(":memory:")
    names = [c[0] for c in store.query_sql("select column_name from (describe events)").rows]
    types = dict(store.query_sql("select column_name, column_type from (describe events)").rows)
    store.close()
    fixed = ["event_id", "seq", *FIXED_COLUMNS[1:], "bucket"]
    assert names == [*fixed, *ATTRIBUTE_COLUMNS, "attributes"]
    as_stored = {"text": "VARCHAR", "count": "BIGINT", "number": "DOUBLE", "flag": "BOOLEAN"}
    assert {n: types[n] for n in ATTRIBUTE_COLUMNS} == {n: as_stored[t] for n, t in ATTRIBUTE_COLUMNS.items()}


def test_migrations_run_once_by_name(tmp_path):
    connection = duckdb.connect(str(tmp_path / "x.duckdb"))
    assert migrations.migrate(connection) == list(migrations.available())
    assert migrations.migrate(connection) == []
    connection.close()


def test_a_store_of_a_newer_version_is_refused_and_left_alone(tmp_path):
    path = tmp_path / "store.duckdb"
    DuckDBStore(path).close()
    raw = duckdb.connect(str(path))
    raw.execute("insert into migrations values ('9999_from_the_future', now()::timestamp)")
    raw.close()
    with pytest.raises(MigrationFailed, match="newer version") as caught:
        DuckDBStore(path)
    assert "upgrade" in caught.value.hint
    raw = duckdb.connect(str(path))
    assert raw.execute("select count(*) from events").fetchall() == [(0,)]
    raw.close()


@pytest.mark.parametrize("at", range(3))
def test_a_failing_migration_leaves_the_store_as_it_was(tmp_path, monkeypatch, at):
    steps = ["create table extra (a int)", "insert into extra values (1)", "insert into drops values ('a', 'b', 1)"]
    steps[at] = "select no_such_function()"
    path = tmp_path / "store.duckdb"
    DuckDBStore(path).close()
    known = migrations.available()
    monkeypatch.setattr(migrations, "available", lambda: {**known, "0999_bad": ";".join(steps)})
    with pytest.raises(MigrationFailed, match="0999_bad"):
        DuckDBStore(path)
    monkeypatch.undo()
    store = DuckDBStore(path)
    try:
        assert store.query_sql("select count(*) from duckdb_tables() where table_name = 'extra'").rows == [(0,)]
        assert store.query_sql("select count(*) from drops").rows == [(0,)]
    finally:
        store.close()


def test_a_query_that_takes_too_long_is_stopped():
    store = DuckDBStore(":memory:", StoreConfig(query_timeout_s=0.2))
    try:
        with pytest.raises(QueryTooLarge, match="took longer"):
            store.query_sql("select sum(a.range * b.range) from range(1000000000) a, range(1000000) b")
        assert store.query_sql("select 1").rows == [(1,)]
    finally:
        store.close()


@pytest.mark.parametrize(
    "sql",
    [
        "drop table events", "insert into drops values ('a', 'b', 1)", "select 1; select 2", "", "copy events to 'x.csv'",
        "attach 'x.db'", "set threads = 1", "pragma database_size", "install httpfs", "load httpfs", "create table x (a int)",
        "select * from read_text('/etc/passwd')", "select * from '/etc/passwd'", "select * from glob('/*')",
        "from read_csv('https://example.org/x.csv')", "delete from events", "call pragma_version()", "checkpoint",
        "with x as (delete from events returning *) select * from x", "select nothing", "export database 'x'",
        "update events set agent = ''", "begin transaction", "selec 1",
    ],
)  # fmt: skip
def test_sql_from_people_reads_this_store_and_nothing_else(tmp_path, monkeypatch, sql):
    monkeypatch.chdir(tmp_path)
    store = DuckDBStore(tmp_path / "store.duckdb")
    try:
        store.write(Batch(events=[make_event()]))
        with pytest.raises(QueryError):
            store.query_sql(sql)
        assert store.query_sql("select count(*) from events").rows == [(1,)]
        assert {p.name for p in tmp_path.iterdir()} <= {"store.duckdb", "store.duckdb.wal", "store.duckdb.tmp"}
    finally:
        store.close()


@pytest.mark.parametrize("sql", ["select 1 as a", "with x as (select 1 as a) from x", "show tables", "describe events",
                                 "explain select 1", "summarize drops", "values (1)", "from requests;"])  # fmt: skip
def test_reading_statements_are_answered(sql):
    store = DuckDBStore(":memory:")
    try:
        assert store.query_sql(sql).columns
    finally:
        store.close()


def test_the_store_needs_no_pandas_pyarrow_or_numpy():
    code = (
        "import sys\nfrom tachograph.ports import Batch\nfrom tachograph.store.duckdb import DuckDBStore\n"
        "from tachograph.testing import make_event\nfrom tachograph.analytics.report import build_report\n"
        "from tachograph.analytics.query import Window\ns = DuckDBStore(':memory:')\n"
        "s.write(Batch(events=[make_event(model='m', input_tokens=1)])); s.settle(); build_report(s, Window(), ['day'])\n"
        "s.close()\nprint(sorted({'pandas', 'pyarrow', 'numpy', 'polars'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == ("[]", "")


def test_what_has_no_time_of_its_own_counts_once_however_much_later_it_comes_again():
    store = DuckDBStore(":memory:")
    hour_us = 3_600_000_000
    for arrival in (1, 2, 3):
        at_us = 1_795_000_000_000_000 + arrival * hour_us
        event = make_event(key="undated", at_us=at_us, received_us=at_us, request_id="req_1", input_tokens=5)
        store.write(Batch(events=[event]))
    store.settle()
    assert store.query(Statement(name="count", sql="select count(*) from events")).rows == [(1,)]
    store.close()


def test_closing_waits_for_whoever_still_reads() -> None:
    store = DuckDBStore(":memory:")
    told: list[object] = []
    slow = Statement(
        name="slow", sql="select count(*) from range(60_000) a, range(6_000) b where a.range % 7 = b.range % 11"
    )
    reader = threading.Thread(target=lambda: told.append(store.query(slow).rows))
    reader.start()
    while not store._readers:
        time.sleep(0.001)
    store.close()
    reader.join()
    assert told
