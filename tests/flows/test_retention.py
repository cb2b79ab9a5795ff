"""Deleting by age through the command line: shown first, then gone, from every byte of the home."""

import io
import json
import time
from typing import Any

import pytest

from tachograph.cli import main
from tachograph.home import Home
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import EventKind

DAY_US = 86_400_000_000
REQUEST, PROMPT = "req_011CUnlikelyRequest", "01234567-89ab-4cde-8f01-23456789abcd"


@pytest.fixture
def home(tmp_path):
    home = Home(tmp_path)
    home.create()
    now_us = time.time_ns() // 1000
    store = DuckDBStore(home.store)
    for days, session, ids in ((100, "s_old", (REQUEST, PROMPT)), (3, "s_new", ("req_1", "p1"))):
        at_us = now_us - days * DAY_US
        usage: dict[str, Any] = {
            "model": "claude-sonnet-5-5",
            "input_tokens": days,
            "cost_nanousd": 7,
            "cost_basis": "reported",
        }
        events = [
            make_event(at_us=at_us, session_id=session, request_id=ids[0], prompt_id=ids[1], **usage),
            make_event(EventKind.PROMPT, at_us=at_us, session_id=session, prompt_id=ids[1], prompt_origin="human"),
        ]
        store.write(Batch(events=events))
    store.settle()
    store.close()
    return home


def ask(home, capsys, *words):
    assert main(["--home", str(home.root), *words]) == 0
    return capsys.readouterr().out


def everything(home):
    return b"".join(path.read_bytes() for path in home.root.rglob("*") if path.is_file())


def test_what_is_due_is_shown_and_then_in_no_byte_of_the_home(home, capsys):
    before = json.loads(ask(home, capsys, "report", "--range", "all", "--json"))["totals"]
    assert REQUEST.encode() in everything(home)
    raw = json.loads(ask(home, capsys, "privacy", "retention", "--json"))["tiers"][0]
    assert (raw["tier"], raw["days"], raw["sessions"], raw["rows"], raw["rows_kept"]) == ("raw", 90, 1, 2, 2)
    assert "4 there; 2 (1 session) had their time" in ask(home, capsys, "privacy", "retention")
    assert REQUEST.encode() in everything(home)  # looking deletes nothing
    done = json.loads(ask(home, capsys, "privacy", "retention", "--run", "--yes", "--json"))
    assert done["deleted"]["raw"] == 2
    assert [tier["rows"] for tier in done["tiers"]] == [0, 0, 0]
    assert REQUEST.encode() not in everything(home)
    assert PROMPT.encode() not in everything(home)
    assert json.loads(ask(home, capsys, "report", "--range", "all", "--json"))["totals"] == before


def test_it_asks_before_it_deletes(home, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert main(["--home", str(home.root), "privacy", "retention", "--run"]) == 1
    assert "had their time" in capsys.readouterr().out
    assert json.loads(ask(home, capsys, "privacy", "retention", "--json"))["tiers"][0]["rows"] == 2
