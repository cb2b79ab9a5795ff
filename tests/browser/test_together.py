"""Sessions at the same time: a bar leads to those of its peak, and they are those that the API tells."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.browser.looking import Look
from tests.flows.harness import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PANEL = "[data-panel='productivity/Sessions at the same time']"


def ask(server: Running, path: str) -> Any:
    return json.loads(server.request("GET", server.about["http"], path)[1])


def test_a_bar_leads_to_the_sessions_of_its_peak(demo: Running, look: Look) -> None:
    page = look.page
    look.open(demo.about["http"], "#/productivity?range=30d")
    panel = page.locator(PANEL)
    told = ask(demo, panel.get_attribute("data-source") or "")
    assert told["whole"]["peak"] > 1
    assert panel.locator("data[data-metric=peak]").get_attribute("value") == str(told["whole"]["peak"])
    assert panel.locator("[data-at]").get_attribute("data-at") == told["at"]["moment"]
    assert panel.locator(".then li a").count() == min(told["at"]["count"], 12)

    chart = panel.get_by_role("application")
    chart.focus()
    page.keyboard.press("End")
    wanted = next(one for one in reversed(told["pieces"]) if one["peak"])
    for _ in range(len(told["pieces"]) - 1 - told["pieces"].index(wanted)):
        page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.wait_for_selector(f"{PANEL} [data-at='{wanted['peak_at']}']")
    look.wait()
    assert "at=" in page.url
    then = ask(demo, "/api/v1/concurrency?" + urlencode({"at": wanted["peak_at"], "range": "1h"}))["at"]
    assert then["count"] == wanted["peak"]
    shown = panel.locator(".then li a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert [href.split("/")[2].split("?")[0] for href in shown] == [one["session"] for one in then["sessions"]][:12]
    for width, dark in ((1440, False), (390, True)):
        look.resize(width, dark=dark)
        look.wait()
        assert look.violations() == []
        assert look.overflow() <= 0
    look.resize(1440, dark=False)
    page.reload()
    look.wait()
    assert panel.locator("[data-at]").get_attribute("data-at") == wanted["peak_at"], "the address says it"
    panel.get_by_role("link", name="In the list").click()
    look.wait()
    listed = page.locator("[data-session]").evaluate_all("rows => rows.map(row => row.dataset.session)")
    assert sorted(listed) == [one["session"] for one in then["sessions"]]
    assert look.complaints == []
