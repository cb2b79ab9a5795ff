"""How soon the dashboard is there, how much of it is loaded, how smoothly it scrolls, and whether an open tab grows.

    ./dev bench page [--runs 15] [--refreshes 1440] [--quick]

In headless Chromium on loopback, a new profile for each load. Beside it, in the same browser and in turn: a page of
one line that loads nothing, which is the floor of any page. Sessions: 10,000 of them, made up, scrolled from first to last.
An open tab: as many refreshes as a day of one a minute has, each as when something came in; in a browser that compiles
nothing, since what it compiles is counted in its heap, and measured after collecting garbage.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from bench.record import record
from tools.chromium import IS_STILL, REFRESH, opened_chromium, play

SESSIONS = 10_000
WANTED_PAINT_MS, WANTED_SCRIPT_KB = 1000, 300
FLOOR = b"<!doctype html><html lang=en><title>floor</title><p>One line."
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
LONG_TASKS = """() => { window.long = []; new PerformanceObserver(list => window.long.push(
    ...list.getEntries().map(entry => entry.duration))).observe({type: 'longtask'}); }"""
FRAMES = """() => { window.frames_ = []; let last = performance.now();
    const next = now => { window.frames_.push(now - last); last = now; requestAnimationFrame(next); };
    requestAnimationFrame(next); }"""


def main() -> None:
    """Measure, print, record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--refreshes", type=int, default=1440, help="of the tab that is kept open")
    parser.add_argument("--quick", action="store_true", help="3 loads, 100 refreshes; nothing is recorded")
    options = parser.parse_args()
    runs, refreshes = (3, 100) if options.quick else (options.runs, options.refreshes)
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder,
        served(Path(folder)) as addresses,
        floor() as plain,
    ):
        base = addresses["http"]
        paints: dict[str, list[float]] = {"first paint, a page of one line": [], "first paint, the dashboard": []}
        drawn: list[float] = []
        scripts = 0
        with opened_chromium() as browser:
            for _ in range(runs):
                paints["first paint, a page of one line"].append(first_paint(browser, plain)[0])
                paint, whole, scripts = first_paint(browser, f"{base}/#/overview?range=30d")
                paints["first paint, the dashboard"].append(paint)
                drawn.append(whole)
            late = live(browser, base, addresses["otlp_http"], runs)
            scroll = scrolled(browser, base)
        with opened_chromium("--js-flags=--jitless") as browser:
            early, end = kept_open(browser, base, refreshes)
    rows = [(name, f"{statistics.median(values):.0f}", f"{max(values):.0f}") for name, values in paints.items()]
    rows.append(("the dashboard, every panel drawn", f"{statistics.median(drawn):.0f}", f"{max(drawn):.0f}"))
    rows.append(("a record that was sent, shown live", f"{statistics.median(late):.0f}", f"{max(late):.0f}"))
    ratio = statistics.median(paints["first paint, the dashboard"]) / statistics.median(
        paints["first paint, a page of one line"]
    )
    notes = [
        f"first paint {ratio:.1f} x that of a page of one line, in the same browser; wanted: under {WANTED_PAINT_MS} ms",
        f"JavaScript of the first load, charts included: {scripts / 1000:.0f} kB compressed; wanted: {WANTED_SCRIPT_KB}",
        f"10,000 sessions from first to last: {scroll['rows']} rows in the page at most",
        f"frames of {scroll['median_ms']:.0f} ms (median) and {scroll['p95_ms']:.0f} ms (p95) while scrolling",
        f"{scroll['long_tasks']} tasks over 50 ms in {scroll['frames']} frames",
        f"an open tab after {refreshes // 4} refreshes: {kept(early)}; after {refreshes}: {kept(end)}",
        f"load of the machine {os.getloadavg()[0]:.1f}",
    ]
    print(*(" | ".join(row) for row in rows), *notes, sep="\n")
    if not options.quick:
        record("page", ("ms until", "median", "slowest"), rows, notes)


@contextlib.contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """A server on 10,000 made-up sessions of the last month; its addresses."""
    run = [sys.executable, "-m", "tachograph", "--home", str(folder / "home")]
    quiet = {**os.environ, "CLAUDE_CONFIG_DIR": str(folder / "none"), "HOME": str(folder)}
    ports = ("--port", "0", "--otlp-http-port", "0", "--otlp-grpc-port", "0", "--no-watch")
    with subprocess.Popen([*run, "serve", "--json", *ports], stdout=subprocess.PIPE, text=True, env=quiet) as server:
        assert server.stdout is not None
        try:
            addresses = json.loads(server.stdout.readline())
            for start in range(0, SESSIONS, 100):
                send(
                    f"{addresses['otlp_http']}/v1/logs",
                    [line for n in range(start, start + 100) for line in session(n)],
                )
            while asked(f"{addresses['http']}/api/v1/sessions?range=all&limit=1")["total"] < SESSIONS:
                time.sleep(0.2)
            yield addresses
        finally:
            server.terminate()
            server.wait(timeout=20)


def session(number: int) -> Iterator[dict[str, Any]]:
    """The log records of one made-up session: a prompt, three requests, two tools."""
    began_ns = time.time_ns() - max(SESSIONS - number, 1) * 30 * 86_400 * 10**9 // SESSIONS
    kinds: list[tuple[str, dict[str, Any]]] = [("user_prompt", {"prompt_length": 40})]
    for request in range(3):
        used = {"input_tokens": 40, "output_tokens": 300 + number % 700, "cache_read_tokens": 20_000}
        model = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5")[number % 3]
        kinds.append(
            ("api_request", {"model": model, "request_id": f"req_{number}_{request}", "duration_ms": 900, **used})
        )
    for call in range(2):
        worked = "false" if (number + call) % 9 == 0 else "true"
        kinds.append(("tool_result", {"tool_name": "Bash", "tool_use_id": f"t_{number}_{call}", "success": worked}))
    for place, (name, told) in enumerate(kinds):
        attributes = {"session.id": f"00000000-0000-4000-8000-{number:012}", "event.name": name, **told}
        yield {
            "timeUnixNano": str(began_ns + place * 20 * 10**9),
            "body": {"stringValue": f"claude_code.{name}"},
            "attributes": [
                {"key": key, "value": {"stringValue": value} if isinstance(value, str) else {"intValue": value}}
                for key, value in attributes.items()
            ],
        }


def send(url: str, records: list[dict[str, Any]]) -> None:
    """One OTLP/JSON request of Claude Code's."""
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "claude-code"}}]}
    scopes = [{"scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": records}]
    body = json.dumps({"resourceLogs": [{"resource": resource, "scopeLogs": scopes}]}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 200


def asked(url: str) -> Any:
    """An answer of the API."""
    with urllib.request.urlopen(url, timeout=60) as answer:
        return json.load(answer)


@contextlib.contextmanager
def floor() -> Iterator[str]:
    """The address of a page of one line."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(FLOOR)))
            self.end_headers()
            self.wfile.write(FLOOR)

        def log_message(self, *args: Any) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def first_paint(browser: Browser, url: str) -> tuple[float, float, int]:
    """First contentful paint and last panel drawn, in ms since navigation, and bytes of scripts on the wire."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        sizes: list[int] = []
        page.on("response", lambda answer: sizes.append(packed(answer.url, answer.headers)))
        page.goto(url)
        page.wait_for_function(f"() => {PAINT} !== undefined")
        if "#" in url:
            wait(page)
            page.wait_for_timeout(300)  # the charts' own part comes after the figures
        whole = page.evaluate("Math.max(...performance.getEntriesByType('resource').map(entry => entry.responseEnd))")
        return page.evaluate(PAINT), whole if "#" in url else 0.0, sum(sizes)


def packed(url: str, headers: dict[str, str]) -> int:
    """Bytes of a script on the wire."""
    return int(headers.get("content-length", 0)) if url.endswith(".js") else 0


def wait(page: Page) -> None:
    """Until nothing loads any more."""
    page.wait_for_selector("[data-panel]", state="attached", timeout=60_000)
    page.wait_for_function(IS_STILL, timeout=60_000)


def live(browser: Browser, base: str, otlp: str, runs: int) -> list[float]:
    """How long after a record was sent the open page shows it, in ms."""
    found = []
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{base}/#/overview?range=24h")
        wait(page)
        page.locator("[data-live=true]").wait_for()
        figure = "[data-panel='overview/Sessions'] data[data-metric=sessions]"
        for run in range(runs):
            page.wait_for_timeout(1500)
            before = page.evaluate(f'document.querySelector("{figure}").value')
            sent = time.perf_counter()
            send(f"{otlp}/v1/logs", list(session(SESSIONS + run)))
            page.wait_for_function(
                f'before => document.querySelector("{figure}").value !== before', arg=before, polling=10
            )
            found.append((time.perf_counter() - sent) * 1000)
    return found


def scrolled(browser: Browser, base: str) -> dict[str, float]:
    """Scroll the table of sessions from first to last, a screen at a time, and watch frames and rows."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{base}/#/sessions?range=all")
        page.wait_for_selector("[role=row] a", timeout=60_000)
        page.wait_for_timeout(500)
        page.evaluate(LONG_TASKS)
        page.evaluate(FRAMES)
        most = 0
        table = page.locator("[role=row] a").first
        table.hover()
        for _ in range(400):
            page.mouse.wheel(0, 1200)
            page.wait_for_timeout(30)
            most = max(most, page.locator("[role=row]").count())
        frames = sorted(page.evaluate("window.frames_"))
        return {
            "rows": most,
            "median_ms": statistics.median(frames),
            "p95_ms": frames[int(len(frames) * 0.95)],
            "frames": len(frames),
            "long_tasks": len(page.evaluate("window.long")),
        }


def kept_open(browser: Browser, base: str, refreshes: int) -> tuple[dict[str, int], dict[str, int]]:
    """What a page keeps after a quarter of the refreshes and after all of them."""
    with browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.goto(f"{base}/#/overview?range=24h")
        wait(page)
        page.locator("[data-live]").click()
        session = context.new_cdp_session(page)
        session.send("Performance.enable")
        found = []
        for part in (refreshes // 4, refreshes - refreshes // 4):
            play(page, f"{REFRESH} await still(true);", part)
            page.wait_for_timeout(1000)
            session.send("HeapProfiler.collectGarbage")
            told = session.send("Performance.getMetrics")["metrics"]
            found.append({one["name"]: int(one["value"]) for one in told})
        return found[0], found[1]


def kept(told: dict[str, int]) -> str:
    """What the browser says that a page keeps."""
    nodes, listeners = told["Nodes"], told["JSEventListeners"]
    return f"{told['JSHeapUsedSize'] / 1e6:.2f} MB of JavaScript, {nodes} nodes, {listeners} listeners"


if __name__ == "__main__":
    main()
