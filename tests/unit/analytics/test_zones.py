"""Time zones: every change of every zone is found, and local times mean what is written down."""

from __future__ import annotations

import struct
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tachograph.analytics.zones import UTC_ZONE, Zone, find_zone
from tachograph_sdk.errors import QueryError, UnknownTimeZone


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


EPOCH = at("1970-01-01")
FIRST, LAST = at("1970-01-01"), at("2037-12-31")


def changes_in_file(name: str) -> list[tuple[datetime, int]] | None:
    """The changes of offset that the database's own file lists (RFC 8536); None where there is no such file."""
    places = [Path(folder) / name for folder in zoneinfo.TZPATH]
    path = next((place for place in places if place.is_file()), None)
    if path is None or (data := path.read_bytes())[:4] != b"TZif":
        return None

    def counts(at: int) -> tuple[int, ...]:
        return struct.unpack(">6I", data[at + 20 : at + 44])

    is_ut, is_std, leaps, times, types, letters = counts(0)
    at_ = 44 + times * 5 + types * 6 + letters + leaps * 8 + is_std + is_ut  # the second block has 64-bit times
    _, _, _, times, types, _ = counts(at_)
    at_ += 44
    moments = struct.unpack(f">{times}q", data[at_ : at_ + 8 * times])
    which = data[at_ + 8 * times : at_ + 9 * times]
    at_ += 9 * times
    offsets = [struct.unpack(">l", data[at_ + 6 * i : at_ + 6 * i + 4])[0] for i in range(types)]
    found, before = [], offsets[0]
    for moment, index in zip(moments, which, strict=True):
        if offsets[index] != before and FIRST < (start := EPOCH + timedelta(seconds=max(moment, -(10**10)))) <= LAST:
            found.append((start, offsets[index]))
        before = offsets[index]
    return found


SOME = (
    "Europe/Berlin", "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu", "Asia/Kolkata",
    "Africa/Casablanca", "Pacific/Apia", "Asia/Gaza", "America/Goose_Bay", "Antarctica/Troll", "Africa/Monrovia",
)  # fmt: skip


def compare(name: str) -> None:
    listed = changes_in_file(name)
    if listed is None:
        pytest.skip("this machine has no file of it")
    found = [(span.start, span.offset_s) for span in find_zone(name).spans(FIRST, LAST)]
    assert [change for change in found[1:] if change[0] < at("2026-01-01")] == [
        change for change in listed if change[0] < at("2026-01-01")
    ]


@pytest.mark.parametrize("name", SOME)
def test_the_changes_of_a_zone_are_those_of_the_database(name):
    compare(name)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_changes_of_every_zone_are_those_of_the_database():
    for name in sorted(zoneinfo.available_timezones() - {"Factory", "localtime"}):
        compare(name)


@pytest.mark.parametrize(
    ("zone", "local", "utc"),
    [
        ("Europe/Berlin", "2026-11-20T09:00", "2026-11-20T08:00"),
        ("Europe/Berlin", "2026-10-25T02:30", "2026-10-25T00:30"),  # twice: the first
        ("Europe/Berlin", "2026-03-29T02:30", "2026-03-29T01:30"),  # never: as if the clock had not been put forward
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00"),  # a day without a midnight begins at one
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00"),  # a day that was left out is the next one's beginning
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45"),
        ("Asia/Kathmandu", "2026-01-01", "2025-12-31T18:15"),
        ("UTC", "2026-01-01", "2026-01-01"),
    ],
)
def test_a_local_time_is_the_moment_that_is_written_down(zone, local, utc):
    assert find_zone(zone).utc_of(at(local)) == at(utc)


def test_a_moment_is_shown_with_the_offset_of_its_zone():
    berlin = find_zone("Europe/Berlin")
    assert berlin.as_text(at("2026-10-25T00:00")) == "2026-10-25T02:00:00+02:00"
    assert berlin.as_text(at("2026-10-25T01:00")) == "2026-10-25T02:00:00+01:00"
    assert UTC_ZONE.as_text(at("2026-10-25T01:00")) == "2026-10-25T01:00:00Z"
    assert find_zone("Etc/UTC").is_utc


@pytest.mark.parametrize(
    "name",
    [
        "Mars/Olympus", "europe/berlin", "Europe", "", "../etc/passwd", "/etc/passwd", "Europe/../UTC", "zone.tab", "localtime",
        "posix/UTC", "right/UTC", "Factory", "Europe/Berlin\0", "+02:00", "x" * 300, "Europe/Berlin ", "Ωμέγα",
    ],
)  # fmt: skip
def test_what_is_no_zone_is_refused_with_a_hint(name):
    with pytest.raises(UnknownTimeZone, match="time zone") as refused:
        find_zone(name)
    assert "Europe/Berlin" in refused.value.hint
    assert isinstance(refused.value, QueryError)
    assert len(refused.value.message) < 200


def test_the_ends_of_the_calendar_have_offsets_too():
    for name in ("Asia/Tokyo", "America/New_York", "UTC"):
        zone = Zone(name)
        assert zone.spans(at("0001-01-01"), at("0001-01-01") + timedelta(days=400))
        assert zone.spans(at("9999-12-31T23:59:59") - timedelta(days=400), at("9999-12-31T23:59:59"))
        for moment in (at("0001-01-01"), at("9999-12-31T23:59:59")):
            assert zone.as_text(moment)


def test_spans_hold_up_to_the_second_before_a_change():
    zone = find_zone("Europe/Berlin")
    change = at("2026-10-25T01:00")
    assert len(zone.spans(at("2026-10-01"), change - timedelta(seconds=1))) == 1
    first, second = zone.spans(at("2026-10-01"), change)
    assert (first.offset_s, second.offset_s, second.start) == (7200, 3600, change)
    for span in (first, second):
        local = span.start.replace(tzinfo=UTC).astimezone(zoneinfo.ZoneInfo("Europe/Berlin"))
        assert local.utcoffset() == timedelta(seconds=span.offset_s)
