"""Who uses it, and how often. Days, weeks and months are those of the zone that is asked for."""

from __future__ import annotations

from typing import Final, Literal

from tachograph.analytics.metrics.metric import Metric, derived, measured

__all__ = ["ADOPTION", "ADOPTION_PARTS"]

_WITHIN_A_DAY: Final = frozenset({"hour", "hour_of_day", "weekday"})
_FINER: Final = {
    "day": _WITHIN_A_DAY,
    "week": _WITHIN_A_DAY | {"day"},
    "month": _WITHIN_A_DAY | {"day", "week"},
}
"""By what active people of a day, a week or a month cannot be split: it cuts them."""


_Piece = Literal["day", "week", "month"]


def _parts(piece: _Piece) -> tuple[Metric, Metric]:
    """Pairs of a person and a piece of time, and the pieces from the first to the last that has activity."""
    start = f"date_trunc('{piece}', {{local}})"
    between = f"date_diff('{piece}', min({start}), max({start})) + 1"
    return (
        measured(
            f"person_{piece}s", "count", "neither", f"Different people of each {piece}, summed.",
            formula=f"number of different pairs of a person and a {piece}",
            sql={"activity": f"count(distinct (user_id, {start})) filter (where user_id is not null)"},
            grain="day", never_by=_FINER[piece],
        ),
        measured(
            f"{piece}s_between", "count", "neither", f"How many {piece}s there are from the first to the last with activity.",
            formula=f"{piece}s from the first to the last with activity",
            sql={"activity": f"case when count(*) > 0 then {between} end"}, grain="day", never_by=_FINER[piece],
        ),
    )  # fmt: skip


def _mean_people(piece: _Piece) -> str:
    return f"{{person_{piece}s}} / nullif({{{piece}s_between}}, 0)"


def _active_users(name: str, piece: _Piece) -> Metric:
    return derived(
        name, "mean", "higher",
        f"Mean number of people (pseudonyms) active in a {piece}; {piece}s without activity count, from the first to the last"
        " with some.",
        made_of=f"case when {{person_{piece}s}} > 0 then {_mean_people(piece)} when {{{piece}s_between}} = 0 then 0 end",
        formula=f"different people of each {piece}, summed / {piece}s from the first to the last with activity",
        reason="sessions were active, but no source says whose", counts_nothing=True,
    )  # fmt: skip


ADOPTION: tuple[Metric, ...] = (
    measured(
        "users", "count", "neither", "People or installations (pseudonyms) that were active.",
        formula="number of different people",
        sql={
            "activity": "count(distinct user_id)", "requests": "count(distinct user_id)",
            "tool_calls": "count(distinct user_id)", "feature_uses": "count(distinct user_id)",
            "hook_sessions": "count(distinct user_id)",
        },
    ),
    _active_users("daily_active_users", "day"),
    _active_users("weekly_active_users", "week"),
    _active_users("monthly_active_users", "month"),
    derived(
        "stickiness_ratio", "ratio", "higher", "Of those who were active in a month, the share that is active on a mean day.",
        made_of=f"({_mean_people('day')}) / nullif({_mean_people('month')}, 0)",
        formula="daily_active_users / monthly_active_users", reason="nobody was active, or nobody says who",
    ),
)  # fmt: skip

ADOPTION_PARTS: tuple[Metric, ...] = (*_parts("day"), *_parts("week"), *_parts("month"))
