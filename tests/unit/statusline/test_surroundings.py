"""Where the status line runs: the same home, settings and pseudonyms as everything else, found without loading it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph.config import load
from tachograph.home import Home
from tachograph.home import find_home as find_the_home
from tachograph.statusline import surroundings
from tachograph.statusline.pseudonym import session_pseudonym
from tachograph.statusline.run import say
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.privacy.pseudonym import Pseudonymizer


@pytest.mark.parametrize(
    ("explicit", "environ"),
    [
        (None, {}),
        (None, {"TACHOGRAPH_HOME": "~/there"}),
        (None, {"TACHOGRAPH_HOME": "relative"}),
        ("/given", {"TACHOGRAPH_HOME": "/other"}),
        (None, {"XDG_DATA_HOME": "/data"}),
        (None, {"XDG_DATA_HOME": "not/absolute"}),
        (None, {"XDG_DATA_HOME": " "}),
    ],
)
def test_the_home_is_the_one_of_all_other_commands(
    explicit: str | None, environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert surroundings.find_home(explicit, environ) == str(find_the_home(explicit, environ).root)


@given(st.binary(min_size=32, max_size=32), st.text(min_size=1))
def test_a_session_has_the_pseudonym_that_it_has_in_the_ledger(secret: bytes, session: str) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "secret.key").write_bytes(secret)
        assert session_pseudonym(home, session) == Pseudonymizer(secret).session(session)


@pytest.mark.parametrize("secret", [b"", b"short", b"x" * 33, b"x" * 5000])
def test_without_a_secret_there_is_no_pseudonym(tmp_path: Path, secret: bytes) -> None:
    assert session_pseudonym(str(tmp_path), "a") is None
    (tmp_path / "secret.key").write_bytes(secret)
    assert session_pseudonym(str(tmp_path), "a") is None


@pytest.mark.parametrize(
    ("toml", "environ"),
    [
        ("", {}),
        ("[budget]\nday_usd = 5\nmonth_usd = 99.5\n", {}),
        ("[budget]\nday_usd = 5\n", {"TACHOGRAPH_BUDGET__DAY_USD": "7.25"}),
        ("[statusline]\nrecord = false\n", {}),
        ("", {"TACHOGRAPH_STATUSLINE__RECORD": "false"}),
        ("", {"TACHOGRAPH_STATUSLINE__RECORD": "0"}),
        ("", {"TACHOGRAPH_STATUSLINE__RECORD": "yes"}),
        ("[server]\nport = 1\n", {}),
    ],
)
def test_settings_are_those_of_all_other_commands(tmp_path: Path, toml: str, environ: dict[str, str]) -> None:
    (tmp_path / "tachograph.toml").write_text(toml)
    told, settings = surroundings.read_settings(str(tmp_path), environ), load(Home(tmp_path), environ=environ)
    for mine, theirs in (
        (told.day_microusd, settings.budget.day_usd),
        (told.month_microusd, settings.budget.month_usd),
    ):
        assert mine == (None if theirs is None else round(theirs * 1e6))
    assert told.record == settings.statusline.record


@pytest.mark.parametrize(
    "toml", ["[budget", "budget = 5", "[budget]\nday_usd = 'much'", "[budget]\nday_usd = -1", "\ufeff"]
)
def test_wrong_settings_are_left_out_here_and_named_by_config_show(tmp_path: Path, toml: str) -> None:
    (tmp_path / "tachograph.toml").write_text(toml)
    assert surroundings.read_settings(str(tmp_path), {}).day_microusd is None
    with pytest.raises(ConfigError) as told:
        load(Home(tmp_path), environ={})
    assert "-1" not in toml or "day_usd must be an amount above 0" in told.value.message


@pytest.mark.parametrize(
    ("columns", "width"),
    [("80", 80), ("", None), ("0", None), ("-5", None), ("4", 10), ("x", None), ("9" * 50, None), ("²", None)],
)
def test_width(columns: str, width: int | None) -> None:
    assert surroundings.width({"COLUMNS": columns}) == width


def test_colours_are_off_where_they_are_not_wanted() -> None:
    assert surroundings.has_colours({})
    assert surroundings.has_colours({"NO_COLOR": ""})
    assert not surroundings.has_colours({"NO_COLOR": "1"})
    assert not surroundings.has_colours({"TERM": "dumb"})


@pytest.mark.parametrize(
    ("value", "is_off"), [("1", True), ("true", True), ("yes", True), ("0", False), ("", False), ("FALSE", False)]
)
def test_do_not_track(value: str, is_off: bool) -> None:
    assert surroundings.is_off({"DO_NOT_TRACK": value}) == is_off


LIGHT = {"__future__", "fcntl", "select", "math", "tachograph"}
PROBE = """
import sys
before = set(sys.modules)
from tachograph.cli import main
sys.argv = ["tachograph", "--home", {home!r}, "statusline"]
assert main() == 0
print(*sorted({{name.partition(".")[0] for name in set(sys.modules) - before}}))
"""


def test_settings_are_parsed_once_and_again_when_they_change(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "statusline").mkdir()
    file = tmp_path / "tachograph.toml"
    file.write_text("[budget]\nday_usd = 5\n")
    assert surroundings.read_settings(str(tmp_path), {}).day_microusd == 5_000_000
    assert (tmp_path / "statusline" / "settings.json").stat().st_mode & 0o777 == 0o600
    with monkeypatch.context() as patched:
        patched.setitem(sys.modules, "tomllib", None)  # loading it fails
        assert surroundings.read_settings(str(tmp_path), {}).day_microusd == 5_000_000
    file.write_text("[budget]\nday_usd = 6.5\n")
    assert surroundings.read_settings(str(tmp_path), {}).day_microusd == 6_500_000
    (tmp_path / "statusline" / "settings.json").write_text("[]")
    assert surroundings.read_settings(str(tmp_path), {}).day_microusd == 6_500_000
    file.unlink()
    assert surroundings.read_settings(str(tmp_path), {}).day_microusd is None


@pytest.mark.parametrize(
    "environ", [{"DO_NOT_TRACK": "1"}, {"TACHOGRAPH_STATUSLINE__RECORD": "false"}, {"erasure": "runs"}]
)
def test_the_settings_are_not_written_down_where_nothing_may_be(tmp_path: Path, environ: dict[str, str]) -> None:
    (tmp_path / "statusline").mkdir()
    (tmp_path / "tachograph.toml").write_text("[budget]\nday_usd = 5\n")
    if "erasure" in environ:
        (tmp_path / "erasure.json").write_text("{}")
    say(b'{"cost":{"total_cost_usd":1}}', home=str(tmp_path), as_json=False, environ=environ, now_s=1_795_180_000.0)
    assert list((tmp_path / "statusline").iterdir()) == []
    say(b'{"cost":{"total_cost_usd":1}}', home=str(tmp_path), as_json=False, environ={}, now_s=1_795_180_000.0)
    assert environ.get("erasure") or (tmp_path / "statusline" / "settings.json").exists()


def test_the_smallest_budget_is_still_one() -> None:
    """BudgetConfig takes any amount above 0."""
    assert surroundings.read_settings(None, {"TACHOGRAPH_BUDGET__DAY_USD": "1e-9"}).day_microusd == 1


def test_only_what_is_light_is_loaded(tmp_path: Path) -> None:
    """Milliseconds counted in modules: nothing of any weight, not even json."""
    (tmp_path / "secret.key").write_bytes(b"x" * 32)
    (tmp_path / "tachograph.toml").write_text("[budget]\nday_usd = 5\n")
    told = json.dumps(
        {"session_id": "a", "cost": {"total_cost_usd": 1}, "rate_limits": {"five_hour": {"used_percentage": 5}}}
    )
    (tmp_path / "statusline").mkdir()
    surroundings.read_settings(str(tmp_path), {})
    done = subprocess.run(
        [sys.executable, "-c", PROBE.format(home=str(tmp_path))], input=told, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert {name for name in loaded if not name.startswith("_")} <= LIGHT
    assert "_hashlib" not in loaded
    assert "$1.00" in done.stdout
