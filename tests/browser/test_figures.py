"""Every figure that the page shows is the one that the report and the API give for the same window and filters."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Error, Route

from tests.browser.amounts import exact
from tests.browser.looking import Look
from tests.flows.harness import Running, command

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

DASHBOARDS = ("overview", "costs", "productivity", "efficiency", "tools", "trends")
OF_THE_REPORT = {
    "cost_usd": "cost_usd",
    "sessions": "sessions",
    "prompts": "prompts",
    "output_tokens": "output_tokens",
    "lines_added": "lines_added",
    "lines_removed": "lines_removed",
    "commits": "commits",
    "pull_requests": "pull_requests",
    "tool_calls": "tool_calls",
}
"""Metrics that the report's totals have too."""

TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
MOST_ROWS = 500  # of the table behind a chart; all of them are in its file

FIGURES = """panel => [...panel.querySelectorAll('data')].map(
    d => ({metric: d.dataset.metric, unit: d.dataset.unit, value: d.value, text: d.textContent, title: d.title}))"""


LOOKED_AT = [
    ("demo", "range=all"),
    ("captures", "range=30d&model=claude-opus-5-5"),
    pytest.param("demo", "range=7d", marks=pytest.mark.long),
    pytest.param("demo", "range=30d&model=claude-opus-5-5", marks=pytest.mark.long),
    pytest.param("captures", "range=all", marks=pytest.mark.long),
    pytest.param("captures", "range=7d", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("server", "search"), LOOKED_AT, indirect=["server"])
def test_figures_of_panels_are_those_of_the_api_and_the_report(server: Running, look: Look, search: str) -> None:
    seen: set[str] = set()
    for tab in DASHBOARDS:
        look.open(server.about["http"], f"#/{tab}?{search}")
        for panel in look.page.locator("[data-panel][data-source*='/api/v1/query']").all():
            seen |= compare_panel(server, panel, search)
    # Not vacuous: these have to have been looked at.
    assert {"cost_usd", "sessions", "total_tokens"} <= seen
    assert "model=" in search or {"tool_calls", "commits"} <= seen


def compare_panel(server: Running, panel: Any, search: str) -> set[str]:
    """Compare what a panel shows with what its address answers; returns the metrics that were compared."""
    source, name = panel.get_attribute("data-source"), panel.get_attribute("data-panel")
    asked = parse_qs(urlsplit(source).query)
    told = server.get(source)
    units = {one["name"]: one["unit"] for one in told["about"]}
    if len(told["rows"]) == 1 and "by" not in asked and "grain" not in asked:
        expected = dict(zip(told["columns"], told["rows"][0], strict=True))
        shown = panel.evaluate(FIGURES)
        assert {one["metric"] for one in shown} >= set(expected), name
        for one in shown:
            value = expected[one["metric"]]
            assert (float(one["value"]) if one["value"] else None) == value, (name, one)
            assert one["title"].startswith(exact(value, units[one["metric"]])), (name, one)
        agree_with_report(server, source, expected)
        return {metric for metric, value in expected.items() if value is not None}
    if panel.get_attribute("data-state") == "empty":
        metrics = asked["metrics"][0].split(",")
        assert not any(row[told["columns"].index(m)] for row in told["rows"] for m in metrics), name
        return set()
    if panel.get_by_role("button", name="as a table").count():
        panel.get_by_role("button", name="as a table").click()
    shown = panel.locator("tbody").first.evaluate(FIGURES)
    wanted = [
        (column, cell)
        for row in told["rows"][:MOST_ROWS]
        for column, cell in zip(told["columns"], row, strict=True)
        if units[column] is not None
    ]
    assert len(shown) == len(wanted), (name, source)
    ordered = sorted(wanted, key=str) == sorted(((one["metric"], number(one["value"])) for one in shown), key=str)
    assert ordered, (name, source)
    for one in shown:
        assert one["text"].strip() == exact(number(one["value"]), one["unit"]), (name, one)
    return {column for column, cell in wanted if cell}


def number(text: str) -> float | int | None:
    """The raw value of a figure."""
    return None if text == "" else json.loads(text)


def agree_with_report(server: Running, source: str, shown: dict[str, Any]) -> None:
    """The report, asked on the command line, says the same for the same window; it takes no filters."""
    asked = parse_qs(urlsplit(source).query)
    if set(asked) - {"metrics", "since", "until", "range", "compare", "tz"}:
        return
    window = [f"--{name}={asked[name][0]}" for name in ("since", "until", "range") if name in asked]
    totals = json.loads(command("report", "--json", *window, home=server.home).stdout)["totals"]
    for metric in shown.keys() & OF_THE_REPORT.keys():
        assert shown[metric] == totals[OF_THE_REPORT[metric]], (metric, source)


@pytest.mark.parametrize("server", ["demo", "captures"], indirect=True)
def test_one_figure_is_the_same_wherever_it_stands(server: Running, look: Look) -> None:
    found: dict[str, set[str]] = {}
    for tab in DASHBOARDS:
        look.open(server.about["http"], f"#/{tab}?range=all")
        for panel in look.page.locator("[data-panel][data-source*='/api/v1/query']").all():
            source = panel.get_attribute("data-source") or ""
            if "by=" not in source and "grain=" not in source:
                for one in panel.evaluate(FIGURES):
                    found.setdefault(one["metric"], set()).add(one["value"])
    assert len(found) > 20
    assert {metric: values for metric, values in found.items() if len(values) > 1} == {}


def test_a_filter_narrows_every_panel(demo: Running, look: Look) -> None:
    (project,) = [row[0] for row in demo.get("/api/v1/query?metrics=cost_usd&by=project&range=all&limit=1")["rows"]]
    look.open(demo.about["http"], f"#/overview?range=all&project={quote(project)}")
    sources = look.page.eval_on_selector_all("[data-panel]", "panels => panels.map(p => p.dataset.source)")
    assert sources
    assert all(f"project={quote(project)}" in source for source in sources), sources
    alone = demo.get(f"/api/v1/query?metrics=cost_usd&range=all&project={quote(project)}")["rows"][0][0]
    shown = look.page.locator("[data-panel='overview/Cost'] data[data-metric=cost_usd]").evaluate("d => d.value")
    assert float(shown or "nan") == alone


@pytest.mark.parametrize("server", ["demo", "captures"], indirect=True)
def test_figures_of_every_answer_are_in_what_the_api_answers(server: Running, look: Look) -> None:
    """Questions, too: no figure stands on the page that the answer it is of does not hold."""
    answers = keep_answers(look)
    seen = 0
    for tab in DASHBOARDS:
        look.open(server.about["http"], f"#/{tab}?range=all")
        for panel in look.page.locator("[data-panel][data-source]:not([data-source*='/api/v1/query'])").all():
            if source := panel.get_attribute("data-source"):
                seen += compare_leaves(panel, [answers[source]])
    assert seen > 5


@pytest.mark.parametrize("server", ["demo", "captures"], indirect=True)
def test_sessions_show_what_the_api_says_of_them(server: Running, look: Look) -> None:
    answers = keep_answers(look)
    look.open(server.about["http"], "#/sessions?range=all")
    look.page.wait_for_selector("[data-session]")
    assert compare_leaves(look.page.locator("main"), list(answers.values())) > 50
    totals = server.get("/api/v1/report?range=all")["totals"]
    text = look.page.inner_text("main")
    assert f"{totals['sessions']:,} session" in text
    assert exact(totals["cost_usd"], "usd") in text or totals["cost_usd"] < 1
    for one in server.get("/api/v1/sessions?range=all&limit=3")["sessions"]:
        answers.clear()
        look.open(server.about["http"], f"#/sessions/{quote(one['id'])}?range=all")
        look.page.get_by_role("button", name="Fold all turns").click()
        turns = look.page.locator("main [role=gridcell].head data")
        told = {"turns": [float(text) for text in turns.evaluate_all("all => all.map(one => one.value)") if text]}
        assert compare_leaves(look.page.locator("main"), [*answers.values(), told]) > 5, one["id"]
        if told["turns"] and len(told["turns"]) < MOST_TURNS:
            assert abs(sum(told["turns"]) - one["cost_microusd"]) <= len(told["turns"]), "turns add up to the session"


MOST_TURNS = 15  # more of them are not all in sight


def keep_answers(look: Look) -> dict[str, Any]:
    """What the API answers the page from now on, by address."""
    answers: dict[str, Any] = {}

    def keep(route: Route) -> None:
        address = urlsplit(route.request.url)
        with contextlib.suppress(Error):  # the page gave the question up in between
            answer = route.fetch()
            if answer.ok:
                answers[f"{address.path}?{address.query}" if address.query else address.path] = answer.json()
            route.fulfill(response=answer)

    look.page.route("**/api/v1/**", keep)
    return answers


def compare_leaves(place: Any, answers: list[Any]) -> int:
    """Every figure in a place is a number of one of the answers; returns how many there are."""
    known = {round(float(leaf), 9) for answer in answers for leaf in leaves(answer)}
    figures = [one for one in place.evaluate(FIGURES) if one["value"] != ""]
    strange = [one for one in figures if round(float(one["value"]), 9) not in known]
    assert [(one["metric"], one["unit"], one["value"], one["text"]) for one in strange] == []
    return len(figures)


def leaves(answer: Any) -> Iterator[float]:
    """All numbers of an answer, and how long its lists are."""
    if isinstance(answer, bool) or answer is None or isinstance(answer, str):
        return
    if isinstance(answer, (int, float)):
        yield answer
    elif isinstance(answer, list):
        yield len(answer)
        for one in answer:
            yield from leaves(one)
    else:
        yield sum(value for name, value in answer.items() if name in TOKENS and value)
        for one in answer.values():
            yield from leaves(one)
