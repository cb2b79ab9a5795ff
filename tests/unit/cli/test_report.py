"""A report for people: what a narrow terminal shows, and what is not known."""

from __future__ import annotations

import io
from typing import Any

import pytest
from rich.console import Console

from tachograph.cli.report import plan_sentence, print_report

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
