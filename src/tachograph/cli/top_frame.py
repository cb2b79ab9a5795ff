"""One frame of `tachograph top`, drawn from one answer to what goes on now. It fits the terminal it is drawn for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tachograph.cli.terminal import bar, name_in, sparkline
from tachograph.cli.wording import counted

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

__all__ = ["draw_frame"]

STACKED = 76  # columns; below, errors stand under the tools
NARROW = 100  # columns; below, sessions do without their tokens and errors


def draw_frame(
    told: Mapping[str, Any], *, width: int, height: int | None, plain: bool = False, note: str = "", keys: str = ""
) -> RenderableType:
    """Sessions, today, requests a minute, tools and errors.

    Args:
        told: the answer of /api/v1/now.
        width, height: of the terminal, in signs and lines; no height: as long as it gets.
        plain: only ASCII can be shown.
        note: where the figures come from and how fresh they are.
        keys: which keys do what.
    """
    from rich.console import Group

    head = [*_head(told, width, plain, note)]
    sides, side_lines = _sides(
        told, width, plain, most=None if height is None else max(2, (height - len(head) - 6) // 3)
    )
    foot = [_line(keys, "dim")] if keys else []
    room = None if height is None else max(1, height - len(head) - side_lines - len(foot) - 1)
    return Group(*head, *_sessions(told["sessions"], width, plain, room), *sides, *foot)


def _head(told: Mapping[str, Any], width: int, plain: bool, note: str) -> list[Text]:
    from rich.text import Text

    from tachograph.cli.amounts import dollars, short

    today, month, budget = told["today"], told["month"], told["budget"]
    lines = []
    if told.get("demo"):
        lines.append(_line("Made-up data: this is a demonstration.", "reverse"))
    title = Text.assemble(
        ("tachograph top", "bold"), (f"  {told['at'][:19].replace('T', ' ')} {told['window']['tz']}", "dim")
    )
    if note and title.cell_len + 2 + len(note) <= width:
        title.append(" " * (width - title.cell_len - len(note)) + note, style="dim")
        note = ""
    title.truncate(width)
    lines.append(title)
    if note:
        lines.append(_line(note, "dim"))
    unpriced = " (and more without a price)" if today["unpriced_requests"] else ""
    lines.append(
        _parts(
            [
                (dollars(today["cost_microusd"]), f"today{unpriced}"),
                _several(today["requests"], "request"),
                (short(today["total_tokens"]), "tokens"),
                _several(today["tool_calls"], "tool call"),
                _several(today["tool_errors"] + today["api_errors"], "error"),
                _several(today["sessions"], "session"),
            ],
            width,
        )
    )
    for spent, limit, name in (
        (today["cost_microusd"], budget["day_microusd"], "day"),
        (month["cost_microusd"], budget["month_microusd"], "month"),
    ):
        if limit is not None:
            share = spent / limit
            style = "red" if share >= 1 else "yellow" if share >= 0.8 else "green"
            drawn = bar(share, 20, plain=plain)
            text = Text.assemble((f"{name:<5} ", "dim"), (f"{drawn:<20}", style), f" {share:.0%} of {dollars(limit)}")
            lines.append(text)
    lines.append(_spark(told["minutes"], width, plain))
    return lines


def _spark(minutes: Mapping[str, Sequence[int]], width: int, plain: bool) -> Text:
    from rich.text import Text

    requests, errors = minutes["requests"], minutes["errors"]
    room = len(requests)
    while True:  # the words name the highest of what is shown, so they change with it
        label = f" requests a minute, last {room} min, highest {max(requests[-room:], default=0)}"
        if room + len(label) <= width or room <= 10:
            break
        room -= 1
    line = Text()
    drawn = sparkline([*requests[-room:]], plain=plain)
    for sign, failed in zip(drawn, errors[-room:], strict=True):
        line.append(sign, style="red" if failed else "cyan")
    line.append(label, style="dim")
    line.truncate(width)
    return line


def _sessions(rows: Sequence[Mapping[str, Any]], width: int, plain: bool, room: int | None) -> list[RenderableType]:
    from rich.text import Text

    from tachograph.cli.amounts import cost_of, number, short

    if not rows:
        return [_line("No session had a record in the last half hour.", "dim")]
    shown = rows if room is None or len(rows) <= room else rows[: max(1, room - 1)]
    wide = width >= NARROW
    columns = ["", "session", "agent", "project", "model", "since", "cost", "tokens", "last tool", "failed"]
    if not wide:
        columns = ["", "agent", "project", "model", "since", "cost", "tokens", "last tool"]
    table = _table(columns, right={"since", "cost", "tokens", "failed"})
    names = _room_for_names(width, wide)
    for row in shown:
        works = row["state"] == "working"
        mark = Text(("*" if plain else "●") if works else ("." if plain else "○"), style="green" if works else "dim")
        tool = Text(name_in(row["last_tool"] or "–", names["tool"]), style="red" if row["last_tool_failed"] else "")
        cost = cost_of({**row, "coverage": {"unpriced_requests": row["unpriced_requests"]}})
        cells: dict[str, Text | str] = {
            "": mark,
            "session": name_in(row["session"], names["session"]),
            "agent": name_in(row["agent"], names["agent"]),
            "project": name_in(row["project"] or "–", names["project"]),
            "model": name_in((row["model"] or "–").removeprefix("claude-"), names["model"]),
            "since": _ago(row["running_seconds"]),
            "cost": cost,
            "tokens": short(row["tokens"]),
            "last tool": tool,
            "failed": number(row["tool_errors"] + row["api_errors"]),
        }
        style = "" if works else "dim"
        table.add_row(
            *(cells[name] if isinstance(cells[name], Text) else Text(str(cells[name])) for name in columns), style=style
        )
    more: list[RenderableType] = []
    if len(shown) < len(rows):
        more = [_line(f"and {len(rows) - len(shown)} more", "dim")]
    return [table, *more]


def _room_for_names(width: int, wide: bool) -> dict[str, int]:
    """How long names may be, so that figures are whole."""
    if not wide:
        spare = max(0, width - 80)
        return {"session": 0, "agent": 11, "project": 10 + spare // 2, "model": 13 + spare // 2, "tool": 9}
    spare = width - NARROW
    return {
        "session": min(18, 10 + spare // 4),
        "agent": 12,
        "project": min(24, 10 + spare // 3),
        "model": min(28, 14 + spare // 3),
        "tool": min(24, 10 + spare // 4),
    }


def _sides(told: Mapping[str, Any], width: int, plain: bool, most: int | None) -> tuple[list[RenderableType], int]:
    """Tools and errors, beside each other; and how many lines they take."""
    from rich.table import Table
    from rich.text import Text

    from tachograph.cli.amounts import number

    tools, errors = told["tools"][:most], told["errors"][:most]
    if not tools and not errors:
        return [], 0
    beside = width >= STACKED
    left_width = min(58, width - 36) if beside else width
    left = _table(["tool today", "calls", "failed", ""], right={"calls", "failed"})
    highest = max((row["tool_calls"] for row in tools), default=1)
    bars = max(4, left_width - 36)
    for row in tools:
        failed = Text(number(row["tool_errors"]), style="red" if row["tool_errors"] else "dim")
        drawn = Text(bar(row["tool_calls"] / highest, bars, plain=plain), style="cyan")
        left.add_row(Text(name_in(row["tool"], 16)), number(row["tool_calls"]), failed, drawn)
    right = _table(["errors today", ""], right={""})
    for row in errors:
        name = name_in(row["error_class"] or "of no known class", max(8, width - (left_width if beside else 0) - 17))
        right.add_row(Text(f"{row['of']}: {name}"), Text(number(row["count"]), style="red"))
    if not errors:
        right.add_row(Text("none", style="dim"), "")
    lines = max(len(tools), len(errors), 1)
    if beside:
        both = Table.grid(padding=(0, 2, 0, 0))
        both.add_column(width=left_width)
        both.add_column()
        both.add_row(left, right)
        return [Text(""), both], 2 + lines
    return [Text(""), left, right], 3 + len(tools) + max(len(errors), 1)


def _table(columns: Sequence[str], *, right: set[str]) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0), header_style="dim underline")
    for name in columns:
        table.add_column(name, justify="right" if name in right else "left", no_wrap=True)
    return table


def _several(many: int, one: str) -> tuple[str, str]:
    """A number and what it counts."""
    count, _, name = counted(many, one).partition(" ")
    return count, name


def _parts(parts: Sequence[tuple[str, str]], width: int) -> Text:
    from rich.text import Text

    line = Text()
    for value, name in parts:
        piece = Text.assemble(("  " if line else "", ""), (value, "bold"), (f" {name}", "dim"))
        if line.cell_len + piece.cell_len > width:
            break
        line.append_text(piece)
    return line


def _line(text: str, style: str) -> Text:
    from rich.text import Text

    return Text(text, style=style, no_wrap=True, overflow="ellipsis")


def _ago(seconds: int) -> str:
    minutes = seconds // 60
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h" if minutes < 6000 else f"{minutes // 1440} d"
