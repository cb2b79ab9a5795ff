"""Routes of errors and reviews: what can be asked for, and answers that have every field of their description and no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.testclient import TestClient

from tachograph.ports import Batch
from tachograph.server.app import create_app
from tachograph.server.routes.errors import Errors, Review
from tachograph.store.duckdb import DuckDBStore
from tests.served import services_on
from tests.unit.analytics.test_errors import failed, prompt, request, tool

DAY = "since=2026-11-20&until=2026-11-21&tz=UTC"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    store = DuckDBStore(":memory:")
    services = services_on(store, tmp_path)
    edits = [tool("s_1", n, "Edit", file="f_a", error_class="not_found") for n in (1, 2, 3)]
    denied = tool("s_1", 4, "Bash", decision="reject", decision_source="config")
    services.core.write(Batch(events=[prompt("s_1", 0), request("s_1", 0), *edits, denied, failed("s_1", 5, 429)]))
    store.settle()
    app: Any = create_app(services)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as made:
        yield made
    store.close()


def undescribed(model: BaseModel, path: str = "") -> list[str]:
    """Fields that an answer has beyond its description."""
    found = [f"{path}.{name}" for name in model.model_extra or ()]
    for name in type(model).model_fields:
        value = getattr(model, name)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, BaseModel):
                found += undescribed(one, f"{path}.{name}")
    return found


@pytest.mark.parametrize("query", [DAY, "range=all", f"{DAY}&grain=day", f"{DAY}&agent=codex", f"{DAY}&session=null"])
def test_answers_are_as_described(client: TestClient, query: str) -> None:
    found = client.get(f"/api/v1/errors?{query}")
    assert found.status_code == 200, found.text
    assert undescribed(Errors.model_validate(found.json())) == []
    told = client.get(f"/api/v1/review?{query.replace('&grain=day', '')}")
    assert told.status_code == 200, told.text
    assert undescribed(Review.model_validate(told.json())) == []


def test_figures_of_a_day(client: TestClient) -> None:
    found = client.get(f"/api/v1/errors?{DAY}").json()
    assert (found["totals"]["tool_errors"], found["totals"]["api_errors"]) == (3, 1)
    assert found["patterns"]["retry_loops"]["latest"][0]["session"] == "s_1"
    assert found["patterns"]["file_failures"]["groups"][0]["file"] == "f_a"
    told = client.get(f"/api/v1/review?{DAY}&limit=1").json()
    assert [reason["rule"] for reason in told["sessions"][0]["reasons"]] == ["ended_by_error", "retry_loop"]


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("errors", "model=opus"), ("errors", "grain=week"), ("errors", "limit=5"), ("errors", "range=x"),
        ("errors", "grain=day&grain=hour"), ("review", "limit=0"), ("review", "limit=501"), ("review", "limit=x"),
        ("review", "grain=day"), ("review", "tool=Edit"), ("review", "limit=1&limit=2"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused_with_a_hint(client: TestClient, path: str, query: str) -> None:
    answer = client.get(f"/api/v1/{path}?{query}")
    assert answer.status_code == 422, answer.text
    assert set(answer.json()["error"]) == {"code", "message", "hint"}
