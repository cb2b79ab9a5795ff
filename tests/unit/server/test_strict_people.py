"""Under the preset `strict` no question is split by single people or narrowed to one, and no answer names any."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tachograph.analytics.scope import NO_PEOPLE
from tachograph.pipeline.privacy_state import DEFAULT_STATE
from tachograph.ports import Batch
from tachograph.server.answers import StoreAnswers
from tachograph.server.app import create_app
from tachograph.server.live.feed import Feed, Place
from tachograph.server.live_config import LiveConfig
from tachograph.server.questions import QUESTIONS
from tachograph.server.services import QueryTimes
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import EventKind, Source
from tachograph_sdk.privacy.policy import Preset
from tachograph_sdk.privacy.presets import InForce
from tests.served import NOW_US, StillClock, services_on

WHO = "u_1"
CLASSIC = [
    "/api/metrics/overview", "/api/metrics/timeline", "/api/sessions", "/api/analytics/productivity",
    "/api/analytics/costs", "/api/analytics/efficiency", "/api/analytics/trends", "/api/analytics/dashboard/kpis",
]  # fmt: skip


@pytest.fixture(scope="module")
def store() -> Iterator[DuckDBStore]:
    """What was recorded before the preset was chosen names people still."""
    made = DuckDBStore(":memory:")
    made.write(
        Batch(
            events=[
                make_event(
                    at_us=NOW_US - place * 60_000_000, session_id=f"s_{place}", user_id=f"u_{1 + place % 2}",
                    request_id=f"r{place}", cost_nanousd=10**9, cost_basis="reported", input_tokens=5, model="opus",
                )
                for place in range(1, 5)
            ]
            + [
                make_event(
                    EventKind.CODE_CHANGE, at_us=NOW_US - place * 60_000_000, source=Source.OTEL_METRIC, lines_added=7,
                    session_id=f"s_{place}", user_id=f"u_{1 + place % 2}",
                )
                for place in range(1, 5)
            ]
        )
    )  # fmt: skip
    made.settle()
    yield made
    made.close()


def answers_on(store: DuckDBStore, preset: Preset) -> StoreAnswers:
    state = replace(DEFAULT_STATE, in_force=InForce(chosen=preset, preset=preset))
    return StoreAnswers(store, clock=StillClock(NOW_US), times=QueryTimes(), demo=False, privacy=lambda: state)


@pytest.fixture(scope="module", params=[Preset.STANDARD, Preset.STRICT])
def served(request: Any, store: DuckDBStore, tmp_path_factory: Any) -> Iterator[tuple[Preset, TestClient]]:
    folder: Path = tmp_path_factory.mktemp("served")
    services = services_on(store, folder, answers=answers_on(store, request.param))
    with TestClient(create_app(services), base_url="http://localhost") as client:
        yield request.param, client


@pytest.mark.parametrize(
    "address",
    [
        f"/api/v1/query?metrics=cost_usd&user={WHO}",
        "/api/v1/query?metrics=cost_usd&user=null",
        "/api/v1/query?metrics=cost_usd&by=user",
        "/api/v1/query?metrics=cost_usd&by=model,user&grain=day",
        "/api/v1/query?metrics=cost_usd&by=user&order=-cost_usd&limit=1&compare=previous&range=7d",
        f"/api/v1/sessions?user={WHO}",
        f"/api/v1/eval/sessions?user={WHO}",
        "/api/v1/report?by=model,user",
        f"/api/v1/highlights?range=7d&user={WHO}",
        f"/api/v1/now?user={WHO}",
        f"/api/v1/errors?range=7d&user={WHO}",
        f"/api/v1/review?range=7d&user={WHO}",
        f"/api/v1/trends?metric=cost_microusd&user={WHO}",
    ],
)
def test_a_question_about_single_people_is_refused_with_what_to_do(served, address):
    preset, client = served
    answer = client.get(address)
    if preset is Preset.STANDARD:
        assert answer.status_code == 200, answer.text
        return
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert (error["code"], error["message"]) == ("query", NO_PEOPLE)
    assert "tachograph privacy show --person" in error["hint"]
    assert WHO not in answer.text


@pytest.mark.parametrize("name", sorted(QUESTIONS))
def test_no_question_is_narrowed_to_a_person(served, name):
    preset, client = served
    if preset is Preset.STRICT:
        answer = client.get(f"/api/v1/{name}?user={WHO}")
        assert (answer.status_code, answer.json()["error"]["message"]) == (422, NO_PEOPLE)


@pytest.mark.parametrize("path", CLASSIC)
@pytest.mark.parametrize("name", ["user_email", "user_id"])
def test_nor_is_one_of_the_classic_api(served, path, name):
    preset, client = served
    answer = client.get(f"{path}?range=7d&{name}={WHO}")
    if preset is Preset.STANDARD:
        assert answer.status_code == 200, answer.text
    else:
        assert answer.status_code == 400
        assert answer.json()["error"].startswith(NO_PEOPLE)


@pytest.mark.parametrize(
    "address",
    ["/api/v1/sessions", "/api/v1/sessions/s_1", "/api/v1/eval/sessions", "/api/v1/now", "/api/v1/review?range=7d"],
)
def test_no_answer_says_whose_a_session_is(served, address):
    preset, client = served
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    if address != "/api/v1/review?range=7d":
        assert (WHO in answer.text or "u_2" in answer.text) == (preset is Preset.STANDARD)
    if "/sessions" in address and "eval" not in address:
        assert ("user" in answer.json()["reasons"]) == (preset is Preset.STRICT)
        assert answer.json()["reasons"].get("user", NO_PEOPLE) == NO_PEOPLE


def test_the_classic_api_lists_no_people(served):
    preset, client = served
    told = {
        name: client.get(f"/api{path}?range=7d").json()["data"]
        for name, path in (
            ("sessions", "/sessions"),
            ("costs", "/analytics/costs"),
            ("work", "/analytics/productivity"),
        )
    }
    named = {user for user in ("u_1", "u_2") if user in json.dumps(told)}
    if preset is Preset.STANDARD:
        assert named == {"u_1", "u_2"}
        assert [len(told["costs"]["top_users_by_cost"]), len(told["work"]["top_contributors"])] == [2, 2]
        return
    assert not named
    assert told["costs"]["total_cost_usd"] == 4.0
    assert told["costs"]["top_users_by_cost"] == []
    assert told["costs"]["reasons"]["top_users_by_cost"] == NO_PEOPLE
    assert told["work"]["top_contributors"] == []
    assert told["work"]["reasons"]["top_contributors"] == NO_PEOPLE
    assert told["sessions"]["reasons"]["sessions.user_id"] == NO_PEOPLE


@pytest.mark.parametrize("preset", [Preset.STANDARD, Preset.STRICT])
def test_the_stream_does_not_say_whose_a_record_is(store, tmp_path, preset):
    answers = answers_on(store, preset)
    feed = Feed(answers, services_on(store, tmp_path, answers=answers).core, LiveConfig())
    begun = feed._begin(None)
    page = feed._read(Place(seq=0, mark=begun.place.mark), {})
    assert b'"session":"s_1"' in page.message
    assert (b'"user":"u_1"' in page.message) == (preset is Preset.STANDARD)


def test_figures_of_all_people_together_are_answered_as_before(served):
    _, client = served
    told = client.get("/api/v1/query?metrics=cost_usd,users,requests&by=model").json()
    assert told["rows"] == [["opus", 4.0, 2, 4]]
