"""`tachograph files`: session logs in a folder, parsed, analysed and shared without a server."""

from __future__ import annotations

import click

from tachograph.cli.lazy import LazyGroup

__all__ = ["files"]

FILES_COMMANDS: tuple[tuple[str, str], ...] = (  # name, and where the command is; loaded when it is called
    ("init", "tachograph.cli.files_init:init"),
    ("run", "tachograph.cli.files_run:run_"),
    ("parse", "tachograph.cli.files_parse:parse"),
    ("merge", "tachograph.cli.files_merge:merge"),
    ("analyze", "tachograph.cli.files_analyze:analyze"),
)


@click.group(cls=LazyGroup, commands_at=FILES_COMMANDS)
def files() -> None:
    """Record sessions of Claude Code into files, parse them, and share what is no secret.

    Example: tachograph files init
    """
