"""Where the plugin's data folder is, and what counts as a decision."""

from __future__ import annotations

import ast
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from tests.plugin_hook import HOOKS, PLUGIN
from tests.plugin_ship import script

places = script("places")

SCRIPTS = sorted((PLUGIN / "scripts").glob("*.py"))


@pytest.mark.parametrize(
    ("root", "name"),
    [
        ("/home/a/.claude/plugins/cache/tachograph/metrics/0.1.0", "metrics-tachograph"),
        ("/home/a/.claude/plugins/cache/tachograph/metrics/0.1.0/", "metrics-tachograph"),
        ("/home/a/.claude/plugins/cache/my.market place/metrics/1", "metrics-my-market-place"),
        ("/home/a/.claude/plugins/cache/märkte/metrics/1", "metrics-m-rkte"),
        ("C:\\Users\\a\\.claude\\plugins\\cache\\tachograph\\metrics\\0.1.0", "metrics-tachograph"),
        ("/src/tachograph/plugin/metrics", "metrics-inline"),
        ("/plugins/cache/tachograph/metrics", "metrics-inline"),
        ("/", "metrics-inline"),
        ("", "metrics-inline"),
    ],
)
def test_the_id_follows_from_where_the_plugin_is(root: str, name: str) -> None:
    assert places.plugin_id(root) == name


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"CLAUDE_PLUGIN_DATA": "/d"}, "/d"),
        ({"CLAUDE_PLUGIN_DATA": "d", "HOME": "/h"}, None),
        ({"CLAUDE_PLUGIN_ROOT": "/p", "HOME": "/h"}, "/h/.claude/plugins/data/metrics-inline"),
        ({"CLAUDE_PLUGIN_ROOT": "/p", "CLAUDE_CONFIG_DIR": "/c", "HOME": "/h"}, "/c/plugins/data/metrics-inline"),
        ({"CLAUDE_PLUGIN_ROOT": "/p", "CLAUDE_CONFIG_DIR": "c", "HOME": "/h"}, None),
        ({"CLAUDE_PLUGIN_ROOT": "/p", "USERPROFILE": "/u"}, "/u/.claude/plugins/data/metrics-inline"),
        ({"CLAUDE_PLUGIN_ROOT": "/p"}, None),
        ({"CLAUDE_PLUGIN_ROOT": "/p", "HOME": "relative"}, None),
        ({"CLAUDE_PLUGIN_ROOT": "/x/plugins/cache/m/metrics/2", "HOME": "/h"}, "/h/.claude/plugins/data/metrics-m"),
    ],
)
def test_the_data_folder_is_the_one_that_newer_clients_name(environ: dict[str, str], folder: str | None) -> None:
    assert places.data_folder(environ) == folder


def test_without_a_root_the_scripts_own_folder_is_it() -> None:
    assert places.plugin_root({}) == str(PLUGIN)
    assert places.plugin_root({"CLAUDE_PLUGIN_ROOT": "relative"}) == str(PLUGIN)


def test_paths_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    environ = {"CLAUDE_PLUGIN_ROOT": "C:\\p", "USERPROFILE": "C:\\Users\\ada"}
    assert places.data_folder(environ) == "C:\\Users\\ada/.claude/plugins/data/metrics-inline"
    assert places.is_absolute("c:/x")
    assert places.is_absolute("\\\\host\\share")
    assert not places.is_absolute("/x")
    assert not places.is_absolute("x:y")


@pytest.mark.parametrize("off", ["1", "true", "yes", "no", " ", "on"])
def test_any_do_not_track_is_an_objection(off: str) -> None:
    assert places.is_off({"DO_NOT_TRACK": off})


@pytest.mark.parametrize("off", ["off", "OFF", "0", "no", "false"])
def test_the_plugin_can_be_switched_off(off: str) -> None:
    assert places.is_off({"TACHOGRAPH_PLUGIN": off})


@pytest.mark.parametrize("environ", [{}, {"DO_NOT_TRACK": ""}, {"DO_NOT_TRACK": "False"}, {"TACHOGRAPH_PLUGIN": "on"}])
def test_else_it_is_not(environ: dict[str, str]) -> None:
    assert not places.is_off(environ)


def test_a_decision_is_read_whatever_it_was(tmp_path: Path) -> None:
    for status in ("granted", "denied"):
        (tmp_path / "consent.json").write_text(json.dumps({"version": 1, "status": status, "endpoint": "http://é"}))
        assert places.read_consent(str(tmp_path)) == {"version": 1, "status": status, "endpoint": "http://é"}
    (tmp_path / "consent.json").write_text('{"version": 1, "status": "perhaps"}')
    assert places.read_consent(str(tmp_path)) is None


def test_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b" / "c"
    assert places.private_folder(str(deep))
    assert {stat.S_IMODE(path.stat().st_mode) for path in (deep, deep.parent, deep.parent.parent)} == {0o700}
    deep.chmod(0o755)
    assert places.private_folder(str(deep))
    assert stat.S_IMODE(deep.stat().st_mode) == 0o700
    (tmp_path / "file").write_text("")
    (tmp_path / "link").symlink_to(deep)
    assert not places.private_folder(str(tmp_path / "file"))
    assert not places.private_folder(str(tmp_path / "link"))


@pytest.mark.parametrize("text", ["", "x", "{", "[1", '{"a":1}x', "{'a':1}", '{"a"', "nul", '"', "[" * 100_000])
def test_what_is_no_json_is_an_error_of_value_or_depth(text: str) -> None:
    with pytest.raises((ValueError, RecursionError)):
        places.parse(text, str)


@pytest.mark.parametrize("text", ["{}", " [1, 2.5, null, true]\n", '"\\ud800"', '\ufeff{"a": {"b": [[]]}}', '"a\tb"'])
def test_what_is_json_is_read_as_the_library_reads_it(text: str) -> None:
    assert places.parse(text, float) == json.loads(text.lstrip("\ufeff"), strict=False, parse_int=float)


def test_the_environment_is_text_that_makes_the_same_paths_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(os.environb, b"CLAUDE_ODD", b"/h\xff\xc3\xa9")
    # posix.environ is what the process was started with.
    monkeypatch.setitem(places.system.environ, b"CLAUDE_ODD", b"/h\xff\xc3\xa9")
    assert places.environment()["CLAUDE_ODD"] == "/h\udcffé"


# --- the scripts as files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_every_script_is_python_3_8_and_uses_the_standard_library_only(script: Path) -> None:
    tree = ast.parse(script.read_text(encoding="utf-8"), feature_version=(3, 8))
    siblings = {path.stem for path in SCRIPTS}
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            names = [node.module or ""]
        for name in names:
            top = name.partition(".")[0]
            assert top in siblings or top in sys.stdlib_module_names, (script.name, name)
    assert not siblings & set(sys.stdlib_module_names)  # else one would hide the other


def test_only_events_and_matchers_that_the_oldest_client_knows() -> None:
    """One name that a Claude Code does not know takes all hooks of the plugin with it."""
    assert set(HOOKS) == {"SessionStart", "UserPromptSubmit", "PreToolUse", "SessionEnd"}
    for event, groups in HOOKS.items():
        (group,) = groups
        assert group.get("matcher") == ("Skill" if event == "PreToolUse" else None)
        (handler,) = group["hooks"]
        assert set(handler) == {"type", "command", "timeout"}
        assert handler["type"] == "command"
    assert len({groups[0]["hooks"][0]["command"] for groups in HOOKS.values()}) == 1


def test_shell_scripts_keep_their_line_ends_on_windows() -> None:
    attributes = Path(__file__).parents[3] / ".gitattributes"
    assert "*.sh text eol=lf" in attributes.read_text().splitlines()
    for path in PLUGIN.rglob("*.sh"):
        assert b"\r" not in path.read_bytes()


def test_the_shell_script_has_only_what_every_shell_has() -> None:
    text = (PLUGIN / "scripts" / "hook.sh").read_text()
    assert "[[" not in text
    assert "\r" not in text
    assert not any(word in text.split() for word in ("local", "function", "source", "declare"))
