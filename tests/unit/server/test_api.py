"""The API as one piece, on a real store in memory: shapes, errors, and text that stays text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tachograph.ports import Batch
from tachograph.server.answers import as_json_value
from tachograph.server.app import create_app
from tachograph.server.core import Core
from tachograph.server.services import Progress
from tachograph.store.duckdb import DuckDBStore
from tachograph.tasks import Task
from tachograph.testing import make_event
from tachograph_sdk.errors import UnknownAgent
from tachograph_sdk.model.event import EventKind
from tests.served import AUTH, NAMES, NOW_US, IdleJournal, StillClock, services_on

MARKUP = "<script>alert(1)</script>"


def import_files(paths: Any, agent: str | None, progress: Progress) -> dict[str, Any]:
    if agent == "nobody":
        raise UnknownAgent("no reader", hint="there is one for claude_code")
    if agent == "broken":
        raise RuntimeError("secret of the input")
    progress({"bytes_done": 1, "bytes_total": 2})
    return {"sources": {}, "paths": list(paths)}


def reprice(order: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    if order["model"] == "broken":
        raise RuntimeError("secret of the store")
    progress({"events_done": 1, "events_total": 2})
    return dict(order)


@pytest.fixture
def receiver_health() -> dict[str, Any]:
    return {"status": "ok"}


@pytest.fixture
def task() -> Task:
    return Task(name="drain", run=lambda: False, period_s=1.0)


@pytest.fixture
def client(receiver_health: dict[str, Any], task: Task, tmp_path: Path) -> Iterator[TestClient]:
    store = DuckDBStore(":memory:")
    clock = StillClock(NOW_US)
    core = Core(journal=IdleJournal(depth_bytes=7), pipeline=None, store=store, clock=clock)  # type: ignore[arg-type]
    request: dict[str, Any] = {
        "request_id": "req_1",
        "model": MARKUP,
        "input_tokens": 10,
        "output_tokens": 2,
        "cost_nanousd": 1_500_000,
        "cost_basis": "reported",
        "user_id": NAMES.user("jane@example.org"),
    }
    core.write(Batch(events=[make_event(kind=EventKind.API_REQUEST, at_us=NOW_US - 1_000_000, **request)]))
    store.settle()
    services = services_on(
        store,
        tmp_path,
        clock=clock,
        core=core,
        import_files=import_files,
        reprice=reprice,
        purge_contents=lambda: 3,
        leaving=dict,
        addresses=lambda: {"http": "http://127.0.0.1:1", "otlp_http": "http://127.0.0.1:2", "token": "never shown"},
        receiver_metrics=lambda: "tachograph_receiver_up 1.0\n",
        receiver_health=lambda: receiver_health,
        tasks=[task],
    )
    app: Any = create_app(services)
    with TestClient(app, base_url="http://localhost", raise_server_exceptions=False) as made:
        yield made
    store.close()


def test_report_has_totals_and_breakdowns(client: TestClient) -> None:
    answer = client.get("/api/v1/report?range=7d&by=model").json()
    assert answer["totals"]["requests"] == 1
    assert answer["totals"]["cost_microusd"] == 1500
    assert answer["by"]["model"][0]["model"] == MARKUP
    assert answer["demo"] is True


def test_query_filters_by_any_dimension(client: TestClient) -> None:
    for value, requests in ((MARKUP, 1), ("other", 0)):
        answer = client.get("/api/v1/query", params={"metrics": "requests", "model": value}).json()
        assert answer["columns"] == ["requests"]
        assert answer["rows"] == [[requests]]


def test_a_filter_by_an_address_finds_the_pseudonym_and_shows_no_address(client: TestClient) -> None:
    for value, requests in (("Jane@example.org", 1), (NAMES.user("jane@example.org"), 1), ("joe@example.org", 0)):
        answer = client.get("/api/v1/query", params={"metrics": "requests", "user": value})
        assert answer.json()["rows"] == [[requests]]
        assert "@example.org" not in answer.text.lower()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/query?metrics=nonsense", "unknown_metric"),
        ("/api/v1/query?metrics=requests&by=nonsense", "unknown_dimension"),
        ("/api/v1/query?metrics=requests&nonsense=1", "unknown_dimension"),
        ("/api/v1/report?range=7d&since=2026-01-01", "bad_window"),
        ("/api/v1/report?since=yesterday", "bad_window"),
        ("/api/v1/query", "query"),
        ("/api/v1/trends?range=7d&range=7d", "query"),
        ("/api/v1/errors?tz=UTC&tz=UTC", "query"),
    ],
)
def test_a_question_that_cannot_be_answered_says_why(client: TestClient, path: str, code: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == code
    assert answer.json()["error"]["hint"]


def test_what_is_not_there_has_the_same_shape(client: TestClient) -> None:
    for answer, status in ((client.get("/nothing"), 404), (client.post("/health", headers=AUTH), 405)):
        assert answer.status_code == status
        assert set(answer.json()["error"]) == {"code", "message", "hint"}


def test_sql_reads_and_never_writes(client: TestClient) -> None:
    told = client.post("/api/v1/sql", json={"sql": "select 1 as one, null as nothing"}, headers=AUTH).json()
    assert told == {"columns": ["one", "nothing"], "rows": [[1, None]]}
    for statement in ("delete from events", "select * from read_text('/etc/passwd')", "attach ':memory:' as x"):
        answer = client.post("/api/v1/sql", json={"sql": statement}, headers=AUTH)
        assert answer.status_code == 422, statement
    assert client.post("/api/v1/sql", json={"sql": "select 1"}).status_code == 401


def test_an_import_tells_its_progress_and_then_its_report(client: TestClient) -> None:
    def lines(agent: str | None) -> list[Any]:
        answer = client.post("/api/v1/import", json={"paths": ["/a"], "agent": agent}, headers=AUTH)
        return [json.loads(line) for line in answer.text.splitlines()]

    assert lines(None) == [{"bytes_done": 1, "bytes_total": 2}, {"report": {"sources": {}, "paths": ["/a"]}}]
    assert lines("nobody")[-1]["error"]["code"] == "unknown_agent"
    assert "secret" not in str(lines("broken"))
    assert client.post("/api/v1/import", json={}).status_code == 401


@pytest.mark.parametrize(("model", "last"), [("opus", "report"), ("broken", "error")])
def test_pricing_again_tells_how_far_it_is_and_what_came_of_it(client: TestClient, model: str, last: str) -> None:
    answer = client.post("/api/v1/prices/reprice", json={"model": model, "since": "2026-11-01"}, headers=AUTH)
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert last in lines[-1]
    assert "secret" not in answer.text
    if last == "report":
        assert lines[0] == {"events_done": 1, "events_total": 2}
        assert lines[-1]["report"] == {"since": "2026-11-01", "until": None, "model": "opus", "dry_run": False}


def test_pricing_again_needs_the_token(client: TestClient) -> None:
    assert client.post("/api/v1/prices/reprice", json={}).status_code == 401


def test_the_page_holds_nothing_that_is_stored(client: TestClient) -> None:
    answer = client.get("/?range=7d")
    assert answer.status_code == 200
    assert '<script type="module"' in answer.text
    assert "alert(1)" not in answer.text
    assert "never shown" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


def test_what_the_page_is_made_of_is_kept_by_browsers_and_comes_compressed(client: TestClient) -> None:
    script = re.findall(r'src="(/assets/[^"]+\.js)"', client.get("/").text)[0]
    plain = client.get(script, headers={"Accept-Encoding": "identity"})
    assert plain.headers["content-type"].startswith("text/javascript")
    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert "content-encoding" not in plain.headers
    packed = client.get(script, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) < len(plain.content) / 2
    assert packed.content == plain.content
    assert client.get("/").headers["cache-control"] == "no-store"
    assert client.get("/api/v1/report").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "name", ["nothing.js", "..%2f..%2f__init__.py", "%2e%2e", ".made-from", "index.html", "a.js.gz"]
)
def test_nothing_else_is_given_out(client: TestClient, name: str) -> None:
    answer = client.get(f"/assets/{name}")
    assert answer.status_code == 404
    assert "import" not in answer.text


def test_a_page_that_was_not_built_says_what_to_do(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tachograph.server.routes.page.BUILT", tmp_path)
    answer = client.get("/")
    assert answer.status_code == 503
    assert "./dev up" in answer.json()["error"]["hint"]


def test_health_names_what_is_wrong(client: TestClient, receiver_health: dict[str, Any], task: Task) -> None:
    good = client.get("/health").json()
    assert (good["status"], good["reasons"], good["journal_bytes"]) == ("ok", [], 7)
    assert "never shown" not in str(good)
    receiver_health["status"] = "degraded"
    task.failures, task.failing, task.last_error = 2, True, "StoreError"
    bad = client.get("/health").json()
    assert bad["status"] == "degraded"
    assert bad["reasons"] == ["drain fails: StoreError", "receiver degraded"]


def test_health_forgets_what_is_over(client: TestClient, task: Task) -> None:
    task.failures, task.failing, task.last_error = 2, False, "StoreError"
    assert client.get("/health").json()["status"] == "ok"


def test_prometheus_gets_core_and_receiver_in_one_text(client: TestClient) -> None:
    client.get("/api/v1/report")
    text = client.get("/metrics").text
    assert 'tachograph_events_total{state="new"} 1.0' in text
    assert "tachograph_journal_bytes 7.0" in text
    assert "tachograph_receiver_up 1.0" in text
    count = next(line for line in text.splitlines() if line.startswith("tachograph_query_seconds_count"))
    assert float(count.split()[1]) > 0


def test_openapi_describes_every_route(client: TestClient) -> None:
    paths = client.get("/api/openapi.json").json()["paths"]
    assert {"/health", "/metrics", "/api/v1/report", "/api/v1/query", "/api/v1/sql", "/api/v1/import"} <= set(paths)


@pytest.mark.parametrize("path", ["erase", "retention", "show", "object", "corrections/undo"])
def test_a_misspelt_field_does_nothing_and_is_named(client: TestClient, path: str) -> None:
    order = {"person": ["jane@example.org"], "id": "x", "dryrun": True}
    order = {"dryrun": True} if path == "retention" else order
    answer = client.post(f"/api/v1/privacy/{path}", headers=AUTH, json=order)
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "bad_request"
    assert not answer.json()["error"]["message"].startswith(":")


@pytest.mark.parametrize(("body", "said"), [("{nonsense", "the body is not JSON"), ("[1]", "the body: ")])
def test_a_body_that_cannot_be_read_is_told(client: TestClient, body: str, said: str) -> None:
    answer = client.post("/api/v1/sql", headers={**AUTH, "Content-Type": "application/json"}, content=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["message"].startswith(said)


def test_cells_fit_into_json(tmp_path: Path) -> None:
    for value in (float("nan"), float("inf")):
        assert as_json_value(value) is None
    assert json.dumps(as_json_value({1: [tmp_path, b"\x00", (1.5, None)]}))


def test_a_query_can_be_compared_with_the_window_before(client: TestClient) -> None:
    told = client.get("/api/v1/query?metrics=requests,cost_usd&range=7d&compare=previous").json()
    assert told["previous"]["rows"] == [[0, 0]]
    assert told["previous"]["changes"] == [[1, 0.0015]]
    assert told["previous"]["ratios"] == [[None, None]]
    assert told["previous"]["window"]["until"] == told["window"]["since"]
    by_day = client.get("/api/v1/query?metrics=requests&grain=day&range=3d&compare=previous&order=-day&limit=2").json()
    assert len(by_day["previous"]["rows"]) == len(by_day["rows"]) == 2
    assert "previous" not in client.get("/api/v1/query?metrics=requests&range=7d").json()
    answer = client.get("/api/v1/query?metrics=requests&range=all&compare=previous")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "bad_window")
