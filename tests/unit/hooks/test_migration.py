"""A store from before plugins reported has the uses of its old events, and everything else as it was."""

from __future__ import annotations

from pathlib import Path

import duckdb

from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tests.unit.hooks.test_ledger import rows
from tests.unit.store.test_settle_property import TABLES
from tests.unit.store.traffic import make_traffic


def contents(store: DuckDBStore) -> dict[str, list[str]]:
    return {table: sorted(map(repr, rows(store, f"select * from {table}"))) for table in TABLES}


def test_an_older_store_gets_the_new_tables_filled(tmp_path: Path) -> None:
    path = tmp_path / "store.duckdb"
    store = DuckDBStore(path)
    store.write(Batch(events=make_traffic(3).events))
    store.settle()
    before = contents(store)
    assert before["feature_uses"]
    assert before["hook_sessions"]
    store.close()
    with duckdb.connect(str(path)) as old:
        old.execute("drop table feature_uses; drop table hook_sessions")
        old.execute("delete from migrations where name = '0008_hooks'")
    store = DuckDBStore(path)
    try:
        assert rows(store, "select count(*) from feature_uses") == [(0,)]
        more = make_traffic(4).events
        store.write(Batch(events=more))
        store.settle()
        both = contents(store)
        store.rebuild()
        assert contents(store) == both
        assert set(before["feature_uses"]) <= set(both["feature_uses"])
        assert set(before["hook_sessions"]) <= set(both["hook_sessions"])
    finally:
        store.close()
