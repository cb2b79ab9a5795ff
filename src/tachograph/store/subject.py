"""Finding all rows that are about somebody or something: what access, correction and erasure begin with.

Sources say different things of one session: telemetry names the person, a transcript the working directory. So a record
that does not say who (or where) takes it from its session, if that names nobody else, and a session that names nobody at
all from those it is linked with (a fork's parent, telemetry without a session id). A plugin calls everybody by an id
that it made up, so beside other names its own names nobody else: its reports are those of the session's person. What is left over is found by the ids
it shares with what was found: a request, message, tool call or prompt is one thing, whoever reported it.
"""

# ruff: noqa: S608 - statements are put together from names of ours; values are bound

from __future__ import annotations

from collections import defaultdict
from typing import Any

import duckdb

from tachograph.store.columns import ATTRIBUTE_COLUMNS
from tachograph_sdk.model.subject import Footprint, Selection, Subject

__all__ = ["TABLES", "conditions", "describe", "existing", "footprint", "mark", "parameters", "unmark"]

NAMED = {
    "users": "user_id",
    "sessions": "session_id",
    "organizations": "organization_id",
    "repositories": "repository",
    "projects": "project",
}
"""Part of a selection: column that says it."""

TABLES = (
    "events", "event_copies", "requests", "differences", "counters", "tool_calls", "prompts", "outcomes", "limits", "session_hours",
    "sessions", "hours", "buckets", "kin", "lineages", "contents", "corrected", "archived", "counted_ids", "identities",
    "erased_usage", "hook_sessions", "feature_uses", "compactions",
)  # fmt: skip
"""Tables with rows about somebody. (`files` and `quarantine` know only pseudonyms of paths, `streams` only hashes,
`summaries` nobody; `rates` and `rated` only models.)"""

_MARKS = ("subject_roots", "subject_events", "subject_buckets", *(f"subject_named_{c}" for c in NAMED.values()))

_NAMELESS = r"regexp_matches(bucket, '^~[^~]*~~')"  # records that say neither session nor user: anybody's

_IDS = """
select event_id, seq, bucket, agent, 'r' as what, request_id as id from events
where kind in ('api.request', 'api.error') and request_id is not null
union all
select event_id, seq, bucket, agent, 'm', message_id from events where kind = 'api.request' and message_id is not null
union all
select event_id, seq, bucket, agent, 't', tool_use_id from events
where kind in ('tool.call', 'tool.decision') and tool_use_id is not null
union all
select event_id, seq, bucket, agent, 'p', prompt_id from events where kind = 'prompt' and prompt_id is not null
"""
_ROUNDS = 2  # a message id may lead to a request id, and that to another record

_TIMES = {
    "events": "occurred_at",
    "requests": "occurred_at",
    "tool_calls": "occurred_at",
    "prompts": "occurred_at",
    "outcomes": "occurred_at",
    "limits": "occurred_at",
    "hook_sessions": "occurred_at",
    "feature_uses": "occurred_at",
    "compactions": "occurred_at",
    "counters": "last_at",
    "session_hours": "hour",
    "sessions": "started_at",
    "hours": "hour",
    "erased_usage": "occurred_at",
}
_SAYS = {  # columns that a derived table has of those that a selection may ask for
    **{
        table: set(NAMED.values())
        for table in (
            "requests",
            "tool_calls",
            "prompts",
            "outcomes",
            "limits",
            "session_hours",
            "sessions",
            "hook_sessions",
            "feature_uses",
            "compactions",
        )
    },
    "counters": {"user_id", "session_id"},
    "hours": {"user_id", "organization_id"},
}


def parameters(selection: Selection) -> dict[str, Any]:
    """The values that `conditions` and the marks bind."""
    values: dict[str, Any] = {
        name: list(getattr(selection, name)) for name in NAMED if getattr(selection, name) and not selection.everything
    }
    if selection.start_us is not None:
        values["start"] = selection.start_us
    if selection.end_us is not None:
        values["end"] = selection.end_us
    return values


def mark(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    """Fill temporary tables subject_events (the selection's) and subject_buckets (with whether all in it are).

    Everything must be settled. Call inside a transaction.
    """
    given = _given(selection)
    _mark_roots(connection)
    for part, column in given.items():
        if column != "session_id":
            _mark_named(connection, part, column, getattr(selection, part))
    _run(
        connection,
        f"""create or replace temp table subject_events as
        select e.event_id, e.seq, e.bucket from events e where {_is_meant(selection)}""",
        selection,
    )
    if given:
        for _ in range(_ROUNDS):
            _mark_linked(connection, selection)
    _run(
        connection,
        f"""create or replace temp table subject_buckets as
        select e.bucket, bool_and(s.seq is not null) as whole
        from events e left join subject_events s on s.seq = e.seq
        where e.bucket in (select bucket from subject_events) and {_within(selection, "e.occurred_at")} group by 1""",
        selection,
    )
    if given:
        own = " and ".join(f"{column} in (select unnest(${part}))" for part, column in given.items())
        _run(
            connection,
            f"""insert into subject_buckets
            select distinct bucket, true from sessions where bucket in (select bucket from archived) and {own}
                and bucket not in (select bucket from subject_buckets)""",
            selection,
        )


def unmark(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what `mark` made."""
    for name in _MARKS:
        connection.execute(f"drop table if exists temp.{name}")


def conditions(selection: Selection) -> dict[str, str]:
    """For each table, which of its rows are the selection's; `mark` must have run."""
    if selection.everything:
        within = {table: _within(selection, _TIMES[table]) if table in _TIMES else "true" for table in TABLES}
        of_events = f"event_id in (select event_id from events where {within['events']})"
        times = dict.fromkeys(("event_copies", "corrected", "contents"), of_events)
        return {**within, **times, **dict.fromkeys(("differences", "counted_ids"), _within(selection, "occurred_at"))}
    given = _given(selection)
    whole = "bucket in (select bucket from subject_buckets where whole)"
    found = {"events": "seq in (select seq from subject_events)"}
    for table, says in _SAYS.items():
        own = "false"
        if set(given.values()) <= says:
            own = " and ".join(f"{column} in (select unnest(${part}))" for part, column in given.items())
        is_whole = "false" if table == "hours" else whole
        found[table] = f"({is_whole} or ({own})) and {_within(selection, _TIMES[table])}"
    copied = "event_id in (select event_id from subject_events)"
    theirs = "session_id in (select bucket from subject_buckets)"  # who else holds a copy is nobody's business
    if "sessions" in given:
        theirs = f"{theirs} or session_id in (select unnest($sessions))"
    return {
        **found,
        "event_copies": f"{copied} and ({theirs})",
        "corrected": copied,
        "differences": f"(bucket, agent, request_key) in (select (bucket, agent, request_key) from requests where {found['requests']})",
        "buckets": whole,
        "kin": f"{whole} or other in (select bucket from subject_buckets where whole)",
        "lineages": whole,
        "contents": copied,
        "archived": whole,
        "counted_ids": f"{whole} and {_within(selection, 'occurred_at')}",
        "erased_usage": "user_id in (select unnest($users))" if set(given) == {"users"} else "false",
        "identities": " or ".join(["false", *(f"pseudonym in (select unnest(${part}))" for part in given)]),
    }


def existing(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """The tables of the database."""
    rows = connection.execute("select table_name from duckdb_tables() where not temporary").fetchall()
    return {name for (name,) in rows}


def describe(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Subject:
    """What is held about a marked selection."""
    tables = {}
    for table, condition in conditions(selection).items():
        if table not in existing(connection):
            continue
        ((tables[table],),) = _run(connection, f"select count(*) from {table} where {condition}", selection)
    meant = "from events where seq in (select seq from subject_events)"
    ((first, last),) = _run(connection, f"select epoch_us(min(occurred_at)), epoch_us(max(occurred_at)) {meant}", {})
    counted = ", ".join(f"count({column}) as {column}" for column in ("session_id", *ATTRIBUTE_COLUMNS))
    (row,) = _run(connection, f"select {counted} {meant}", {})
    attributes = {name: n for name, n in zip(("session_id", *ATTRIBUTE_COLUMNS), row, strict=True) if n}
    others = f"select name, count(*) from (select unnest(json_keys(attributes)) as name {meant} and attributes is not null) group by 1"
    attributes.update(_run(connection, others, {}))
    return Subject(
        tables={table: tables[table] for table in TABLES if table in tables},
        first_us=first,
        last_us=last,
        agents=dict(_run(connection, f"select agent, count(*) {meant} group by 1 order by 1", {})),
        sources=dict(_run(connection, f"select source, count(*) {meant} group by 1 order by 1", {})),
        kinds=dict(_run(connection, f"select kind, count(*) {meant} group by 1 order by 1", {})),
        attributes=dict(sorted(attributes.items())),
        shared=_count_shared(connection, selection),
        beside=_count_beside(connection, selection),
        footprint=footprint(connection, selection),
    )


def footprint(connection: duckdb.DuckDBPyConnection, selection: Selection) -> Footprint:
    """What makes the marked records known again where they do not say whose they are."""
    ((last,),) = _run(
        connection,
        "select coalesce(epoch_us(max(occurred_at)), 0) from events where seq in (select seq from subject_events)",
        {},
    )
    if selection.everything:
        return Footprint(sessions=(), events=(), last_us=last)
    given = _given(selection)
    sessions = _run(
        connection,
        """select split_part(bucket, '#', 1) as session from subject_buckets
        where not starts_with(bucket, '~') group by 1 having bool_and(whole)
        union
        select session_id from event_copies
        where session_id not in (select split_part(bucket, '#', 1) from subject_buckets where not whole)
            and session_id not in (
                select split_part(bucket, '#', 1) from buckets where bucket not in (select bucket from subject_buckets))
        group by 1 having bool_and(event_id in (select event_id from subject_events))
        order by 1""",
        {},
    )
    says_it = " and ".join(f"coalesce({column} in (select unnest(${part})), false)" for part, column in given.items())
    own_only = "and (session_id is null or session_id in (select unnest($sessions)))" if "sessions" in given else ""
    events = _run(
        connection,
        f"""select replace(event_id::varchar, '-', '') from events
        where seq in (select seq from subject_events) and not ({says_it})
            and bucket not in (select bucket from subject_buckets where whole and not starts_with(bucket, '~')) {own_only}
        order by 1""",
        {part: list(getattr(selection, part)) for part in given},
    )
    return Footprint(sessions=tuple(s for (s,) in sessions), events=tuple(e for (e,) in events), last_us=last)


def _given(selection: Selection) -> dict[str, str]:
    return {} if selection.everything else {part: column for part, column in NAMED.items() if getattr(selection, part)}


def _within(selection: Selection, time: str) -> str:
    parts = [f"{time} >= make_timestamp($start)"] if selection.start_us is not None else []
    parts += [f"{time} < make_timestamp($end)"] if selection.end_us is not None else []
    return " and ".join(parts) or "true"


def _is_meant(selection: Selection) -> str:
    parts = [_within(selection, "e.occurred_at")]
    for part, column in _given(selection).items():
        own = f"e.{column} in (select unnest(${part}))"
        if column == "session_id":
            held = "e.event_id in (select event_id from event_copies where session_id in (select unnest($sessions)))"
            parts.append(f"({own} or {held})")
        else:
            parts.append(f"({own} or ({_silent(column)}) and e.bucket in (select bucket from subject_named_{column}))")
    return " and ".join(parts)


def _mark_roots(connection: duckdb.DuckDBPyConnection) -> None:
    """For each bucket that is linked with others, one of them: the same for all that are linked."""
    edges: dict[str, list[str]] = defaultdict(list)
    for bucket, other in connection.execute("select bucket, other from kin").fetchall():
        if not (_is_nameless(bucket) or _is_nameless(other)):
            edges[bucket].append(other)
    roots: dict[str, str] = {}
    for start in sorted(edges):
        todo = [start]
        while todo:
            if (one := todo.pop()) not in roots:
                roots[one] = start
                todo += edges.get(one, ())
    connection.execute(
        "create or replace temp table subject_roots as select unnest($1::varchar[]) as bucket, unnest($2::varchar[]) as root",
        [list(roots), list(roots.values())],
    )


def _is_nameless(bucket: str) -> bool:
    return bucket.startswith("~") and "~~" in bucket


def _aside(column: str) -> str:
    """Records whose word does not count where others say a name: a plugin calls the same person by an id of its own."""
    return "source = 'hook'" if column == "user_id" else "false"


def _silent(column: str) -> str:
    """Records that take the name from their session."""
    return f"e.{column} is null or e.{_aside(column)}" if column == "user_id" else f"e.{column} is null"


def _mark_named(connection: duckdb.DuckDBPyConnection, part: str, column: str, values: tuple[str, ...]) -> None:
    """The sessions whose records, as far as they say it, all say one of the values; or whose relatives' do."""
    connection.execute(
        f"""create or replace temp table subject_named_{column} as
        with
            per_bucket as (
                select bucket, coalesce(
                        bool_and({column} in (select unnest(${part}))) filter (where not ({_aside(column)})),
                        bool_and({column} in (select unnest(${part})))
                    ) as ok
                from events where {column} is not null and not {_NAMELESS} group by 1
            ),
            per_root as (select root, bool_and(ok) as ok from per_bucket join subject_roots using (bucket) group by 1)
        select bucket from per_bucket where ok and not starts_with(bucket, '~')
        union
        select bucket from subject_roots join per_root using (root)
        where ok and not starts_with(bucket, '~') and bucket not in (select bucket from per_bucket)""",
        {part: list(values)},
    )


def _mark_linked(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    """Records about the same things as those that are marked, where they do not say another's name."""
    given = _given(selection)
    silent = " and ".join(
        f"(e.{column} is null or e.{column} in (select unnest(${part})))" for part, column in given.items()
    )
    connection.execute(
        f"""insert into subject_events
        with ids as ({_IDS}), mine as (select distinct agent, what, id from ids where seq in (select seq from subject_events))
        select distinct e.event_id, e.seq, e.bucket from ids join mine using (agent, what, id) join events e on e.seq = ids.seq
        where e.seq not in (select seq from subject_events) and {silent}""",
        {part: list(getattr(selection, part)) for part in given},
    )


def _count_shared(connection: duckdb.DuckDBPyConnection, selection: Selection) -> int:
    """Records that say nobody's name in sessions of several: whose they are nobody can tell."""
    given = {part: column for part, column in _given(selection).items() if column != "session_id"}
    if not given:
        return 0
    silent = " or ".join(_silent(column) for column in given.values())
    ((count,),) = _run(
        connection,
        f"""select count(*) from events e
        where e.bucket in (select bucket from subject_buckets where not whole) and not starts_with(e.bucket, '~')
            and e.seq not in (select seq from subject_events) and ({silent}) and {_within(selection, "e.occurred_at")}""",
        selection,
    )
    return int(count)


def _count_beside(connection: duckdb.DuckDBPyConnection, selection: Selection) -> int:
    """Sessions that name no person, in working directories in which the person worked: theirs, or anybody's."""
    if not selection.users or selection.everything:
        return 0
    ((count,),) = _run(
        connection,
        """select count(*) from sessions where user_id is null and project in (
            select project from events where seq in (select seq from subject_events) and project is not null
        ) and bucket not in (select bucket from subject_buckets)""",
        {},
    )
    return int(count)


def _run(connection: duckdb.DuckDBPyConnection, sql: str, values: Selection | dict[str, Any]) -> list[tuple[Any, ...]]:
    """Run with those of the values that the text names: the engine refuses others."""
    bound = parameters(values) if isinstance(values, Selection) else values
    return connection.execute(sql, {name: v for name, v in bound.items() if f"${name}" in sql}).fetchall()
