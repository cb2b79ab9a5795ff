"""`tachograph privacy retention`: how long what is kept is kept, what is due, and deleting it now."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.wording import counted
from tachograph.home import Home
from tachograph_sdk.errors import ConfigError

__all__ = ["retention"]

_TIERS = {
    "raw": ("records", "a row for each thing that was reported"),
    "aggregated": ("requests", "requests, tool calls, prompts, sessions; the ids of the API go with the records"),
    "summary": ("sums", "by month, agent and model, of nobody in particular"),
}


@click.command("retention")
@click.option("--run", "run_now", is_flag=True, help="Delete what is due now, also what would wait.")
@click.option("--yes", is_flag=True, help="Do not ask before deleting.")
@shared_options
@click.pass_context
def retention(context: click.Context, run_now: bool, yes: bool, home: Path | None, as_json: bool) -> None:
    """Show how long what is kept is kept, and what is due to be deleted.

    A running server deletes what is due by itself; more than a tenth of a tier at once waits for a week, so that it is
    seen here first and a clock that is set wrong does no harm. The days are settings: [retention] in tachograph.toml.

    Example: tachograph privacy retention
    """
    at, quiet = resolve_home(context, home), wants_json(context, as_json)
    if not at.store.exists():
        raise ConfigError("there is no store here yet", hint="import something first: tachograph import")
    answer = _ask(at, dry_run=True)
    due = sum(tier["rows"] for tier in answer["tiers"])
    if run_now and due:
        if not yes:
            _print(answer)
            click.confirm(f"Delete {counted(due, 'row')} for good?", abort=True, err=True)
        answer = _ask(at, dry_run=False)
    elif run_now and not quiet:
        click.echo("Nothing is due, so nothing was deleted.")
    if quiet:
        click.echo(jsonlib.dumps(answer))
    else:
        _print(answer)


def _ask(home: Home, *, dry_run: bool) -> dict[str, Any]:
    from tachograph.cli.client import find_server

    server = find_server(home)
    if server is None:
        from tachograph.wiring.local import retain_here

        return retain_here(home, dry_run=dry_run)
    if dry_run:
        plan: dict[str, Any] = server.get("/api/v1/privacy/retention")
        return {**plan, "dry_run": True, "deleted": {}}
    answer: dict[str, Any] = {}
    for line in server.stream("/api/v1/privacy/retention", {"dry_run": False}):
        answer = line.get("report", answer)
    return answer


def _print(answer: dict[str, Any]) -> None:
    for name, rows in answer["deleted"].items():
        if rows:
            click.echo(f"Deleted: {rows:,} {_TIERS[name][0]}.")
    for tier in answer["tiers"]:
        what, meaning = _TIERS[tier["tier"]]
        kept = "for ever" if tier["days"] is None else f"{tier['days']} days"
        click.echo(f"{what}: kept {kept}; {meaning}")
        click.echo(f"  {tier['rows_kept'] + tier['rows']:,} there; {_due(tier)}")


def _due(tier: dict[str, Any]) -> str:
    if tier["rows"]:
        count = tier["sessions"]
        sessions = f" ({counted(count, 'session')})" if count else ""
        when = f"waits until {_day(tier['waits_until'])}" if tier["waits_until"] else "will be deleted next"
        return f"{tier['rows']:,}{sessions} had their time: {when}"
    return f"the next are due on {_day(tier['next_at'])}" if tier["next_at"] else "nothing is due"


def _day(time: str) -> str:
    return time[:10]
