"""What a person reads: whole on 80 columns, in words, and only words."""

from __future__ import annotations

import re

import pytest

from tachograph.cli.eval_print import amount, headline, print_comparison, signed
from tests.unit.eval.test_compare import GOING_ON, drawn, metric, told


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        (0.42, "usd", "$0.42"),
        (0.0123, "usd", "$0.0123"),
        (0.0, "usd", "$0.00"),
        (1234.5, "usd", "$1,234.50"),
        (0.0312, "share", "3.1 %"),
        (8.25, "seconds", "8.2 s"),
        (246.0, "seconds", "4.1 min"),
        (9000.0, "seconds", "2.5 h"),
        (12_345.0, "tokens", "12 k"),
        (2_500_000.0, "tokens", "2.50 M"),
        (3.0, "count", "3"),
        (0.75, "count", "0.75"),
        (0.5, "count", "0.5"),
    ],
)
def test_figures_with_their_units(value, unit, said):
    assert amount(value, unit) == said


def test_differences_have_a_sign():
    assert [signed(v, u) for v, u in ((-0.18, "usd"), (0.031, "share"), (72, "seconds"))] == [
        "−$0.18",
        "+3.1 points",
        "+72 s",
    ]


def printed(answer, capsys):
    for one in answer["metrics"]:
        one["sentence"] = headline(one)
    print_comparison(answer)
    return capsys.readouterr().out


def test_no_name_from_outside_commands_the_terminal(capsys):
    one, two = drawn(20, 1), drawn(20, 2)
    for row in two:
        row["model"] = "evil\x1b]0;owned\x07\n\x9b31m"
    text = printed(told(one, two, ["cost_usd"]), capsys)
    assert "Careful: the model of sessions" in text
    assert [c for c in text if c != "\n" and not c.isprintable()] == []


def test_an_average_that_went_the_other_way_is_said(capsys):
    one = drawn(40, 3)
    two = [row | {"cost_nanousd": row["cost_nanousd"] // 2} for row in one]
    two[0]["cost_nanousd"] = 900_000_000_000
    answer = told(one, two, ["cost_usd"])
    assert metric(answer, "cost_usd")["verdict"] == "better"
    assert "But the average went the other way" in printed(answer, capsys)


def test_sessions_with_the_same_are_not_said_to_have_more(capsys):
    none = {"with_attempts": 1, "told_retries": 0, "repeated_tries": 0, "noticed_retries": 0}
    one, two = ([row | none for row in drawn(30, n)] for n in (6, 7))
    text = " ".join(printed(told(one, two, ["retries"]), capsys).split())
    assert "the second group's has more 0 times in 100, and the same 100 times." in text


def test_a_few_sessions_since_the_change_do_not_make_a_difference_look_hopeless(capsys):
    """Mixed as they are now, many before to a few after, very many would be needed; of those to come, some dozens are."""
    answer = told(drawn(400, 28), drawn(8, 35, cost=0.3), ["cost_usd"], sides=GOING_ON)
    assert metric(answer, "cost_usd")["verdict"] == "undecided"
    planning = metric(answer, "cost_usd")["planning"]
    planning["sessions_needed"] = {"before": 40_000, "after": 800}  # as of 20,000 before and 400 after
    still = planning["sessions_still_needed"]
    assert still["before"] == 0
    text = " ".join(printed(answer, capsys).split())
    assert f"it would take about {still['after']:,} more after to see it" in text


def test_nobody_is_asked_for_sessions_of_before_the_change(capsys):
    one, two = drawn(60, 28), drawn(20, 29, cost=0.3)
    text = " ".join(printed(told(one, two, ["cost_usd"], sides=GOING_ON), capsys).split())
    assert re.search(r"it would take about [\d,]+ more after to see it", text)
    text = " ".join(printed(told(one[:12], drawn(20, 31, cost=0.35), ["cost_usd"], sides=GOING_ON), capsys).split())
    assert "there are too few sessions before to see it, however many follow" in text


def test_every_kind_of_answer_fits_80_columns(capsys):
    for n_1, n_2 in ((0, 0), (1, 4), (4, 0), (12, 30), (60, 60)):
        from tachograph.analytics.eval.measures import MEASURES

        text = printed(told(drawn(n_1, 4), drawn(n_2, 5, cost=0.1), list(MEASURES)), capsys)
        assert max(map(len, text.splitlines())) <= 80
        assert "None" not in text
        assert "nan" not in text.split()
