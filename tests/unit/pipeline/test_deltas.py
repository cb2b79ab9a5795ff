"""Running totals become increments that add up to the total, once."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tachograph.pipeline.steps.deltas import Deltas
from tachograph.ports import Drops, StreamState
from tachograph_sdk.model.event import DropReason, Point, RawEvent, Source

START = 1_795_000_000_000_000_000


def point(
    value: float,
    at: int,
    *,
    stream: str = "s",
    start: int = START,
    cumulative: bool = True,
    monotonic: bool = True,
    count: int | None = None,
) -> RawEvent:
    return RawEvent(
        agent="claude_code",
        source=Source.OTEL_METRIC,
        name="claude_code.token.usage",
        at_ns=START + at,
        received_us=0,
        key=f"{stream}{at}".encode(),
        attributes={},
        point=Point(
            value=value, count=count, start_ns=start, cumulative=cumulative, monotonic=monotonic, stream=stream
        ),
    )


def values(deltas: Deltas, *records: RawEvent) -> tuple[list[float], Drops]:
    drops: Drops = {}
    kept = deltas(list(records), drops)
    assert all(r.point is not None and not r.point.cumulative for r in kept)
    return [r.point.value for r in kept if r.point], drops


def test_the_first_point_counts_from_its_start() -> None:
    assert values(Deltas(), point(7, 1)) == ([7], {})


def test_later_points_count_what_is_new() -> None:
    assert values(Deltas(), point(7, 1), point(7, 2), point(10, 3)) == ([7, 0, 3], {})


def test_streams_do_not_mix() -> None:
    assert values(Deltas(), point(7, 1, stream="a"), point(5, 1, stream="b"), point(8, 2, stream="a"))[0] == [7, 5, 1]


def test_a_value_that_falls_is_a_reset() -> None:
    assert values(Deltas(), point(7, 1), point(2, 2), point(3, 3))[0] == [7, 2, 1]


def test_a_gauge_like_sum_may_fall_without_a_reset() -> None:
    assert values(Deltas(), point(7, 1, monotonic=False), point(2, 2, monotonic=False))[0] == [7, -5]


def test_a_point_that_is_not_newer_is_dropped_and_counted() -> None:
    deltas = Deltas()
    assert values(deltas, point(7, 2), point(7, 2), point(5, 1), point(9, 3)) == (
        [7, 2],
        {(DropReason.STALE_POINT, "claude_code.token.usage"): 2},
    )


def test_deltas_and_records_without_a_point_pass_untouched() -> None:
    record = point(7, 1, cumulative=False, count=3)
    log = RawEvent(agent="", source=Source.OTEL_LOG, name="x", at_ns=1, received_us=1, key=b"", attributes={})
    drops: Drops = {}
    assert Deltas()([record, log, record], drops) == [record, log, record]
    assert record.point == Point(value=7, count=3, start_ns=START, cumulative=False, monotonic=True, stream="s")
    mixed = Deltas()([record, point(3, 1), log], drops)
    assert [r.point and r.point.value for r in mixed] == [7, 3, None]


def test_whole_numbers_stay_whole_and_exact() -> None:
    big = 2**62
    found, _ = values(Deltas(), point(big, 1), point(big + 1, 2))
    assert found == [big, 1]
    assert all(isinstance(value, int) for value in found)


def test_money_adds_up_to_the_nano_dollar() -> None:
    """0.1 + 0.2 is not 0.3 in floats; the increments of a running cost must still add up to it."""
    totals = [0.1, 0.30000000000000004, 0.7, 1.1000000000000001, 123456.789012345]
    found, _ = values(Deltas(), *[point(total, at) for at, total in enumerate(totals, 1)])
    assert sum(round(value * 1e9) for value in found) == round(totals[-1] * 1e9)


def test_less_than_a_nano_dollar_is_not_lost_forever() -> None:
    found, _ = values(Deltas(), *[point(n * 0.4e-9, n) for n in range(1, 11)])
    assert sum(round(value * 1e9) for value in found) == 4


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=30))
def test_increments_always_add_up(steps: list[int]) -> None:
    nano = [sum(steps[: n + 1]) for n in range(len(steps))]
    found, drops = values(Deltas(), *[point(total / 1e9, at) for at, total in enumerate(nano, 1)])
    assert sum(round(value * 1e9) for value in found) == nano[-1]
    assert not drops


def test_state_goes_out_with_the_batch_and_in_at_the_start() -> None:
    first = Deltas()
    values(first, point(7, 1), point(5, 1, stream="other"))
    changed = first.take_changed()
    assert changed == {
        "s": StreamState(start_ns=START, at_ns=START + 1, value=7),
        "other": StreamState(start_ns=START, at_ns=START + 1, value=5),
    }
    assert first.take_changed() == {}
    for deltas in (first, Deltas(changed)):  # the same process, and one that starts from the store
        assert values(deltas, point(9, 2))[0] == [2]
        assert deltas.take_changed() == {"s": StreamState(start_ns=START, at_ns=START + 2, value=9)}


def test_what_is_discarded_counts_again() -> None:
    deltas = Deltas()
    values(deltas, point(7, 1))
    deltas.discard()
    assert values(deltas, point(7, 1))[0] == [7]


def test_a_replay_of_what_is_stored_is_stale() -> None:
    deltas = Deltas()
    values(deltas, point(7, 1), point(9, 2))
    deltas.take_changed()
    found: Any = values(deltas, point(7, 1), point(9, 2))
    assert found == ([], {(DropReason.STALE_POINT, "claude_code.token.usage"): 2})
