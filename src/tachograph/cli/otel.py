"""`tachograph otel`: Claude Code's telemetry, switched on and off in its settings, and how it stands."""

from __future__ import annotations

import click

from tachograph.cli.lazy import LazyGroup

__all__ = ["otel"]

OTEL_COMMANDS: tuple[tuple[str, str], ...] = (  # name, and where the command is; loaded when it is called
    ("enable", "tachograph.cli.otel_change:enable"),
    ("status", "tachograph.cli.otel_status:status"),
    ("disable", "tachograph.cli.otel_change:disable"),
)


@click.group(cls=LazyGroup, commands_at=OTEL_COMMANDS)
def otel() -> None:
    """Make Claude Code send its telemetry here: the lines in its settings, shown before they are written.

    Example: tachograph otel enable
    """
