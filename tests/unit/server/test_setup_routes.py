"""What the Setup page is told: what came in by hand count, settings with the real ports, nothing of anybody's files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tachograph.ports import Batch
from tachograph.server.app import create_app
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import EventKind, Source
from tests.served import AUTH, NOW_US, services_on

ADDRESSES = {"http": "http://127.0.0.1:1", "otlp_http": "http://127.0.0.1:2", "otlp_grpc": "127.0.0.1:3", "pid": 7}


@pytest.fixture
def addresses() -> dict[str, Any]:
    return dict(ADDRESSES)


@pytest.fixture
def client(tmp_path: Path, addresses: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv("HOME", str(tmp_path / "ada"))
    monkeypatch.setenv("CODEX_HOME", str(tmp_path / "elsewhere" / "of-ada-lovelace"))
    (tmp_path / "ada" / ".claude" / "projects" / "p").mkdir(parents=True)
    (tmp_path / "ada" / ".claude" / "projects" / "p" / "s.jsonl").write_text("{}")
    store = DuckDBStore(":memory:")
    events = [
        ("claude_code", Source.OTEL_LOG, 10),
        ("claude_code", Source.OTEL_LOG, 30),
        ("claude_code", Source.TRANSCRIPT, 20),
        ("billing_helper", Source.OTEL_SPAN, 40),
    ]
    store.write(
        Batch(
            events=[
                make_event(
                    kind=EventKind.API_REQUEST, agent=agent, source=source, at_us=NOW_US - 10**9,
                    received_us=NOW_US - ago * 1_000_000, request_id=f"req_{ago}",
                )
                for agent, source, ago in events
            ]
        )
    )  # fmt: skip
    services = services_on(store, tmp_path, addresses=lambda: addresses)
    with TestClient(create_app(services), base_url="http://localhost", raise_server_exceptions=False) as made:
        yield made
    store.close()


def agents(client: TestClient) -> dict[str, Any]:
    return {agent["agent"]: agent for agent in client.get("/api/v1/setup?tz=UTC").json()["agents"]}


def test_what_came_in_by_agent_and_way(client: TestClient) -> None:
    told = client.get("/api/v1/setup?tz=UTC").json()
    at = told["at"]
    assert at == "2026-11-20T02:30:32Z"
    found = agents(client)["claude_code"]
    assert found["received"] == [
        {"agent": "claude_code", "source": "otel_log", "records": 2,
         "first_at": "2026-11-20T02:30:02Z", "last_at": "2026-11-20T02:30:22Z"},
        {"agent": "claude_code", "source": "transcript", "records": 1,
         "first_at": "2026-11-20T02:30:12Z", "last_at": "2026-11-20T02:30:12Z"},
    ]  # fmt: skip
    assert (found["records"], found["first_at"], found["last_at"]) == (
        3,
        "2026-11-20T02:30:02Z",
        "2026-11-20T02:30:22Z",
    )
    waiting = agents(client)["codex"]
    assert (waiting["received"], waiting["records"], waiting["first_at"], waiting["last_at"]) == ([], 0, None, None)
    assert [row["agent"] for row in agents(client)["genai"]["received"]] == ["billing_helper"], "none of the known"
    assert len(client.get("/api/v1/received").json()["received"]) == 3


@pytest.mark.parametrize("parameters", ["range=7d", "since=2026-01-01", "agent=codex", "nonsense=1"])
def test_it_is_about_everything(client: TestClient, parameters: str) -> None:
    for path in ("/api/v1/setup", "/api/v1/received"):
        assert client.get(f"{path}?{parameters}").status_code == 422


def test_settings_have_the_ports_of_this_server(client: TestClient, addresses: dict[str, Any]) -> None:
    texts = json.dumps(client.get("/api/v1/setup").json()["agents"])
    assert "http://127.0.0.1:2" in texts
    assert "http://127.0.0.1:3" in texts
    assert "4318" not in texts
    assert "4317" not in texts
    addresses.clear()  # the receiver is being started
    told = client.get("/api/v1/setup").json()
    assert told["addresses"] == {"http": None, "otlp_http": None, "otlp_grpc": None}
    assert "http://127.0.0.1:4318" in json.dumps(told["agents"]), "the usual ones then"


def test_histories_are_told_without_the_rest_of_the_path(client: TestClient, tmp_path: Path) -> None:
    found = agents(client)
    assert found["claude_code"]["histories"][0] == {"where": "~/.claude/projects", "files": 1}
    assert found["codex"]["histories"] == [
        {"where": "…/archived_sessions", "files": None}, {"where": "…/sessions", "files": None}
    ]  # fmt: skip
    told = client.get("/api/v1/setup").text
    assert str(tmp_path) not in told
    assert "lovelace" not in told


def test_nothing_that_the_settings_say_is_told_without_a_token(client: TestClient, tmp_path: Path) -> None:
    settings = tmp_path / "claude" / "settings.json"
    settings.parent.mkdir()
    said = {"env": {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://secret.example", "ANTHROPIC_API_KEY": "sk-ant-planted"}}
    settings.write_text(json.dumps({**said, "apiKeyHelper": "planted"}, indent=1))
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "tachograph.toml").write_text("[otlp]\nhttp_port = 2\ngrpc_port = 3\n")
    told = client.get("/api/v1/setup")
    assert told.json()["claude_code"]["otel"]["state"] == "off"
    assert not [text for text in ("secret.example", "planted") if text in told.text]
    order = {"enable": True, "dry_run": True}
    assert client.post("/api/v1/setup/otel", json=order).status_code == 401
    shown = client.post("/api/v1/setup/otel", json=order, headers=AUTH).json()
    assert shown["foreign"] == [
        {"name": "OTEL_EXPORTER_OTLP_ENDPOINT", "value": "https://secret.example", "wanted": "http://127.0.0.1:2"}
    ]
    assert "sk-ant" not in shown["diff"], "other variables' values are hidden"
    refused = client.post("/api/v1/setup/otel", json={"enable": True}, headers=AUTH)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "foreign_values")
    assert json.loads(settings.read_text())["env"] == said["env"]
    done = client.post("/api/v1/setup/otel", json={"enable": True, "force": True}, headers=AUTH).json()
    assert done["changed"] is True
    assert client.get("/api/v1/setup").json()["claude_code"]["otel"] == {
        "state": "here", "settings": "…/settings.json", "put_by_us": True, "missing": []
    }  # fmt: skip


@pytest.mark.parametrize("broken", [b'{"env": ', b"\xff\xfe", b"[]"])
def test_broken_settings_are_told_and_left(client: TestClient, tmp_path: Path, broken: bytes) -> None:
    settings = tmp_path / "claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_bytes(broken)
    assert client.get("/api/v1/setup").json()["claude_code"]["otel"]["state"] == "unreadable"
    for path, order in (("otel", {"enable": True}), ("otel", {"enable": False}), ("plugin", {"install": True})):
        answer = client.post(f"/api/v1/setup/{path}", json=order, headers=AUTH)
        assert answer.status_code == 400, (path, answer.text)
        assert "JSON" in answer.json()["error"]["message"]
    assert settings.read_bytes() == broken


@pytest.mark.parametrize("order", [{}, {"enable": "maybe"}, {"enable": True, "endpoint": "http://evil.example"}])
def test_an_order_that_is_none_is_refused(client: TestClient, order: dict[str, Any]) -> None:
    assert client.post("/api/v1/setup/otel", json=order, headers=AUTH).status_code == 422


def test_a_server_of_made_up_data_shows_and_changes_nothing(client: TestClient, tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "DEMO").write_text("")
    for path, order in (("otel", {"enable": True}), ("plugin", {"install": True})):
        answer = client.post(f"/api/v1/setup/{path}", json=order, headers=AUTH)
        assert answer.status_code == 400
        assert "made-up data" in answer.json()["error"]["message"]
        shown = client.post(f"/api/v1/setup/{path}", json={**order, "dry_run": True}, headers=AUTH)
        assert shown.json()["would_change"] is True
    assert not (tmp_path / "claude").exists()
