"""`tachograph plugin` where the plugin came in otherwise: by hand, for a project, from a repository, into an older Claude."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import shutil
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from tachograph.wiring.claude_code.places import packaged_marketplace
from tests.plugin_user import User


@pytest.fixture
def user(tmp_path, monkeypatch, capsys) -> User:
    return User(tmp_path / "user", monkeypatch, capsys, "2.1.328")


def by_hand(user: User, *, source: dict[str, str] | None = None) -> None:
    """What `/plugin marketplace add` and `/plugin install` leave, with the checkout as marketplace."""
    folder = str(packaged_marketplace())
    entry = {"source": source or {"source": "directory", "path": folder}, "installLocation": folder}
    plugins = user.config / "plugins"
    plugins.mkdir()
    (plugins / "known_marketplaces.json").write_text(json.dumps({"tachograph": entry, "other": {}}))
    copy = plugins / "cache" / "tachograph" / "metrics" / "0.1.0"
    shutil.copytree(packaged_marketplace() / "metrics", copy)
    listed = {"scope": "user", "installPath": str(copy), "version": "0.1.0"}
    (plugins / "installed_plugins.json").write_text(
        json.dumps({"version": 2, "plugins": {"metrics@tachograph": [listed], "a@other": []}})
    )
    user.settings.write_text('{\n  "model": "opus",\n  "enabledPlugins": {\n    "metrics@tachograph": true\n  }\n}\n')


@pytest.mark.parametrize("claude", ["2.0.76", "2.1.328", None], ids=str)
def test_a_plugin_that_came_in_by_hand_is_removed(user, claude):
    user.use(claude)
    by_hand(user)
    assert user.plugin("status", "--json").json["installed"]
    assert user.plugin("remove", "--yes").status == 0
    assert json.loads(user.settings.read_text()) == {"model": "opus", "enabledPlugins": {}}
    plugins = user.config / "plugins"
    assert json.loads((plugins / "known_marketplaces.json").read_text()) == {"other": {}}
    assert json.loads((plugins / "installed_plugins.json").read_text())["plugins"] == {"a@other": []}
    assert not (plugins / "cache").exists()
    assert packaged_marketplace().is_dir()  # what the user pointed at is the user's
    assert not user.plugin("status", "--json").json["installed"]


@pytest.mark.parametrize(("claude", "is_named"), [("2.0.76", True), ("2.1.72", False), ("2.1.328", False)])
def test_where_claude_code_does_not_name_the_scripts_that_its_commands_may_run_we_do(user, claude, is_named):
    """Seen: 2.0.76 leaves `${CLAUDE_PLUGIN_ROOT}` in allowed-tools as it is, and then refuses /metrics:status."""
    user.use(claude)
    user.plugin("install", "--yes")
    copy = user.config / "plugins" / "cache" / "tachograph" / "metrics" / "0.1.0"
    for path in (*copy.glob("commands/*.md"), copy / "skills" / "session-cost" / "SKILL.md"):
        (allowed,) = [line for line in path.read_text().splitlines() if line.startswith("allowed-tools:")]
        assert (f'Bash(sh "{copy.as_posix()}/scripts/command.sh" ' in allowed) == is_named
        assert ("${" in allowed) != is_named
        assert '`sh "${CLAUDE_PLUGIN_ROOT}/scripts/command.sh"' in path.read_text()
    assert user.plugin("install", "--yes", "--json").json["changed"] is False
    user.plugin("remove", "--yes")
    assert not copy.exists()


def test_a_marketplace_from_a_repository_is_used_as_it_is(user):
    by_hand(user, source={"source": "github", "repo": "somebody/tachograph"})
    user.settings.write_text("{}")
    (user.config / "plugins" / "installed_plugins.json").unlink()
    done = user.plugin("install", "--yes", "--json")
    assert user.calls == ["plugin install metrics@tachograph --scope user"]
    assert done.json["copies"] == []
    assert "extraKnownMarketplaces" not in json.loads(user.settings.read_text())


def test_a_checkout_that_was_added_by_hand_is_used_as_it_is(user):
    by_hand(user)
    settings = user.settings.read_bytes()
    done = user.plugin("install", "--yes", "--json")
    assert user.calls == []
    assert done.json["copies"] == []
    assert done.json["consent"] == "granted"
    assert user.settings.read_bytes() == settings


@pytest.mark.parametrize("claude", ["2.0.76", "2.1.72", "2.1.328"])
def test_a_marketplace_whose_folder_is_gone_is_added_anew_and_the_data_stays(user, claude):
    user.use(claude)
    by_hand(user, source={"source": "directory", "path": "/nowhere/any/more"})
    user.data.mkdir(parents=True)
    (user.data / "metrics.log").write_text("a line\n")
    assert user.plugin("install", "--yes").status == 0
    assert user.calls[0] == "plugin marketplace remove tachograph"
    assert (user.data / "metrics.log").read_text() == "a line\n"
    known = json.loads((user.config / "plugins" / "known_marketplaces.json").read_text())
    assert known["tachograph"]["source"]["path"] == str(user.home / "plugin")


@pytest.mark.parametrize(("scope", "file"), [("project", "settings.json"), ("local", "settings.local.json")])
@pytest.mark.parametrize("claude", ["2.1.328", None], ids=str)
def test_for_a_project_it_is_switched_on_there_and_nowhere_else(user, claude, scope, file):
    user.use(claude)
    settings = user.project / ".claude" / file
    done = user.plugin("install", "--yes", "--scope", scope, "--json")
    assert done.status == 0, done.err
    assert json.loads(settings.read_text()) == {"enabledPlugins": {"metrics@tachograph": True}}
    assert "enabledPlugins" not in json.loads(user.settings.read_text())
    assert [one["scope"] for one in user.plugin("status", "--json").json["scopes"]] == [scope]
    user.plugin("remove", "--yes")
    assert not settings.exists()
    assert not user.settings.exists()


def test_after_claude_code_1_was_replaced_the_hooks_go_and_the_plugin_comes(user):
    user.use("1.0.128")
    user.settings.write_text('{"model": "opus"}')
    user.plugin("install", "--yes")
    assert [one["how"] for one in user.plugin("status", "--json").json["scopes"]] == ["hooks"]
    user.use("2.1.328")
    assert user.plugin("install", "--yes").status == 0
    assert [one["how"] for one in user.plugin("status", "--json").json["scopes"]] == ["plugin"]
    assert "hooks" not in json.loads(user.settings.read_text())
    user.plugin("remove", "--yes")
    assert user.settings.read_text() == '{"model": "opus"}'


@pytest.mark.parametrize(("name", "value"), [("DO_NOT_TRACK", "1"), ("TACHOGRAPH_PLUGIN", "Off"), (None, "")])
def test_a_shell_that_says_no_is_told(user, monkeypatch, name, value):
    user.plugin("install", "--yes")
    for variable in ("DO_NOT_TRACK", "TACHOGRAPH_PLUGIN"):
        monkeypatch.delenv(variable, raising=False)
    if name is not None:
        monkeypatch.setenv(name, value)
    assert user.plugin("status", "--json").json["forbidden_by"] == name
    assert ("says no: a Claude Code started from here" in user.plugin("status").out) == (name is not None)


def test_a_shipper_that_still_writes_leaves_nothing_behind(user):
    user.use("2.0.76")  # newer ones delete the data themselves
    user.plugin("install", "--yes")
    (user.data / "outgoing").mkdir()
    for number in range(2_000):
        (user.data / "outgoing" / f"s-{number}.json").touch()
    over = threading.Event()

    def write() -> None:
        number = 0
        while not over.is_set():
            number += 1
            with contextlib.suppress(OSError):
                (user.data / "outgoing" / f"e-{number}.json").write_text("{}")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        time.sleep(0.05)
        user.plugin("remove", "--yes")
    finally:
        over.set()
        writer.join()
    assert not user.data.exists()
    assert not list(user.config.glob("plugins/data/.*"))


def test_a_consent_of_another_version_is_none(user):
    user.plugin("install", "--yes")
    told = json.loads((user.data / "consent.json").read_text())
    (user.data / "consent.json").write_text(json.dumps({**told, "version": 2}))
    assert user.plugin("status", "--json").json["consent"] is None
    assert "you were not asked yet" in user.plugin("status").out


def test_what_a_killed_installation_kept_aside_goes_too(user):
    user.plugin("install", "--yes")
    user.data.rename(user.data.with_name(f".{user.data.name}.kept"))
    user.plugin("remove", "--yes")
    assert not (user.config / "plugins" / "data").exists()
    assert user.keys == {}


def test_both_at_once_is_said(user):
    user.use("1.0.128")
    user.plugin("install", "--yes")
    said = json.loads(user.settings.read_text())
    user.settings.write_text(json.dumps({**said, "enabledPlugins": {"metrics@tachograph": True}}))
    assert "counted twice" in user.plugin("status").out


@pytest.mark.parametrize("claude", ["1.0.128", "2.0.76", None], ids=str)
def test_another_version_takes_the_place_of_this_one(user, claude, monkeypatch, tmp_path):
    user.use(claude)
    user.plugin("install", "--yes")
    newer = tmp_path / "newer"
    shutil.copytree(packaged_marketplace(), newer)
    manifest = newer / "metrics" / ".claude-plugin" / "plugin.json"
    manifest.write_text(manifest.read_text().replace('"0.1.0"', '"0.2.0"'))
    monkeypatch.setattr("tachograph.wiring.claude_code.plan.packaged_marketplace", lambda: newer)
    done = user.plugin("install", "--yes", "--json")
    assert done.json["changed"]
    assert [one["version"] for one in user.plugin("status", "--json").json["scopes"]] == ["0.2.0"]
    commands = [
        hook["command"]
        for groups in json.loads(user.settings.read_text()).get("hooks", {}).values()
        for group in groups
        for hook in group["hooks"]
    ]
    assert all("/0.2.0" in command for command in commands)
    assert len(commands) == (4 if claude == "1.0.128" else 0)
    assert not list(user.home.glob(".plugin*"))
    user.plugin("remove", "--yes")
    assert not user.settings.exists()
    assert not (user.config / "plugins").exists()


def test_an_older_claude_has_the_commands_too(user):
    user.use("1.0.128")
    user.plugin("install", "--yes")
    commands = user.config / "commands" / "metrics"
    names = {path.name for path in (packaged_marketplace() / "metrics" / "commands").glob("*.md")}
    assert {path.name for path in commands.iterdir()} == names
    assert all("CLAUDE_PLUGIN_ROOT" not in path.read_text() for path in commands.iterdir())
    user.plugin("remove", "--yes")
    assert not commands.parent.exists()


def test_the_scope_of_an_older_claude_is_the_user(user):
    user.use("1.0.128")
    done = user.plugin("install", "--yes", "--scope", "project")
    assert done.status == 2
    assert "for the user only" in done.err


@pytest.mark.parametrize(
    "endpoint", ["ftp://x", "example.org", "http://", "http://a:b@c", "http://a/?q=1", "http://a b", "http://a:0"]
)
def test_an_endpoint_that_is_none_is_refused(user, endpoint):
    done = user.plugin("install", "--yes", "--endpoint", endpoint)
    assert done.status == 2
    assert user.calls == []
    assert not user.data.exists()


def test_a_program_that_is_no_claude_is_refused(user):
    assert user.plugin("install", "--yes", "--claude", "/bin/true").status == 2
    assert not user.settings.exists()


def test_the_server_of_this_home_is_where_it_sends_to(user):
    user.home.mkdir()
    about = {"pid": os.getpid(), "otlp_http": "http://0.0.0.0:51234", "otlp_grpc": "127.0.0.1:51235"}
    (user.home / "server.json").write_text(json.dumps(about))
    assert user.plugin("install", "--yes", "--json").json["endpoint"] == "http://127.0.0.1:51234"


def test_where_no_server_runs_it_sends_to_where_one_will_listen(user):
    user.home.mkdir()
    (user.home / "tachograph.toml").write_text("[otlp]\nhttp_port = 51234\n")
    assert user.plugin("install", "--yes", "--json").json["endpoint"] == "http://127.0.0.1:51234"


# --- status --------------------------------------------------------------------------------------------------------


class _Quiet(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def endpoint():
    server = http.server.HTTPServer(("127.0.0.1", 0), _Quiet)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_status_says_what_waits_what_was_sent_and_what_it_cost(user, endpoint):
    user.plugin("install", "--yes", "--endpoint", endpoint)
    noon = datetime.now(UTC).replace(hour=12, minute=0)
    for name in ("spool", "outgoing"):
        (user.data / name).mkdir()
    costs = [(noon, 10.0), (noon, 20.5), (noon, 400.0), (noon - timedelta(days=1), 9000.0)]
    lines = [json.dumps({"v": 1, "at": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}", "took_ms": ms}) for at, ms in costs]
    (user.data / "spool" / "costs.1.jsonl").write_text(lines[0] + "\n")
    (user.data / "spool" / "costs.jsonl").write_text("\n".join([*lines[1:], "torn {", '{"took_ms": true}', ""]))
    (user.data / "spool" / "events.jsonl").write_text('{"v":1}\n\n{"v":1}\n')
    (user.data / "spool" / "taken-1.jsonl").write_text('{"v":1}\n{"v":1}\n')
    for name in ("e-1.json", "e-2.json", "s-1.json", ".tmp"):
        (user.data / "outgoing" / name).write_text("{}")
    (user.data / "rejected.jsonl").write_text('{"why": "type"}\n')
    state = {
        "version": 1, "counters": {"sent_events": 5, "sent_sessions": 2, "rejected 400": 1}, "taken": {"taken-1.jsonl": 8},
        "retry": {"at": 1795180000.0, "failures": 2, "why": "no connection"}, "last": {"sent_at": 1795170000.0},
    }  # fmt: skip
    (user.data / "state.json").write_text(json.dumps(state))
    said = user.plugin("status", "--json", "--tz", "UTC").json
    assert said["waiting"] == {"spooled": 3, "events": 2, "sessions": 1}
    assert said["sent"] == {"events": 5, "sessions": 2}
    assert (said["rejected"], said["last_error"]) == (1, "no connection")
    assert (said["last_sent_at"], said["next_try_at"]) == ("2026-11-20T10:20:00Z", "2026-11-20T13:06:40Z")
    assert said["counters"] == state["counters"]
    assert said["endpoint_reachable"] is True
    assert said["key_registered"] is True
    today = {"day": f"{noon:%Y-%m-%d}", "hooks": 3, "total_ms": 430.5, "median_ms": 20.5, "highest_ms": 400.0}
    assert said["cost_today"] == today
    text = user.plugin("status", "--tz", "UTC").out
    assert "Telemetry cost you 0.4 s today: 3 hooks, median 20 ms, longest 400 ms." in text
    assert "which answers" in text
    assert "Sent: 5 events, 2 sessions. Waiting: 6. Refused by the receiver: 1." in text


def test_status_of_nothing_says_so_and_writes_nothing(user):
    said = user.plugin("status", "--json")
    assert said.status == 0
    assert not said.json["installed"]
    assert said.json["cost_today"] is None
    assert said.json["endpoint_reachable"] is None
    assert not (user.config / "plugins").exists()
    assert not user.home.exists()


def test_status_asks_no_endpoint_without_consent(user, monkeypatch):
    monkeypatch.setattr("tachograph.wiring.claude_code.status.is_reachable", lambda _: pytest.fail("it was asked"))
    user.plugin("install", "--endpoint", "http://127.0.0.1:9", answers="y\nn\n")
    assert user.plugin("status", "--json").json["consent"] == "denied"


def test_status_says_that_the_endpoint_is_not_there_and_the_key_is_unknown(user):
    user.plugin("install", "--yes", "--endpoint", "http://127.0.0.1:9")
    (user.home / "hook_keys.json").write_text("{}")
    text = user.plugin("status").out
    assert "which does not answer now" in text
    assert "unverified" in text
