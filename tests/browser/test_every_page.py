"""Every tab on every home, wide and narrow, light and dark: nothing to complain about, and everybody can use it."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from tests.browser.conftest import HOMES
from tests.browser.looking import NARROW, TABS, WIDE, Look
from tests.flows.harness import Running

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

LOOKS = [(WIDE, False), (NARROW, True)]
SMALLEST = 360  # pixels: the smallest a telephone has
ALL_LOOKS = [(width, dark) for width in (SMALLEST, NARROW, 768, WIDE, 3840) for dark in (False, True)]


@pytest.mark.parametrize(("width", "dark"), LOOKS)
@pytest.mark.parametrize("server", HOMES, indirect=True)
def test_every_tab_is_whole(server: Running, look: Look, width: int, dark: bool) -> None:
    see_every_tab(server, look, width, dark)


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("width", "dark"), ALL_LOOKS)
@pytest.mark.parametrize("server", HOMES, indirect=True)
def test_every_tab_is_whole_at_every_width(server: Running, look: Look, width: int, dark: bool) -> None:
    see_every_tab(server, look, width, dark)


def see_every_tab(server: Running, look: Look, width: int, dark: bool) -> None:
    base = server.about["http"]
    look.resize(width, dark=dark)
    look.open(base, "")
    for tab in TABS:
        look.page.evaluate(f"location.hash = '#/{tab}?range=all'")
        look.wait()
        where = f"{tab} at {width}"
        assert look.page.locator("nav [aria-current]").inner_text() != "", where
        assert set(look.states().values()) <= {"ready", "empty"}, (where, look.states())
        assert look.overflow() <= 0, where
        assert look.violations() == [], where
        assert look.complaints == [], where
        if server.home.name == "demo":
            assert "Made-up data" in look.page.inner_text("body"), where
    assert look.hosts == {urlsplit(base).netloc}
