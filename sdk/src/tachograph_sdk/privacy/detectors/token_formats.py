"""How a kind of token is described: what the rows of `token_table` are made of.

A row says: rule, prefix, letters of the rest, how many of them a genuine token has. Providers change lengths more
often than prefixes, so two thirds of the documented length are enough, and what follows in the same letters belongs to
the token. A prefix that words end in too ("task-") is `loose`: it must not follow a letter or digit.
Rows without a prefix of their own have a pattern and are found by two letters they begin with (`head`), or by what
stands before their first long run (`after`).
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from functools import cache

__all__ = [
    "AFTER",
    "EDGE",
    "HEADS",
    "PREFIXES",
    "UUID",
    "A",
    "B",
    "Format",
    "H",
    "L",
    "U",
    "W",
    "after",
    "head",
    "prefix",
    "shape",
]

A = "A-Za-z0-9"  # letters and digits
W = r"\w\-"  # ... with both dashes, as in base64 for URLs
B = "A-Za-z0-9+/"  # base64
H = "0-9a-f"
U = "A-Z0-9"
L = "a-z0-9"
UUID = f"[{H}]{{8}}-(?:[{H}]{{4}}-){{3}}[{H}]{{12}}"

EDGE = (
    r"(?:(?<![A-Za-z0-9_])|(?<=\\[nrtbfv0])|(?<=%[0-9A-Fa-f]{2})|(?<=\[[0-9]m)|(?<=[\[;][0-9]{2}m)|(?<=\[K)"
    r"|(?<=\\x[0-9A-Fa-f]{2})|(?<=\\u[0-9A-Fa-f]{4})|(?<=_{2}))"
)
"""Nothing of a word before this place, but perhaps an escape: a line break, %20, a colour of the terminal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One kind of token: how to recognise it from the place `back` characters before its anchor."""

    rule: str
    source: str
    back: int = 0
    anchor: bytes = b""
    prefix: bytes = b""  # what it surely begins with
    begins: bool = False  # its pattern demands the whole of this, letter by letter
    mixed: bool = False  # only if it has a digit, or letters of both cases: words come near

    @property
    def pattern(self) -> re.Pattern[bytes]:
        """Compiled when first needed: all of them together would take a program's start 50 ms."""
        return _compiled(self.source)


@cache
def _compiled(source: str) -> re.Pattern[bytes]:
    return re.compile(source.encode())


PREFIXES: defaultdict[bytes, list[Format]] = defaultdict(list)
"""By the three characters (two, if there are no more) that end in the prefix's first "-" or "_"."""

HEADS: defaultdict[bytes, list[Format]] = defaultdict(list)
"""By the first two characters of a long run."""

AFTER: defaultdict[bytes, list[Format]] = defaultdict(list)
"""By the two characters before a long run."""


def prefix(rule: str, start: str, letters: str, length: int, tail: str = "", *, loose: bool = False) -> Format:
    """A prefix that is a token's own, up to its first dash at least; and what follows that, of so many letters."""
    least = length if length < 16 else max(12, length * 2 // 3)
    edge = EDGE if loose else ""
    anchor = re.match(r"[^_-]*[_-]", start)
    assert anchor, f"{rule}: the prefix needs a dash"
    pattern = f"{edge}{re.escape(start)}[{letters}]{{{least},4096}}+{tail}"
    made = Format(
        rule=rule,
        source=pattern,
        back=anchor.end() - 1,
        anchor=anchor[0][-3:].encode(),
        prefix=start.encode(),
        begins=True,
        mixed=loose,
    )
    PREFIXES[made.anchor].append(made)
    return made


def shape(rule: str, anchor: str, pattern: str, *, mixed: bool = False) -> Format:
    """A pattern that begins with the anchor's word, which ends in its first dash."""
    made = Format(
        rule=rule,
        source=pattern,
        back=len(anchor) - 1,
        anchor=anchor[-3:].encode(),
        prefix=anchor.encode(),
        begins=pattern.removeprefix(EDGE).startswith((anchor, re.escape(anchor))),
        mixed=mixed,
    )
    PREFIXES[made.anchor].append(made)
    return made


def head(rule: str, heads: str, pattern: str) -> Format:
    """A pattern that begins with one of these pairs of letters, at the beginning of a long run."""
    made = Format(rule=rule, source=pattern)
    for head in heads.split():
        HEADS[head.encode()].append(made)
    return made


def after(rule: str, before: str, back: int, pattern: str) -> Format:
    """`back`: how many characters before the run the token begins; negative: at most so many, the first match counts."""
    made = Format(rule=rule, source=pattern, back=back)
    for pair in before.split():
        AFTER[pair.encode()].append(made)
    return made
