"""`tachograph privacy`: what is kept, who allowed it, and the rights of the people in it."""

from __future__ import annotations

import click

from tachograph.cli.lazy import LazyGroup

__all__ = ["privacy"]

PRIVACY_COMMANDS: tuple[tuple[str, str], ...] = (  # name, and where the command is; loaded when it is called
    ("show", "tachograph.cli.privacy_show:show"),
    ("export", "tachograph.cli.privacy_export:export"),
    ("rectify", "tachograph.cli.privacy_rectify:rectify"),
    ("object", "tachograph.cli.privacy_object:object_"),
    ("erase", "tachograph.cli.privacy_erase:erase"),
    ("receipts", "tachograph.cli.privacy_receipts:receipts"),
    ("policy", "tachograph.cli.privacy_policy:policy"),
    ("identity", "tachograph.cli.privacy_identity:identity"),
    ("retention", "tachograph.cli.privacy_retention:retention"),
    ("consent", "tachograph.cli.privacy_consent:consent"),
)


@click.group(cls=LazyGroup, commands_at=PRIVACY_COMMANDS)
def privacy() -> None:
    """What is kept, who allowed it, and what people can do about it.

    Example: tachograph privacy show
    """
