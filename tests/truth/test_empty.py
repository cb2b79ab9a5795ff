"""An empty store: zeros, empty lists and nulls everywhere, and for each null a reason. No number out of nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tachograph.server.questions import QUESTIONS
from tests.served import Served, served
from tests.truth.endpoints import ENDPOINTS
from tests.truth.test_no_constants import NUMBERS, TELLING, TEXTS, values_in

PATHS = [*ENDPOINTS, "metrics/timeline", "sessions", "analytics/trends"]

MEANT = {
    "analytics/dashboard/usage-heatmap": {"hour", "day_of_week"},
    "analytics/advanced/session-duration": {"min_minutes", "max_minutes"},
    "analytics/advanced/budget-progress": {"days_remaining"},
    "sessions": {"current_page"},
}
"""Numbers that say of what an answer is."""


@pytest.fixture(scope="module")
def empty() -> Iterator[Served]:
    with served() as one:
        yield one


def figures_in(answer: Any, but: set[str], path: str = "") -> Iterator[tuple[str, Any]]:
    """Each number and null of an answer, with where it stands; places in lists are left out of that."""
    if isinstance(answer, dict):
        for name, value in answer.items():
            if name not in but and name != "reasons":
                yield from figures_in(value, but, f"{path}.{name}" if path else name)
    elif isinstance(answer, list):
        for value in answer:
            yield from figures_in(value, but, path)
    elif not isinstance(answer, (str, bool)):
        yield path, answer


@pytest.mark.parametrize("period", ["24h", "90d", None])
@pytest.mark.parametrize("path", PATHS)
def test_every_endpoint_answers_zeros_empty_lists_and_nulls_with_reasons(empty, path, period):
    told = empty.data(f"/api/{path}", **({} if period is None else {"range": period}))
    found = dict(figures_in(told, MEANT.get(path, set())))
    for where, value in found.items():
        assert value in (0, None), where
        if value is None:
            # what is null as a whole is said of the whole
            assert any(where == said or where.startswith(f"{said}.") for said in told["reasons"]), where
    lists = {"active_repositories", "cost_trend", "models", "sessions", "tools", "points", "data_points", "top_tools"}
    assert not [name for name in lists & {*told} if told[name]]


@pytest.mark.parametrize("name", QUESTIONS)
def test_every_question_answers_without_a_number_out_of_nothing(empty, name):
    answer = empty.client.get(f"/api/v1/{name}", headers={"Authorization": "Bearer t0ken"})
    assert answer.status_code in (200, 422), answer.text  # 422: it takes more than that to ask it
    assert not {v for v in values_in(answer.json()) if isinstance(v, float)} & TELLING


def test_the_report_of_nothing_is_zeros(empty):
    totals = empty.client.get("/api/v1/report", headers={"Authorization": "Bearer t0ken"}).json()["totals"]
    assert {value for _, value in figures_in(totals, set())} == {0, None}
    assert totals["sessions"] == 0


@pytest.mark.parametrize("path", PATHS)
def test_no_answer_has_a_number_or_a_name_of_the_originals(empty, truly, path):
    """In nothing none at all but 0; of the month's answers none that data would not give by chance."""
    nothing = empty.data(f"/api/{path}")
    but = MEANT.get(path, set())
    assert not {value for _, value in figures_in(nothing, but) if value is not None} & NUMBERS
    for parameters in ({"range": "24h"}, {"range": "30d"}, {"range": "90d"}):
        told = truly.data(f"/api/{path}", **parameters)
        assert not {value for _, value in figures_in(told, but) if value is not None} & TELLING
        assert not [text for text in TEXTS if text in json.dumps(told)]
