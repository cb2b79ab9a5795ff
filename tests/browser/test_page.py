"""The first page as a person sees it: real browser, made-up month, light and dark, wide and narrow."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tachograph.home import Home
from tachograph.wiring.presets import open_permissions
from tachograph_sdk.model.consent import ConsentPurpose, How
from tests.browser.chromium import Browser, chromium, find_chromium
from tests.flows.harness import Running, command, serve

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("demo")
    command("demo", "--no-serve", home=home)
    with serve(home / "demo") as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        assert not os.environ.get("CI"), "CI has to install Chromium"
        pytest.skip("there is no Chromium on this machine")
    with chromium(program) as made:
        yield made


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("range_name", ["24h", "7d", "30d", "90d", "all"])
def test_the_page_fits_and_has_nothing_to_complain_about(
    demo: Running, browser: Browser, tmp_path: Path, width: int, dark: bool, range_name: str
) -> None:
    browser.show(f"{demo.about['http']}/?range={range_name}", width=width, dark=dark)
    assert browser.complaints() == []
    assert {urlsplit(a).netloc for a in browser.addresses() if not a.startswith("data:")} == {
        urlsplit(demo.about["http"]).netloc
    }
    assert browser.value("document.documentElement.scrollWidth") <= width
    assert browser.value("document.querySelector('[aria-current]').textContent") == range_name
    assert "Made-up data" in browser.value("document.body.innerText")
    ground, ink = browser.value(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert (brightness(ground) < brightness(ink)) is dark
    browser.picture(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 10_000


def test_the_numbers_of_the_page_are_those_of_the_api(demo: Running, browser: Browser) -> None:
    browser.show(f"{demo.about['http']}/?range=all", width=1280, dark=False)
    totals = demo.totals()
    text = browser.value("document.querySelector('.cards').innerText")
    assert f"{totals['requests']:,} requests" in text
    assert f"{totals['prompts']:,} prompts" in text
    assert f"${totals['cost_microusd'] / 1e6:,.2f}" in text
    days = browser.value("[...document.querySelectorAll('section')][0].innerText.split('\\n').length")
    assert days > 20
    assert demo.about["otlp_http"] in browser.value("document.querySelector('pre').innerText")


@pytest.mark.parametrize("width", [1280, 390])
def test_long_names_of_models_do_not_push_costs_out_of_sight(demo: Running, browser: Browser, width: int) -> None:
    browser.show(f"{demo.about['http']}/?range=all", width=width, dark=False)
    browser.value(
        "document.querySelectorAll('tbody tr').forEach(row => {"
        " if (!/^2\\d/.test(row.cells[0].textContent)) row.cells[0].textContent = 'claude-sonnet-4-5-20250929';"
        " row.cells[3].innerHTML = '$1,234.56 <small>(99.1 %, 1,234 unpriced)</small>'; })"
    )
    pushed = browser.value("[...document.querySelectorAll('.scroll')].map(box => box.scrollWidth - box.clientWidth)")
    assert pushed == [0, 0]


def test_a_link_of_the_page_can_be_followed_by_keyboard(demo: Running, browser: Browser) -> None:
    browser.show(f"{demo.about['http']}/", width=1280, dark=False)
    for kind in ("rawKeyDown", "keyUp"):
        browser.call("Input.dispatchKeyEvent", type=kind, key="Tab", code="Tab", windowsVirtualKeyCode=9)
    assert browser.value("document.activeElement.textContent") == "24h"


def brightness(color: str) -> int:
    """Of rgb(r, g, b)."""
    return sum(int(x) for x in color[4:-1].split(",")[:3])


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("recording")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("DO_NOT_TRACK", "CI", "GITHUB_ACTIONS"):
            patch.delenv(name, raising=False)
        assert open_permissions(Home(home)).grant([ConsentPurpose.CONTENT_RECORDING], how=How.CODE).granted
        command("privacy", "policy", "content", "--yes", home=home)
        command("privacy", "identity", "clear", home=home)
        with serve(home) as server:
            yield server


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_what_is_recorded_and_allowed_is_told_with_the_commands_that_end_it(
    recording: Running, browser: Browser, width: int, dark: bool
) -> None:
    browser.show(recording.about["http"], width=width, dark=dark)
    assert browser.complaints() == []
    assert browser.value("document.documentElement.scrollWidth") <= width
    commands = browser.value("[...document.querySelectorAll('.banner code')].map(code => code.textContent)")
    assert commands == ["tachograph privacy policy standard", "tachograph privacy identity pseudonym"]
    text = browser.value("document.body.innerText")
    assert "`" not in text
    assert "allowed on 20" in text
    assert "not asked, so not allowed" in text
    assert "tachograph privacy consent withdraw" in text
    ground, ink = browser.value(
        "(s => [s.backgroundColor, s.color])(getComputedStyle(document.querySelector('.banner')))"
    )
    assert abs(brightness(ground) - brightness(ink)) > 300, "a notice has to be read"
