"""What all questions about errors share: conditions on rows, the rows that failed, and groups with their sessions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from tachograph.analytics.scope import Scope
from tachograph.analytics.windowed import among, between, used
from tachograph.ports import Statement, Store
from tachograph_sdk.errors import UnknownDimension

__all__ = [
    "FILTERS",
    "MOST_GROUPS",
    "MOST_SESSIONS",
    "Bound",
    "check_filters",
    "failed_rows",
    "filtered",
    "groups_of",
    "within",
]

FILTERS: Final[Mapping[str, str]] = {
    "agent": "agent", "session": "session_id", "user": "user_id", "organization": "organization_id",
    "project": "project", "repository": "repository", "agent_version": "agent_version", "entrypoint": "entrypoint",
}  # fmt: skip
"""By what errors can be narrowed, and the columns: requests, tool calls and sessions have them all."""

MOST_SESSIONS: Final = 5  # that a group names
MOST_GROUPS: Final = 50  # of a list

Bound = dict[str, Any]


def check_filters(scope: Scope) -> None:
    """Raises UnknownDimension if a filter is not one of FILTERS."""
    for name in scope.filters:
        if name not in FILTERS:
            raise UnknownDimension(f"errors cannot be narrowed by {name!r}", hint=f"filters are: {', '.join(FILTERS)}")


def within(scope: Scope, bound: Bound, *more: str, of: str = "", from_start: bool = True) -> str:
    """Conditions that keep the rows in the window and of the filters, after `where`. Adds what they bind to `bound`.

    Args:
        scope: window and filters.
        bound: the statement's parameters.
        more: further conditions.
        of: the table's alias with a dot, if it has one.
        from_start: False keeps rows before the window too.
    """
    window = scope.window if from_start else replace(scope.window, start=None)
    conditions = [*more, *between(f"{of}occurred_at", window, bound), *filtered(scope, bound, of=of)]
    return " and ".join(conditions) or "1 = 1"


def filtered(scope: Scope, bound: Bound, *, of: str = "") -> list[str]:
    """Conditions that keep the rows of the filters. Adds what they bind to `bound`."""
    return [
        among(f"{of}{FILTERS[name]}", values, bound, f"f{index}")
        for index, (name, values) in enumerate(scope.filters.items())
    ]


def failed_rows(scope: Scope, bound: Bound, *, from_start: bool = True) -> str:
    """A query of what failed: requests after all their tries, and tool calls that ran."""
    requests = within(scope, bound, "outcome = 'error'", from_start=from_start)
    calls = within(scope, bound, "is_error", from_start=from_start)
    return f"""
    select 'request' as what, error_class, status_code, nullif(model, '') as failed_model, null as failed_tool,
        agent, agent_version, session_id, occurred_at
    from requests where {requests}
    union all
    select 'tool' as what, error_class, null as status_code, null as failed_model, tool_name as failed_tool,
        agent, agent_version, session_id, occurred_at
    from tool_calls where {calls}"""  # noqa: S608 - texts of ours, values are bound


def groups_of(
    store: Store, name: str, keys: Sequence[str], rows: str, bound: Bound, *, least: int = 1
) -> list[dict[str, Any]]:
    """Rows counted by their keys, the most first, each group with its newest sessions.

    Args:
        store: what is asked.
        name: of the statement.
        keys: columns of `rows`.
        rows: a query that has the keys, session_id and occurred_at.
        bound: what it binds.
        least: smaller groups are left out.

    Returns:
        Of each group its keys, `count`, `sessions` (how many are known), `first_at`, `last_at` (UTC) and `latest`: at most
        MOST_SESSIONS of its sessions with `session`, `count` and `last_at`, the one with the newest such row first.
    """
    by = ", ".join(keys)
    # Two passes over what is already counted by session: windows over whole groups would sort far more than five of each.
    sql = f"""
with by_session as (
    select {by}, session_id, count(*) as in_session, min(occurred_at) as earliest, max(occurred_at) as newest
    from ({rows}) found group by {by}, session_id
)
select * from (
select {by}, null as of_session, sum(in_session) as n, count(session_id) as known, min(earliest) as first_at,
    max(newest) as last_at, 0 as place
from by_session group by {by} having sum(in_session) >= {least}
union all
select {by}, session_id as of_session, in_session as n, 1 as known, earliest as first_at, newest as last_at, place
from (
    select {by}, session_id, in_session, earliest, newest, sum(in_session) over (partition by {by}) as in_group,
        row_number() over (partition by {by} order by session_id is null, newest desc, session_id) as place
    from by_session
) ranked
where place <= {MOST_SESSIONS} and in_group >= {least} and session_id is not null
) groups_and_sessions
order by place"""  # noqa: S608 - names of ours
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in store.query(Statement(name=name, sql=sql, parameters=used(sql, bound))).records():
        key = tuple(row[k] for k in keys)
        if not row["place"]:  # all groups come before all sessions
            found[key] = {
                **{k: row[k] for k in keys},
                "count": int(row["n"]),
                "sessions": int(row["known"]),
                "first_at": row["first_at"],
                "last_at": row["last_at"],
                "latest": [],
            }
        elif key in found:
            one = {"session": row["of_session"], "count": int(row["n"]), "last_at": row["last_at"]}
            found[key]["latest"].append(one)
    return sorted(found.values(), key=lambda group: (-group["count"], *(str(group[k]) for k in keys)))
