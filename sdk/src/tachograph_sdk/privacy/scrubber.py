"""Finds and replaces private things in free text. The one engine for everything that may hold such text.

A text is read in layers: as it stands, then with its escapes read (up to three levels), then what its runs of base64
and hex say. All detectors look at each layer; what they find is traced back to the text itself, overlapping findings
become one, and each is replaced by a placeholder that says of what kind it was. See `layers` and `spans`.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

from tachograph_sdk.privacy.chosen import Chosen
from tachograph_sdk.privacy.detectors import DETECTORS
from tachograph_sdk.privacy.detectors.anchors import Anchors
from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.layers import Layer, blank, unescaped, unfolded, unpacked, unslashed
from tachograph_sdk.privacy.spans import Found, masked, outside_placeholders, united
from tachograph_sdk.privacy.structure import Tell, scrub_structure

__all__ = ["DROPPED", "Finding", "Scrubber"]

DROPPED = "<dropped:scrubber-error>"
"""What is left of a text that could not be scrubbed."""

_LEVELS = 3  # how many times what was read is read again
_MAX_NUMBERED = 1_000_000  # different values that get a number of their own in one session


class Finding(NamedTuple):
    """How often a rule found something; never what."""

    rule: str
    kind: str
    times: int


class Scrubber:
    """Replaces what the detectors find by typed placeholders.

    Scrubbing twice changes nothing more. Where a detector fails, the whole text is dropped: never let through. One
    scrubber may be used by several threads.

    Args:
        detectors: what to look for, in the order of precedence.
        consistent: number the placeholders, `<email:1>`: the same value gets the same number as long as this scrubber
            lives, another one gets another. Which value has which number is kept nowhere else.
    """

    def __init__(self, detectors: Sequence[Detector] = DETECTORS, *, consistent: bool = False) -> None:
        self._chosen = Chosen(detectors)
        self._anchors = Anchors(anchor for detector in detectors for anchor in detector.anchors)
        self._consistent = consistent
        self._numbers: dict[bytes, int] = {}
        self._keys: dict[str, bool] = {}
        self._last: Counter[str] = Counter()
        self._key = secrets.token_bytes(32)
        self._counts: Counter[tuple[str, str]] = Counter()
        self._lock = threading.Lock()

    def find(self, text: str) -> list[Span]:
        """What must go, in order and without overlaps.

        Raises:
            Exception: whatever a detector raised; `scrub` turns that into a dropped text.
        """
        return united(self._findings(text, 0)[0])

    def scrub(self, text: str) -> str:
        """The text with placeholders in place of what was found."""
        return self.scrub_and_tell(text)[0]

    __call__ = scrub

    def scrub_and_tell(self, text: str) -> tuple[str, list[Span]]:
        """The scrubbed text, and what was found in the text as it was."""
        try:
            spans = self.find(text)
            return self.replace(text, spans) if spans else text, spans
        except Exception:  # noqa: BLE001 - fail closed
            with self._lock:
                self._counts["scrubber-error", "dropped"] += 1
            return DROPPED, [Span(0, len(text), "dropped", "scrubber-error")] if text else []

    def scrub_value(self, value: Any, tell: Tell | None = None) -> Any:
        """A copy of a nested value as JSON has it, with every string in it scrubbed, keys too.

        A key that says so makes its whole value a secret: "password", "client_secret", "authorization". What is no
        such value, too deep (64 levels) or too much (a million values) becomes `<dropped:…>`.

        Args:
            value: mappings, sequences, strings, bytes, numbers, True, False, None.
            tell: called for each finding with the place of its string, as a JSON pointer, and its span.
        """
        return scrub_structure(value, self, self._keys, tell)

    def replace(self, text: str, spans: Sequence[Span]) -> str:
        """The text with placeholders for these parts of it, in order and without overlaps; they are counted."""
        pieces: list[str] = []
        at = 0
        for start, end, kind, _ in spans:
            pieces += (text[at:start], self._placeholder(kind, text[start:end]))
            at = end
        pieces.append(text[at:])
        with self._lock:
            self._counts.update((rule, kind) for _, _, kind, rule in spans)
        return "".join(pieces)

    def report(self) -> tuple[Finding, ...]:
        """What was found so far, most frequent first: rule, kind and how often, never a value."""
        with self._lock:
            counts = self._counts.most_common()
        return tuple(Finding(rule, kind, times) for (rule, kind), times in counts)

    def _findings(self, text: str, level: int) -> tuple[list[Found], list[Found]]:
        """Everything found in a text and in what can be read from it; and what only says a placeholder again."""
        if (layer := unslashed(text)) is not None:
            return self._traced(layer, level)
        seen = Text(masked(blank(text)), self._anchors)
        found: list[Found] = []
        for precedence, find in self._chosen.of(seen):
            for start, end, kind, rule in find(seen):
                found.append((start, end, precedence, kind, rule))
        deeper: list[Found] = []
        known: list[Found] = []
        if level < _LEVELS:
            if (layer := unescaped(text)) is not None:
                deeper, known = self._traced(layer, level + 1)
                if found and (deeper or known):
                    found = layer.trimmed(found, (*known, *deeper))
            if (layer := unpacked(seen)) is not None:
                deeper += self._traced(layer, level + 1)[0]
        found, again = outside_placeholders(text, found)
        return found + deeper, again + known

    def _traced(self, layer: Layer, level: int) -> tuple[list[Found], list[Found]]:
        """The findings of a layer, as places in the text it was read from."""
        found, known = (
            [(*layer.source(start, end), precedence, kind, rule) for start, end, precedence, kind, rule in findings]
            for findings in self._findings(layer.text, level)
        )
        return found, known

    def _placeholder(self, kind: str, value: str) -> str:
        if not self._consistent:
            return f"<{kind}>"
        same = unfolded(value).casefold().encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(same, digest_size=16, key=self._key, person=kind.encode()[:16]).digest()
        with self._lock:
            number = self._numbers.get(digest)
            if number is None:
                if len(self._numbers) >= _MAX_NUMBERED:
                    return f"<{kind}>"
                self._last[kind] += 1
                number = self._numbers[digest] = self._last[kind]
        return f"<{kind}:{number}>"
