"""What a month will come to, with an interval and with how well such forecasts went on the very same history."""

from __future__ import annotations

import calendar
import math
from array import array
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from hashlib import sha256
from threading import Lock
from typing import Any

from tachograph.analytics.trends.series import ONE_DAY, Day, fill_days
from tachograph.analytics.trends.sum_ahead import Ahead, look_ahead, seasonal_naive
from tachograph.analytics.trends.too_few import too_few

__all__ = ["LEAST_DAYS", "LEVEL", "Forecast", "PathDay", "Refusal", "Score", "forecast_month_end", "score_forecasts"]

LEVEL = 0.8
LEAST_DAYS = 35
MOST_DAYS = 182  # what is older tells nothing about the days to come
LEAST_SCORED = 21  # days of history that a forecast in the back-test has at least; more than WARM_UP
MOST_ORIGINS = 40
MOST_REMEMBERED = 256  # scores
METHOD = "weekday factors and a damped level; interval from errors of past sums of days"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How forecasts of the same method did on this history, each made only from the days before it."""

    forecasts: int  # how many; they overlap
    days_ahead: int  # how far each reached: as far as now, or as the history allows
    coverage: float | None  # share of them whose interval held what came; level is what it should be
    scaled_error: float | None  # mean absolute error over that of the last week repeated; below 1 is better than that
    reason: str | None = None  # why there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class PathDay:
    """What the month has come to at the end of a day, and that day by itself."""

    day: date
    value: float
    low: float
    high: float
    day_value: float  # by which the month grows on that day; of the running one with what is there
    day_low: float  # 80 % interval of that day alone: these do not add up to the month's
    day_high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """A month's total."""

    month: date  # its first day
    value: float
    low: float  # 80 % interval
    high: float
    so_far: float  # what is there already
    days_left: int  # the running one included, if anything of it is to come
    history_days: int  # whole days that it rests on
    score: Score | None  # None: not asked for
    path: tuple[PathDay, ...]  # from the running day to the month's last
    level: float = LEVEL
    method: str = METHOD
    reason: str | None = None  # always None: see Refusal

    def as_json(self) -> dict[str, Any]:
        """Its fields, those of the score and of each day of the path too."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """No forecast, and why."""

    month: date
    reason: str
    so_far: float
    history_days: int

    def as_json(self) -> dict[str, Any]:
        """The fields of a forecast, null where there is none."""
        none = dict.fromkeys(("value", "low", "high", "days_left", "score", "path", "method"))
        return {
            **none, "month": self.month, "reason": self.reason, "so_far": self.so_far, "level": LEVEL,
            "history_days": self.history_days,
        }  # fmt: skip


def forecast_month_end(
    days: Sequence[Day], today: date, *, left_of_today: float = 1.0, with_score: bool = True
) -> Forecast | Refusal:
    """The total of the month that `today` is in: what is there, and what its other days will bring.

    Args:
        days: days with their sums, in any order, from the first day of the history on; days that are missing after that are
            days of nothing. An entry for `today` is what is there so far: never taken for a whole day. Later ones are
            left out.
        today: the running day.
        left_of_today: share of a usual day that is still to come, 0 to 1.
        with_score: try the method on the history, which takes most of the time.
    """
    month = today.replace(day=1)
    last = today.replace(day=calendar.monthrange(today.year, today.month)[1])
    known = {day: value for day, value in days if day <= today}
    so_far = math.fsum(value for day, value in known.items() if day >= month)
    first = max(min(known, default=today), today - MOST_DAYS * ONE_DAY)
    whole = fill_days(known, first, today - ONE_DAY)
    values = [value for _, value in whole]
    n = len(values)
    if n < LEAST_DAYS:
        return Refusal(
            month=month, so_far=so_far, history_days=n,
            reason=too_few(n, "whole day of history", "for a forecast", LEAST_DAYS, many="whole days of history"),
        )  # fmt: skip
    if not any(values):
        return Refusal(month=month, so_far=so_far, history_days=n, reason="the history has nothing but zeros")
    ahead = (last - today).days + 1
    outlook = look_ahead(values, first.weekday(), ahead, first_share=left_of_today, level=LEVEL)
    grows = min(values) >= 0.0
    path: list[PathDay] = []
    for place in range(ahead):
        coming = outlook.sum_of(place + 1)
        if grows:
            coming = _never_less(coming, path, so_far)
        value = so_far + coming.value
        there = known.get(today, 0.0) if place == 0 else 0.0
        alone = value - (path[-1].value if path else so_far) + there
        spread = outlook.day_of(place)
        path.append(
            PathDay(
                day=today + place * ONE_DAY,
                value=value,
                low=so_far + coming.low,
                high=so_far + coming.high,
                day_value=alone,
                day_low=min(alone, there + (max(0.0, spread.low) if grows else spread.low)),
                day_high=max(alone, there + spread.high),
            )
        )
    end = path[-1]
    left = ahead if left_of_today > 0.0 else ahead - 1
    return Forecast(
        month=month,
        value=end.value,
        low=end.low,
        high=end.high,
        so_far=so_far,
        days_left=left,
        history_days=n,
        score=score_forecasts(values, first.weekday(), max(1, left)) if with_score else None,
        path=tuple(path),
    )


def score_forecasts(values: Sequence[float], weekday: int, ahead: int) -> Score:
    """Forecasts of `ahead` days from as many days of this history as have enough before and after them.

    Remembered: whole days seldom change between two times that a page asks. By a digest of the days, so that none of their
    figures outlives an erasure here.
    """
    key = sha256(array("d", [*values, weekday, ahead]).tobytes()).digest()
    with _scoring:
        known = _scores.get(key)
    if known is None:
        known = _score(values, weekday, ahead)
        with _scoring:
            _scores[key] = known
            if len(_scores) > MOST_REMEMBERED:
                del _scores[next(iter(_scores))]
    return known


_scores: dict[bytes, Score] = {}
_scoring = Lock()


def _score(values: Sequence[float], weekday: int, ahead: int) -> Score:
    n = len(values)
    reach = min(ahead, n - LEAST_SCORED)
    if reach < 1:
        return Score(
            forecasts=0, days_ahead=ahead, coverage=None, scaled_error=None,
            reason=f"{n} days are too few to try forecasts on",
        )  # fmt: skip
    last = n - reach
    step = max(1, -(-(last - LEAST_SCORED + 1) // MOST_ORIGINS))
    held, off, naive_off = 0, 0.0, 0.0
    origins = range(last, LEAST_SCORED - 1, -step)
    for origin in origins:
        before, came = values[:origin], math.fsum(values[origin : origin + reach])
        told = look_ahead(before, weekday, reach, level=LEVEL).sum_of(reach)
        if min(before) >= 0.0:
            told = Ahead(max(0.0, told.value), max(0.0, told.low), max(0.0, told.high))
        dust = 1e-9 * max(1.0, abs(came))  # of sums in another order
        held += told.low - dust <= came <= told.high + dust
        off += abs(came - told.value)
        naive_off += abs(came - seasonal_naive(before, reach))
    return Score(
        forecasts=len(origins),
        days_ahead=reach,
        coverage=held / len(origins),
        scaled_error=off / naive_off if naive_off > 0.0 else None,
        reason=None if naive_off > 0.0 else "the last week repeated was never off, so there is nothing to scale with",
    )


def _never_less(coming: Ahead, path: Sequence[PathDay], so_far: float) -> Ahead:
    """Sums of what cannot be negative: not below 0, nor below those of fewer days."""
    before = path[-1] if path else None
    return Ahead(
        max(coming.value, before.value - so_far if before else 0.0),
        max(coming.low, before.low - so_far if before else 0.0),
        max(coming.high, before.high - so_far if before else 0.0),
    )
