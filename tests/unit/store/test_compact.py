"""What was deleted is in no byte of the file in the end, also where rewriting it failed at first."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

import tachograph.store.subject_methods as methods
from tachograph.config import Settings
from tachograph.home import Home
from tachograph.ports import Batch
from tachograph.server.retention import Retainer
from tachograph.store.compact import copy_into
from tachograph.store.config import RetentionConfig
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph.wiring.parts import build_core
from tachograph_sdk.errors import StoreError
from tachograph_sdk.model.subject import Selection

NAME = "an-unlikely-name@example.org"
REQUEST = "req_011CUnlikelyRequest"
AT_US = 1_760_000_000_000_000


class Clock:
    def now_us(self) -> int:
        return AT_US + 100 * 86_400 * 10**6

    def monotonic_s(self) -> float:
        return 0.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tachograph.duckdb"
    store = DuckDBStore(path)
    events = [make_event(at_us=AT_US, session_id="s_0", request_id=REQUEST, model="m", input_tokens=1)]
    store.write(Batch(events=events, identities={"u_1": NAME}))
    store.settle()
    store.close()
    return path


def is_in(path: Path, text: str) -> bool:
    return any(text.encode() in file.read_bytes() for file in path.parent.iterdir() if file.is_file())


def fail_to_copy(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr(methods, "copy_into", fail)


@pytest.mark.parametrize("error", [duckdb.IOException("no space left"), OSError(28, "no space left")])
def test_what_could_not_be_rewritten_is_rewritten_by_the_next_try(
    path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    store = DuckDBStore(path)
    fail_to_copy(monkeypatch, error)
    with pytest.raises(StoreError, match="rewritten"):
        store.purge_identities()
    store.close()
    assert is_in(path, NAME)
    monkeypatch.setattr(methods, "copy_into", copy_into)
    store = DuckDBStore(path)
    assert store.purge_identities() == 0, "they are deleted already; their bytes are not"
    store.close()
    assert not is_in(path, NAME)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_so_is_what_was_deleted_by_age(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DuckDBStore(path, retention=RetentionConfig(raw_days=90))
    retainer = Retainer(store, Clock())
    fail_to_copy(monkeypatch, duckdb.IOException("no space left"))
    assert retainer.plan()["tiers"][0]["rows"] == 1
    with pytest.raises(StoreError, match="rewritten"):
        retainer.run({}, lambda _: None)
    monkeypatch.setattr(methods, "copy_into", copy_into)
    retainer.turn()
    store.close()
    assert not is_in(path, REQUEST)


def test_nothing_is_rewritten_where_nothing_was_deleted(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = DuckDBStore(path)
    store.purge_identities()
    fail_to_copy(monkeypatch, duckdb.IOException("no space left"))
    assert store.purge_identities() == 0
    assert store.compact_if_due() == 0
    store.close()


def test_answers_are_given_all_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_to_copy(monkeypatch, duckdb.IOException("no space left"))
    for _ in range(2):
        core = build_core(Home(path.parent), Settings())
        assert core.store.subject(Selection(everything=True)).tables["events"] == 1
        core.store.close()


def test_a_store_behind_a_link_is_rewritten_where_it_lies(path: Path) -> None:
    elsewhere = path.parent / "large disk"
    elsewhere.mkdir()
    path.rename(elsewhere / "store")
    path.symlink_to(elsewhere / "store")
    store = DuckDBStore(path)
    assert store.purge_identities() == 1
    store.close()
    assert path.is_symlink()
    assert not is_in(elsewhere / "store", NAME)
    assert [file.name for file in elsewhere.iterdir()] == ["store"]
