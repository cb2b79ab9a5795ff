"""What a detector is: it finds one sort of private thing in a text, and shows by example what it catches and spares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar, cast

from tachograph_sdk.privacy.detectors.anchors import Anchors

__all__ = ["NOT_ASCII", "RUN", "Detector", "Span", "Text"]

_Found = TypeVar("_Found")

RUN = b"<run>"
"""The sign of a text that has one of `Text.runs`."""

NOT_ASCII = b"<not ascii>"
"""The sign of a text that has other characters than ASCII."""


class Span(NamedTuple):
    """A piece of the text that must go: from `start` to before `end`, in characters."""

    start: int
    end: int
    kind: str  # word of the placeholder: "email" becomes "<email>"
    rule: str  # what recognised it, for reports: "github-pat"


class Text:
    """A text and its views, all of the same length, so that a place in one is that place in the others.

    `ascii` and `lower` hold one byte for each character, "?" for what is not ASCII: looking for a few letters there is
    many times faster than with a pattern. What is found by them is looked at again in `text`.
    """

    __slots__ = ("_anchors", "_ascii", "_found", "_lower", "_places", "_runs", "_shape", "text")

    def __init__(self, text: str, anchors: Anchors | None = None) -> None:
        """Of this text; `anchors` are the strings that detectors will ask for with `places`."""
        self.text = text
        self._anchors = anchors
        self._places: dict[bytes, list[int]] | None = None
        self._ascii: bytes | None = None
        self._lower: bytes | None = None
        self._runs: tuple[tuple[int, int], ...] | None = None
        self._shape: bytes | None = None
        self._found: dict[object, object] = {}

    @property
    def ascii(self) -> bytes:
        """One byte for each character."""
        if self._ascii is None:
            self._ascii = self.text.encode("ascii", "replace")
        return self._ascii

    @property
    def lower(self) -> bytes:
        """The same in lower case."""
        if self._lower is None:
            self._lower = self.ascii.lower()
        return self._lower

    @property
    def runs(self) -> tuple[tuple[int, int], ...]:
        """(start, end) of each longest run of 16 or more of `A-Za-z0-9_-`: what tokens are mostly made of."""
        if self._runs is None:
            self._runs = tuple(_runs(self.ascii.translate(_TOKEN_CLASS)))
        return self._runs

    @property
    def shape(self) -> bytes:
        """The same with each digit as `0` and each letter as `a`: numbers of one form have one shape."""
        if self._shape is None:
            self._shape = self.ascii.translate(_SHAPE)
        return self._shape

    def once(self, look: Callable[[Text], _Found]) -> _Found:
        """What `look` finds in this text; it looks only once, for all detectors that ask."""
        if look not in self._found:
            self._found[look] = look(self)
        return cast(_Found, self._found[look])

    @property
    def anchored(self) -> Mapping[bytes, Sequence[int]]:
        """The places of each declared anchor that stands in the text."""
        if self._places is None:
            self._places = self._anchors.find(self.lower) if self._anchors is not None else {}
        return self._places

    def places(self, needle: bytes) -> Sequence[int]:
        """Where this stands in the text, its letters in any case, in order; `needle` is in lower case.

        What a detector declares among its `anchors` is found for all of them at once, and costs next to nothing where
        it is absent.
        """
        anchors = self._anchors
        if anchors is None or needle not in anchors.needles:
            return Anchors.places(needle, self.lower)
        return self.anchored.get(needle, ())


_RUN = 16
_TOKEN_CLASS = bytes(97 if chr(code).isalnum() or code in b"_-" else 32 for code in range(128)) + b" " * 128


_SHAPE = bytes(48 if 48 <= code < 58 else 97 if 65 <= code < 91 or 97 <= code < 123 else code for code in range(256))


def _runs(classes: bytes) -> Iterator[tuple[int, int]]:
    """Runs of "a"; looking for a run of fixed length skips most of the text, as no pattern does."""
    find = classes.find
    start = find(b"a" * _RUN)
    while start >= 0:
        end = find(b" ", start + _RUN)
        if end < 0:
            end = len(classes)
        yield start, end
        start = find(b"a" * _RUN, end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One sort of private thing.

    `find` takes time in proportion to the text, whatever the text: it looks for anchors, and does bounded work at each.
    It never raises for any text, NUL and lone surrogates included.
    """

    id: str  # also its file's name
    help: str  # what it finds, one sentence for the public page
    find: Callable[[Text], Iterable[Span]]
    catches: tuple[tuple[str, str], ...]  # a text, and the same as the whole scrubber must leave it
    spares: tuple[str, ...]  # texts that come near, and must stay as they are
    anchors: tuple[bytes, ...] = ()  # what it asks for with `Text.places`
    signs: tuple[bytes, ...] | None = None
    """A text without any of these holds nothing for it, and it is not asked: most short texts are without most of them.

    Anchors, other strings in lower case (those with a `0` stand in the text's `shape`), or `RUN` and `NOT_ASCII`. None:
    it looks at every text.
    """
