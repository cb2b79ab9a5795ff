"""Sessions scored: three answers, reasons, and errors that name the key."""

from __future__ import annotations

import random

import pytest

from bench.eval_sessions import Population, draw_session
from tachograph.analytics.eval.criteria import EXAMPLE, read_criteria, score_sessions
from tachograph.analytics.eval.measures import MEASURES
from tachograph_sdk.errors import ConfigError


def session(**told):
    return {**draw_session(Population(), random.Random(1)), **told}


def result(tmp_path, text, **told):
    path = tmp_path / "criteria.toml"
    path.write_text(text, "utf-8")
    return score_sessions(read_criteria(path), [session(**told)])["sessions"][0]


COST = '[[criterion]]\nmetric = "cost_usd"\nat_most = 1\nrequired = true\n'
TOOLS = '[[criterion]]\nmetric = "tool_errors"\nequals = 0\nweight = 3\n'
COMMIT = '[[criterion]]\nname = "something came of it"\nmetric = "made_commit"\nequals = true\n'
DOLLAR = 1_000_000_000


def test_the_example_is_a_criteria_file(tmp_path):
    path = tmp_path / "criteria.toml"
    path.write_text(EXAMPLE, "utf-8")
    criteria = read_criteria(path)
    assert len(criteria.items) == 4
    assert criteria.pass_mark == 0.7


@pytest.mark.parametrize(
    ("told", "expected", "score"),
    [
        ({"cost_nanousd": DOLLAR, "tool_errors": 0, "commits": 1}, "pass", 1.0),
        ({"cost_nanousd": DOLLAR, "tool_errors": 0, "commits": 0}, "pass", 0.75),
        ({"cost_nanousd": DOLLAR, "tool_errors": 1, "commits": 1}, "fail", 0.25),
        ({"cost_nanousd": DOLLAR + 1, "tool_errors": 0, "commits": 1}, "fail", 1.0),
        ({"unpriced_requests": 1, "tool_errors": 0, "commits": 1}, "unknown", 1.0),
        ({"unpriced_requests": 1, "tool_errors": 1, "commits": 1}, "fail", 0.25),
    ],
)
def test_required_and_weighed(tmp_path, told, expected, score):
    row = result(tmp_path, "pass_mark = 0.7\n" + COST + TOOLS + COMMIT, **told)
    assert (row["result"], row["score"]) == (expected, pytest.approx(score))


def test_what_is_unknown_decides_only_where_it_matters(tmp_path):
    retries = '[[criterion]]\nmetric = "retries"\nbelow = 1\nweight = {}\n'
    unknown = {"with_attempts": 0, "told_retries": 0, "has_transcript": 0, "tool_errors": 0}
    assert result(tmp_path, "pass_mark = 0.7\n" + TOOLS + retries.format(1), **unknown)["result"] == "pass"
    row = result(tmp_path, "pass_mark = 0.7\n" + TOOLS + retries.format(3), **unknown)
    assert (row["result"], row["score"]) == ("unknown", None)
    assert row["reasons"] == ["retries below 1: no source tells retries"]


def test_reasons_name_the_criterion_and_the_value(tmp_path):
    row = result(tmp_path, TOOLS + COMMIT, tool_errors=2, commits=0)
    assert row["reasons"] == ["tool_errors equal to 0: 2", "something came of it: 0"]


def test_totals_leave_out_what_cannot_be_decided(tmp_path):
    path = tmp_path / "criteria.toml"
    path.write_text(COST, "utf-8")
    rows = [session(cost_nanousd=1), session(cost_nanousd=9 * DOLLAR), session(unpriced_requests=1)]
    told = score_sessions(read_criteria(path), rows)
    assert told["totals"] == {"sessions": 3, "pass": 1, "fail": 1, "unknown": 1, "pass_ratio": 0.5}
    assert told["criteria"][0] | {"name": ""} == {
        "name": "", "metric": "cost_usd", "required": True, "weight": None, "met": 1, "not_met": 1, "unknown": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "said", "lists"),
    [
        ("", "no \\[\\[criterion\\]\\]", "--example"),
        ("criterion = 3", "no \\[\\[criterion\\]\\]", "--example"),
        ("pass = 1\n" + COST, "there is no key 'pass'", "pass_mark"),
        ("pass_mark = 2\n" + COST, "pass_mark is a share", "0.7"),
        ("pass_mark = true\n" + COST, "pass_mark is a number", "1"),
        (COST + "at_mots = 2\n", "criterion 1: there is no key 'at_mots'", "at_most, at_least, below, above, equals"),
        (
            COST + '[[criterion]]\nmetric = "cots"\nat_most = 1',
            "criterion 2: there is no metric 'cots'",
            ", ".join(MEASURES),
        ),
        ("[[criterion]]\nat_most = 1", "metric is missing", ", ".join(MEASURES)),
        ('[[criterion]]\nmetric = "retries"', "no comparison", "at_most"),
        (
            '[[criterion]]\nmetric = "retries"\nbelow = 1\nabove = 0',
            "more than one comparison: below, above",
            "at_most",
        ),
        ('[[criterion]]\nmetric = "retries"\nbelow = "1"', "below is a number", "below = 1"),
        ('[[criterion]]\nmetric = "retries"\nbelow = nan', "below is a number", "below = 1"),
        ('[[criterion]]\nmetric = "retries"\nequals = true', "equals is a number", "equals = 1"),
        (TOOLS.replace("3", "0"), "weight is a number above 0", "leave"),
        (TOOLS.replace("3", '"x"'), "weight is a number", "weight = 1"),
        (COST + "weight = 2\n", "required and weight exclude each other", "weight"),
        (COST.replace("true", "1"), "required is true or false", "leave"),
        (COST + 'name = ""\n', "name is a text", "leave"),
        ("[[criterion]\n", "is not TOML", "--example"),
    ],
)
def test_a_wrong_file_is_told_by_its_key(tmp_path, text, said, lists):
    path = tmp_path / "criteria.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=said) as error:
        read_criteria(path)
    assert "criteria.toml" in error.value.message
    assert lists in error.value.hint


def test_a_file_that_is_none(tmp_path):
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigError, match="cannot be read"):
            read_criteria(path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_criteria(tmp_path / "bytes.toml")
