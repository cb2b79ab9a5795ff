"""Many findings become one list: in order, without overlaps, and never inside a placeholder."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from tachograph_sdk.privacy.detectors.detector import Span

__all__ = ["KINDS", "Found", "masked", "outside_placeholders", "united"]

Found = tuple[int, int, int, str, str]
"""(start, end, precedence, kind, rule); the lowest precedence names the whole."""

KINDS = (
    "birth_date", "card", "cookie", "email", "host", "iban", "ip", "jwt", "mac", "name", "national_id", "password", "path",
    "phone", "private_key", "secret", "token", "url", "user",
)  # fmt: skip
"""The words of placeholders."""

_ELEMENT = 4096  # characters in which an element of XML ends
_PLACEHOLDER = re.compile(rf"<({'|'.join(KINDS)})(?::[0-9]{{1,9}})?>")


def masked(text: str) -> str:
    """The text with the words of its placeholders made unreadable: in `<password>…</li>` none is the name of an element."""
    return _PLACEHOLDER.sub(_mask, text) if "<" in text else text


def _mask(match: re.Match[str]) -> str:
    if match.string.find(f"</{match[1]}>", match.end(), match.end() + _ELEMENT) >= 0:
        return match[0]
    return f"<{'x' * (len(match[0]) - 2)}>"


def united(found: Iterable[Found]) -> list[Span]:
    """Findings that overlap become one. Sorting is all the work: n log n, however they overlap."""
    spans: list[Span] = []
    start = end = -1
    first, kind, rule = 0, "", ""
    for begin, stop, precedence, its_kind, its_rule in sorted(found):
        if begin >= end:
            if end > start:
                spans.append(Span(start, end, kind, rule))
            start, end, first, kind, rule = begin, stop, precedence, its_kind, its_rule
        else:
            if stop > end:
                end = stop
            if precedence < first:
                first, kind, rule = precedence, its_kind, its_rule
    if end > start:
        spans.append(Span(start, end, kind, rule))
    return spans


def outside_placeholders(text: str, found: list[Found]) -> tuple[list[Found], list[Found]]:
    """The findings, none beginning or ending inside a placeholder; and those that have one in them.

    What has a placeholder in it was found before: it says again what is gone, with what was between.
    """
    if not found or "<" not in text:
        return found, []
    starts: list[int] = []
    ends: list[int] = []
    for match in _PLACEHOLDER.finditer(text):
        starts.append(match.start())
        ends.append(match.end())
    if not starts:
        return found, []
    kept: list[Found] = []
    again: list[Found] = []
    for finding in found:
        start, end, precedence, kind, rule = finding
        first = bisect_right(ends, start)  # the first placeholder that ends behind the start
        if first == len(starts) or starts[first] >= end:
            kept.append(finding)
            continue
        if starts[first] < start:
            start = ends[first]
            first += 1
        if first < len(starts) and starts[first] < end:
            if ends[first] <= end:
                again.append(finding)
                continue
            end = starts[first]
        if start < end:
            kept.append((start, end, precedence, kind, rule))
        else:
            again.append(finding)
    return kept, again
