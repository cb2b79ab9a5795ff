"""Which detectors have to look at a text: those that one of their signs is there for.

Most texts are short, and have signs for a few detectors or none: asking all of them would take most of the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tachograph_sdk.privacy.detectors.anchors import rarest
from tachograph_sdk.privacy.detectors.detector import NOT_ASCII, RUN, Detector, Span, Text

__all__ = ["Chosen"]

_MOST = 4096  # different choices that are remembered
_Find = Callable[[Text], Iterable[Span]]


class Chosen:
    """Detectors in their order of precedence, and what shows that a text may hold something for one of them."""

    __slots__ = ("_always", "_anchors", "_choices", "_finds", "_in_lower", "_in_shape", "_not_ascii", "_run")

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self._finds = tuple((precedence, detector.find) for precedence, detector in enumerate(detectors))
        self._always = sum(1 << precedence for precedence, one in enumerate(detectors) if one.signs is None)
        anchors = {anchor for detector in detectors for anchor in detector.anchors}
        bits: dict[bytes, int] = {}  # of the detectors that want this sign
        for precedence, detector in enumerate(detectors):
            for sign in detector.signs or ():
                bits[sign] = bits.get(sign, 0) | 1 << precedence
        self._run = bits.pop(RUN, 0)
        self._not_ascii = bits.pop(NOT_ASCII, 0)
        self._anchors = {sign: wanted for sign, wanted in bits.items() if sign in anchors}
        others = [(sign, wanted) for sign, wanted in bits.items() if sign not in anchors]
        self._in_shape = tuple((sign, wanted) for sign, wanted in others if b"0" in sign)
        grouped: dict[bytes, list[tuple[bytes, int]]] = {}  # by the rarest character in each
        for sign, wanted in others:
            if b"0" not in sign:
                grouped.setdefault(rarest(sign), []).append((sign, wanted))
        self._in_lower = tuple((char, tuple(signs)) for char, signs in grouped.items())
        self._choices: dict[int, tuple[tuple[int, _Find], ...]] = {}

    def of(self, text: Text) -> tuple[tuple[int, _Find], ...]:
        """Precedence and function of each that has to look at this text, in order."""
        chosen = self._always
        anchors = self._anchors
        for anchor in text.anchored:
            if anchor in anchors:
                chosen |= anchors[anchor]
        lower = text.lower
        for char, signs in self._in_lower:
            if char in lower:
                for sign, wanted in signs:
                    if chosen & wanted != wanted and sign in lower:
                        chosen |= wanted
        shape = text.shape
        if b"0" in shape:
            for sign, wanted in self._in_shape:
                if chosen & wanted != wanted and sign in shape:
                    chosen |= wanted
        if not text.text.isascii():
            chosen |= self._not_ascii
        if chosen & self._run != self._run and text.runs:
            chosen |= self._run
        choice = self._choices.get(chosen)
        if choice is None:
            if len(self._choices) >= _MOST:
                self._choices.clear()
            choice = self._choices[chosen] = tuple(one for one in self._finds if chosen >> one[0] & 1)
        return choice
