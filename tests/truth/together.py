"""Sessions at the same time, counted one by one in plain Python. Nothing of analytics/ is imported."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from tests.truth.rows import TIMES

__all__ = ["Stretch", "active", "clipped", "compare", "stretches_of", "utc"]

Stretch = tuple[str, datetime, datetime]


def stretches_of(records: Iterable[tuple[str, datetime]], idle: timedelta) -> list[Stretch]:
    """From when to when each session was active without a longer pause."""
    times: dict[str, list[datetime]] = defaultdict(list)
    for session, at in records:
        times[session].append(at)
    found: list[Stretch] = []
    for session, moments in times.items():
        moments.sort()
        begun = last = moments[0]
        for moment in moments[1:]:
            if moment - last > idle:
                found.append((session, begun, last))
                begun = moment
            last = moment
        found.append((session, begun, last))
    return found


def clipped(stretches: Sequence[Stretch], since: datetime, until: datetime) -> list[Stretch]:
    return [(s, max(b, since), min(e, until)) for s, b, e in stretches if e >= since and b < until]


def active(stretches: Sequence[Stretch], at: datetime) -> set[str]:
    return {session for session, begun, ended in stretches if begun <= at <= ended}


def seconds(stretches: Sequence[Stretch], begins: datetime, ends: datetime) -> tuple[float, float, float]:
    """Of all together, of at least one, of at least two."""
    edges = sorted({min(max(m, begins), ends) for _, b, e in stretches for m in (b, e)} | {begins, ends})
    sums = [0.0, 0.0, 0.0]
    for one, other in pairwise(edges):
        count = len(active(stretches, one + (other - one) / 2))
        lasted = (other - one).total_seconds()
        sums[0] += count * lasted
        sums[1] += lasted * (count > 0)
        sums[2] += lasted * (count > 1)
    return sums[0], sums[1], sums[2]


def pieces_of(grain: str, zone: str, since: datetime, until: datetime) -> list[tuple[str, datetime, datetime]]:
    """Each piece by name with its two ends: the clock goes on by a quarter of an hour at a time."""
    found: dict[str, datetime] = {}
    moment = since.replace(minute=since.minute - since.minute % 15, second=0, microsecond=0)
    while moment < until:
        found.setdefault(TIMES[grain](max(moment, since), zone), max(moment, since))
        moment += timedelta(minutes=15)
    starts = [*found.values(), until]
    return [(name, starts[place], starts[place + 1]) for place, name in enumerate(found)]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC).replace(tzinfo=None)


def compare(
    told: Mapping[str, Any], stretches: Sequence[Stretch], *, grain: str, zone: str, since: datetime, until: datetime
) -> int:
    """Every figure of an answer is the one that is counted here. Returns the highest peak."""
    whole = clipped(stretches, since, until)
    pieces = pieces_of(grain, zone, since, until)
    assert [one["piece"] for one in told["pieces"]] == [name for name, _, _ in pieces]
    most = 0
    for one, (_, begins, ends) in zip(told["pieces"], pieces, strict=True):
        near = [s for s in whole if s[2] >= begins and s[1] <= ends]
        moments = [begins, *sorted(b for _, b, _ in near if begins <= b < ends)]
        counts = [len(active(near, moment)) for moment in moments]
        assert one["peak"] == max(counts), one
        assert (None if one["peak_at"] is None else utc(one["peak_at"])) == (
            moments[counts.index(max(counts))] if one["peak"] else None
        )
        true = seconds(near, begins, ends)
        assert (one["session_seconds"], one["busy_seconds"], one["shared_seconds"]) == pytest.approx(true, abs=1e-3)
        assert one["mean"] == (pytest.approx(true[0] / true[1]) if true[1] else None)
        most = max(most, one["peak"])
    assert told["whole"]["peak"] == most
    assert told["whole"]["session_seconds"] == pytest.approx(sum(one["session_seconds"] for one in told["pieces"]))
    if most:
        assert told["at"]["moment"] == told["whole"]["peak_at"]
        assert told["at"]["count"] == most
        then = {one["session"] for one in told["at"]["sessions"]}
        assert then <= active(whole, utc(told["at"]["moment"]))
        assert len(then) == most - told["at"]["left_out"]
    return most
