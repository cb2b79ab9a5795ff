"""Help and answers can be read on a screen of 80 columns, and count in words as people do."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from tachograph.cli.app import COMMANDS
from tachograph.cli.lazy import load_command
from tachograph.cli.wording import counted, moment, money


def every_command() -> Iterator[tuple[str, click.Command]]:
    todo = [(f"tachograph {name}", load_command(place)) for name, place in COMMANDS]
    while todo:
        name, command = todo.pop(0)
        yield name, command
        if isinstance(command, click.Group):
            context = click.Context(command, info_name=name)
            for part in command.list_commands(context):
                inner = command.get_command(context, part)
                assert inner is not None
                todo.append((f"{name} {part}", inner))


@pytest.mark.parametrize(("name", "command"), [pytest.param(*one, id=one[0]) for one in every_command()])
def test_help_is_whole_on_eighty_columns(name: str, command: click.Command) -> None:
    said = CliRunner().invoke(command, ["--help"], prog_name=name, terminal_width=80).output
    lines = said.splitlines()
    assert max(map(len, lines)) <= 80
    assert "..." not in said.partition("\nCommands:")[2], "a sentence that is cut says nothing"
    examples = [number for number, line in enumerate(lines) if line.startswith("  Example: ")]
    assert examples
    for number in examples:
        assert not "".join(lines[number + 1 : number + 2]).strip(), "an example is one line, to be copied"


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        (counted(0, "record"), "0 records"),
        (counted(1, "record"), "1 record"),
        (counted(1200, "entry", "entries"), "1,200 entries"),
        (moment(1_763_635_683_546_501), "2025-11-20 10:48:03 UTC"),
        (moment("2026-11-20T10:48:03.546501Z"), "2026-11-20 10:48:03 UTC"),
        (moment("2026-11-20T11:48:03+01:00"), "2026-11-20 10:48:03 UTC"),
        (moment(None), "?"),
        (moment("yesterday"), "yesterday"),
        (money(1_591_883_750), "$1.59"),
    ],
)
def test_numbers_and_times_in_words(said: str, wanted: str) -> None:
    assert said == wanted
