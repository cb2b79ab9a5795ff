"""`tachograph prices`, as a person uses it: with a server that runs and without one."""

from __future__ import annotations

import json
import os
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.flows.harness import command, otlp_logs, serve


def today() -> date:
    return datetime.now(UTC).date()


TABLE = """version = "1"
[sources.contract]
page = "our contract"
seen = 2026-11-20
[[price]]
model = "claude-opus-5-5"
{dates}usd_per_million = {{ input = "{price}", output = "20" }}
source = "contract"
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def table(tmp_path: Path, price: str, dates: str = "") -> str:
    path = tmp_path / "table.toml"
    path.write_text(TABLE.format(price=price, dates=dates))
    return str(path)


def ask(home: Path, *arguments: str) -> Any:
    return json.loads(command(*arguments, "--json", home=home).stdout)


def cost(home: Path) -> int:
    return int(ask(home, "report", "--range", "all")["totals"]["cost_microusd"])


def test_list_shows_what_holds_on_a_day(home):
    told = ask(home, "prices", "list", "--model", "anthropic/claude-sonnet-5.5", "--at", "2026-10-06")
    (row,) = told["prices"]
    assert (row["model"], row["valid_to"], row["origin"]) == ("claude-sonnet-5-5", "2026-10-07", "packaged")
    assert row["usd_per_million"][0]["cache_read"] == "0.2"
    history = ask(home, "prices", "list", "--model", "claude-sonnet-5-5", "--history")["prices"]
    assert [r["usd_per_million"][0]["cache_read"] for r in history] == ["0.2", "0.1"]
    assert len(ask(home, "prices", "list")["prices"]) > 100
    shown = command("prices", "list", "--model", "gemini-2.5-pro", home=home).stdout
    assert "over 200,000" in shown
    assert "litellm" in shown
    assert not home.exists(), "looking makes nothing"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["list", "--model", "nobody-knows"], "no price is known"),
        (["list", "--at", "tomorrow"], "--at is no day"),
        (["list", "--at", "2026-01-01", "--history"], "give one of them"),
        (["update", "no-such-file"], "cannot be read"),
        (["update", __file__], "not TOML"),
        (["update", __file__, "--from", "x"], "--from is no day"),
        (["reprice"], "no store here yet"),
        (["reprice", "--since", "x"], "--since is no day"),
        (["check", "no-such-file"], "cannot be read"),
    ],
)
def test_a_mistake_in_the_call_is_said_and_nothing_is_made(home, arguments, said):
    done = command("prices", *arguments, home=home, check=False)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (home / "prices.toml").exists()


def test_update_shows_first_and_writes_when_told(home, tmp_path):
    file = table(tmp_path, "5", f"valid_from = {today()}\n")
    shown = command("prices", "update", file, home=home).stdout
    assert "input: 4 -> 5" in shown
    assert "give --yes" in shown
    assert not (home / "prices.toml").exists()
    assert "Written to" in command("prices", "update", file, "--yes", home=home).stdout
    mode = (home / "prices.toml").stat().st_mode
    assert stat.S_IMODE(mode) == 0o600
    again = ask(home, "prices", "update", file, "--yes")
    assert (again["written"], again["changes"], again["same"]) == (False, [], 1)
    assert ask(home, "prices", "list", "--model", "claude-opus-5-5")["prices"][0]["origin"] == "own"


def test_history_is_changed_only_when_asked_for(home, tmp_path):
    file = table(tmp_path, "5")
    refused = command("prices", "update", file, "--yes", home=home, check=False)
    assert refused.returncode == 2
    assert f"claude-opus-5-5 from the beginning until {today()}" in refused.stderr
    assert not (home / "prices.toml").exists()
    done = command("prices", "update", file, "--yes", "--rewrite-history", home=home).stdout
    assert f"History is changed: claude-opus-5-5 from the beginning until {today()}." in done


def test_the_catalogue_of_litellm_is_known_by_its_content(home, tmp_path):
    entry = {
        "litellm_provider": "anthropic",
        "mode": "chat",
        "input_cost_per_token": 5e-06,
        "output_cost_per_token": 2e-05,
    }
    file = tmp_path / "some-name"
    file.write_text(json.dumps({"claude-opus-5-5": entry, "claude-new-1": entry}))
    told = ask(home, "prices", "update", str(file), "--yes")
    changes = {change["model"]: change for change in told["changes"]}
    assert (changes["claude-opus-5-5"]["kind"], changes["claude-opus-5-5"]["valid_from"]) == (
        "changed",
        today().isoformat(),
    )
    assert (changes["claude-new-1"]["kind"], changes["claude-new-1"]["valid_from"]) == ("new", None)
    yesterday = (today() - timedelta(1)).isoformat()
    before, after = (
        ask(home, "prices", "list", "--model", "claude-opus-5-5", "--at", day)["prices"][0]["usd_per_million"][0][
            "input"
        ]
        for day in (yesterday, today().isoformat())
    )
    assert (before, after) == ("4", "5")


def test_check_finds_mistakes_and_models_without_a_price(home, tmp_path):
    fine = command("prices", "check", home=home)
    assert fine.returncode == 0
    broken = tmp_path / "broken.toml"
    broken.write_text(TABLE.format(price="-1", dates=""))
    done = command("prices", "check", str(broken), home=home, check=False)
    assert done.returncode == 1
    assert "negative" in done.stdout
    home.mkdir()
    (home / "prices.toml").write_text("version = [")
    done = command("prices", "check", home=home, check=False)
    assert done.returncode == 1
    assert "prices.toml" in done.stdout


def test_with_a_server_new_prices_hold_at_once_and_old_requests_when_asked(home, tmp_path):
    dates = f"valid_from = {today() - timedelta(1)}\n"  # whatever the clock does at midnight
    unknown = otlp_logs(["req_9"], session="99999999-2222-4333-8444-555555555555").replace(
        b"claude-opus-5-5", b"claude-opus-99"
    )
    with serve(home) as server:
        assert server.post_otlp("logs", otlp_logs(["req_1", "req_2"])) == 200
        assert server.post_otlp("logs", unknown) == 200
        server.wait_drained()
        assert cost(home) == 2 * 60
        (one,) = ask(home, "prices", "check")["unpriced"]
        assert (one["model"], one["requests"], one["tokens"]) == ("claude-opus-99", 1, 11)
        command("prices", "update", table(tmp_path, "8", dates), "--yes", "--rewrite-history", home=home)
        assert cost(home) == 120, "what is stored stays as it is"
        assert server.post_otlp("logs", otlp_logs(["req_3"])) == 200
        server.wait_drained()
        assert cost(home) == 120 + 100
        dry = ask(home, "prices", "reprice", "--dry-run")
        assert cost(home) == 220
        told = ask(home, "prices", "reprice", "--model", "anthropic/claude-opus-5.5")
        assert (told["changed"], told["totals"]["difference_microusd"]) == (2, 80)
        assert dry == {**told, "dry_run": True, "examined": 4, "unpriced": dry["unpriced"]}
        assert [row["model"] for row in dry["unpriced"]] == ["claude-opus-99"]
        assert cost(home) == 300
        assert ask(home, "prices", "reprice")["changed"] == 0
    os.remove(home / "prices.toml")
    shown = command("prices", "reprice", home=home).stdout  # no server now
    assert "claude-opus-5-5" in shown
    assert "Without a price still:" in shown
    assert cost(home) == 180
