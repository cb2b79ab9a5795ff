"""Each row of the table of tokens is found alone, in quotes, in a URL, behind an escape; look-alikes are spared."""

from __future__ import annotations

import random
import re

import pytest

from tachograph_sdk.privacy.detectors.detector import Text
from tachograph_sdk.privacy.detectors.provider_tokens import DETECTOR
from tachograph_sdk.privacy.detectors.token_formats import Format
from tachograph_sdk.privacy.detectors.token_table import FORMATS

_CONTEXTS = (
    "{}",
    "key {}, then",
    '"{}"',
    "({})",
    "https://example.com/?a={}&b=1",
    "\\n{}\\n",
    "\x1b[31m{}\x1b[0m",
    "x={}\n",
)
_ALPHABETS = ("0123456789abcdef", "abcdefghij0123456789", "ABCDEFGHIJ0123456789", "aBcDeFgHiJ0123456789")


def _tokens(row: Format) -> list[str]:
    """Texts of this row's shape: its prefix, and letters of several alphabets until the pattern takes all of it."""
    dice = random.Random(row.rule)
    made = []
    for letters in _ALPHABETS:
        token = row.prefix.decode() + "".join(dice.choices(letters, k=96))
        if row.pattern.fullmatch(token.encode()):
            made.append(token)
    return made


_ROWS = [pytest.param(row, id=f"{row.rule}-{i}") for i, row in enumerate(FORMATS) if row.prefix and _tokens(row)]


@pytest.mark.parametrize("row", _ROWS)
def test_a_token_of_each_row_is_found_whole_and_with_nothing_around(row: Format) -> None:
    for token in _tokens(row):
        for context in _CONTEXTS:
            text = context.format(token)
            found = list(DETECTOR.find(Text(text)))
            assert {text[span.start : span.end] for span in found} == {token}, context


def test_there_are_more_than_a_hundred_kinds_and_most_are_tried_here() -> None:
    assert len({row.rule for row in FORMATS}) >= 250
    assert len(_ROWS) >= 130


def test_rules_are_words_and_dashes() -> None:
    assert all(re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", row.rule) for row in FORMATS)


@pytest.mark.parametrize("row", _ROWS)
def test_what_only_stands_for_a_token_stays(row: Format) -> None:
    for stand_in in ("x" * 48, "X" * 48, "*" * 48, "your-token-here", "<token>", "${TOKEN}"):
        text = f"key={row.prefix.decode()}{stand_in}"
        assert not list(DETECTOR.find(Text(text)))
