"""`tachograph privacy identity`: pseudonyms or clear names, and the anonymous id of this installation."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.home import Home

__all__ = ["identity"]


@click.command("identity")
@click.argument("names", type=click.Choice(["pseudonym", "clear"]), required=False)
@click.option("--new-id", is_flag=True, help="Replace the anonymous id: nothing connects the new one with the old.")
@shared_options
@click.pass_context
def identity(context: click.Context, names: str | None, new_id: bool, home: Path | None, as_json: bool) -> None:
    """Show or choose how people, organizations, folders and repositories are named here.

    By default only pseudonyms are kept: keyed hashes that nobody can undo, us included. With `clear` the names that agents
    send from then on are kept beside them and shown in answers, on this machine only; `pseudonym` deletes them again. The
    anonymous id is random, is made when something needs one, and is replaced after 13 months at the latest.

    Example: tachograph privacy identity clear
    """
    from tachograph.clock import SystemClock
    from tachograph.config import privacy_of
    from tachograph.wiring.settings_file import set_option
    from tachograph_sdk.privacy.identity import load_anonymous_id, replace_anonymous_id

    at, now_us = resolve_home(context, home), SystemClock().now_us()
    if names is not None:
        at.create()
        privacy_of(at)  # settings that cannot be read are not changed either
        set_option(at.config, "privacy", "identity", names)
    if new_id:
        at.create()
        replace_anonymous_id(at.anonymous_id, now_us=now_us)
    config, origin = privacy_of(at, told_of="identity")
    anonymous = load_anonymous_id(at.anonymous_id, now_us=now_us) if at.anonymous_id.exists() else None
    if names is not None and config.identity != names:
        click.echo(f"{origin} says {config.identity}, and goes before {at.config}", err=True)
    if names == "pseudonym" == config.identity:
        _delete_names(at)
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps({"identity": config.identity, "chosen_by": origin, "anonymous_id": anonymous}))
        return
    if config.identity == "clear":
        click.echo("Clear names of people and places are kept beside their pseudonyms, and every answer shows them.")
    else:
        click.echo("People and places are kept and shown as pseudonyms only.")
    click.echo(f"Anonymous id: {anonymous or 'none; nothing needed one yet'}")


def _delete_names(home: Home) -> None:
    """Delete the clear names; a running server does that by itself in a few seconds."""
    from tachograph.cli.client import find_server
    from tachograph.wiring.local import purge_names_here

    if home.store.exists() and find_server(home) is None:
        purge_names_here(home)
