"""`tachograph privacy rectify`: put a right value in the place of a wrong one, everywhere and for good."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.privacy_selection import ask, selection_options, selection_order
from tachograph.cli.wording import counted, moment
from tachograph_sdk.errors import ConfigError

__all__ = ["rectify"]


@click.command("rectify")
@click.option("--set", "setting", metavar="ATTRIBUTE=VALUE", help="What is right, such as project=/home/jane/app.")
@click.option("--instead-of", "before", metavar="VALUE", help="Only where this is said.")
@click.option("--list", "lists", is_flag=True, help="List the corrections in force.")
@click.option("--undo", metavar="ID", help="Withdraw this one, and put back what was there.")
@selection_options
@shared_options
@click.pass_context
def rectify(
    context: click.Context,
    /,
    setting: str | None,
    before: str | None,
    lists: bool,
    undo: str | None,
    home: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Correct what is stored about somebody: in records, ledger and sums, and in what comes in later.

    Attributes: user, organization, repository, project, tool_name, mcp_server, skill, plugin, subagent.

    Example: tachograph privacy rectify --session 0b5c… --set project=/src/app
    """
    if sum((setting is not None, lists, undo is not None)) != 1:
        raise ConfigError("give one of --set, --list and --undo", hint="see `tachograph privacy rectify --help`")
    at = resolve_home(context, home)
    if lists:
        answer = ask(at, "corrections", "corrections")
    elif undo:
        answer = ask(at, "corrections/undo", "undo", {"id": undo}, streams=True)
    else:
        attribute, equals, value = (setting or "").partition("=")
        if not equals:
            raise ConfigError("--set needs an attribute and a value", hint="such as --set project=/home/jane/app")
        order = {**selection_order(given), "attribute": attribute.strip(), "value": value, "before": before}
        answer = ask(at, "rectify", "rectify", order, streams=True)
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(answer))
    elif lists:
        for one in answer["corrections"]:
            before = f" instead of {one['before']}" if one["before"] else ""
            click.echo(f"{one['id']}  {one['attribute']} = {one['value']}{before}, for {_whose(one['selection'])}")
        if not answer["corrections"]:
            click.echo("Nothing is corrected.")
    else:
        done = "put back" if undo else "corrected"
        records = counted(answer["events"], "record")
        click.echo(f"{records} {done}; correction {answer['id']}, receipt {answer['receipt']}.")
        if not undo:
            click.echo(
                f"It holds for what comes in later too; `tachograph privacy rectify --undo {answer['id']}` ends it."
            )


def _whose(selection: dict[str, Any]) -> str:
    """The pseudonyms of whom a correction is about, and the time."""
    names = [name for held in selection.values() if isinstance(held, list) for name in held]
    since, until = selection.get("since"), selection.get("until")
    times = (f" since {moment(since)}" if since else "") + (f" until {moment(until)}" if until else "")
    return (", ".join(names) or "everybody") + times
