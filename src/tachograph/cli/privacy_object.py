"""`tachograph privacy object`: from now on keep nothing more of somebody or something."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.privacy_selection import ask, selection_options, selection_order
from tachograph.cli.wording import moment
from tachograph_sdk.errors import ConfigError

__all__ = ["object_"]


@click.command("object")
@click.option("--purpose", "purposes", multiple=True, help="Only what is kept for this; may be repeated.")
@click.option("--list", "lists", is_flag=True, help="List the objections in force.")
@click.option("--withdraw", metavar="ID", help="Withdraw this one.")
@selection_options
@shared_options
@click.pass_context
def object_(
    context: click.Context,
    /,
    purposes: tuple[str, ...],
    lists: bool,
    withdraw: str | None,
    home: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Object: from now on nothing more is kept of a person, session, repository, project or organization.

    What is stored already stays; `tachograph privacy erase` deletes that. Purposes are cost, performance, reliability,
    outcome, adoption and content: with one, records are kept without what serves it.

    Example: tachograph privacy object --project ~/private
    """
    if lists and withdraw:
        raise ConfigError("give either --list or --withdraw", hint="see `tachograph privacy object --help`")
    at = resolve_home(context, home)
    if lists:
        answer = ask(at, "objections", "objections")
    elif withdraw:
        answer = ask(at, "objections/withdraw", "withdraw", {"id": withdraw})
    else:
        answer = ask(at, "object", "object", {**selection_order(given), "purposes": list(purposes)})
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(answer))
    elif lists:
        for one in answer["objections"]:
            click.echo(f"{one['id']}  {moment(one['at'])}  {_about(one)}  {_purposes(one)}{_times(one)}")
        if not answer["objections"]:
            click.echo("Nobody objected to anything.")
    elif withdraw:
        click.echo(f"Objection {answer['id']} is withdrawn: what comes in from now on is kept.")
    else:
        click.echo(f"Objection {answer['id']} holds from now on ({_purposes(answer)}{_times(answer)}).")
        click.echo(f"`tachograph privacy object --withdraw {answer['id']}` takes it back.")


def _about(one: dict[str, Any]) -> str:
    """What kind of name; which one, nobody can read from an objection."""
    return ", ".join("person" if kind == "user" else kind for kind in one["about"])


def _times(one: dict[str, Any]) -> str:
    since = f", since {moment(one['since'])}" if one["since"] else ""
    return since + (f", until {moment(one['until'])}" if one["until"] else "")


def _purposes(one: dict[str, Any]) -> str:
    return ", ".join(one["purposes"]) if one["purposes"] else "all purposes"
