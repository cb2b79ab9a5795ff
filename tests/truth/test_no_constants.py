"""None of the numbers and names that the originals answered with, whatever was asked, is in what asks and answers here.

The numbers are those of the fourth original's handlers and page (its endpoints made none of theirs from data), and the
prices that the other ones had in their code.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tachograph

NUMBERS = frozenset(
    {
        # /analytics/productivity, costs, efficiency, trends
        42, 1247, 389, 156, 447, 189, 23.47, 145_892, 89_347, 12_445, 78_923, 1.84, 18.32, 120_445, 67_234, 78.1, 5.15,
        25_447, 22_113, 21.9, 15.23, 189_445, 0.48, 8.24, 0.33, 3472.5, 0.56, 143.2, 0.019, 8.2, 234, 97.4, 1250.0, 0.89,
        456, 99.1, 580.0, 0.72, 94.3, 2840.0, 12.3, 8.7, 25.1, 67.89, 8450,
        # /analytics/dashboard
        12.5, 8.1, 15.8, 35.2, 324, 14.6, 96.8, 1890.0, 98.4, 92.1, 1340.0,
        # /analytics/advanced
        1.85, 145, 268.25, 2847, 1593, 0.059, 0.42, 89, 37.38, 1245, 843, 3.24, 74.52, 3456, 2134, 0.133, 380.15, 0.085,
        23.4, 0.032, 45.2, 1950.0, 0.145, 18.7, 1450.0, 0.098, 24.7, 18.3, 15.4, 30.2, 25.5, 18.8, 125, 8947, 6234, 24.5,
        5432, 21.4, 3245, 12.8, 1567, 6.1, 2.8, 6.4, 0.024,
        # /metrics/overview; prices of other originals
        45, 0.00018, 0.00005, 0.00025,
    }
)  # fmt: skip
TEXTS = ("claude-scope", "other-project", "developer@example.com", "engineer@example.com", "claude-3-5-sonnet-20241022")

TELLING = frozenset(number for number in NUMBERS if number >= 1000 or (number > 10 and len(f"{number:g}") >= 5))
"""Numbers that data of a small made-up month would not give by chance."""

MEANT: dict[str, set[float]] = {
    "rates.toml": {0.33, 12.5},  # what another tool takes for prices, to explain its figures
    "trend.py": {45},  # days that are shown one by one
    "changes.py": {42},  # days: six weeks
}
"""Numbers of sources that happen to be among them, each with its reason."""

_NUMBER = re.compile(r"(?<![\w.$-])\d[\d_]*(?:\.\d+)?(?![\w.])")


def sources() -> list[Path]:
    root = Path(tachograph.__file__).parent
    return [
        path
        for folder in ("analytics", "server")
        for path in sorted((root / folder).rglob("*"))
        if path.suffix in (".py", ".sql", ".toml")
    ]


def numbers_in(path: Path) -> Iterator[float]:
    """Numbers of the code, and those inside its SQL."""
    text = path.read_text("utf-8")
    if path.suffix != ".py":
        yield from (float(found.replace("_", "")) for found in _NUMBER.findall(text))
        return
    tree = ast.parse(text)
    documents = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in documents:
            if isinstance(node.value, (int, float)) and not isinstance(node.value, bool):
                yield float(node.value)
            elif isinstance(node.value, str) and "select" in node.value:
                yield from (float(found.replace("_", "")) for found in _NUMBER.findall(node.value))


def values_in(answer: Any) -> Iterator[Any]:
    """Every number and text of an answer, however deep."""
    if isinstance(answer, dict):
        for value in answer.values():
            yield from values_in(value)
    elif isinstance(answer, list):
        for value in answer:
            yield from values_in(value)
    else:
        yield answer


@pytest.mark.parametrize("path", sources(), ids=lambda path: "/".join(path.parts[-3:]))
def test_no_number_of_the_originals_stands_in_the_code(path):
    assert not NUMBERS & {*numbers_in(path)} - MEANT.get(path.name, set())


@pytest.mark.parametrize("path", sources(), ids=lambda path: "/".join(path.parts[-3:]))
def test_no_name_of_the_originals_stands_in_the_code(path):
    text = (
        path.read_text("utf-8") if path.name != "rates.toml" else ""
    )  # names of models that another tool has prices for
    assert not [name for name in TEXTS if name in text]


def test_the_search_finds_what_it_looks_for(tmp_path):
    """A search that cannot fail would show nothing."""
    code = tmp_path / "mock.py"
    code.write_text('"""42 of them."""\n\n\ndef costs():\n    return {"total": 23.47, "sql": "select 1247 as lines"}\n')
    assert {*numbers_in(code)} & NUMBERS == {23.47, 1247.0}
    query = tmp_path / "mock.sql"
    query.write_text("select 145_892 as tokens")
    assert {*numbers_in(query)} & NUMBERS == {145_892.0}
    assert {*values_in({"a": [{"b": 67.89}], "c": "x"})} == {67.89, "x"}
