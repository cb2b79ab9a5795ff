"""Patterns in what failed: retry loops, denied calls, rate limits by the hour of the day, files that fail again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from tachograph.analytics.compile import answer, extent_of, local_time
from tachograph.analytics.errors.asking import MOST_GROUPS, MOST_SESSIONS, Bound, groups_of, within
from tachograph.analytics.errors.classes import kind_of, with_times
from tachograph.analytics.errors.kinds import ErrorClass
from tachograph.analytics.errors.thresholds import FILE_FAILURES, LOOP
from tachograph.analytics.query import Query
from tachograph.analytics.scope import Scope
from tachograph.analytics.windowed import between, used
from tachograph.ports import Statement, Store

__all__ = ["LIMITED", "denials", "file_failures", "is_limited", "loop_rows", "rate_limits", "retry_loops"]

MOST_LOOPS: Final = 20
_TRIES: Final = ("requests", "api_errors", "api_retries")

_SQUEEZED: Final = "replace(lower(coalesce(error_class, '')), '_', '')"
LIMITED: Final = (
    f"(coalesce(status_code, 0) in (429, 529) or {_SQUEEZED} like '%overloaded%' or {_SQUEEZED} = 'http529' "
    f"or (coalesce(status_code, 0) = 0 and {_SQUEEZED} = 'http429') or (coalesce(status_code, 0) not between 400 and 599 and ("
    + " or ".join(f"{_SQUEEZED} like '%{name}%'" for name in ("ratelimit", "toomanyrequests", "quota", "usagelimit"))
    + ")))"
)
"""`is_limited` as a condition on rows of `requests` that failed, also of tries that were repeated."""


def loop_rows(scope: Scope, bound: Bound) -> str:
    """A query of retry loops: a row for each, with bucket, of_session, tool_name, file, failed_as, failures, began_at, ended_at.

    Calls before the window's start belong to none.
    """
    failed = within(scope, bound, "is_error", "tool_name is not null")
    return f"""
    select bucket, min(session_id) as of_session, tool_name, file, max(error_class) as failed_as,
        count(*) as failures, min(occurred_at) as began_at, max(occurred_at) as ended_at
    from (
        select bucket, session_id, tool_name, file, error_class, occurred_at,
            sum(case when is_retry then 0 else 1 end) over (
                partition by bucket, tool_name, file order by occurred_at, tool_key
                rows between unbounded preceding and current row
            ) as nth
        from tool_calls where {failed} and bucket in (
            select bucket from tool_calls where {failed} and is_retry group by bucket having count(*) >= {LOOP - 1}
        )
    ) numbered
    group by bucket, tool_name, file, nth
    having count(*) >= {LOOP}"""  # noqa: S608 - texts of ours, values are bound


def retry_loops(store: Store, scope: Scope) -> dict[str, Any]:
    """Calls of one tool that failed LOOP times or more in a row within a turn: how many, by tool, and the latest."""
    bound: Bound = {}
    sql = f"""
select tool_name, file, failed_as, of_session, failures, began_at, ended_at, loops_of_tool, failures_of_tool, place
from (
    select tool_name, file, failed_as, of_session, failures, began_at, ended_at,
        count(*) over (partition by tool_name) as loops_of_tool,
        sum(failures) over (partition by tool_name) as failures_of_tool,
        row_number() over (partition by tool_name order by ended_at desc, bucket, began_at) as place
    from ({loop_rows(scope, bound)}) loops
) ranked
where place <= {MOST_LOOPS}
order by ended_at desc, tool_name, of_session, place"""  # noqa: S608 - texts of ours
    zone = scope.window.zone
    tools: dict[str, dict[str, Any]] = {}
    latest: list[dict[str, Any]] = []
    for row in store.query(Statement(name="retry_loops", sql=sql, parameters=used(sql, bound))).records():
        of_tool = tools.setdefault(
            row["tool_name"],
            {
                "tool": row["tool_name"],
                "loops": int(row["loops_of_tool"]),
                "failures": int(row["failures_of_tool"]),
                "latest": [],
            },
        )
        session = row["of_session"]
        if session is not None and session not in of_tool["latest"] and len(of_tool["latest"]) < MOST_SESSIONS:
            of_tool["latest"].append(session)
        if len(latest) < MOST_LOOPS:
            latest.append(
                {
                    "session": session,
                    "tool": row["tool_name"],
                    "file": row["file"],
                    "error_class": row["failed_as"],
                    "failures": int(row["failures"]),
                    "first_at": zone.as_text(row["began_at"]),
                    "last_at": zone.as_text(row["ended_at"]),
                }
            )
    by_tool = sorted(tools.values(), key=lambda t: (-t["loops"], t["tool"]))
    return {
        "at_least": LOOP,
        "loops": sum(tool["loops"] for tool in by_tool),
        "failures": sum(tool["failures"] for tool in by_tool),
        "by_tool": by_tool[:MOST_GROUPS],
        "latest": latest,
    }


def denials(store: Store, scope: Scope) -> dict[str, Any]:
    """Tool calls that were not allowed to run: by tool, who decided, and the permission mode where a record says it."""
    bound: Bound = {}
    rejected = within(scope, bound, "t.decision = 'reject'", of="t.")
    said = ["kind in ('tool.call', 'tool.decision')", "decision = 'reject'", "tool_use_id is not null"]
    said += between("occurred_at", scope.window, bound)
    rows = f"""
        select t.tool_name as tool_name, t.decision_source as decision_source, m.permission_mode as permission_mode,
            t.session_id as session_id, t.occurred_at as occurred_at
        from tool_calls t
        left join (
            select agent, tool_use_id, min(attr(attributes, 'permission_mode')) as permission_mode
            from events where {" and ".join(said)} group by agent, tool_use_id
        ) m on m.agent = t.agent and m.tool_use_id = t.tool_use_id
        where {rejected}"""  # noqa: S608 - texts of ours
    groups = groups_of(store, "denied_calls", ("tool_name", "decision_source", "permission_mode"), rows, bound)
    return {
        "count": sum(group["count"] for group in groups),
        "groups": [
            {
                "tool": group["tool_name"],
                "decision_source": group["decision_source"],
                "permission_mode": group["permission_mode"],
                **with_times(group, scope.window.zone),
            }
            for group in groups[:MOST_GROUPS]
        ],
    }


def rate_limits(store: Store, scope: Scope) -> dict[str, Any]:
    """Tries that hit a rate limit or an overloaded service, by the hour of the day in the zone; all tries beside them."""
    hours = [{"hour": hour, "tries": 0, "rate_limited": 0, "overloaded": 0} for hour in range(24)]
    tried = Query(metrics=_TRIES, by=("hour_of_day",), window=scope.window, filters=scope.filters)
    for row in answer(store, tried).records():
        if row["hour_of_day"] is not None:
            hours[int(row["hour_of_day"])]["tries"] += sum(row[name] for name in _TRIES)
    bound: Bound = {}
    local = local_time(scope.window, "hour", extent_of(store, tried, ()), bound)
    hour = f"hour({local.of('occurred_at')})"
    bad = within(scope, bound, "outcome in ('error', 'retried')")
    sql = f"""
select {hour} as hour_of_day, error_class, status_code, count(*) as n from requests where {bad} group by 1, 2, 3"""  # noqa: S608
    limited: set[tuple[str | None, int | None]] = set()
    for row in store.query(Statement(name="rate_limits", sql=sql, parameters=used(sql, bound))).records():
        if (which := is_limited(row["error_class"], row["status_code"])) is not None:
            hours[int(row["hour_of_day"])][which] += int(row["n"])
            limited.add((row["error_class"], row["status_code"]))
    groups = _limited_sessions(store, scope, limited)
    sums: Counter[str] = Counter()
    for each in hours:
        sums.update({name: each[name] for name in ("tries", "rate_limited", "overloaded")})
    return {
        "tries": sums["tries"],
        "rate_limited": sums["rate_limited"],
        "overloaded": sums["overloaded"],
        "by_hour": [
            {**each, "ratio": (each["rate_limited"] + each["overloaded"]) / each["tries"] if each["tries"] else None}
            for each in hours
        ],
        "groups": [
            {
                "error_class": group["error_class"],
                "status_code": None if group["status_code"] is None else int(group["status_code"]),
                **with_times(group, scope.window.zone),
            }
            for group in groups[:MOST_GROUPS]
        ],
    }


def _limited_sessions(
    store: Store, scope: Scope, limited: Iterable[tuple[str | None, int | None]]
) -> list[dict[str, Any]]:
    """The tries of these classes with their sessions."""
    bound: Bound = {}
    either = []
    for place, (error_class, status_code) in enumerate(sorted(limited, key=str)):
        same = []
        for name, value in (("error_class", error_class), ("status_code", status_code)):
            if value is None:
                same.append(f"{name} is null")
            else:
                bound[f"{name}_{place}"] = value
                same.append(f"{name} = ${name}_{place}")
        either.append(f"({' and '.join(same)})")
    if not either:
        return []
    kept = within(scope, bound, "outcome in ('error', 'retried')", f"({' or '.join(either)})")
    rows = f"select error_class, status_code, session_id, occurred_at from requests where {kept}"  # noqa: S608
    return groups_of(store, "limited_sessions", ("error_class", "status_code"), rows, bound)


def file_failures(store: Store, scope: Scope) -> dict[str, Any]:
    """The same failure on the same file, FILE_FAILURES times or more, whichever sessions it was in."""
    bound: Bound = {}
    failed = within(scope, bound, "is_error", "file is not null")
    rows = f"select file, tool_name, error_class, session_id, occurred_at from tool_calls where {failed}"  # noqa: S608
    keys = ("file", "tool_name", "error_class")
    groups = groups_of(store, "failures_of_files", keys, rows, bound, least=FILE_FAILURES)
    return {
        "at_least": FILE_FAILURES,
        "count": len(groups),
        "groups": [
            {
                "file": group["file"],
                "tool": group["tool_name"],
                "error_class": group["error_class"],
                **with_times(group, scope.window.zone),
            }
            for group in groups[:MOST_GROUPS]
        ],
    }


def is_limited(error_class: str | None, status_code: int | None) -> str | None:
    """Whether a failed try was "rate_limited" or met an "overloaded" service; None: neither."""
    named = (error_class or "").lower()
    if status_code == 529 or named == "http_529" or "overloaded" in named:
        return "overloaded"
    if kind_of("request", error_class, status_code) is ErrorClass.RATE_LIMIT:
        return "rate_limited"
    return None
