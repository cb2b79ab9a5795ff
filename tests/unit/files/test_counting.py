"""What the figures of a session are: each thing counted once, money exact, unknown told from nothing."""

from __future__ import annotations

import json
import math
import tracemalloc
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tachograph.analytics.file_kit.analyze import Analysis, analyze_files
from tachograph.analytics.file_kit.document import build_document
from tachograph.analytics.file_kit.parsed import find_parsed
from tachograph.analytics.file_kit.review import Thresholds
from tachograph.analytics.file_kit.values import money, whole
from tachograph.analytics.query import Window
from tachograph.analytics.zones import find_zone
from tests.unit.files.making import AT, analysed, counter, document, event, failure, put, request, result


def report(analysis: Analysis, **limits: int) -> dict[str, Any]:
    found = build_document(
        analysis, generated_at="2026-11-20T10:00:00Z", thresholds=Thresholds(**limits), recommendations=[]
    )
    json.dumps(found, allow_nan=False)  # all of it fits into JSON
    return found


def test_all_four_kinds_of_tokens_count(tmp_path: Path) -> None:
    found = report(analysed(tmp_path, document([request(0.01, tokens=(10, 20, 30, 40))] * 1)))
    assert found["summary"]["estimated_total_tokens"] == 100
    assert found["summary"]["cache_read_tokens"] == 30
    assert found["summary"]["summary"]["estimated_total_tokens"] == 100


def test_money_is_exact_where_doubles_are_not(tmp_path: Path) -> None:
    costs = [0.014103999999999998, *[0.1] * 10]
    analysis = analysed(tmp_path, document([request(cost) for cost in costs]))
    assert round(sum(costs[1:]), 17) != 1
    assert analysis.sessions[0].usage.nanousd == 1_014_104_000
    assert report(analysis)["costs"]["total_cost_microusd"] == 1_014_104


def test_costs_are_rounded_to_the_documented_places(tmp_path: Path) -> None:
    events = [request(0.00005), request(0.0000001), request(0.0000001)]
    found = report(analysed(tmp_path, document(events)))["costs"]
    assert found["top_sessions_by_cost"][0]["cost_usd"] == 0.0001  # 0.0000502, half up
    assert found["top_sessions_by_cost"][0]["cost_per_call"] == 0.000017  # 0.0000167333…


def test_a_reported_cost_of_nothing_is_nothing_and_not_unknown(tmp_path: Path) -> None:
    found = report(analysed(tmp_path, document([request(0, costUsd=5, price=7)])))
    assert found["costs"]["total_cost_usd"] == 0
    assert found["costs"]["requests_without_cost"] == 0


def test_what_is_not_known_is_null_with_a_reason(tmp_path: Path) -> None:
    found = report(analysed(tmp_path, document([event("api_request", model="claude-opus-5-5")])))
    assert found["summary"]["estimated_total_cost_usd"] is None
    assert found["summary"]["estimated_total_tokens"] is None
    assert set(found["summary"]["reasons"]) == {"cost", "tokens"}
    assert found["costs"]["top_sessions_by_cost"][0]["cost_per_call"] is None
    assert (found["costs"]["requests_without_cost"], found["costs"]["requests_without_tokens"]) == (1, 1)
    assert found["errors"]["retries"] is None


def test_a_session_that_asked_nothing_has_no_invented_cost(tmp_path: Path) -> None:
    found = report(analysed(tmp_path, document([event("user_prompt", prompt_length=3)])))
    assert found["summary"]["estimated_total_cost_usd"] is None
    assert "usage" in found["summary"]["reasons"]["cost"]
    assert found["costs"]["sessions_analyzed"] == 0


def test_a_price_of_ours_is_no_reported_cost(tmp_path: Path) -> None:
    events = [request(0.25), request(0.5, cost_basis="priced")]
    found = report(analysed(tmp_path, document(events)))["costs"]
    assert found["total_cost_usd"] == 0.25
    assert (found["requests_without_cost"], found["priced_apart_usd"]) == (1, 0.5)


COUNTERS = [
    counter("cost_usage", 0.5, model="claude-opus-5-5"),
    counter("cost_usage", 0.25, model="claude-opus-5-5"),
    counter("token_usage", 100, type="input", model="claude-opus-5-5"),
    counter("token_usage", 7, type="cacheRead", model="claude-opus-5-5"),
    counter("token_usage", 5, type="cacheCreation", model="claude-opus-5-5"),
    counter("token_usage", 3, type="output", model="claude-opus-5-5"),
]


def test_counters_count_where_there_are_no_requests(tmp_path: Path) -> None:
    found = report(analysed(tmp_path, document([], COUNTERS)))
    assert found["summary"]["estimated_total_cost_usd"] == 0.75
    assert found["summary"]["estimated_total_tokens"] == 115
    assert found["costs"]["cost_basis"] == "counters"


def test_counters_are_never_added_to_requests_of_their_session(tmp_path: Path) -> None:
    found = report(analysed(tmp_path, document([request(0.75)], COUNTERS)))
    assert found["summary"]["estimated_total_cost_usd"] == 0.75
    assert found["summary"]["estimated_total_tokens"] == 100
    assert found["costs"]["counters_beyond_requests_usd"] is None


def test_each_session_has_its_own_basis(tmp_path: Path) -> None:
    ones = document([request(0.1)], COUNTERS)
    others = document([], [dict(each, session_id="s_2", event_id=f"x{n}") for n, each in enumerate(COUNTERS)])
    found = report(analysed(tmp_path, ones, others))
    assert found["summary"]["estimated_total_cost_usd"] == 0.85
    assert found["costs"]["cost_basis"] == "requests and counters"
    assert found["costs"]["counters_beyond_requests_usd"] == 0.65


def test_a_record_in_two_files_counts_once(tmp_path: Path) -> None:
    events = [request(0.1), result(success=False)]
    analysis = analysed(tmp_path, document(events), document(events, name="session-2.log"))
    assert analysis.duplicates == 2
    assert report(analysis)["summary"]["total_api_requests"] == 1
    assert report(analysis)["summary"]["total_sessions"] == 1


def test_one_request_told_in_two_ways_counts_once(tmp_path: Path) -> None:
    twice = [request(0.1, request_id="req_011CRQ"), request(0.1, request_id="req_011CRQ")]
    assert report(analysed(tmp_path, document(twice)))["summary"]["total_api_requests"] == 1


def test_requests_to_which_a_gateway_gives_one_id_are_told_apart_by_their_tokens(tmp_path: Path) -> None:
    one_id = [request(0.1, request_id="req_0", tokens=(10, n, 0, 0)) for n in range(5)]
    again = [dict(each, event_id=f"{n:032x}") for n, each in enumerate(one_id)]  # told another time, in another way
    found = report(analysed(tmp_path, document(one_id), document(again)))
    assert found["summary"]["total_api_requests"] == 5
    assert found["summary"]["estimated_total_tokens"] == 60
    assert found["read"]["duplicates"] == 5


def test_a_record_with_the_same_id_is_the_same_whatever_else_it_says(tmp_path: Path) -> None:
    full = request(0.1, request_id="req_1x")
    bare = dict(full, data={"request_id": "req_1x", "model": "claude-opus-5-5"})
    found = report(analysed(tmp_path, document([full]), document([bare])))
    assert (found["summary"]["total_api_requests"], found["read"]["duplicates"]) == (1, 1)


def test_the_same_request_id_in_another_session_is_another_request(tmp_path: Path) -> None:
    both = [request(0.1, request_id="req_1"), request(0.1, request_id="req_1", session="s_2")]
    assert report(analysed(tmp_path, document(both)))["summary"]["total_api_requests"] == 2


def test_two_equal_records_of_an_older_parser_are_two(tmp_path: Path) -> None:
    entry = {"event_type": "claude_code.api_request", "timestamp": None, "data": {"cost": 0.1, "tokens": 10}}
    old = {"file": "/home/ada/logs/session-1.log", "session": {"session_id": "abc"}, "events": [entry, dict(entry)]}
    found = report(analysed(tmp_path, old, old))
    assert found["summary"]["total_api_requests"] == 2
    assert found["summary"]["estimated_total_cost_usd"] == 0.2
    assert found["summary"]["estimated_total_tokens"] == 20
    assert found["summary"]["sessions"][0]["file"] == "session-1.log"
    assert (found["summary"]["input_tokens"], found["summary"]["unsplit_tokens"]) == (None, 20)


def test_a_successful_read_of_error_handler_is_no_failure(tmp_path: Path) -> None:
    harmless = result("Read", tool_input='{"file_path": "error_handler.py"}', error="failed", tool_result="error fail")
    found = report(analysed(tmp_path, document([harmless])))["errors"]
    assert (found["total_tool_failures"], found["total_errors"], sum(found["by_class"].values())) == (0, 0, 0)


def test_a_tool_that_does_not_say_how_it_ended_did_not_fail(tmp_path: Path) -> None:
    silent = [event("tool_result", tool_name="Bash", success=said) for said in (None, "true", True, "maybe", 0)]
    told = [event("tool_result", tool_name="Bash", success=said) for said in ("false", False)]
    found = report(analysed(tmp_path, document(silent + told)))["errors"]
    assert (found["total_tool_failures"], found["by_tool"][0]["calls"]) == (2, 7)


def test_the_agents_own_note_of_an_api_error_is_no_second_error(tmp_path: Path) -> None:
    events = [event("internal_error", error_name="VUn"), failure(status_code=400), event("api_retries_exhausted")]
    found = report(analysed(tmp_path, document(events)))["errors"]
    assert (found["total_errors"], found["internal_errors"]) == (1, 1)


def test_retries_are_tries_after_the_first(tmp_path: Path) -> None:
    events = [failure(attempt=11), failure(attempt="3"), failure(attempt=1), request(0.1)]
    found = report(analysed(tmp_path, document(events)))["errors"]
    assert (found["retries"], found["requests_that_tell_tries"]) == (12, 3)


@pytest.mark.parametrize(
    ("errors", "failures", "limits", "listed"),
    [
        (2, 4, {}, False),
        (3, 0, {}, True),
        (0, 5, {}, True),
        (2, 4, {"errors": 2}, True),
        (3, 5, {"errors": 4, "tool_failures": 6}, False),
        (0, 1, {"tool_failures": 1}, True),
    ],
)
def test_sessions_are_reviewed_from_the_thresholds_on(
    tmp_path: Path, errors: int, failures: int, limits: dict[str, int], listed: bool
) -> None:
    events = [failure() for _ in range(errors)] + [result(success=False) for _ in range(failures)]
    found = report(analysed(tmp_path, document(events)), **limits)["errors"]
    assert found["high_retry_sessions"] == int(listed)
    assert [row["session_id"] for row in found["sessions_needing_review"]] == ["s_1"] * listed


def test_examples_of_failures_are_at_most_ten_and_hold_no_text(tmp_path: Path) -> None:
    secret = "Zanzibar"  # one word, which would pass as a name
    events = [failure(error=secret, prompt=secret) for _ in range(12)]
    events += [result(success=False, tool_input=secret, error=secret, tool_parameters=secret) for _ in range(12)]
    found = report(analysed(tmp_path, document(events)))
    assert len(found["errors"]["errors"]) == len(found["errors"]["tool_failures"]) == 10
    assert found["errors"]["total_errors"] == 12
    assert secret not in json.dumps(found)


def test_top_sessions_are_the_ten_costliest(tmp_path: Path) -> None:
    events = [request(n / 100, session=f"s_{n}") for n in range(1, 13)]
    found = report(analysed(tmp_path, document(events)))["costs"]
    assert [row["session_id"] for row in found["top_sessions_by_cost"]] == [f"s_{n}" for n in range(12, 2, -1)]
    assert found["sessions_analyzed"] == 12


def test_the_window_cuts_by_the_time_of_each_record(tmp_path: Path) -> None:
    events = [
        request(0.1, at="2026-11-18T22:59:59.999999Z"),
        request(0.2, at="2026-11-18T23:00:00Z"),
        request(0.4, at="2026-11-19T22:59:59Z"),
        request(0.8, at="2026-11-19T23:00:00Z"),
        request(1.6, at=None),
    ]
    berlin = find_zone("Europe/Berlin")
    start, end = (berlin.utc_of(datetime(2026, 11, day)) for day in (19, 20))  # noqa: DTZ001 - local
    analysis = analysed(tmp_path, document(events), window=Window(start=start, end=end, zone=berlin))
    assert analysis.sessions[0].usage.nanousd == 600_000_000
    assert analysis.outside == 3
    assert list(analysis.sessions[0].days) == ["2026-11-19"]


def test_a_session_outside_the_window_is_not_listed(tmp_path: Path) -> None:
    window = Window(start=datetime(2026, 11, 19))  # noqa: DTZ001 - UTC
    assert analysed(tmp_path, document([request(0.1, at=AT)]), window=window).sessions == []


BAD_FILES = [
    (b"{not json", "not_json"),
    (b"[1, 2]", "not_an_object"),
    (b"{}", "no_events"),
    (b'{"events": {}}', "no_events"),
    (b"\xff\xfe\x00", "not_utf8"),
    (b'{"events": ' + b"[" * 200_000, "not_json"),
    (b'{"events": [], "metrics": 5}', "no_events"),
    (b'{"x": NaN, "events": 5}', "no_events"),
]


@pytest.mark.parametrize(("content", "reason"), BAD_FILES)
def test_a_bad_file_costs_only_itself(tmp_path: Path, content: bytes, reason: str) -> None:
    put(tmp_path, "session-bad", content)
    analysis = analysed(tmp_path, document([request(0.1)]))
    assert dict(analysis.bad_files) == {reason: 1}
    assert analysis.sessions[0].usage.nanousd == 100_000_000


def test_a_link_in_the_folder_is_not_followed(tmp_path: Path) -> None:
    other = tmp_path / "elsewhere.json"
    other.write_text(json.dumps(document([request(0.1)])))
    (tmp_path / "k" / "data").mkdir(parents=True)
    (tmp_path / "k" / "data" / "session-1.json").symlink_to(other)
    assert dict(analysed(tmp_path / "k").bad_files) == {"not_a_file": 1}


def test_a_bad_record_costs_only_itself(tmp_path: Path) -> None:
    events = [request(0.1), 5, None, {"event_type": 7}, {"event_type": "../../etc/passwd"}, {"data": {}}]
    metrics = [counter("cost_usage", math.nan), counter("cost_usage", -1), "x", counter("token_usage", 1e300)]
    analysis = analysed(tmp_path, document(events, metrics))
    assert analysis.bad_records == {"not_a_record": 3, "no_type": 3, "bad_number": 3}
    assert analysis.sessions[0].usage.nanousd == 100_000_000


def test_a_record_that_cannot_be_read_costs_only_itself(tmp_path: Path) -> None:
    good = json.dumps(request(0.1)).encode()
    huge = b'{"event_type": "claude_code.api_request", "data": {"input_tokens": 1' + b"0" * 5000 + b"}}"
    garbled = b'{"event_type": "claude_code.api_request", "data": {"model": "\xff"}}'
    put(tmp_path, "session-1", b'{"events": [' + b", ".join([huge, good, garbled]) + b"]}")
    analysis = analysed(tmp_path)
    assert dict(analysis.bad_records) == {"bad_record": 2}
    assert analysis.sessions[0].usage.nanousd == 100_000_000


def test_a_file_with_what_json_has_no_words_for_is_read(tmp_path: Path) -> None:
    bad = event("api_request", cost_usd=math.nan, output_tokens=7)
    put(tmp_path, "session-1", b"\xef\xbb\xbf" + json.dumps(document([request(0.1), bad])).encode())
    usage = analysed(tmp_path).sessions[0].usage
    assert (usage.nanousd, usage.without_cost, usage.output_tokens) == (100_000_000, 1, 27)


@pytest.mark.parametrize(
    "bad", ["NaN", math.inf, -0.01, True, [], "1e999999999", "1e-999999999", 1e12, "seven", "٣", "1_0"]
)
def test_a_number_that_is_none_is_unknown_and_counted(tmp_path: Path, bad: Any) -> None:
    analysis = analysed(tmp_path, document([request(None, cost_usd=bad, input_tokens=-5)]))
    usage = analysis.sessions[0].usage
    assert (usage.nanousd, usage.without_cost, usage.input_tokens) == (0, 1, 0)
    assert analysis.bad_records["bad_number"] == 2


def test_numbers_may_be_texts() -> None:
    assert money("0.25") is not None
    assert whole("12") == 12
    assert whole("١٢") is None
    assert whole(True) is None
    assert whole("-1") is None


def test_names_that_are_none_are_not_shown(tmp_path: Path) -> None:
    nasty = "\x1b[31m/home/ada/.ssh/id_rsa\x07"
    events = [request(0.1, model=nasty), result(nasty, success=False), failure(error_type=nasty, status_code=None)]
    text = json.dumps(report(analysed(tmp_path, document(events, name=nasty, member=nasty))))
    assert "ada" not in text
    assert "id_rsa" not in text
    assert '"custom"' in text


ODD: list[Any] = [[], [1], {}, {"a": [1]}, True, "", "x" * 10_000, 10**400, -1, 1.5, "\ud800", [[[[]]]], 0, "0", "nan"]


@pytest.mark.parametrize("odd", ODD)
def test_any_value_in_any_place_is_survived(tmp_path: Path, odd: Any) -> None:
    whole_document = document([request(0.1)], [counter("cost_usage", 1)], name="session-0.log")
    documents = [whole_document | {name: odd} for name in (*whole_document, "sessions", "merge", "member", "collector")]
    documents += [document([event("api_request") | {name: odd}]) for name in event("api_request")]
    documents += [document([], [counter("cost_usage", 1) | {name: odd}]) for name in counter("cost_usage", 1)]
    names = [*request(0.1)["data"], "success", "tool_name", "duration_ms", "decision", "attempt", "request_id", "type"]
    for kind in ("api_request", "tool_result", "tool_decision", "api_error"):
        documents.append(document([event(kind, **dict.fromkeys(names, odd))]))
    analysis = analysed(tmp_path, *documents)
    assert analysis.files + analysis.bad_files.total() == len(documents)
    report(analysis)


def test_empty_logs_are_no_sessions(tmp_path: Path) -> None:
    analysis = analysed(tmp_path, document([]), document([request(0.1)]))
    assert (analysis.files, len(analysis.sessions)) == (2, 1)


def test_records_without_a_session_are_one_a_file(tmp_path: Path) -> None:
    analysis = analysed(tmp_path, document([request(0.1, session=None)]), document([request(0.1, session=None)]))
    assert [session.session_id for session in analysis.sessions] == [None, None]


def test_records_are_not_kept_in_memory(tmp_path: Path) -> None:
    """30,000 records that are retained would be some 30 MB; what is kept of each is 8 bytes."""

    def paths() -> Iterator[Path]:
        for number in range(150):
            events = [request(0.1, session=f"s_{number}", request_id=f"req_{number}x{i}") for i in range(200)]
            yield put(tmp_path, "session-1", document(events))

    tracemalloc.start()
    try:
        analysis = analyze_files(paths())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(analysis.sessions) == 150
    assert peak < 6_000_000


def test_quarantine_files_and_reports_are_not_read(tmp_path: Path) -> None:
    put(tmp_path, "session-1.quarantine", {"file": "x"})
    put(tmp_path, ".parse-state", {})
    assert find_parsed(tmp_path) == []
    assert analyze_files(find_parsed(tmp_path)).files == 0
