"""The address is the state: reload, share, go back. And what comes in shows by itself."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.browser.looking import Look
from tests.flows.harness import Running, otlp_logs, serve

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PLACE = "#/costs?range=30d&compare=0&agent=claude_code&model=claude-opus-5-5"


def test_a_reload_keeps_what_was_chosen(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], PLACE)
    before = look.page.eval_on_selector_all("[data-panel]", "panels => panels.map(p => p.dataset.panel)")
    look.page.reload()
    look.wait()
    assert look.page.url.endswith(PLACE)
    after = look.page.eval_on_selector_all("[data-panel]", "panels => panels.map(p => p.dataset.panel)")
    assert after == before != []
    sources = look.page.eval_on_selector_all("[data-source*='/api/v1/query']", "ps => ps.map(p => p.dataset.source)")
    assert sources
    assert all("agent=claude_code" in s and "model=claude-opus-5-5" in s and "compare" not in s for s in sources)


def test_back_goes_back(demo: Running, look: Look) -> None:
    look.open(demo.about["http"], "#/overview?range=30d")
    look.page.get_by_role("link", name="Costs & tokens").click()
    look.wait()
    look.page.get_by_role("link", name="90d").click()
    look.wait()
    assert "#/costs?range=90d" in look.page.url
    look.page.go_back()
    look.wait()
    assert "#/costs?range=30d" in look.page.url
    look.page.go_back()
    look.wait()
    assert look.page.locator("nav [aria-current]").inner_text() == "Overview"


def test_what_comes_in_shows_by_itself_without_a_reload(look: Look, tmp_path_factory: pytest.TempPathFactory) -> None:
    with serve(tmp_path_factory.mktemp("live")) as server:
        assert server.post_otlp("logs", otlp_logs(["req_1"])) == 200
        server.wait_drained()
        look.open(server.about["http"], "#/overview?range=7d")
        figure = look.page.locator("[data-panel='overview/Sessions'] data[data-metric=sessions]").first
        assert figure.inner_text() == "1"
        look.page.wait_for_selector("[data-live=true]")
        look.page.evaluate("window.same = true")
        sent = time.monotonic()
        assert server.post_otlp("logs", otlp_logs(["req_2"], session="22222222-2222-4333-8444-555555555555")) == 200
        look.page.wait_for_function(
            "() => document.querySelector(\"[data-panel='overview/Sessions'] data[data-metric=sessions]\").textContent === '2'",
            polling=20,
            timeout=20_000,
        )
        took = time.monotonic() - sent
        print(f"shown {took:.2f} s after it was sent")
        assert look.page.evaluate("window.same"), "the page was loaded anew"
        assert took < 10, "under two seconds where nobody else is at work: the benchmark of the page measures it"


def test_a_server_that_went_away_is_said_and_comes_back(look: Look, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("gone")
    with serve(home) as server:
        assert server.post_otlp("logs", otlp_logs(["req_1"])) == 200
        server.wait_drained()
        port = server.about["http"].rpartition(":")[2]
        look.open(server.about["http"], "#/overview?range=7d")
        look.page.wait_for_selector("[data-live=true]")
        server.stop()
        look.page.wait_for_selector("[data-live=false]", timeout=20_000)
        assert "Not connected" in look.page.inner_text("header")
        assert look.page.locator("[data-panel='overview/Sessions'] data").first.inner_text() == "1", (
            "what was known stays"
        )
    with serve(home, "--port", port):
        look.page.wait_for_selector("[data-live=true]", timeout=40_000)
        look.wait()
        assert set(look.states().values()) <= {"ready", "empty"}


def test_one_panel_that_fails_leaves_the_others_alone(demo: Running, look: Look) -> None:
    look.page.route("**/api/v1/query?metrics=sessions%2C*", lambda route: route.abort())
    look.open(demo.about["http"], "#/overview?range=30d")
    states = look.states()
    assert states["overview/Sessions"] == "error"
    assert {state for name, state in states.items() if name != "overview/Sessions"} <= {"ready", "empty"}
    assert "does not answer" in look.page.locator("[data-panel='overview/Sessions']").inner_text()


def test_figures_that_could_not_be_renewed_stay_and_are_marked(
    look: Look, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serve(tmp_path_factory.mktemp("stale")) as server:
        assert server.post_otlp("logs", otlp_logs(["req_1"])) == 200
        server.wait_drained()
        look.open(server.about["http"], "#/overview?range=7d")
        look.page.wait_for_selector("[data-live=true]")
        look.page.route("**/api/v1/query?metrics=sessions%2C*", lambda route: route.abort())
        assert server.post_otlp("logs", otlp_logs(["req_2"], session="22222222-2222-4333-8444-555555555555")) == 200
        look.page.wait_for_selector("[data-panel='overview/Sessions'][data-state=stale]", timeout=20_000)
        panel = look.page.locator("[data-panel='overview/Sessions']")
        assert panel.locator("data[data-metric=sessions]").first.inner_text() == "1"
        assert "does not answer" in panel.inner_text()


def test_the_stream_is_taken_up_again_after_the_core_was_killed(
    look: Look, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with serve(tmp_path_factory.mktemp("killed")) as server:
        look.open(server.about["http"], "#/overview?range=7d")
        look.page.wait_for_selector("[data-live=true]")
        os.kill(server.now()["core_pid"], signal.SIGKILL)
        look.page.wait_for_selector("[data-live=false]", timeout=20_000)
        look.page.wait_for_selector("[data-live=true]", timeout=40_000)
        assert server.post_otlp("logs", otlp_logs(["req_1"])) == 200
        look.page.wait_for_function(
            "() => document.querySelector(\"[data-panel='overview/Sessions'] data[data-metric=sessions]\")?.textContent === '1'",
            timeout=20_000,
        )


def test_the_first_load_is_small_and_the_second_is_kept(demo: Running, look: Look) -> None:
    scripts: dict[str, int] = {}
    look.page.on(
        "response",
        lambda answer: (
            scripts.update({answer.url: int(answer.headers["content-length"])}) if answer.url.endswith(".js") else None
        ),
    )
    look.open(demo.about["http"], "#/overview?range=30d")
    look.page.wait_for_selector("canvas")
    assert len(scripts) > 1, "the charts' part comes by itself"
    assert sum(scripts.values()) < 300_000, scripts
    first = dict(scripts)
    scripts.clear()
    look.page.reload()
    look.wait()
    look.page.wait_for_selector("canvas")
    again = look.page.evaluate(
        "performance.getEntriesByType('resource').filter(e => e.name.endsWith('.js')).map(e => e.transferSize)"
    )
    assert again
    assert sum(again) < 0.1 * sum(first.values()), "scripts are kept by the browser"
