"""Explanations for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_explanation"]

_SHOWN_CELLS = 40
_WIDE = 112  # columns of a terminal that hold every kind of token beside the cost
_COLUMNS = {
    "requests": "requests",
    "input_tokens": "tokens in",
    "output_tokens": "out",
    "cache_read_tokens": "cache read",
    "cache_write_tokens": "cache write",
}


def print_explanation(told: dict[str, Any], console: Console | None = None) -> None:
    """One sentence, then the ways as tables, then what else is to be said."""
    from rich.console import Console
    from rich.text import Text

    console = console or Console()
    window = told["window"]
    if told.get("demo"):
        console.print(Text("Made-up data: this is a demonstration.", style="reverse"))
    console.print(Text(told["sentence"], style="bold"))
    since, until = window["since"] or "the beginning", window["until"] or "now"
    console.print(Text(f"{since} to {until} ({window.get('tz', 'UTC')})", style="dim"))
    ways = [told["waterfall"]] if "waterfall" in told else told["waterfalls"]
    for way in ways:
        _print_way(console, way)
    if "cells" in told:
        _print_cells(console, told)
    _print_reasons(console, ways)
    for row in told.get("bill", {}).get("bad", []):
        console.print(Text(f"• line {row['line']} of the bill: {row['reason']}", style="yellow"))
    for note in told.get("notes", []):
        console.print(Text(f"• {note}", style="dim"))


def _print_way(console: Console, way: dict[str, Any]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    lines = [way["start"], *way["steps"], way["end"]]
    if console.width < _WIDE:
        lines = [{**line, "tokens": sum(line[name] for name in _COLUMNS if name != "requests")} for line in lines]
        shown = ["requests", "tokens"]
    else:
        shown = [name for name in _COLUMNS if any(line[name] for line in lines)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=way["name"], title_justify="left")
    table.add_column("", overflow="fold", min_width=18)
    table.add_column("cost", justify="right", no_wrap=True)
    for name in shown:
        table.add_column(_COLUMNS.get(name, name), justify="right", no_wrap=True)
    start, *steps, end = lines
    table.add_row("its own sum", *_cells(start, shown, sign=False))
    for step in steps:
        table.add_row(Text(f"  {step['name']}"), *_cells(step, shown, sign=True))
    table.add_row(Text("the ledger", style="bold"), *_cells(end, shown, sign=False))
    console.print(table)


def _cells(line: dict[str, Any], shown: list[str], *, sign: bool) -> list[str]:
    counts = [f"{line[name]:+,}" if sign and line[name] else ("" if sign else f"{line[name]:,}") for name in shown]
    return [_money(line["cost_microusd"], sign=sign), *counts]


def _money(micro: int, *, sign: bool) -> str:
    """Micro-dollars with all their places: it must add up on paper."""
    if sign and not micro:
        return ""
    mark = "-" if micro < 0 else "+" if sign else ""
    return f"{mark}${abs(micro) // 1_000_000:,}.{abs(micro) % 1_000_000:06d}"


def _print_cells(console: Console, told: dict[str, Any]) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    differing = [cell for cell in told["cells"] if cell["difference_microusd"] or cell["steps"]]
    if not differing:
        return
    first = "session" if told["against"] == "cost" else "day"
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title=f"by {first} and model", title_justify="left")
    table.add_column(first, no_wrap=True)  # to be copied
    table.add_column("model", overflow="fold")
    for name in (told["waterfall"]["name"], "the ledger", "difference"):
        table.add_column(name, justify="right", overflow="fold")
    table.add_column("because of", overflow="fold")
    for cell in sorted(differing, key=lambda c: -abs(c["difference_microusd"]))[:_SHOWN_CELLS]:
        theirs, ours = cell["theirs"]["cost_microusd"], cell["ledger"]["cost_microusd"]
        causes = sorted(cell["steps"], key=lambda step: -abs(step["cost_microusd"]))
        causes = [step for step in causes if step["cost_microusd"]] or causes
        table.add_row(
            Text(cell["day"]),
            Text(cell["model"]),
            _money(theirs, sign=False),
            _money(ours, sign=False),
            _money(ours - theirs, sign=True) or "0",
            Text(", ".join(step["name"] for step in causes)),
        )
    console.print(table)
    if len(differing) > _SHOWN_CELLS:
        console.print(Text(f"and {len(differing) - _SHOWN_CELLS:,} more rows: --json has all", style="dim"))


def _print_reasons(console: Console, ways: list[dict[str, Any]]) -> None:
    from rich.text import Text

    reasons = {step["name"]: step["why"] for way in ways for step in way["steps"]}
    for name, why in reasons.items():
        console.print(Text.assemble((name, "bold"), f": {why}"))
