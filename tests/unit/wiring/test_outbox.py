"""What the outbox does in the background, also where nothing is set up to leave."""

from __future__ import annotations

from pathlib import Path

import pytest

from tachograph.config import Settings
from tachograph.home import Home
from tachograph.store.duckdb import DuckDBStore
from tachograph.wiring.outbox import outbox_tasks
from tachograph_sdk.outbox.config import OutboxConfig
from tests.unit.outbox.parts import Consent, Place, make_outbox, put


@pytest.mark.parametrize("mode", ["off", "review"])
def test_what_waits_gets_no_older_than_it_may_where_nothing_is_sent_any_more(tmp_path: Path, mode: str) -> None:
    """The clock of these parts stands in 2025, so that what they put in is too old."""
    outbox = make_outbox(tmp_path)
    put(outbox, Place())
    store = DuckDBStore(":memory:")
    (task,) = outbox_tasks(Home(tmp_path), Settings(outbox=OutboxConfig(mode=mode)), store, Consent())  # type: ignore[arg-type]
    task.run()
    store.close()
    assert outbox.entries() == []
    assert [receipt["reason"] for receipt in outbox.receipts.read()] == ["age"]


def test_a_home_without_an_outbox_gets_none(tmp_path: Path) -> None:
    store = DuckDBStore(":memory:")
    for task in outbox_tasks(Home(tmp_path), Settings(), store, Consent()):
        task.run()
    store.close()
    assert list(tmp_path.iterdir()) == []
