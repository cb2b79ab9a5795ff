"""`tachograph report`: totals and breakdowns of a time range."""

from __future__ import annotations

import json as jsonlib
from typing import Annotated, Any

import typer

from tachograph.cli.options import HomeOption, JsonOption, resolve_home, wants_json

__all__ = ["print_report", "report"]


def report(
    context: typer.Context,
    since: Annotated[str | None, typer.Option(help="First day or time, UTC.")] = None,
    until: Annotated[str | None, typer.Option(help="End, excluded, UTC.")] = None,
    range_: Annotated[str | None, typer.Option("--range", help="1h, 24h, 7d, 30d, 90d, all (default: all).")] = None,
    by: Annotated[str | None, typer.Option(help="Dimensions, separated by commas: day, model, …")] = None,
    home: HomeOption = None,
    json: JsonOption = False,
) -> None:
    """What the agents did and what it cost, and how much of that was seen by which source.

    Example: tachograph report --range 7d --by model,day
    """
    from tachograph.cli.backend import open_backend

    named = {"since": since, "until": until, "range": range_, "by": by}
    with open_backend(resolve_home(context, home)) as backend:
        answer = backend.report({k: v for k, v in named.items() if v is not None})
    if wants_json(context, json):
        typer.echo(jsonlib.dumps(answer))
    else:
        print_report(answer)


def print_report(answer: dict[str, Any]) -> None:
    """A report for people."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from tachograph.server.page import dollars, duration, number

    totals, window = answer["totals"], answer["window"]
    console = Console()
    since, until = window.get("since") or "the beginning", window.get("until") or "now"
    if answer.get("demo"):
        console.print(Text("Made-up data: this is a demonstration.", style="reverse"))
    console.print(Text(f"{since} to {until}, UTC", style="dim"))
    facts = Table(box=None, show_header=False, pad_edge=False, padding=(0, 3, 0, 0))
    for _ in range(4):
        facts.add_column(justify="right")
        facts.add_column(justify="left")
    cells = [
        (dollars(totals["cost_microusd"]), "cost"),
        (number(totals["sessions"]), "sessions"),
        (number(totals["prompts"]), "prompts"),
        (number(totals["requests"]), "requests"),
        (number(totals["input_tokens"]), "tokens in"),
        (number(totals["output_tokens"]), "tokens out"),
        (number(totals["cache_read_tokens"]), "cache read"),
        (number(totals["cache_write_tokens"]), "cache written"),
        (number(totals["tool_calls"]), f"tool calls, {number(totals['tool_errors'])} failed"),
        (f"+{number(totals['lines_added'])} −{number(totals['lines_removed'])}", "lines"),
        (number(totals["commits"]), f"commits, {number(totals['pull_requests'])} pull requests"),
        (duration(totals["active_seconds"]), "active"),
    ]
    for start in range(0, len(cells), 4):
        row: list[Text] = []
        for value, name in cells[start : start + 4]:
            row += [Text(value, style="bold"), Text(name, style="dim")]
        facts.add_row(*row)
    console.print(facts)
    for dimension, rows in answer.get("by", {}).items():
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=f"by {dimension}", title_justify="left")
        table.add_column(dimension, overflow="fold")
        for name in ("requests", "tokens in", "tokens out", "cache read", "cache written", "cost"):
            table.add_column(name, justify="right")
        for line in rows:
            table.add_row(
                Text("unknown" if line[dimension] is None else str(line[dimension])),
                number(line["requests"]),
                number(line["input_tokens"]),
                number(line["output_tokens"]),
                number(line["cache_read_tokens"]),
                number(line["cache_write_tokens"]),
                dollars(line["cost_microusd"]),
            )
        console.print(table)
    for sentence in answer.get("notes", []):
        console.print(Text(f"• {sentence}", style="dim"))
