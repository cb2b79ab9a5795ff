"""Where a text has numbers as long as cards, phones and national ids are: found once, for all who look for one of these.

Most texts have none or few; dates and times of day are not among them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tachograph_sdk.privacy.detectors.detector import Text

__all__ = ["NUMBER_SIGNS", "Number", "luhn", "numbers"]

# In the shape of the text: three digits, which are not the year of a date, and three more after few separators.
# Seven digits, or six with another one before them: rejected here, a number costs a tenth of what it costs below.
_DIGITS = re.compile(
    rb"000(?=[ ()./+-]{0,2}0)(?<!0000)(?!0?[-/.]00?[-/.]00?(?!0))(?:(?>(?:[ ()./+-]{0,2}+0){4,63})|(?:[ ()./+-]{0,2}+0){3}(?:"
    + b"|".join(
        b"(?<=0%s000%s000)" % (b"[ ()./+-]" * outer, b"[ ()./+-]" * inner) for outer in (1, 2) for inner in (0, 1, 2)
    )
    + b"))"
)
# Groups without three digits in a row, as in French telephone numbers, British and Belgian ids.
_PAIRS = (b"00 00 00 ", b"00.00.00", b"00-00-00-00-00")
NUMBER_SIGNS = (b"000", *_PAIRS)
"""A text whose shape has none of these has no such number."""
_GROUPS = re.compile(rb"0(?>(?:[ ()./+-]{0,2}+0){5,63})")
_SEPARATED = b"0 ()./+-"
_OPENING = b" ()./+-"
_DOUBLED = bytes.maketrans(b"0123456789", bytes(48 + sum(divmod(2 * digit, 10)) for digit in range(10)))
_BACK = 32
_CONTEXT = 48
_LETTERS_ONLY = bytes(code if 97 <= code < 123 else 32 for code in range(256))


class Number:
    """Seven digits or more in groups: from `start` to before `end`, and what stands before them on the line."""

    __slots__ = ("_lower", "_words", "end", "glued", "plain", "start")

    def __init__(self, lower: bytes, start: int, end: int, glued: bool, plain: bool) -> None:
        self.start = start
        self.end = end
        self.glued = glued  # part of a longer token that may be the number of an account, and nothing else
        self.plain = plain  # digits only, no groups
        self._lower = lower
        self._words: frozenset[bytes] | None = None

    @property
    def before(self) -> bytes:
        """Up to 48 characters in front, of the same line, in lower case."""
        before = self._lower[max(0, self.start - _CONTEXT) : self.start]
        return before[before.rfind(b"\n") + 1 :]

    @property
    def words(self) -> frozenset[bytes]:
        """The words in these characters."""
        if self._words is None:
            self._words = frozenset(self.before.translate(_LETTERS_ONLY).split())
        return self._words


def numbers(text: Text) -> tuple[Number, ...]:
    """All of them, in order and without overlaps."""
    return text.once(_look)


def luhn(digits: str) -> bool:
    """Whether the last digit is right as cards and some ids compute it (ISO/IEC 7812)."""
    codes = digits.encode("ascii")
    return (sum(codes[-1::-2]) + sum(codes[-2::-2].translate(_DOUBLED)) - 48 * len(codes)) % 10 == 0


def _look(text: Text) -> tuple[Number, ...]:
    shape, lower = text.shape, text.lower
    found: list[Number] = []
    end = 0
    for match in _places(shape):
        start, stop = match.span()
        if start < end:
            continue
        before = shape[start - 1] if start else 32
        end = stop
        if before in _OPENING and start:
            low = max(found[-1].end if found else 0, start - _BACK)
            start = shape.index(b"0", low + len(shape[low:start].rstrip(_SEPARATED)))
        glued = before == 97 or before == 95 or _is_glued(shape, start, stop)
        if stop - start >= 7 and (not glued or b"aa00" in shape[max(0, start - _BACK) : start + 3]):
            plain = not shape[start:stop].strip(b"0")
            found.append(Number(lower, start, stop, glued, plain))
    return tuple(found)


def _places(shape: bytes) -> Iterable[re.Match[bytes]]:
    """Where digits stand that are worth a look, in order."""
    pairs = [match for needle in _PAIRS for at in _all(shape, needle) if (match := _GROUPS.match(shape, at))]
    return sorted([*_DIGITS.finditer(shape), *pairs], key=_span) if pairs else _DIGITS.finditer(shape)


def _span(match: re.Match[bytes]) -> tuple[int, int]:
    return match.span()


def _all(shape: bytes, needle: bytes) -> Iterator[int]:
    place = shape.find(needle)
    while place >= 0:
        yield place
        place = shape.find(needle, place + len(needle))


def _is_glued(shape: bytes, start: int, end: int) -> bool:
    """Whether digits are part of a hash, a UUID or another token: letters or a hyphenated part are glued to them."""
    return (
        shape[max(0, start - 2) : start] in (b"aa", b"0a", b"a-", b"0-")
        or (shape[end : end + 1] == b"a" and shape[end + 1 : end + 2] in (b"a", b"0"))
        or shape[end : end + 2] == b"-a"
    )
