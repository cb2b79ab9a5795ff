"""Sessions as evals see them, made up: skewed costs, many zeros, long sessions beside short ones, clumsy beside deft.

What happens within a session hangs together: a session has a length and a clumsiness of its own, so that its requests
and tool calls are no independent trials.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

__all__ = ["Population", "draw_session", "draw_sessions"]

_START = datetime(2026, 9, 1)  # noqa: DTZ001 - UTC, as stores keep times


@dataclass(frozen=True, kw_only=True)
class Population:
    """Where sessions are drawn from. A change multiplies or replaces these."""

    cost: float = 0.40  # dollars of the middle session
    cost_spread: float = 1.1  # of its logarithm: the mean is almost twice the median
    seconds: float = 600.0  # of the middle session
    requests: float = 14.0  # of a session of middle length
    tool_calls: float = 12.0
    length_spread: float = 0.8  # of the logarithm
    error_share: float = 0.012  # of requests, in the mean
    failure_share: float = 0.06  # of tool calls, in the mean
    clumsiness: float = 0.8  # how much sessions differ in that: the shape of a gamma; small is very different
    smooth_share: float = 0.7  # of sessions that meet no overload at all
    retries: float = 1.2  # of the others, in the mean


def draw_sessions(population: Population, n: int, rng: random.Random) -> list[dict[str, Any]]:
    """So many sessions."""
    return [draw_session(population, rng) for _ in range(n)]


def draw_session(of: Population, rng: random.Random) -> dict[str, Any]:
    """One row as `analytics.eval.sessions.ask_sessions` gives it, times as datetime."""
    length = rng.lognormvariate(0.0, of.length_spread)
    requests = 1 + _poisson(of.requests * length, rng)
    calls = _poisson(of.tool_calls * length, rng)
    clumsy = rng.gammavariate(of.clumsiness, 1.0 / of.clumsiness)
    errors = _binomial(requests, min(0.5, of.error_share * clumsy), rng)
    failures = _binomial(calls, min(0.9, of.failure_share * clumsy), rng)
    cost = of.cost * length * rng.lognormvariate(0.0, math.sqrt(max(0.0, of.cost_spread**2 - of.length_spread**2)))
    seconds = of.seconds * length * rng.lognormvariate(0.0, 0.6)
    retries = 0 if rng.random() < of.smooth_share else 1 + _poisson(max(0.0, of.retries - 1.0), rng)
    tokens = round(20_000 * length)
    return {
        "session_id": f"s_{rng.getrandbits(64):016x}",
        "agent": "claude_code",
        "user_id": "u_0000000000000001",
        "organization_id": None,
        "project": "p_0000000000000001",
        "repository": None,
        "agent_version": "2.1.197",
        "entrypoint": "cli",
        "model": "claude-sonnet-4-5",
        "started_at": _START,
        "ended_at": _START + timedelta(seconds=seconds),
        "prompts": 1 + _poisson(3.0 * length, rng),
        "requests": requests - errors,
        "api_errors": errors,
        "input_tokens": tokens // 10,
        "output_tokens": tokens // 20,
        "cache_read_tokens": tokens,
        "cache_write_tokens": tokens // 5,
        "cost_nanousd": round(cost * 1e9),
        "unpriced_requests": 0,
        "tool_calls": calls,
        "tool_errors": failures,
        "tool_ended": calls,
        "tool_rejections": _binomial(calls, 0.02, rng),
        "lines_added": _poisson(20.0 * length, rng),
        "lines_removed": 0,
        "commits": int(rng.random() < 0.3),
        "pull_requests": 0,
        "active_seconds": None,
        "has_transcript": 1,
        "has_otel": 0,
        "is_archived": 0,
        "told_retries": retries,
        "repeated_tries": 0,
        "with_attempts": requests,
        "noticed_retries": 0,
    }


def _poisson(mean: float, rng: random.Random) -> int:
    """Knuth's way, in pieces small enough for its product not to vanish."""
    count = 0
    while mean > 30.0:
        count += _poisson(30.0, rng)
        mean -= 30.0
    if mean <= 0.0:
        return count
    floor, product = math.exp(-mean), rng.random()
    while product > floor:
        count += 1
        product *= rng.random()
    return count


def _binomial(n: int, share: float, rng: random.Random) -> int:
    return sum(rng.random() < share for _ in range(n)) if share > 0.0 else 0
