"""Whether trends, forecasts and anomalies keep their word: on made-up daily histories whose truth is known.

    ./dev bench forecast                     all parts, about two minutes; writes its section of RESULTS.md
    ./dev bench forecast --part coverage     how often the 80 % interval holds what came; beside it the last week repeated
    ./dev bench forecast --part direction    alarms where nothing moves, and power; beside it a fixed 5 %
    ./dev bench forecast --part changes      the same of change points
    ./dev bench forecast --part weekdays     the same of the weekday pattern
    ./dev bench forecast --part anomalies    alarms a month, and how many planted days are found; beside it mean and deviation
    ./dev bench forecast --rounds 4          four times as many rounds, for half the error

Shares in percent with their Monte-Carlo error (two standard errors). RESULTS.md is written only when all parts ran.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from bench.daily_histories import FAMILIES, QUIET, Family, days_from, draw_history
from tachograph.analytics.statistics.normal import normal_quantile
from tachograph.analytics.trends.anomalies import find_anomalies
from tachograph.analytics.trends.changes import find_changes
from tachograph.analytics.trends.direction import trend_of
from tachograph.analytics.trends.forecast import Forecast, forecast_month_end
from tachograph.analytics.trends.sum_ahead import seasonal_naive
from tachograph.analytics.trends.weekdays import weekdays_of

__all__ = ["Tally", "alarm_share", "anomaly_rates", "direction_share", "forecast_tally", "shift_at"]

FIRST = date(2026, 1, 1)
HISTORIES = (35, 42, 60, 90, 180)  # whole days before the running one
DAYS_AHEAD = (3, 10, 20, 29)  # to the month's end, the running day included
STILL = {name: family for name, family in FAMILIES.items() if name not in ("trend", "price change")}
"""Families whose level never changes for good."""
Table = list[list[str]]


@dataclass(slots=True)
class Tally:
    """What a number of forecasts came to."""

    rounds: int = 0
    held: int = 0
    above: int = 0  # more came than the interval's end
    off: float = 0.0  # sum of absolute errors, in average days a day
    width: float = 0.0
    naive_held: int = 0
    naive_off: float = 0.0
    naive_width: float = 0.0
    by: dict[tuple[str, int], list[int]] = field(default_factory=dict)  # of histories and days ahead: held, rounds

    @property
    def coverage(self) -> float:
        """Share of intervals that held what came."""
        return self.held / self.rounds


def forecast_tally(
    family: Family, rounds: int, rng: random.Random, *, histories: Sequence[int] = HISTORIES,
    days_ahead: Sequence[int] = DAYS_AHEAD, knows_steps: bool = True,
) -> Tally:  # fmt: skip
    """Month-end forecasts from each length of history with each number of days left.

    Args:
        knows_steps: a change of price falls into the history, not into the days that are forecast.
    """
    tally = Tally()
    for _ in range(rounds):
        for history in histories:
            for ahead in days_ahead:
                _one_forecast(tally, family, history, ahead, rng, knows_steps=knows_steps)
    return tally


def _one_forecast(
    tally: Tally, family: Family, history: int, ahead: int, rng: random.Random, *, knows_steps: bool
) -> None:
    today = _day_with(ahead, rng)
    first = today - timedelta(days=history)
    values = draw_history(family, history + ahead, rng, first=first, steps_within=history if knows_steps else None)
    left = rng.random()
    days = days_from(first, [*values[:history], values[history] * (1.0 - left)])
    told = forecast_month_end(days, today, left_of_today=left, with_score=False)
    assert isinstance(told, Forecast), told
    came = math.fsum(value for day, value in days if day >= told.month) + left * values[history]
    came += math.fsum(values[history + 1 :])
    coming, size = came - told.so_far, 20.0 * ahead
    naive, reach = _naive_interval(values[:history], ahead, left)
    tally.rounds += 1
    tally.held += (held := told.low <= came <= told.high)
    tally.above += came > told.high
    tally.off += abs(came - told.value) / size
    tally.width += (told.high - told.low) / size
    tally.naive_held += max(0.0, naive - reach) <= coming <= naive + reach
    tally.naive_off += abs(coming - naive) / size
    tally.naive_width += (naive + reach - max(0.0, naive - reach)) / size
    for key in (("history", history), ("ahead", ahead)):
        found = tally.by.setdefault(key, [0, 0])
        found[0] += held
        found[1] += 1


def _day_with(ahead: int, rng: random.Random) -> date:
    """A day on which so many of its month are left, itself included."""
    month = date(2026, rng.randint(1, 12), 28) + timedelta(days=4)
    return month - timedelta(days=month.day - 1 + ahead)


def _naive_interval(values: Sequence[float], ahead: int, left: float) -> tuple[float, float]:
    """The last week repeated, and the textbook's half width of its interval: errors of a week, by the root of weeks."""
    told = seasonal_naive(values, ahead) - (1.0 - left) * values[-7]
    errors = [b - a for a, b in zip(values, values[7:], strict=False)]
    deviation = math.sqrt(math.fsum(error * error for error in errors) / len(errors))
    spread = math.fsum((1 + place // 7) for place in range(ahead))
    return told, normal_quantile(0.9) * deviation * math.sqrt(spread)


def direction_share(
    family: Family, length: int, rounds: int, rng: random.Random, *, growth: float = 0.0
) -> tuple[int, int]:
    """In how many rounds a direction is told: by the test, and by later half over earlier half beyond 5 %."""
    told = fixed = 0
    for _ in range(rounds):
        values = draw_history(family, length, rng, first=_some_day(rng))
        values = [value * math.exp(growth * place) for place, value in enumerate(values)]
        told += trend_of(days_from(FIRST, values)).direction != "stable"
        earlier, later = math.fsum(values[: length // 2]), math.fsum(values[-(length // 2) :])
        fixed += abs(later - earlier) > 0.05 * earlier
    return told, fixed


def shift_at(
    family: Family, length: int, rounds: int, rng: random.Random, *, at: int | None = None, factor: float = 1.0
) -> tuple[int, int, list[int]]:
    """Rounds with any change point; with one within five days of the planted one; and how far the nearest was off."""
    any_, near, off = 0, 0, []
    for _ in range(rounds):
        values = draw_history(family, length, rng, first=_some_day(rng))
        if at is not None:
            values = [value * (factor if place >= at else 1.0) for place, value in enumerate(values)]
        found, _ = find_changes(days_from(FIRST, values))
        any_ += bool(found)
        if found and at is not None:
            off.append(min(abs((change.day - FIRST).days - at) for change in found))
            near += off[-1] <= 5
    return any_, near, off


def alarm_share(family: Family, length: int, rounds: int, rng: random.Random) -> int:
    """In how many rounds weekdays are said to differ."""
    return sum(
        bool(weekdays_of(days_from(FIRST, draw_history(family, length, rng, first=_some_day(rng)))).is_seasonal)
        for _ in range(rounds)
    )


def anomaly_rates(
    family: Family, length: int, rounds: int, rng: random.Random, *, factor: float | None = None
) -> tuple[float, float, float, float]:
    """False alarms in 30 days and share of planted days found; the same of mean and three standard deviations.

    One day in each round is multiplied by `factor`; without it nothing is planted.
    """
    false = found = plain_false = plain_found = 0
    for _ in range(rounds):
        values = draw_history(family, length, rng, first=FIRST)
        planted = -1
        if factor is not None:
            planted = rng.choice([place for place, value in enumerate(values) if value > 0 and place % 7 not in (2, 3)])
            values[planted] *= factor
        places = {(anomaly.day - FIRST).days for anomaly in find_anomalies(days_from(FIRST, values))[0]}
        found += planted in places
        false += len(places - {planted})
        mean, deviation = statistics.fmean(values), statistics.stdev(values)
        plain = {place for place, value in enumerate(values) if abs(value - mean) > 3.0 * deviation}
        plain_found += planted in plain
        plain_false += len(plain - {planted})
    months = rounds * length / 30.0
    return false / months, found / rounds, plain_false / months, plain_found / rounds


def _some_day(rng: random.Random) -> date:
    return FIRST + timedelta(days=rng.randrange(7))


def percent(hits: float, rounds: int) -> str:
    """A share with two standard errors."""
    share = hits / rounds
    return f"{share * 100:.1f} ±{200 * math.sqrt(max(share * (1 - share), 0.25 / rounds) / rounds):.1f}"


def _coverage(rounds: float, rng: random.Random) -> Table:
    table = [
        ["history", "held, %", "below / above", "by days of history", "by days left", "width", "error of naive's",
         "naive: held, %", "naive: width"],
    ]  # fmt: skip
    families = [(name, family, True) for name, family in FAMILIES.items()]
    families.append(("price change ahead or before", FAMILIES["price change"], False))
    for name, family, knows in families:
        told = forecast_tally(family, max(2, round(100 * rounds)), rng, knows_steps=knows)
        cells = {
            kind: " ".join(f"{n}: {100 * held / of:.0f}" for (k, n), (held, of) in sorted(told.by.items()) if k == kind)
            for kind in ("history", "ahead")
        }
        table.append(
            [name, percent(told.held, told.rounds),
             f"{100 * (told.rounds - told.held - told.above) / told.rounds:.0f} / {100 * told.above / told.rounds:.0f}",
             cells["history"], cells["ahead"], f"{told.width / told.rounds:.2f}", f"{told.off / told.naive_off:.2f}",
             percent(told.naive_held, told.rounds), f"{told.naive_width / told.rounds:.2f}"]
        )  # fmt: skip
    return table


def _direction(rounds: float, rng: random.Random) -> Table:
    lengths = (28, 60, 90, 180)
    table = [["history", *(f"{n} days: test, % / 5 % rule" for n in lengths)]]
    rows = [(f"nothing moves: {name}", family, 0.0) for name, family in STILL.items()]
    rows += [(f"{growth:+.1%} a day: steady", QUIET, growth) for growth in (0.005, 0.01, -0.01)]
    for name, family, growth in rows:
        cells = []
        for length in lengths:
            count = max(20, round((400 if length <= 90 else 200) * rounds))
            told, fixed = direction_share(family, length, count, rng, growth=growth)
            cells.append(f"{percent(told, count)} / {100 * fixed / count:.0f}")
        table.append([name, *cells])
    return table


def _changes(rounds: float, rng: random.Random) -> Table:
    lengths = (60, 90, 180)
    table = [["history", *(f"{n} days: any, %" for n in lengths)]]
    for name, family in STILL.items():
        cells = []
        for length in lengths:
            count = max(20, round(300 * rounds))
            cells.append(percent(shift_at(family, length, count, rng)[0], count))
        table.append([f"nothing moves: {name}", *cells])
    for factor in (0.5, 1.5, 2.0, 3.0):
        cells = []
        for length in lengths:
            count = max(20, round(150 * rounds))
            any_, near, off = shift_at(QUIET, length, count, rng, at=length // 2, factor=factor)
            middle = f", median {statistics.median(off):.0f} days off" if off else ""
            cells.append(f"{percent(any_, count)}; within 5 days {100 * near / count:.0f}{middle}")
        table.append([f"x {factor} in the middle: steady", *cells])
    return table


def _weekdays(rounds: float, rng: random.Random) -> Table:
    lengths = (28, 60, 180)
    table = [["history", *(f"{n} days: differ, %" for n in lengths)]]
    flat = replace(QUIET, weekdays=(1.0,) * 7, zero_weekend=QUIET.zero)
    rows = [("all days alike", flat), ("all alike, long memory", replace(flat, mood=0.5, memory=0.8))]
    rows += [("all alike, heavy tails", replace(flat, spread=1.0, bursts=0.03))]
    rows += [("weekends 40 % less", replace(flat, weekdays=(1, 1, 1, 1, 1, 0.6, 0.6))), ("a work week", QUIET)]
    for name, family in rows:
        cells = []
        for length in lengths:
            count = max(20, round(300 * rounds))
            cells.append(percent(alarm_share(family, length, count, rng), count))
        table.append([name, *cells])
    return table


def _anomalies(rounds: float, rng: random.Random) -> Table:
    table = [["history of 90 days", "alarms in 30 days", "x 5 found", "x 10 found", "x 20 found", "mean ± 3 deviations: alarms",
              "x 5", "x 10", "x 20"]]  # fmt: skip
    count = max(10, round(200 * rounds))
    for name, family in {"calm": replace(QUIET, spread=0.25, mood=0.15), **FAMILIES}.items():
        quiet = anomaly_rates(family, 90, count, rng)
        planted = [anomaly_rates(family, 90, count, rng, factor=factor) for factor in (5.0, 10.0, 20.0)]
        table.append(
            [name, f"{quiet[0]:.2f}", *(f"{100 * told[1]:.0f} %" for told in planted), f"{quiet[2]:.2f}",
             *(f"{100 * told[3]:.0f} %" for told in planted)]
        )  # fmt: skip
    return table


PARTS: dict[str, tuple[str, Callable[[float, random.Random], Table]]] = {
    "coverage": ("Month-end forecasts: how often the 80 % interval holds what came", _coverage),
    "direction": ("Direction: how often one is told, level 5 %", _direction),
    "changes": ("Change points: how often any is told, level 5 %", _changes),
    "weekdays": ("Weekdays: how often they are said to differ, level 5 %", _weekdays),
    "anomalies": ("Days that stand out; 0.1 alarms in 30 days is stated", _anomalies),
}


def main() -> None:
    """Print each part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--part", choices=list(PARTS))
    parser.add_argument("--rounds", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = time.monotonic()
    tables = {}
    for name, (title, part) in PARTS.items():
        if options.part in (None, name):
            begun = time.monotonic()
            tables[title] = part(options.rounds, random.Random(options.seed))
            print(f"{title}\n{_as_text(tables[title])}({time.monotonic() - begun:.0f} s)\n", flush=True)
    print(f"{time.monotonic() - started:.0f} s")
    if options.part is None:
        write_section(Path(__file__).with_name("RESULTS.md"), tables)


def write_section(path: Path, tables: dict[str, Table]) -> None:
    """Replace the section of these figures, or add it."""
    lines = [HEADING, "", ABOUT, ""]
    for title, table in tables.items():
        head, *rows = table
        lines += [f"{title}.", "", "| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
        lines += ["| " + " | ".join(row) + " |" for row in rows] + [""]
    text = path.read_text("utf-8")
    before, _, rest = text.partition(HEADING + "\n")
    after = rest[rest.index("\n## ") + 1 :] if "\n## " in rest else ""
    path.write_text(before.rstrip() + "\n\n" + "\n".join(lines) + ("\n" + after if after else ""), "utf-8")


HEADING = "## Trends and forecasts (`./dev bench forecast`)"
ABOUT = (
    "Made-up daily histories (`bench/daily_histories.py`): work weeks, zero days, amounts with long tails, moods that last."
    " Shares with two standard errors. Width and error are in average days for each day forecast; the error is that of the"
    " last week repeated (seasonal naive), 1 is no better. Days left count the running one, of which a share drawn at random"
    " is over. Seeds are fixed, so that the figures are the same on every machine."
)


def _as_text(table: Table) -> str:
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]))]
    return "".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() + "\n" for row in table
    )


if __name__ == "__main__":
    main()
