"""`tachograph privacy show`: what is held about somebody or something."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.privacy_selection import ask, names_somebody, selection_options, selection_order
from tachograph.cli.wording import counted, moment

__all__ = ["show"]


@click.command("show")
@selection_options
@shared_options
@click.pass_context
def show(context: click.Context, /, home: Path | None, as_json: bool, **given: Any) -> None:
    """Show what is held about a person, session, repository, project or organization; about everybody if none is named.

    Example: tachograph privacy show --person jane@example.org
    """
    order = selection_order(given if names_somebody(given) else {**given, "everything": True})
    answer = ask(resolve_home(context, home), "show", "show", order)
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(answer))
        return
    from tachograph.cli.table import print_table

    rows = {table: count for table, count in answer["tables"].items() if count}
    if not rows:
        click.echo("Nothing is held about this.")
    else:
        sessions = counted(answer["sessions"], "session")
        click.echo(f"{counted(rows.get('events', 0), 'record')} of {sessions}, {_span(answer)}.")
        for name in ("agents", "sources"):
            told = ", ".join(f"{key} {count:,}" for key, count in answer[name].items())
            click.echo(f"{name.capitalize()}: {told or 'none'}")
        print_table(["table", "rows"], [[table, count] for table, count in rows.items()])
        attributes = sorted(answer["attributes"].items(), key=lambda item: (item[1]["purpose"], item[0]))
        print_table(
            ["attribute", "records", "kept for", "treatment"],
            [[name, one["events"], one["purpose"], one["treatment"]] for name, one in attributes],
        )
    if answer["shared_events"]:
        click.echo(
            f"Besides, {counted(answer['shared_events'], 'record')} of sessions that several people shared, without a name."
        )
    if answer["sessions_beside"]:
        sessions = counted(answer["sessions_beside"], "session")
        click.echo(f"Besides, {sessions} in the same folders, without the name of any person.")
    click.echo(f"In the outbox: {counted(answer['outbox_envelopes'], 'envelope')} about this.")
    _list("Consents of this installation", [f"{one['purpose']}: {one.get('state')}" for one in answer["consents"]])
    _list(
        "Objections",
        [f"{one['id']} ({', '.join(one['purposes'] or ['all purposes'])})" for one in answer["objections"]],
    )
    _list("Corrections", [f"{one['id']}: {one['attribute']} -> {one['value']}" for one in answer["corrections"]])
    _list("Exports", [f"{moment(one['at'])}: {one['path']}" for one in answer["exports"]])
    _list("Receipts", [f"{one['number']}: {one['kind']}, {moment(one['at'])}" for one in answer["receipts"]])


def _span(answer: dict[str, Any]) -> str:
    if not answer["first_at"]:
        return "of which only sums are left"
    return f"from {moment(answer['first_at'])} to {moment(answer['last_at'])}"


def _list(title: str, lines: list[str]) -> None:
    if lines:
        click.echo(f"{title}:")
        for line in lines:
            click.echo(f"  {line}")
