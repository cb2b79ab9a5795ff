"""Newer prices: history is never changed silently."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph.pricing.catalogue import read_catalogue
from tachograph.pricing.price import PriceTable
from tachograph.pricing.rows import PriceRow, Table, read_table
from tachograph.pricing.update import HEAD, Difference, Plan, own_after, plan_from_catalogue, plan_from_table
from tachograph.pricing.write import table_as_toml

TODAY = date(2026, 11, 20)
PAST, FUTURE = date(2026, 1, 1), date(2027, 2, 1)
SOURCES: dict[str, dict[str, Any]] = {"s": {"page": "p", "seen": TODAY}}
HEADER = 'version = "1"\n[sources.s]\npage = "p"\nseen = 2026-11-20\n'


def row(
    model: str = "m", *, price: str = "1", since: date | None = None, until: date | None = None, more: str = ""
) -> str:
    dates = (f"valid_from = {since}\n" if since else "") + (f"valid_to = {until}\n" if until else "")
    return f'[[price]]\nmodel = "{model}"\n{dates}usd_per_million = {{ input = "{price}", output = "9" }}\n{more}source = "s"\n'


def table(*rows: str, own: str = "") -> PriceTable:
    mine = read_table(HEADER + own, origin="own").rows if own else ()
    return PriceTable((*read_table(HEADER + "".join(rows)).rows, *mine), version="1")


def theirs(*rows: str) -> Table:
    return read_table(HEADER + "".join(rows), origin="own")


def catalogue(**prices: float):
    entries = {
        model: {
            "litellm_provider": "anthropic",
            "mode": "chat",
            "input_cost_per_token": price,
            "output_cost_per_token": 9e-06,
        }
        for model, price in prices.items()
    }
    return read_catalogue(json.dumps(entries))


def from_catalogue(known: PriceTable, *, start: date = TODAY, **prices: float) -> Plan:
    return plan_from_catalogue(catalogue(**prices), known, today=TODAY, start=start, source="s")


def after(known: PriceTable, plan: Plan, own: str = "") -> PriceTable:
    """The table that is in force after the update."""
    mine = read_table(HEADER + own, origin="own") if own else None
    text = own_after(mine, plan, today=TODAY, sources=SOURCES)
    packaged = [r for r in known.rows if r.origin == "packaged"]
    return PriceTable((*packaged, *read_table(text, origin="own").rows), version="2")


def price_on(known: PriceTable, day: date, model: str = "m") -> Decimal | None:
    found = known.row_on(model, day)
    return None if found is None else Decimal(found.tiers[0][1].input) / 10**9


def test_a_changed_price_holds_from_today_and_the_past_stays():
    known = table(row())
    plan = from_catalogue(known, m=2e-06)
    (change,) = plan.changes
    assert (change.kind, change.row.valid_from, change.row.valid_to, change.rewrites) == (
        "changed",
        TODAY,
        date.max,
        None,
    )
    assert Difference(what="input", before="1", after="2") in change.differences
    later = after(known, plan)
    assert price_on(later, TODAY - timedelta(1)) == 1
    assert price_on(later, TODAY) == 2


def test_the_same_price_changes_nothing():
    plan = from_catalogue(table(row()), m=1e-06)
    assert (plan.changes, plan.same) == ((), 1)


def test_a_new_model_has_its_price_from_the_beginning_or_from_a_day():
    for start, first in ((TODAY, date.min), (FUTURE, FUTURE)):
        (change,) = from_catalogue(table(row("other")), start=start, m=1e-06).changes
        assert (change.kind, change.row.valid_from) == ("new", first)


def test_a_model_with_a_gap_gets_a_row_from_today_only():
    (change,) = from_catalogue(table(row(until=PAST)), m=1e-06).changes
    assert (change.kind, change.row.valid_from, change.rewrites) == ("new", TODAY, None)


def test_models_that_are_not_listed_any_more_are_left_alone():
    known = table(row(), row("old"))
    plan = from_catalogue(known, m=2e-06)
    assert plan.not_listed == ("old",)
    assert price_on(after(known, plan), FUTURE, "old") == 1


def test_a_row_that_is_announced_stays_behind_the_change():
    known = table(row(until=FUTURE), row(price="5", since=FUTURE))
    later = after(known, from_catalogue(known, m=2e-06))
    assert [price_on(later, day) for day in (PAST, TODAY, FUTURE)] == [1, 2, 5]


def test_a_start_in_the_past_is_a_change_of_history():
    plan = from_catalogue(table(row()), start=PAST, m=2e-06)
    assert [change.rewrites for change in plan.rewrites] == [(PAST, TODAY)]


def test_a_row_of_the_owner_ends_where_a_newer_one_begins():
    mine = row(price="3", since=PAST)
    known = table(row(), own=mine)
    later = after(known, from_catalogue(known, m=4e-06), mine)
    assert [price_on(later, day) for day in (PAST - timedelta(1), PAST, TODAY - timedelta(1), TODAY)] == [1, 3, 3, 4]


def test_what_the_catalogue_does_not_state_stays():
    more = 'above = [{ context_tokens = 200_000, usd_per_million = { input = "7", output = "8" } }]\n'
    more += 'multiply = { fast = "6", regional = "1.1" }\nweb_search_per_1000 = "10"\n'
    known = table(row(more=more))
    plan = from_catalogue(known, m=2e-06)
    (change,) = plan.changes
    assert [d.what for d in change.differences] == ["input", "cache_read", "cache_write_5m", "cache_write_1h"]
    assert [t for t, _ in change.row.tiers] == [0, 200_000]
    assert str(change.row.multiply["fast"]) == "6"
    assert plan.not_listed == ("m (its price above 200,000 tokens)",)


def test_a_snapshot_does_not_take_its_model_along():
    known = table(row("claude-x"))
    offered: dict[str, Any] = {"claude-x": 1e-06, "claude-x-20260101": 2e-06}
    plan = from_catalogue(known, **offered)
    later = after(known, plan)
    assert price_on(later, TODAY, "claude-x") == 1
    assert price_on(later, TODAY, "claude-x-20260101") == 2


# --- our own format ---------------------------------------------------------------------------------------------------


def test_a_table_with_dates_is_cut_into_what_has_passed_and_what_has_not():
    plan = plan_from_table(theirs(row(price="2")), table(row()), today=TODAY, start=None)
    spans = [(change.row.valid_from, change.row.valid_to, change.rewrites) for change in plan.changes]
    assert spans == [(date.min, TODAY, (date.min, TODAY)), (TODAY, date.max, None)]


def test_with_a_start_only_what_comes_after_it():
    plan = plan_from_table(theirs(row(price="2")), table(row()), today=TODAY, start=TODAY)
    assert [(change.row.valid_from, change.rewrites) for change in plan.changes] == [(TODAY, None)]
    assert plan_from_table(theirs(row(until=PAST)), table(row()), today=TODAY, start=TODAY).changes == ()


def test_days_without_a_price_are_filled_without_asking():
    known = table(row(since=PAST))
    plan = plan_from_table(theirs(row()), known, today=TODAY, start=None)
    assert [(change.kind, change.row.valid_from, change.row.valid_to) for change in plan.changes] == [
        ("new", date.min, PAST)
    ]
    assert plan.rewrites == ()


def test_the_file_says_what_it_is_and_can_be_read_again(tmp_path: Path):
    known = table(row())
    text = own_after(
        None, from_catalogue(known, m=2e-06, n=1e-06), today=TODAY, sources={**SOURCES, "unused": {"page": "x"}}
    )
    assert all(line in text for line in HEAD.splitlines())
    assert "unused" not in text
    path = tmp_path / "prices.toml"
    path.write_text(text)
    assert {r.model for r in PriceTable.load(own=path).rows if r.origin == "own"} == {"m", "n"}


def test_the_packaged_table_survives_being_written_and_read():
    from tachograph.pricing.price import packaged_table

    packaged = packaged_table()
    text = table_as_toml(packaged.rows, version="1", sources=packaged.sources)
    assert read_table(text).rows == packaged.rows


prices = st.integers(1, 5).map(str)
days = st.integers(0, 12).map(lambda months: date(2026, 6, 1) + timedelta(30 * months))


@st.composite
def histories(draw: st.DrawFn) -> list[str]:
    """Rows of one model that do not overlap, with gaps or without."""
    cuts = sorted({*draw(st.lists(days, max_size=4))})
    spans = list(zip([None, *cuts], [*cuts, None], strict=True))
    kept = [span for span in spans if draw(st.booleans())]
    return [row(price=draw(prices), since=since, until=until) for since, until in kept]


@given(histories(), histories(), histories(), st.one_of(st.none(), days))
def test_after_an_update_their_prices_hold_where_they_say_and_ours_elsewhere(packaged, mine, new, start):
    own = "".join(mine)
    known = table(*packaged, own=own)
    list_ = theirs(*new)
    plan = plan_from_table(list_, known, today=TODAY, start=start)
    later = after(known, plan, own)
    listed = PriceTable(tuple(replace(r, origin="packaged") for r in list_.rows), version="x")
    for number in range(-3, 430):
        day = date(2026, 6, 1) + timedelta(number)
        said = price_on(listed, day) if start is None or day >= start else None
        expected = price_on(known, day) if said is None else said
        assert price_on(later, day) == expected
        if day < TODAY and price_on(known, day) not in (None, expected):
            assert any(c.rewrites and c.rewrites[0] <= day < c.rewrites[1] for c in plan.rewrites)
    assert all(change.rewrites is None or change.rewrites[0] < TODAY for change in plan.changes)


@pytest.mark.parametrize("kind", ["whole", "marginal"])
def test_a_change_of_the_kind_of_tier_is_seen(kind):
    more = 'above = [{{ context_tokens = 9, usd_per_million = {{ input = "7", output = "8" }} }}]\ntiers = "{}"\n'
    other = {"whole": "marginal", "marginal": "whole"}[kind]
    plan = plan_from_table(
        theirs(row(more=more.format(other))), table(row(more=more.format(kind))), today=TODAY, start=TODAY
    )
    assert plan.changes[0].differences == (Difference(what="tiers", before=kind, after=other),)


def test_rows_compare_by_price_alone():
    one = read_table(HEADER + row()).rows[0]
    assert isinstance(one, PriceRow)
    assert one.same_price(replace(one, model="x", valid_to=TODAY, source="y", origin="own"))
