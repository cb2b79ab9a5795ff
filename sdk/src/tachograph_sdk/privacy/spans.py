"""Many findings become one list: in order, without overlaps, and never inside a placeholder."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from tachograph_sdk.privacy.detectors.detector import Span

__all__ = ["Found", "outside_placeholders", "united"]

Found = tuple[int, int, int, str, str]
"""(start, end, precedence, kind, rule); the lowest precedence names the whole."""

_PLACEHOLDER = re.compile(r"<[a-z_]{2,24}(?::[0-9]{1,9})?>")
_SAYS_NOTHING = re.compile(_PLACEHOLDER.pattern + r"|%[0-9a-fA-F]{2}|\\[nrt]|&[a-z]{2,6};")
_SAYS_SOMETHING = re.compile(r"[^\W_]")


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
    """The findings, none beginning or ending inside a placeholder; and those that only say again what one says."""
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
        last = bisect_right(starts, end - 1) - 1
        if last >= 0 and ends[last] > end:
            end = starts[last]
        if start < end and _SAYS_SOMETHING.search(_SAYS_NOTHING.sub("", text[start:end])):
            kept.append((start, end, precedence, kind, rule))
        else:
            again.append(finding)
    return kept, again
