"""`tachograph plugin install` and `remove`: shown first, made, and undone to the byte, with every kind of Claude Code."""

from __future__ import annotations

import json
import os
import stat

import pytest

from tests.plugin_user import User

WITH_PLUGINS = ("2.0.76", "2.1.72", "2.1.197", "2.1.328")
ALL = ("1.0.128", *WITH_PLUGINS, None)
ODD = b'{\r\n\t"permissions": {"allow": ["Bash(ls:*)"],   "deny": []},\r\n\t"model" : "opus"}\r\n'
SETTINGS = {
    "none": None,
    "nothing": b"",
    "empty": b"{}",
    "blank": b"{\n}\n",
    "odd layout": ODD,
    "one line": b'{"env":{"A":"\xc3\xa9"},"hooks":{"Stop":[{"hooks":[{"type":"command","command":"true"}]}]}}',
    "with plugins": b'{\n  "enabledPlugins": {\n    "other@market": true\n  },\n  "model": "opus"\n}',
    "with our neighbours": b'{\n    "extraKnownMarketplaces": {"m": {"source": {"source": "github", "repo": "a/b"}}},\n'
    b'    "hooks": {\n        "SessionStart": [\n            {"hooks": [{"type": "command", "command": "date"}]}\n'
    b"        ]\n    }\n}\n",
    "byte order mark": b'\xef\xbb\xbf{\n  "a": 1\n}\n',
}


@pytest.fixture(params=ALL, ids=str)
def user(request, tmp_path, monkeypatch, capsys) -> User:
    return User(tmp_path / "user", monkeypatch, capsys, request.param)


@pytest.fixture
def newest(tmp_path, monkeypatch, capsys) -> User:
    return User(tmp_path / "user", monkeypatch, capsys, "2.1.328")


def has_it(user: User) -> bool:
    said = json.loads(user.settings.read_text("utf-8-sig"))
    if said.get("enabledPlugins", {}).get("metrics@tachograph") is True:
        return True
    return "plugins/cache/tachograph/metrics/" in json.dumps(said.get("hooks", {}))


@pytest.mark.parametrize("before", SETTINGS.values(), ids=SETTINGS)
def test_installed_and_removed_everything_is_as_it_was_to_the_byte(user, before):
    if before is not None:
        user.settings.write_bytes(before)
        user.settings.chmod(0o640)
    found = user.everything()
    done = user.plugin("install", "--yes", "--json")
    assert done.status == 0, done.err
    assert has_it(user)
    assert user.plugin("remove", "--yes").status == 0
    assert user.everything() == found
    assert user.keys == {}
    if before is not None:
        assert stat.S_IMODE(user.settings.stat().st_mode) == 0o640
    assert not user.plugin("remove", "--yes", "--json").json["removed"]


def test_what_is_shown_is_what_is_made(user):
    user.settings.write_bytes(ODD)
    shown = user.plugin("install", "--dry-run")
    assert user.settings.read_bytes() == ODD
    assert not (user.config / "plugins").exists()
    assert not user.home.exists()
    assert user.calls == []
    added = [line[1:] for line in shown.err.splitlines() if line.startswith("+") and not line.startswith("+++")]
    user.plugin("install", "--yes")
    made = user.settings.read_bytes().decode().splitlines()
    known = user.config / "plugins" / "known_marketplaces.json"
    made += known.read_text().splitlines() if known.exists() else []
    assert added
    assert [line for line in added if line not in made and "lastUpdated" not in line] == []
    for command in user.calls:
        assert f"claude {command}" in shown.err


def test_the_users_layout_survives_a_claude_that_writes_its_own(user):
    user.settings.write_bytes(ODD)
    user.plugin("install", "--yes")
    assert user.settings.read_bytes().startswith(ODD[:-4])


def test_what_claude_changes_by_itself_stays_changed_and_is_told(tmp_path, monkeypatch, capsys):
    user = User(tmp_path / "user", monkeypatch, capsys, "2.1.197")
    user.settings.write_bytes(ODD)
    monkeypatch.setenv("FAKE_CLAUDE_DROPS", "model")
    done = user.plugin("install", "--yes", "--json")
    assert done.json["claude_also_changed"] == ["model"]
    assert "model" in done.err
    assert b'\t"permissions": {"allow": ["Bash(ls:*)"],   "deny": []},' in user.settings.read_bytes()
    user.plugin("remove", "--yes")
    assert user.settings.read_bytes() == b'{\r\n\t"permissions": {"allow": ["Bash(ls:*)"],   "deny": []}}\r\n'


def test_who_says_no_later_keeps_nothing_that_waited(user):
    user.plugin("install", "--yes")
    for name in ("outgoing/e-1.json", "spool/events.jsonl", "rejected.jsonl", "state.json", ".anonymous_id"):
        (user.data / name).parent.mkdir(exist_ok=True)
        (user.data / name).write_text("{}\n")
    user.plugin("install", "--endpoint", "http://127.0.0.1:9", answers="n\n")
    # `.forgotten`: with a later yes the number is a new one, whatever older releases left in other places
    assert sorted(path.name for path in user.data.iterdir()) == [".forgotten", "consent.json", "ingest.key"]
    assert json.loads((user.data / "consent.json").read_text())["status"] == "denied"
    user.plugin("install", "--endpoint", "http://127.0.0.1:9", answers="n\n")
    assert (user.data / ".forgotten").exists()


def test_a_script_does_not_overrule_a_no(user):
    user.plugin("install", answers="y\nn\n")
    for words in ((), ("--endpoint", "https://metrics.example.org")):
        done = user.plugin("install", "--yes", "--json", *words)
        assert (done.status, done.json["consent"], done.json["key_id"]) == (0, "denied", None)
        assert "You said no earlier" in done.err
    assert json.loads((user.data / "consent.json").read_text())["status"] == "denied"
    assert user.plugin("install", "--json", answers="y\n").json["consent"] == "granted"


@pytest.mark.parametrize(
    "endpoint",
    ["http://[::1].example.com", "http://example.com[::1]/x", "http://@127.0.0.1", "http://127.0.0.1%2eexample.com",
     "http://exämple.com", "file:///etc/passwd", "http://127.0.0.1:4318/?a"],
)  # fmt: skip
def test_what_the_plugin_would_not_send_to_cannot_be_consented_to(newest, endpoint):
    found = newest.everything()
    assert newest.plugin("install", "--yes", "--endpoint", endpoint).status != 0
    assert newest.everything() == found


@pytest.mark.parametrize("answers", ["", "n\n", "\ny\ny\n"], ids=["end of input", "no", "just return"])
def test_without_a_yes_nothing_is_changed(user, answers):
    user.settings.write_bytes(ODD)
    found = user.everything()
    done = user.plugin("install", answers=answers)
    assert done.status == 1
    assert user.everything() == found
    assert not user.home.exists()
    assert user.calls == []


def test_consent_is_asked_for_apart_and_its_default_is_no(user):
    assert user.plugin("install", answers="y\n\n").status == 0
    assert has_it(user)
    assert json.loads((user.data / "consent.json").read_text())["status"] == "denied"
    assert user.keys == {}
    assert not (user.data / "ingest.key").exists()


def test_a_yes_is_written_down_with_where_to_and_a_key_that_the_receiver_knows(user):
    done = user.plugin("install", "--endpoint", "http://127.0.0.1:9/x/", "--form", "compat", "--json", answers="y\ny\n")
    consent = json.loads((user.data / "consent.json").read_text())
    assert set(consent) == {"version", "status", "decided_at", "endpoint", "form"}
    assert (consent["status"], consent["endpoint"], consent["form"]) == ("granted", "http://127.0.0.1:9/x", "compat")
    key = (user.data / "ingest.key").read_text().strip()
    assert user.keys == {done.json["key_id"]: key}
    assert stat.S_IMODE(user.data.stat().st_mode) == 0o700
    for private in (user.data / "consent.json", user.data / "ingest.key", user.home / "hook_keys.json"):
        assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_who_is_asked_is_told_what_is_sent_and_where_to(newest):
    told = newest.plugin("install", "--endpoint", "https://metrics.example.org", answers="y\nn\n").err
    assert "https://metrics.example.org (OUTSIDE THIS MACHINE)" in told
    assert "never: text of prompts" in told


def test_twice_is_once(user):
    first = user.plugin("install", "--yes", "--json")
    found, calls = user.everything(), list(user.calls)
    again = user.plugin("install", "--yes", "--json")
    assert (first.json["changed"], again.json["changed"]) == (True, False)
    assert again.json["key_id"] == first.json["key_id"]
    assert user.everything() == found
    assert user.calls == calls


def test_what_was_changed_in_between_is_kept(user):
    user.settings.write_bytes(ODD)
    user.plugin("install", "--yes")
    said = json.loads(user.settings.read_text())
    said["model"] = "haiku"
    said.setdefault("enabledPlugins", {})["other@market"] = True
    said["new"] = {"x": 1}
    user.settings.write_text(json.dumps(said, indent=3))
    user.plugin("remove", "--yes")
    left = json.loads(user.settings.read_text())
    assert left["model"] == "haiku"
    assert left["enabledPlugins"] == {"other@market": True}
    assert left["new"] == {"x": 1}
    assert left["permissions"] == {"allow": ["Bash(ls:*)"], "deny": []}
    assert "metrics@tachograph" not in user.settings.read_text()
    assert "plugins/cache/tachograph" not in user.settings.read_text()
    assert '   "new"' in user.settings.read_text()


@pytest.mark.parametrize("fails", ["marketplace add", "install"])
@pytest.mark.parametrize("version", WITH_PLUGINS)
def test_a_claude_that_fails_half_way_leaves_no_trace(tmp_path, monkeypatch, capsys, version, fails):
    user = User(tmp_path / "user", monkeypatch, capsys, version)
    user.settings.write_bytes(ODD)
    found = user.everything()
    monkeypatch.setenv("FAKE_CLAUDE_FAILS", fails)
    done = user.plugin("install", "--yes")
    assert done.status == 1
    assert "nothing was changed" in done.err
    assert user.everything() == found
    assert not (user.config / "plugins").exists()
    assert not (user.home / "plugin").exists()
    assert user.keys == {}


@pytest.mark.parametrize("step", ["register_key", "write_consent", "remember"])
def test_a_failure_of_our_own_leaves_no_trace(user, monkeypatch, step):
    user.settings.write_bytes(ODD)
    found = user.everything()

    def fails(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(f"tachograph.wiring.claude_code.install.{step}", fails)
    done = user.plugin("install", "--yes")
    assert done.status in (1, 2)
    assert "No space left" in done.err
    assert user.everything() == found
    assert not (user.config / "plugins").exists()
    assert user.keys == {}


def test_an_interrupted_installation_leaves_no_trace(user, monkeypatch):
    user.settings.write_bytes(ODD)
    found = user.everything()

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("tachograph.wiring.claude_code.install.remember", interrupted)
    assert user.plugin("install", "--yes").status == 1
    assert user.everything() == found


@pytest.mark.parametrize("broken", [b"{", b"[]", b'{"a": 1, "a": 2}', b"// mine\n{}", b"\xff\xfe{}"])
def test_settings_that_are_no_plain_json_are_left_alone(user, broken):
    user.settings.write_bytes(broken)
    done = user.plugin("install", "--yes")
    assert done.status == 2
    assert str(user.settings) in done.err
    assert user.settings.read_bytes() == broken
    assert user.calls == []


def test_settings_that_are_a_link_stay_one(user):
    elsewhere = user.root / "dotfiles.json"
    elsewhere.write_bytes(ODD)
    user.settings.symlink_to(elsewhere)
    user.plugin("install", "--yes")
    assert user.settings.is_symlink()
    assert has_it(user)
    user.plugin("remove", "--yes")
    assert user.settings.is_symlink()
    assert elsewhere.read_bytes() == ODD


def test_the_plugins_data_stays_where_that_is_wished(user):
    user.plugin("install", "--yes")
    (user.data / "outgoing").mkdir()
    (user.data / "outgoing" / "e-1.json").write_text("{}")
    key = (user.data / "ingest.key").read_text()
    told = user.plugin("remove", "--yes", "--keep-data")
    assert told.status == 0
    assert (user.data / "ingest.key").read_text() == key
    assert list(user.keys.values()) == [key.strip()]
    assert (user.data / "outgoing" / "e-1.json").exists()


def test_who_removes_is_told_what_was_not_sent_yet(user):
    user.plugin("install", "--yes")
    (user.data / "outgoing").mkdir()
    (user.data / "outgoing" / "s-1.json").write_text("{}")
    told = user.plugin("remove", answers="n\n")
    assert told.status == 1
    assert "1 record" in told.err
    assert (user.data / "outgoing" / "s-1.json").exists()
    assert has_it(user)


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_nothing_outside_the_two_folders_and_the_project_is_written(user):
    user.plugin("install", "--yes")
    places = {path.relative_to(user.root).parts[0] for path in user.root.rglob("*") if path.is_file()}
    assert places <= {"claude config", "tachograph", "bin", "calls"}
