"""The kit's folder: `~/.claude-code-telemetry`, with the names that people and scripts know."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tachograph_sdk.errors import ConfigError

__all__ = ["DEFAULT_NAME", "KitFolder", "make_folder"]

DEFAULT_NAME: Final = ".claude-code-telemetry"
_LOG_NAME: Final = re.compile(r"session-.+\.log(?:\.gz|\.zst|\.zstd)?")


@dataclass(frozen=True, slots=True)
class KitFolder:
    """The places in one kit folder. Asking for one makes nothing."""

    root: Path

    @property
    def logs(self) -> Path:
        """Session logs: what was captured, with everything that was in it. For nobody but their owner."""
        return self.root / "logs"

    @property
    def data(self) -> Path:
        """Parsed sessions: only what passed the wall, made to be shared."""
        return self.root / "data"

    @property
    def environment(self) -> Path:
        """What a shell sources for a capture by hand."""
        return self.root / "env.sh"

    @property
    def wrapper(self) -> Path:
        """Runs Claude Code and records the session."""
        return self.root / "claude-with-telemetry.sh"

    @property
    def shell_lines(self) -> Path:
        """Lines for a shell's profile."""
        return self.root / "shell-integration.txt"

    @property
    def report(self) -> Path:
        """The last analysis."""
        return self.root / "latest-report.json"

    @property
    def parse_state(self) -> Path:
        """How far each log has been read."""
        return self.data / ".parse-state.json"

    @property
    def parse_lock(self) -> Path:
        """Held while logs are parsed."""
        return self.data / ".lock"

    @property
    def made(self) -> Path:
        """Hashes of the files that were made here, to tell them from files that a person changed."""
        return self.root / ".made.json"

    def session_logs(self) -> list[Path]:
        """The logs there are, by name; links are not followed.

        Raises:
            ConfigError: there is no folder of logs, or it cannot be looked into.
        """
        try:
            with os.scandir(self.logs) as entries:
                names = [e.name for e in entries if _LOG_NAME.fullmatch(e.name) and e.is_file(follow_symlinks=False)]
        except OSError as error:
            reason = "is not there" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
            hint = "make the folder with `tachograph files init`, or name another one with --dir"
            raise ConfigError(f"{self.logs} {reason}", hint=hint) from None
        return [self.logs / name for name in sorted(names)]


def make_folder(path: Path) -> None:
    """Make a folder that only its owner can look into, whatever the umask; one that is there is closed to others.

    Raises:
        ConfigError: it cannot be made.
    """
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(0o700)
    except OSError as error:
        reason = "there is a file of this name" if isinstance(error, FileExistsError) else error.strerror
        raise ConfigError(f"{path} cannot be made: {reason}", hint="name another folder with --dir") from None
