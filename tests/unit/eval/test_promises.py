"""What `eval compare` promises, on simulated sessions: false alarms, power and coverage are the stated ones.

Bounds are those of a binomial share: a test here fails by chance less than once in a thousand runs of other seeds, and
the seeds are fixed. `./dev bench evals` does more of it; docs/decisions/evals.md has its figures.
"""

from __future__ import annotations

import math
import os
import random

import pytest

from bench.evals import CHANGES, alarms, coverage, power
from tachograph.analytics.eval.measures import DEFAULT_MEASURES, MEASURES

SIGMAS = 3.3  # one in a thousand, on one side or the other
LENGTH = float(os.environ.get("EVAL_LENGTH", "0.4"))  # of the long tests; the bounds go with the rounds


def length(rounds: int) -> int:
    """How many rounds of a long test are played: fewer than 60 would say too little."""
    return max(60, round(rounds * LENGTH))


def reach(share: float, rounds: int) -> float:
    """How far from its chance a share may be after so many rounds."""
    return SIGMAS * math.sqrt(share * (1.0 - share) / rounds)


@pytest.mark.parametrize(("n_1", "n_2"), [(5, 5), pytest.param(8, 14, marks=pytest.mark.long)])
@pytest.mark.timeout(300)
def test_false_alarms_are_not_more_than_stated(n_1, n_2):
    rounds = 250
    names = [*DEFAULT_MEASURES, "cost_per_prompt_usd"]
    alone, together = alarms(n_1, n_2, rounds, names, random.Random(n_1 * 100 + n_2))
    most = rounds * (0.05 + reach(0.05, rounds))
    assert {name: count for name, count in alone.items() if count > most} == {}
    assert together <= most


@pytest.mark.long
@pytest.mark.parametrize(("n_1", "n_2", "rounds"), [(5, 40, 400), (20, 20, 400), (60, 180, 120), (250, 250, 60)])
@pytest.mark.timeout(900)
def test_false_alarms_are_not_more_than_stated_in_many_rounds(n_1, n_2, rounds):
    rounds = length(rounds)
    names = [*DEFAULT_MEASURES, "cost_per_prompt_usd"]
    alone, together = alarms(n_1, n_2, rounds, names, random.Random(n_1))
    most = rounds * (0.05 + reach(0.05, rounds))
    assert {name: count for name, count in alone.items() if count > most} == {}
    assert together <= most
    # not by never saying anything: a continuous measure is called as often as stated, too
    assert alone["cost_usd"] >= rounds * (0.05 - reach(0.05, rounds)) - (n_1 < 10) * 0.02 * rounds


@pytest.mark.long
@pytest.mark.timeout(600)
def test_all_measures_at_once_raise_no_more_alarms():
    rounds = 100
    _, together = alarms(25, 25, rounds, [name for name in MEASURES if name != "active_seconds"], random.Random(3))
    assert together <= rounds * (0.05 + reach(0.05, rounds))


@pytest.mark.long
@pytest.mark.parametrize("change", list(CHANGES))
@pytest.mark.timeout(900)
def test_so_many_sessions_as_are_said_to_be_needed_are_enough(change):
    """80 % of the time; the formulas are approximations: within five points, besides chance."""
    rounds = length(150)
    told = power(change, 0.05, 1.0, rounds, random.Random(4))
    assert told is not None
    needed, seen = told
    assert 10 < needed < 1000
    assert abs(seen / rounds - 0.8) <= 0.05 + reach(0.8, rounds)


@pytest.mark.timeout(300)
def test_intervals_hold_the_truth():
    rounds = 150
    told = coverage(12, 12, rounds, random.Random(5))
    least = rounds * (0.95 - reach(0.95, rounds))
    assert {key: held for key, (held, tried) in told.items() if held < least * tried / rounds} == {}
    assert ("cost_usd", "factor") in told


ROUGH = {("cost_usd", "mean_difference"), ("cost_per_prompt_usd", "difference")}
"""Of means of skewed amounts: said to be rough, and held to 90 %."""


@pytest.mark.long
@pytest.mark.parametrize(("n_1", "n_2", "rounds"), [(5, 5, 300), (15, 60, 200), (60, 20, 150), (120, 120, 60)])
@pytest.mark.timeout(900)
def test_intervals_hold_the_truth_in_many_rounds(n_1, n_2, rounds):
    for key, (held, tried) in coverage(n_1, n_2, length(rounds), random.Random(n_1)).items():
        stated = 0.90 if key in ROUGH else 0.95
        assert held >= tried * (stated - reach(stated, tried)), key
