"""Finds and replaces private things in free text. The one engine for everything that may hold such text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tachograph_sdk.privacy.detectors import DETECTORS
from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text

__all__ = ["DROPPED", "Scrubber"]

DROPPED = "<dropped:scrubber-error>"
"""What is left of a text that could not be scrubbed."""

_PLACEHOLDER = re.compile(r"<[a-z_]{2,24}(?::[0-9]{1,9})?>")


class Scrubber:
    """Replaces what the detectors find by typed placeholders.

    Scrubbing twice changes nothing more. Where a detector fails, the whole text is dropped: never let through.
    """

    def __init__(self, detectors: Sequence[Detector] = DETECTORS) -> None:
        self._detectors = tuple(detectors)

    def find(self, text: str) -> list[Span]:
        """What must go, in order and without overlaps."""
        seen = Text(text)
        kept = [match.span() for match in _PLACEHOLDER.finditer(text)] if "<" in text else []
        claimed: list[Span] = []
        for detector in self._detectors:
            for span in detector.find(seen):
                claimed = _claim(claimed, span)
        return [span for span in sorted(claimed) if not any(a <= span.start and span.end <= b for a, b in kept)]

    def scrub(self, text: str) -> str:
        """The text with placeholders in place of what was found."""
        try:
            spans = self.find(text)
        except Exception:  # noqa: BLE001 - fail closed
            return DROPPED
        if not spans:
            return text
        pieces: list[str] = []
        at = 0
        for span in spans:
            pieces += (text[at : span.start], f"<{span.kind}>")
            at = span.end
        pieces.append(text[at:])
        return "".join(pieces)

    __call__ = scrub


def _claim(claimed: list[Span], new: Span) -> list[Span]:
    """With the new span; one that overlaps an earlier one only makes that longer."""
    start, end, kind, rule = new
    rest = []
    for span in claimed:
        if span.end <= start or span.start >= end:
            rest.append(span)
        else:
            start, end, kind, rule = min(start, span.start), max(end, span.end), span.kind, span.rule
    return [*rest, Span(start, end, kind, rule)]
