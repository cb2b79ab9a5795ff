"""Groups of commands that are imported when they are called, so that each command starts fast."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

__all__ = ["Group", "LazyGroup", "load_command"]


def load_command(place: str) -> click.Command:
    """The command at "module:name"."""
    module, _, name = place.partition(":")
    command: click.Command = getattr(import_module(module), name)
    return command


class Group(click.Group):
    """A group whose help says of each command the whole first sentence, over several lines where it is long."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        commands = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, _first_sentence(command)) for name, command in commands if command and not command.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


def _first_sentence(command: click.Command) -> str:
    """What the command does, without the paragraphs that follow."""
    paragraph = " ".join((command.help or "").strip().partition("\n\n")[0].split())
    sentence, stop, _ = paragraph.partition(". ")
    return sentence + stop.strip()


class LazyGroup(Group):
    """A group whose commands are named with the place where each is: `("serve", "tachograph.cli.serve:serve")`."""

    def __init__(self, *args: Any, commands_at: Sequence[tuple[str, str]] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self._places = dict(commands_at)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the table."""
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, imported now."""
        place = self._places.get(cmd_name)
        return load_command(place) if place else None
