"""The files that a shell reads: for any POSIX shell, nothing of one system only."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Final

from tachograph.file_kit.environment import TEXTS
from tachograph.file_kit.folder import KitFolder
from tachograph.file_kit.labels import Labels

__all__ = ["environment_script", "shell_lines", "wrapper_script"]

_ENVIRONMENT: Final = """\
# Claude Code prints its telemetry: for a capture by hand. Made by `tachograph files init`.
#
#   . {here}
#   claude -p "…" 2>&1 | tee {logs}/session-$(date +%Y%m%d-%H%M%S).log
#
# This works with `claude -p`, and there with plain output: with --output-format json new versions print no telemetry.
# An interactive session cannot be captured so: with a pipe behind it Claude Code is not interactive any more, and without
# one the records are printed over its screen. {wrapper} records both kinds.

export CLAUDE_CODE_ENABLE_TELEMETRY=1
export OTEL_METRICS_EXPORTER=console
export OTEL_LOGS_EXPORTER=console
export OTEL_METRIC_EXPORT_INTERVAL=60000
export OTEL_LOGS_EXPORT_INTERVAL=5000
export OTEL_METRICS_INCLUDE_SESSION_ID=true
export OTEL_METRICS_INCLUDE_ACCOUNT_UUID=true

# The text of prompts and tools stays out of the log: nothing here reads it. Not "=0": Claude Code 1 takes any value for yes.
unset {texts}

# Team and project, as they are named in what you share. `tachograph files init --team … --project …` sets them.
{labels}
"""

_WRAPPER: Final = """\
#!/bin/sh
# Runs Claude Code and records its telemetry into a log of its own below
# {logs}
# Arguments, terminal, signals and exit status are those of Claude Code. Made by `tachograph files init`.

kit={kit}
tachograph={tachograph}
[ -x "$tachograph" ] || tachograph=$(command -v tachograph) || tachograph=
if [ -z "$tachograph" ]; then
    echo "claude-with-telemetry: tachograph is not found, so this session is not recorded" >&2
    exec "${{CLAUDE_COMMAND:-claude}}" "$@"
fi
exec "$tachograph" files run --dir "$kit" -- "${{CLAUDE_COMMAND:-claude}}" "$@"
"""

_SHELL: Final = """\
# Add this line to ~/.zshrc or ~/.bashrc, and open a new shell. `claude-telemetry` is then `claude`, recorded.
alias claude-telemetry={wrapper}
"""


def environment_script(folder: KitFolder, labels: Labels) -> str:
    """`env.sh`: the console exporters, and no text of prompts."""
    parts = [f"{key}={value}" for key, value in (("team", labels.team), ("project", labels.project)) if value]
    line = f"export OTEL_RESOURCE_ATTRIBUTES={','.join(parts)}"
    return _ENVIRONMENT.format(
        here=_in_comment(shlex.quote(str(folder.environment))),
        logs=_in_comment(shlex.quote(str(folder.logs))),
        wrapper=folder.wrapper.name,
        texts=" ".join(TEXTS),
        labels=line if parts else "# export OTEL_RESOURCE_ATTRIBUTES=team=…,project=…",
    )


def wrapper_script(folder: KitFolder, tachograph: Path | None) -> str:
    """`claude-with-telemetry.sh`. Where Tachograph is gone, it runs Claude Code all the same.

    Args:
        folder: the kit's.
        tachograph: the command; None to have it looked up when it is needed.
    """
    return _WRAPPER.format(
        logs=_in_comment(str(folder.logs)),
        kit=shlex.quote(str(folder.root)),
        tachograph=shlex.quote(str(tachograph)) if tachograph is not None else "",
    )


def shell_lines(folder: KitFolder) -> str:
    """`shell-integration.txt`: an alias, whatever is in the folder's name."""
    return _SHELL.format(wrapper=shlex.quote(shlex.quote(str(folder.wrapper))))


def _in_comment(text: str) -> str:
    """What stays in one comment, whatever a folder is called."""
    return "".join(character if character.isprintable() else "?" for character in text)
