"""A large store is settled part by part, each for good: the same comes of it, and what is cut short goes on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tachograph.ports import Batch
from tachograph.store import settle as module
from tachograph.store.config import RetentionConfig
from tachograph.store.duckdb import DuckDBStore
from tests.unit.store.test_settle_property import TABLES, rows
from tests.unit.store.traffic import make_traffic


def contents(store: DuckDBStore) -> dict[str, list[tuple]]:
    return {table: rows(store, table) for table in TABLES}


def test_a_store_from_before_a_migration_is_settled_again_part_by_part(tmp_path: Path, monkeypatch):
    store = DuckDBStore(tmp_path / "store.duckdb")
    try:
        store.write(Batch(events=make_traffic(3).events))
        store.settle()
        whole = contents(store)
        ((last,),) = store.query_sql("select max(seq) from events").rows
        monkeypatch.setattr(module, "STEP", last // 4 + 1)
        monkeypatch.setattr(module, "AT_ONCE", last // 4 + 1)
        with store._transaction():
            store._writer.execute("update settled set seq = 0")

        plain = module._settle_between
        parts: list[Any] = []

        def fails_in_the_third(connection, settled, upto, prices):
            if len(parts) == 2:
                raise RuntimeError("cut short")
            parts.append((settled, upto))
            plain(connection, settled, upto, prices)

        monkeypatch.setattr(module, "_settle_between", fails_in_the_third)
        with pytest.raises(RuntimeError):
            store.settle()
        step = last // 4 + 1
        assert parts == [(0, step), (step, 2 * step)]
        assert store.query_sql("select seq from settled").rows == [(2 * step,)], "two parts are there for good"

        monkeypatch.setattr(module, "_settle_between", plain)
        store.settle()
        assert contents(store) == whole
        store.rebuild()
        assert contents(store) == whole
    finally:
        store.close()


def test_what_was_made_of_deleted_records_stays_and_its_tools_have_a_class():
    days = RetentionConfig(raw_days=90, aggregated_days=365, summary_days=1825)
    store = DuckDBStore(":memory:", retention=days)
    try:
        store.write(Batch(events=make_traffic(3).events))
        store.settle()
        ((received,),) = store.query_sql("select max(received_at) from events").rows
        assert store.retain(received + timedelta(days=91), confirmed=True).deleted["raw"]
        kept = contents(store)
        store.write(Batch(events=make_traffic(5).events))
        store.settle()
        with store._transaction():  # as a store from before the classes has it
            store._writer.execute("update tool_calls set tool_class = 'other'; update settled set seq = 0")
        store.settle()
        now = contents(store)
        for table in set(TABLES) - {"hours"}:
            assert kept[table], table
            assert {*map(repr, kept[table])} <= {*map(repr, now[table])}, table
    finally:
        store.close()
