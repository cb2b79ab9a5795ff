"""A report for people: what a narrow terminal shows, and what is not known."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from tachograph.cli.report import ask_report
from tachograph.cli.report_print import plan_sentence, print_report
from tachograph.cli.terminal import make_console

COVERAGE = {"summary": "coverage 100 %", "share": 1.0, "unpriced_requests": 0}
TOTALS: dict[str, Any] = dict.fromkeys(
    [
        "sessions",
        "prompts",
        "requests",
        "input_tokens",
        "output_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "cost_microusd",
        "tool_calls",
        "tool_errors",
        "lines_added",
        "lines_removed",
        "commits",
        "pull_requests",
    ],
    0,
) | {"active_seconds": None, "coverage": COVERAGE}


def row(model: str, *, unpriced: int = 0, cost: int = 1_036_809) -> dict[str, Any]:
    return {
        "model": model,
        "requests": 29,
        "input_tokens": 191_414,
        "output_tokens": 29_792,
        "cache_read_tokens": 25_400,
        "cost_microusd": cost,
        "coverage": {"share": 1.0, "unpriced_requests": unpriced},
    }


def printed(width: int, *rows: dict[str, Any], since: str | None = None) -> str:
    out = io.StringIO()
    by = {"model": list(rows)} if rows else {}
    totals = TOTALS | ({"sessions": 1, "requests": 29} if rows else {})
    window = {"since": since, "until": None, "tz": "UTC"}
    print_report({"window": window, "totals": totals, "by": by}, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("width", [64, 80, 120])
def test_names_and_costs_are_whole_in_a_narrow_terminal(width: int) -> None:
    text = printed(width, row("claude-sonnet-4-5-20250929"), row("house-model", unpriced=2))
    assert "claude-sonnet-4-5-20250929" in text
    assert "$1.04" in text
    header = text.split("by model")[1].splitlines()[2]
    assert ("from cache" in header) is (width == 120)


def test_what_a_narrow_terminal_leaves_out_is_said() -> None:
    text = printed(80, row("claude-sonnet-4-5-20250929"), row("house-model", unpriced=2))
    assert "from cache: in a wider terminal, or with --json" in text


def test_a_model_without_a_price_has_no_cost_instead_of_a_cost_of_nothing() -> None:
    line = next(x for x in printed(120, row("house-model", cost=0, unpriced=29)).splitlines() if "house-model" in x)
    assert "$0.00" not in line
    assert "–" in line


def test_a_cost_too_small_for_four_digits_is_not_shown_as_nothing() -> None:
    assert "<$0.0001" in printed(120, row("gemini-2.5-flash-lite", cost=6))


def test_an_empty_store_says_what_to_do_and_an_empty_day_does_not() -> None:
    assert "tachograph import" in printed(80)
    assert "tachograph import" not in printed(80, since="2026-11-20T00:00:00Z")


def reading(limit: str, peak: float) -> dict[str, Any]:
    return {
        "limit": limit,
        "agent": "claude_code",
        "peak_ratio": peak,
        "peak_at": "2026-11-17T14:00:00+01:00",
        "readings": 3,
    }


def test_how_the_plan_was_used_in_one_sentence() -> None:
    assert plan_sentence([]) == ""
    told = [
        reading("five_hour", 0.83),
        reading("seven_day", 0.41),
        reading("seven_day_opus", 0.999),
        reading("spend_limit", 1.2),
    ]
    assert plan_sentence(told) == (
        "plan: 5-hour window peaked at 83 % on Tue 2026-11-17 14:00; 7-day window at 41 %; seven day opus at 99 %;"
        " spend limit at 120 %"
    )


HIGHLIGHTS: dict[str, Any] = {
    "figures": {name: 100 for name in TOTALS if name != "coverage"},
    "before": {name: 80 for name in TOTALS if name != "coverage"} | {"commits": 0, "active_seconds": None},
    "before_window": {"since": "2026-11-06T12:30:00Z", "until": "2026-11-13T12:30:00Z", "tz": "UTC"},
    "better": dict.fromkeys(TOTALS, "neither") | {"cost_microusd": "lower"},
    "course": {
        "grain": "day",
        "pieces": [{"since": f"2026-11-{day:02}", "cost_microusd": day * 123_456_789} for day in range(1, 31)],
    },
    "models": [
        {"model": "claude-sonnet-4-5-20250929", "cost_microusd": 75, "requests": 1_234_567, "total_tokens": 5, "unpriced_requests": 0},
        {"model": "house", "cost_microusd": 0, "requests": 3, "total_tokens": 5, "unpriced_requests": 3},
    ],
    "tools": [{"tool": "mcp__a__tool", "tool_calls": 60, "tool_errors": 7}],
    "score": {
        "productivity_score": 7.4321, "score_outcome": 0.8, "score_reliability": 0.95, "score_acceptance": None,
        "score_one_shot": 0.5,
    },
    "budget": {
        "month": "2026-11", "month_microusd": 200_000_000, "spent_microusd": 130_000_000, "unpriced_requests": 0,
        "month_share": 0.5,
    },
}  # fmt: skip


def whole(width: int, *, encoding: str = "utf-8", **changed: Any) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    window = {"since": "2026-11-13T12:30:00Z", "until": "2026-11-20T12:30:00Z", "tz": "UTC"}
    totals = (
        TOTALS
        | HIGHLIGHTS["figures"]
        | {"coverage": COVERAGE, "cache_read_tokens": 49_693_694, "active_seconds": 86_399}
    )
    by = {"model": [row("claude-sonnet-4-5-20250929", cost=3_000_000_000), row("other", cost=1_000_000_000)]}
    told = {"window": window, "totals": totals, "by": by, "highlights": HIGHLIGHTS | changed, "notes": ["a – note"]}
    print_report(told, make_console(file, width=width))
    file.flush()
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_report_fits_and_no_figure_is_cut(width: int, encoding: str) -> None:
    text = whole(width, encoding=encoding)
    assert max(map(len, text.splitlines())) <= width
    assert "\x1b" not in text
    assert "…" not in text
    assert "~" not in text.replace("~0", "")
    for figure in (
        "49,693,694",
        "23 h 59 min",
        "$3,000.00",
        "+25 %",
        "$3,703.70",
        "65% of $200.00",
        "7.4 of 10",
        "new",
    ):
        assert figure in " ".join(text.split()), figure
    if width > 80:
        assert "75 %" in text  # of the cost
    assert encoding == "utf-8" or text.isascii()


def test_no_change_is_told_where_there_is_nothing_to_compare_with() -> None:
    nothing = whole(80, before=dict.fromkeys(HIGHLIGHTS["before"], 0))
    assert "there is nothing from 2026-11-06 12:30 to 2026-11-13 12:30 to compare with" in nothing
    assert "new" not in nothing
    assert "+25 %" not in nothing
    assert "changes" not in whole(80, before=None, before_window=None)


def test_a_change_is_green_where_it_is_better_and_red_where_it_is_worse() -> None:
    def colour(cost_before: int, better: str) -> str:
        out = io.StringIO()
        console = Console(file=out, width=80, force_terminal=True, color_system="standard", no_color=False)
        told = HIGHLIGHTS | {"before": {"cost_microusd": cost_before}, "better": {"cost_microusd": better}}
        window = {"since": "2026-11-13T12:30:00Z", "until": None, "tz": "UTC"}
        print_report(
            {"window": window, "totals": TOTALS | {"cost_microusd": 100}, "by": {}, "highlights": told}, console
        )
        line = next(x for x in out.getvalue().splitlines() if "$0.0001" in x)
        return "red" if "\x1b[31m" in line else "green" if "\x1b[32m" in line else ""

    assert [colour(50, "lower"), colour(200, "lower"), colour(50, "higher"), colour(50, "neither")] == [
        "red",
        "green",
        "green",
        "",
    ]


def test_a_stored_name_cannot_speak_to_the_terminal() -> None:
    models = [{**HIGHLIGHTS["models"][0], "model": "a\x1b]0;owned\x07"}]
    assert not set(whole(120, models=models)) & {"\x1b", "\x07"}
    assert "\x1b" not in printed(120, row("a\x1b[31mb"))


def test_a_report_asks_for_its_highlights_with_the_same_window() -> None:
    asked: list[tuple[str, dict[str, str]]] = []

    class Backend:
        def report(self, parameters: dict[str, str]) -> dict[str, Any]:
            asked.append(("report", parameters))
            return {"totals": 1}

        def ask(self, name: str, parameters: dict[str, str]) -> dict[str, Any]:
            asked.append((name, parameters))
            return {"figures": 2}

    told = ask_report(Backend(), {"range": "7d", "tz": "UTC", "by": "model"})  # type: ignore[arg-type]
    assert told == {"totals": 1, "highlights": {"figures": 2}}
    assert asked == [
        ("report", {"range": "7d", "tz": "UTC", "by": "model"}),
        ("highlights", {"range": "7d", "tz": "UTC"}),
    ]
