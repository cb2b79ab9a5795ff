"""Sessions that run are said to, in words, as soon as they do and no longer than they do."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta

import pytest

from tests.browser.looking import Look
from tests.flows.harness import Running, otlp_logs, serve
from tests.unit.hooks.making import body_of, native_session

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

ONE, OTHER = "11111111-2222-4333-8444-555555555555", "22222222-2222-4333-8444-555555555555"


def end(server: Running, session: str) -> None:
    """The plugin reports that it ended now."""
    now = datetime.now(UTC)
    report = native_session(
        session_id=session,
        user_id=None,
        usage=[],
        start_timestamp=(now - timedelta(minutes=1)).isoformat(),
        end_timestamp=(now + timedelta(seconds=1)).isoformat(),
        session_duration=61,
    )
    kind = {"Content-Type": "application/json"}
    assert (
        server.request("POST", server.about["otlp_http"], "/metrics-upload/sessions", body_of(report), kind)[0] == 200
    )


def test_a_badge_comes_with_a_record_and_goes_with_the_end(
    look: Look, tmp_path_factory: pytest.TempPathFactory
) -> None:
    page = look.page
    with serve(tmp_path_factory.mktemp("running")) as server:
        assert server.post_otlp("logs", otlp_logs(["req_1"], session=ONE)) == 200
        server.wait_drained()
        look.open(server.about["http"], "#/sessions")
        page.wait_for_selector("[data-live=true]")
        page.wait_for_selector(".top [data-running='1']")
        page.evaluate("window.same = true")
        assert page.locator("[data-session] .runs").all_inner_texts() == ["running"]
        sent = time.monotonic()
        assert server.post_otlp("logs", otlp_logs(["req_2"], session=OTHER)) == 200
        page.wait_for_function("() => document.querySelectorAll('[data-session] .runs').length === 2", polling=20)
        took = time.monotonic() - sent
        print(f"shown {took:.2f} s after it was sent")
        assert took < 10, "two seconds where nobody else is at work"
        told = page.locator(".top [data-running='2']")
        assert told.get_attribute("aria-label") == "2 running sessions: 2 of claude_code"
        assert "within the last 30 minutes" in (told.get_attribute("title") or "")
        assert "30 minutes" in (page.locator("[data-session] .runs").first.get_attribute("title") or "")
        for width, dark in ((1440, False), (900, False), (390, True)):
            look.resize(width, dark=dark)
            look.wait()
            assert look.violations() == []
            assert look.overflow() <= 0
            cut = page.eval_on_selector_all(
                "[data-session] .runs",
                "found => found.filter(one => one.getBoundingClientRect().right > one.closest('[role=gridcell]')"
                ".getBoundingClientRect().right || !one.getClientRects().length).length",
            )
            assert cut == 0, "the word can be read"
        look.resize(1440, dark=False)

        told.click()
        look.wait()
        assert page.locator("[data-session]").count() == 2
        listed = json.loads(server.request("GET", server.about["http"], "/api/v1/sessions?range=all")[1])["sessions"]
        runs = json.loads(server.request("GET", server.about["http"], "/api/v1/now")[1])["sessions"]
        assert {one["id"] for one in listed} == {one["session"] for one in runs}
        page.locator(f"[data-session='{runs[0]['session']}']").click()
        page.wait_for_selector("[data-runs=working]")
        assert "running" in page.locator("[data-runs]").inner_text()

        end(server, OTHER)
        end(server, ONE)
        page.wait_for_function("() => !document.querySelector('.runs')", polling=20, timeout=20_000)
        assert page.evaluate("window.same"), "the page was loaded anew"
        assert json.loads(server.request("GET", server.about["http"], "/api/v1/now")[1])["sessions"] == []


def test_a_session_that_is_only_quiet_stops_by_itself(look: Look, tmp_path_factory: pytest.TempPathFactory) -> None:
    """No record says that it is over: the page counts the minutes."""
    page = look.page
    with serve(tmp_path_factory.mktemp("quiet")) as server:
        assert server.post_otlp("logs", otlp_logs(["req_1"], session=ONE)) == 200
        server.wait_drained()
        look.open(server.about["http"], "#/overview")
        told = json.loads(server.request("GET", server.about["http"], "/api/v1/now")[1])
        (session,) = told["sessions"]
        old = datetime.now(UTC) - timedelta(minutes=29, seconds=56)
        answers = iter([{**told, "sessions": [{**session, "last_at": old.isoformat()}]}])
        nobody = {**told, "sessions": []}
        page.route("**/api/v1/now", lambda route: route.fulfill(json=next(answers, nobody)))
        page.reload()
        page.wait_for_selector(".top [data-running='1']")
        page.wait_for_function("() => !document.querySelector('[data-running]')", timeout=15_000)
