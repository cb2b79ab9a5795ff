"""Routes of what goes on: who may listen, what can be asked for, and answers as they are described."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from tachograph.ports import Batch
from tachograph.server.app import create_app
from tachograph.server.routes.highlights import Highlights
from tachograph.server.routes.now import Now
from tachograph.server.services import Services
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tests.served import NAMES, NOW_US, services_on

JANE = "jane@example.org"


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    store = DuckDBStore(":memory:")
    made = services_on(store, tmp_path)
    known: dict[str, Any] = {"model": "opus", "input_tokens": 10, "cost_nanousd": 1_500_000, "cost_basis": "reported"}
    events = [
        make_event(at_us=NOW_US - 60_000_000, user_id=NAMES.user(JANE), session_id="s_0000000000000001", **known),
        make_event(
            at_us=NOW_US - 60_000_000, user_id=NAMES.user("joe@example.org"), session_id="s_0000000000000002", **known
        ),
    ]
    made.core.write(Batch(events=events))
    store.settle()
    yield made
    store.close()


@pytest.fixture
def client(services: Services) -> Iterator[TestClient]:
    app: Any = create_app(services)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as made:
        yield made


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "navigate"},
    ],
)
@pytest.mark.parametrize("path", ["/api/live", "/api/v1/now", "/api/v1/highlights"])
def test_pages_of_other_sites_hear_nothing(client: TestClient, path: str, headers: dict[str, str]) -> None:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] in {"foreign_host", "foreign_origin"}
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("agnet=codex", {}),
        ("model=opus", {}),
        ("kind=nonsense", {}),
        ("last_event_id=x", {}),
        ("last_event_id=1.2.3", {}),
        ("since_seq=-1", {}),
        ("since_seq=99999999999999999999", {}),
        ("since_seq=1&since_seq=2", {}),
        ("", {"Last-Event-ID": "1; drop table events"}),
    ],
)
def test_what_cannot_be_listened_to_is_named(client: TestClient, query: str, headers: dict[str, str]) -> None:
    answer = client.get(f"/api/live?{query}", headers=headers)
    assert answer.status_code == 422
    assert set(answer.json()["error"]) == {"code", "message", "hint"}
    assert "drop table" not in answer.text


def test_a_server_that_stops_lets_nobody_in(client: TestClient, services: Services) -> None:
    services.core.bell.close()
    answer = client.get("/api/live")
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1


def test_answers_are_as_they_are_described_and_narrowed_by_clear_names(client: TestClient) -> None:
    for path, shape, count in (
        ("now", Now, lambda told: told["today"]["requests"]),
        ("highlights", Highlights, lambda told: told["figures"]["requests"]),
    ):
        for query, requests in (
            ("", 2),
            (f"user={JANE}", 1),
            ("user=null", 0),
            ("session=s_0000000000000002&session=s_0000000000000001", 2),
        ):
            answer = client.get(f"/api/v1/{path}?{query}")
            assert answer.status_code == 200, answer.text
            assert count(answer.json()) == requests
            assert "@" not in answer.text
            assert not list(undescribed(shape.model_validate(answer.json())))


def undescribed(told: Any) -> Iterator[str]:
    """Fields that an answer has and its model does not name."""
    if isinstance(told, list):
        for item in told:
            yield from undescribed(item)
    elif isinstance(told, BaseModel):
        yield from told.model_extra or {}
        for name in type(told).model_fields:
            yield from undescribed(getattr(told, name))


@pytest.mark.parametrize(
    "query", ["since=2026-11-01", "range=7d", "model=opus", "nonsense=1", "tz=Nowhere", "tz=UTC&tz=UTC"]
)
def test_what_goes_on_now_has_no_window(client: TestClient, query: str) -> None:
    assert client.get(f"/api/v1/now?{query}").status_code == 422


@pytest.mark.parametrize("query", ["tool=Bash", "nonsense=1", "range=2y", "since=2026-11-02&until=2026-11-01"])
def test_highlights_of_nothing_that_can_be_asked_are_refused(client: TestClient, query: str) -> None:
    assert client.get(f"/api/v1/highlights?{query}").status_code == 422
