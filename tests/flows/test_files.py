"""Everything in the home is its owner's alone, whatever the umask, while it runs and afterwards."""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.harness import otlp_logs, serve


@pytest.fixture
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def readable_by_others(home: Path) -> list[str]:
    return [
        str(path.relative_to(home))
        for path in (home, *home.rglob("*"))
        if not path.is_symlink() and stat.S_IMODE(path.stat().st_mode) & 0o077
    ]


@pytest.mark.usefixtures("open_umask")
def test_nobody_else_can_read_a_file(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with serve(home) as server:
        for _ in range(3):
            assert server.post_otlp("logs", otlp_logs([f"req_{uuid.uuid4().hex}"])) == 200
        server.wait_drained()
        assert {p.name for p in home.iterdir()} >= {"tachograph.duckdb", "server.json", "secret.key", "journal"}
        assert readable_by_others(home) == []
    assert readable_by_others(home) == []
