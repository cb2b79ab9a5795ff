"""Sessions at the same time: many of them, pauses of every length, and what is refused."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tachograph.analytics.concurrency import IDLE, MOST_PIECES
from tachograph.analytics.running import RECENT
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind
from tests.effort import few_of
from tests.served import Served, served
from tests.truth.together import active, compare, stretches_of

NOW = datetime(2026, 11, 3, 16, 20)  # noqa: DTZ001 - UTC; clocks in New York changed two days ago
FIRST = NOW - timedelta(days=4)
KINDS = (EventKind.PROMPT, EventKind.API_REQUEST, EventKind.TOOL_CALL)


def _records() -> list[tuple[str, datetime]]:
    """Forty sessions; pauses around half an hour and around a full hour are frequent."""
    chance = random.Random(11)
    told = []
    for number in range(40):
        at = FIRST + timedelta(minutes=chance.randrange(4 * 24 * 60))
        for _ in range(chance.choice((1, 1, 2, 5, 20, 60))):
            if at < NOW:
                told.append((f"s_{number:016x}", at))
            minutes = chance.choice((0, 0.5, 3, 12, 29, 30, 30, 31, 44, 59, 61, 180))
            at += timedelta(minutes=minutes, microseconds=chance.choice((0, 0, 2000)))
    return told


RECORDS = _records()


def _event(place: int, session: str, at: datetime) -> Event:
    kind = KINDS[place % 3]
    own: tuple[dict[str, Any], ...] = (
        {"prompt_id": f"p{place}"},
        {"request_id": f"r{place}", "model": "claude-sonnet-4-5", "input_tokens": 1},
        {"tool_use_id": f"t{place}", "tool_name": "Read"},
    )
    at_us = (at.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    return make_event(kind, at_us=at_us, session_id=session, **own[place % 3])


@pytest.fixture(scope="module")
def many() -> Iterator[Served]:
    with served(
        [_event(*one) for one in ((n, s, at) for n, (s, at) in enumerate(RECORDS))], now=NOW.replace(tzinfo=UTC)
    ) as made:
        yield made


def ask(of: Served, **parameters: Any) -> dict[str, Any]:
    answer = of.client.get("/api/v1/concurrency", params=parameters)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Asia/Kathmandu"])
@pytest.mark.parametrize("minutes", [1, 30, 60, 61, 1440])
@pytest.mark.parametrize("grain", ["hour", "day"])
def test_it_is_what_counting_one_by_one_gives(many: Served, grain: str, minutes: int, zone: str) -> None:
    since, until = FIRST + timedelta(hours=7, minutes=15), NOW - timedelta(hours=3, minutes=30)
    told = ask(
        many, grain=grain, tz=zone, idle_minutes=minutes, since=f"{since.isoformat()}Z", until=f"{until.isoformat()}Z"
    )  # fmt: skip
    stretches = stretches_of(RECORDS, timedelta(minutes=minutes))
    assert compare(told, stretches, grain=grain, zone=zone, since=since, until=until) >= (2 if minutes == 1 else 5)


def test_who_was_active_at_any_moment(many: Served) -> None:
    stretches = stretches_of(RECORDS, IDLE)
    for moment in few_of([FIRST + timedelta(minutes=13 * step) for step in range(120)], 40):
        told = ask(many, range="7d", at=f"{moment.isoformat()}Z")["at"]
        assert {one["session"] for one in told["sessions"]} == active(stretches, moment)
        assert told["count"] == len(told["sessions"])
    edges = {edge for _, *both in stretches for edge in both}
    for moment in few_of(sorted(edges)[::5], 20):
        told = ask(many, range="7d", at=f"{moment.isoformat()}Z")["at"]
        assert {one["session"] for one in told["sessions"]} == active(stretches, moment)


def test_a_window_without_a_start_begins_with_the_first_record(many: Served) -> None:
    told = ask(many, range="all", grain="day")
    assert told["pieces"][0]["piece"] == min(at for _, at in RECORDS).date().isoformat()
    assert told["pieces"][-1]["piece"] == NOW.date().isoformat()
    assert told["window"]["since"] is None


def test_pieces_fit_the_window_and_what_is_still_to_come_is_no_piece(many: Served) -> None:
    assert ask(many, range="24h")["grain"] == "hour"
    assert ask(many, range="30d")["grain"] == "day"
    later = ask(many, since="2026-11-01", until="2026-11-20", grain="day")
    assert later["pieces"][-1]["piece"] == "2026-11-03"


def test_how_long_a_pause_may_be_is_what_says_that_a_session_runs() -> None:
    """The page's badge and this figure have one rule."""
    assert IDLE is RECENT


def test_a_record_that_stands_alone_counts_for_the_most_and_for_no_time() -> None:
    told = [_event(0, "s_1", NOW - timedelta(hours=2)), _event(3, "s_2", NOW - timedelta(hours=2))]
    with served(told, now=NOW.replace(tzinfo=UTC)) as made:
        answer = ask(made, range="7d")
    assert answer["whole"]["peak"] == 2
    assert answer["whole"]["mean"] is None
    assert answer["whole"]["busy_seconds"] == 0
    assert "alone" in answer["reason"]


def test_nothing_is_told_of_nobody() -> None:
    with served(now=NOW.replace(tzinfo=UTC)) as made:
        answer = ask(made, range="all")
        assert (answer["pieces"], answer["at"], answer["whole"]["mean"]) == ([], None, None)
        assert answer["reason"] == "no session was active in this time range"
        assert {one["peak"] for one in ask(made, range="7d")["pieces"]} == {0}


def test_narrowed_to_what_all_records_have(many: Served) -> None:
    one = ask(many, range="7d", session=f"s_{3:016x}")
    assert one["whole"]["peak"] == 1
    assert [s["session"] for s in one["at"]["sessions"]] == [f"s_{3:016x}"]


def test_it_tells_of_no_people() -> None:
    """So that it can be asked under every preset: it sets nobody beside anybody."""
    at_us = int((NOW - timedelta(hours=1)).replace(tzinfo=UTC).timestamp()) * 1_000_000
    told = [
        make_event(EventKind.PROMPT, at_us=at_us, prompt_id=f"p{n}", session_id=f"s_{n}", user_id=f"u_{n}")
        for n in range(3)
    ]
    with served(told, now=NOW.replace(tzinfo=UTC)) as made:
        answer = ask(made, range="7d")
    assert answer["at"]["count"] == 3
    assert "u_" not in str(answer)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"model": "opus"}, "cannot be filtered by 'model'"),
        ({"day": "2026-11-01"}, "cannot be filtered by 'day'"),
        ({"grain": "minute"}, "grain"),
        ({"idle_minutes": "0"}, "idle_minutes"),
        ({"idle_minutes": "2000"}, "idle_minutes"),
        ({"at": "noon"}, "not a time"),
        ({"range": "200d", "grain": "hour"}, f"{MOST_PIECES:,} pieces"),
    ],
)
def test_what_is_refused_says_why(many: Served, asked: dict[str, str], said: str) -> None:
    answer = many.client.get("/api/v1/concurrency", params=asked)
    assert answer.status_code in (400, 422)
    assert said in answer.text
