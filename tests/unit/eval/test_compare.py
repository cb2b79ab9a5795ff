"""Two groups of made-up sessions: what was planted is found, what was not is not, and what is told can be acted on."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bench.eval_sessions import Population, draw_sessions
from tachograph.analytics.eval.compare import compare_sessions
from tachograph.analytics.eval.confounders import find_confounders
from tachograph.analytics.eval.measures import DEFAULT_MEASURES, MEASURES, find_measures
from tachograph.analytics.eval.notebook import Change
from tachograph.analytics.eval.sides import Side, Sides
from tachograph.analytics.query import Window
from tachograph.analytics.statistics.holm import holm

NOW = datetime.fromisoformat("2026-11-20")
AT = datetime.fromisoformat("2026-10-01")
CALM = Population()
SIDES = Sides(
    before=Side(name="one", window=Window(end=AT)),
    after=Side(name="two", window=Window(start=AT, end=NOW)),
    change=None,
    others=(),
)
OVERLAPPING = replace(SIDES, before=Side(name="one", window=Window()))
AROUND = Sides(
    before=Side(name="before cut", window=Window(end=AT)),
    after=Side(name="since cut", window=Window(start=AT, end=NOW)),
    change=Change(name="cut", at="2026-10-01T00:00:00Z", kind="prompt"),
    others=(),
)


GOING_ON = replace(AROUND, goes_on=True)


def drawn(n, seed, **changed):
    return draw_sessions(replace(CALM, **changed), n, random.Random(seed))


def told(one, two, names=DEFAULT_MEASURES, *, alpha=0.05, correction="holm", sides=SIDES):
    answer = compare_sessions(sides, one, two, find_measures(names), alpha=alpha, correction=correction, now=NOW)
    json.dumps(answer, allow_nan=False)
    return answer


def metric(answer, name):
    return next(one for one in answer["metrics"] if one["metric"] == name)


def test_a_planted_change_is_found_and_nothing_else():
    answer = told(drawn(120, 1), drawn(120, 2, cost=0.2, failure_share=0.01))
    assert metric(answer, "cost_usd")["verdict"] == "better"
    assert metric(answer, "tool_failure_rate")["verdict"] == "better"
    assert metric(answer, "duration_seconds")["verdict"] == "undecided"
    assert metric(answer, "api_error_rate")["verdict"] == "undecided"
    low, high = metric(answer, "cost_usd")["intervals"]["factor"]
    assert low < 0.5 < high < 1


def test_where_nothing_changed_nothing_is_found():
    answer = told(drawn(150, 3), drawn(90, 4))
    assert {one["verdict"] for one in answer["metrics"]} == {"undecided"}
    assert answer["warnings"] == []


def test_better_is_what_the_measure_calls_better():
    cheap, dear = drawn(60, 5, cost=0.1), drawn(60, 6, cost=0.8)
    assert metric(told(cheap, dear, ["cost_usd"]), "cost_usd")["verdict"] == "worse"
    assert metric(told(dear, cheap, ["cost_usd"]), "cost_usd")["verdict"] == "better"
    few = [s | {"commits": 0, "prompts": 1, "lines_added": 1} for s in cheap]
    many = [s | {"commits": 1, "prompts": 9, "lines_added": 99} for s in cheap]
    found = told(few, many, ["made_commit", "prompts", "commits", "lines_added"])
    assert [one["verdict"] for one in found["metrics"]] == ["better", "more", "better", "more"]
    back = told(many, few, ["made_commit", "prompts"])
    assert [one["verdict"] for one in back["metrics"]] == ["worse", "less"]


def test_each_kind_of_measure_gets_its_test():
    answer = told(drawn(30, 7), drawn(30, 8), ["cost_usd", "had_error", "tool_failure_rate", "cost_per_prompt_usd"])
    assert [one["test"].partition("_of_sessions")[0] for one in answer["metrics"]] == [
        "mann_whitney",
        "fisher_exact",
        "permutation",
        "permutation",
    ]


def test_holm_corrects_for_all_that_was_looked_at_and_only_if_asked():
    one, two = drawn(40, 9), drawn(40, 10, cost=0.24)
    corrected, plain = told(one, two), told(one, two, correction="none")
    raw = [m["p"] for m in corrected["metrics"]]
    assert [m["p_adjusted"] for m in corrected["metrics"]] == holm(raw)
    assert [m["p_adjusted"] for m in plain["metrics"]] == raw == [m["p"] for m in plain["metrics"]]
    assert corrected["metrics"][0]["planning"]["alpha"] == pytest.approx(0.05 / 6)
    alone = told(one, two, ["cost_usd"])
    assert (alone["metrics"][0]["verdict"], corrected["metrics"][0]["verdict"]) == ("better", "undecided")


def test_too_few_sessions_are_too_few_whatever_they_show():
    answer = told(drawn(3, 11, cost=0.01), drawn(3, 12, cost=9.0), ["cost_usd", "had_error"])
    found = metric(answer, "cost_usd")
    assert (found["verdict"], found["p"]) == ("too_little_data", pytest.approx(0.1))
    assert found["p_smallest_possible"] > 0.05
    assert found["withheld"]["mean_difference"].startswith("no interval")
    enough = told(drawn(6, 11, cost=0.01), drawn(6, 12, cost=9.0), ["cost_usd"])
    assert metric(enough, "cost_usd")["verdict"] == "worse"


@pytest.mark.parametrize(("n_1", "n_2"), [(0, 0), (0, 5), (5, 0), (1, 1), (1, 5), (2, 2)])
def test_hardly_any_sessions_at_all(n_1, n_2):
    answer = told(drawn(n_1, 13), drawn(n_2, 14), list(MEASURES))
    assert {one["verdict"] for one in answer["metrics"]} <= {"too_little_data", "undecided"}
    assert all(one["p"] is None for one in answer["metrics"]) or (n_1 and n_2)


def test_what_is_not_known_is_left_out_and_counted():
    one, two = drawn(30, 15), drawn(30, 16)
    one[0]["unpriced_requests"] = two[1]["unpriced_requests"] = two[2]["unpriced_requests"] = 1
    two[3] |= {"requests": 0, "input_tokens": 0, "output_tokens": 0, "cache_read_tokens": 0, "cache_write_tokens": 0}
    two[3]["cost_nanousd"] = 0
    found = metric(told(one, two, ["cost_usd"]), "cost_usd")
    assert (found["before"]["sessions"], found["before"]["left_out"]) == (29, {"cost not known": 1})
    assert (found["after"]["sessions"], found["after"]["left_out"]) == (27, {"cost not known": 2, "no request": 1})


def test_results_repeat():
    one, two = drawn(40, 17), drawn(35, 18)
    assert told(one, two, list(MEASURES)) == told(one, two, list(MEASURES))


def test_sessions_that_ran_at_the_change_are_in_neither_group():
    one, two = drawn(20, 19), drawn(20, 20)
    for n, row in enumerate(one):
        row |= {"started_at": AT - timedelta(hours=2), "ended_at": AT + timedelta(hours=1 if n < 3 else -1)}
    for row in two:
        row |= {"started_at": AT + timedelta(hours=1), "ended_at": AT + timedelta(hours=2)}
    answer = told(one, two, ["cost_usd"], sides=AROUND)
    assert (answer["running_at_change"], answer["before"]["sessions"], answer["after"]["sessions"]) == (3, 17, 20)
    assert {"kind": "running_at_change", "sessions": 3} in answer["notes"]


def test_sessions_that_may_go_on_are_told():
    one, two = drawn(5, 21), drawn(5, 22)
    two[0]["ended_at"] = NOW - timedelta(minutes=5)
    assert {"kind": "may_go_on", "sessions": 1} in told(one, two)["notes"]


def test_another_mixture_of_models_and_projects_is_said_with_figures():
    one, two = drawn(40, 23), drawn(40, 24)
    for row in two[:30]:
        row["model"] = "claude-opus-4-5"
    for row in two[:20]:
        row["project"] = "p_2"
    warnings = told(one, two)["warnings"]
    assert [(w["name"], w["distance"]) for w in warnings] == [("model", 0.75), ("project", 0.5)]
    assert {"value": "claude-opus-4-5", "before": 0.0, "after": 0.75} in warnings[0]["shares"]


def test_what_the_groups_are_told_apart_by_is_no_warning():
    one, two = drawn(20, 23), [row | {"model": "b"} for row in drawn(20, 24)]
    asked = replace(SIDES, before=replace(SIDES.before, filters={"model": ["a"]}))
    assert told(one, two, sides=replace(asked, after=replace(SIDES.after, filters={"model": ["b"]})))["warnings"] == []
    assert [w["name"] for w in told(one, two)["warnings"]] == ["model"]


def test_other_sources_than_before_are_said():
    """They do not all tell the same: who switches OpenTelemetry on at the change sees errors that nobody saw before."""
    one, two = drawn(20, 23), [row | {"has_otel": 1} for row in drawn(20, 24)]
    (warning,) = told(one, two)["warnings"]
    assert (warning["name"], warning["distance"]) == ("source", 1.0)
    assert {"value": "OpenTelemetry and transcript", "before": 0.0, "after": 1.0} in warning["shares"]


def test_a_mixture_that_chance_makes_is_not_said():
    rng = random.Random(25)
    said = 0
    for seed in range(60):
        one, two = drawn(8, 2 * seed), drawn(8, 2 * seed + 1)
        for row in (*one, *two):
            row["model"] = rng.choice("abcd")
        said += bool(find_confounders(one, two))
    assert said <= 9  # 60 at one in twenty: more than 9 one time in 1,000


def test_sessions_in_both_groups_are_said_whatever_the_filters():
    one, two = drawn(15, 26), drawn(15, 27)
    filtered = replace(SIDES, after=replace(SIDES.after, filters={"model": ["a"]}))
    said = {"kind": "overlap", "sessions": 4}
    assert said in told(one, [*two, *one[:4]], ["cost_usd"], sides=filtered)["warnings"]
    assert told(one, two, ["cost_usd"], sides=OVERLAPPING)["warnings"] == []


def test_what_is_needed_after_a_change_is_sessions_to_come():
    """Nobody can have more sessions of before it."""
    one, two = drawn(60, 28), drawn(20, 29, cost=0.3)
    planning = metric(told(one, two, ["cost_usd"], sides=GOING_ON), "cost_usd")["planning"]
    assert planning["only_after_can_grow"]
    still = planning["sessions_still_needed"]
    assert still["before"] == 0
    assert still["after"] > planning["sessions_needed"]["after"] - 20, "for fewer before, more after"
    few = metric(told(one[:12], drawn(20, 31, cost=0.35), ["cost_usd"], sides=GOING_ON), "cost_usd")
    assert few["verdict"] == "undecided"
    assert few["planning"]["sessions_needed"] is not None
    assert few["planning"]["sessions_still_needed"] is None, "12 before cannot show it, however many follow"


def test_sessions_with_the_same_are_counted_apart():
    one = [
        row | {"told_retries": 0, "with_attempts": 1, "repeated_tries": 0, "noticed_retries": 0}
        for row in drawn(10, 32)
    ]
    assert metric(told(one, one[:5], ["retries"]), "retries")["effect"]["ties"] == 1.0
    some = [row | {"told_retries": int(n < 2)} for n, row in enumerate(one)]
    assert metric(told(one, some, ["retries"]), "retries")["effect"]["ties"] == pytest.approx(0.8)


def test_an_undecided_measure_says_how_many_sessions_it_needs():
    found = metric(told(drawn(40, 28), drawn(20, 29, cost=0.3), ["cost_usd"]), "cost_usd")
    assert found["verdict"] == "undecided"
    planning = found["planning"]
    assert planning["sessions_needed"]["after"] == pytest.approx(planning["sessions_needed"]["before"] / 2, abs=1)
    assert planning["sessions_still_needed"] == {
        "before": planning["sessions_needed"]["before"] - 40,
        "after": planning["sessions_needed"]["after"] - 20,
    }
    assert planning["detectable_value"] != found["before"]["value"]


def test_counts_with_many_zeros_have_no_factor():
    found = metric(told(drawn(60, 30), drawn(60, 31), ["retries"]), "retries")
    assert found["withheld"]["factor"] == found["withheld"]["detectable_value"] == "many sessions have the same value"
    assert 0.5 < found["planning"]["detectable_superiority"] < 0.75
