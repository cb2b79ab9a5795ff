"""The pieces of a window are exactly those that its moments lie in, in every zone and around every change of a clock."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tachograph.analytics.pieces import PIECES, Piece, pieces_of
from tachograph.analytics.query import Window
from tachograph.analytics.zones import UTC_ZONE, find_zone
from tachograph_sdk.errors import QueryTooLarge
from tests.unit.analytics.test_time_zones_property import CHANGES, EPOCH, hour_of, local

MINUTE = timedelta(minutes=1)
NOW = datetime.fromisoformat("2026-11-20T12:34:56")


def by_hand(piece: Piece, zone: str, moment: datetime) -> str:
    us = (moment - EPOCH) // timedelta(microseconds=1)
    if piece == "hour":
        return hour_of(zone, us)
    day = local(zone, us).date()
    if piece == "week":
        day -= timedelta(days=day.weekday())
    return (day.replace(day=1) if piece == "month" else day).isoformat()


def cut(piece: Piece, start: datetime, end: datetime, zone: str = "UTC") -> list[str]:
    return list(pieces_of(piece, Window(start=start, end=end, zone=find_zone(zone)), found=[], now=NOW))


@pytest.mark.parametrize(("zone", "change"), CHANGES)
@pytest.mark.parametrize("before", [timedelta(hours=5, minutes=7, seconds=3), timedelta(hours=26)])
def test_hours_and_days_are_those_that_moments_lie_in(zone: str, change: str, before: timedelta) -> None:
    start = datetime.fromisoformat(change) - before
    moments = [start + index * MINUTE for index in range(30 * 60 + 11)]
    for piece in PIECES:
        expected = list(dict.fromkeys(by_hand(piece, zone, moment) for moment in moments))
        assert cut(piece, start, moments[-1] + timedelta(microseconds=1), zone) == expected


def test_an_end_on_a_border_begins_no_piece() -> None:
    start, end = datetime.fromisoformat("2026-11-02"), datetime.fromisoformat("2026-11-04")
    assert cut("day", start, end) == ["2026-11-02", "2026-11-03"]
    assert cut("day", start, end + timedelta(microseconds=1)) == ["2026-11-02", "2026-11-03", "2026-11-04"]
    assert cut("week", start, end) == ["2026-11-02"]
    assert cut("month", start - timedelta(days=40), end) == ["2026-09-01", "2026-10-01", "2026-11-01"]


def test_a_window_without_a_start_begins_with_what_is_found_and_one_without_an_end_ends_now() -> None:
    open_window = Window(zone=UTC_ZONE)
    assert pieces_of("day", open_window, found=[], now=NOW) == []
    assert pieces_of("day", open_window, found=["2026-11-19"], now=NOW) == ["2026-11-19", "2026-11-20"]
    later = pieces_of("day", open_window, found=["2026-11-20", "2026-11-22"], now=NOW)
    assert later == ["2026-11-20", "2026-11-21", "2026-11-22"]
    from_start = Window(start=datetime.fromisoformat("2026-11-19"))
    assert pieces_of("day", from_start, found=[], now=NOW) == ["2026-11-19", "2026-11-20"]
    in_future = Window(start=datetime.fromisoformat("2026-12-01"))
    assert pieces_of("day", in_future, found=[], now=NOW) == ["2026-12-01"]


def test_there_are_never_too_many() -> None:
    with pytest.raises(QueryTooLarge, match="1,000 pieces"):
        pieces_of("hour", Window(start=EPOCH), found=[], now=NOW, most=1000)


@pytest.mark.parametrize("piece", PIECES)
def test_the_ends_of_the_calendar_are_borne(piece: Piece) -> None:
    first, last = datetime.fromisoformat("0001-01-01"), datetime.fromisoformat("9999-12-31T23:59:59")
    for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
        assert len(cut(piece, first, first + timedelta(hours=3), zone)) <= 4
        assert len(cut(piece, last - timedelta(hours=3), last, zone)) <= 4
