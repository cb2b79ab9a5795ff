"""What holds for every test: no network, nobody's home, the same warnings and limits everywhere."""

from __future__ import annotations

import ipaddress
import os
import socket
import tempfile
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("tachograph", deadline=None, database=None, print_blob=True)
settings.load_profile("tachograph")

SECOND_RUN = {"chdb"}  # has an environment of its own, so that it is asked for by name: pytest -m chdb
IN_CI = {"browser", "ci"}  # with --ci and with --all
ASKED_FOR = {"long"}  # with --all only


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--ci", action="store_true", help="also the tests marked browser and ci")
    parser.addoption("--all", action="store_true", help="also the tests marked long, browser and ci")


def pytest_configure(config: pytest.Config) -> None:
    """Hide the real home, and whatever the caller's shell says about agents and telemetry."""
    home = tempfile.TemporaryDirectory(prefix="tachograph-test-home-", ignore_cleanup_errors=True)
    config.add_cleanup(home.cleanup)
    for name in list(os.environ):
        if name.startswith(("TACHOGRAPH_", "CLAUDE_", "ANTHROPIC_", "OTEL_", "XDG_", "CODEX_", "GEMINI_", "QWEN_")):
            del os.environ[name]
    os.environ["HOME"] = home.name
    os.environ.pop("DO_NOT_TRACK", None)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    chosen = config.getoption("-m")
    left_to_others = (
        set() if config.getoption("--all") else ASKED_FOR if config.getoption("--ci") else ASKED_FOR | IN_CI
    )
    kept: list[pytest.Item] = []
    left_out: list[pytest.Item] = []
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        # Whoever names a marker, or a single test by its id, means it.
        by_name = any("::" in argument for argument in config.args)
        wanted = bool(chosen) or (not marks & SECOND_RUN and (by_name or not marks & left_to_others))
        (kept if wanted else left_out).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def _is_loopback(host: object) -> bool:
    if host in ("localhost", "", None):
        return True
    try:
        address = ipaddress.ip_address(str(host).split("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that reaches for another machine fails, instead of passing here and failing there."""
    connect, look_up = socket.socket.connect, socket.getaddrinfo

    def connect_nearby(self: socket.socket, address: object) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(address[0]):  # type: ignore[index]
            raise AssertionError("a test reached for another machine")
        connect(self, address)  # type: ignore[arg-type]

    def look_up_nearby(host: object, *args: object, **named: object) -> object:
        if not _is_loopback(host.decode() if isinstance(host, bytes) else host):
            raise AssertionError("a test looked up another machine")
        return look_up(host, *args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(socket.socket, "connect", connect_nearby)
    monkeypatch.setattr(socket, "getaddrinfo", look_up_nearby)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty, private installation folder."""
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder
