"""Our statistics beside scipy's, over random cases: an independent oracle. It is in the environment of the peers.

    ./dev bench statistics                      the largest relative difference of each figure
    ./dev bench statistics --coverage           how often intervals of a difference of skewed means hold it, BCa's too
    ./dev bench statistics --write FILE.json    fewer cases with scipy's answers, as the tests have them

Exact tests with ties, which scipy has not, are held against counting all divisions.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tachograph.analytics.statistics.bootstrap import mean_difference, welch
from tachograph.analytics.statistics.holm import holm
from tachograph.analytics.statistics.normal import beta_tail, t_quantile, two_sided
from tachograph.analytics.statistics.proportions import fisher_exact, newcombe, wilson
from tachograph.analytics.statistics.ranks import mann_whitney
from tachograph.analytics.statistics.shift import hodges_lehmann

__all__ = ["ours"]

Case = dict[str, Any]


def ours(case: Case) -> list[float]:
    """Our answer to a case, in the order of its `answer`."""
    kind, told = case["kind"], case["in"]
    match kind:
        case "fisher_exact":
            return [fisher_exact(*told)]
        case "wilson":
            interval = wilson(told[0] / told[1], told[1], told[2])
            return [interval.low, interval.high]
        case "newcombe":
            interval = newcombe(*told)
            return [interval.low, interval.high]
        case "mann_whitney":
            test = mann_whitney(*told)
            return [test.u, test.p]
        case "hodges_lehmann":
            return [hodges_lehmann(*told).estimate]
        case "welch":
            interval = welch(*told)
            return [interval.low, interval.high]
        case "t_quantile":
            return [t_quantile(*told)]
        case "beta_tail":
            return [beta_tail(*told)]
        case "two_sided":
            return [two_sided(*told)]
        case "holm":
            return holm(told)
    raise AssertionError(kind)


def main() -> None:
    """Compare, or write cases with scipy's answers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=2000, help="of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--coverage", action="store_true")
    options = parser.parse_args()
    import scipy  # type: ignore[import-not-found, import-untyped, unused-ignore]

    rng = random.Random(options.seed)
    if options.write is not None:
        cases = [case for _ in range(25) for case in _round(rng, small=True)]
        told = {"source": f"scipy {scipy.__version__}", "cases": cases}
        options.write.write_text(
            json.dumps(told, separators=(",", ":")).replace('{"kind"', '\n{"kind"') + "\n", "utf-8"
        )
        return
    if options.coverage:
        _print_coverage(rng, options.cases // 4)
        return
    worst: dict[str, float] = {}
    for _ in range(options.cases):
        for case in _round(rng, small=False):
            for mine, theirs in zip(ours(case), case["answer"], strict=True):
                off = abs(mine - theirs) / abs(theirs) if abs(theirs) > 1e-9 else abs(mine - theirs)
                worst[case["of"]] = max(worst.get(case["of"], 0.0), off)
    print(f"largest relative difference to scipy {scipy.__version__}, {options.cases} cases of each")
    for name, off in worst.items():
        print(f"  {name:<40} {off:.1e}")


def _print_coverage(rng: random.Random, rounds: int) -> None:
    """Costs as sessions have them: log-normal, the mean 1.8 times the median; a quarter less in the second group."""
    import numpy  # type: ignore[import-not-found, unused-ignore]
    from scipy import stats  # type: ignore[import-not-found, import-untyped, unused-ignore]

    def gap(a: Any, b: Any, axis: int = -1) -> Any:
        return numpy.mean(b, axis=axis) - numpy.mean(a, axis=axis)

    spread = 1.1
    true = -0.25 * math.exp(spread**2 / 2.0)
    print("sessions  scipy's BCa  Welch  ours: 95 % intervals of the difference of means that hold it, %")
    for n_1, n_2 in ((5, 5), (20, 20), (15, 60), (20, 80), (50, 50), (200, 200)):
        held = [0, 0, 0]
        for _ in range(rounds):
            one = [rng.lognormvariate(0.0, spread) for _ in range(n_1)]
            two = [0.75 * rng.lognormvariate(0.0, spread) for _ in range(n_2)]
            ends = stats.bootstrap((one, two), gap, n_resamples=999, method="BCa", vectorized=True).confidence_interval
            held[0] += bool(ends.low <= true <= ends.high)
            held[1] += true in welch(one, two)
            held[2] += true in mean_difference(one, two)
        print(f"{n_1:>4}+{n_2:<4} " + "  ".join(f"{100 * hits / rounds:8.1f}" for hits in held))


def _round(rng: random.Random, *, small: bool) -> Iterator[Case]:
    """One case of each kind, with the oracle's answer."""
    import numpy  # type: ignore[import-not-found, unused-ignore]
    from scipy import stats  # type: ignore[import-not-found, import-untyped, unused-ignore]

    def case(kind: str, told: list[Any], answer: list[float], of: str = "") -> Case:
        return {"kind": kind, "of": of or kind, "in": told, "answer": [float(value) for value in answer]}

    n_1, n_2 = (rng.randint(1, 30 if small or rng.random() < 0.5 else 5000) for _ in range(2))
    yes_1, yes_2 = rng.randint(0, n_1), rng.randint(0, n_2)
    yield case(
        "fisher_exact", [yes_1, n_1, yes_2, n_2], [stats.fisher_exact([[yes_1, n_1 - yes_1], [yes_2, n_2 - yes_2]])[1]]
    )
    confidence = rng.choice([0.8, 0.95, 0.99])
    ends = stats.binomtest(yes_1, n_1).proportion_ci(confidence, "wilson")
    yield case("wilson", [yes_1, n_1, confidence], [ends.low, ends.high])
    others = stats.binomtest(yes_2, n_2).proportion_ci(confidence, "wilson")
    gap = yes_2 / n_2 - yes_1 / n_1
    low = gap - math.hypot(yes_2 / n_2 - others.low, ends.high - yes_1 / n_1)
    high = gap + math.hypot(others.high - yes_2 / n_2, yes_1 / n_1 - ends.low)
    yield case("newcombe", [yes_1, n_1, yes_2, n_2, confidence], [low, high])
    one = [round(rng.gauss(0.0, 1.0), 9) for _ in range(rng.randint(1, 12 if small else 40))]
    two = [round(rng.gauss(0.5, 1.5), 9) for _ in range(rng.randint(1, 12 if small else 40))]
    exact = stats.mannwhitneyu(two, one, method="exact")
    yield case("mann_whitney", [one, two], [exact.statistic, exact.pvalue], "mann_whitney, exact")
    most = 70 if small else 400
    one = [rng.choice([0, 0, 0, 1, 1, 2, 5]) for _ in range(rng.randint(51, most))]
    two = [rng.choice([0, 0, 1, 1, 2, 3, 8]) for _ in range(rng.randint(51, most))]
    about = stats.mannwhitneyu(two, one, method="asymptotic")
    yield case("mann_whitney", [one, two], [about.statistic, about.pvalue], "mann_whitney, ties, many")
    one = [rng.choice([0, 0, 1, 2, 3]) for _ in range(rng.randint(1, 7))]
    two = [rng.choice([0, 1, 2, 4, 4]) for _ in range(rng.randint(1, 7))]
    yield case("mann_whitney", [one, two], _by_counting(one, two), "mann_whitney, ties, few (counted)")
    one = [round(rng.lognormvariate(0.0, 1.2), 9) for _ in range(rng.randint(2, 20 if small else 200))]
    two = [round(rng.lognormvariate(0.2, 1.0), 9) for _ in range(rng.randint(2, 20 if small else 200))]
    yield case("hodges_lehmann", [one, two], [numpy.median(numpy.subtract.outer(two, one))])
    ends = stats.ttest_ind(two, one, equal_var=False).confidence_interval(0.95)
    yield case("welch", [one, two], [ends.low, ends.high])
    share, freedom = rng.uniform(1e-5, 1 - 1e-5), 10 ** rng.uniform(-0.3, 4)
    yield case("t_quantile", [share, freedom], [stats.t.ppf(share, freedom)])
    a, b, x = 10 ** rng.uniform(-1, 3), 10 ** rng.uniform(-1, 3), rng.random()
    yield case("beta_tail", [a, b, x], [stats.beta.cdf(x, a, b)])
    z = rng.uniform(-30, 30)
    yield case("two_sided", [z], [2 * stats.norm.sf(abs(z))])
    several = [rng.random() ** 3 for _ in range(rng.randint(1, 12))]
    yield case("holm", several, _holm_by_closure(several))


def _by_counting(one: list[float], two: list[float]) -> list[float]:
    """U and p of all divisions of the values, one by one."""

    def u_of(first: list[float], second: list[float]) -> float:
        return sum((b > a) + 0.5 * (b == a) for a in first for b in second)

    together = [*one, *two]
    mean = len(one) * len(two) / 2
    real = abs(u_of(one, two) - mean)
    far = every = 0
    for chosen in itertools.combinations(range(len(together)), len(two)):
        second = [together[i] for i in chosen]
        first = [value for i, value in enumerate(together) if i not in chosen]
        every += 1
        far += abs(u_of(first, second) - mean) >= real - 1e-9
    return [u_of(one, two), far / every]


def _holm_by_closure(p: list[float]) -> list[float]:
    """Each by the definition: the largest Bonferroni p of any set of hypotheses that it is in."""
    every = range(len(p))
    return [
        max(
            min(1.0, len(group) * min(p[j] for j in group))
            for size in range(1, len(p) + 1)
            for group in itertools.combinations(every, size)
            if i in group
        )
        for i in every
    ]


if __name__ == "__main__":
    main()
