"""Whether `tachograph eval compare` keeps its word: on made-up sessions whose truth is known, as in bench/eval_sessions.py.

    ./dev bench evals                       all parts, some minutes
    ./dev bench evals --part alarms         where nothing differs: how often something is called different
    ./dev bench evals --part power          at the number of sessions that was said to be needed: how often it is seen
    ./dev bench evals --part coverage       how often the interval holds the truth
    ./dev bench evals --rounds 4            four times as many rounds, for half the error

Prints shares in percent with their Monte-Carlo error (two standard errors).
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any
from unittest.mock import patch

from bench.eval_sessions import Population, draw_sessions
from tachograph.analytics.eval.compare import compare_sessions
from tachograph.analytics.eval.measures import DEFAULT_MEASURES, MEASURES, find_measures
from tachograph.analytics.eval.sides import Side, Sides
from tachograph.analytics.eval.verdict import examine
from tachograph.analytics.query import Window
from tachograph.analytics.statistics.bootstrap import welch
from tachograph.analytics.statistics.interval import Interval

__all__ = ["CALM", "TRUTHS", "alarms", "coverage", "covered", "power", "share_called", "truth"]

CALM = Population()
SIDES = Sides(before=Side(name="one", window=Window()), after=Side(name="two", window=Window()), change=None, others=())
NOW = datetime(2026, 11, 20)  # noqa: DTZ001 - UTC, as stores keep times
CALLED = {"better", "worse", "more", "less"}

CHANGES: dict[str, tuple[str, Population]] = {
    "cost, a quarter less": ("cost_usd", replace(CALM, cost=CALM.cost * 0.75)),
    "cost, 40 % less": ("cost_usd", replace(CALM, cost=CALM.cost * 0.6)),
    "duration, a third longer": ("duration_seconds", replace(CALM, seconds=CALM.seconds * 4 / 3)),
    "retries, for half as many": ("retries", replace(CALM, smooth_share=0.85)),
    "tool calls fail half as often": ("tool_failure_rate", replace(CALM, failure_share=0.03)),
    "requests fail twice as often": ("api_error_rate", replace(CALM, error_share=0.024)),
    "sessions with an error, fewer": ("had_error", replace(CALM, failure_share=0.025, error_share=0.005)),
    "cost per prompt, 40 % less": ("cost_per_prompt_usd", replace(CALM, cost=CALM.cost * 0.6)),
}


def main() -> None:
    """Print each part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=["alarms", "power", "coverage"])
    parser.add_argument("--rounds", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.monotonic()
    for name, part in (("alarms", _print_alarms), ("power", _print_power), ("coverage", _print_coverage)):
        if options.part in (None, name):
            part(options.rounds, random.Random(options.seed))
    print(f"{time.monotonic() - started:.0f} s")


def alarms(n_1: int, n_2: int, rounds: int, names: Sequence[str], rng: random.Random) -> tuple[Counter[str], int]:
    """Where nothing differs: how often each measure's own p was at most 0.05, and how often Holm let anything through."""
    alone: Counter[str] = Counter()
    together = 0
    measures = find_measures(names)
    with _plain_intervals():
        for _ in range(rounds):
            one, two = draw_sessions(CALM, n_1, rng), draw_sessions(CALM, n_2, rng)
            told = compare_sessions(SIDES, one, two, measures, alpha=0.05, now=NOW)
            alone.update(m["metric"] for m in told["metrics"] if m["p"] is not None and m["p"] <= 0.05)
            together += any(m["verdict"] in CALLED for m in told["metrics"])
    return alone, together


def power(name: str, alpha: float, weight: float, rounds: int, rng: random.Random) -> tuple[int, int] | None:
    """A change of CHANGES: the sessions that the first group is said to need, and in how many rounds it is seen then."""
    metric, changed = CHANGES[name]
    measure = MEASURES[metric]
    with _plain_intervals():
        pilot = 40_000  # so that the sessions needed are those for the true difference, not for a chance one
        one, two = draw_sessions(CALM, pilot, rng), draw_sessions(changed, round(pilot * weight), rng)
        needed = examine(measure, one, two, alpha=alpha).needed
        if needed is None:
            return None
        return needed, share_called(metric, changed, needed, math.ceil(needed * weight), alpha, rounds, rng)


def share_called(
    metric: str, changed: Population, n_1: int, n_2: int, alpha: float, rounds: int, rng: random.Random
) -> int:
    """In how many rounds a measure's p is at most alpha."""
    seen = 0
    with _plain_intervals():
        for _ in range(rounds):
            found = examine(
                MEASURES[metric], draw_sessions(CALM, n_1, rng), draw_sessions(changed, n_2, rng), alpha=alpha
            )
            seen += found.p is not None and found.p <= alpha
    return seen


def _mean_cost(of: Population) -> float:
    return of.cost * math.exp(of.cost_spread**2 / 2.0)


def _prompts(of: Population) -> float:
    return 1.0 + 3.0 * math.exp(of.length_spread**2 / 2.0)


TRUTHS: dict[tuple[str, str], Callable[[Population, Population], float]] = {
    ("cost_usd", "factor"): lambda a, b: b.cost / a.cost,
    ("cost_usd", "mean_difference"): lambda a, b: _mean_cost(b) - _mean_cost(a),
    ("tool_failure_rate", "difference"): lambda a, b: b.failure_share - a.failure_share,
    ("api_error_rate", "difference"): lambda a, b: b.error_share - a.error_share,
    ("made_commit", "difference"): lambda a, b: 0.0,
    ("cost_per_prompt_usd", "difference"): lambda a, b: _mean_cost(b) / _prompts(b) - _mean_cost(a) / _prompts(a),
}
"""What intervals have to hold, by measure and interval: exact, from how sessions are drawn."""

CHANGED = replace(CALM, cost=0.3, failure_share=0.03, error_share=0.006)


def truth(metric: str, interval: str) -> float:
    """The true difference between CALM and CHANGED."""
    return TRUTHS[metric, interval](CALM, CHANGED)


def coverage(n_1: int, n_2: int, rounds: int, rng: random.Random) -> dict[tuple[str, str], tuple[int, int]]:
    """For each interval: how often it held the truth, and of how many rounds that had one."""
    held: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for _ in range(rounds):
        one, two = draw_sessions(CALM, n_1, rng), draw_sessions(CHANGED, n_2, rng)
        for metric in dict.fromkeys(name for name, _ in TRUTHS):
            found = examine(MEASURES[metric], one, two, alpha=0.05)
            for name, interval in found.intervals.items():
                if (metric, name) in TRUTHS:
                    held[metric, name][0] += covered(interval, truth(metric, name))
                    held[metric, name][1] += 1
    return {key: (hits, tried) for key, (hits, tried) in held.items()}


def covered(interval: Interval, value: float) -> bool:
    """Whether the interval holds it, but for rounding."""
    dust = 1e-12 * max(1.0, abs(value))
    return interval.low - dust <= value <= interval.high + dust


@contextmanager
def _plain_intervals() -> Iterator[None]:
    """Without resampling, where only verdicts are counted: they do not depend on intervals."""
    place = "tachograph.analytics.eval.verdict"

    def nothing(*_: Any, **__: Any) -> Interval:
        return Interval(-math.inf, math.inf)

    with patch(f"{place}.mean_difference", welch), patch(f"{place}.ratio_interval", nothing):
        yield


def _percent(hits: int, rounds: int) -> str:
    share = hits / rounds
    return f"{share * 100:5.1f} ±{200 * math.sqrt(max(share * (1 - share), 0.25 / rounds) / rounds):3.1f}"


def _print_alarms(rounds: float, rng: random.Random) -> None:
    names = [*DEFAULT_MEASURES, "cost_per_prompt_usd"]
    print(
        "False alarms, % of comparisons (5 is stated; each measure by itself, then any of the six default ones with Holm)"
    )
    print(f"{'sessions':>10} {'rounds':>6}  " + " ".join(f"{name[:14]:>14}" for name in names) + f" {'any, Holm':>14}")
    for n_1, n_2, base in (
        (5, 5, 2000),
        (8, 20, 1500),
        (20, 20, 1500),
        (50, 150, 600),
        (100, 100, 600),
        (500, 500, 150),
    ):
        count = max(20, round(base * rounds))
        alone, _ = alarms(n_1, n_2, count, ["cost_per_prompt_usd"], rng)
        more, together = alarms(n_1, n_2, count, DEFAULT_MEASURES, rng)
        cells = [_percent((alone + more)[name], count) for name in names]
        print(
            f"{n_1:>5}+{n_2:<4} {count:>6}  "
            + " ".join(f"{c:>14}" for c in cells)
            + f" {_percent(together, count):>14}"
        )
    count = max(20, round(400 * rounds))
    everything = [name for name in MEASURES if name != "active_seconds"]
    _, together = alarms(30, 30, count, everything, rng)
    print(f"all {len(everything)} measures at once, 30+30 sessions, any with Holm: {_percent(together, count)}")


def _print_power(rounds: float, rng: random.Random) -> None:
    print("Power at the number of sessions that is said to be needed, % (80 is stated)")
    for name in CHANGES:
        for alpha, weight in ((0.05, 1.0), (0.05 / 6, 1.0), (0.05, 3.0)):
            count = max(20, round(300 * rounds))
            told = power(name, alpha, weight, count, rng)
            if told is None:
                print(f"  {name}: no number is enough")
                continue
            needed, seen = told
            print(
                f"  {name:<32} alpha {alpha:.4f}  {needed:>5}+{math.ceil(needed * weight):<5} sessions  {_percent(seen, count)}"
            )


def _print_coverage(rounds: float, rng: random.Random) -> None:
    print("Coverage of 95 % intervals, %")
    for n_1, n_2, base in ((5, 5, 500), (10, 10, 500), (15, 60, 400), (60, 15, 400), (50, 50, 300), (200, 200, 100)):
        count = max(20, round(base * rounds))
        told = coverage(n_1, n_2, count, rng)
        cells = "  ".join(f"{metric} {name} {_percent(*hits)}" for (metric, name), hits in told.items())
        print(f"{n_1:>5}+{n_2:<4} {cells}")


if __name__ == "__main__":
    main()
