"""The line: what is said, in which words, and what is left out where there is no room."""

from __future__ import annotations

import re

import pytest

from tachograph.statusline.figures import Amount, Figures
from tachograph.statusline.line import MARGIN, as_line, columns_of
from tachograph.statusline.payload import Limit, Payload
from tachograph.statusline.surroundings import Settings

NOW_S = 1_795_180_000.0


def figures(*, today: Amount | None = None, month: Amount | None = None, **told: object) -> Figures:
    payload = Payload()
    for name, value in told.items():
        setattr(payload, name, value)
    made = Figures(payload, None, None, Settings(), now_s=NOW_S)
    made.today, made.month = today, month
    return made


def everything() -> Figures:
    return figures(
        cost_microusd=420_000,
        today=Amount(3_100_000, 5_000_000, is_at_least=False),
        month=Amount(31_000_000, 100_000_000, is_at_least=False),
        context_ratio=0.31,
        limits=[
            Limit("five_hour", 0.42, int(NOW_S) + 7_800),
            Limit("seven_day", 0.18, int(NOW_S) + 3 * 86_400 + 4 * 3600 + 60),
        ],
        model="Opus 5.5",
    )


def line(told: Figures, columns: int | None = None, *, colours: bool = False) -> str:
    return as_line(told, now_s=NOW_S, columns=columns, colours=colours)


def test_everything_that_is_known_is_said_in_order() -> None:
    assert line(everything()) == (
        "$0.42 · today $3.10 (62% of $5.00) · month $31.00 (31% of $100) · ctx 31% · 5h 42% (2h10m) · 7d 18% (3d4h)"
        " · Opus 5.5"
    )


def test_what_is_not_known_is_left_out() -> None:
    assert line(figures()) == ""
    assert line(figures(cost_microusd=0)) == "$0.00"
    assert line(figures(model="Opus 5.5")) == "Opus 5.5"
    assert line(figures(limits=[Limit("seven_day", 0.5, None)])) == "7d 50%"
    assert line(figures(is_over_200k=True)) == "ctx >200k"


def test_a_lower_bound_says_so() -> None:
    assert line(figures(today=Amount(10_000, None, is_at_least=True))) == "today ≥$0.01"


@pytest.mark.parametrize(
    ("ratio", "said"), [(0, "0%"), (0.001, "<1%"), (0.994, "99%"), (0.999, "99%"), (1, "100%"), (1.2, "120%")]
)
def test_shares_are_never_rounded_to_all_or_nothing(ratio: float, said: str) -> None:
    assert line(figures(limits=[Limit("spend_limit", ratio, None)])) == f"spend {said}"


@pytest.mark.parametrize(
    ("microusd", "said"),
    [
        (0, "$0.00"),
        (1, "<$0.01"),
        (9_999, "<$0.01"),
        (15_000, "$0.02"),
        (99_999_999, "$100.00"),
        (1_234_560_000, "$1,235"),
    ],
)
def test_amounts(microusd: int, said: str) -> None:
    assert line(figures(cost_microusd=microusd)) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(1, "1m"), (3599, "59m"), (3600, "1h00m"), (86400, "24h00m"), (172800, "2d")]
)
def test_time_left(seconds: int, said: str) -> None:
    assert line(figures(limits=[Limit("five_hour", 0.1, int(NOW_S) + seconds)])) == f"5h 10% ({said})"


def test_limits_that_nobody_heard_of_have_their_own_names() -> None:
    told = [Limit("seven_day_opus", 0.1, None), Limit("monthly_cap", 0.2, None)]
    assert line(figures(limits=told)) == "7d opus 10% · monthly cap 20%"


@pytest.mark.parametrize("columns", range(10, 160))
def test_it_fits_into_every_terminal(columns: int) -> None:
    assert columns_of(line(everything(), columns)) <= max(1, columns - MARGIN)


def test_the_session_is_left_to_the_end_and_details_go_first() -> None:
    assert line(everything(), 110) == (
        "$0.42 · today $3.10 (62% of $5.00) · month $31.00 (31%) · ctx 31% · 5h 42% (2h10m) · 7d 18% · Opus 5.5"
    )
    assert line(everything(), 50) == "$0.42 · today $3.10 (62%) · ctx 31% · 5h 42%"
    assert line(everything(), 12) == "$0.42"


def test_a_terminal_of_80_columns_still_says_how_the_budgets_stand() -> None:
    assert line(everything(), 80) == "$0.42 · today $3.10 (62%) · month $31.00 (31%) · ctx 31% · 5h 42% · 7d 18%"


def test_wide_characters_take_two_columns() -> None:
    assert columns_of("模型") == 4
    assert line(figures(model="模型模型模型"), 10) == "模型模"


def test_colours_only_mark_what_is_near_to_its_end() -> None:
    told = figures(
        context_ratio=0.5,
        limits=[Limit("five_hour", 0.81, None), Limit("seven_day", 0.96, None)],
        today=Amount(99, 100, is_at_least=False),
    )
    plain, coloured = line(told), line(told, colours=True)
    assert "\x1b" not in plain
    assert re.sub(r"\x1b\[[0-9]+m", "", coloured) == plain
    assert "\x1b[33m5h 81%\x1b[0m" in coloured
    assert "\x1b[31m7d 96%\x1b[0m" in coloured
    assert "\x1b[31mtoday" in coloured
    assert "mctx 50%\x1b" not in coloured.replace("\x1b[0mctx", "ctx")
