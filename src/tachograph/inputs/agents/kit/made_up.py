"""Who works when in the demonstration: a made-up team, its projects, and the days of some weeks. The same seed, the same days."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

__all__ = ["DAYS", "PEOPLE", "PROJECTS", "Dice", "Play", "Stint", "json_lines", "plan_stints", "stamp"]

DAYS = 60
"""Enough for forecasts (35 whole days), for days that stand out (28 with a value) and for changes of level (42)."""

PROJECTS = ("atlas-api", "atlas-web", "billing", "data-pipeline", "docs-site", "mobile-app")
PEOPLE = ("ada", "grace", "linus", "margaret", "ken", "barbara")
JOINED = 0.6  # of the weeks are over when the last of them comes
WEEKEND = 0.3  # of the sessions of a working day
BUSY_BACK = 11  # the day that stands out lies about so many days back, on a working day
BUSY_SESSIONS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Stint:
    """When somebody starts a session."""

    start: datetime
    person: str
    project: str
    age: float  # how much of the weeks is over then, 0 to 1
    is_long: bool = False  # one of those that make a day stand out
    is_stuck: bool = False  # the agent tries the same over and over

    @property
    def folder(self) -> str:
        """Where the project lies."""
        return f"/home/demo/{self.project}"


class Dice:
    """Random things that sessions are made of."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)  # made-up data, nothing secret

    def pick(self, weighted: tuple[tuple[str, int], ...]) -> str:
        """One of the names, by their weights."""
        return self.random.choices([name for name, _ in weighted], [weight for _, weight in weighted])[0]

    def chance(self, share: float) -> bool:
        """True as often as that."""
        return self.random.random() < share

    def uuid(self) -> str:
        """A random UUID."""
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))

    def hex(self, digits: int) -> str:
        """So many digits."""
        return f"{self.random.getrandbits(4 * digits):0{digits}x}"

    def wait(self, seconds: float) -> timedelta:
        """A wait, at most half an hour of it."""
        return timedelta(seconds=min(seconds, 1800.0))


@dataclass(slots=True, kw_only=True)
class Play:
    """A session while it goes on."""

    dice: Dice
    stint: Stint
    until: datetime | None  # what would be written from then on is not there yet
    now: datetime = field(init=False)
    lines: list[dict[str, Any]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.now = self.stint.start

    def is_there(self) -> bool:
        """What is written now is."""
        return self.until is None or self.now < self.until


def plan_stints(
    dice: Dice, *, last_day: date, days: int, per_day: float, with_busy_day: bool = False
) -> Iterator[Stint]:
    """Starts of sessions, fewer at weekends.

    Args:
        dice: of the agent that is planned.
        last_day: the newest day, UTC.
        days: how many up to and including it.
        per_day: sessions of a working day, about.
        with_busy_day: one working day has long ones besides, and some sessions of the weeks are stuck.
    """
    busy = last_day - timedelta(days=BUSY_BACK)
    busy -= timedelta(days=max(0, busy.weekday() - 4))
    for back in range(days - 1, -1, -1):
        day = last_day - timedelta(days=back)
        age = (days - 1 - back) / days
        mean = per_day if day.weekday() < 5 else per_day * WEEKEND
        for number in range(max(0, round(dice.random.gauss(mean, 0.15 * mean)))):
            yield _stint(dice, day, age, is_stuck=with_busy_day and number == 0 and back % 9 == 4)
        if with_busy_day and day == busy:
            for _ in range(BUSY_SESSIONS):
                yield _stint(dice, day, age, person=PEOPLE[3], project=PROJECTS[3], is_long=True)


def json_lines(told: Iterable[Any]) -> bytes:
    """One JSON text each line."""
    return b"".join(json.dumps(one, separators=(",", ":")).encode() + b"\n" for one in told)


def stamp(moment: datetime) -> str:
    """As agents write times."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _stint(dice: Dice, day: date, age: float, **told: Any) -> Stint:
    hour = min(22.0, max(7.0, dice.random.gauss(13.5, 3.2)))
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)
    newcomer = 3 if age >= JOINED else 0
    person = dice.random.choices(PEOPLE, (6, 5, 4, 3, 2, newcomer))[0]
    project = dice.random.choice(PROJECTS)
    return Stint(**{"start": start, "person": person, "project": project, "age": age, **told})
