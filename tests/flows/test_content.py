"""Texts that the owner chose to keep: scrubbed, told of everywhere, and gone from every byte when the choice ends."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tachograph.home import Home
from tachograph.wiring.presets import open_permissions
from tachograph_sdk.model.consent import ConsentPurpose, How
from tests.flows.harness import Running, command, serve, wait_until

GOLDEN = Path(__file__).parents[1] / "golden" / "agents"
TOKEN = "ghp_" + "Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb7c"
EMAIL = "jane.q.doe@secret-corp-mail.com"
PROMPT = f"please rename zebrafinch to goldcrest, ask {EMAIL}, use {TOKEN}"
COMMAND = json.dumps({"full_command": f"curl -H 'Authorization: Bearer {TOKEN}' https://api.github.com/sparrowhawk"})
WORDS = ("zebrafinch", "goldcrest", "sparrowhawk")


@pytest.fixture(autouse=True)
def no_switches(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DO_NOT_TRACK", "CI", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TACHOGRAPH_JOURNAL__SEGMENT_AGE_S", "0.3")  # what is drained is deleted then


def record(name: str, number: int, **attributes: str) -> dict[str, Any]:
    told = {"event.name": name, "session.id": "11111111-2222-4333-8444-555555555555", **attributes}
    return {
        "timeUnixNano": str(time.time_ns()),
        "body": {"stringValue": f"claude_code.{name}"},
        "attributes": [
            *({"key": key, "value": {"stringValue": value}} for key, value in told.items()),
            {"key": "event.sequence", "value": {"intValue": number}},
        ],
    }


def request(number: int) -> bytes:
    records = [
        record("user_prompt", number, prompt=PROMPT, prompt_length=str(len(PROMPT))),
        record("tool_result", number + 1, tool_name="Bash", tool_use_id=f"toolu_{number:08}", tool_parameters=COMMAND),
    ]
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "claude-code"}}]}
    return json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": [{"logRecords": records}]}]}).encode()


def send(server: Running, number: int) -> None:
    assert server.post_otlp("logs", request(number)) == 200
    server.wait_drained()


def texts(home: Path) -> dict[str, str]:
    answer = json.loads(command("query", "--json", "select attribute, text from contents", home=home).stdout)
    return dict(answer["rows"])


def in_files(home: Path, word: str) -> list[str]:
    return [path.name for path in home.rglob("*") if path.is_file() and word.encode() in path.read_bytes()]


def consent(home: Path) -> None:
    assert open_permissions(Home(home)).grant([ConsentPurpose.CONTENT_RECORDING], how=How.CODE).granted


def test_texts_are_kept_scrubbed_and_told_of_until_the_choice_ends(tmp_path: Path) -> None:
    consent(tmp_path)
    command("privacy", "policy", "content", "--yes", home=tmp_path)
    with serve(tmp_path) as server:
        send(server, 1)
        kept = texts(tmp_path)
        assert set(kept) == {"content_prompt", "content_tool_parameters"}
        assert kept["content_prompt"] == "please rename zebrafinch to goldcrest, ask <email>, use <token>"
        assert "sparrowhawk" in kept["content_tool_parameters"]
        for secret in (TOKEN, EMAIL):
            wait_until(lambda secret=secret: in_files(tmp_path, secret) == [], "no byte of it")  # type: ignore[misc]
        assert in_files(tmp_path, "zebrafinch"), "the search must find what is there"
        assert any("Content is recorded" in notice for notice in server.get("/api/v1/report")["privacy"]["notices"])
        assert server.get("/api/v1/report")["privacy"]["texts_kept"] == 2
        for path in ("/", "/api/v1/report", "/health", "/metrics", "/api/v1/privacy/policy", "/api/v1/ledger"):
            assert b"zebrafinch" not in server.request("GET", server.about["http"], path)[1], path

        said = command("privacy", "policy", "standard", home=tmp_path).stdout
        assert "2 texts were erased" in said
        assert texts(tmp_path) == {}
        send(server, 11)
        assert texts(tmp_path) == {}
        for word in WORDS:
            wait_until(lambda word=word: in_files(tmp_path, word) == [], f"{word} is in no byte")  # type: ignore[misc]
        assert server.totals()["prompts"] == 2
        assert server.get("/api/v1/report")["privacy"]["notices"] == []


def test_without_a_server_the_texts_are_erased_as_well(tmp_path: Path) -> None:
    consent(tmp_path)
    command("privacy", "policy", "content", "--yes", home=tmp_path)
    source = tmp_path / "sent"
    source.mkdir()
    (source / "logs.json").write_bytes(request(1))
    command("import", str(source), home=tmp_path)
    assert len(texts(tmp_path)) == 2
    (source / "logs.json").unlink()
    assert json.loads(command("privacy", "policy", "strict", "--json", home=tmp_path).stdout)["erased_texts"] == 2
    for word in WORDS:
        assert in_files(tmp_path, word) == []


@pytest.mark.parametrize("threshold", ["0", "1000000000"], ids=["workers", "one process"])
def test_histories_bring_texts_whoever_reads_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, threshold: str
) -> None:
    monkeypatch.setenv("TACHOGRAPH_IMPORTS__WORKER_THRESHOLD_BYTES", threshold)
    consent(tmp_path)
    command("privacy", "policy", "content", "--yes", home=tmp_path)
    command("import", str(GOLDEN / "claude_code" / "2.1.328"), str(GOLDEN / "opencode"), home=tmp_path)
    asked = (
        "select agent, attribute from contents join events using (event_id) where source = 'transcript' group by all"
    )
    found = {tuple(row) for row in json.loads(command("query", "--json", asked, home=tmp_path).stdout)["rows"]}
    assert found >= {
        ("claude_code", "content_prompt"),
        ("claude_code", "content_tool_input"),
        ("claude_code", "content_error"),
        ("opencode", "content_tool_input"),
    }


def test_a_withdrawn_consent_holds_for_the_next_record(tmp_path: Path) -> None:
    consent(tmp_path)
    command("privacy", "policy", "content", "--yes", home=tmp_path)
    with serve(tmp_path) as server:
        send(server, 1)
        assert len(texts(tmp_path)) == 2
        open_permissions(Home(tmp_path)).withdraw([ConsentPurpose.CONTENT_RECORDING], how=How.CODE)
        send(server, 21)
        assert len(texts(tmp_path)) in (0, 2), "no new ones"
        assert server.totals()["prompts"] == 2
        notices = server.get("/api/v1/report")["privacy"]["notices"]
        assert any("no consent" in notice for notice in notices)
        # Whoever took it back had no way to the store: the server does what the text of the consent says.
        for word in WORDS:
            wait_until(lambda word=word: in_files(tmp_path, word) == [], f"{word} is in no byte", 40)  # type: ignore[misc]
        assert texts(tmp_path) == {}
