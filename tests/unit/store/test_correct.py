"""Corrections: everywhere, in what comes in later too, and taken back without a trace."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tachograph.ports import Batch
from tachograph.store.corrections import FreshCorrections, read_corrections, write_corrections
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.event import Event, EventKind, Source
from tachograph_sdk.model.subject import Correction, Footprint, Selection
from tests.unit.store.test_erase import BOB, DERIVED, JANE, NOW_US, fill, one, rows, session_of

EVERYTHING = (*DERIVED, "events")


def correct(store: DuckDBStore, selection: Selection, attribute: str, value: str, **more: Any) -> Correction:
    known: list[Footprint] = []
    before = more.get("before")
    store.correct(selection, more.get("id", "c1"), attribute, value, before, remember=known.append)
    return Correction(
        correction_id=more.get("id", "c1"),
        selection=selection,
        footprint=known[-1],
        attribute=attribute,
        value=value,
        before=before,
    )


def plain(store: DuckDBStore) -> dict[str, list[tuple]]:
    """All rows, but for the numbers of events, which a settling may give anew."""
    found = {table: rows(store, table) for table in DERIVED if table not in ("buckets",)}
    sql = "select * exclude (seq) from events"
    return {**found, "events": sorted(store.query_sql(sql).rows, key=repr)}


def test_another_user_has_the_sessions_figures_in_every_table() -> None:
    wrong, right = DuckDBStore(":memory:"), DuckDBStore(":memory:")
    fill(wrong, session_of("j", JANE, requests=4), session_of("b", BOB, requests=2))
    fill(right, session_of("j", BOB, requests=4), session_of("b", BOB, requests=2))
    correct(wrong, Selection(sessions=("s_j",)), "user", BOB)
    assert wrong.find_values([JANE]) == ["corrected.before"]
    total = "select sum(cost_nanousd)::bigint from hours where user_id = 'u_00000000000000bb'"
    assert one(wrong, total) == one(right, total)
    wrong.rebuild()
    assert one(wrong, total) == one(right, total), "a rebuilding gives the corrected value"
    for store in (wrong, right):
        store.close()


def test_taking_it_back_gives_every_row_as_it_was() -> None:
    store = DuckDBStore(":memory:")
    fill(store, session_of("j", JANE, requests=4), session_of("b", BOB, requests=2))
    before = plain(store)
    correct(store, Selection(projects=("p_j",)), "project", "p_other")
    assert plain(store) != before
    assert store.withdraw_correction("c1") > 0
    assert plain(store) == before
    assert one(store, "select count(*) from corrected") == 0
    store.close()


def test_records_without_a_session_are_counted_for_the_right_user() -> None:
    wrong, right = DuckDBStore(":memory:"), DuckDBStore(":memory:")

    def loose(user: str) -> list[Event]:
        return [
            make_event(
                EventKind.USAGE_COUNTER, key=f"c{i}", source=Source.OTEL_METRIC, session_id=None, at_us=NOW_US + i, model="m",
                counter="input", quantity=5, user_id=user,
            )
            for i in range(3)
        ]  # fmt: skip

    fill(wrong, loose(JANE))
    fill(right, loose(BOB))
    correct(wrong, Selection(users=(JANE,)), "user", BOB)
    for table in ("requests", "counters", "hours", "session_hours"):
        assert rows(wrong, table) == rows(right, table), table
    assert one(wrong, "select any_value(bucket) from events") == f"~claude_code~{BOB}~2025-10-09"
    wrong.withdraw_correction("c1")
    assert one(wrong, "select any_value(bucket) from events") == f"~claude_code~{JANE}~2025-10-09"
    for store in (wrong, right):
        store.close()


def test_a_name_is_put_in_the_place_of_another_only() -> None:
    store = DuckDBStore(":memory:")
    names: list[dict[str, Any]] = [{"tool_name": "Bsh"}, {"tool_name": "Edit"}, {}]
    calls = [
        make_event(EventKind.TOOL_CALL, key=f"t{i}", session_id="s_j", tool_use_id=f"tu_{i}", success=True, **name)
        for i, name in enumerate(names)
    ]
    fill(store, calls)
    correct(store, Selection(sessions=("s_j",)), "tool_name", "Bash", before="Bsh")
    found = sorted(row[0] or "" for row in store.query_sql("select tool_name from tool_calls").rows)
    assert found == ["", "Bash", "Edit"]
    store.close()


def test_what_comes_in_later_is_corrected_before_anybody_sees_it(tmp_path: Path) -> None:
    path = tmp_path / "corrections.json"
    first = DuckDBStore(":memory:")
    fill(first, session_of("j", JANE, requests=3))
    made = correct(first, Selection(users=(JANE,)), "user", BOB)
    write_corrections(path, [made])
    assert read_corrections(path) == (made,)
    again = DuckDBStore(":memory:", corrections=FreshCorrections(path))
    # The histories are read again, into a new store: the transcript alone does not say whose it is.
    fill(again, [event for event in session_of("j", JANE, requests=3) if event.source is Source.TRANSCRIPT])
    fill(again, session_of("j", JANE, requests=3), session_of("new", JANE, requests=1))
    assert again.find_values([JANE]) == ["corrected.before"]
    for table in ("requests", "hours", "sessions"):
        sql = f"select * from {table} where user_id is distinct from '{BOB}'"
        assert again.query_sql(sql).rows == [], table
    again.withdraw_correction("c1")
    assert one(again, f"select count(*) from requests where user_id = '{JANE}'") == 4
    for store in (first, again):
        store.close()


def test_an_earlier_correction_that_is_withdrawn_leaves_the_later_one_in_force() -> None:
    store = DuckDBStore(":memory:")
    fill(store, session_of("j", JANE, requests=2))
    before = plain(store)
    correct(store, Selection(sessions=("s_j",)), "project", "p_one", id="c1")
    correct(store, Selection(sessions=("s_j",)), "project", "p_two", id="c2")
    store.withdraw_correction("c1")
    assert one(store, "select count(*) from requests where project = 'p_two'") == 2
    store.withdraw_correction("c2")
    assert plain(store) == before
    store.close()


def test_an_erasure_takes_what_corrections_remember_along() -> None:
    store = DuckDBStore(":memory:")
    fill(store, session_of("j", JANE, requests=2), session_of("b", BOB, requests=1))
    correct(store, Selection(sessions=("s_j",)), "user", BOB)
    store.erase(Selection(users=(JANE,)), "x", remember=lambda _: None)
    assert store.find_values([JANE]) == []
    assert one(store, "select count(*) from requests") == 3, "they are not hers: that was the mistake"
    store.close()


def test_a_damaged_file_of_corrections_is_told_at_the_start_and_changes_nothing_later(tmp_path: Path) -> None:
    path = tmp_path / "corrections.json"
    path.write_bytes(b"{")
    with pytest.raises(ConfigError, match=r"corrections\.json"):
        FreshCorrections(path)
    path.unlink()
    made = Correction(
        correction_id="c1",
        selection=Selection(users=(JANE,)),
        footprint=Footprint(sessions=(), events=(), last_us=0),
        attribute="user",
        value=BOB,
        before=None,
    )
    write_corrections(path, [made])
    fresh = FreshCorrections(path)
    path.write_bytes(b"{")
    assert fresh() == (made,)
    write_corrections(path, [])
    assert fresh() == ()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_batch_that_fails_to_be_corrected_is_not_written() -> None:
    def broken() -> tuple[Correction, ...]:
        raise ConfigError("no")

    store = DuckDBStore(":memory:", corrections=broken)
    with pytest.raises(ConfigError):
        store.write(Batch(events=session_of("j", JANE, requests=1)))
    assert one(store, "select count(*) from events") == 0
    store.close()
