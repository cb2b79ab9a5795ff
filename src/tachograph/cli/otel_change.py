"""`tachograph otel enable` and `disable`: the difference, a question, the change."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.plugin_install import ask_first, places_here

if TYPE_CHECKING:
    from tachograph.wiring.claude_code.telemetry import TelemetryPlan

__all__ = ["disable", "enable"]

NOT_RUNNING = (
    "No server of this home is running: the address is that of its settings. What agents send before one runs is lost; "
    "if you give `tachograph serve` other ports, run this again while it runs."
)


@click.command("enable")
@click.option("--force", is_flag=True, help="Also change what leads elsewhere; `disable` puts it back.")
@click.option("--yes", is_flag=True, help="Without a question.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@shared_options
@click.pass_context
def enable(context: click.Context, force: bool, yes: bool, dry_run: bool, home: Path | None, as_json: bool) -> None:
    """Make Claude Code send its telemetry to this home's server. What will change in its settings is shown first.

    The ports are those of the running server, else those of the settings. What leads to another receiver is named, and stays
    without --force.

    Example: tachograph otel enable --dry-run
    """
    from tachograph.wiring.claude_code.telemetry import make, plan_enable
    from tachograph.wiring.setup import find_running, receiver_of, refuse_demo

    where = resolve_home(context, home)
    if not dry_run:
        refuse_demo(where)
    plan = plan_enable(places_here(), receiver_of(where), records=where.otel_record)
    as_json = wants_json(context, as_json)
    if not plan.is_change:
        click.echo(f"Claude Code sends here already: {plan.change.path}", err=True)
    else:
        _show(plan)
    if not dry_run and plan.is_change:
        if not plan.foreign or force:
            ask_first(yes)
        where.create()
        make(plan, records=where.otel_record, force=force)
        click.echo("Done. Sessions that start from now on send here; `tachograph otel disable` undoes it.", err=True)
        if find_running(where) is None:
            click.echo(NOT_RUNNING, err=True)
    if as_json:
        click.echo(jsonlib.dumps(_as_json(plan, changed=plan.is_change and not dry_run)))


@click.command("disable")
@click.option("--yes", is_flag=True, help="Without a question.")
@click.option("--dry-run", is_flag=True, help="Only show what would change.")
@shared_options
@click.pass_context
def disable(context: click.Context, yes: bool, dry_run: bool, home: Path | None, as_json: bool) -> None:
    """Take out of Claude Code's settings what `enable` put in, and put back what was there before.

    Example: tachograph otel disable
    """
    from tachograph.wiring.claude_code.telemetry import make, plan_disable

    where = resolve_home(context, home)
    plan = plan_disable(places_here(), records=where.otel_record)
    as_json = wants_json(context, as_json)
    if not plan.is_change:
        click.echo(f"Nothing in {plan.change.path} was put there by `tachograph otel enable`.", err=True)
    else:
        _show(plan)
    for name in plan.left:
        click.echo(f"{name} was changed since and stays as it is.", err=True)
    if not dry_run:
        if plan.is_change:
            ask_first(yes)
        make(plan, records=where.otel_record)
        if plan.is_change:
            click.echo("Done. Sessions that are open send until they end.", err=True)
    if as_json:
        click.echo(jsonlib.dumps(_as_json(plan, changed=plan.is_change and not dry_run)))


def _show(plan: TelemetryPlan) -> None:
    click.echo(plan.change.diff(), err=True)
    for wish in plan.foreign:
        wanted = "to be taken out" if wish.wanted is None else f"needed: {wish.wanted}"
        click.echo(f"{wish.name} is set to {wish.now} ({wanted})", err=True)


def _as_json(plan: TelemetryPlan, *, changed: bool) -> dict[str, Any]:
    from tachograph.wiring.setup import told_of

    return {**told_of(plan, changed=changed), "diff": plan.change.diff(), "settings": str(plan.change.path)}
