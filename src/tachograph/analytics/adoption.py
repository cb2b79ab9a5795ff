"""Who comes back: people by the week in which they were first active, and in which weeks after it they were again.

Weeks are those of the zone that is asked for, named by their Monday. A person's first week is the first that the store
knows, whatever the window; what was deleted by age, or was never told, makes people look newer than they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final

from tachograph.analytics.compile import extent_of, filter_conditions, local_time
from tachograph.analytics.dimensions import DIMENSIONS
from tachograph.analytics.query import Query, Window
from tachograph.analytics.scope import Question, Scope
from tachograph.analytics.windowed import activity, used
from tachograph.analytics.zones import Zone
from tachograph.ports import Statement, Store
from tachograph_sdk.errors import UnknownDimension

__all__ = ["FILTERS", "MOST_COHORTS", "RETENTION", "retention"]

MOST_COHORTS = 104
"""The latest two years; more weeks are no table that anybody reads."""

FILTERS: Final = tuple(
    name for name, dimension in DIMENSIONS.items() if "activity" in dimension.sql and dimension.grain is None
)
"""Dimensions to filter by: what is known of activity, but no pieces of time, which would make first weeks others."""

_WEEK: Final = timedelta(weeks=1)

NOBODY: Final = "nobody was first active in this time range, or no source says who was"


def retention(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Cohorts of people whose first week is in the window, with how many of them were active in each week since.

    Returns:
        `cohorts`, from the oldest: `week`, `people`, and `weeks`: for each week until the window's end (without one: now)
        `week`, `after` (0 is the first), `people`, `share` and whether it `is_complete`; `weeks`: over all cohorts for
        which that week is over, `after`, `people`, `of` and `share`; `left_out`: older cohorts that are not shown;
        `since_week`: the first week of anybody; `reason`: why there is no cohort, or null.

    Raises:
        UnknownDimension: a filter is not one of FILTERS.
    """
    for name in scope.filters:
        if name not in FILTERS:
            raise UnknownDimension(
                f"who comes back cannot be filtered by {name!r}", hint=f"filters are: {', '.join(FILTERS)}"
            )
    window = scope.window
    end = scope.now if window.end is None else min(window.end, scope.now)
    first_weeks = _ask(store, scope, Window(end=end, zone=window.zone))
    begun = None if window.start is None else _monday(window.start, window.zone)
    weeks = sorted(week for week in first_weeks if begun is None or week >= begun)
    shown = weeks[-MOST_COHORTS:]
    last = _monday(end - timedelta(microseconds=1), window.zone)
    over = _week_is_over(end, window.zone)
    cohorts = [_cohort(week, first_weeks[week], last, over) for week in shown]
    return {
        "cohorts": cohorts,
        "weeks": _together(cohorts),
        "left_out": len(weeks) - len(shown),
        "since_week": min(first_weeks).isoformat() if first_weeks else None,
        "reason": None if cohorts else NOBODY,
    }


RETENTION = Question(make=retention)


def _ask(store: Store, scope: Scope, window: Window) -> dict[date, dict[date, int]]:
    """People by their first week and by each week in which they were active."""
    query = Query(metrics=(), by=("week",), filters=scope.filters, window=window)
    parameters: dict[str, Any] = {}
    local = local_time(window, "day", extent_of(store, query, ()), parameters)
    rows = activity(window, parameters, local, "day")
    kept = " and ".join(["user_id is not null", *filter_conditions("activity", query, local, parameters)])
    sql = _SQL.format(week=f"date_trunc('week', {local.of('occurred_at')})", activity=rows, kept=kept)
    found: dict[date, dict[date, int]] = defaultdict(dict)
    for first, week, people in store.query(Statement(name="retention", sql=sql, parameters=used(sql, parameters))).rows:
        found[_date(first)][_date(week)] = int(people)
    return found


_SQL = """
select first_week, week, count(*) as people
from (
    select user_id, week, min(week) over (partition by user_id) as first_week
    from (
        select user_id, {week} as week
        from {activity}
        where {kept}
        group by 1, 2
    ) active_weeks
) people_weeks
group by 1, 2
order by 1, 2
"""


def _cohort(week: date, active: Mapping[date, int], last: date, over: date) -> dict[str, Any]:
    people = active[week]
    weeks = []
    for after in range((last - week) // _WEEK + 1):
        then = week + after * _WEEK
        count = active.get(then, 0)
        weeks.append(
            {
                "week": then.isoformat(),
                "after": after,
                "people": count,
                "share": count / people,
                "is_complete": then <= over,
            }
        )
    return {"week": week.isoformat(), "people": people, "weeks": weeks}


def _together(cohorts: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """All cohorts as one, by how many weeks after their first: of those for which that week is over."""
    people: dict[int, int] = defaultdict(int)
    of: dict[int, int] = defaultdict(int)
    for cohort in cohorts:
        for week in cohort["weeks"]:
            if week["is_complete"]:
                people[week["after"]] += week["people"]
                of[week["after"]] += cohort["people"]
    return [
        {"after": after, "people": people[after], "of": of[after], "share": people[after] / of[after]} for after in of
    ]


def _monday(moment: datetime, zone: Zone) -> date:
    """The Monday of the local week that a moment is in."""
    day = zone.local_of(moment).date()
    return day - timedelta(days=min(day.weekday(), day.toordinal() - 1))


def _week_is_over(moment: datetime, zone: Zone) -> date:
    """The Monday of the last week that was over at a moment: one that ends with it is."""
    return _monday(moment, zone) - _WEEK


def _date(cell: date | datetime) -> date:
    return cell.date() if isinstance(cell, datetime) else cell
