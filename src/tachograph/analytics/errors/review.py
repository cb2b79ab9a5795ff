"""Sessions that somebody should look at, with the reasons: rules with thresholds that the guide publishes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from tachograph.analytics.compile import half_up
from tachograph.analytics.errors.asking import Bound, check_filters, filtered, within
from tachograph.analytics.errors.patterns import LIMITED, loop_rows
from tachograph.analytics.errors.thresholds import (
    API_ERRORS,
    ERROR_SHARE,
    LEAST_CALLS,
    LEAST_COST_NANOUSD,
    LEAST_SESSIONS,
    LOOP,
    RATE_LIMITED,
    REJECTED_CALLS,
    REJECTED_EDITS,
    REJECTED_SHARE,
    TIMES_USUAL,
    TOOL_FAILURES,
    USUAL_DAYS,
)
from tachograph.analytics.parameters import whole_number
from tachograph.analytics.scope import Question, Scope
from tachograph.analytics.windowed import overlapping, used
from tachograph.ports import Statement, Store

__all__ = ["MOST_SESSIONS", "REVIEW", "RULES", "Rule", "review"]

MOST_SESSIONS: Final = 500  # of an answer
_SESSIONS: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Why a session needs review: a condition on its figures, and what it says in words."""

    name: str
    sql: str
    says: str  # with the figures of the session
    help: str  # with the thresholds


RULES: tuple[Rule, ...] = (
    Rule(
        name="ended_by_error",
        sql="last_error_at is not null and (last_answer_at is null or last_error_at > last_answer_at)",
        says="its last API request failed",
        help="The last API request of the session failed, and none was answered after it.",
    ),
    Rule(
        name="api_errors",
        sql=f"api_errors >= {API_ERRORS}",
        says="{api_errors} API requests failed",
        help=f"{API_ERRORS} API requests or more failed after all tries.",
    ),
    Rule(
        name="rate_limited",
        sql=f"rate_limited >= {RATE_LIMITED}",
        says="{rate_limited} tries hit a rate limit or an overloaded service",
        help=f"{RATE_LIMITED} tries or more hit a rate limit (429) or an overloaded service (529).",
    ),
    Rule(
        name="retry_loop",
        sql="loops >= 1",
        says="a tool failed {longest_loop} times in a row",
        help=f"A tool failed {LOOP} times or more in a row within a turn, on the same file where that is known.",
    ),
    Rule(
        name="tool_failures",
        sql=f"tool_errors >= {TOOL_FAILURES}",
        says="{tool_errors} tool calls failed",
        help=f"{TOOL_FAILURES} tool calls or more ran and failed.",
    ),
    Rule(
        name="error_share",
        sql=f"tool_calls >= {LEAST_CALLS} and tool_errors >= {ERROR_SHARE} * tool_calls",
        says="{tool_errors} of {tool_calls} tool calls failed",
        help=f"{ERROR_SHARE:.0%} or more of at least {LEAST_CALLS} tool calls failed.".replace("%", " %"),
    ),
    Rule(
        name="rejected_edits",
        sql=f"rejected_edits >= {REJECTED_EDITS} and rejected_edits >= {REJECTED_SHARE} * edits_decided",
        says="{rejected_edits} of {edits_decided} edits were rejected",
        help=f"{REJECTED_EDITS} edits or more were rejected, and {REJECTED_SHARE:.0%} of them all.".replace("%", " %"),
    ),
    Rule(
        name="rejected_calls",
        sql=f"rejected_calls >= {REJECTED_CALLS}",
        says="{rejected_calls} tool calls were not allowed",
        help=f"{REJECTED_CALLS} tool calls or more were not allowed to run.",
    ),
    Rule(
        name="high_cost",
        sql=f"usual_sessions >= {LEAST_SESSIONS} and cost_nanousd >= {LEAST_COST_NANOUSD}"
        f" and cost_nanousd >= {TIMES_USUAL} * usual_nanousd",
        says="it cost {times_usual} times what is usual for the person",
        help=f"It cost ${LEAST_COST_NANOUSD // 1_000_000_000} or more and {TIMES_USUAL} times or more the median of the"
        f" person's sessions of the {USUAL_DAYS} days up to the window's end, if there are {LEAST_SESSIONS} of them.",
    ),
)
"""The most telling first: a list shows them in this order."""

_NAMES: Final = tuple(rule.name for rule in RULES)

_SQL: Final = """
with
    chosen as (
        select s.session_id as session_id, s.agent as agent, min(s.user_id) as user_id, min(s.project) as project,
            min(s.started_at) as started_at, max(s.ended_at) as ended_at, sum(s.api_errors) as api_errors,
            sum(s.tool_calls) as tool_calls, sum(s.tool_errors) as tool_errors, sum(s.edits_decided) as edits_decided,
            sum(s.edits_decided - s.edits_accepted) as rejected_edits, sum(s.cost_nanousd) as cost_nanousd,
            sum(s.unpriced_requests) as unpriced_requests
        from sessions s where {chosen} group by s.session_id, s.agent
    ),
    bad as (
        select session_id, agent, max(case when outcome = 'error' then occurred_at end) as last_error_at,
            sum(case when {limited} then 1 else 0 end) as rate_limited
        from requests where outcome in ('error', 'retried') and {moments} group by session_id, agent
    ),
    answered as (
        select session_id, agent, max(occurred_at) as last_answer_at from requests
        where outcome = 'ok' and session_id in (select session_id from bad where last_error_at is not null) and {moments}
        group by session_id, agent
    ),
    looped as (
        select of_session, count(*) as loops, max(failures) as longest_loop from ({loops}) found group by of_session
    ),
    denied as (
        select session_id, agent, count(*) as rejected_calls from tool_calls where decision = 'reject' and {moments}
        group by session_id, agent
    ),
    usual as (
        select user_id, count(*) as usual_sessions, p50(cost_nanousd) as usual_nanousd
        from (
            select s.user_id as user_id, s.session_id as session_id, sum(s.cost_nanousd) as cost_nanousd from sessions s
            where s.counts and s.user_id is not null and {lately} group by s.user_id, s.session_id
        ) theirs group by user_id
    ),
    figures as (
        select c.session_id as session_id, c.agent as agent, c.user_id as user_id, c.project as project,
            c.started_at as started_at, c.ended_at as ended_at, c.api_errors as api_errors, c.tool_calls as tool_calls,
            c.tool_errors as tool_errors, c.edits_decided as edits_decided, c.rejected_edits as rejected_edits,
            c.cost_nanousd as cost_nanousd, c.unpriced_requests as unpriced_requests,
            a.last_answer_at as last_answer_at, b.last_error_at as last_error_at,
            coalesce(b.rate_limited, 0) as rate_limited, coalesce(l.loops, 0) as loops,
            coalesce(l.longest_loop, 0) as longest_loop, coalesce(d.rejected_calls, 0) as rejected_calls,
            coalesce(u.usual_sessions, 0) as usual_sessions, u.usual_nanousd as usual_nanousd
        from chosen c
        left join bad b on b.session_id = c.session_id and b.agent = c.agent
        left join answered a on a.session_id = c.session_id and a.agent = c.agent
        left join looped l on l.of_session = c.session_id
        left join denied d on d.session_id = c.session_id and d.agent = c.agent
        left join usual u on u.user_id = c.user_id
    ),
    judged as (select *, {rules} from figures)
select *, count(*) over () as in_all, {sums}
from judged
where {any}
order by {how_many} desc, ended_at desc, session_id, agent
limit {limit}"""


def review(store: Store, scope: Scope) -> Mapping[str, Any]:
    """Sessions that were active in the window and fit a rule, those that fit most rules first; own parameter: limit.

    Returns:
        `sessions`, each with its figures and `reasons` (`rule` and `says`); `needing_review`: how many there are;
        `looked_at`: how many sessions were active; `rules`: for each `rule`, what it means (`help`) and how many sessions
        fit it.

    Raises:
        UnknownDimension: a filter is not one of FILTERS.
        QueryError: limit is no number from 1 to MOST_SESSIONS.
    """
    check_filters(scope)
    bound: Bound = {}
    sql = _SQL.format(
        chosen=_active(scope, bound),
        moments=within(scope, bound),
        limited=LIMITED,
        loops=loop_rows(scope, bound),
        lately=_lately(scope, bound),
        rules=", ".join(f"case when {rule.sql} then 1 else 0 end as is_{rule.name}" for rule in RULES),
        sums=", ".join(f"sum(is_{name}) over () as all_{name}" for name in _NAMES),
        any=" or ".join(f"is_{name} = 1" for name in _NAMES),
        how_many=" + ".join(f"is_{name}" for name in _NAMES),
        limit=whole_number(scope.parameters, "limit", 1, MOST_SESSIONS) or _SESSIONS,
    )
    rows = store.query(Statement(name="sessions_to_review", sql=sql, parameters=used(sql, bound))).records()
    first = rows[0] if rows else {}
    asked: Bound = {}
    active = f"select s.session_id, s.agent from sessions s where {_active(scope, asked)} group by 1, 2"  # noqa: S608
    count = f"select count(*) as n from ({active}) active_sessions"  # noqa: S608
    ((looked_at,),) = store.query(Statement(name="sessions_looked_at", sql=count, parameters=used(count, asked))).rows
    return {
        "sessions": [_session(row, scope) for row in rows],
        "needing_review": int(first.get("in_all", 0)),
        "looked_at": int(looked_at),
        "rules": [
            {"rule": rule.name, "help": rule.help, "sessions": int(first.get(f"all_{rule.name}", 0))} for rule in RULES
        ],
    }


REVIEW = Question(make=review, parameters=frozenset({"limit"}))


def _active(scope: Scope, bound: Bound) -> str:
    """Conditions on sessions that were active in the window."""
    counts = "(s.counts or s.api_errors > 0)"  # one in which every request failed counts nowhere else
    return " and ".join([counts, *overlapping(scope.window, bound), *filtered(scope, bound, of="s.")])


def _lately(scope: Scope, bound: Bound) -> str:
    """Conditions on the sessions that say what is usual: those that began up to USUAL_DAYS before the window's end."""
    end = scope.window.end or scope.now
    bound["usual_from"], bound["usual_to"] = end - timedelta(days=USUAL_DAYS), end
    return "s.started_at >= $usual_from and s.started_at < $usual_to"


def _session(row: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    zone = scope.window.zone
    usual = row["usual_nanousd"] if row["usual_sessions"] >= LEAST_SESSIONS else None
    times = f"{row['cost_nanousd'] / usual:.0f}" if usual else "many"
    figures = {name: row[name] for name in row if not name.startswith(("is_", "all_"))}
    return {
        "session": row["session_id"],
        "agent": row["agent"],
        "user": scope.person(row["user_id"]),
        "project": row["project"],
        "started_at": zone.as_text(row["started_at"]),
        "ended_at": zone.as_text(row["ended_at"]),
        "cost_microusd": half_up(row["cost_nanousd"]),
        "usual_microusd": None if usual is None else half_up(round(usual)),
        "unpriced_requests": int(row["unpriced_requests"]),
        **{
            name: int(row[name])
            for name in ("api_errors", "tool_calls", "tool_errors", "rejected_edits", "rejected_calls", "loops")
        },
        "rate_limited": int(row["rate_limited"]),
        "reasons": [
            {"rule": rule.name, "says": rule.says.format(**{**figures, "times_usual": times})}
            for rule in RULES
            if row[f"is_{rule.name}"]
        ],
    }
