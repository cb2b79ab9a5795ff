"""Counting by local time: the answer equals counting rows one by one in that zone, around every kind of change."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tachograph.analytics.compile import answer
from tachograph.analytics.query import Query, Window
from tachograph.analytics.zones import find_zone
from tachograph.ports import Batch
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import EventKind
from tests.effort import rounds

EPOCH = datetime.fromisoformat("1970-01-01")
SECOND = 1_000_000
HOUR = 3600 * SECOND

# Zone and a moment of change there, or a quiet one: whole hours, halves and quarters, dates left out, changes off the hour.
CHANGES = (
    ("UTC", "2026-11-20T00:00:00"),
    ("Europe/Berlin", "2026-10-25T01:00:00"),
    ("Europe/Berlin", "2026-03-29T01:00:00"),
    ("America/New_York", "2026-11-01T06:00:00"),
    ("America/Sao_Paulo", "2018-11-04T03:00:00"),  # midnight does not exist
    ("America/Sao_Paulo", "2019-02-17T02:00:00"),  # the hour before midnight exists twice
    ("Australia/Lord_Howe", "2026-04-04T15:00:00"),  # back by half an hour
    ("Australia/Lord_Howe", "2026-10-03T15:30:00"),  # forward by half an hour
    ("Asia/Kolkata", "2026-11-19T18:30:00"),
    ("Asia/Kathmandu", "2026-11-19T18:15:00"),
    ("Asia/Kathmandu", "1985-12-31T18:30:00"),  # from 5:30 to 5:45, at midnight
    ("Pacific/Apia", "2011-12-30T10:00:00"),  # a day left out
    ("Pacific/Kiritimati", "1994-12-31T10:40:00"),
    ("America/St_Johns", "2006-10-29T02:31:00"),  # at one past midnight back into the day before
    ("America/Goose_Bay", "2006-10-29T03:01:00"),  # the same, whole hours from UTC
    ("Africa/Monrovia", "1972-01-07T00:44:30"),  # an offset with seconds
    ("Africa/Casablanca", "2026-03-22T01:00:00"),
    ("Asia/Pyongyang", "2018-05-04T15:00:00"),
)


def local(zone: str, us: int) -> datetime:
    return (EPOCH + timedelta(microseconds=us)).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def hour_of(zone: str, us: int) -> str:
    """By hand: back second by second (in strides) to where the local hour, with this very offset, began."""
    here = local(zone, us)
    begin = us - us % SECOND
    for stride in (60 * SECOND, SECOND):
        while True:
            before = local(zone, begin - stride)
            if before.utcoffset() != here.utcoffset() or (before.date(), before.hour) != (here.date(), here.hour):
                break
            begin -= stride
    text = local(zone, begin).isoformat()
    return text.replace("+00:00", "Z") if zone == "UTC" else text


KEYS: dict[str, Callable[[str, int], Any]] = {
    "day": lambda zone, us: local(zone, us).date().isoformat(),
    "week": lambda zone, us: (local(zone, us).date() - timedelta(days=local(zone, us).weekday())).isoformat(),
    "month": lambda zone, us: local(zone, us).date().replace(day=1).isoformat(),
    "weekday": lambda zone, us: local(zone, us).isoweekday(),
    "hour_of_day": lambda zone, us: local(zone, us).hour,
    "hour": hour_of,
}
METRICS = ("requests", "input_tokens", "sessions", "prompts", "tool_calls")


def by_hand(
    zone: str, events: list[tuple[int, str, str]], key: Callable[[str, int], Any], window: Window
) -> dict[Any, list[int]]:
    sums: dict[Any, list[int]] = defaultdict(lambda: [0] * len(METRICS))
    active: dict[Any, set[str]] = defaultdict(set)
    for number, (us, kind, session) in enumerate(events):
        at = EPOCH + timedelta(microseconds=us)
        if (window.start is not None and at < window.start) or (window.end is not None and at >= window.end):
            continue
        name = key(zone, us)
        sums[name][0] += kind == "request"
        sums[name][1] += number + 1 if kind == "request" else 0
        sums[name][3] += kind == "prompt"
        sums[name][4] += kind == "tool"
        active[name].add(session)
    for name, sessions in active.items():
        sums[name][2] = len(sessions)
    return dict(sums)


def make(number: int, us: int, kind: str, session: str) -> Any:
    common: dict[str, Any] = {"key": str(number), "at_us": us, "session_id": session}
    if kind == "request":
        return make_event(request_id=f"r{number}", model="m", input_tokens=number + 1, **common)
    if kind == "prompt":
        return make_event(EventKind.PROMPT, prompt_id=f"p{number}", **common)
    return make_event(EventKind.TOOL_CALL, tool_use_id=f"t{number}", tool_name="Bash", success=True, **common)


# Close to the change: seconds, the hours around it, days and half a year away; and to the microsecond.
distance = st.one_of(
    st.integers(-3 * HOUR, 3 * HOUR),
    st.sampled_from(
        [-1, 0, 1, -SECOND, SECOND, -HOUR, HOUR, -HOUR // 2, HOUR // 2, HOUR // 4, HOUR - 1, -HOUR - 1, 60 * SECOND - 1]
    ),
    st.integers(-40, 40).map(lambda quarters: quarters * HOUR // 4),
    st.integers(-200, 200).map(lambda days: days * 24 * HOUR),
)
moments = st.tuples(
    distance, st.sampled_from(["request", "request", "prompt", "tool"]), st.sampled_from(["s_a", "s_b"])
)


@pytest.mark.timeout(300)
@settings(max_examples=rounds(12, thorough=60), deadline=None)
@given(
    change=st.sampled_from(CHANGES),
    others=st.lists(st.sampled_from([name for name, _ in CHANGES]), max_size=2),
    events=st.lists(moments, min_size=1, max_size=25),
    start=st.none() | distance,
    end=st.none() | distance,
)
@example(
    change=CHANGES[13],
    others=[],
    events=[(i * 60 * SECOND, "prompt", "s_a") for i in (-32, 0, 28)],
    start=None,
    end=None,
)
@example(
    change=CHANGES[8],
    others=[],
    events=[(i * 60 * SECOND, "prompt", "s_a") for i in (-25, -15, 15)],
    start=-20 * 60 * SECOND,
    end=None,
)
@example(change=CHANGES[1], others=[], events=[(0, "request", "s_a"), (-1, "request", "s_a")], start=-HOUR, end=HOUR)
@example(
    change=CHANGES[14], others=[], events=[(-20 * SECOND, "prompt", "s_a"), (HOUR // 3, "prompt", "s_a")],
    start=-30 * SECOND, end=None,
)  # fmt: skip
def test_the_answer_equals_counting_one_by_one(change, others, events, start, end):
    centre = round((datetime.fromisoformat(change[1]) - EPOCH).total_seconds()) * SECOND
    rows = [(centre + far, kind, session) for far, kind, session in events]
    bounds = [None if far is None else EPOCH + timedelta(microseconds=centre + far) for far in (start, end)]
    if None not in bounds and bounds[0] >= bounds[1]:  # type: ignore[operator]
        bounds = bounds[::-1] if bounds[0] != bounds[1] else [bounds[0], None]
    store = DuckDBStore(":memory:")
    try:
        store.write(Batch(events=[make(number, *row) for number, row in enumerate(rows)]))
        store.settle()
        for name in dict.fromkeys([change[0], *others]):
            window = Window(start=bounds[0], end=bounds[1], zone=find_zone(name))
            for dimension, key in KEYS.items():
                found = answer(store, Query(metrics=METRICS, by=[dimension], window=window)).rows
                expected = by_hand(name, rows, key, window)
                assert {row[0]: list(row[1:]) for row in found} == expected, (name, dimension)
                assert len(found) == len(expected), "one row twice"
                for value in list(expected)[:3]:
                    kept = Query(metrics=METRICS, filters={dimension: [str(value)]}, window=window)
                    assert list(answer(store, kept).rows[0]) == expected[value], (name, dimension, value)
    finally:
        store.close()
