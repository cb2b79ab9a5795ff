"""A page is let in by a real server with a key, wires Claude Code, sees what comes in, and takes it all back."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.flows.harness import Running, command, otlp_logs, serve, wait_until
from tests.plugin_user import FAKE

SETTINGS = b'{\n\t"env" : {"ANTHROPIC_API_KEY":   "sk-ant-planted"},\n\t"model": "opus"\n}'


class Page:
    """What a browser does with the address it was given."""

    def __init__(self, server: Running) -> None:
        self.server = server
        address = command("open", "--print", home=server.home).stdout.strip()
        base, self.key = address.split("/#/?key=")
        assert base == server.about["http"]
        self.token = ""

    def post(self, path: str, order: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        headers = {"Content-Type": "application/json", "Origin": self.server.about["http"]}
        headers |= {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
        headers |= {"Authorization": f"Bearer {self.token}"} if self.token else {}
        status, body = self.server.request("POST", self.server.about["http"], path, json.dumps(order).encode(), headers)
        return status, json.loads(body)

    def redeem(self) -> int:
        status, told = self.post("/api/v1/page-keys/redeem", {"key": self.key})
        self.token = told.get("token", self.token)
        return status


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "home" / "no-such-agent" / "settings.json"  # where the harness says Claude Code is
    path.parent.mkdir(parents=True)
    path.write_bytes(SETTINGS)
    return path


@pytest.fixture
def server(tmp_path: Path, settings: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    claude = tmp_path / "bin" / "claude"
    claude.parent.mkdir()
    claude.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, "-I", "-S", str(FAKE), "2.1.328"])} "$@"\n')
    claude.chmod(0o755)
    monkeypatch.setenv("PATH", f"{claude.parent}:/usr/bin:/bin")
    with (tmp_path / "log").open("wb") as log, serve(tmp_path / "home", stderr=log) as running:
        yield running


def claude_code(server: Running) -> dict[str, Any]:
    agents = server.get("/api/v1/setup")["agents"]
    found: dict[str, Any] = next(agent for agent in agents if agent["agent"] == "claude_code")
    return found


def test_from_the_key_to_the_first_record_and_back(server: Running, settings: Path, tmp_path: Path) -> None:
    page = Page(server)
    assert page.post("/api/v1/setup/otel", {"enable": True})[0] == 401
    assert page.redeem() == 200

    status, shown = page.post("/api/v1/setup/otel", {"enable": True, "dry_run": True})
    assert (status, shown["changed"], shown["would_change"]) == (200, False, True)
    assert '+\t"env" : {"ANTHROPIC_API_KEY":   "…", "CLAUDE_CODE_ENABLE_TELEMETRY": "1"' in shown["diff"]
    assert settings.read_bytes() == SETTINGS

    status, done = page.post("/api/v1/setup/otel", {"enable": True})
    assert (status, done["changed"], done["diff"]) == (200, True, shown["diff"])
    env = json.loads(settings.read_bytes())["env"]
    assert env["OTEL_EXPORTER_OTLP_ENDPOINT"] == server.about["otlp_http"], "the ports of this very server"
    assert server.get("/api/v1/setup")["claude_code"]["otel"]["state"] == "here"

    before = claude_code(server)
    assert (before["received"], before["records"], before["last_at"]) == ([], 0, None)
    assert any(env["OTEL_EXPORTER_OTLP_ENDPOINT"] in block["text"] for block in before["settings"])
    assert server.post_otlp("logs", otlp_logs(["req_1", "req_2"])) == 200
    wait_until(lambda: claude_code(server)["records"] == 2, "two records came in")
    (row,) = claude_code(server)["received"]
    assert (row["source"], row["records"]) == ("otel_log", 2)
    told = json.loads(command("otel", "status", "--json", home=server.home).stdout)
    assert (told["state"], told["received"]) == ("here", [row])

    assert page.post("/api/v1/setup/otel", {"enable": False})[1]["changed"] is True
    assert settings.read_bytes() == SETTINGS

    everything = b"".join(path.read_bytes() for path in server.home.rglob("*") if path.is_file())
    everything += (tmp_path / "log").read_bytes()
    assert not [text for text in (page.key, page.token) if text.encode() in everything], "in no file, in no log"
    answers = b"".join(server.request("GET", server.about["http"], p)[1] for p in ("/api/v1/setup", "/api/v1/received"))
    assert b"sk-ant" not in answers
    assert str(settings).encode() not in answers


def test_the_plugin_is_put_in_and_taken_out(server: Running, settings: Path) -> None:
    page = Page(server)
    page.redeem()
    status, shown = page.post("/api/v1/setup/plugin", {"install": True, "dry_run": True})
    assert (status, shown["changed"], shown["claude_version"]) == (200, False, "2.1.328")
    assert {step["does"] for step in shown["steps"]} == {"changes", "copies", "runs"}
    assert "sk-ant" not in json.dumps(shown)
    assert settings.read_bytes() == SETTINGS
    status, done = page.post("/api/v1/setup/plugin", {"install": True})
    assert (status, done["changed"], done["consent"]) == (200, True, None), "nobody was asked about sending"
    stands = server.get("/api/v1/setup")["claude_code"]["plugin"]
    assert (stands["installed"], stands["version"], stands["consent"]) == (True, shown["version"], None)
    assert page.post("/api/v1/setup/plugin", {"install": True, "allow": False})[1]["consent"] == "denied"
    assert page.post("/api/v1/setup/plugin", {"install": True, "allow": True})[1]["consent"] == "granted"
    consent = json.loads(next(settings.parent.rglob("consent.json")).read_bytes())
    assert consent["endpoint"] == server.about["otlp_http"]
    assert page.post("/api/v1/setup/plugin", {"install": False})[1]["changed"] is True
    assert settings.read_bytes() == SETTINGS
    assert server.get("/api/v1/setup")["claude_code"]["plugin"]["installed"] is False


def test_a_key_is_good_once_and_with_its_server(server: Running) -> None:
    page = Page(server)
    assert page.redeem() == 200
    assert page.post("/api/v1/setup/otel", {"enable": True, "dry_run": True})[0] == 200
    held = page.token
    assert page.redeem() == 401, "somebody else came with the same key"
    page.token = held
    assert page.post("/api/v1/setup/otel", {"enable": True, "dry_run": True})[0] == 401, "so both are out"
    last = Page(server)
    assert last.redeem() == 200
    server.kill("core")
    wait_until(lambda: _answers(server), "the core is back")
    last.server.about.update(server.now())
    assert last.post("/api/v1/setup/otel", {"enable": True, "dry_run": True})[0] == 401, "tokens end with the process"


def _answers(server: Running) -> bool:
    try:
        return server.request("GET", server.now()["http"], "/health")[0] == 200
    except (OSError, AssertionError):
        return False


def test_open_prints_the_address_where_nothing_can_show_it(server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    if sys.platform == "darwin":
        pytest.skip("a Mac always has a browser")
    told = json.loads(command("open", "--json", home=server.home).stdout)
    assert told["opened"] is False
    assert told["address"].startswith(f"{server.about['http']}/#/?key=")
