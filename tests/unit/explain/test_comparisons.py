"""Figures from outside, request by request or by day and model: every nano-dollar between them has a name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tachograph.analytics.explain.bill import compare_bill, read_bill
from tachograph.analytics.explain.ccusage.compare import Scope, compare_ccusage
from tachograph.analytics.explain.ccusage.printed import read_printed
from tachograph.analytics.explain.ccusage.report import read_ccusage
from tachograph.analytics.explain.comparison import Comparison, Tally
from tachograph.analytics.explain.figures import Figure
from tachograph.analytics.explain.rows import LedgerRow, all_rows, ledger_page
from tachograph.analytics.explain.scope import Selection
from tachograph.analytics.explain.session_cost import compare_session_totals
from tachograph.analytics.query import Window
from tachograph.analytics.zones import UTC_ZONE, find_zone
from tachograph.inputs.agents.claude_code.transcript import read_transcript
from tachograph.ports import Batch
from tachograph.pricing.price import PriceTable
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import ConfigError, QueryError
from tachograph_sdk.model.event import Event, EventKind, Source
from tests.captures import CAPTURES, frames, pipeline
from tests.unit.explain.ccusage_cases import CASES, RECORDED, lay_out, line
from tests.unit.transcripts.making import NAMES, make_pipeline

PRICES = PriceTable.load()
RECORDING = json.loads(RECORDED.read_text())


@pytest.fixture
def store() -> Iterator[DuckDBStore]:
    store = DuckDBStore(":memory:")
    yield store
    store.close()


class Pages:
    """What the server and the local store both are to a comparison."""

    def __init__(self, store: DuckDBStore) -> None:
        self._store = store

    def ledger(self, parameters: Any) -> dict[str, Any]:
        assert set(parameters) <= {"after"}
        told = ledger_page(self._store, Window(), parameters.get("after"), limit=3)
        return dict(json.loads(json.dumps(told)))


def settle(store: DuckDBStore, *events: Event) -> None:
    store.write(Batch(events=events))
    store.settle()


def import_(store: DuckDBStore, root: Path) -> None:
    made = make_pipeline()
    for path in sorted(root.rglob("*.jsonl")):
        read = read_transcript(enumerate(path.read_bytes().splitlines(), 1), file_hint=str(path), received_us=1)
        store.write(made.run_records(read.events))
    store.settle()


def rows_of(store: DuckDBStore) -> list[LedgerRow]:
    return list(all_rows(Pages(store), Window()))


def against_ccusage(
    store: DuckDBStore, root: Path, *, printed: Any = None, zone: str = "UTC", **scope: Any
) -> Comparison:
    place = find_zone(zone)
    report = read_ccusage({"CLAUDE_CONFIG_DIR": str(root)}, root, place)
    whole = Scope(zone=place, **scope)
    return compare_ccusage(
        report, rows_of(store), scope=whole, prices=PRICES, name_session=NAMES.session, printed=printed
    )


def changes(told: Comparison) -> dict[str, Figure]:
    return {step.id: step.change for step in told.way.steps}


def laid(tmp_path: Path, *lines: Any, name: str = "p/a.jsonl") -> Path:
    path = tmp_path / "projects" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(one, separators=(",", ":")) + "\n" for one in lines))
    return tmp_path


SONNET = 10 * 3_000 + 15_000  # ten tokens in and one out, in nano-dollars


# --- ccusage ---


def test_rows_come_in_pages_and_each_of_them_once(store):
    settle(
        store, *[make_event(request_id=f"r{i}", model="m", output_tokens=i, at_us=10**15 + i // 4) for i in range(20)]
    )
    assert sorted(row.output_tokens for row in rows_of(store)) == list(range(20))
    with pytest.raises(QueryError, match="no place"):
        ledger_page(store, Window(), "nonsense")


@pytest.mark.parametrize("capture", CAPTURES, ids=lambda p: p.name)
def test_recorded_sessions_begin_with_what_ccusage_printed_and_end_at_the_ledger(store, capture, tmp_path):
    root = tmp_path / "config"
    (root / "projects").parent.mkdir()
    (root / "projects").symlink_to(capture / "transcripts")
    made = pipeline()
    store.write(made.run(frames(capture, "protobuf")))
    for path in sorted((capture / "transcripts").rglob("*.jsonl")):
        read = read_transcript(enumerate(path.read_bytes().splitlines(), 1), file_hint=str(path), received_us=1)
        store.write(made.run_records(read.events))
    store.settle()
    told = against_ccusage(store, root)
    printed = RECORDING["trees"][capture.name][1][4]
    assert told.way.start.cost_nanousd / 1e9 == pytest.approx(printed, abs=5e-7)
    known = store.query_sql("select count(*) filter (where outcome = 'ok'), sum(cost_nanousd) from requests").rows[0]
    assert (told.way.end.requests, told.way.end.cost_nanousd) == known
    assert set(changes(told)) <= {"no_price", "auxiliary", "rounding"}


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.rule}: {c.name}")
def test_whatever_ccusage_makes_of_a_transcript_its_way_leads_to_the_ledger(store, case, tmp_path):
    root = lay_out(case, tmp_path / "config")
    import_(store, root / "projects")
    told = against_ccusage(store, root, zone=case.zone)
    assert told.way.start.cost_nanousd / 1e9 == pytest.approx(
        RECORDING["cases"][f"{case.rule}: {case.name}"][1][4], abs=5e-7
    )
    assert told.way.end.cost_nanousd == sum(row.cost_nanousd or 0 for row in rows_of(store))


def test_a_response_twice_for_ccusage_once_for_the_ledger(store, tmp_path):
    root = laid(tmp_path, line(), line(request_id="req_2"))
    import_(store, root)
    assert changes(against_ccusage(store, root))["ccusage_twice"].cost_nanousd == -SONNET


def test_what_is_in_the_files_and_was_not_imported(store, tmp_path):
    root = laid(tmp_path, line(), line("msg_2", "req_2"))
    import_(store, laid(tmp_path / "seen", line()))
    assert changes(against_ccusage(store, root)) == {
        "not_imported": Figure(requests=-1, input_tokens=-10, output_tokens=-1, cost_nanousd=-SONNET)
    }


def test_what_was_imported_and_is_in_no_file_now(store, tmp_path):
    root = laid(tmp_path, line())
    import_(store, laid(tmp_path / "seen", line(), line("msg_2", "req_2")))
    assert changes(against_ccusage(store, root))["file_gone"].cost_nanousd == SONNET


def test_telemetry_of_a_session_without_a_transcript_and_other_agents(store, tmp_path):
    otel = make_event(request_id="r9", model="m", output_tokens=1, cost_nanousd=7, cost_basis="reported")
    settle(store, otel, replace(otel, agent="codex", event_id="0" * 32))
    assert set(changes(against_ccusage(store, laid(tmp_path)))) == {"otel_only", "other_agent"}


def test_rows_made_by_the_agent_itself_are_no_requests(store, tmp_path):
    root = laid(tmp_path, line(message={"model": "<synthetic>"}))
    import_(store, root)
    assert changes(against_ccusage(store, root))["synthetic"].input_tokens == -10


def test_searches_regions_and_long_contexts_have_causes_of_their_own(store, tmp_path):
    used = {"server_tool_use": {"web_search_requests": 2}, "inference_geo": "us", "input_tokens": 300_000}
    root = laid(tmp_path, line(used=used, message={"model": "claude-sonnet-4-5"}))
    import_(store, root)
    told = changes(against_ccusage(store, root))
    assert told["web_search"].cost_nanousd == 20_000_000
    # 300,000 tokens at 6 dollars and one at 22.50, instead of 100,000 of them at 6 and 200,000 at 3
    assert told["long_context"].cost_nanousd == 200_000 * 3_000 + 7_500
    assert "price_version" not in told


def test_other_tokens_are_priced_by_ccusages_own_rates(store, tmp_path):
    root = laid(tmp_path, line())
    import_(store, laid(tmp_path / "seen", line(used={"output_tokens": 5})))
    assert changes(against_ccusage(store, root)) == {"tokens": Figure(output_tokens=4, cost_nanousd=4 * 15_000)}


def test_a_model_without_a_price_there_is_named(store, tmp_path):
    root = laid(tmp_path, line(message={"model": "claude-opus-5-5"}))
    import_(store, root)
    assert changes(against_ccusage(store, root)) == {"no_price": Figure(cost_nanousd=10 * 4_000 + 20_000)}


def test_a_model_without_a_price_here_is_unpriced_and_said(store, tmp_path):
    root = laid(tmp_path, line(message={"model": "my-own-model"}))
    import_(store, root)
    told = against_ccusage(store, root)
    assert "my-own-model" in " ".join(told.notes)
    assert told.way.end == Figure(requests=1, input_tokens=10, output_tokens=1)


def test_a_day_boundary_moves_a_request_and_cancels_out(store, tmp_path):
    first = line(used={"output_tokens": 50}, timestamp="2026-05-01T23:59:59.000Z")
    root = laid(tmp_path, first, line(timestamp="2026-05-02T00:00:01.000Z"))
    import_(store, root)
    told = against_ccusage(store, root)
    assert told.way.steps == []
    by_day = {cell.day: {s.id: s.change.requests for s in cell.way.steps} for cell in told.cells}
    assert by_day == {"2026-05-01": {"day_boundary": -1}, "2026-05-02": {"day_boundary": 1}}
    one_day = against_ccusage(store, root, first_day="2026-05-02", last_day="2026-05-02")
    assert one_day.way.end.requests == 1
    assert changes(one_day)["day_boundary"].requests == 1


def test_one_session_and_one_model(store, tmp_path):
    other = line("msg_2", "req_2", sessionId="session-2", message={"model": "claude-opus-5"})
    root = laid(tmp_path, line(), other)
    import_(store, root)
    told = against_ccusage(store, root, session=NAMES.session("session-2"))
    assert (told.way.start.requests, told.way.end.requests, told.way.steps) == (1, 1, [])
    assert against_ccusage(store, root, model="claude-opus-5").way.end.requests == 1


def test_differences_outside_of_what_is_asked_about_are_left_out(store, tmp_path):
    root = laid(tmp_path, line(), line("msg_2", "req_2", message={"model": "claude-opus-5"}))
    import_(
        store,
        laid(
            tmp_path / "seen",
            line(used={"output_tokens": 5}),
            line("msg_2", "req_2", message={"model": "claude-opus-5"}),
        ),
    )
    told = against_ccusage(store, root, model="claude-opus-5")
    assert (told.way.end.requests, told.way.steps) == (1, [])


def test_what_ccusage_printed_is_where_it_begins(store, tmp_path):
    root = laid(tmp_path, line())
    import_(store, root)
    part = {"inputTokens": 10, "outputTokens": 1, "cacheCreationTokens": 0, "cacheReadTokens": 0}
    day: dict[str, Any] = {"date": "2026-05-01", **part, "totalCost": 0.5}
    day["modelBreakdowns"] = [{**part, "modelName": "claude-sonnet-4-5", "cost": 0.5}]
    told = changes(against_ccusage(store, root, printed=read_printed(json.dumps({"daily": [day]}).encode())))
    assert told["ccusage_prices"].cost_nanousd == SONNET - 500_000_000
    day["modelBreakdowns"][0]["inputTokens"] = day["inputTokens"] = 11
    told = changes(against_ccusage(store, root, printed=read_printed(json.dumps({"daily": [day]}).encode())))
    assert told["ccusage_files"].input_tokens == -1


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"daily":[{}]}', '{"daily":[{"date":"x","totalCost":"y"}]}'])
def test_what_is_not_ccusages_output_is_a_mistake_in_the_call(text):
    with pytest.raises(ConfigError, match="not ccusage's"):
        read_printed(text.encode())


# --- the agent's own total ---


def total(session: str, out: int, cost: int, *, at: int = 0, **more: Any) -> Event:
    counted: dict[str, Any] = {"output_tokens": out, "cost_nanousd": cost, "lineage": "1"}
    return make_event(
        EventKind.USAGE_COUNTER,
        key=f"{session} {out} {cost}",
        source=Source.TRANSCRIPT,
        session_id=session,
        at_us=10**15 + at,
        counter="session_total",
        model="opus",
        **(counted | more),
    )


def response(n: int, session: str, *, basis: str = "priced") -> Event:
    return make_event(
        key=f"m{n}",
        source=Source.TRANSCRIPT,
        session_id=session,
        at_us=10**15 + n,
        message_id=f"m{n}",
        model="opus",
        output_tokens=10,
        cost_nanousd=10_000_000,
        cost_basis=basis,
    )


A, B = "s_000000000000000a", "s_000000000000000b"


def test_the_last_total_of_a_session_counts(store):
    settle(store, total(A, 10, 10_000_000), total(A, 20, 20_000_000, at=9), response(1, A), response(2, A))
    told = compare_session_totals(store, Selection())
    assert told.way.start.cost_nanousd == 20_000_000
    assert told.way.end.cost_nanousd == 20_000_000
    assert set(changes(told)) == {"not_counted"}


def test_another_price_of_the_agent_is_reported_against_priced(store):
    settle(store, total(A, 10, 9_000_000), response(1, A))
    assert changes(compare_session_totals(store, Selection()))["reported"].cost_nanousd == 1_000_000


def test_a_total_of_tokens_only_is_no_wrong_sum_of_money(store):
    settle(store, response(1, A), total(A, 10, 0, cost_nanousd=None))
    settle(store, replace(response(1, A), session_id=B), response(2, B), total(B, 20, 0, at=5, cost_nanousd=None))
    told = changes(compare_session_totals(store, Selection()))
    assert told["no_money"].cost_nanousd == 20_000_000
    assert "reported" not in told
    assert told["carried_over"].cost_nanousd == 0


def test_a_forks_total_begins_with_its_parents(store):
    settle(store, response(1, A), total(A, 10, 10_000_000))
    settle(store, replace(response(1, A), session_id=B), response(2, B), total(B, 20, 20_000_000, at=5))
    told = compare_session_totals(store, Selection(session=B))
    assert changes(told)["carried_over"].cost_nanousd == -10_000_000
    assert told.way.end.requests == 1
    assert set(changes(compare_session_totals(store, Selection(session=A)))) == {"not_counted"}


def test_without_totals_that_is_said(store):
    settle(store, response(1, A))
    told = compare_session_totals(store, Selection())
    assert "no transcript" in " ".join(told.notes)
    assert "the same" not in told.sentence


# --- bills (their reading: test_bills.py) ---


def test_a_bill_against_the_ledger_says_what_is_only_there_only_here_and_the_difference(store, tmp_path):
    lines = [line(), line("msg_2", "req_2", message={"model": "claude-opus-5"})]
    import_(store, laid(tmp_path, *lines))
    bill = read_bill(b"day,model,amount\n2026-05-01,claude-sonnet-4.5,0.01\n2026-05-02,claude-haiku-4-5,0.5\n")
    told = compare_bill(bill, rows_of(store), name="bill.csv", zone=UTC_ZONE, first_day=None, last_day=None)
    steps = changes(told)
    assert steps["rest"].cost_nanousd == SONNET - 10_000_000
    assert steps["only_theirs"].cost_nanousd == -500_000_000
    assert steps["only_ledger"].cost_nanousd == 10 * 5_000 + 25_000
    assert told.sentence.startswith("bill.csv says $0.51, the ledger $0.00012: $0.5099 less, because: ")
    only = compare_bill(
        bill, rows_of(store), name="b", zone=UTC_ZONE, first_day=None, last_day=None, model="claude-haiku-4-5"
    )
    assert set(changes(only)) == {"only_theirs"}


def test_days_of_a_bill_are_those_of_the_zone(store, tmp_path):
    import_(store, laid(tmp_path, line(timestamp="2026-05-01T23:30:00.000Z")))
    bill = read_bill(b"day,model,amount\n2026-05-02,claude-sonnet-4-5,0.000045\n")
    told = compare_bill(bill, rows_of(store), name="b", zone=find_zone("Europe/Berlin"), first_day=None, last_day=None)
    assert set(changes(told)) == {"not_counted"}


def test_causes_that_do_not_lead_to_the_ledger_are_no_comparison():
    tally = Tally()
    tally.theirs(("d", "m"), Figure(cost_nanousd=5))
    tally.ours(("d", "m"), Figure(cost_nanousd=7))
    with pytest.raises(ValueError, match="lead to"):
        tally.compare("x", "x")
