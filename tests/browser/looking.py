"""Opens the dashboard as a person does, and remembers everything that went wrong while it was looked at."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response
from playwright.sync_api import TimeoutError as TookTooLong

from tools.chromium import IS_STILL
from tools.screenshots import TABS

__all__ = ["NARROW", "TABS", "WIDE", "Look"]

WIDE, NARROW = 1440, 390

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


class Look:
    """One window. `complaints` are errors and warnings of the console, faults of scripts, and requests that failed."""

    def __init__(self, browser: Browser) -> None:
        self._context = browser.new_context(
            viewport={"width": WIDE, "height": 900}, color_scheme="light", reduced_motion="reduce", locale="en-US"
        )
        self.complaints: list[str] = []
        self.hosts: set[str] = set()
        self.page = self._context.new_page()
        self._watch(self.page)

    def close(self) -> None:
        """Close the window."""
        self._context.close()

    def resize(self, width: int, *, dark: bool) -> None:
        """Another width, another colour scheme."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")

    def open(self, base: str, place: str) -> None:
        """Go to a place such as `#/costs?range=all`, and wait until all of it is there."""
        self.page.goto(f"{base}/{place}")
        self.wait()

    def wait(self) -> None:
        """Wait until nothing loads any more; what was just changed is drawn, and asked for, one frame later."""
        self.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        self.page.wait_for_selector("main h1, main h2, main [data-panel]", state="attached", timeout=20_000)
        try:
            self.page.wait_for_function(IS_STILL, timeout=20_000)
        except TookTooLong as error:
            raise AssertionError(f"still loading: {self.page.url} {self.states()} {self.complaints}") from error

    def states(self) -> dict[str, str]:
        """The state of each panel."""
        found: dict[str, str] = self.page.evaluate(
            "Object.fromEntries([...document.querySelectorAll('[data-panel]')].map(p => [p.dataset.panel, p.dataset.state]))"
        )
        return found

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        wider: int = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        return wider

    def violations(self) -> list[str]:
        """What axe holds against the page, of serious and critical impact."""
        self.page.evaluate(AXE.read_text("utf-8"))
        options = json.dumps({"runOnly": RULES, "resultTypes": ["violations"]})
        found: list[dict[str, Any]] = self.page.evaluate(f"axe.run(document, {options}).then(told => told.violations)")
        return [
            f"{one['id']}: {one['help']}: {one['nodes'][0]['target']} {one['nodes'][0].get('failureSummary', '')}"
            for one in found
            if one["impact"] in {"serious", "critical"}
        ]

    def _watch(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"fault: {error.stack}"))
        page.on("requestfailed", self._failed)
        page.on("request", self._asked)
        page.on("response", self._answered)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.type}: {message.text}")

    def _failed(self, request: Request) -> None:
        # What the page itself gave up, because something newer was asked for, has not failed.
        if request.failure != "net::ERR_ABORTED":
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.hosts.add(urlsplit(request.url).netloc)

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")
