"""Who uses it, and how often. Days, weeks and months are those of the zone that is asked for."""

from __future__ import annotations

from typing import Final, Literal

from tachograph.analytics.metrics.metric import Metric, derived, measured

__all__ = ["ADOPTION"]

_WITHIN_A_DAY: Final = frozenset({"hour", "hour_of_day", "weekday"})
_FINER: Final = {
    "day": _WITHIN_A_DAY,
    "week": _WITHIN_A_DAY | {"day"},
    "month": _WITHIN_A_DAY | {"day", "week"},
}
"""By what active people of a day, a week or a month cannot be split: it cuts them."""


def _active_users(name: str, piece: Literal["day", "week", "month"]) -> Metric:
    """People per piece of time: pairs of a person and a piece, over the pieces from the first to the last that has activity."""
    start = f"date_trunc('{piece}', {{local}})"
    pairs = f"count(distinct (user_id, {start})) filter (where user_id is not null)"
    return measured(
        name, "mean", "higher",
        f"Mean number of people (pseudonyms) active in a {piece}; {piece}s without activity count, from the first to the last"
        " with some.",
        formula=f"different people of each {piece}, summed / {piece}s from the first to the last with activity",
        sql={"activity": f"{pairs} / nullif(date_diff('{piece}', min({start}), max({start})) + 1, 0)"},
        grain="day", never_by=_FINER[piece],
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
        made_of="{daily_active_users} / nullif({monthly_active_users}, 0)",
        formula="daily_active_users / monthly_active_users", reason="nobody was active, or nobody says who",
    ),
)  # fmt: skip
