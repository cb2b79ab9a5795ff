"""Made-up daily histories whose truth is known: what an agent costs a day, as people work.

Every history has a weekday pattern, days without anything, amounts whose logarithm is spread, and a mood that lasts
(autocorrelation). A family adds what makes forecasting hard.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

__all__ = ["FAMILIES", "QUIET", "Family", "days_from", "draw_history"]

WORKWEEK = (1.0, 1.1, 1.1, 1.05, 0.8, 0.15, 0.1)
STRONG = (1.6, 1.2, 1.0, 0.8, 0.4, 0.02, 0.02)
LEVEL = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """How days are drawn."""

    weekdays: tuple[float, ...] = WORKWEEK
    spread: float = 0.5  # standard deviation of the logarithm of a day, from day to day
    mood: float = 0.3  # the same of what lasts
    memory: float = 0.5  # how much of it lasts from one day to the next
    zero: float = 0.05  # chance of a working day without anything
    zero_weekend: float = 0.4
    growth: float = 0.0  # of the level a day, as a share; a history draws its own up to this, up or down
    holidays: float = 0.0  # blocks without anything a month
    steps: tuple[float, ...] = ()  # factors of a change of price, one of which happens on a day drawn at random
    bursts: float = 0.0  # chance of a day five times as dear, drawn for itself


QUIET = Family()
FAMILIES: dict[str, Family] = {
    "steady": QUIET,
    "trend": replace(QUIET, growth=0.01),
    "weekday pattern": replace(QUIET, weekdays=STRONG),
    "holidays": replace(QUIET, holidays=0.5),
    "price change": replace(QUIET, steps=(0.5, 0.6, 1.6, 2.0)),
    "zero days": replace(QUIET, zero=0.45, zero_weekend=0.85),
    "heavy tails": replace(QUIET, spread=1.0, bursts=0.03),
    "long memory": replace(QUIET, mood=0.5, memory=0.8),
}


def draw_history(
    family: Family, length: int, rng: random.Random, *, first: date, steps_within: int | None = None
) -> list[float]:
    """A value a day from `first` on, never negative; in dollars. Changes of price fall within the first so many days."""
    growth = rng.uniform(-family.growth, family.growth)
    step_at, step = (rng.randrange(steps_within or length), rng.choice(family.steps)) if family.steps else (length, 1.0)
    away = _holidays(family, length, rng)
    mood = rng.gauss(0.0, family.mood)
    shock = family.mood * math.sqrt(1.0 - family.memory**2)
    values = []
    for index in range(length):
        mood = family.memory * mood + rng.gauss(0.0, shock)
        weekday = (first.weekday() + index) % 7
        noise = math.exp(mood + rng.gauss(0.0, family.spread))
        if family.bursts and rng.random() < family.bursts:
            noise *= 5.0
        nothing = rng.random() < (family.zero_weekend if weekday >= 5 else family.zero) or index in away
        level = LEVEL * math.exp(growth * (index - length)) * (step if index >= step_at else 1.0)
        values.append(0.0 if nothing else level * family.weekdays[weekday] * noise)
    return values


def days_from(first: date, values: list[float]) -> list[tuple[date, float]]:
    """The values with their days."""
    return [(first + timedelta(days=index), value) for index, value in enumerate(values)]


def _holidays(family: Family, length: int, rng: random.Random) -> set[int]:
    away: set[int] = set()
    for start in range(length):
        if rng.random() < family.holidays / 30.0:
            away.update(range(start, start + rng.randint(2, 8)))
    return away
