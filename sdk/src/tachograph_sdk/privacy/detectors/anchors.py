"""Many short strings looked for at once: the price of a dozen, however many there are.

Looking for one string in bytes costs about 0.4 ns a character; a hundred of them cost a hundred times that. A pattern
that begins with one rare letter runs as fast, and costs more only where that letter stands. So each string is looked
for by the rarest letter in it: one pattern for each such letter, which compares what is behind the letter and then
what is before. Strings that share no rare letter with others are looked for one by one. The answers are the same.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

__all__ = ["Anchors", "rarest"]

# How often characters stand in a thousand characters of prose, code and logs, in lower case. Only speed depends on it.
_OFTEN: Mapping[str, float] = {
    **dict.fromkeys("\x00\x01\t\r", 1.0), "\n": 20, " ": 150, "e": 80, "t": 65, "a": 60, "o": 55, "i": 55, "n": 55, "s": 55,
    "r": 50, "l": 32, "d": 30, "c": 28, "h": 25, "u": 22, "m": 22, "p": 22, "f": 18, "g": 16, "b": 14, "y": 13, "w": 11,
    "v": 9, "k": 7, "x": 4, "j": 2.5, "q": 1.5, "z": 1.5, "0": 18, "1": 18, "2": 18, ".": 15, ",": 10, "/": 10, ":": 14,
    "-": 15, "_": 15, "=": 8, '"': 20, "(": 6, ")": 6, "'": 5, "`": 3, "[": 3, "]": 3, "{": 2, "}": 2, "\\": 3, "#": 2,
    "*": 2, "@": 1, "~": 0.5, "?": 1, "&": 1, "%": 1, "$": 1, "+": 1, "|": 1, "<": 2, ">": 2, "!": 1, ";": 2, "^": 0.5,
}  # fmt: skip
_MOST_ROWS = 4096
_ALONE = 0.45  # ns a character for one string
_LETTER = 0.25  # ... for the pattern of one letter
_HIT = 0.035  # ... and for each of its places in a thousand characters


class Anchors:
    """Strings in lower case, ready to be looked for."""

    __slots__ = ("_alone", "_by_letter", "needles")

    def __init__(self, needles: Iterable[bytes]) -> None:
        self.needles = frozenset(needles)
        letters, self._alone = _plan(self.needles)
        self._by_letter = [(letter, *_compiled(letter, rows)) for letter, rows in letters.items()]

    def find(self, lower: bytes) -> dict[bytes, list[int]]:
        """The places of each string in a text in lower case, in order; without those that are not there."""
        places: defaultdict[bytes, list[int]] = defaultdict(list)
        starts = lower.startswith
        for letter, pattern, rows in self._by_letter:
            at = lower.find(letter)
            if at < 0 or (first := pattern.search(lower, at)) is None:
                continue
            for match in pattern.finditer(lower, first.start()):
                at = match.start()
                for back, needle in rows[lower[at + 1 : at + 4]]:
                    if at >= back and starts(needle, at - back):
                        places[needle].append(at - back)
        for needle in self._alone:
            if found := self.places(needle, lower):
                places[needle] = found
        return places

    @staticmethod
    def places(needle: bytes, lower: bytes) -> list[int]:
        """The places of one string; hits may overlap."""
        found: list[int] = []
        at = lower.find(needle)
        while at >= 0:
            found.append(at)
            at = lower.find(needle, at + 1)
        return found


def _often(code: int) -> float:
    return _OFTEN.get(chr(code), 2.0)


def rarest(needle: bytes) -> bytes:
    """The character of a string that stands least often in texts."""
    return bytes([min(needle, key=_often)])


def _plan(needles: frozenset[bytes]) -> tuple[dict[int, list[bytes]], list[bytes]]:
    """Which letter each string is looked for by; and which are looked for alone."""
    left = set(needles)
    letters: dict[int, list[bytes]] = {}
    while left:
        having: dict[int, list[bytes]] = {}
        for needle in sorted(left):
            for code in set(needle):
                having.setdefault(code, []).append(needle)
        price, code = min(((_LETTER + _HIT * _often(code)) / len(rows), code) for code, rows in having.items())
        if price > _ALONE:
            break
        letters[code] = having[code]
        left.difference_update(having[code])
    return letters, sorted(left)


class _Rows(dict[bytes, list[tuple[int, bytes]]]):
    """By the three characters behind a letter: the strings that may stand there, and how far before it each begins."""

    def __init__(self, letter: int, needles: list[bytes]) -> None:
        super().__init__()
        self._all = [(needle.index(letter), needle) for needle in needles]

    def __missing__(self, behind: bytes) -> list[tuple[int, bytes]]:
        if len(self) > _MOST_ROWS:
            self.clear()
        rows = [
            (back, needle)
            for back, needle in self._all
            if behind.startswith(needle[back + 1 : back + 4]) or needle[back + 1 :].startswith(behind)
        ]
        self[behind] = rows
        return rows


def _compiled(letter: int, needles: list[bytes]) -> tuple[re.Pattern[bytes], _Rows]:
    """The pattern of a letter and what follows it in each string; and the strings by what follows."""
    ways: defaultdict[bytes, list[bytes]] = defaultdict(list)
    for needle in needles:
        back = needle.index(letter)
        first, rest = needle[back + 1 : back + 2], needle[back + 2 :]
        ways[first].append(re.escape(rest) + (b"(?<=" + re.escape(needle) + b")" if back else b""))
    follows = [
        re.escape(first) + b"(?:" + b"|".join(rests) + b")" for first, rests in sorted(ways.items(), reverse=True)
    ]
    return re.compile(re.escape(bytes([letter])) + b"(?=" + b"|".join(follows) + b")"), _Rows(letter, needles)
