"""`tachograph outbox`: what is about to leave this machine, and what left."""

from __future__ import annotations

import click

from tachograph.cli.lazy import LazyGroup

__all__ = ["outbox"]

OUTBOX_COMMANDS: tuple[tuple[str, str], ...] = (
    ("list", "tachograph.cli.outbox_show:list_"),
    ("preview", "tachograph.cli.outbox_show:preview"),
    ("approve", "tachograph.cli.outbox_change:approve"),
    ("send", "tachograph.cli.outbox_change:send"),
    ("purge", "tachograph.cli.outbox_change:purge"),
    ("receipts", "tachograph.cli.outbox_show:receipts"),
    ("verify", "tachograph.cli.outbox_show:verify"),
)


@click.group("outbox", cls=LazyGroup, commands_at=OUTBOX_COMMANDS)
def outbox() -> None:
    """The only door out: what waits to leave, shown byte for byte, approved, sent or deleted.

    Nothing leaves unless outbox.mode is `review` or `auto`, a place is set up ([webhook] or [file_sink]), and consent was
    given for the purpose. The commands work with and without a running server.

    Example: tachograph outbox list
    """
