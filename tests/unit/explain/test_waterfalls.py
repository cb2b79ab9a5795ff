"""From every source's naive sum to the ledger's figure: each step has its cause, and all of them add up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from tachograph.analytics.explain.explanation import Explanation, explain
from tachograph.analytics.explain.figures import Figure, Step, Waterfall
from tachograph.analytics.explain.scope import Selection, models_like
from tachograph.analytics.query import Window
from tachograph.clock import SystemClock
from tachograph.ports import Batch
from tachograph.pricing.price import PriceTable
from tachograph.server.explainer import Explainer
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tests.unit.store.traffic import make_traffic

PRICES = PriceTable.load()
MODEL = "claude-opus-4-5"  # 5, 25, 0.5, 6.25 and 10 dollars a million tokens
A, B = "s_000000000000000a", "s_000000000000000b"
AT = 1_764_000_000_000_000  # 2025-11-24T16:00:00Z
DAY_US = 86_400_000_000


@pytest.fixture
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    yield store
    store.close()


def settle(store: DuckDBStore, *events: Event) -> None:
    store.write(Batch(events=events))
    store.settle()


def price(fresh: int, out: int, read: int = 0, write: int = 0, hour: int = 0) -> int:
    return 5_000 * fresh + 25_000 * out + 500 * read + 6_250 * (write - hour) + 10_000 * hour


def usage(fresh: int = 100, out: int = 20, read: int = 0, write: int = 0, hour: int = 0) -> dict[str, Any]:
    return {
        "model": MODEL,
        "input_tokens": fresh,
        "output_tokens": out,
        "cache_read_tokens": read,
        "cache_write_tokens": write,
        "cache_write_1h_tokens": hour,
        "cost_nanousd": price(fresh, out, read, write, hour),
    }


def transcript(n: int, session: str = A, *, used: dict[str, Any] | None = None, **more: Any) -> Event:
    at_us = more.pop("at_us", AT + n)
    attributes = {
        **usage(),
        **(used or {}),
        "cost_basis": "priced",
        "message_id": f"m{n}",
        "request_id": f"r{n}",
        **more,
    }
    key = f"transcript {n} {attributes['output_tokens']}"
    return make_event(key=key, source=Source.TRANSCRIPT, session_id=session, at_us=at_us, **attributes)


def otel(n: int, session: str = A, *, used: dict[str, Any] | None = None, **more: Any) -> Event:
    at_us = more.pop("at_us", AT + n)
    attributes = {**usage(), **(used or {}), "cost_basis": "reported", "request_id": f"r{n}", **more}
    return make_event(key=f"otel {n} {more}", session_id=session, at_us=at_us, **attributes)


def counter(kind: str, quantity: int, *, source: Source = Source.OTEL_METRIC) -> Event:
    value: dict[str, Any] = {"cost_nanousd": quantity} if kind == "cost" else {"quantity": quantity}
    return make_event(
        EventKind.USAGE_COUNTER,
        key=f"{kind} {quantity}",
        source=source,
        at_us=AT,
        session_id=A,
        counter=kind,
        model=MODEL,
        **value,
    )


def way(store: DuckDBStore, source: str, **selection: Any) -> dict[str, Figure]:
    """Start, end and every step of one source, by name."""
    told = explained(store, **selection)
    (found,) = [w for w in told.ways if w.id == source]
    return {"start": found.start, "end": found.end, **{step.id: step.change for step in found.steps}}


def explained(store: DuckDBStore, **selection: Any) -> Explanation:
    return explain(store, Selection(**selection), PRICES)


def between(start: str, end: str) -> Window:
    return Window(start=datetime.fromisoformat(start), end=datetime.fromisoformat(end))


def ledger(requests: int = 0, fresh: int = 0, out: int = 0, cost: int = 0, **more: int) -> Figure:
    return Figure(requests=requests, input_tokens=fresh, output_tokens=out, cost_nanousd=cost, **more)


def test_a_way_that_does_not_add_up_cannot_be_made() -> None:
    step = Step(id="x", name="x", why="x", change=Figure(cost_nanousd=1))
    with pytest.raises(ValueError, match="lead to"):
        Waterfall(id="w", name="w", start=Figure(), steps=[step], end=Figure(cost_nanousd=2))


def test_micro_dollars_add_up_although_each_step_is_less_than_one() -> None:
    steps = [Step(id=str(i), name="x", why="x", change=Figure(cost_nanousd=700)) for i in range(3)]
    told = Waterfall(id="w", name="w", start=Figure(), steps=steps, end=Figure(cost_nanousd=2100)).as_json()
    assert told["start"]["cost_microusd"] + sum(s["cost_microusd"] for s in told["steps"]) == 2
    assert told["end"]["cost_microusd"] == 2


def test_repeated_blocks_and_placeholders_of_a_transcript_have_their_names(store):
    settle(store, transcript(1, usage_records=3, naive_output_tokens=22))  # 1 + 1 + 20
    told = way(store, "transcript")
    assert told["start"] == ledger(3, 300, 22, 3 * price(100, 0) + price(0, 22))
    assert told["placeholder_output"] == ledger(out=38, cost=price(0, 38))
    assert told["repeated_records"] == ledger(-2, -200, -40, -2 * price(100, 20))
    assert told["end"] == ledger(1, 100, 20, price(100, 20))


def test_copies_in_forks_are_forked_history(store):
    settle(store, transcript(1), transcript(2))
    settle(store, replace(transcript(1), session_id=B), transcript(3, B))
    told = way(store, "transcript")
    assert told["start"].requests == 4
    assert told["forked_history"] == ledger(-1, -100, -20, -price(100, 20))
    fork = way(store, "transcript", session=B)
    assert (fork["start"].requests, fork["end"].requests) == (2, 1)
    assert fork["forked_history"].requests == -1
    parent = way(store, "transcript", session=A)
    assert "forked_history" not in parent


def test_a_copy_that_was_read_first_counts_for_the_session_it_was_copied_from(store):
    settle(store, transcript(1, B), transcript(3, B))
    settle(store, replace(transcript(1), session_id=A))
    assert way(store, "transcript", session=A)["end"].requests == 1
    assert way(store, "transcript", session=B)["forked_history"].requests == -1


def test_a_response_read_twice_while_it_grew_was_reported_again(store):
    settle(store, transcript(1, used=usage(out=5)), transcript(1, used=usage(out=20)))
    told = way(store, "transcript")
    assert told["start"].requests == 2
    assert told["reported_again"] == ledger(-1, -100, -5, -price(100, 5))


def test_what_only_telemetry_knows_is_auxiliary_where_there_is_a_transcript(store):
    settle(store, transcript(1), otel(1), otel(2, used=usage(7, 1)))
    assert way(store, "transcript")["auxiliary"] == ledger(1, 7, 1, price(7, 1))
    assert set(way(store, "otel_log")) == {"start", "end"}


def test_what_only_the_transcript_knows_is_missing_from_telemetry(store):
    settle(store, transcript(1), otel(1), transcript(2))
    assert way(store, "otel_log")["other_sources"] == ledger(1, 100, 20, price(100, 20))


def test_zeros_after_a_failed_stream_are_corrected_by_the_transcript(store):
    nothing = {"input_tokens": 0, "output_tokens": 0, "cost_nanousd": 0}
    settle(store, transcript(1), otel(1, used=nothing))
    assert way(store, "otel_log")["corrected"] == ledger(fresh=100, out=20, cost=price(100, 20))


def test_reports_without_ids_are_corrected_as_a_whole(store):
    nothing = {"input_tokens": 0, "output_tokens": 0, "cost_nanousd": 0}
    settle(store, transcript(1), transcript(2), otel(1, request_id=None), otel(2, used=nothing, request_id=None))
    told = way(store, "otel_log")
    assert told["start"].requests == 2
    assert told["corrected"] == ledger(fresh=100, out=20, cost=price(100, 20))


def test_one_hour_writes_charged_as_five_minute_ones_are_a_cache_tier(store):
    hours = usage(100, 20, 0, 1000, 1000)
    as_five = {**hours, "cost_nanousd": price(100, 20, 0, 1000, 0)}
    settle(store, transcript(1, used=hours), otel(1, used=as_five))
    told = way(store, "transcript")
    assert told["cache_tier"] == ledger(cost=-3_750 * 1000)
    assert "reported" not in told


def test_any_other_figure_of_the_agent_is_reported_against_priced(store):
    settle(store, transcript(1), otel(1, used={"cost_nanousd": 9_999_999}))
    assert way(store, "transcript")["reported"] == ledger(cost=9_999_999 - price(100, 20))


def test_counters_that_say_more_leave_a_residual(store):
    settle(store, transcript(1), counter("input", 150), counter("output", 20), counter("cost", price(150, 20)))
    assert way(store, "transcript")["residual"] == ledger(fresh=50, cost=price(50, 0))
    told = way(store, "otel_metric_counters")
    assert told["start"] == ledger(0, 150, 20, price(150, 20))
    assert told["not_counted"] == ledger(1)
    assert "beyond_counters" not in told


def test_rows_that_counters_missed_are_beyond_them(store):
    settle(store, transcript(1), counter("input", 40), counter("cost", 1_000), transcript(2, B))
    told = way(store, "otel_metric_counters")
    assert told["beyond_counters"] == ledger(fresh=60, out=20, cost=price(100, 20) - 1_000)
    assert told["without_counters"] == ledger(1, 100, 20, price(100, 20))


def test_counters_without_money_are_no_wrong_sum_of_it(store):
    settle(store, transcript(1), counter("input", 40))
    told = way(store, "otel_metric_counters")
    assert told["no_money"] == ledger(0, cost=price(100, 20))
    assert told["beyond_counters"] == ledger(fresh=60, out=20)
    assert "the same amount" in explain(store, Selection(window=Window()), PRICES).sentence


def test_the_sentence_is_about_the_source_that_tells_most(store):
    settle(store, transcript(1), transcript(2), transcript(1, used=usage(out=21)), otel(3, B, used=usage(out=40)))
    assert "simply adding up the transcripts would give" in explained(store).sentence


def test_one_request_is_one(store):
    settle(store, transcript(1))
    assert " for 1 request; " in explained(store).sentence


def test_what_is_asked_about_and_nowhere_is_said_with_what_there_is(store):
    settle(store, transcript(1))
    explainer = Explainer(store, clock=SystemClock(), prices=lambda: PRICES, name=Pseudonymizer(b"k" * 32).name)
    assert explainer.explain({"model": MODEL, "session": A})["notes"] == explainer.explain({})["notes"]
    for against in ({}, {"against": "cost"}):
        (told,) = [n for n in explainer.explain({"model": "nonsense", **against})["notes"] if "nonsense" in n]
        assert MODEL in told
        assert any("'nobody'" in n for n in explainer.explain({"session": "nobody", **against})["notes"])


def test_other_agents_are_none_of_this_source(store):
    settle(store, transcript(1), replace(otel(2, B), agent="codex"))
    assert way(store, "transcript")["other_agent"].requests == 1


def test_a_request_told_on_another_day_than_the_ledger_has_it(store):
    midnight = AT - AT % DAY_US + DAY_US
    settle(store, transcript(1, at_us=midnight + 1), otel(1, at_us=midnight - 1))
    day = between("2025-11-24", "2025-11-25")
    assert way(store, "otel_log", window=day)["elsewhere"] == ledger(-1, -100, -20, -price(100, 20))
    day = between("2025-11-25", "2025-11-26")
    assert way(store, "otel_log", window=day)["elsewhere"] == ledger(1, 100, 20, price(100, 20))


def test_days_of_another_zone_hold_other_requests_than_days_in_utc(store):
    settle(store, transcript(1), transcript(2, at_us=AT + DAY_US // 2))
    here = Selection(window=between("2025-11-24T23:00", "2025-11-25T23:00"))
    utc = between("2025-11-24", "2025-11-25")
    told = explain(store, here, PRICES, utc_window=utc, zone="Elsewhere/Early")
    (zones,) = [w for w in told.ways if w.id == "utc_days"]
    assert {step.id: step.change.requests for step in zones.steps} == {"zone_lost": -1, "zone_won": 1}


def test_a_model_is_found_however_it_is_spelled(store):
    settle(store, transcript(1, model=f"{MODEL}-20251101"), transcript(2, model="claude-haiku-4-5"))
    models = models_like(store, "anthropic/claude-opus-4.5")
    assert models == (f"{MODEL}-20251101",)
    assert models_like(store, "opus-4.5") == models, "Claude's families are often named without the company"
    assert explained(store, models=models).ledger.requests == 1
    assert explained(store, models=()).ledger.requests == 0


@pytest.mark.parametrize("seed", range(8))
def test_whatever_came_in_every_way_leads_to_the_ledger(store, seed):
    """A way that does not add up raises; so does one whose steps have no name."""
    store.write(Batch(events=make_traffic(seed).events))
    store.settle()
    totals = store.query_sql("select count(*) filter (where outcome = 'ok'), sum(output_tokens) from requests").rows[0]
    told = explained(store)
    assert told.ways
    assert all((way.end.requests, way.end.output_tokens) == totals for way in told.ways)
    window = between("2025-10-09T13:00", "2025-10-10T02:00")
    sessions = [row[0] for row in store.query_sql("select session_id from sessions order by 1").rows]
    for session in [None, *sessions]:
        part = explained(store, window=window, session=session)
        assert all(way.end == part.ledger for way in part.ways)
    by_session = [explained(store, session=session).ledger for session in sessions]
    rest = store.query_sql("select count(*) from requests where session_id is null and outcome = 'ok'").rows[0][0]
    assert sum(figure.requests for figure in by_session) + rest == totals[0]
