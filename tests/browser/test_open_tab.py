"""A tab that stays open: it keeps nothing of what it showed before, and asks for nothing while nobody looks.

Counted is work, not time or bytes: living objects, nodes, listeners, pictures and questions.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import CDPSession, Page, Request

from tests.browser.looking import Look
from tests.flows.harness import Running, otlp_logs, serve
from tools.chromium import REFRESH, play

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ROUNDS = 6
SHOWN = """state => {
    Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => state});
    document.dispatchEvent(new Event('visibilitychange'));
}"""

SIZES = """all.reduce((sum, one) => {
    const { get } = Object.getOwnPropertyDescriptor(KIND.prototype, 'size');
    try { return sum + 1 + get.call(one); } catch { return sum; } // a prototype has none
}, 0)"""


def test_refreshes_leave_nothing_behind(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/overview?range=30d")
    look.page.locator("canvas").first.wait_for()
    look.page.locator("[data-live]").click()
    look.page.get_by_role("button", name="Refresh all figures").wait_for()
    assert grown(look.page, f"{REFRESH} await still(true);") == {}


def test_sessions_that_were_opened_and_closed_leave_nothing_behind(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/sessions?range=all")
    [session] = demo.get("/api/v1/sessions?range=all&limit=1")["sessions"]
    there, back = (f"location.hash = '#/sessions{item}?range=all'; " for item in (f"/{session['id']}", ""))
    assert grown(look.page, f"{there} await still(true); {back} await still(false);") == {}


def test_panels_that_were_linked_to_and_left_leave_nothing_behind(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/projects")
    there, back = (f"location.hash = '{place}'; " for place in ("#/costs?panel=Cost+by+model", "#/projects"))
    assert grown(look.page, f"{there} await still(true); {back} await still(false);") == {}


def test_nothing_is_asked_while_nobody_looks_and_no_more_than_at_first_afterwards(
    look: Look, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serve(tmp_path_factory.mktemp("hidden")) as server:
        assert server.post_otlp("logs", otlp_logs(["req_1"])) == 200
        server.wait_drained()
        look.page.clock.install()
        asked: list[Request] = []
        look.page.on("request", lambda request: asked.append(request))
        look.open(server.about["http"], "#/overview?range=7d")
        look.page.wait_for_selector("[data-live=true]")
        look.wait()
        opened = Counter(question(request.url) for request in asked)
        asked.clear()

        look.page.evaluate(SHOWN, "hidden")
        assert server.post_otlp("logs", otlp_logs(["req_2"])) == 200
        server.wait_drained()
        look.page.clock.fast_forward("02:00")  # the stream is left to others after a minute
        look.page.clock.fast_forward("03:00:00")
        look.page.wait_for_timeout(500)
        assert [request.url for request in asked if "/assets/" not in request.url] == []
        asked.clear()

        look.page.evaluate(SHOWN, "visible")
        figure = "[data-panel='overview/Cost'] [data-metric=cost_usd]"
        look.page.wait_for_selector(figure)
        look.page.clock.fast_forward("00:10")
        look.page.wait_for_timeout(500)
        look.wait()
        told = Counter(question(request.url) for request in asked)
        assert told[("/api/live", ())] == 1
        assert any(path == "/api/v1/query" for path, _ in told)
        # What holds about privacy is asked for at once, and with everything else; health, and what the offer of the two
        # switches watches, each by its own clock, which was put forward.
        oftener = {asks: n for asks, n in told.items() if n > opened[asks]}
        assert {path for path, _ in oftener} <= {"/api/v1/privacy/policy", "/api/v1/setup", "/health"}, oftener


def question(url: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """What an address asks, whenever it asks."""
    parts = urlsplit(url)
    return parts.path, tuple(pair for pair in parse_qsl(parts.query) if pair[0] not in {"since", "until"})


def grown(page: Page, again: str) -> dict[str, list[int]]:
    """What there is more of after some more rounds, by at least one a round, and again after as many: what was counted.

    Twice, since what is loaded late is there once: a further page of a list, a part of the program.
    """
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    play(page, again, 3)  # what is loaded, measured and made once
    counts = [living(page, session)]
    for _ in range(2):
        play(page, again, ROUNDS)
        counts.append(living(page, session))
    session.detach()
    return {
        kind: [told[kind] for told in counts]
        for kind in counts[0]
        if all(later[kind] - earlier[kind] >= ROUNDS for earlier, later in pairwise(counts))
    }


def living(page: Page, session: CDPSession) -> dict[str, int]:
    """Everything that the page keeps alive, counted after garbage was collected."""
    page.wait_for_timeout(300)
    for _ in range(3):
        session.send("HeapProfiler.collectGarbage")
    told = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    found = {name: int(told[name]) for name in ("Nodes", "JSEventListeners", "Documents")}
    for kind, size in (
        ("Object", "all.length"),
        ("Function", "all.length"),
        ("Array", "all.reduce((sum, one) => sum + one.length, 0)"),
        ("Map", SIZES.replace("KIND", "Map")),
        ("Set", SIZES.replace("KIND", "Set")),
        ("HTMLCanvasElement", "all.length"),
        ("ResizeObserver", "all.length"),
    ):
        found[kind] = count(session, kind, size)
    return found


def count(session: CDPSession, kind: str, size: str) -> int:
    """How many living objects there are of a kind, also of those that nothing but a forgotten list refers to."""
    prototype = session.send("Runtime.evaluate", {"expression": f"{kind}.prototype", "objectGroup": "counted"})
    every = session.send(
        "Runtime.queryObjects", {"prototypeObjectId": prototype["result"]["objectId"], "objectGroup": "counted"}
    )
    told = session.send(
        "Runtime.callFunctionOn",
        {
            "objectId": every["objects"]["objectId"],
            "functionDeclaration": f"function () {{ const all = this; return {size}; }}",
            "returnByValue": True,
        },
    )
    session.send("Runtime.releaseObjectGroup", {"objectGroup": "counted"})
    return int(told["result"]["value"])
