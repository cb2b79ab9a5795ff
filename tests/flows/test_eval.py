"""`tachograph eval` as a person calls it: with a server and without one, on made-up sessions with a planted change."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tachograph.cli.app import run
from tests.flows.harness import command, serve
from tests.unit.eval.making import Habit, fill_home, sessions_around

pytestmark = pytest.mark.timeout(180)

CHANGED = datetime.fromtimestamp(int(time.time()) // 3600 * 3600, UTC) - timedelta(days=40)  # kept: not too old
CHANGED_AT = f"{CHANGED:%Y-%m-%dT%H:%M:%SZ}"


def day(days: float) -> str:
    """So many days after the change."""
    return f"{CHANGED + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


def planted(home: Path, after: Habit, *, each: int = 60, seed: int = 1) -> Path:
    """A home with sessions around a change that is noted."""
    change_us = int(CHANGED.timestamp()) * 1_000_000
    fill_home(home, sessions_around(Habit(), after, each=each, seed=seed, change_us=change_us))
    command("eval", "change", "cut", "--at", CHANGED_AT, "--kind", "claude-md", "--note", "half of it", home=home)
    return home


@pytest.fixture(scope="module")
def helped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return planted(tmp_path_factory.mktemp("helped") / "home", Habit(cost=0.22, failures=0.01))


def told(*arguments: str, home: Path) -> Any:
    return json.loads(command("eval", *arguments, "--json", home=home).stdout)


def verdicts(answer: Any) -> dict[str, str]:
    return {metric["metric"]: metric["verdict"] for metric in answer["metrics"]}


def test_a_planted_change_is_found(helped):
    answer = told("compare", "cut", home=helped)
    assert (answer["before"]["sessions"], answer["after"]["sessions"]) == (60, 60)
    found = verdicts(answer)
    assert (found["cost_usd"], found["tool_failure_rate"]) == ("better", "better")
    assert {found[name] for name in ("duration_seconds", "api_error_rate", "retries")} == {"undecided"}
    low, high = answer["metrics"][0]["intervals"]["factor"]
    assert low < 0.22 / 0.40 < high < 1


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_where_nothing_was_planted_nothing_is_found(tmp_path, seed):
    home = planted(tmp_path / "home", Habit(), each=40, seed=seed)
    answer = told("compare", home=home)
    assert set(verdicts(answer).values()) == {"undecided"}
    assert answer["warnings"] == []


def test_it_is_told_in_80_columns_without_statistics(helped):
    done = command("eval", "compare", home=helped)
    lines = done.stdout.splitlines()
    assert max(len(line) for line in lines) <= 80
    text = " ".join(done.stdout.split())
    assert re.search(r"Better: cost per session, [a-z, ]*tool calls that failed\.", text)
    assert "BETTER Cost per session: $0." in text
    assert "Likely real: p" in text
    assert "of 0.05 allowed after correction" in text
    assert "UNDECIDED" in text
    assert "too few sessions before to see it, however many follow: it takes about" in text
    assert "more before" not in text, "nobody can have more sessions of before a change"
    assert "6 measures were looked at: with Holm's correction" in text
    assert "decide beforehand when to look" in text
    assert "“half of it”" in text


def test_with_a_server_the_answers_are_the_same(helped):
    """But for the moment at which it was asked."""

    def timeless(answer: Any) -> Any:
        del answer["after"]["until"]
        return answer

    own = timeless(told("compare", "cut", "--metrics", "cost_usd,had_error,tool_failure_rate", home=helped))
    scored = told("score", "--criteria", str(criteria(helped)), home=helped)
    with serve(helped) as server:
        asked = timeless(told("compare", "cut", "--metrics", "cost_usd,had_error,tool_failure_rate", home=helped))
        assert asked == own
        assert told("score", "--criteria", str(criteria(helped)), home=helped) == scored
        answer = server.get(f"/api/v1/eval/sessions?since={CHANGED_AT}&agent=claude_code")
        assert len(answer["rows"]) == 60
        status, body = server.request("GET", server.about["http"], "/api/v1/eval/sessions?colour=red")
        assert (status, b"filters are" in body) == (422, True)
        command("eval", "change", "while-it-runs", home=helped)
        assert "while-it-runs" in command("eval", "list", home=helped).stdout
        command("eval", "remove", "while-it-runs", home=helped)


def criteria(home: Path) -> Path:
    path = home.parent / "criteria.toml"
    path.write_text('[[criterion]]\nmetric = "tool_errors"\nat_most = 0\nrequired = true\n', "utf-8")
    return path


def test_sessions_are_scored(helped):
    answer = told("score", "--criteria", str(criteria(helped)), home=helped)
    totals = answer["totals"]
    assert totals["sessions"] == 120
    assert totals["pass"] + totals["fail"] == 120
    failed = json.loads(command("report", "--json", "--by", "session", home=helped).stdout)["by"]["session"]
    assert totals["fail"] == sum(1 for row in failed if row["tool_errors"])
    text = command("eval", "score", "--criteria", str(criteria(helped)), "--last", "52w", home=helped).stdout
    assert text.startswith(f"{totals['pass']} of 120 sessions pass, ")
    assert max(len(line) for line in text.splitlines()) <= 80


def test_another_model_after_the_change_is_said(tmp_path):
    home = planted(tmp_path / "home", Habit(model="claude-opus-4-5"), each=12)
    answer = told("compare", home=home)
    assert [(w["kind"], w["name"], w["distance"]) for w in answer["warnings"]] == [("mixture", "model", 1.0)]
    text = " ".join(command("eval", "compare", home=home).stdout.split())
    assert "Careful: the model of sessions is not the same in both groups" in text
    assert "claude-opus-4-5 0 % → 100 %" in text


def test_baselines_filter_and_names_of_people_are_not_kept(helped):
    made = told(
        *("baseline", "september", "--since", day(-28), "--until", day(-14)),
        *("--where", "user=someone@mail.example", "--where", "model=claude-sonnet-4-5"),
        home=helped,
    )
    assert made["sessions"] == 0
    assert b"someone" not in (helped / "evals.json").read_bytes()
    command("eval", "remove", "september", home=helped)
    made = told("baseline", "september", "--since", day(-28), "--until", day(-14), home=helped)
    assert made["sessions"] == 30
    answer = told("compare", "september", "cut", "--metrics", "cost_usd", home=helped)
    assert (answer["before"]["sessions"], answer["after"]["sessions"]) == (30, 60)
    assert verdicts(answer) == {"cost_usd": "better"}
    listed = told("list", home=helped)
    assert [one["name"] for one in (*listed["baselines"], *listed["changes"])] == ["september", "cut"]
    command("eval", "remove", "september", home=helped)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
def test_notes_are_for_their_owner_only(helped):
    assert (helped / "evals.json").stat().st_mode & 0o777 == 0o600


WRONG = [
    (("compare", "nothing"), "there is no baseline or change 'nothing'"),
    (("compare", "cut", "--metrics", "goodness"), "there is no measure 'goodness'"),
    (("compare", "cut", "--alpha", "1"), "--alpha is a chance"),
    (("compare", "cut", "--where", "tool=Bash"), "sessions cannot be filtered by 'tool'"),
    (("compare", "cut", "--where", "model"), "'model' is not a condition"),
    (("compare", "a", "b", "c"), "at most a baseline and a change"),
    (("change", "a b"), "a name has 1 to 64"),
    (("change", "cut"), "there is a change 'cut' already"),
    (("change", "x", "--at", "yesterday"), "'yesterday' is not a day or a time"),
    (("change", "x", "--file", "no-such-file"), "cannot be read"),
    (("baseline", "x", "--last", "forever"), "'forever' is not a range"),
    (("baseline", "x", "--last", "7d", "--since", "2026-01-01"), "a range excludes"),
    (("remove", "nothing"), "there is no baseline or change"),
    (("score",), "--criteria names the file"),
    (("score", "--criteria", "no-such-file.toml"), "cannot be read"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG, ids=[" ".join(a) for a, _ in WRONG])
def test_a_mistake_in_the_call_exits_with_2_and_says_what_to_do(helped, arguments, said, capsys):
    notes = (helped / "evals.json").read_bytes()
    assert run(["--home", str(helped), "eval", *arguments]) == 2
    shown = capsys.readouterr()
    assert said in shown.err
    assert shown.out == ""
    assert len(shown.err.strip().splitlines()) >= 2  # a hint
    assert (helped / "evals.json").read_bytes() == notes


def test_the_example_scores(helped, tmp_path):
    done = command("eval", "score", "--example", home=helped)
    (tmp_path / "good.toml").write_text(done.stdout, "utf-8")
    answer = told("score", "--criteria", str(tmp_path / "good.toml"), home=helped)
    assert answer["totals"]["sessions"] == 120


def test_an_empty_home_says_so(tmp_path):
    home = tmp_path / "home"
    command("eval", "change", "cut", "--at", CHANGED_AT, home=home)
    assert "No stored session belongs to either group" in command("eval", "compare", home=home).stdout
    assert "Nothing is noted yet" in command("eval", "list", home=tmp_path / "other").stdout


def test_notes_written_at_once_are_all_there(tmp_path):
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    started = [
        subprocess.Popen([sys.executable, "-m", "tachograph", "--home", str(home), "eval", "change", f"c{n}"])
        for n in range(6)
    ]
    assert [process.wait(timeout=60) for process in started] == [0] * 6
    assert len(told("list", home=home)["changes"]) == 6


def test_neither_a_note_nor_a_criterion_commands_the_terminal(helped):
    evil = "red\x1b[31m\x1b]0;owned\x07\x9b1m"
    command("eval", "change", "evil", "--at", day(-200), "--note", evil, home=helped)
    wishes = helped.parent / "evil.toml"
    wishes.write_text(f'[[criterion]]\nname = {json.dumps(evil)}\nmetric = "commits"\nat_least = 9\n', "utf-8")
    try:
        for arguments in (("list",), ("score", "--criteria", str(wishes))):
            shown = command("eval", *arguments, home=helped).stdout
            assert "owned" in shown
            assert [c for c in shown if c != "\n" and not c.isprintable()] == []
    finally:
        command("eval", "remove", "evil", home=helped)
