"""`tachograph plugin`: Claude Code's own plugin, put in, looked at and taken out."""

from __future__ import annotations

import click

from tachograph.cli.lazy import LazyGroup

__all__ = ["plugin"]

PLUGIN_COMMANDS: tuple[tuple[str, str], ...] = (  # name, and where the command is; loaded when it is called
    ("install", "tachograph.cli.plugin_install:install"),
    ("status", "tachograph.cli.plugin_status:status"),
    ("remove", "tachograph.cli.plugin_remove:remove"),
)


@click.group(cls=LazyGroup, commands_at=PLUGIN_COMMANDS)
def plugin() -> None:
    """The plugin for Claude Code: which commands and skills are used, and the figures of each session.

    Example: tachograph plugin install
    """
