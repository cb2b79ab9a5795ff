"""The user's own `claude` command: where it is, which version, and its `plugin` commands."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tachograph_sdk.errors import TachographError

__all__ = ["ClaudeProgram", "ProgramFailed", "command_line", "find_program"]

PATIENCE_S = 120.0
FIRST_WITH_PLUGINS = (2, 0, 12)  # before, `claude plugin …` is a prompt
FIRST_THAT_NAMES_SCRIPTS = (2, 1)  # puts ${CLAUDE_PLUGIN_ROOT} into `allowed-tools` too; 2.0.76 does not, 2.1.72 does
_ELSEWHERE = (".claude/local/claude", ".local/bin/claude")  # where installers put it without telling PATH


class ProgramFailed(TachographError):
    """`claude` did not do what it was asked for."""

    code = "claude_failed"


@dataclass(frozen=True, slots=True)
class ClaudeProgram:
    """One `claude` that answered."""

    path: str
    version: str  # as it says itself, e.g. "2.1.328"

    @property
    def has_plugins(self) -> bool:
        """Whether it has `claude plugin install`; older ones take hooks from the settings only."""
        return self._numbers >= FIRST_WITH_PLUGINS

    @property
    def names_allowed_scripts(self) -> bool:
        """Whether a plugin's commands may be allowed its own scripts by `${CLAUDE_PLUGIN_ROOT}`."""
        return self._numbers >= FIRST_THAT_NAMES_SCRIPTS

    @property
    def _numbers(self) -> tuple[int, ...]:
        return tuple(int(part) for part in re.findall(r"\d+", self.version)[:3])

    def run(self, *words: str) -> str:
        """Run `claude plugin …`; what it printed.

        Raises:
            ProgramFailed: it ended with a failure, or did not end in time.
        """
        code, said = _call([self.path, "plugin", *words])
        if code:
            last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "no reason given")
            raise ProgramFailed(f"`{command_line(words)}` failed: {last[:300]}", hint="nothing was changed")
        return said


def command_line(words: Sequence[str]) -> str:
    """A command as it is shown before it is run."""
    return " ".join(("claude", "plugin", *words))


def find_program(given: str | None = None) -> ClaudeProgram | None:
    """The `claude` that was named, else the one on PATH, else one where installers put it. None where none answers."""
    for name in [given] if given else ["claude", *(str(Path.home() / tail) for tail in _ELSEWHERE)]:
        path = shutil.which(name)
        if path is None:
            continue
        code, said = _call([path, "--version"])
        if code == 0 and (match := re.match(r"\s*(\d+\.\d+\.\d+)", said)):
            return ClaudeProgram(path, match.group(1))
    return None


def _call(command: Sequence[str]) -> tuple[int, str]:
    """Exit status and everything printed; a program that cannot be started or does not end has status 127."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, "it did not end in time" if isinstance(error, subprocess.TimeoutExpired) else "it cannot be started"
    return done.returncode, done.stdout.decode("utf-8", "replace")
