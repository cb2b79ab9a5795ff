"""Rows for people: a table where it fits, one row under the other where it does not, whole lines where a program reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tachograph.cli.wording import harmless

__all__ = ["print_table"]

_GAP = 3  # blanks between columns
_EDGES = 2  # and one at each side
_LEAST = 12  # signs a line of a text column keeps before rows are written one under the other


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows as a table for people. Where it is too wide, names of columns break at their underscores, then texts.

    Where standard output is no terminal every row is one line, however long.
    """
    from tachograph.cli.terminal import make_console

    console = make_console()
    cells = [[_cell(value) for value in row] for row in rows]
    numeric = [any(isinstance(row[index], (int, float)) for row in rows) for index in range(len(columns))]
    room = console.width if console.is_terminal else None
    heads = [[name] for name in columns]
    widths = _widths(heads, cells)
    if _needed(widths) > console.width:
        heads = [_broken(name, max([len(row[i]) for row in cells], default=0)) for i, name in enumerate(columns)]
        widths = _widths(heads, cells)
    if room is not None and _needed(widths) > room:
        widths = _narrowed(widths, numeric, room)
        if _needed(widths) > room:
            console.print(_under_each_other(columns, cells), markup=False, soft_wrap=True)
            return
    if room is None:
        console.width = max(1, _needed(widths))
    console.print(_table(heads, cells, numeric, widths))


def _widths(heads: Sequence[Sequence[str]], cells: Sequence[Sequence[str]]) -> list[int]:
    return [max([*map(len, head), *(len(row[i]) for row in cells)], default=0) for i, head in enumerate(heads)]


def _table(heads: list[list[str]], cells: list[list[str]], numeric: list[bool], widths: list[int]) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head, is_number, width in zip(heads, numeric, widths, strict=True):
        justify = "right" if is_number else "left"
        table.add_column("\n".join(head), justify=justify, overflow="fold", width=max(1, width))  # type: ignore[arg-type]
    for row in cells:
        table.add_row(*(Text(cell) for cell in row))
    return table


def _broken(name: str, width: int) -> list[str]:
    """A name in lines, broken at its underscores, no wider than what stands below it as far as its words allow."""
    lines = [""]
    words = name.split("_")
    for place, word in enumerate(words):
        part = word if place == len(words) - 1 else word + "_"
        if lines[-1] and len(lines[-1]) + len(part) > max(width, 8):
            lines.append(part)
        else:
            lines[-1] += part
    return lines


def _needed(widths: Sequence[int]) -> int:
    return sum(widths) + _GAP * max(0, len(widths) - 1) + _EDGES


def _narrowed(widths: Sequence[int], numeric: Sequence[bool], room: int) -> list[int]:
    """The widest text columns made narrower, none below what can be read."""
    narrowed = list(widths)
    texts = [index for index, is_number in enumerate(numeric) if not is_number]
    while texts and _needed(narrowed) > room:
        widest = max(texts, key=lambda index: narrowed[index])
        if narrowed[widest] <= _LEAST:
            break
        narrowed[widest] -= 1
    return narrowed


def _under_each_other(columns: Sequence[str], cells: Sequence[Sequence[str]]) -> str:
    """Each row as lines of a name and a value, with an empty line between rows."""
    width = max(len(name) for name in columns)
    rows = ("\n".join(f"{name:<{width}}  {cell}" for name, cell in zip(columns, row, strict=True)) for row in cells)
    return "\n\n".join(rows)


def _cell(value: Any) -> str:
    """A value for people: no exponent, no dust of floats, and nothing that would move a terminal's cursor."""
    if isinstance(value, float):
        if 0 < abs(value) < 1e-3:
            return f"{value:.9f}".rstrip("0") if abs(value) >= 1e-9 else str(value)
        return str(round(value, 6))
    return "" if value is None else harmless(str(value))
