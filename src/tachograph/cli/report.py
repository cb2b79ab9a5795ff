"""`tachograph report`: totals and breakdowns of a time range."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["print_report", "report"]

USAGE_COLUMNS = {
    "requests": "requests",
    "input_tokens": "tokens in",
    "output_tokens": "out",
    "cache_read_tokens": "from cache",
    "cost_microusd": "cost",
}
OUTCOME_COLUMNS = {
    "sessions": "sessions",
    "prompts": "prompts",
    "tool_calls": "tool calls",
    "tool_errors": "failed",
    "lines_added": "lines added",
    "lines_removed": "removed",
    "commits": "commits",
}
"""What a breakdown shows where the dimension has usage, and where it has none."""
DISPENSABLE = ("cache_read_tokens", "lines_removed", "lines_added", "output_tokens", "tool_errors", "input_tokens")
"""What a breakdown does without in a narrow terminal, the first first."""


@click.command("report")
@click.option("--since", help="First day or time; without an offset in the zone --tz.")
@click.option("--until", help="End, excluded; likewise.")
@click.option("--range", "range_", help="1h, 24h, 7d, 30d, 90d, all (default: all).")
@click.option("--by", help="Dimensions, separated by commas: day, model, …")
@tz_option
@shared_options
@click.pass_context
def report(
    context: click.Context,
    since: str | None,
    until: str | None,
    range_: str | None,
    by: str | None,
    tz: str | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Print what the agents did and what it cost.

    And how much of that was seen by which source.

    Example: tachograph report --range 7d --by model,day
    """
    from tachograph.cli.backend import open_backend

    named = {"since": since, "until": until, "range": range_, "by": by, "tz": resolve_zone(tz)}
    with open_backend(resolve_home(context, home)) as backend:
        answer = backend.report({k: v for k, v in named.items() if v is not None})
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(answer))
    else:
        print_report(answer)


def print_report(answer: dict[str, Any], console: Console | None = None) -> None:
    """A report for people, on standard output unless a console is given."""
    from rich.console import Console
    from rich.text import Text

    from tachograph.server.page import moment

    window, totals = answer["window"], answer["totals"]
    console = console or Console()
    since, until = moment(window["since"], "the beginning"), moment(window["until"], "now")
    if answer.get("demo"):
        console.print(Text("Made-up data: this is a demonstration.", style="reverse"))
    for notice in (answer.get("privacy") or {}).get("notices", ()):
        console.print(Text(notice, style="reverse"))
    console.print(Text(f"{since} to {until}, {window['tz']}", style="dim"))
    _print_facts(console, totals)
    console.print(Text(totals["coverage"]["summary"]))
    if plan := plan_sentence(answer.get("limits", ())):
        console.print(Text(plan))
    for dimension, rows in answer.get("by", {}).items():
        _print_breakdown(console, dimension, rows)
    if (
        not plan
        and not totals["sessions"]
        and not totals["requests"]
        and window["since"] is None
        and window["until"] is None
    ):
        console.print(
            Text("Nothing is stored yet: run `tachograph import`, or connect an agent to `tachograph serve`.")
        )
        return
    for sentence in answer.get("notes", []):
        console.print(Text(f"• {sentence}", style="dim"))


def plan_sentence(limits: Sequence[Mapping[str, Any]]) -> str:
    """How the plan was used: of each limit the highest reading, and of the first when it was; "" without readings."""
    from tachograph.analytics.limits import name_of_limit, used_share

    parts: list[str] = []
    for entry in limits:
        at = datetime.fromisoformat(entry["peak_at"])
        peak = used_share(entry["peak_ratio"])
        name = name_of_limit(entry["limit"])
        parts.append(f"{name} at {peak}" if parts else f"{name} peaked at {peak} on {at:%a %Y-%m-%d %H:%M}")
    return f"plan: {'; '.join(parts)}" if parts else ""


def _print_facts(console: Console, totals: dict[str, Any]) -> None:
    from rich.table import Table
    from rich.text import Text

    from tachograph.server.page import dollars, duration, number

    cells = [
        (dollars(totals["cost_microusd"]), "cost"),
        (number(totals["sessions"]), "sessions"),
        (number(totals["prompts"]), "prompts"),
        (number(totals["requests"]), "requests"),
        (number(totals["input_tokens"]), "tokens in"),
        (number(totals["output_tokens"]), "tokens out"),
        (number(totals["cache_read_tokens"]), "read from cache"),
        (number(totals["cache_write_tokens"]), "written to cache"),
        (number(totals["tool_calls"]), "tool calls"),
        (number(totals["tool_errors"]), "of them failed"),
        (f"+{number(totals['lines_added'])} −{number(totals['lines_removed'])}", "lines"),
        (number(totals["commits"]), "commits"),
        (number(totals["pull_requests"]), "pull requests"),
        (duration(totals["active_seconds"]), "active"),
    ]
    columns = max(1, min(4, console.width // 34))
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for _ in range(columns):
        table.add_column(justify="right", no_wrap=True)
        table.add_column(justify="left", no_wrap=True)
    for start in range(0, len(cells), columns):
        row: list[Text] = []
        for value, name in cells[start : start + columns]:
            row += [Text(value, style="bold"), Text(name, style="dim")]
        table.add_row(*row)
    console.print(table)


def _print_breakdown(console: Console, dimension: str, rows: list[dict[str, Any]]) -> None:
    from rich.text import Text

    present = rows[0].keys() if rows else ()
    names = {**USAGE_COLUMNS, **OUTCOME_COLUMNS}
    shown = [n for n in USAGE_COLUMNS if n in present] or [n for n in OUTCOME_COLUMNS if n in present]
    rows = [line for line in rows if any(line[name] for name in shown)]  # others have other facts: --json shows them
    if not rows:
        return
    table, left_out = _breakdown(dimension, rows, shown), []
    for name in (n for n in DISPENSABLE if n in shown):  # a narrow terminal keeps what is asked for and what it cost
        if console.measure(table, options=console.options.update(max_width=10_000)).maximum <= console.width:
            break
        shown.remove(name)
        left_out.append(names[name])
        table = _breakdown(dimension, rows, shown)
    console.print(table)
    if left_out:
        console.print(Text(f"{', '.join(left_out)}: in a wider terminal, or with --json", style="dim"))


def _breakdown(dimension: str, rows: list[dict[str, Any]], shown: list[str]) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from tachograph.server.page import cost_of, mark, number

    table = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True, title=f"by {dimension}", title_justify="left"
    )
    table.add_column(dimension, overflow="fold", min_width=10)
    for name in shown:
        table.add_column({**USAGE_COLUMNS, **OUTCOME_COLUMNS}[name], justify="right", no_wrap=True)
    marks = [mark(line.get("coverage")) for line in rows]
    if any(marks):
        table.add_column("coverage", justify="right")
    for line, marked in zip(rows, marks, strict=True):
        cells = [cost_of(line) if n == "cost_microusd" else number(line[n]) for n in shown]
        name = "unknown" if line[dimension] is None else str(line[dimension])
        table.add_row(Text(name), *cells, *([marked] if any(marks) else []))
    return table
