"""`tachograph privacy erase`: delete what is held about somebody, everywhere, and search every file for it."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.privacy_selection import ask, is_terminal, require_selection, selection_options, selection_order
from tachograph.cli.wording import counted, moment, money
from tachograph_sdk.errors import ConfigError

__all__ = ["erase"]


@click.command("erase")
@click.option("--dry-run", is_flag=True, help="Only say what would be erased.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--list-agent-files", is_flag=True, help="Name the agents' own files that hold the sessions.")
@selection_options
@shared_options
@click.pass_context
def erase(
    context: click.Context,
    /,
    dry_run: bool,
    yes: bool,
    list_agent_files: bool,
    home: Path | None,
    as_json: bool,
    **given: Any,
) -> None:
    """Erase what is held about a person, session, repository, project or organization.

    Records, ledger, sums, requests that wait, envelopes, exports and caches; then every file is searched for what was
    erased, and a receipt is written. What is read again later does not come back. Files of agents themselves are left
    alone: --list-agent-files names them.

    Example: tachograph privacy erase --person jane@example.org --dry-run
    """
    at = resolve_home(context, home)
    order = {**selection_order(given), "list_agent_files": list_agent_files}
    quiet = wants_json(context, as_json)
    require_selection(given)
    if not (yes or dry_run) and not is_terminal():
        raise ConfigError("nobody can be asked here", hint="give --dry-run to see what would be erased, then --yes")
    if dry_run or not yes:
        plan = ask(at, "erase", "erase", {**order, "dry_run": True}, streams=True)
        if not quiet:
            _print_plan(plan)
        if dry_run:
            if quiet:
                click.echo(jsonlib.dumps(plan))
            return
        click.confirm("Erase this for good?", abort=True, err=True)

    def progress(state: dict[str, Any]) -> None:
        if not quiet:
            click.echo(f"… {state['step']}", err=True)

    answer = ask(at, "erase", "erase", order, streams=True, progress=progress)
    if quiet:
        click.echo(jsonlib.dumps(answer))
    else:
        _print_done(answer)
    if not answer["complete"]:
        for place, how in answer["search"]["found"]:
            click.echo(f"tachograph: still found in {place} ({how})", err=True)
        click.echo("  the erasure is not complete: remove it there, then erase again", err=True)
        context.exit(1)


def _print_plan(plan: dict[str, Any]) -> None:
    from tachograph.cli.table import print_table

    rows = [[table, count] for table, count in plan["tables"].items() if count]
    if rows:
        span = f", from {moment(plan['first_at'])} to {moment(plan['last_at'])}" if plan["first_at"] else ""
        click.echo(f"Would be erased: what is held of {counted(plan['sessions'], 'session')}{span}.")
        print_table(["table", "rows"], rows)
    else:
        click.echo("Nothing is stored about this. Every file would be searched for it all the same.")
    if plan["shared_events"]:
        click.echo(
            f"Left: {counted(plan['shared_events'], 'record')} of sessions that several people shared, without a name "
            "(--session reaches them)."
        )
    if plan["sessions_beside"]:
        click.echo(
            f"Left: {counted(plan['sessions_beside'], 'session')} in the same folders, without the name of any person "
            "(--project or --session reaches them)."
        )
    if plan["outbox_envelopes"]:
        click.echo(f"With it: {counted(plan['outbox_envelopes'], 'envelope')} in the outbox.")
    for path in plan["exports"]:
        click.echo(f"With it: the export {path}")
    _print_agents(plan)


def _print_done(answer: dict[str, Any]) -> None:
    total = sum(answer["tables"].values())
    click.echo(f"{counted(total, 'row')} erased, {answer['tables'].get('events', 0):,} of them records.")
    search = answer["search"]
    if answer["complete"]:
        files = counted(search["files"], "file")
        click.echo(f"{files} ({counted(search['bytes'], 'byte')}) searched: nothing of it was found.")
    if search["too_short"]:
        click.echo(f"{counted(search['too_short'], 'name')} of those given: too short to be searched for.")
    before, after = answer["others"]["before"], answer["others"]["after"]
    if before != after:
        click.echo(
            "What is left counts differently without it: "
            + ", ".join(_change(name, before[name], after[name]) for name in before if before[name] != after[name])
        )
    if gone := answer["exports"].get("deleted"):
        click.echo(f"{counted(gone, 'export')} deleted.")
    for place in answer["exports_left"]:
        click.echo(f"Not deleted: {place}")
    _print_agents(answer)
    click.echo(f"Receipt: {answer['receipt']}")


def _change(name: str, before: int, after: int) -> str:
    if name == "cost_nanousd":
        return f"cost {money(before)} -> {money(after)}"
    return f"{name} {before:,} -> {after:,}"


def _print_agents(answer: dict[str, Any]) -> None:
    for agent, count in answer["agent_files"].items():
        click.echo(f"Files of {agent} itself that still hold it: {count:,} (they are not ours to delete)")
    for file in answer["files"] or ():
        click.echo(f"  {file['path']}")
