"""Each metric of a made-up month is what plain Python makes of the records the month was made from."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tachograph.analytics.compile import answer, compile_query
from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.metrics import METRICS
from tachograph.analytics.query import Query, Window
from tachograph.analytics.zones import find_zone
from tachograph.store.duckdb import DuckDBStore
from tachograph_sdk.errors import UnknownDimension
from tests.truth import figures, rows
from tests.truth.figures import Asked
from tests.truth.month import PERSON

at = datetime.fromisoformat
ALIKE = {"cache": "usage", "cache_rows": "requests"}  # the same rows, with what a cache saves of them

WINDOWS: dict[str, tuple[datetime | None, datetime | None]] = {
    "all": (None, None),
    "a week": (at("2026-10-12"), at("2026-10-19")),
    "odd hours": (at("2026-10-20T07:13:08.000005"), at("2026-10-29T14:47:03")),
    "through work": (
        at("2026-10-13T09:20"),
        at("2026-10-15T15:40"),
    ),  # both ends cut an hour in which all facts have rows
    "within an hour": (at("2026-10-30T14:10"), at("2026-10-30T14:50")),
    "open": (at("2026-10-25T01:00"), None),
    "nothing": (at("2031-01-01"), None),
}
ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York")


def differences(store: DuckDBStore, facts: rows.Facts, asked: Asked) -> list[str]:
    """Where the store's answer is not the plain one, in words."""
    window = Window(start=asked.start, end=asked.end, zone=find_zone(asked.zone))
    texts = {name: [None if v is None else str(v) for v in values] for name, values in asked.filters.items()}
    query = Query(metrics=asked.metrics, by=asked.by, filters=texts, window=window)
    told = {row[: len(asked.by)]: row[len(asked.by) :] for row in answer(store, query, untold=asked.untold).rows}
    true = figures.answer(facts, asked)
    nothing = {name: figures.value_of_nothing(name) for name in asked.metrics}
    out = []
    for key in sorted({*told, *true}, key=repr):
        cells: Sequence[Any] = told.get(key, [None if v is None else 0 for v in nothing.values()])
        for name, cell in zip(asked.metrics, cells, strict=True):
            value = true.get(key, nothing)[name]
            if not same(cell, value, 0.0011 if METRICS[name].unit == "seconds" else 1e-9):  # told to the millisecond
                out.append(f"{name} of {dict(zip(asked.by, key, strict=True))}: {value} truly, {cell} answered")
    return out


def same(one: Any, other: Any, within: float) -> bool:
    if one is None or other is None:
        return one is other
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=within)


def groups_of(dimension: str | None) -> list[list[str]]:
    """Metrics that go with a dimension, as few as make a statement of readable length."""
    names = [n for n in METRICS if dimension is None or goes_with(n, dimension)]
    return [names[at : at + 30] for at in range(0, len(names), 30)]


def goes_with(metric: str, dimension: str) -> bool:
    """Whether the product says that the metric can be split by it."""
    try:
        compile_query(Query(metrics=[metric], by=[dimension]))
    except UnknownDimension:
        return False
    return True


def test_each_metric_has_a_figure_and_each_figure_a_metric():
    assert set(figures.FIGURES) == set(METRICS)


def test_each_fact_is_split_by_the_same_dimensions():
    for name, dimension in DIMENSIONS.items():
        for fact in dimension.sql:
            assert name in rows.TIMES or name in rows.DIMENSIONS[ALIKE.get(fact, fact)], (name, fact)
    for has, names in rows.DIMENSIONS.items():
        assert not [n for n in names if has not in set(DIMENSIONS[n].sql)], has


@pytest.mark.parametrize("window", WINDOWS)
def test_totals(store, facts, window):
    start, end = WINDOWS[window]
    for names in groups_of(None):
        assert not differences(store, facts, Asked(metrics=names, start=start, end=end))


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_by_every_dimension(store, facts, dimension):
    for names in groups_of(dimension):
        assert names
        assert not differences(store, facts, Asked(metrics=names, by=[dimension]))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("dimension", rows.TIMES)
def test_by_local_times(store, facts, dimension, zone):
    possible = [n for n in figures.FACTS_OF if n in METRICS and goes_with(n, dimension)]
    first = {figures.FACTS_OF[name][0]: name for name in possible}  # one of each fact
    for start, end in (WINDOWS["odd hours"], WINDOWS["all"]):
        asked = Asked(
            metrics=[*first.values(), "total_tokens", "coverage"], by=[dimension], start=start, end=end, zone=zone
        )
        assert not differences(store, facts, asked)


@pytest.mark.parametrize("zone", ZONES)
def test_active_people_by_days_weeks_and_months_of_a_zone(store, facts, zone):
    names = ["daily_active_users", "weekly_active_users", "monthly_active_users", "stickiness_ratio"]
    for window, by in (("all", ["organization"]), ("odd hours", []), ("open", ["month"]), ("nothing", [])):
        start, end = WINDOWS[window]
        wanted = names[:1] if by == ["month"] else names
        assert not differences(store, facts, Asked(metrics=wanted, by=by, start=start, end=end, zone=zone))


@pytest.mark.parametrize("dimension", sorted({d for names in rows.DIMENSIONS.values() for d in names}))
def test_filtered_by_every_dimension(store, facts, dimension):
    start, end = WINDOWS["through work"]
    for names in groups_of(dimension):
        found = {row[dimension] for rows_ in facts.values() for row in rows_ if dimension in row}
        kept = sorted((value for value in found if value is not None), key=str)
        for values in (kept[-2:], [None, *kept[:1]]):
            asked = Asked(metrics=names, filters={dimension: values}, start=start, end=end)
            assert not differences(store, facts, asked)
            assert not differences(store, facts, replace(asked, untold=True))


def test_outcomes_of_which_no_source_told_what_is_asked_for(store, facts):
    """Also beside other facts, split, and by two filters; some of it is unknown, some is not, or this looks at nothing."""
    names = [
        "lines_added",
        "lines_net",
        "code_churn",
        "commits",
        "active_seconds",
        "files_changed",
        "cost_per_commit_usd",
    ]
    unknown = 0
    for dimension in ("model", "language", "file", "project", "user", "tool"):
        possible = [name for name in names if goes_with(name, dimension)]
        found = sorted({str(row[dimension]) for row in facts["outcomes"] if row[dimension] is not None})
        for value in (*found[:1], "never seen"):
            for by, more in (([], {}), (["day"], {}), (["agent"], {"organization": ["o_0000000000000001"]})):
                plain = Asked(metrics=possible, by=by, filters={dimension: [value], **more})
                asked = replace(plain, untold=True)
                assert not differences(store, facts, asked)
                true, before = figures.answer(facts, asked), figures.answer(facts, plain)
                unknown += sum(
                    cell is None and before.get(key, {}).get(name) == 0
                    for key, row in true.items()
                    for name, cell in row.items()
                )
    assert unknown > 50


def test_two_dimensions_and_two_filters_together(store, facts):
    start, end = WINDOWS["a week"]
    questions: list[tuple[list[str], dict[str, list[Any]]]] = [
        (["day", "model"], {"agent": ["claude_code"], "user": [None, PERSON]}),
        (["user", "week"], {"organization": ["o_0000000000000001"], "weekday": [1, 2, 3]}),
        (["model"], {"user": []}),
        (["hour_of_day", "source"], {"source": ["otel", "both"], "day": ["2026-10-13", "2026-10-14"]}),
    ]
    for by, filters in questions:
        names = ["sessions", "requests", "total_tokens", "cost_microusd", "coverage"]
        asked = Asked(metrics=names, by=by, filters=filters, start=start, end=end, zone="Europe/Berlin")
        assert not differences(store, facts, asked)


@pytest.fixture(scope="module")
def nothing() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    yield store
    store.close()


@pytest.mark.parametrize("metric", METRICS)
def test_an_empty_store_gives_zeros_and_nulls_and_no_rows(nothing, metric):
    (row,) = answer(nothing, Query(metrics=[metric])).rows
    assert row == (METRICS[metric].empty,)
    assert row[0] == figures.value_of_nothing(metric)
    assert not answer(nothing, Query(metrics=[metric], by=["agent"])).rows
