"""Finding printed records between other lines, and letting go of those."""

from __future__ import annotations

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph.inputs.files.console import dumps
from tachograph.inputs.files.console.dumps import DumpFinder
from tests.unit.console.making import event, find, metric

ONE = event()
ANSWER = "The answer holds { braces }, and\n{\n  an: 'object',\n}\nwhich is none of ours {\n"


def lines_of(text: str) -> list[int]:
    return [dump.line for dump in find(text)[0]]


def test_between_the_models_own_lines():
    found, finder = find(ANSWER + ONE + "more\n" + metric(1) + ANSWER)
    assert [dump.text.decode() + "\n" for dump in found] == [ONE, metric(1)]
    assert [dump.line for dump in found] == [6, 7 + ONE.count("\n")]
    assert found[0].offset == len(ANSWER)
    assert finder.torn is None
    assert finder.broken == []


def test_after_a_line_that_has_no_end():
    assert [dump.text.decode() + "\n" for dump in find("It is 2026." + ONE)[0]] == [ONE]


@pytest.mark.parametrize(
    "change", [lambda t: t.replace("\n", "\r\n"), lambda t: re.sub("'[^'\n]*'", "\x1b[32m\\g<0>\x1b[39m", t)]
)
def test_as_a_terminal_shows_it(change):
    assert [dump.text.decode() + "\n" for dump in find(change(ONE + ANSWER + ONE))[0]] == [ONE, ONE]


def test_without_a_last_line_end():
    assert len(find(ONE.rstrip("\n"))[0]) == 1


@pytest.mark.parametrize("cut", range(0, len(ONE) - 2, 7))
def test_the_last_one_cut_off_is_said_and_not_given(cut: int):
    found, finder = find(ANSWER + ONE + ONE[:cut])
    assert len(found) == 1
    second_line = ONE.index("\n") + 1 + len("  resource:")
    assert finder.torn == (len(ANSWER) + len(ONE) if cut >= second_line else None)
    assert find(ANSWER + ONE + ONE[:cut] + ONE[cut:])[1].torn is None


def test_one_that_is_broken_off_costs_itself_only():
    half = "\n".join(ONE.splitlines()[:6]) + "\n"
    found, finder = find(half + "the model goes on\n" + half + ONE)
    assert [dump.text.decode() + "\n" for dump in found] == [ONE]
    assert [(broken.line, broken.size) for broken in finder.broken] == [(1, len(half)), (8, len(half))]
    assert sum(finder.broken_counts.values()) == 2


def test_the_resource_that_old_versions_print():
    text = "\n=== Resource Attributes ===\n{ 'service.name': 'claude-code' }\n===========================\n\n"
    long = "\n=== Resource Attributes ===\n{\n  'service.name': 'claude-code'\n}\n===========================\n"
    found, _ = find(text + metric(1) + long + "{\n  'no': 'resource'\n}\n")
    assert [dump.is_resource for dump in found] == [True, False, True]


def test_one_larger_than_any_is_passed_over(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(dumps, "MAX_DUMP_BYTES", 4096)
    monkeypatch.setattr(dumps, "PIECE_BYTES", 512)
    many = event(more="\n    x: 1," * 1000)
    long = event(more="\n    x: '" + "y" * 20_000 + "',")
    found, finder = find(many + long + ONE + "z" * 10_000 + "\n" + ONE)
    assert [dump.text.decode() + "\n" for dump in found] == [ONE, ONE]
    assert finder.broken_counts == {"too_large": 2}


parts = st.sampled_from(
    [
        ONE,
        metric(2),
        "{\n",
        "{",
        "}\n",
        "}",
        "  resource: {\n",
        "  descriptor: {",
        "\n",
        "\r\n",
        " ",
        "text\n",
        "x {\n",
        "=== Resource Attributes ===\n",
        "{ a: 1 }\n",
        "\x1b[31m",
        "\t",
        "  attributes: {\n",
        "é\n",
        "\0",
    ]
)


@given(st.lists(parts, max_size=30).map("".join) | st.binary(max_size=100), st.integers(1, 40))
def test_any_bytes_in_any_pieces_are_looked_at_twice_at_most(data: str | bytes, piece: int):
    raw = data.encode() if isinstance(data, str) else data
    whole, finder = find(raw)
    assert finder.looks <= 2 * finder.lines

    class Pieces(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(min(piece, size or piece))

    assert list(DumpFinder().find(Pieces(raw))) == whole
    for dump in whole:
        assert dump.text.startswith(b"{")
        assert dump.text.endswith(b"}")


@pytest.mark.parametrize(
    "hostile",
    [
        "{\n" * 500_000,
        "{\n  resource: {\n" * 60_000,
        "{\n  traceId:" + "{" * 1_000_000,
        " {" * 500_000,
        "{" * 1_000_000,
    ],
)
def test_a_hostile_megabyte_is_looked_at_twice_at_most(hostile: str):
    found, finder = find(hostile)
    assert found == []
    assert finder.looks <= 2 * finder.lines <= 2 * hostile.count("\n") + 2
    assert len(finder.broken) <= dumps.MAX_TOLD
