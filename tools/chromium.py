"""This machine's Chromium without a window: for the tests of the page, its measurements and its pictures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

__all__ = ["IS_STILL", "find_chromium", "opened_chromium"]

IS_STILL = """() => document.querySelector('[data-state=loading], [aria-busy=true]') === null
    && !document.body.innerText.includes('Loading…')"""
"""True in a page in which nothing loads any more."""


def find_chromium() -> str | None:
    """The program."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def opened_chromium(*flags: str) -> Iterator[Browser]:
    """A browser, closed in the end. Raises SystemExit where there is none."""
    program = find_chromium()
    if program is None:
        raise SystemExit("there is no Chromium on this machine (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", *flags])
        yield browser
        browser.close()
