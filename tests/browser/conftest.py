"""A real browser, and servers on three homes: made-up months, recorded sessions of all agents, nothing at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.looking import Look
from tests.captures import CAPTURES, frames
from tests.flows.harness import Running, command, serve
from tests.recorded import GOLDEN
from tools.chromium import find_chromium, opened_chromium

HOMES = ("demo", "captures", "empty")


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if find_chromium() is None:
        assert not os.environ.get("CI"), "CI has to install Chromium"
        pytest.skip("there is no Chromium on this machine")
    with opened_chromium() as made:
        yield made


@pytest.fixture
def look(browser: Browser) -> Iterator[Look]:
    """Opens pages, and knows afterwards what they complained about."""
    looking = Look(browser)
    yield looking
    looking.close()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    home = tmp_path_factory.mktemp("demo")
    command("demo", "--no-serve", home=home)
    with serve(home / "demo") as server:
        yield server


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with serve(tmp_path_factory.mktemp("empty")) as server:
        yield server


@pytest.fixture(scope="session")
def captures(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Histories of all agents, and what Claude Code sent by OpenTelemetry."""
    home = tmp_path_factory.mktemp("captures")
    for folder in histories():
        command("import", str(folder), home=home)
    with serve(home) as server:
        for capture in CAPTURES:
            for sent in frames(capture, "protobuf"):
                signal = sent.kind.name.partition("_")[0].lower()
                assert server.post_otlp(signal, sent.body, content_type="application/x-protobuf") == 200
        server.wait_drained()
        yield server


def histories() -> list[Path]:
    """The folders of recorded histories, an agent each."""
    return sorted(path for path in GOLDEN.iterdir() if path.is_dir())


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Running:
    """The server on the home that a test's parameter names."""
    running: Running = request.getfixturevalue(request.param)
    return running
