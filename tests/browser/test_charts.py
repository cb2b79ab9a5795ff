"""What a person does with charts: point at a moment, split by something else, open what a cell was made of."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.browser.looking import NARROW, Look
from tests.flows.harness import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

LINES = "[...document.querySelectorAll('.there')].map(one => one.closest('[data-panel]').dataset.panel)"
TIPS = """[...document.querySelectorAll('.tip')]
    .filter(one => one.checkVisibility({opacityProperty: true, visibilityProperty: true})).map(one => one.innerText)"""


def chart_of(look: Look, panel: str) -> Any:
    """The chart of a panel, in sight and drawn."""
    chart = look.page.locator(f"[data-panel='{panel}'] .chart")
    chart.locator("canvas").first.wait_for()
    chart.scroll_into_view_if_needed()
    return chart


def test_the_moment_pointed_at_is_marked_in_the_other_charts(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/costs?range=30d")
    chart = chart_of(look, "costs/Cost by day")
    chart_of(look, "costs/Cache hits over time")
    others = ["costs/Tokens over time", "costs/Limits of the plan", "costs/Cache hits over time"]
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    look.page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 100)
    look.page.wait_for_selector(".there")
    assert look.page.evaluate(LINES) == others
    (tip,) = look.page.evaluate(TIPS)
    assert "together" in tip, "one tool tip, of the chart that is pointed at"
    look.page.mouse.move(2, 2)
    look.page.wait_for_selector(".there", state="detached")
    chart.focus()
    look.page.keyboard.press("End")
    assert look.page.evaluate(LINES) == others
    spoken = look.page.locator("[aria-live=polite]").all_inner_texts()
    assert len([text for text in spoken if "together" in text]) == 1, spoken
    look.page.keyboard.press("Escape")
    assert look.page.evaluate(LINES) == []
    assert look.complaints == []


def test_a_chart_is_split_by_what_is_chosen_and_a_reload_keeps_it(demo: Running, look: Look) -> None:
    look.resize(NARROW, dark=False)
    look.open(demo.about["http"], "#/costs?range=30d")
    panel = look.page.locator("[data-panel='costs/Cost by day']")
    panel.get_by_role("button", name="project", exact=True).click()
    look.wait()
    assert look.page.url.endswith("#/costs?range=30d&split=cost-by-day.project")
    look.page.reload()
    look.wait()
    assert panel.get_by_role("button", pressed=True).first.inner_text() == "project"
    source = panel.get_attribute("data-source") or ""
    assert parse_qs(urlsplit(source).query)["by"] == ["project"]
    panel.get_by_text("Sum, mean and most").click()
    names = {row[1] for row in demo.get(source)["rows"]}
    assert 1 < panel.locator("tbody tr").count() <= len(names)
    assert look.overflow() <= 0
    assert look.violations() == []
    with look.page.expect_download() as saved:
        panel.get_by_role("button", name="as a CSV file").click()
    assert saved.value.path().read_text("utf-8").splitlines()[0] == "day,project,cost_usd"
    panel.get_by_role("button", name="as a table").click()
    assert panel.locator("thead th").all_inner_texts()[:2] == ["Day", "Project"]
    panel.get_by_role("button", name="model", exact=True).click()
    look.wait()
    assert look.page.url.endswith("#/costs?range=30d"), "what it begins with needs no words"
    assert panel.locator("thead th").all_inner_texts()[:2] == ["Day", "Model"]
    assert look.complaints == []


def test_a_cell_opens_as_many_sessions_as_it_counts(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/overview?range=30d")
    chart = chart_of(look, "overview/When the work is done")
    chart.focus()
    look.page.keyboard.press("Home")
    name, count = "", 0
    for _ in range(24 * 7):
        (tip,) = look.page.evaluate(TIPS)
        name, count = tip.split("\n")[0], int(tip.split("\n")[-1])
        if count > 1:
            break
        look.page.keyboard.press("ArrowRight")
    assert count > 1
    look.page.keyboard.press("Enter")
    look.page.wait_for_selector("[data-session]")
    look.wait()
    weekday, hour = name.split(", ")
    chips = look.page.get_by_role("list", name="Filters that are set").inner_text()
    assert (weekday in chips, hour in chips) == (True, True), chips
    assert look.page.locator("[data-session]").count() == count
    assert re.search(rf"(?<![\d,]){count} sessions", look.page.inner_text("main"))
    assert look.complaints == []
