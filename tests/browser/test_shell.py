"""What is around the panels: filters, dates, keys, and where the figures come from; all of it by keyboard."""

from __future__ import annotations

import re
from urllib.parse import parse_qs

import pytest

from tests.browser.looking import Look
from tests.flows.harness import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

COVERAGE = "[data-panel='shell/Coverage']"
FOCUSED = "document.activeElement.innerText || document.activeElement.getAttribute('aria-label') || ''"


def test_a_filter_is_chosen_by_keyboard_and_taken_back(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/overview?range=30d")
    page = look.page
    page.get_by_role("button", name="Agent", exact=True).focus()
    page.keyboard.press("Enter")
    values = page.locator("[popover]:popover-open")
    values.locator("li input").first.wait_for()
    assert "Search agents" in page.evaluate("document.activeElement.getAttribute('aria-label')")
    page.keyboard.type("codex")
    assert values.locator("li").count() == 1, "the search narrows the list"
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.wait_for_function("() => location.hash.includes('agent=codex')")
    page.keyboard.press("Escape")
    assert values.count() == 0
    assert page.evaluate(FOCUSED).startswith("Agent"), "the focus comes back to the button"
    look.wait()
    chip = page.get_by_label("Filters that are set")
    assert "Agent: codex" in chip.inner_text()
    page.locator("[data-panel='overview/Cost'][data-source*='agent=']").wait_for()
    source = page.locator("[data-panel='overview/Cost']").get_attribute("data-source") or ""
    assert parse_qs(source.partition("?")[2])["agent"] == ["codex"]
    page.go_back()
    page.wait_for_function("() => !location.hash.includes('agent')")
    assert chip.count() == 0


def test_filters_that_came_by_the_address_are_seen_and_can_be_removed(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/tools?range=30d&tool=Bash&hour_of_day=9&agent=null")
    chips = look.page.get_by_label("Filters that are set")
    assert {"Tool: Bash", "Hour of day: 09:00", "Agent: unknown"} <= {
        text.replace("\n✕", "").strip() for text in chips.locator("li").all_inner_texts()
    }
    look.page.get_by_role("link", name="Remove Tool: Bash").click()
    look.page.wait_for_function("() => !location.hash.includes('tool=')")
    assert "hour_of_day=9" in look.page.url
    look.page.get_by_role("link", name="Clear all").click()
    look.page.wait_for_function("() => !location.hash.includes('hour_of_day')")
    assert "range=30d" in look.page.url


def test_an_unknown_filter_is_told_once_and_no_figure_pretends(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/costs?range=30d&colour=red")
    said = look.page.locator("[aria-label='Time and filters'] [role=alert]")
    said.wait_for()
    assert "'colour'" in said.inner_text()
    assert set(look.states()) == {"shell/Coverage"}
    assert len([one for one in look.complaints if one.startswith("422")]) == 1
    look.page.get_by_role("link", name="remove it").click()
    look.wait()
    assert look.states()["costs/Cost"] == "ready"


def test_what_a_filter_cannot_narrow_is_not_shown_under_it(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/efficiency?range=30d")
    before = look.states()
    look.open(demo.about["http"], "#/efficiency?range=30d&model=claude-opus-5-5")
    assert set(look.states()) == set(before)
    said = [
        text
        for text in look.page.locator("main [data-panel]").all_inner_texts()
        if re.search("cannot be (narrowed|filtered|split)", text)
    ]
    assert said, "time to the first commit is of sessions, which no model had alone"
    assert set(look.states().values()) <= {"ready", "empty"}
    assert look.page.locator("main [role=alert]").count() == 0, "the page is well, and so is the server"


def test_own_days_take_the_last_one_in(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/costs")
    page = look.page
    page.get_by_role("button", name="Dates").click()
    page.get_by_label("First day").fill("2026-03-02")
    page.get_by_label("Last day").fill("2026-03-01")
    page.get_by_role("button", name="Show these days").click()
    assert "since=" not in page.url, "days the wrong way round are no window"
    page.get_by_label("Last day").fill("2026-03-07")
    page.get_by_role("button", name="Show these days").click()
    page.wait_for_function("() => location.hash.includes('since=2026-03-02&until=2026-03-08')")
    assert page.get_by_role("button", name="Mon 2 Mar to Sat 7 Mar").is_visible()
    page.reload()
    look.wait()
    page.get_by_role("button", name="Mon 2 Mar to Sat 7 Mar").click()
    assert page.get_by_label("Last day").input_value() == "2026-03-07"


def test_coverage_opens_where_figures_come_from(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/overview?range=30d")
    page = look.page
    page.locator(COVERAGE).focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open] [data-panel='shell/Explain'][data-state=ready]")
    told = demo.get(page.locator("[data-panel='shell/Explain']").get_attribute("data-source") or "")
    assert told["sentence"] in page.locator("dialog").inner_text()
    shown = page.locator("[data-panel='shell/Explain'] tr.end data[data-metric=cost_microusd]").first
    assert shown.get_attribute("value") == str(told["ledger"]["cost_microusd"])
    for _ in range(15):
        page.keyboard.press("Tab")
        inside = "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        assert page.evaluate(inside), "the focus stays in the dialog"
    assert look.violations() == []
    page.keyboard.press("Escape")
    page.wait_for_function("() => !location.hash.includes('open=')")
    assert page.locator("dialog").count() == 0
    assert page.evaluate("document.activeElement.dataset.panel") == "shell/Coverage"
    page.locator(COVERAGE).click()
    page.wait_for_selector("dialog[open]")
    page.go_back()
    page.wait_for_function("() => document.querySelector('dialog') === null")


def test_keys_lead_to_tabs_and_can_be_turned_off(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/overview")
    page = look.page
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_function("() => location.hash.startsWith('#/costs')")
    look.wait()
    assert page.evaluate("document.activeElement.id") == "main", "another tab is another page"
    assert page.title().startswith("Costs")
    page.keyboard.press("?")
    page.wait_for_selector("dialog[open]")
    page.get_by_role("switch", name="Single keys do this").uncheck()
    page.keyboard.press("Escape")
    page.locator("main").focus()
    page.keyboard.press("?")
    page.keyboard.press("g")
    page.keyboard.press("o")
    page.wait_for_timeout(300)
    assert page.locator("dialog").count() == 0
    assert "#/costs" in page.url


def test_a_link_to_a_panel_brings_it_into_sight(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/costs?panel=Cost+by+model")
    look.page.wait_for_function(
        """() => {
            const panel = document.querySelector("[data-panel='costs/Cost by model']");
            const top = panel.getBoundingClientRect().top;
            return document.activeElement === panel && top > -5 && top < innerHeight / 2;
        }"""
    )


def test_nobody_is_found_by_an_address_that_nobody_has_and_it_is_not_kept(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/overview")
    page = look.page
    page.get_by_role("button", name="User", exact=True).click()
    page.locator("[popover]:popover-open li").first.wait_for()
    page.keyboard.type("nobody@example.com")
    page.keyboard.press("Enter")
    page.get_by_text("Nothing is recorded of this user.").wait_for()
    assert "nobody" not in page.url
