"""The made-up weeks of the demonstration: the same each time, with nothing of what is still to come, and with life in them."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from statistics import median

import pytest

from tachograph.inputs.agents.claude_code.sample import make_telemetry, make_transcripts
from tachograph.inputs.agents.codex.sample import make_rollouts
from tachograph.inputs.agents.gemini_cli.sample import make_chats

DAY = date(2026, 11, 20)
MAKERS = (make_transcripts, make_rollouts, make_chats)


def times(made):
    found = []
    for _, data in made:
        for line in data.decode().splitlines():
            told = json.loads(line)
            found.append(datetime.fromisoformat(told.get("timestamp") or told["startTime"]))
    return found


@pytest.mark.parametrize("make", [*MAKERS, make_telemetry])
def test_the_same_seed_gives_the_same_bytes(make):
    assert list(make(last_day=DAY, days=8)) == list(make(last_day=DAY, days=8))
    assert list(make(last_day=DAY, days=8)) != list(make(last_day=DAY, days=8, seed=99))


@pytest.mark.parametrize("make", MAKERS)
def test_nothing_is_written_of_the_rest_of_the_day(make):
    whole = list(make(last_day=DAY, days=8))
    running = max((made for made in whole if len(made[1].splitlines()) > 3), key=lambda made: times([made])[-1])
    its_times = times([running])
    now = its_times[0] + (its_times[-1] - its_times[0]) / 2
    assert now.tzinfo == UTC
    cut = list(make(last_day=DAY, days=8, until=now))
    assert max(times(cut)) < now
    assert [path for path, data in cut if not data] == []
    before = dict(whole)
    assert all(before[path].startswith(data) for path, data in cut)  # else the same weeks
    assert running[0] in dict(cut)  # it runs, with what it has so far
    assert sorted(times(cut)) == sorted(t for t in times(whole) if t < now)


def test_a_day_that_is_over_is_whole():
    whole = list(make_transcripts(last_day=DAY, days=3))
    assert list(make_transcripts(last_day=DAY, days=3, until=datetime(2026, 11, 22, tzinfo=UTC))) == whole


def test_nothing_is_sent_of_the_rest_of_the_day_and_it_is_of_the_same_sessions():
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)
    requests = set()
    for _, data in make_transcripts(last_day=DAY, days=8, until=now):
        requests |= {json.loads(line).get("requestId") for line in data.splitlines()} - {None}
    sent = set()
    for _, data in make_telemetry(last_day=DAY, days=8, until=now):
        logs, *_ = (json.loads(line) for line in data.splitlines())
        for record in logs["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
            assert int(record["timeUnixNano"]) < now.timestamp() * 1e9
            told = {entry["key"]: entry["value"] for entry in record["attributes"]}
            sent |= {told["request_id"]["stringValue"]} if "request_id" in told else set()
    assert sent == requests
    assert len(sent) > 100


@pytest.mark.parametrize("later", range(7))
def test_whatever_weekday_it_is_asked_one_day_stands_out_and_weekends_are_quiet(later):
    days: Counter[date] = Counter()
    for _, data in make_transcripts(last_day=DAY + timedelta(days=later), days=28):
        days.update(
            datetime.fromisoformat(told["timestamp"]).date()
            for told in map(json.loads, data.splitlines())
            if told["type"] == "assistant"
        )
    (busiest, most), (_, second) = days.most_common(2)
    assert busiest.weekday() < 5
    working, weekend = (
        [n for day, n in days.items() if (day.weekday() < 5) == is_working] for is_working in (True, False)
    )
    assert most > 5 * median(working)
    assert most > 3 * second
    assert median(working) > 2 * median(weekend)
