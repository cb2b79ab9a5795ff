"""The normal distribution, exact far into its tails, and Student's t."""

from __future__ import annotations

import math
from statistics import NormalDist

__all__ = ["beta_tail", "normal_quantile", "t_quantile", "two_sided"]

_STANDARD = NormalDist()
_TINY = 1e-300


def two_sided(z: float) -> float:
    """The chance that a standard normal value is at least as far from 0 as `z`; no loss in the tails."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def normal_quantile(share: float) -> float:
    """The value that a standard normal one is below with this chance; `share` in (0, 1)."""
    return _STANDARD.inv_cdf(share)


def t_quantile(share: float, freedom: float) -> float:
    """The same of Student's t with `freedom` > 0 degrees of freedom, which need not be whole.

    Bisection on the incomplete beta function: to twelve digits, in microseconds enough for a report.
    """
    if share == 0.5:
        return 0.0
    if share < 0.5:
        return -t_quantile(1.0 - share, freedom)
    if freedom > 1e7:
        return normal_quantile(share)
    low, high = 0.0, 1.0
    while _t_upper(high, freedom) > 1.0 - share:
        low, high = high, high * 2.0
    for _ in range(200):
        middle = (low + high) / 2.0
        if middle in (low, high):
            break
        if _t_upper(middle, freedom) > 1.0 - share:
            low = middle
        else:
            high = middle
    return (low + high) / 2.0


def _t_upper(value: float, freedom: float) -> float:
    """The chance of t above `value` >= 0."""
    return 0.5 * beta_tail(freedom / 2.0, 0.5, freedom / (freedom + value * value))


def beta_tail(a: float, b: float, x: float) -> float:
    """The regularized incomplete beta function I_x(a, b).

    Source: the continued fraction of NIST DLMF 8.17.22, evaluated by Lentz's method.
    """
    if x <= 0.0:
        return 0.0
    if x >= 1.0:
        return 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _fraction(a, b, x) / a
    return 1.0 - front * _fraction(b, a, 1.0 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0))
    value = d
    for m in range(1, 500):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1.0) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1.0)),
        ):
            d = 1.0 / _away_from_zero(1.0 + term * d)
            c = _away_from_zero(1.0 + term / c)
            value *= c * d
        if abs(c * d - 1.0) < 1e-15:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
