"""What a terminal can show: sparklines, bars and changes say what they stand for, also in ASCII."""

from __future__ import annotations

import io

import pytest

from tachograph.cli.terminal import bar, change, is_plain, make_console, name_in, sparkline


@pytest.mark.parametrize(
    ("values", "drawn", "plain"),
    [
        ([], "", ""),
        ([0, 0], "··", "__"),
        ([1, 2, 4, 8], "▁▂▄█", ".:=@"),
        ([None, 5, 0], " █·", " @_"),
        ([0.001, 1000.0], "▁█", ".@"),
        ([7, 7, 7], "███", "@@@"),
        ([-3, 3], "·█", "_@"),
    ],
)
def test_a_sparkline_has_one_sign_a_value(values: list[float | None], drawn: str, plain: str) -> None:
    assert sparkline(values) == drawn
    assert sparkline(values, plain=True) == plain


@pytest.mark.parametrize(
    ("share", "drawn", "plain"),
    [
        (0, "", ""),
        (1, "██████████", "##########"),
        (0.5, "█████", "#####"),
        (0.0001, "▏", "#"),
        (7, "█" * 10, "#" * 10),
    ],
)
def test_a_bar_is_as_long_as_its_share_and_never_nothing_for_something(share: float, drawn: str, plain: str) -> None:
    assert bar(share, 10) == drawn
    assert bar(share, 10, plain=True) == plain


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (112, 100, "+12 %"), (88, 100, "−12 %"), (100, 100, "±0 %"), (100.1, 100, "<1 %"), (5, 0, "new"), (0, 0, ""),
        (0, 5, "−100 %"), (None, 5, ""), (5, None, ""), (5000, 10, "×500"),
    ],
)  # fmt: skip
def test_a_change_is_told_only_where_both_are_known(now: float | None, before: float | None, said: str) -> None:
    assert change(now, before) == said


def test_a_name_obeys_no_terminal_and_keeps_its_beginning() -> None:
    assert name_in("a\x1b[31mred\nline", 40) == "a [31mred line"
    assert name_in("abcdefghij", 5) == "abcd…"
    assert name_in(None, 20) == "unknown"


def test_where_only_ascii_can_be_written_it_is_and_columns_stay_columns() -> None:
    raw = io.BytesIO()
    console = make_console(io.TextIOWrapper(raw, encoding="ascii"), width=40)
    assert is_plain(console)
    console.print("– − • … ü", end="")
    console.file.flush()
    assert raw.getvalue() == b"- - * ~ ?"
