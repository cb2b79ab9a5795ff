"""`tachograph errors`: it says what failed in 80 columns and in a pipe; the guide has every rule and threshold."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tachograph.analytics.errors import thresholds
from tachograph.analytics.errors.kinds import ErrorClass
from tachograph.analytics.errors.question import errors
from tachograph.analytics.errors.review import RULES, review
from tachograph.cli.errors_print import print_errors
from tachograph.server.answers import as_json_value
from tachograph_sdk.model.event import Event
from tests.flows.harness import command
from tests.unit.analytics.test_errors import failed, prompt, request, scope, stored, tool

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "errors.md").read_text("utf-8")


def told(*events: Event) -> dict[str, Any]:
    store = stored(events)
    asked = scope(since=-60, until=180)
    answers = {"errors": errors(store, asked), "review": review(store, asked)}
    store.close()
    return {
        name: {**as_json_value(each), "window": asked.window.as_text(), "demo": False} for name, each in answers.items()
    }


def printed(answer: dict[str, Any], width: int = 80) -> str:
    out = io.StringIO()
    print_errors(answer, Console(file=out, width=width, highlight=False))
    return out.getvalue()


EVENTS = (
    prompt("s_1", 0), request("s_1", 0.5), *(tool("s_1", n, "Edit", file="f_00000000000000aa", error_class="x" * 60) for n in (1, 2, 3)),
    tool("s_1", 4, "Bash", decision="reject", decision_source="user_reject"), failed("s_1", 5, 429), failed("s_1", 66, 529),
)  # fmt: skip


def test_everything_is_said_within_80_columns() -> None:
    text = printed(told(*EVENTS))
    assert max(len(line.rstrip()) for line in text.splitlines()) <= 80
    for part in (
        "2 of 3 API requests failed (66.7 %)", "3 of 4 tool calls failed (75.0 %)", "what failed", "HTTP 429",
        "(new)", "by tool", "by model", "1 retry loop: a tool failed 3 times or more in a row", "1 tool call not allowed",
        "2 tries hit a limit", "1 rate limited, 1 overloaded", "f_00000000000000aa", "1 session to review, of 1",
        "its last API request failed", "a tool failed 3 times in a row",
    ):  # fmt: skip
        assert part in text, part


def test_times_and_costs_are_told_as_elsewhere() -> None:
    answer = told(*EVENTS)
    answer["errors"]["window"] = {"since": "2026-11-19T23:00:01.410606+01:00", "until": None, "tz": "Europe/Berlin"}
    answer["review"]["sessions"][0] |= {"cost_microusd": 58_078, "unpriced_requests": 0}
    text = printed(answer)
    assert "2026-11-19 23:00 to now, Europe/Berlin" in text
    assert "$0.0581" in text
    answer["review"]["sessions"][0] |= {"cost_microusd": 0, "unpriced_requests": 2}
    assert "claude_code  –" in printed(answer)  # nobody knows what it cost: that is not nothing
    answer["review"]["needing_review"] = 31
    assert "and 30 more: --sessions 31 lists them" in printed(answer)


def test_where_nothing_happened_it_says_so() -> None:
    assert "nothing can have failed" in printed(told())
    quiet = printed(told(prompt("s_1", 0), request("s_1", 1)))
    assert "0 of 1 API request failed (0.0 %)" in quiet
    assert "no tool call was made" in quiet
    assert "none fits a rule" in quiet


def test_names_that_a_terminal_obeys_are_harmless() -> None:
    answer = told(*EVENTS)
    answer["errors"]["classes"][0]["error_class"] = "\x1b[2J[bold]x"
    text = printed(answer)
    assert "\x1b" not in text
    assert "[bold]x" in text


def test_the_command(tmp_path: Path) -> None:
    home = tmp_path / "home"
    answer = json.loads(command("errors", "--json", home=home).stdout)
    assert set(answer) == {"errors", "review"}
    assert answer["errors"]["totals"]["requests"] == answer["review"]["needing_review"] == 0
    assert answer["errors"]["window"]["since"] is not None, "seven days unless told otherwise"
    assert "nothing can have failed" in command("errors", "--range", "all", home=home).stdout
    for wrong in (["--where", "agent"], ["--where", "model=opus"], ["--range", "x"], ["--where", "tz=UTC"]):
        done = command("errors", *wrong, home=home, check=False)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr


def test_the_guide_has_every_rule_kind_and_threshold() -> None:
    rows = dict(re.findall(r"^\| ([a-z_ ]+) \| (.+) \|$", GUIDE, re.MULTILINE))
    assert {rule.name: rule.help for rule in RULES}.items() <= rows.items()
    assert {kind.value for kind in ErrorClass} <= set(rows)
    assert rows["retry loop"].startswith(f"{thresholds.LOOP} calls of one tool or more that failed in a row")
    assert rows["repeated failure"].startswith(f"{thresholds.FILE_FAILURES} failures or more")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_every_rule_has_its_own_words(rule: Any) -> None:
    assert rule.says
    assert rule.help.endswith(".")
