"""One real Claude Code in a home folder of its own: print runs, interactive runs, `claude plugin`."""

from __future__ import annotations

import json
import os
import pty
import select
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["Client", "Key", "Ran"]

API_KEY = "sk-ant-fake-local-test"
_COMMAND = '---\ndescription: Say hello to someone\nargument-hint: [name]\n---\nGreet the person called "$ARGUMENTS".\n'
_SKILL = "---\nname: greet\ndescription: How to greet people here. Use when asked to greet.\n---\nGreet in Latin.\n"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a run ended."""

    status: int
    seconds: float
    session: str | None
    said: str


@dataclass(frozen=True, slots=True)
class Key:
    """What is typed, and when: `ready` says so, and the screen was at rest for so many seconds."""

    text: str
    ready: Callable[[], bool] = lambda: True
    settle_s: float = 1.0


@dataclass(slots=True)
class Client:
    """One version. `root` is its home; nothing outside is written."""

    version: str
    packages: Path
    root: Path
    model_url: str
    extra: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        shutil.rmtree(self.root, ignore_errors=True)
        for folder in (self.config, self.project, self.root / "bin"):
            folder.mkdir(parents=True)
        allowed = ["Bash", "Skill", "Task", "Agent", "Read", "SlashCommand"]
        self.settings.write_text(json.dumps({"permissions": {"allow": allowed}}, indent=4) + "\n")
        trust = {
            "hasTrustDialogAccepted": True,
            "hasCompletedProjectOnboarding": True,
            "allowedTools": [],
            "history": [],
        }
        known = {
            "hasCompletedOnboarding": True, "theme": "dark", "customApiKeyResponses": {"approved": [API_KEY[-20:]]},
            "projects": {str(self.project): trust}, "sonnet45MigrationComplete": True, "opus45MigrationComplete": True,
        }  # fmt: skip
        for place in (self.root / ".claude.json", self.config / ".claude.json"):
            place.write_text(json.dumps(known))
        (self.project / "a.txt").write_text("1\n")
        script = self.root / "bin" / "claude"
        script.write_text("#!/bin/sh\nexec " + " ".join(f"'{word}'" for word in self.binary) + ' "$@"\n')
        script.chmod(0o755)

    @property
    def config(self) -> Path:
        """Its configuration folder."""
        return self.root / ".claude"

    @property
    def settings(self) -> Path:
        """The user's settings."""
        return self.config / "settings.json"

    @property
    def project(self) -> Path:
        """Where it is started."""
        return self.root / "project"

    @property
    def data(self) -> Path:
        """The plugin's data folder."""
        return self.config / "plugins" / "data" / "metrics-tachograph"

    @property
    def has_plugins(self) -> bool:
        """False for Claude Code 1."""
        return not self.version.startswith("1.")

    @property
    def binary(self) -> list[str]:
        """The program and its first arguments."""
        modules = self.packages / f"claude-{self.version}" / "node_modules" / "@anthropic-ai"
        native = modules / "claude-code-linux-x64" / "claude"
        return [str(native)] if native.exists() else ["node", str(modules / "claude-code" / "cli.js")]

    @property
    def environment(self) -> dict[str, str]:
        """Everything it gets; nothing of the machine's own but PATH."""
        return {
            "HOME": str(self.root), "PATH": f"{self.root / 'bin'}:{os.environ['PATH']}", "LANG": "C.UTF-8",
            "TERM": "xterm-256color", "ANTHROPIC_API_KEY": API_KEY, "ANTHROPIC_BASE_URL": self.model_url,
            "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1", "SHELL": "/bin/sh", **self.extra,
        }  # fmt: skip

    def add_demo(self) -> None:
        """A plugin with a command and a skill; for Claude Code 1 a command of the user's."""
        if not self.has_plugins:
            folder = self.config / "commands" / "demo"
            folder.mkdir(parents=True)
            (folder / "hello.md").write_text(_COMMAND)
            return
        market = self.root / "lab"
        for place, text in (
            (".claude-plugin/marketplace.json", json.dumps(
                {"name": "lab", "owner": {"name": "lab"}, "plugins": [{"name": "demo", "source": "./demo"}]})),
            ("demo/.claude-plugin/plugin.json", json.dumps({"name": "demo", "version": "1.0.0"})),
            ("demo/commands/hello.md", _COMMAND), ("demo/skills/greet/SKILL.md", _SKILL),
        ):  # fmt: skip
            path = market / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.plugin("marketplace", "add", str(market))
        self.plugin("install", "demo@lab")

    def plugin(self, *words: str) -> str:
        """`claude plugin …`. Raises CalledProcessError."""
        done = self._call(["plugin", *words])
        if done.returncode:
            raise subprocess.CalledProcessError(done.returncode, words, done.stdout, done.stderr)
        return done.stdout.decode()

    def prompt(self, text: str) -> Ran:
        """`claude -p`, with its own account of the session."""
        began = time.monotonic()
        done = self._call(["-p", text, "--output-format", "json"])
        took = time.monotonic() - began
        said = _result(done.stdout)
        return Ran(done.returncode, took, said.get("session_id"), str(said.get("result", done.stdout[-200:])))

    def _call(self, words: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
        command = [*self.binary, *words]
        return subprocess.run(
            command, cwd=self.project, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=90
        )

    def interactive(self, keys: Sequence[Key], patience_s: float = 40.0) -> Ran:
        """A session in a terminal: each text is typed when it is ready, then Enter."""
        began = time.monotonic()
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.project)
            os.execvpe(self.binary[0], self.binary, self.environment)
        seen = bytearray()

        def read(seconds: float) -> bool:
            """Whatever comes in this time; whether anything came."""
            end, before = time.monotonic() + seconds, len(seen)
            while (left := end - time.monotonic()) > 0:
                if select.select([terminal], [], [], left)[0]:
                    try:
                        seen.extend(os.read(terminal, 65536))
                    except OSError:
                        break
            return len(seen) > before

        def rest(seconds: float) -> None:
            """Until the screen was at rest for so long: a loaded machine takes its time. Some screens never rest."""
            end = time.monotonic() + 2 + 3 * seconds
            while read(seconds) and time.monotonic() < end:
                pass

        rest(4.0)
        for key in keys:
            end = time.monotonic() + patience_s
            while not key.ready() and time.monotonic() < end:
                read(0.2)
            rest(key.settle_s)
            os.write(terminal, key.text.encode())
            rest(0.8)
            os.write(terminal, b"\r")
        end = time.monotonic() + patience_s
        status = -1
        while time.monotonic() < end:
            read(0.2)
            done, code = os.waitpid(pid, os.WNOHANG)
            if done:
                status = os.waitstatus_to_exitcode(code)
                break
        else:
            os.kill(pid, 9)
            os.waitpid(pid, 0)
        os.close(terminal)
        (self.root / "screen.txt").write_bytes(bytes(seen))
        return Ran(status, time.monotonic() - began, None, "")

    def transcripts(self) -> set[Path]:
        """All session files there are."""
        return {path for path in (self.config / "projects").glob("*/*.jsonl") if not path.name.startswith("agent-")}


def _result(printed: bytes) -> dict[str, Any]:
    for line in reversed(printed.splitlines()):
        try:
            said = json.loads(line)
        except ValueError:
            continue
        if isinstance(said, dict) and said.get("type") == "result":
            return said
    return {}
