"""Two groups of sessions compared by several measures at once, told so that a person can act on it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Literal

from tachograph.analytics.eval.confounders import find_confounders
from tachograph.analytics.eval.measures import Measure, Session
from tachograph.analytics.eval.sides import Side, Sides
from tachograph.analytics.eval.verdict import Found, Verdict, examine
from tachograph.analytics.statistics.holm import holm
from tachograph.analytics.statistics.sample_size import POWER

__all__ = ["Correction", "compare_sessions"]

Correction = Literal["holm", "none"]

CONFIDENCE = 0.95
MAY_GO_ON = timedelta(minutes=15)  # since a session's last record: it may not be over


def compare_sessions(
    sides: Sides,
    before: Sequence[Session],
    after: Sequence[Session],
    measures: Sequence[Measure],
    *,
    alpha: float,
    correction: Correction = "holm",
    now: datetime,
) -> dict[str, Any]:
    """Everything there is to say about a change, fit for JSON.

    Args:
        sides: what the two groups are.
        before, after: their sessions, times as datetime, UTC without a zone. Those that were running at the change are
            in neither.
        measures: what is looked at; the correction is for their number.
        alpha: how often something may be called different where nothing is: of all measures together with Holm's
            correction, of each without.
        correction: for looking at several.
        now: UTC without a zone.
    """
    end = None if sides.change is None else sides.after.window.start
    running = [s for s in before if end is not None and s["ended_at"] > end]
    before = [s for s in before if end is None or s["ended_at"] <= end]
    planning = alpha / len(measures) if correction == "holm" else alpha
    found = [examine(measure, before, after, alpha=planning, confidence=CONFIDENCE) for measure in measures]
    tested = [one for one in found if one.p is not None]
    raw = [float(one.p or 0.0) for one in tested]
    adjusted = dict(zip((one.measure.name for one in tested), holm(raw) if correction == "holm" else raw, strict=True))
    metrics = [_told(one, adjusted.get(one.measure.name), alpha, planning, sides.goes_on) for one in found]
    notes = _notes(sides, before, after, len(running), now)
    return {
        "change": None if sides.change is None else asdict(sides.change),
        "before": _side(sides.before, before),
        "after": _side(sides.after, after),
        "running_at_change": len(running),
        "alpha": alpha,
        "correction": correction,
        "tests": len(tested),
        "confidence": CONFIDENCE,
        "power": POWER,
        "metrics": metrics,
        "warnings": _warnings(sides, before, after),
        "notes": notes,
    }


def _side(side: Side, sessions: Sequence[Session]) -> dict[str, Any]:
    window = side.window.as_text()
    return {
        "name": side.name,
        "since": window["since"],
        "until": window["until"],
        "filters": {name: list(values) for name, values in side.filters.items()},
        "sessions": len(sessions),
    }


def _told(found: Found, adjusted: float | None, alpha: float, planning: float, goes_on: bool) -> dict[str, Any]:
    measure = found.measure
    needed = _needed(found)
    enough = {"before": found.n_before, "after": found.needed_after} if goes_on else needed
    return {
        "metric": measure.name,
        "label": measure.label,
        "kind": measure.kind,
        "unit": measure.unit,
        "better": measure.better,
        "verdict": _verdict(found, adjusted, alpha, planning),
        "before": {"sessions": found.n_before, "left_out": dict(found.left_out_before), **found.before},
        "after": {"sessions": found.n_after, "left_out": dict(found.left_out_after), **found.after},
        "test": found.test,
        "p": found.p,
        "p_adjusted": adjusted,
        "p_smallest_possible": found.p_smallest,
        "direction": found.direction,
        "effect": {name: _finite(value) for name, value in found.effect.items()},
        "intervals": {name: [interval.low, interval.high] for name, interval in found.intervals.items()},
        "withheld": found.withheld,
        "planning": {
            "alpha": planning,
            "power": POWER,
            "sessions_needed": needed,
            "only_after_can_grow": goes_on,
            "sessions_still_needed": _still(found, enough),
            "detectable_value": found.detectable,
            "detectable_superiority": found.detectable_superiority,
        },
    }


def _needed(found: Found) -> dict[str, int] | None:
    """Sessions of each group for the difference as it was observed, mixed as they are now."""
    if found.needed is None:
        return None
    return {"before": found.needed, "after": math.ceil(found.needed * found.n_after / found.n_before)}


def _still(found: Found, enough: Mapping[str, int | None] | None) -> dict[str, int] | None:
    """Sessions that are missing to `enough`; null where no number is."""
    before, after = (None, None) if enough is None else (enough["before"], enough["after"])
    if before is None or after is None:
        return None
    return {"before": max(0, before - found.n_before), "after": max(0, after - found.n_after)}


def _verdict(found: Found, adjusted: float | None, alpha: float, planning: float) -> Verdict:
    if adjusted is None:
        return "too_little_data"
    if adjusted <= alpha and found.direction:
        if found.measure.better == "neither":
            return "more" if found.direction > 0 else "less"
        return "better" if (found.direction > 0) == (found.measure.better == "higher") else "worse"
    if found.p_smallest is not None and found.p_smallest > planning and not _is_nothing(found):
        return "too_little_data"
    return "undecided"


def _is_nothing(found: Found) -> bool:
    """Every session of both groups has the same: no number of them would show a difference that is not there."""
    return found.p_smallest is not None and found.p_smallest >= 1.0 and min(found.n_before, found.n_after) >= 5


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _warnings(sides: Sides, before: Sequence[Session], after: Sequence[Session]) -> list[dict[str, Any]]:
    warnings: list[dict[str, Any]] = [
        {
            "kind": "mixture",
            "name": mixture.name,
            "distance": mixture.distance,
            "shares": [{"value": kind, "before": one, "after": two} for kind, one, two in mixture.shares[:4]],
        }
        for mixture in find_confounders(before, after)
        if sides.before.filters.get(mixture.name)
        == sides.after.filters.get(mixture.name)  # else it is what is compared
    ]
    warnings += [{"kind": "other_change", "name": change.name, "at": change.at} for change in sides.others]
    both = {_key(session) for session in before} & {_key(session) for session in after}
    if both:
        warnings.append({"kind": "overlap", "sessions": len(both)})
    return warnings


def _key(session: Session) -> tuple[str, str]:
    return session["agent"], session["session_id"]


def _notes(
    sides: Sides, before: Sequence[Session], after: Sequence[Session], running: int, now: datetime
) -> list[dict[str, Any]]:
    notes: list[dict[str, Any]] = []
    if running:
        notes.append({"kind": "running_at_change", "sessions": running})
    unfinished = sum(1 for s in (*before, *after) if now - s["ended_at"] < MAY_GO_ON)
    if unfinished:
        notes.append({"kind": "may_go_on", "sessions": unfinished})
    return notes
