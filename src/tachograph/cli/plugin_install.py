"""`tachograph plugin install`: what will change, a question, the change; then what is sent, and another question."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.wiring.claude_code.places import SCOPES

if TYPE_CHECKING:
    from tachograph.wiring.claude_code.files import FileChange
    from tachograph.wiring.claude_code.install import Decision, Installed
    from tachograph.wiring.claude_code.places import Scope
    from tachograph.wiring.claude_code.plan import Plan

__all__ = ["ask_first", "install", "places_here", "show_changes"]


@click.command("install")
@click.option(
    "--scope", type=click.Choice(SCOPES), default="user", show_default=True, help="For whom it is switched on."
)
@click.option("--endpoint", metavar="URL", help="Where it sends to (default: the server of this home).")
@click.option(
    "--form", type=click.Choice(("native", "compat")), default="native", show_default=True, help="What it sends."
)
@click.option("--claude", "program", metavar="PATH", help="The `claude` to use (default: the one on PATH).")
@click.option(
    "--yes", is_flag=True, help="Make the change and allow the sending, without a question; an earlier no stays."
)
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@shared_options
@click.pass_context
def install(
    context: click.Context, scope: Scope, endpoint: str | None, form: str, program: str | None, yes: bool, dry_run: bool,
    home: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Put the plugin into Claude Code. Everything that will change is shown first, and nothing is sent without a yes.

    Example: tachograph plugin install --dry-run
    """
    from tachograph.wiring.claude_code.consent import check_endpoint
    from tachograph.wiring.claude_code.install import install as make
    from tachograph.wiring.claude_code.plan import plan_install
    from tachograph.wiring.claude_code.program import find_program
    from tachograph.wiring.setup import receiver_of

    where = resolve_home(context, home)
    address = check_endpoint(endpoint or receiver_of(where).http)
    places, records = places_here(), where.plugin_record
    as_json = wants_json(context, as_json)
    claude = find_program(program)
    if program is not None and claude is None:
        raise click.BadParameter(f"{program} does not answer as Claude Code does", param_hint="--claude")
    plan = plan_install(places, where.root, scope=scope, program=claude, records=records)
    _show(plan)
    if dry_run:
        if as_json:
            click.echo(jsonlib.dumps(_as_json(plan) | {"installed": False, "changed": False}))
        return
    if plan.is_change:
        ask_first(yes)
    decision = _decide(plan, address, form, yes=yes, asked=endpoint is not None)
    where.create()
    done = make(plan, decision, keys=where.hook_keys, records=records)
    _say(done)
    if as_json:
        click.echo(jsonlib.dumps(_as_json(plan) | _done_as_json(done)))


def places_here() -> Any:
    """The files of the Claude Code that this user runs in this folder."""
    from tachograph.config import user_environment
    from tachograph.wiring.claude_code.places import ClaudePlaces

    return ClaudePlaces.of(user_environment(), Path.cwd())


def ask_first(yes: bool) -> None:
    """Whether to make the change that was shown, unless that was said already."""
    if not yes:
        click.confirm("Make this change?", abort=True, err=True)


def show_changes(changes: Sequence[FileChange], commands: Sequence[Sequence[str]], deeds: Sequence[str]) -> None:
    """Every file as a difference, every command as it will be run, every folder in words."""
    from tachograph.wiring.claude_code.program import command_line

    for change in changes:
        click.echo(change.diff(), err=True)
    for words in commands:
        click.echo(f"runs     {command_line(words)}", err=True)
    for deed in deeds:
        click.echo(deed, err=True)


def _show(plan: Plan) -> None:
    if not plan.is_change:
        click.echo(f"The plugin is in already: metrics {plan.version}, for scope {plan.scope}.", err=True)
        return
    deeds = [f"copies   the plugin to {target}" for _, target in plan.copies]
    deeds += [f"writes   {path}" for path, _ in plan.written]
    if plan.commands:
        places = plan.places
        deeds.append(f"         (which adds to {places.known_marketplaces.name} and {places.installed_plugins.name})")
    if plan.method == "hooks":
        deeds.append("This Claude Code has no plugins: the hooks go into its settings.")
    show_changes(plan.changes, plan.commands, deeds)


def _decide(plan: Plan, endpoint: str, form: str, *, yes: bool, asked: bool) -> Decision | None:
    """What the user says about sending; None leaves an earlier answer as it is."""
    from tachograph.wiring.claude_code.consent import WHAT_IS_SENT, is_loopback, read_consent
    from tachograph.wiring.claude_code.install import Decision

    held = read_consent(plan.places.data)
    if held is not None and held["status"] == "granted" and not asked and held.get("form") == form:
        return None
    if held is not None and (held["status"], held.get("endpoint"), held.get("form")) == ("granted", endpoint, form):
        return None
    if yes and held is not None and held["status"] == "denied":
        told = "You said no earlier, and --yes does not change that: /metrics:consent does, or this without --yes."
        click.echo(told, err=True)
        return None
    place = "on this machine" if is_loopback(endpoint) else "OUTSIDE THIS MACHINE"
    click.echo(f"\nThe plugin sends to {endpoint} ({place}):", err=True)
    for line in WHAT_IS_SENT:
        click.echo(f"  - {line}", err=True)
    click.echo(
        "You can take it back at any time: /metrics:consent in Claude Code, or `tachograph plugin remove`.", err=True
    )
    granted = yes or click.confirm("Allow this?", default=False, err=True)
    return Decision(granted=granted, endpoint=endpoint, form=form)


def _say(done: Installed) -> None:
    if done.also_changed:
        click.echo(f"Claude Code itself also changed in its settings: {', '.join(done.also_changed)}.", err=True)
    if done.plan.is_change:
        click.echo(f"metrics {done.plan.version} is in. Sessions that start from now on have it.", err=True)
    if done.decision is not None and not done.decision.granted:
        click.echo("Nothing is sent, because you did not allow it. `tachograph plugin install` asks again.", err=True)
    elif done.decision is not None:
        click.echo(f"Allowed: to {done.decision.endpoint}, in the {done.decision.form} form.", err=True)
    elif done.key_id is None:
        click.echo("Nothing is sent until you allow it: /metrics:consent in Claude Code.", err=True)


def _as_json(plan: Plan) -> dict[str, Any]:
    from tachograph.wiring.claude_code.program import command_line

    return {
        "scope": plan.scope,
        "method": plan.method,
        "version": plan.version,
        "claude_version": plan.program.version if plan.program else None,
        "config": str(plan.places.config),
        "settings": [str(change.path) for change in plan.changes],
        "commands": [command_line(words) for words in plan.commands],
        "copies": [str(target) for _, target in plan.copies] + [str(path) for path, _ in plan.written],
    }


def _done_as_json(done: Installed) -> dict[str, Any]:
    from tachograph.wiring.claude_code.consent import read_consent

    held = read_consent(done.plan.places.data) or {}
    return {
        "installed": True,
        "changed": done.plan.is_change or done.decision is not None,
        "consent": held.get("status"),
        "endpoint": held.get("endpoint"),
        "form": held.get("form"),
        "key_id": done.key_id,
        "claude_also_changed": list(done.also_changed),
    }
