"""`tachograph trends` for people: what it says, at 80 columns, in ASCII, and where there is nothing."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bench.daily_histories import QUIET, draw_history
from tachograph.cli.app import run
from tachograph.cli.terminal import make_console
from tachograph.cli.trends_print import print_trends
from tachograph.testing import make_event
from tests.served import NOW, Served, served

QUESTIONS = ("trends", "forecast", "anomalies", "budget")


@pytest.fixture(scope="module")
def answers() -> Iterator[Served]:
    """120 days of cost; the last 40 cost three times as much; one of them ten times that."""
    first = NOW.date() - timedelta(days=120)
    calm = replace(QUIET, spread=0.2, mood=0.1, zero=0.0, zero_weekend=0.1)
    events = []
    for place, value in enumerate(draw_history(calm, 121, random.Random(8), first=first)):
        at = datetime.combine(first + timedelta(days=place), datetime.min.time(), UTC).replace(hour=9)
        for project in ("p_a", "p_b"):
            much = (3 if place >= 80 else 1) * (10 if place == 105 and project == "p_a" else 1)
            events.append(
                make_event(
                    at_us=int(at.timestamp() * 1e6), request_id=f"r{place}{project}", session_id=f"s{place}",
                    model="claude-opus-4-5", project=project, user_id="u_1", cost_basis="reported",
                    cost_nanousd=int(value * much * 1e9 / 2), input_tokens=100,
                )
            )  # fmt: skip
    with served([event for event in events if event.attributes["cost_nanousd"]], budget_usd=2000) as running:
        yield running


def told(answers: Served, **parameters: str) -> dict[str, Any]:
    return {name: answers.client.get(f"/api/v1/{name}", params=parameters).json() for name in QUESTIONS}


def printed(answer: dict[str, Any], *, width: int = 80, encoding: str = "utf-8") -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    print_trends(answer, make_console(file, width=width))
    file.flush()
    return raw.getvalue().decode(encoding)


def test_it_says_direction_change_forecast_budget_and_what_stands_out(answers):
    answer = told(answers)
    text = printed(answer)
    day = NOW.date() - timedelta(days=15)
    assert "▲ increasing" in text
    assert f"{NOW.date() - timedelta(days=40)}  cost: $" in text
    assert f"{day}  cost: $" in text
    assert "project p_a: $" in text
    assert "end of November 2026, 10 days after today" in text
    assert "80 % interval" in text
    score = answer["forecast"]["forecasts"][0]["score"]
    assert f"{score['coverage'] * 100:.0f} % of {score['forecasts']} held, error {score['scaled_error']:.2f}" in text
    assert "of $2,000" in text
    assert "the running day is in none of these figures" in text


def test_days_are_counted_as_the_budget_counts_them(answers):
    answer = told(answers)
    entry = answer["forecast"]["forecasts"][0]
    answer["forecast"]["forecasts"][0] = {**entry, "days_left": 11}  # the rest of today is forecast, too
    text = printed(answer)
    assert text.count("10 days after today") == 2
    answer["forecast"]["today"] = "2026-11-29"
    answer["budget"]["days_left"] = 1
    assert printed(answer).count(" 1 day after today") == 2


def test_nothing_is_cut_off_at_80_columns(answers):
    text = printed(told(answers))
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    assert "…" not in text


def test_where_there_is_only_ascii_it_writes_ascii(answers):
    text = printed(told(answers), encoding="ascii")
    assert "^ increasing" in text
    assert "?" not in text


def test_a_narrow_terminal_loses_no_figure(answers):
    wide, narrow = printed(told(answers), width=120), printed(told(answers), width=60)
    for word in ("increasing", "2026-", "stand out", "budget"):
        assert word in wide
        assert word in narrow


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (None, "no budget is set: budget.month_usd in the settings"),
        (300, "crossed on 2026-11-"),
        (10**6, "it is not expected to be crossed this month"),
    ],
)
def test_each_state_of_the_budget_has_its_sentence(answers, budget, said):
    with served([], budget_usd=budget) as other:
        empty = other.client.get("/api/v1/budget").json()
    answer = told(answers)
    spent = answer["budget"]["spent_microusd"]
    if budget is None:
        answer["budget"] = empty
    else:
        limit = budget * 1_000_000
        crossed = next((day["day"] for day in answer["budget"]["daily"] if day["month_microusd"] > limit), None)
        answer["budget"] |= {
            "budget_microusd": limit, "spent_ratio": spent / limit, "crossed_on": crossed, "crossing_expected_on": None,
            "crossing_earliest_on": None, "crossing_reason": "it is not expected to be crossed this month",
        }  # fmt: skip
    assert said in printed(answer)


def test_the_day_of_crossing_is_said_with_its_range(answers):
    answer = told(answers)
    answer["budget"] |= {
        "crossed_on": None, "crossing_expected_on": "2026-11-27", "crossing_earliest_on": "2026-11-25",
        "crossing_latest_on": None,
    }  # fmt: skip
    assert "will be crossed about 2026-11-27 (80 %: 2026-11-25 to not this month)" in printed(answer)


def test_too_short_a_window_says_what_it_takes(answers):
    text = printed(told(answers, range="7d"))
    assert "7 whole days are too few to tell a direction: it takes 28" in text


def test_of_an_empty_store_it_says_what_to_do():
    with served([]) as nothing:
        assert "run `tachograph import`" in printed(told(nothing))


def test_a_name_that_a_terminal_would_obey_is_made_harmless(answers):
    answer = told(answers)
    answer["anomalies"]["anomalies"][0]["contributors"][0]["value"] = "\x1b[2Jgone"
    assert "\x1b[2J" not in printed(answer)


def test_the_command_prints_json_and_names_mistakes(tmp_path: Path, capsys):
    home = ["--home", str(tmp_path / "home")]
    assert run(["trends", *home, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert set(answer) == set(QUESTIONS)
    assert run(["trends", *home, "--json", "--metric", "cache_hit_ratio"]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"trends", "anomalies"}
    assert run(["trends", *home, "--metric", "nope"]) == 2
    assert "there is no metric 'nope'" in capsys.readouterr().err
    assert run(["trends", *home, "--range", "7d", "--since", "2026-01-01"]) == 2
    assert run(["trends", *home]) == 0
    assert "no whole day yet" in capsys.readouterr().out
