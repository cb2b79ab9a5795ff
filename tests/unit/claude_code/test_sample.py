"""The made-up month of the demonstration has nothing of what is still to come."""

import json
from datetime import UTC, date, datetime

from tachograph.inputs.agents.claude_code.sample import make_transcripts

DAY = date(2026, 11, 20)


def times(made):
    return [
        datetime.fromisoformat(json.loads(line)["timestamp"]) for _, data in made for line in data.decode().splitlines()
    ]


def test_nothing_is_written_of_the_rest_of_the_day():
    whole = list(make_transcripts(last_day=DAY, days=3))
    running = max(whole, key=lambda made: json.loads(made[1].splitlines()[-1])["timestamp"])
    its_times = times([running])
    now = its_times[0] + (its_times[-1] - its_times[0]) / 2
    assert now.tzinfo == UTC
    cut = list(make_transcripts(last_day=DAY, days=3, until=now))
    assert max(times(cut)) < now
    assert [path for path, data in cut if not data] == []
    before = dict(whole)
    assert all(before[path].startswith(data) for path, data in cut)  # else the same month
    assert running[0] in dict(cut)  # it runs, with what it has so far
    assert sorted(times(cut)) == sorted(t for t in times(whole) if t < now)


def test_a_day_that_is_over_is_whole():
    whole = list(make_transcripts(last_day=DAY, days=3))
    assert list(make_transcripts(last_day=DAY, days=3, until=datetime(2026, 11, 22, tzinfo=UTC))) == whole
