"""Bringing the derived tables up to date: rollups/*.sql in order, for what was touched, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cache
from importlib.resources import files

import duckdb

from tachograph.ports import Prices
from tachograph.store.rates import refresh_rates
from tachograph_sdk.errors import UnknownModel
from tachograph_sdk.model.usage import TokenUsage

__all__ = ["DERIVED", "change_hours", "rebuild", "settle", "settle_again"]

DERIVED = (
    "requests", "differences", "counters", "tool_calls", "prompts", "outcomes", "limits", "session_hours", "sessions",
    "hook_sessions", "feature_uses", "compactions",
)  # fmt: skip
"""Tables that are made per bucket: each has a column `bucket`."""

_WORKING = (
    "fresh", "fresh_ids", "fresh_lineages", "links", "chosen", "touched", "work", "places", "owners", "messages", "pairs", "sightings", "loose",
    "known", "paired", "paired_loosely", "alone", "readings", "counted", "by_day", "shown", "beside", "held", "new_residuals", "touched_days", "faces", "who", "whose", "shadows", "usage_changes", "new_hours", "gone", "come", "told",
    "told_sessions", "told_uses", "tool_classes", "asked", "turns", "in_turn", "retried", "first_touches", "retrying",
    "plain_sessions",
    *(f"new_{table}" for table in DERIVED),
)  # fmt: skip

_OF_HOURS = (
    "occurred_at, agent, user_id, organization_id, model, query_source, outcome, cost_basis, auxiliary, seen_event, "
    "seen_console, seen_span, seen_transcript, seen_hook, seen_sdk, input_tokens, output_tokens, reasoning_tokens, "
    "cache_read_tokens, cache_write_tokens, cache_write_5m_tokens, cache_write_1h_tokens, web_search_requests, "
    "cost_nanousd"
)
"""What `hours` is made of."""

_OF_NO_SESSION = """starts_with(bucket, '^') and date_trunc('day', occurred_at) in (select day from touched_days)
    and bucket not in (select bucket from archived)"""
"""The residual rows that 85_residuals.sql makes again."""

_OF_GONE_DAYS = "select day from gone_days union select day + interval 1 day from gone_days union"

STEP = 200_000  # events settled at a time: what the working tables of one step must hold
AT_ONCE = 2 * STEP  # settled in one transaction, so that nobody sees a part of it; what is more is seen as it grows

_UPTO = """select greatest(
    coalesce((select max(seq) from events), 0), coalesce((select max(seq) from event_copies), 0))"""

_NO_READINGS = """create or replace temp table readings (
    event_id uuid, occurred_at timestamp, agent varchar, way varchar, bucket varchar, user_id varchar,
    organization_id varchar, project varchar, repository varchar, agent_version varchar, entrypoint varchar,
    model varchar, measure varchar, value bigint)"""

# What there is to do at all. A family without events of a kind has no rows made from that kind either.
_WORK_TO_DO = """
select
    count(*) filter (where kind in ('api.request', 'api.error', 'usage.counter') or outcome = 'retried'),
    count(*) filter (where kind in ('tool.call', 'tool.decision')),
    count(*) filter (where kind = 'prompt'),
    count(*) filter (where kind in ('code.change', 'vcs.commit', 'vcs.pull_request', 'session.activity', 'session.summary')),
    count(*) filter (where kind = 'usage.counter' and not starts_with(bucket, '~')),
    count(*) filter (where kind = 'usage.counter' and counter = 'session_total'),
    count(*) filter (where case kind
        when 'api.request' then request_id is null and message_id is null when 'api.error' then request_id is null
        when 'tool.call' then tool_use_id is null when 'tool.decision' then tool_use_id is null
        when 'prompt' then prompt_id is null else false end),
    (select count(*) from buckets where starts_with(bucket, '~')),
    count(*) filter (where kind = 'usage.limit'),
    count(*) filter (where kind = 'session.summary'),
    count(*) filter (where kind = 'feature.use' or (kind = 'prompt' and prompt_origin = 'command')),
    count(*) filter (where kind = 'feature.use' and feature = 'compaction'),
    count(distinct class) filter (where outcome = 'retried')
from work
"""


# Calls whose events are gone keep their rows; a class they can still have, from a name that they kept.
_CLASSES_OF_ARCHIVED = """update tool_calls set tool_class = k.tool_class
from (select tool_name, tool_class from tool_classes
    union select distinct lower(tool_name), 'mcp' from tool_calls where starts_with(tool_name, 'mcp__')) k
where bucket in (select bucket from archived) and tool_calls.tool_class = 'other' and k.tool_name = lower(tool_calls.tool_name)"""

_NEW_MODELS = "select distinct model from usage_changes where sign = 1 and model is not null"

_SEEN_BY_SEVERAL = """select count(*) from (from new_requests where seen_event::int + seen_console::int + seen_span::int
    + seen_transcript::int + seen_hook::int + seen_sdk::int > 1 limit 1)"""


def settle(connection: duckdb.DuckDBPyConnection, prices: Callable[[], Prices], *, in_parts: bool = False) -> bool:
    """Make the rows again that events since the last time could have changed.

    The work is that of the touched sessions, not of the store. Call inside a transaction. `prices` say what usage costs
    that only counters saw, where they count no cost.

    Returns:
        Whether there is more to do: with `in_parts`, where there is more than `AT_ONCE`, only a part of it was done. The
        caller commits and calls again: working tables that were dropped take up their place until then.
    """
    (settled,) = _numbers(connection, "select seq from settled")
    (upto,) = _numbers(connection, _UPTO)
    if upto <= settled:
        return False
    (known,) = _numbers(connection, "select count(*) from (from buckets limit 1)")
    if known and not settled:  # a migration has all settled again
        _start_over(connection)
    is_part = in_parts and upto - settled > AT_ONCE
    while settled < upto:
        step = min(upto, settled + STEP)
        _settle_between(connection, settled, step, prices)
        settled = step
        if is_part:
            break
    return settled < upto


def rebuild(connection: duckdb.DuckDBPyConnection, prices: Callable[[], Prices], *, in_parts: bool = False) -> bool:
    """Empty the derived tables and settle everything. Call inside a transaction; the rest as `settle`.

    What was made of events that are deleted by now stays.
    """
    _start_over(connection)
    return settle(connection, prices, in_parts=in_parts)


def _start_over(connection: duckdb.DuckDBPyConnection) -> None:
    for table in DERIVED:
        connection.execute(f"delete from {table} where bucket not in (select bucket from archived)")  # noqa: S608 - ours
    for table in ("hours", "buckets", "kin", "lineages"):
        connection.execute(f"delete from {table}")  # noqa: S608 - a name of ours
    change_hours(connection, {1: "requests"})
    _run(connection, "49_tool_classes")
    connection.execute(_CLASSES_OF_ARCHIVED)
    connection.execute("update settled set seq = 0")


def settle_again(
    connection: duckdb.DuckDBPyConnection, prices: Callable[[], Prices], *, is_deletion: bool = False
) -> None:
    """Make the rows of the buckets in temp table `chosen` again, and of their families: what their events say has changed.

    Everything must be settled. Call inside a transaction. With `is_deletion` events have gone: rows that nothing is left
    for go too, and the days in temp table `gone_days` are looked at again.
    """
    (settled,) = _numbers(connection, "select seq from settled")
    _settle_chosen(connection, settled, prices, is_deletion=is_deletion)


def owners_of(connection: duckdb.DuckDBPyConnection) -> None:
    """Leave in temp table `owners` for which session each event counts that several hold, in the families of `chosen`."""
    (settled,) = _numbers(connection, "select seq from settled")
    connection.execute(f"set variable upto = {int(settled)}")
    for name in ("11_families", "20_work", "21_owners"):
        _run(connection, name)
    _drop_working(connection, but=("owners", "chosen"))


def _settle_between(
    connection: duckdb.DuckDBPyConnection, settled: int, upto: int, prices: Callable[[], Prices]
) -> None:
    connection.execute(f"set variable settled = {int(settled)}; set variable upto = {int(upto)}")
    _run(connection, "10_chosen")
    _settle_chosen(connection, upto, prices)


def _settle_chosen(
    connection: duckdb.DuckDBPyConnection, upto: int, prices: Callable[[], Prices], *, is_deletion: bool = False
) -> None:
    connection.execute(f"set variable upto = {int(upto)}")
    _run(connection, "11_families")
    _run(connection, "20_work")
    (copies,) = _numbers(connection, "select count(*) from event_copies where bucket in (select bucket from touched)")
    if copies:
        _run(connection, "21_owners")
    (
        requests,
        tools,
        prompts,
        outcomes,
        counters,
        readings,
        nameless,
        sessionless,
        limits,
        told,
        uses,
        compactions,
        retries,
    ) = _numbers(connection, _WORK_TO_DO)
    if retries > 1:
        _run(connection, "22_retries")
    _run(connection, "30_identity")
    if nameless:
        _run(connection, "31_pairing")
    _run(connection, "35_who")
    _run(connection, "40_requests", else_empty="requests", when=requests)
    (several,) = _numbers(connection, _SEEN_BY_SEVERAL)
    _run(connection, "41_differences", else_empty="differences", when=several)
    if readings:
        _run(connection, "44_readings")
    elif counters:
        connection.execute(_NO_READINGS)
    if counters:
        _run(connection, "45_residuals")
        _price_residuals(connection, "new_requests", prices)
    else:
        connection.execute("create or replace temp table new_counters as from counters limit 0")
    _settle_turns(connection, tools=tools, prompts=prompts)
    if told:
        _run(connection, "65_told_sessions")
    else:
        connection.execute(
            "create or replace temp table told_sessions (event_id uuid, bucket varchar, exit_reason varchar)"
        )
    _run(connection, "70_outcomes", else_empty="outcomes", when=outcomes)
    _run(connection, "75_limits", else_empty="limits", when=limits)
    _run(connection, "80_sessions")
    _run(connection, "82_hook_sessions", else_empty="hook_sessions", when=told)
    _run(connection, "83_feature_uses", else_empty="feature_uses", when=uses)
    _run(connection, "84_compactions", else_empty="compactions", when=compactions)
    _run(connection, "88_scores")
    _no_changes(connection)
    made = {
        "requests": requests, "tool_calls": tools, "prompts": prompts, "outcomes": outcomes, "limits": limits,
        "hook_sessions": told, "feature_uses": uses, "compactions": compactions,
    }  # fmt: skip
    for table in DERIVED:
        if made.get(table, 1) or is_deletion:
            _replace(connection, table)
    if sessionless or is_deletion:
        gone = _OF_GONE_DAYS if is_deletion else ""
        connection.execute(
            f"""create or replace temp table touched_days as {gone}
            select date_trunc('day', occurred_at) as day from work where kind = 'usage.counter' and starts_with(bucket, '~')
            union select date_trunc('day', occurred_at) from usage_changes
            union select date_trunc('day', occurred_at) + interval 1 day from usage_changes  -- counters may come after midnight"""  # noqa: S608
        )
        _note_change(connection, -1, f"requests where {_OF_NO_SESSION}")
        _run(connection, "85_residuals")
        _price_residuals(connection, "requests", prices, among=_OF_NO_SESSION)
        _note_change(connection, 1, f"requests where {_OF_NO_SESSION}")
        _run(connection, "86_active")
    if requests or is_deletion:  # counters are among them
        _run(connection, "90_hours")
        refresh_rates(connection, prices, among=_NEW_MODELS)
    connection.execute("update settled set seq = $1", [upto])
    _drop_working(connection)


def _settle_turns(connection: duckdb.DuckDBPyConnection, *, tools: int, prompts: int) -> None:
    """Tool calls and prompts, and what follows from their order. There may be none of the one or the other."""
    if tools:
        _run(connection, "49_tool_classes")
    _run(connection, "50_tool_calls", else_empty="tool_calls", when=tools)
    if prompts:
        _run(connection, "60_prompts")
    else:
        connection.execute(
            """create or replace temp table asked as
            select * exclude (ended_at, requests, tool_calls, tool_errors, edits, is_one_shot, cost_nanousd) from prompts limit 0"""
        )
    if not tools + prompts:
        connection.execute("create or replace temp table new_prompts as from prompts limit 0")
        return
    _run(connection, "61_order")
    (failed,) = _numbers(connection, "select count(*) from (from new_tool_calls where is_error limit 1)")
    if failed:
        _run(connection, "62_retries")
    else:
        connection.execute("create or replace temp table retried (agent varchar, tool_key varchar)")
    _run(connection, "63_turns")


def _drop_working(connection: duckdb.DuckDBPyConnection, *, but: tuple[str, ...] = ()) -> None:
    names = [name for name in _WORKING if name not in but]
    connection.execute(
        "drop view if exists temp.keyed;" + ";".join(f"drop table if exists temp.{name}" for name in names)
    )


def _price_residuals(
    connection: duckdb.DuckDBPyConnection, table: str, prices: Callable[[], Prices], *, among: str = "true"
) -> None:
    """Put a price on what only counters saw, where they count no cost. What the table does not know stays without.

    Only rows that are made now (`among`): a change of any other would not reach `hours`.
    """
    counts = [f.name for f in fields(TokenUsage)]
    rows = connection.execute(
        f"""select rowid, model, epoch_us(occurred_at), input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
            cache_write_1h_tokens, web_search_requests
        from {table} where {among} and outcome = 'residual' and cost_nanousd is null and model is not null"""  # noqa: S608 - ours
    ).fetchall()
    if not rows:
        return
    price_table = prices()
    for row, model, at_us, *used in rows:
        try:
            cost = price_table.price(TokenUsage(**dict(zip(counts, used, strict=True))), model=model, at_us=at_us)
        except UnknownModel:
            continue
        connection.execute(
            f"update {table} set cost_nanousd = $1 where rowid = $2",  # noqa: S608 - a name of ours
            [cost.nanousd, row],
        )


def _replace(connection: duckdb.DuckDBPyConnection, table: str) -> None:
    """Put the new rows of the touched buckets in place of the old; rows that are the same are left alone."""
    listed = _columns(connection, table)
    touched = f"{table} where bucket in (select bucket from touched)"  # noqa: S608 - names of ours
    (there,) = _numbers(connection, f"select count(*) from (from {touched} limit 1)")  # noqa: S608 - names of ours
    if not there:
        connection.execute(f"insert into {table} ({listed}) select {listed} from new_{table}")  # noqa: S608
        if table == "requests":
            _note_change(connection, 1, "new_requests")
        return
    for name, source in (("gone", touched), ("come", f"new_{table}")):
        connection.execute(
            f"""create or replace temp table {name} as
            select rowid as id, bucket, hash({listed}) as whole from {source}"""  # noqa: S608
        )
    old = f"{touched} and rowid in (select id from gone where (bucket, whole) not in (select bucket, whole from come))"  # noqa: S608
    new = f"new_{table} where rowid in (select id from come where (bucket, whole) not in (select bucket, whole from gone))"  # noqa: S608
    if table == "requests":
        _note_change(connection, -1, old)
        _note_change(connection, 1, new)
    connection.execute(f"delete from {old}")  # noqa: S608
    connection.execute(f"insert into {table} ({listed}) select {listed} from {new}")  # noqa: S608


def change_hours(connection: duckdb.DuckDBPyConnection, changes: Mapping[int, str]) -> None:
    """Add rows of requests to `hours` (1) or take them off (-1). Call inside a transaction."""
    _no_changes(connection)
    for sign, rows in changes.items():
        _note_change(connection, sign, rows)
    _run(connection, "90_hours")
    connection.execute("drop table usage_changes; drop table new_hours")


def _no_changes(connection: duckdb.DuckDBPyConnection) -> None:
    empty = f"select 1 as sign, {_OF_HOURS} from requests limit 0"  # noqa: S608 - names of ours
    connection.execute(f"create or replace temp table usage_changes as {empty}")


def _note_change(connection: duckdb.DuckDBPyConnection, sign: int, rows: str) -> None:
    """These rows of requests came (1) or went (-1): what 90_hours.sql adds or takes off."""
    connection.execute(f"insert into usage_changes select {sign}, {_OF_HOURS} from {rows}")  # noqa: S608 - names of ours


def _run(connection: duckdb.DuckDBPyConnection, name: str, *, else_empty: str = "", when: int = 1) -> None:
    """One file of rollups/; when there is nothing for it to do, an empty new_… table instead."""
    if when:
        connection.execute(_rollup(name))
    else:
        connection.execute(f"create or replace temp table new_{else_empty} as from {else_empty} limit 0")


_known_columns: dict[str, str] = {}


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> str:
    if table not in _known_columns:
        rows = connection.execute(
            """select column_name from duckdb_columns()
            where table_name = $1 and database_name = current_database() and schema_name = 'main' order by column_index""",
            [table],
        ).fetchall()
        _known_columns[table] = ", ".join(row[0] for row in rows)
    return _known_columns[table]


def _numbers(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[int, ...]:
    (row,) = connection.execute(sql).fetchall()
    return tuple(row)


@cache
def _rollup(name: str) -> str:
    return (files("tachograph.store") / "rollups" / f"{name}.sql").read_text()
