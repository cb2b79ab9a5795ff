"""What a table of a session counts is shown in its timeline: by a click or a key, kept in the address, taken off again."""

from __future__ import annotations

import json

import pytest

from tests.browser.looking import Look
from tests.flows.harness import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

LIT = "[data-panel='session/Timeline'] .row.lit"


def test_a_tool_its_entries_and_back(demo: Running, look: Look) -> None:
    page = look.page
    rows = json.loads(demo.request("GET", demo.about["http"], "/api/v1/sessions?range=all&order=-tool_errors")[1])
    session = rows["sessions"][0]["id"]
    told = json.loads(demo.request("GET", demo.about["http"], f"/api/v1/sessions/{session}?limit=1000")[1])
    tool = max(told["tools"], key=lambda one: one["tool_calls"])
    look.open(demo.about["http"], f"#/sessions/{session}?range=all")
    button = page.locator("[data-panel='session/Tools']").get_by_role("button", name=tool["tool"], exact=True)
    assert button.get_attribute("aria-pressed") == "false"
    assert page.locator(LIT).count() == 0

    button.focus()
    page.keyboard.press("Enter")
    look.wait()
    assert f"light=tool%3A{tool['tool']}" in page.url
    assert button.get_attribute("aria-pressed") == "true"
    assert int(page.get_attribute("[data-light]", "data-light") or 0) == tool["tool_calls"]
    assert page.get_attribute("[data-lit]", "data-lit") == str(tool["tool_calls"])
    names = page.eval_on_selector_all(LIT, "rows => rows.map(row => row.textContent)")
    assert names
    assert all(tool["tool"] in name and "Highlighted" in name for name in names)
    dim = page.eval_on_selector_all(
        "[data-panel='session/Timeline'] .row.dim", "rows => rows.map(row => row.textContent)"
    )
    assert dim
    assert not any("Highlighted" in name for name in dim)
    for width, dark in ((1440, False), (390, True)):
        look.resize(width, dark=dark)
        look.wait()
        assert look.violations() == []
        assert look.overflow() <= 0
    look.resize(1440, dark=False)

    page.get_by_role("button", name="Next", exact=True).click()
    page.wait_for_selector(".row.picked.lit")
    page.reload()
    look.wait()
    assert page.get_attribute("[data-light]", "data-light") == str(tool["tool_calls"]), "the address says it"

    page.keyboard.press("Escape")
    look.wait()
    assert "light=" not in page.url
    assert page.locator(LIT).count() == page.locator("[data-light]").count() == 0

    button.click()
    look.wait()
    assert page.locator(LIT).count() > 0
    button.click()
    look.wait()
    assert page.locator("[data-light]").count() == 0
    assert look.complaints == []


def test_failures_and_classes_of_tokens(demo: Running, look: Look) -> None:
    page = look.page
    rows = json.loads(demo.request("GET", demo.about["http"], "/api/v1/sessions?range=all&order=-tool_errors")[1])
    session = rows["sessions"][0]
    look.open(demo.about["http"], f"#/sessions/{session['id']}?range=all&light=failed:tool_errors")
    assert page.get_attribute("[data-light]", "data-light") == str(session["tool_errors"])
    totals = page.locator("[data-panel='session/Totals']")
    assert totals.get_by_role("button", name="Failed tools").get_attribute("aria-pressed") == "true"
    totals.get_by_role("button", name="Output").click()
    look.wait()
    assert "light=tokens%3Aoutput_tokens" in page.url
    assert totals.get_by_role("button", name="Failed tools").get_attribute("aria-pressed") == "false"
    assert 0 < int(page.get_attribute("[data-light]", "data-light") or 0) <= session["requests"]
    assert look.complaints == []
