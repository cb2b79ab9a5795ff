"""What a good session is, in the owner's words: a TOML file of criteria, and sessions scored against it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tachograph.analytics.eval.measures import MEASURES, Measure, Missing, Session, value_of
from tachograph_sdk.errors import ConfigError

__all__ = ["EXAMPLE", "Criteria", "Criterion", "read_criteria", "score_sessions"]

EXAMPLE = """\
# What a good session is. `tachograph eval score --criteria FILE` scores sessions against it.
# A session passes if it meets every required criterion, and enough of the others by weight.

pass_mark = 0.7                 # share of the weights that has to be met, 0 to 1 (default 1)

[[criterion]]
metric = "cost_usd"             # any measure of `tachograph eval compare`
at_most = 2.50                  # one of: at_most, at_least, below, above, equals
required = true                 # without it the session fails, whatever else it meets

[[criterion]]
metric = "tool_errors"
at_most = 0
weight = 2                      # default 1

[[criterion]]
name = "it came to something"   # for people (default: the measure and its bound)
metric = "commits"
at_least = 1

[[criterion]]
metric = "duration_seconds"
below = 3600
"""

COMPARISONS: Mapping[str, tuple[str, Callable[[float, float], bool]]] = {
    "at_most": ("at most", lambda value, bound: value <= bound),
    "at_least": ("at least", lambda value, bound: value >= bound),
    "below": ("below", lambda value, bound: value < bound),
    "above": ("above", lambda value, bound: value > bound),
    "equals": ("equal to", lambda value, bound: value == bound),
}
_KEYS = ("name", "metric", *COMPARISONS, "weight", "required")
_HINT = "`tachograph eval score --example` prints a file to begin with"


@dataclass(frozen=True, slots=True, kw_only=True)
class Criterion:
    """One demand on a session."""

    name: str
    measure: Measure
    comparison: str  # a key of COMPARISONS
    bound: float
    weight: float
    required: bool

    def is_met(self, session: Session) -> tuple[bool | None, float | Missing]:
        """Whether, and the value; null where the session has none."""
        value = value_of(self.measure, session)
        if isinstance(value, Missing):
            return None, value
        return COMPARISONS[self.comparison][1](value, self.bound), value


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """A file of them."""

    items: tuple[Criterion, ...]
    pass_mark: float  # share of the weights of what is not required


def read_criteria(path: Path) -> Criteria:
    """The criteria of a file. Raises ConfigError, which names the key that is wrong and what it may be."""
    try:
        told = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror or 'no file'}", hint=_HINT) from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8 text", hint=_HINT) from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not TOML: {error}", hint=_HINT) from None
    for key in told:
        if key not in ("pass_mark", "criterion"):
            raise ConfigError(f"{path}: there is no key {key!r}", hint="keys are: pass_mark, and [[criterion]] tables")
    mark = _number(path, "pass_mark", told.get("pass_mark", 1))
    if not 0 <= mark <= 1:
        raise ConfigError(f"{path}: pass_mark is a share from 0 to 1", hint="for instance: pass_mark = 0.7")
    tables = told.get("criterion", [])
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise ConfigError(f"{path}: there is no [[criterion]]", hint=_HINT)
    return Criteria(items=tuple(_criterion(path, n, t) for n, t in enumerate(tables, 1)), pass_mark=mark)


def _criterion(path: Path, number: int, table: Mapping[str, Any]) -> Criterion:
    place = f"{path}: criterion {number}"
    for key in table:
        if key not in _KEYS:
            raise ConfigError(f"{place}: there is no key {key!r}", hint=f"keys are: {', '.join(_KEYS)}")
    metric = table.get("metric")
    if not isinstance(metric, str) or metric not in MEASURES:
        what = "metric is missing" if metric is None else f"there is no metric {metric!r}"
        raise ConfigError(f"{place}: {what}", hint=f"metrics are: {', '.join(MEASURES)}")
    given = [key for key in COMPARISONS if key in table]
    if len(given) != 1:
        said = "no comparison" if not given else f"more than one comparison: {', '.join(given)}"
        raise ConfigError(f"{place}: {said}", hint=f"give one of: {', '.join(COMPARISONS)}")
    comparison = given[0]
    measure = MEASURES[metric]
    raw = table[comparison]
    bound = float(raw) if isinstance(raw, bool) and measure.kind == "yes_no" else _number(place, comparison, raw)
    required, weight = table.get("required", False), _number(place, "weight", table.get("weight", 1))
    if not isinstance(required, bool):
        raise ConfigError(f"{place}: required is true or false", hint="leave it out where it is not")
    if not 0 < weight < float("inf"):
        raise ConfigError(f"{place}: weight is a number above 0", hint="leave a criterion out instead of weighing it 0")
    if required and "weight" in table:
        raise ConfigError(f"{place}: required and weight exclude each other", hint="what is required has no weight")
    name = table.get("name", f"{metric} {COMPARISONS[comparison][0]} {bound:g}")
    if not isinstance(name, str) or not 0 < len(name) <= 200:
        raise ConfigError(f"{place}: name is a text of 1 to 200 characters", hint="leave it out for a default")
    return Criterion(name=name, measure=measure, comparison=comparison, bound=bound, weight=weight, required=required)


def _number(place: Path | str, key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise ConfigError(f"{place}: {key} is a number", hint=f"for instance: {key} = 1")
    return float(value)


def score_sessions(criteria: Criteria, sessions: Sequence[Session]) -> dict[str, Any]:
    """Each session with its result and the reasons, and totals; fit for JSON."""
    rows = [_score(criteria, session) for session in sessions]
    results = [row["result"] for row in rows]
    totals = {name: results.count(name) for name in ("pass", "fail", "unknown")}
    decided = totals["pass"] + totals["fail"]
    by_criterion = []
    for index, item in enumerate(criteria.items):
        met = [row["criteria"][index]["met"] for row in rows]
        by_criterion.append(
            {
                "name": item.name,
                "metric": item.measure.name,
                "required": item.required,
                "weight": None if item.required else item.weight,
                "met": met.count(True),
                "not_met": met.count(False),
                "unknown": met.count(None),
            }
        )
    return {
        "sessions": rows,
        "totals": {"sessions": len(rows), **totals, "pass_ratio": totals["pass"] / decided if decided else None},
        "criteria": by_criterion,
        "pass_mark": criteria.pass_mark,
    }


def _score(criteria: Criteria, session: Session) -> dict[str, Any]:
    told, reasons = [], []
    surely = possibly = whole = 0.0
    required: list[bool | None] = []
    for item in criteria.items:
        met, value = item.is_met(session)
        shown = None if isinstance(value, Missing) else value
        told.append({"name": item.name, "met": met, "value": shown})
        if isinstance(value, Missing):
            told[-1]["reason"] = value.reason
            reasons.append(f"{item.name}: {value.reason}")
        elif not met:
            reasons.append(f"{item.name}: {value:g}")
        if item.required:
            required.append(met)
        else:
            whole += item.weight
            surely += item.weight if met else 0.0
            possibly += item.weight if met is not False else 0.0
    goal = criteria.pass_mark * whole - 1e-9
    if False in required or possibly < goal:
        result = "fail"
    elif None in required or surely < goal:
        result = "unknown"
    else:
        result = "pass"
    return {
        "session": session["session_id"],
        "agent": session["agent"],
        "started_at": session["started_at"].isoformat() + "Z",
        "result": result,
        "score": surely / whole if whole and surely == possibly else (None if whole else 1.0),
        "reasons": reasons,
        "criteria": told,
    }
