"""This machine's Chromium without a window: for the tests of the page, its measurements and its pictures."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

__all__ = ["IS_STILL", "REFRESH", "find_chromium", "opened_chromium", "play"]

IS_STILL = """() => document.querySelector('[data-state=loading], [aria-busy=true]') === null
    && !document.body.innerText.includes('Loading…')"""
"""True in a page in which nothing loads any more."""

REFRESH = "[...document.querySelectorAll('button')].find(one => one.textContent === 'Refresh all figures').click();"
"""Asks for all figures again, where the popover of the figures' age is open."""


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


def play(page: Page, again: str, rounds: int) -> None:
    """The same steps again and again, all within the page: what is held of it from outside would be counted as its own.

    Args:
        page: on the dashboard.
        again: what a round does, as JavaScript; `still(true)` waits for charts, `still(false)` until there are none.
        rounds: how many.
    """
    page.evaluate(
        f"""async rounds => {{
            const isStill = {IS_STILL};
            const still = async drawn => {{
                await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
                const end = performance.now() + 30_000;
                while (!isStill() || (document.querySelector('main canvas') !== null) !== drawn) {{
                    if (performance.now() > end) throw new Error('the page goes on loading');
                    await new Promise(done => setTimeout(done, 20));
                }}
            }};
            for (let round = 0; round < rounds; round += 1) {{ {again} }}
        }}""",
        rounds,
    )
