"""GET /api/v1/dashboards: ours and the owner's own, and no list of people where they must not be compared."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tachograph.analytics.panels import OwnersFolder, own_dashboards
from tachograph.pipeline.privacy_state import DEFAULT_STATE
from tachograph.ports import Batch
from tachograph.server.answers import StoreAnswers
from tachograph.server.app import create_app
from tachograph.server.questions import QUESTIONS
from tachograph.server.services import QueryTimes
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.privacy.policy import Preset
from tachograph_sdk.privacy.presets import InForce
from tests.served import NOW_US, StillClock, services_on

MINE = (
    'title = "Mine"\norder = 15\n'
    '[[panels]]\ntitle = "Who"\nchart = "table"\nmetrics = ["cost_usd"]\nby = ["model", "user"]\n'
    '[[panels]]\ntitle = "One"\nchart = "stat"\nmetrics = ["cost_usd"]\nfilters = {user = "p_1"}\n'
    '[[panels]]\ntitle = "What"\nchart = "stat"\nmetrics = ["cost_usd"]\n'
)


@pytest.fixture
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    yield store
    store.close()


def ask(
    store: DuckDBStore, folder: Path, preset: Preset = Preset.STANDARD, address: str = "/api/v1/dashboards"
) -> dict[str, Any]:
    """The answer where this preset holds and the folder `dashboards` has the owner's files."""
    times = QueryTimes()
    state = replace(DEFAULT_STATE, in_force=InForce(chosen=preset, preset=preset))
    services = services_on(
        store,
        folder,
        answers=StoreAnswers(store, clock=StillClock(NOW_US), times=times, demo=True, privacy=lambda: state),
        dashboards=own_dashboards(QUESTIONS),
        owners_dashboards=OwnersFolder(folder / "dashboards", QUESTIONS),
    )
    with TestClient(create_app(services), base_url="http://localhost") as client:
        told: dict[str, Any] = client.get(address).json()
    return told


def write(folder: Path, name: str, text: str) -> None:
    (folder / "dashboards").mkdir(exist_ok=True)
    (folder / "dashboards" / name).write_text(text, "utf-8")


def test_own_tabs_stand_beside_ours_in_order(store, tmp_path):
    write(tmp_path, "costs.toml", MINE)
    told = ask(store, tmp_path)
    assert [d["name"] for d in told["dashboards"]][:3] == ["overview", "own-costs", "costs"]
    assert [d["file"] for d in told["dashboards"]][:3] == ["", "costs.toml", ""]
    assert told["dashboards"][2]["title"] == "Costs & tokens", "ours is not replaced by a file of its name"
    assert told["problems"] == []


def test_problems_are_told_and_take_nothing_else_away(store, tmp_path):
    write(tmp_path, "broken.toml", "title = ")
    write(tmp_path, "mine.toml", MINE.replace("cost_usd", "cost_eur", 1))
    told = ask(store, tmp_path)
    assert len(told["dashboards"]) == len(own_dashboards(QUESTIONS)) + 1
    assert [(p["file"], p["panel"]) for p in told["problems"]] == [("broken.toml", ""), ("mine.toml", "Who")]
    assert all(p["what"] and p["hint"] for p in told["problems"])


def test_under_strict_no_panel_is_about_single_people(store, tmp_path):
    write(tmp_path, "mine.toml", MINE)
    usual = ask(store, tmp_path)["dashboards"]
    listing = {(d["name"], p["title"]) for d in usual for p in d["panels"] if "user" in (*p["by"], *p["filters"])}
    assert len(listing) == 4
    assert {("own-mine", "Who"), ("own-mine", "One")} < listing
    strict = ask(store, tmp_path, Preset.STRICT)["dashboards"]
    assert [[p["title"] for p in d["panels"]] for d in strict] == [[p["title"] for p in d["panels"]] for d in usual]
    assert [n for d in usual for p in d["panels"] for n in p["split"]].count("user") == 2
    assert "user" not in {n for d in strict for p in d["panels"] for n in p["split"]}
    missing = {(d["name"], p["title"]) for d in strict for p in d["panels"] if p["missing"]}
    assert missing == listing
    for panel in (p for d in strict for p in d["panels"] if p["missing"]):
        assert (panel["metrics"], panel["by"], panel["filters"], panel["question"]) == ([], [], {}, "")
        assert "strict" in panel["missing"]


def test_under_strict_no_question_sets_one_person_beside_another(store, tmp_path):
    """What was recorded before the preset was chosen names people still."""
    day_us = 86_400_000_000
    events = [
        make_event(
            at_us=NOW_US - day * day_us, session_id=f"s_{user}_{day}", user_id=user, request_id=f"r_{user}_{day}",
            cost_nanousd=(60 if day == 2 and user == "u_1" else 1 + day % 3) * 10**9, cost_basis="reported",
        )
        for day in range(1, 60) for user in ("u_1", "u_2")
    ]  # fmt: skip
    store.write(Batch(events=events))
    store.settle()
    people = {}
    for preset in (Preset.STANDARD, Preset.STRICT):
        (review,) = ask(store, tmp_path, preset, "/api/v1/review?range=7d")["sessions"]
        (odd,) = ask(store, tmp_path, preset, "/api/v1/anomalies?metric=cost_microusd&range=7d")["anomalies"]
        people[preset] = [review["user"], *(who["value"] for who in odd["contributors"] if who["dimension"] == "user")]
    assert people == {Preset.STANDARD: ["u_1", "u_1", "u_2"], Preset.STRICT: [None]}


def test_every_panel_of_ours_is_answered(store, tmp_path):
    told = ask(store, tmp_path)
    with TestClient(create_app(services_on(store, tmp_path)), base_url="http://localhost") as client:
        for dashboard in told["dashboards"]:
            for panel in dashboard["panels"]:
                if panel["question"]:
                    path, asked = f"/api/v1/{panel['question']}", {"range": "7d", **panel["parameters"]}
                else:
                    path = "/api/v1/query"
                    asked = {"range": "7d", "metrics": ",".join(panel["metrics"]), "by": ",".join(panel["by"])}
                    asked |= {"grain": panel["grain"]} if panel["grain"] else {}
                    asked |= {"compare": "previous"} if panel["compare"] else {}
                assert client.get(path, params=asked).status_code == 200, (dashboard["name"], panel["title"])
                if "forecast" in panel["overlays"]:
                    asked = {"metric": panel["metrics"][0], "range": "7d"}
                    assert client.get("/api/v1/forecast", params=asked).status_code == 200, panel["title"]
