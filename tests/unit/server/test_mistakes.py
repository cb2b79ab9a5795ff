"""A parameter that cannot be read is answered in words of people, with what it takes."""

import pytest

from tests.served import served

RANGE = "range: 1h, 24h, 7d, 30d, 90d or all; instead of since and until"


@pytest.mark.parametrize(
    ("question", "message", "hint"),
    [
        ("range=5y", "range does not have the form that is taken", RANGE),
        ("range=forever", "range is longer than 5 signs", RANGE),
        ("grain=fortnight", "grain is none of hour, day, week, month and auto", "grain: first dimension"),
        ("compare=before", "compare is none of previous", "compare: "),
        ("limit=x", "limit is not a whole number", "limit: "),
        ("limit=-1", "limit is less than 1", "limit: "),
        ("tz=" + "x" * 61, "tz is longer than 60 signs", "tz: time zone"),
    ],
)
def test_a_mistake_is_named_with_what_is_taken(question, message, hint):
    with served([]) as api:
        answer = api.client.get(f"/api/v1/query?metrics=cost_usd&{question}")
        assert answer.status_code == 422
        error = answer.json()["error"]
        assert error["message"] == message
        assert error["hint"].startswith(hint)


@pytest.mark.parametrize(
    "path", ["query?metrics=cost_usd&", "highlights?", "report?", "errors?", "sessions?", "concurrency?"]
)
def test_what_a_window_takes_is_told_by_every_route_that_has_one(path):
    with served([]) as api:
        error = api.client.get(f"/api/v1/{path}range=5y").json()["error"]
    assert error["hint"] == RANGE


def test_what_is_given_is_not_repeated():
    with served([]) as api:
        assert "jane" not in api.client.get("/api/v1/query?metrics=cost_usd&limit=jane@example.org").text
