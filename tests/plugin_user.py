"""A person with a Claude Code: folders, a stand-in for `claude` on PATH, and our command run as they would run it."""

from __future__ import annotations

import io
import json
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tachograph.cli.app import run

FAKE = Path(__file__).parent / "plugin_fake_claude.py"


@dataclass
class Ran:
    status: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        said: dict[str, Any] = json.loads(self.out)
        return said


class User:
    """`claude`: the version that answers, None where there is none."""

    def __init__(
        self, root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], claude: str | None
    ) -> None:
        self.root, self._patch, self._capsys = root, monkeypatch, capsys
        self.config, self.home, self.project = root / "claude config", root / "tachograph", root / "project"
        self.bin, self.log = root / "bin", root / "calls"
        for folder in (self.config, self.project, self.bin):
            folder.mkdir(parents=True)
        for name, value in (
            ("HOME", root), ("CLAUDE_CONFIG_DIR", self.config), ("TACHOGRAPH_HOME", self.home),
            ("FAKE_CLAUDE_LOG", self.log), ("PATH", f"{self.bin}:/usr/bin:/bin"),
        ):  # fmt: skip
            monkeypatch.setenv(name, str(value))
        monkeypatch.chdir(self.project)
        self.use(claude)

    def use(self, version: str | None) -> None:
        """Another `claude` from now on."""
        script = self.bin / "claude"
        script.unlink(missing_ok=True)
        if version is not None:
            words = shlex.join([sys.executable, "-I", "-S", str(FAKE), version])
            script.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
            script.chmod(0o755)

    @property
    def settings(self) -> Path:
        return self.config / "settings.json"

    @property
    def data(self) -> Path:
        return self.config / "plugins" / "data" / "metrics-tachograph"

    @property
    def keys(self) -> dict[str, str]:
        path = self.home / "hook_keys.json"
        known: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
        return known

    @property
    def calls(self) -> list[str]:
        """What `claude` was asked for, but for its version."""
        lines = self.log.read_text().splitlines() if self.log.exists() else []
        return [line for line in lines if line != "--version"]

    def plugin(self, *words: str, answers: str = "") -> Ran:
        """`tachograph plugin …` with these lines typed."""
        return self.run("plugin", *words, answers=answers)

    def run(self, *words: str, answers: str = "") -> Ran:
        """`tachograph …` with these lines typed."""
        self._patch.setattr(sys, "stdin", io.StringIO(answers))
        self._capsys.readouterr()
        status = run(list(words))
        out, err = self._capsys.readouterr()
        return Ran(status, out, err)

    def everything(self) -> dict[str, bytes]:
        """All files there are, but for what `claude` itself or an empty home leaves."""
        return {
            str(path.relative_to(self.root)): path.read_bytes()
            for path in sorted(self.root.rglob("*"))
            if path.is_file() and path != self.log and not path.is_relative_to(self.home)
        }
