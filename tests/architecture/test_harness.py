"""The rules that every test runs under are in force."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT


def test_another_machine_is_out_of_reach():
    with socket.socket() as one, pytest.raises(AssertionError, match="another machine"):
        one.connect(("192.0.2.1", 80))
    with pytest.raises(AssertionError, match="another machine"):
        socket.create_connection(("example.org", 80), timeout=1)


def test_loopback_is_within_reach():
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
    assert socket.getaddrinfo("localhost", 80)


def test_a_warning_is_an_error():
    with pytest.raises(UserWarning):
        warnings.warn("look out", stacklevel=1)


def test_the_users_home_and_settings_are_hidden():
    assert "tachograph-test-home-" in os.environ["HOME"]
    assert list(Path.home().iterdir()) == [] or Path.home().name.startswith("tachograph-test-home-")
    assert not [name for name in os.environ if name.startswith(("OTEL_", "CLAUDE_", "TACHOGRAPH_"))]


async def test_an_async_test_runs():
    await asyncio.sleep(0)


def test_every_test_has_a_time_limit(request):
    assert float(request.config.getini("timeout")) > 0


@pytest.mark.parametrize("marker", ["long", "chdb", "browser", "ci"])
def test_markers_are_declared(request, marker):
    assert any(line.startswith(f"{marker}:") for line in request.config.getini("markers"))


def test_what_is_marked_runs_only_when_asked_for(tmp_path):
    """`pytest` runs what needs nothing; --ci what CI can do; --all everything; the second engine's run by name."""
    marked = {"test_a": "long", "test_b": "chdb", "test_d": "browser", "test_e": "ci"}
    tests = [f"@pytest.mark.{mark}\ndef {name}(): pass\n" for name, mark in marked.items()]
    code = "".join(["import pytest\n", *tests, "def test_c(): pass\n"])
    target = tmp_path / "test_selection.py"
    target.write_text(code)
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())

    def collected(*options: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--collect-only", "-c", ROOT / "pyproject.toml", *options, target],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=50,
            check=False,
        )
        return {line.rpartition("::")[2] for line in done.stdout.splitlines() if "::" in line}

    assert collected() == {"test_c"}
    assert collected("--ci") == {"test_c", "test_d", "test_e"}
    assert collected("--all") == {"test_a", "test_c", "test_d", "test_e"}
    assert collected("-m", "chdb") == {"test_b"}
