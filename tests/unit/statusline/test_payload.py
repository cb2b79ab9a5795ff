"""What is believed of the JSON that Claude Code hands to its status line: real payloads, and anything else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph.statusline.payload import clean, parse

GOLDEN = Path(__file__).parents[2] / "golden" / "statusline"
NOW_S = 1_795_180_000.0


def last_of(version: str) -> bytes:
    return (GOLDEN / f"claude_code-{version}.jsonl").read_bytes().splitlines()[-1]


@pytest.mark.parametrize(
    ("version", "cost", "model", "context"),
    [
        ("1.0.128", 375_395, "Sonnet 4", None),  # it tells no context window
        ("2.1.72", 375_318, "Sonnet 4.6", (91 + 100_000) / 200_000),
        ("2.1.328", 1_501_152, "Opus 5.5", (91 + 100_000) / 1_000_000),
    ],
)
def test_payloads_of_real_clients_are_understood(version: str, cost: int, model: str, context: float | None) -> None:
    payload = parse(last_of(version), now_s=NOW_S)
    assert (payload.version, payload.cost_microusd, payload.model) == (version, cost, model)
    assert payload.context_ratio == context
    assert payload.session is not None
    assert len(payload.session) == 36
    assert payload.limits == []


@pytest.mark.parametrize("version", ["2.1.197", "2.1.328"])
def test_the_limits_of_a_real_subscription_are_understood(version: str) -> None:
    payload = parse(last_of(f"{version}-subscription"), now_s=NOW_S)
    told = {limit.window: limit.used_ratio for limit in payload.limits}
    assert told == {"five_hour": 0.42, "seven_day": 0.183}
    assert all(limit.resets_at_s is not None and limit.resets_at_s > NOW_S for limit in payload.limits)


def test_what_is_null_at_the_start_of_a_session_is_not_known_and_not_0() -> None:
    first = (GOLDEN / "claude_code-2.1.328.jsonl").read_bytes().splitlines()[0]
    payload = parse(first, now_s=NOW_S)
    assert payload.context_ratio is None
    assert payload.cost_microusd == 0  # this one is said


def limits(**windows: object) -> list[tuple[str, float, int | None]]:
    payload = parse(json.dumps({"rate_limits": windows}).encode(), now_s=NOW_S)
    return [(limit.window, limit.used_ratio, limit.resets_at_s) for limit in payload.limits]


def test_a_window_that_is_over_is_left_out() -> None:
    assert limits(five_hour={"used_percentage": 99, "resets_at": NOW_S - 1}) == []
    assert limits(five_hour={"used_percentage": 99, "resets_at": NOW_S + 1}) == [("five_hour", 0.99, int(NOW_S) + 1)]


def test_a_limit_without_a_number_is_left_out_and_the_others_stay() -> None:
    good = {"used_percentage": 7, "resets_at": NOW_S + 60}
    bad: list[object] = [
        {},
        None,
        5,
        [],
        {"used_percentage": None},
        {"used_percentage": "7"},
        {"used_percentage": True},
    ]
    bad += [{"used_percentage": -1}, {"used_percentage": 1e300}]
    for odd in bad:
        assert limits(a=odd, seven_day=good) == [("seven_day", 0.07, int(NOW_S) + 60)]


def test_names_of_limits_are_words_and_there_are_not_too_many() -> None:
    odd = ("\x1b[31mx", "a b", "", "x" * 70, "../etc")
    assert limits(**{name: {"used_percentage": 5} for name in odd}) == []
    assert len(limits(**{f"w{i}": {"used_percentage": 5} for i in range(100)})) == 8


@pytest.mark.parametrize("cost", [None, "1", True, -1, float("nan"), float("inf"), 1e9, [], {}, 10**400])
def test_a_cost_that_is_none_is_not_known(cost: object) -> None:
    payload = parse(json.dumps({"cost": {"total_cost_usd": cost}}).encode(), now_s=NOW_S)
    assert payload.cost_microusd is None


@pytest.mark.parametrize("session", [None, 5, "", "../../etc/passwd", "a b", "x" * 129, "s\x00", "ü"])
def test_a_session_id_that_is_none_is_not_known(session: object) -> None:
    assert parse(json.dumps({"session_id": session}).encode(), now_s=NOW_S).session is None


@given(st.text())
def test_no_text_from_outside_has_anything_that_a_terminal_obeys(text: str) -> None:
    kept = clean(text)
    assert kept is None or (kept.isprintable() and 0 < len(kept) <= 24)


@pytest.mark.parametrize("model", ["\x1b]0;owned\x07Opus", "Op\x9bus", "Opus\r\n\x08", "\u202eOpus", "Opus\ud800"])
def test_sequences_in_a_models_name_are_taken_out(model: str) -> None:
    payload = parse(json.dumps({"model": {"display_name": model}}).encode(), now_s=NOW_S)
    assert payload.model is not None
    assert payload.model.isprintable()
    assert payload.model.endswith(("Opus", "Op" + "us"))


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
names = ("session_id", "model", "cost", "context_window", "rate_limits", "exceeds_200k_tokens", "version")


@given(st.dictionaries(st.sampled_from(names), json_values) | json_values)
def test_nothing_that_is_json_is_too_much(found: object) -> None:
    parse(json.dumps(found).encode("utf-8", "surrogatepass"), now_s=NOW_S)


@given(st.binary(max_size=200))
def test_nothing_that_is_no_json_is_too_much(data: bytes) -> None:
    parse(data, now_s=NOW_S)


def test_depth_is_not_too_much_either() -> None:
    assert parse(b'{"cost":' * 100_000, now_s=NOW_S).cost_microusd is None
    assert parse(b"[" * 200_000, now_s=NOW_S).session is None
