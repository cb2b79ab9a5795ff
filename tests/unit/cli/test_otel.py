"""`tachograph otel`: shown first, asked, done; taken back to the byte; and how it stands."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tachograph.cli import otel_status
from tachograph.wiring.claude_code import telemetry_status
from tests.plugin_user import User

ODD = b'{\r\n\t"permissions": {"allow": ["Bash(ls:*)"],   "deny": []},\r\n\t"env" : {"FOO":"bar"}}\r\n'


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> User:
    monkeypatch.setattr(telemetry_status, "managed_settings", lambda: tmp_path / "managed.json")
    return User(tmp_path / "user", monkeypatch, capsys, None)


def test_it_is_shown_and_asked_for_and_a_no_changes_nothing(user: User) -> None:
    user.settings.write_bytes(ODD)
    found = user.everything()
    for answers in ("n\n", "\n", ""):
        done = user.run("otel", "enable", answers=answers)
        assert done.status == 1
        assert '"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"' in done.err
        assert "+" in done.err
        assert user.everything() == found
        assert not (user.home / "otel.json").exists()
    assert user.run("otel", "enable", answers="y\n").status == 0
    assert json.loads(user.settings.read_bytes())["env"]["OTEL_LOGS_EXPORTER"] == "otlp"


def test_enabled_and_disabled_everything_is_as_it_was_to_the_byte(user: User) -> None:
    user.settings.write_bytes(ODD)
    found = user.everything()
    done = user.run("otel", "enable", "--yes", "--json")
    assert done.json["changed"] is True
    assert set(done.json["set"]) == {
        "CLAUDE_CODE_ENABLE_TELEMETRY", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER", "OTEL_EXPORTER_OTLP_PROTOCOL",
        "OTEL_EXPORTER_OTLP_ENDPOINT",
    }  # fmt: skip
    again = user.run("otel", "enable", "--yes", "--json")
    assert (again.json["changed"], again.json["diff"]) == (False, "")
    back = user.run("otel", "disable", "--yes", "--json")
    assert back.json["changed"] is True
    assert user.everything() == found
    assert [path.name for path in user.home.iterdir()] == []
    assert user.run("otel", "disable", "--yes", "--json").json["changed"] is False


def test_a_dry_run_changes_nothing(user: User) -> None:
    user.settings.write_bytes(ODD)
    found = user.everything()
    done = user.run("otel", "enable", "--dry-run", "--json")
    assert (done.status, done.json["changed"], done.json["would_change"]) == (0, False, True)
    assert done.json["diff"].startswith(f"--- {user.settings}")
    assert user.everything() == found
    assert not user.home.exists()
    user.run("otel", "enable", "--yes")
    held = user.everything()
    assert user.run("otel", "disable", "--dry-run", "--json").json["would_change"] is True
    assert user.everything() == held


def test_the_ports_are_those_of_the_settings(user: User) -> None:
    user.home.mkdir()
    (user.home / "tachograph.toml").write_text("[otlp]\nhttp_port = 9318\n")
    done = user.run("otel", "enable", "--dry-run", "--json")
    assert done.json["set"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:9318"
    (user.home / "tachograph.toml").write_text("[otlp]\nhttp_port = 0\n")
    done = user.run("otel", "enable", "--dry-run")
    assert done.status == 2
    assert "tachograph serve" in done.err


def test_that_no_server_runs_to_send_to_is_said(user: User) -> None:
    assert "No server of this home is running" in user.run("otel", "enable", "--yes").err
    user.run("otel", "disable", "--yes")
    user.home.mkdir(exist_ok=True)
    about = {"pid": os.getpid(), "otlp_http": "http://127.0.0.1:9318", "otlp_grpc": "127.0.0.1:9317"}
    (user.home / "server.json").write_text(json.dumps(about))
    done = user.run("otel", "enable", "--yes")
    assert "http://127.0.0.1:9318" in done.err
    assert "No server" not in done.err


def test_what_leads_elsewhere_is_named_and_stays_without_force(user: User) -> None:
    before = b'{"env": {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example"}}'
    user.settings.write_bytes(before)
    done = user.run("otel", "enable", "--yes")
    assert done.status == 2
    assert "OTEL_EXPORTER_OTLP_ENDPOINT is set to https://collector.example" in done.err
    assert "--force" in done.err
    assert user.settings.read_bytes() == before
    assert user.run("otel", "enable", "--yes", "--force").status == 0
    assert user.run("otel", "status", "--json").json["state"] == "here"
    assert user.run("otel", "disable", "--yes").status == 0
    assert user.settings.read_bytes() == before


def test_broken_settings_are_refused_and_left(user: User) -> None:
    user.settings.write_bytes(b'{"env": ')
    for words in (["enable", "--yes"], ["disable", "--yes"]):
        done = user.run("otel", *words)
        assert done.status == 2
        assert "not plain JSON" in done.err
    assert user.settings.read_bytes() == b'{"env": '
    assert user.run("otel", "status", "--json").json["state"] == "unreadable"


def test_the_status_says_what_is_set_where_and_what_counts(user: User, tmp_path: Path) -> None:
    assert user.run("otel", "status", "--json").json["state"] == "off"
    (user.project / ".claude").mkdir()
    (user.project / ".claude" / "settings.json").write_text('{"env": {"CLAUDE_CODE_ENABLE_TELEMETRY": "1"}}')
    told = user.run("otel", "status", "--json").json
    assert [(file["scope"], file["counts"]) for file in told["files"]] == [("project", False)]
    assert told["state"] == "off", "a repository's own settings do not switch it on"
    user.run("otel", "enable", "--yes")
    told = user.run("otel", "status", "--json").json
    assert told["state"] == "here"
    assert told["received"] == []
    assert set(told["put_by_us"]) == set(told["files"][-1]["variables"])
    said = user.run("otel", "status").out
    assert "Nothing has come from it yet." in said
    assert "otel disable` takes out: CLAUDE_CODE_ENABLE_TELEMETRY" in said
    (user.project / ".claude" / "settings.json").write_text('{"env": {"OTEL_LOGS_EXPORTER": "none"}}')
    told = user.run("otel", "status", "--json").json
    assert (told["state"], told["missing"]) == ("elsewhere", ["OTEL_LOGS_EXPORTER"]), "but they can switch it off"
    (user.project / ".claude" / "settings.json").write_text('{"env": {"CLAUDE_CODE_ENABLE_TELEMETRY": "0"}}')
    assert user.run("otel", "status", "--json").json["state"] == "off", "all of it"
    (user.project / ".claude" / "settings.json").unlink()
    (tmp_path / "managed.json").write_text('{"env": {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://company.example"}}')
    told = user.run("otel", "status", "--json").json
    assert (told["state"], told["missing"]) == ("elsewhere", ["OTEL_EXPORTER_OTLP_ENDPOINT"])


def test_the_status_says_what_came_in(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    row = {"agent": "claude_code", "source": "otel_log", "records": 12, "last_at": "2026-11-20T12:00:00Z"}
    monkeypatch.setattr(otel_status, "_received", lambda *_: [row])
    assert "Received: 12 records (otel_log), the last at 2026-11-20T12:00:00Z." in user.run("otel", "status").out


def test_without_a_server_there_is_no_page_to_open(user: User) -> None:
    done = user.run("open")
    assert done.status == 1
    assert "tachograph serve --open" in done.err


def test_nothing_real_is_sent_to_a_home_of_made_up_data(user: User) -> None:
    user.home.mkdir()
    (user.home / "DEMO").write_text("")
    done = user.run("otel", "enable", "--yes")
    assert done.status == 2
    assert "made-up data" in done.err
    assert not user.settings.exists()
    assert user.run("otel", "enable", "--dry-run", "--json").json["would_change"] is True, "looking is fine"


def test_the_doctor_says_whether_telemetry_leads_here(user: User) -> None:
    def finding() -> tuple[str, str, str]:
        found = user.run("doctor", "--json").json["findings"]
        (one,) = [f for f in found if f["what"] == "Claude Code settings"]
        assert one["where"] == str(user.settings), "also where CLAUDE_CONFIG_DIR says so"
        return one["state"], one["found"], one["hint"]

    assert finding() == ("note", "not there", "`tachograph otel enable` switches it on")
    user.run("otel", "enable", "--yes")
    assert finding() == ("ok", "telemetry is on and leads here", "")
    said = json.loads(user.settings.read_bytes())
    said["env"]["OTEL_EXPORTER_OTLP_ENDPOINT"] = "https://collector.example"
    user.settings.write_text(json.dumps(said))
    state, found, _ = finding()
    assert (state, "not all of it leads here" in found) == ("note", True)
    user.settings.write_text("{")
    assert finding()[0] == "problem"
