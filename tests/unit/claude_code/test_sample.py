"""The made-up weeks of the demonstration: the same each time, with nothing of what is still to come, and with life in them."""

import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from statistics import median

import pytest

from tachograph.analytics.trends.anomalies import find_anomalies
from tachograph.inputs.agents.claude_code.sample import make_weeks
from tachograph.inputs.agents.codex.sample import make_rollouts
from tachograph.inputs.agents.gemini_cli.sample import make_chats
from tachograph.inputs.agents.kit.made_up import DAYS
from tachograph.inputs.statusline import read_lines

DAY = date(2026, 11, 20)


def make_transcripts(**asked):
    return [(path, data) for path, data in make_weeks(**asked) if path.startswith("projects/")]


def make_telemetry(**asked):
    return [(path, data) for path, data in make_weeks(**asked) if path.startswith("telemetry/")]


MAKERS = (make_transcripts, make_rollouts, make_chats)


def times(made):
    found = []
    for _, data in made:
        for line in data.decode().splitlines():
            told = json.loads(line)
            found.append(datetime.fromisoformat(told.get("timestamp") or told["startTime"]))
    return found


@pytest.mark.parametrize("make", [*MAKERS, make_telemetry, make_weeks])
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


@pytest.mark.parametrize("later", [0, *(pytest.param(day, marks=pytest.mark.long) for day in range(1, 7))])
def test_whatever_weekday_it_is_asked_one_day_stands_out_and_weekends_are_quiet(later):
    last_day = DAY + timedelta(days=later)
    days = Counter({last_day - timedelta(days=back): 0.0 for back in range(DAYS)})
    for _, data in make_telemetry(last_day=last_day):
        for record in json.loads(data.splitlines()[0])["resourceLogs"][0]["scopeLogs"][0]["logRecords"]:
            for entry in record["attributes"]:
                if entry["key"] == "cost_usd":
                    at = datetime.fromtimestamp(int(record["timeUnixNano"]) / 1e9, UTC)
                    days[at.date()] += entry["value"]["doubleValue"]
    (busiest, most), (_, second) = days.most_common(2)
    assert busiest.weekday() < 5
    found, _ = find_anomalies(sorted(days.items()))
    (seen,) = [one for one in found if one.direction == "high"]
    assert seen.day == busiest
    assert most > 1.25 * seen.limit  # not by a hair
    assert 15 < most < 25
    assert most < 4 * second  # the other days are to be seen in a chart, too
    working, weekend = (
        [usd for day, usd in days.items() if (day.weekday() < 5) == is_working] for is_working in (True, False)
    )
    assert median(working) > 2 * median(weekend)


def readings(made):
    return [json.loads(line) for line in dict(made)["statusline/observed.jsonl"].splitlines()]


def test_limits_of_the_plan_are_noted_as_status_lines_note_them():
    made = dict(make_weeks(last_day=DAY))
    found = readings(made)
    records, drops = read_lines(made["statusline/observed.jsonl"], received_us=0)
    assert not drops
    assert len(records) == 2 * len(found) > 500
    assert {f"telemetry/{one['session']}.jsonl" for one in found} < set(made)
    times = [one["at_us"] for one in found]
    assert times == sorted(times)
    for place, highest in enumerate((0.5, 0.3)):
        used = [one["limits"][place][1] for one in found]
        assert highest < max(used) <= 1.0
        pairs = pairwise(one["limits"][place] for one in found)
        assert all(one[1] <= other[1] for one, other in pairs if one[2] == other[2])  # until it begins anew
        assert all(one["at_us"] < one["limits"][place][2] * 1e6 for one in found)


def test_no_limit_is_noted_of_the_rest_of_the_day():
    whole = readings(make_weeks(last_day=DAY, days=8))
    now = datetime.fromtimestamp(whole[len(whole) // 2]["at_us"] / 1e6, UTC)
    assert readings(make_weeks(last_day=DAY, days=8, until=now)) == [
        one for one in whole if one["at_us"] < now.timestamp() * 1e6
    ]
