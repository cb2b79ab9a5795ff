"""Questions about the first and the last days of the calendar are answered or refused: there is time before and after them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.served import Served, served
from tests.unit.analytics.test_errors import failed, request


@pytest.fixture(scope="module")
def asked() -> Iterator[Served]:
    with served([request("s_1", 1), failed("s_1", 5, 429)]) as made:
        yield made


@pytest.mark.parametrize(
    ("question", "window"),
    [
        ("review", {"until": "0001-01-03"}),
        ("retention", {"until": "0001-01-03"}),
        ("explain", {"until": "9999-12-31T23:59:59.999999"}),
        ("report", {"since": "9999-12-31T23:59:59"}),
        ("errors", {"since": "9999-12-31T23:59:59"}),
        ("query", {"since": "9999-12-31T23:59:59", "metrics": "sessions", "by": "week"}),
    ],
)
def test_the_ends_of_the_calendar_are_like_any_other_time(asked: Served, question: str, window: dict[str, str]) -> None:
    assert asked.client.get(f"/api/v1/{question}", params=window).status_code == 200


def test_a_window_of_nothing_but_the_first_days_is_refused_in_words(asked: Served) -> None:
    answer = asked.client.get("/api/v1/review", params={"since": "0001-01-01", "until": "0001-01-02"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "bad_window"
