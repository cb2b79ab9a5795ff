"""What follows from the order of things in a session: turns, retries, what was read before it was edited, the score.

A turn is a prompt that a person or a command sent, and everything of the session up to the next; what comes before the
first belongs together too. A call ran if it is known how it ended and it was not rejected.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.truth.things import Call, Change, Month, Prompt, Request, Session, Vcs

__all__ = ["Order", "order_of"]


@dataclass(slots=True, kw_only=True)
class Order:
    """By the ids of calls, requests and prompts and the numbers of sessions, what is known of each."""

    retries: set[str] = field(default_factory=set)  # calls
    read_before: dict[str, bool | None] = field(default_factory=dict)  # calls
    for_retry: set[str] = field(default_factory=set)  # requests
    turns: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # by prompt
    sessions: dict[int, Mapping[str, Any]] = field(default_factory=dict)


def order_of(month: Month) -> Order:
    """Look at every session by itself."""
    order = Order()
    calls, prompts, requests = _by_session(month.calls), _by_session(month.prompts), _by_session(month.requests)
    changes, vcs = _by_session(month.changes), _by_session(month.vcs)
    for session in month.sessions:
        mine = [x[session.number] for x in (calls, prompts, requests, changes, vcs)]
        _look(order, session, *mine)
    return order


def _look(
    order: Order, session: Session, calls: Sequence[Call], prompts: Sequence[Prompt], requests: Sequence[Request],
    changes: Sequence[Change], vcs: Sequence[Vcs],
) -> None:  # fmt: skip
    opened = [prompt for prompt in prompts if prompt.origin in ("human", "command")]
    starts = [prompt.at for prompt in opened]
    by_turn: dict[int, list[Call]] = defaultdict(list)
    for call in calls:
        by_turn[bisect_right(starts, call.at)].append(call)
    for turn in by_turn.values():
        for place, call in enumerate(turn):
            if _is_retry(call, turn[:place]):
                order.retries.add(call.id)
                asked = call.request or _nearest(requests, call.at)
                if asked is not None:
                    order.for_retry.add(asked)
    for place, call in enumerate(calls):
        order.read_before[call.id] = None
        if call.kind == "edit" and call.file is not None and session.id is not None:
            order.read_before[call.id] = any(_had(before, call.file) for before in calls[:place])
    one_shots = [_one_shot(by_turn[number + 1]) for number in range(len(opened))]
    for number, prompt in enumerate(opened):
        until = starts[number + 1] if number + 1 < len(starts) else None
        asked_in = [r for r in requests if r.at >= prompt.at and (until is None or r.at < until) and r.outcome == "ok"]
        costs = [r.cost for r in asked_in if r.cost is not None]
        order.turns[prompt.id] = {
            "is_one_shot": one_shots[number],
            "turn_requests": len(asked_in),
            "turn_calls": len(by_turn[number + 1]),
            "turn_cost": sum(costs) if costs else None,
        }
    order.sessions[session.number] = _session(calls, opened, changes, vcs, one_shots, order.retries)


def _is_retry(call: Call, earlier: Sequence[Call]) -> bool:
    alike = [c for c in earlier if c.tool == call.tool and _ran(c) and _same_file(c, call)]
    return bool(alike) and _failed(alike[-1])


def _same_file(one: Call, other: Call) -> bool:
    return one.file is None or other.file is None or one.file == other.file


def _ran(call: Call) -> bool:
    return call.success is not None and call.decision != "reject"


def _failed(call: Call) -> bool:
    return call.success is False and call.decision != "reject"


def _had(call: Call, file: str) -> bool:
    """Whether the call showed the model this file."""
    return call.kind in ("read", "edit") and call.file == file and not _failed(call) and call.decision != "reject"


def _nearest(requests: Sequence[Request], at: datetime) -> str | None:
    before = [request for request in requests if request.at <= at and request.outcome == "ok"]
    return before[-1].id if before else None


def _one_shot(turn: Sequence[Call]) -> bool | None:
    """Whether the edits of a turn needed one attempt; None if none ran."""
    edits = [call for call in turn if call.kind == "edit"]
    if not any(map(_ran, edits)):
        return None
    if any(_failed(call) or call.decision == "reject" for call in edits):
        return False
    kinds = [call.kind for call in turn if call.kind in ("edit", "shell")]
    first = kinds.index("edit")
    tried = "shell" in kinds[first:]
    return not (tried and "edit" in kinds[first + kinds[first:].index("shell") :])


def _session(
    calls: Sequence[Call], opened: Sequence[Prompt], changes: Sequence[Change], vcs: Sequence[Vcs],
    one_shots: Sequence[bool | None], retries: set[str],
) -> Mapping[str, Any]:  # fmt: skip
    edits = [call for call in calls if call.kind == "edit"]
    worked = [call for call in edits if not _failed(call) and call.decision != "reject"]
    decided = [call for call in edits if call.decision is not None or call.success is not None]
    lines = sum(change.added + change.removed for change in changes)
    parts: dict[str, float | None] = {"outcome": None, "reliability": None, "acceptance": None, "one_shot": None}
    if vcs:
        parts["outcome"] = 1.0
    elif lines or calls:
        parts["outcome"] = min(1.0, lines / 100)
    if calls:
        parts["reliability"] = 1 - sum(map(_failed, calls)) / len(calls)
    if decided:
        parts["acceptance"] = sum(call.decision != "reject" for call in decided) / len(decided)
    known = [is_one for is_one in one_shots if is_one is not None]
    if known:
        parts["one_shot"] = sum(known) / len(known)
    weights = {"outcome": 0.4, "reliability": 0.2, "acceptance": 0.2, "one_shot": 0.2}
    rated = {name: value for name, value in parts.items() if value is not None}
    score = None
    if calls or lines:
        score = 10 * sum(weights[n] * v for n, v in rated.items()) / sum(weights[n] for n in rated)
    first_edits = [call.at for call in worked] or [change.at for change in changes]
    return {
        "first_prompt": min((prompt.at for prompt in opened), default=None),
        "first_edit": min(first_edits, default=None),
        "first_commit": min((v.at for v in vcs if v.what == "commit"), default=None),
        "score": score,
        **{f"score_{name}": value for name, value in parts.items()},
        "retries": sum(call.id in retries for call in calls),
        "files": {c.file for c in edits if c.file and c.success} | {c.file for c in changes if c.file},
    }


def _by_session(things: Iterable[Any]) -> Mapping[int, list[Any]]:
    """In order of time."""
    out: dict[int, list[Any]] = defaultdict(list)
    for thing in sorted(things, key=lambda thing: thing.at):
        out[thing.session.number].append(thing)
    return out
