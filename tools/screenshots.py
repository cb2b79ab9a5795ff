"""Pictures of every tab on made-up data, for the documents: `.venv/bin/python -m tools.screenshots [TAB…]`.

Light and dark, 1440, 768 and 390 pixels wide, the whole page each, into `docs/images/`. Needs Chromium.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser

from tools.chromium import IS_STILL, opened_chromium

__all__ = ["TABS", "main"]

IMAGES = Path(__file__).parents[1] / "docs/images"
TABS = (
    "overview",
    "costs",
    "productivity",
    "efficiency",
    "tools",
    "sessions",
    "trends",
    "projects",
    "privacy",
    "setup",
)
WIDTHS = (1440, 768, 390)
QUALITY = 60  # of WebP: figures stay sharp, a page takes about 80 kB


def main(wanted: Sequence[str]) -> None:
    """Take the pictures; raises SystemExit where there is no Chromium."""
    IMAGES.mkdir(exist_ok=True)
    with opened_chromium() as browser, served_demo() as base:
        for dark in (False, True):
            for width in WIDTHS:
                take(browser, base, wanted or (*TABS, "session"), width=width, dark=dark)


def take(browser: Browser, base: str, tabs: Sequence[str], *, width: int, dark: bool) -> None:
    """The pictures of one width and one colour scheme."""
    scheme: Literal["dark", "light"] = "dark" if dark else "light"
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    page = context.new_page()
    camera = context.new_cdp_session(page)
    for tab in tabs:
        page.goto(f"{base}/{place_of(base, tab)}")
        page.wait_for_selector("main h1", state="attached")
        page.wait_for_timeout(700)
        page.wait_for_function(IS_STILL, timeout=30_000)
        page.wait_for_timeout(500)
        told: dict[str, Any] = camera.send(
            "Page.captureScreenshot", {"format": "webp", "quality": QUALITY, "captureBeyondViewport": True}
        )
        (IMAGES / f"{tab}-{width}-{scheme}.webp").write_bytes(base64.b64decode(told["data"]))
    context.close()


def place_of(base: str, tab: str) -> str:
    """The address of a tab; of a session, that of the one that cost most in the last week."""
    if tab != "session":
        return f"#/{tab}?range=30d"
    with urllib.request.urlopen(f"{base}/api/v1/sessions?range=7d&order=-cost_usd&limit=1", timeout=30) as answer:
        return f"#/sessions/{json.load(answer)['sessions'][0]['id']}?range=30d"


@contextmanager
def served_demo() -> Iterator[str]:
    """The address of a server with made-up data."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        run = [sys.executable, "-m", "tachograph", "--home", home]
        with subprocess.Popen(
            [*run, "demo", "--port", "0", "--json"], stdout=subprocess.PIPE, text=True, cwd=home
        ) as server:
            assert server.stdout is not None
            try:
                yield next(json.loads(line)["http"] for line in server.stdout if '"http"' in line)
            finally:
                server.terminate()
                server.wait(timeout=20)


if __name__ == "__main__":
    main(sys.argv[1:])
