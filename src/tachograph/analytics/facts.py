"""Where the rows of a fact come from: a table, or a query over tables that gives them a time and what metrics need."""

from __future__ import annotations

from typing import Any, Final

from tachograph.analytics.dimensions import Fact, Grain
from tachograph.analytics.local_time import LocalTime
from tachograph.analytics.query import Window
from tachograph.analytics.windowed import activity, between, usage

__all__ = ["source_of"]

_BEGUN: Final = (
    "(select session_id, agent, user_id, organization_id, project, repository, agent_version, entrypoint, exit_reason, "
    "started_at as occurred_at, started_at as began_at, ended_at, first_edit_at, first_commit_at, cost_nanousd, "
    "score, score_outcome, score_reliability, score_acceptance, score_one_shot from sessions where {conditions}) begun"
)
"""Sessions by when they began. `began_at` is the same time again: `occurred_at` is what the window cuts."""

_RATES: Final = (
    " join (select model as rate_model, from_at, until_at, cache_read_saved_femtousd, cache_write_5m_extra_femtousd, "
    "cache_write_1h_extra_femtousd from rates) rates_ on rates_.rate_model = usage_.model"
)
_RATED: Final = ["(from_at is null or occurred_at >= from_at)", "(until_at is null or occurred_at < until_at)"]


def source_of(
    fact: Fact, window: Window, parameters: dict[str, Any], local: LocalTime, grain: Grain | None
) -> tuple[str, list[str]]:
    """What comes after `from`, and conditions that hold for its rows. Adds what they bind to `parameters`."""
    if fact == "activity":
        return activity(window, parameters, local, grain), []
    if fact == "usage":
        return usage(window, parameters, local, grain), []
    if fact == "cache":
        return usage(window, parameters, local, grain) + _RATES, _RATED
    if fact == "cache_rows":
        return f"requests usage_{_RATES}", [*between("occurred_at", window, parameters), *_RATED]
    if fact == "sessions":
        begun = " and ".join(["counts", *between("started_at", window, parameters)])
        return _BEGUN.replace("{conditions}", begun), []
    return fact, between("occurred_at", window, parameters)
