"""What to do: each rule by a case worked out by hand, where it says something and where it just does not."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tachograph.analytics.file_kit.rates import borne_out, cost_at
from tachograph.analytics.file_kit.recommend import RULES, Material, Recommendation, recommend
from tachograph.analytics.file_kit.review import Thresholds
from tachograph.pricing.price import PriceTable
from tachograph.pricing.rows import Rates
from tests.unit.files.making import analysed, document, event, failure, rejection, request, result

OPUS = Rates(  # femto-dollars a token: 5 dollars a million fresh tokens, a tenth for those from the cache
    input=5_000_000_000,
    output=25_000_000_000,
    cache_read=500_000_000,
    cache_write_5m=6_250_000_000,
    cache_write_1h=10_000_000_000,
)
HAIKU = Rates(
    input=1_000_000_000,
    output=5_000_000_000,
    cache_read=100_000_000,
    cache_write_5m=1_250_000_000,
    cache_write_1h=2_000_000_000,
)
RATES = {"claude-opus-5-5": OPUS, "claude-haiku-5": HAIKU}


def advice(folder: Path, events: list[Any], rule: str, **more: Any) -> list[Recommendation]:
    """What one rule says of these events."""
    found = recommend(Material(analysis=analysed(folder, document(events)), **more))
    return [each for each in found if each.rule == rule]


def spread(make: Any, count: int, sessions: int = 5) -> list[Any]:
    """So many records, over so many sessions in turn."""
    return [make(session=f"s_{number % sessions}") for number in range(count)]


def test_nothing_seen_nothing_said(tmp_path: Path) -> None:
    assert recommend(Material(analysis=analysed(tmp_path))) == []


def test_ordinary_sessions_get_no_advice(tmp_path: Path) -> None:
    events = spread(lambda session: request(0.1, tokens=(100, 2000, 9000, 900), session=session), 60)
    events += spread(lambda session: result(session=session), 60)
    assert recommend(Material(analysis=analysed(tmp_path, document(events)), rates=RATES)) == []


@pytest.mark.parametrize(("sessions", "fires"), [(1, True), (4, True), (5, False)])
def test_few_sessions(tmp_path: Path, sessions: int, fires: bool) -> None:
    found = advice(tmp_path, spread(lambda session: request(0.1, session=session), 10, sessions), "few_sessions")
    assert len(found) == fires
    if fires:
        assert found[0].evidence == f"{sessions} session{'s' * (sessions != 1)} of at least 5."
        assert found[0].saving.money is None
        assert found[0].saving.reason


def test_sessions_with_errors(tmp_path: Path) -> None:
    events = [failure(session="s_a") for _ in range(3)] + [result(success=False, session="s_b")]
    (found,) = advice(tmp_path, events, "sessions_with_errors")
    assert found.evidence.startswith("1 session of 2 hold 3 of 4 errors and tool failures; most often rate limit 3")
    assert [session.session_id for session in found.sessions] == ["s_a"]
    assert (found.saving.money, found.saving.duration_ms) == (None, None)


def test_no_session_with_errors_no_advice(tmp_path: Path) -> None:
    events = [failure(session="s_a"), failure(session="s_a"), failure(session="s_b")]
    assert advice(tmp_path, events, "sessions_with_errors") == []
    assert advice(tmp_path, events, "sessions_with_errors", thresholds=Thresholds(errors=2)) != []


def test_rate_limits(tmp_path: Path) -> None:
    events = [failure(duration_ms=1500), failure(duration_ms=500), failure(duration_ms=None)]
    (found,) = advice(tmp_path, events, "rate_limits")
    assert found.evidence == "3 requests ended in a rate limit, in 1 session."
    assert found.saving.duration_ms == 2000
    assert "of 2 of them that tell" in found.saving.how
    assert found.saving.money is None
    assert advice(tmp_path / "less", [*events[:2], failure(status_code=500)], "rate_limits") == []


def test_rate_limits_last_as_long_as_all_their_tries(tmp_path: Path) -> None:
    given_up = event("api_retries_exhausted", status_code=429, total_attempts=11, total_retry_duration_ms="90000")
    other = event("api_retries_exhausted", status_code=529, total_attempts=11, total_retry_duration_ms=5000)
    (found,) = advice(tmp_path, [*(failure(attempt=11) for _ in range(3)), given_up, other], "rate_limits")
    assert found.saving.duration_ms == 90_000
    assert found.saving.how == "what all tries of the refused requests lasted, of 1 of them that tell"


def test_time_that_nobody_tells_is_not_invented(tmp_path: Path) -> None:
    (found,) = advice(tmp_path, [failure(duration_ms=None) for _ in range(3)], "rate_limits")
    assert found.saving.duration_ms is None
    assert "no record tells" in found.saving.reason


def test_auth_errors(tmp_path: Path) -> None:
    (found,) = advice(tmp_path, [failure(status_code=401), failure(status_code=403)], "auth_errors")
    assert found.evidence == "2 requests were refused for who asked, in 1 session."
    assert advice(tmp_path / "one", [failure(status_code=401), failure(status_code=400)], "auth_errors") == []


@pytest.mark.parametrize(("calls", "failures", "fires"), [(20, 5, True), (21, 5, False), (10, 4, False), (9, 9, False)])
def test_failing_tool(tmp_path: Path, calls: int, failures: int, fires: bool) -> None:
    events = [result("Edit", success=number >= failures) for number in range(calls)]
    found = advice(tmp_path, [*events, *(result("Bash") for _ in range(30))], "failing_tool")
    assert len(found) == fires
    if fires:
        assert found[0].evidence == "5 of 20 calls of Edit failed (25 %), in 1 session."
        assert found[0].saving.duration_ms == 500


@pytest.mark.parametrize(("count", "fires"), [(4, False), (5, True)])
def test_rejected_tool(tmp_path: Path, count: int, fires: bool) -> None:
    events = [rejection("Bash", "config"), *(rejection("Bash") for _ in range(count - 1))]
    events += [rejection("Write"), event("tool_decision", tool_name="Bash", decision="accept", source="config")]
    found = advice(tmp_path, events, "rejected_tool")
    assert len(found) == fires
    if fires:
        assert (
            found[0].evidence == "5 calls of Bash were rejected, 1 by settings or a hook and 4 by hand, in 1 session."
        )
        assert "allow-list" in found[0].advice
        assert found[0].saving.money is None


def test_asked_tool(tmp_path: Path) -> None:
    asked = [event("tool_decision", tool_name="Bash", decision="accept", source="user_temporary") for _ in range(10)]
    (found,) = advice(tmp_path / "yes", asked, "asked_tool")
    assert found.evidence == "10 calls of Bash were allowed one by one and none was rejected, in 1 session."
    assert advice(tmp_path / "few", asked[:9], "asked_tool") == []
    assert advice(tmp_path / "no", [*asked, rejection("Bash")], "asked_tool") == []
    by_settings = [event("tool_decision", tool_name="Bash", decision="accept", source="config") for _ in range(20)]
    assert advice(tmp_path / "config", by_settings, "asked_tool") == []


def test_retries(tmp_path: Path) -> None:
    told = spread(lambda session: request(0.1, attempt=1, session=session), 18)
    (found,) = advice(tmp_path / "a", [*told, *(request(0.1, attempt=4, session="s_0") for _ in range(2))], "retries")
    assert found.evidence == "At least 2 of 20 requests were tried again (10 %), 6 retries in 1 session."
    assert found.saving.duration_ms is None
    gave_up = event("api_retries_exhausted", total_retry_duration_ms=7000)
    more = [*told, *(request(0.1, attempt=4, session="s_0") for _ in range(2)), gave_up]
    assert advice(tmp_path / "w", more, "retries")[0].saving.duration_ms == 7000
    assert advice(tmp_path / "b", [*told, request(0.1, attempt=5), request(0.1, attempt=1)], "retries") == []
    assert advice(tmp_path / "c", [*told[:8], request(0.1, attempt=9)], "retries") == []
    many = spread(lambda session: request(0.1, attempt=1, session=session), 120)
    assert advice(tmp_path / "d", [*many, request(0.1, attempt=9)], "retries") == []
    # of requests that succeed nothing is known: failures alone, which all tell, are no sample of the rest
    failed = spread(lambda session: failure(attempt=11, status_code=500, session=session), 5)
    succeeded = spread(lambda session: request(0.1, session=session), 96)
    assert advice(tmp_path / "f", [*failed, *succeeded], "retries") == []
    assert advice(tmp_path / "g", [*failed, *succeeded[:95]], "retries") != []
    silent = spread(lambda session: request(0.1, session=session), 60)
    assert advice(tmp_path / "e", silent, "retries") == []


def cached(session: str) -> Any:
    """8,000 of 10,000 tokens from the cache in one session, 2,000 in the others."""
    read = 8000 if session == "s_4" else 2000
    return request(0.1, tokens=(10_000 - read, 500, read, 0), session=session)


def test_low_cache_share(tmp_path: Path) -> None:
    (found,) = advice(tmp_path, spread(cached, 50), "low_cache_share", rates=RATES)
    # 50 requests of 10,000 tokens; 40 read 2,000 from the cache, 10 read 8,000: 160,000 of 500,000
    assert (
        found.evidence
        == "Of 500,000 tokens that the models read, 160,000 (32 %) came from the cache and 340,000 were fresh."
    )
    # the best quarter of five sessions begins with the fourth from below, which has 20 %: less than all have
    assert found.saving.money is None
    assert "nothing to compare with" in found.saving.reason


def test_low_cache_share_is_worth_what_the_best_quarter_does_better(tmp_path: Path) -> None:
    def make(session: str) -> Any:
        read = 6000 if session in ("s_3", "s_4") else 1000
        return request(0.1, tokens=(10_000 - read, 500, read, 0), session=session)

    (found,) = advice(tmp_path / "known", spread(make, 50), "low_cache_share", rates=RATES)
    # 60 % of 500,000 are 300,000 instead of 150,000: 150,000 tokens at 4.5 dollars a million less
    assert found.saving.money is not None
    assert found.saving.money.nanousd == 675_000_000
    assert "150,000 fresh tokens" in found.saving.how
    assert [session.session_id for session in found.sessions] == ["s_0", "s_1", "s_2"]
    (unknown,) = advice(tmp_path / "unknown", spread(make, 50), "low_cache_share")
    assert unknown.saving.money is None
    assert "do not bear out" in unknown.saving.reason


@pytest.mark.parametrize(
    ("count", "sessions", "tokens"),
    [
        (49, 5, (8000, 100, 2000, 0)),  # requests
        (50, 4, (8000, 100, 2000, 0)),  # sessions
        (50, 5, (3000, 100, 900, 0)),  # tokens
        (50, 5, (5000, 100, 5000, 0)),  # half of them from the cache
    ],
)
def test_a_cache_share_of_a_small_sample_or_a_good_one_is_no_matter(
    tmp_path: Path, count: int, sessions: int, tokens: tuple[int, int, int, int]
) -> None:
    events = spread(lambda session: request(0.1, tokens=tokens, session=session), count, sessions)
    assert advice(tmp_path, events, "low_cache_share", rates=RATES) == []


def test_short_requests(tmp_path: Path) -> None:
    # a short request: 1,000 fresh tokens and 100 written: 0.0075 with one model, 0.0015 with the other
    events = spread(lambda session: request(0.0075, tokens=(1000, 100, 0, 0), session=session), 20)
    (found,) = advice(tmp_path / "yes", events, "short_requests", rates=RATES)
    assert found.saving.money is not None
    assert found.saving.money.nanousd == 120_000_000
    assert "20 short requests of claude-opus-5-5 cost $0.1500" in found.evidence
    assert "$0.0300 with claude-haiku-5" in found.evidence
    assert advice(tmp_path / "few", events[:19], "short_requests", rates=RATES) == []
    assert advice(tmp_path / "alone", events, "short_requests", rates={"claude-opus-5-5": OPUS}) == []
    long = spread(lambda session: request(0.0075, tokens=(1000, 301, 0, 0), session=session), 20)
    assert advice(tmp_path / "long", long, "short_requests", rates=RATES) == []
    wide = spread(lambda session: request(0.0075, tokens=(1000, 100, 3001, 0), session=session), 20)
    assert advice(tmp_path / "wide", wide, "short_requests", rates=RATES) == []
    cheap = spread(lambda session: request(0.0029, tokens=(1000, 100, 0, 0), session=session), 20)
    assert advice(tmp_path / "cheap", cheap, "short_requests", rates=RATES) == []


def test_costly_session(tmp_path: Path) -> None:
    rest = [request(0.3, session=f"s_{number}") for number in range(5)]
    (found,) = advice(tmp_path / "yes", [*rest, request(1.0, session="s_big")], "costly_session")
    assert found.evidence == "One session of 6 cost $1.00 of $2.50 (40 %)."
    assert found.saving.money is None
    assert advice(tmp_path / "cent", [*rest, request(0.99, session="s_big")], "costly_session") == []
    more = [*rest, request(0.1, session="s_6"), request(1.0, session="s_big")]
    assert advice(tmp_path / "share", more, "costly_session") == []
    assert advice(tmp_path / "few", [*rest[:3], request(9.0, session="s_big")], "costly_session") == []


def test_prices_count_only_where_the_reported_costs_bear_them_out(tmp_path: Path) -> None:
    table = PriceTable.load()
    row = table.row_on("claude-opus-5-5", date(2026, 11, 18))
    assert row is not None
    rates = row.tiers[0][1]

    def known(folder: str, cost: float) -> bool:
        events = [request(cost, tokens=(1000, 100, 5000, 200))]
        return "claude-opus-5-5" in borne_out(analysed(tmp_path / folder, document(events)).sessions, table)

    usage = analysed(tmp_path / "x", document([request(1, tokens=(1000, 100, 5000, 200))])).sessions[0].usage
    true = float(cost_at(rates, usage).usd)
    assert known("a", true)
    assert known("b", true * 1.009)
    assert not known("c", true * 1.02)
    assert not known("d", true / 2)


def test_every_rule_says_what_it_needs_and_was_seen_to_speak() -> None:
    source = Path(__file__).read_text("utf-8")
    for rule in RULES:
        assert rule.needs
        assert f'"{rule.id}")' in source or f'"{rule.id}", ' in source, f"no case by hand for {rule.id}"
