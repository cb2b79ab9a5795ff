"""Deleting by age, in three tiers: records, then the ledger made of them, then the monthly sums that remain of it.

A record's time counts from its arrival, a session's from the last arrival of anything of it and of the sessions it shares
records with: only whole families leave, so that what stays is never counted wrongly. What the deletion of records leaves
of them is their rows in the ledger, without the ids by which they could be found elsewhere; a hash of each record tells it
again when it comes a second time. What the deletion of ledger rows leaves are sums of nobody in particular.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import duckdb

from tachograph.ports import Expiry, Retained
from tachograph.store.config import RetentionConfig
from tachograph.store.rates import forget_rates
from tachograph.store.settle import DERIVED, change_hours

__all__ = ["SHARE_THAT_WAITS", "WAIT", "carry_out", "is_anything_due", "plan_retention"]

SHARE_THAT_WAITS = 0.1  # a deletion of more than this share of a tier's rows waits …
WAIT = timedelta(days=7)  # … for so long, and is shown meanwhile

_CANDIDATES = """
create or replace temp table leaving as
with recursive
    arrivals as (
        select bucket, max(received_at) as received_at, max(occurred_at) as ended_at, count(*) as n from events group by 1
    ),
    groups as (  -- days of records that name no session are counted together: 85_residuals.sql
        select *, case when starts_with(bucket, '~')
            then '^' || split_part(bucket, '~', 2) || '^' || right(split_part(bucket, '#', 1), 10) else bucket end as part
        from arrivals
    ),
    linked as (
        select bucket, part from groups
        union all
        select k.other, g.part from kin k join groups g on g.bucket = k.bucket join groups o on o.bucket = k.other
    ),
    reach as (
        select part as start, part from groups
        union
        select r.start, b.part from reach r join linked a on a.part = r.part join linked b on b.bucket = a.bucket
    ),
    families as (
        select r.start as part, max(g.received_at) as received_at from reach r join groups g on g.part = r.part group by 1
    )
select g.bucket, g.part, g.ended_at, g.n, f.received_at
from groups g join families f using (part)
"""

_ARCHIVE = """
insert into archived
select bucket, case when not starts_with(bucket, '~') then split_part(bucket, '#', 1) end, ended_at, received_at, $now
from leaving where received_at < $cutoff;

insert into archived
select part, null, max(ended_at), max(received_at), $now from leaving
where received_at < $cutoff and starts_with(part, '^') and part not in (select bucket from archived) group by 1;

insert into counted_ids
select event_id, bucket, occurred_at from events
where bucket in (select bucket from leaving where received_at < $cutoff)
"""

_OF_LEAVING = "bucket in (select bucket from leaving where received_at < $cutoff)"

_STRIPPED = {
    "requests": "request_key = md5(request_key), request_id = null, message_id = null, prompt_id = null",
    "differences": "request_key = md5(request_key)",
    "tool_calls": "tool_key = md5(tool_key), request_id = null, tool_use_id = null, prompt_id = null",
    "prompts": "prompt_key = md5(prompt_key), prompt_id = null",
}

_SUMS = """
create or replace temp table sums as
select date_trunc('month', occurred_at)::date as month, agent, model, m.measure, sum(m.quantity)::hugeint as quantity
from requests, unnest([
    {'measure': 'requests', 'quantity': (outcome = 'ok')::bigint},
    {'measure': 'api_errors', 'quantity': (outcome = 'error')::bigint},
    {'measure': 'input_tokens', 'quantity': input_tokens}, {'measure': 'output_tokens', 'quantity': output_tokens},
    {'measure': 'cache_read_tokens', 'quantity': cache_read_tokens},
    {'measure': 'cache_write_tokens', 'quantity': cache_write_tokens},
    {'measure': 'cost_nanousd', 'quantity': coalesce(cost_nanousd, 0)},
    {'measure': 'unpriced_requests', 'quantity': (outcome = 'ok' and cost_nanousd is null)::bigint}
]) as u(m) where bucket in (select bucket from gone) group by all
union all
select date_trunc('month', occurred_at)::date, agent, null, 'prompts', count(*) from prompts
where bucket in (select bucket from gone) and prompt_origin in ('human', 'command') group by all
union all
select date_trunc('month', occurred_at)::date, agent, null, m.measure, sum(m.quantity)
from tool_calls, unnest([
    {'measure': 'tool_calls', 'quantity': 1::bigint}, {'measure': 'tool_errors', 'quantity': is_error::bigint}
]) as u(m) where bucket in (select bucket from gone) group by all
union all
select date_trunc('month', occurred_at)::date, agent, null, m.measure, sum(m.quantity)
from outcomes, unnest([
    {'measure': 'lines_added', 'quantity': lines_added}, {'measure': 'lines_removed', 'quantity': lines_removed},
    {'measure': 'commits', 'quantity': commits}, {'measure': 'pull_requests', 'quantity': pull_requests},
    {'measure': 'active_seconds', 'quantity': coalesce(round(active_seconds), 0)::bigint}
]) as u(m) where bucket in (select bucket from gone) group by all
union all
select date_trunc('month', started_at)::date, agent, null, 'sessions', count(distinct session_id) from sessions
where bucket in (select bucket from gone) and counts group by all;

create or replace temp table summed as
select month, agent, model, measure, sum(quantity)::hugeint as quantity
from (from sums union all from summaries) group by all having sum(quantity) <> 0;

delete from summaries;

insert into summaries from summed
"""


def plan_retention(
    connection: duckdb.DuckDBPyConnection, config: RetentionConfig, *, now: datetime
) -> tuple[Expiry, ...]:
    """What has had its time, tier by tier, and when the next will have. Changes nothing but working tables.

    Args:
        connection: everything must be settled.
        config: the tiers' days; a tier that is kept for ever is planned with nothing.
        now: UTC without a zone.
    """
    connection.execute(_CANDIDATES)
    waits: dict[str, datetime] = dict(connection.execute("select tier, since from retention_waits").fetchall())
    plans = (
        ("raw", config.raw_days, "select received_at as arrived_at, n from leaving"),
        (
            "aggregated",
            config.aggregated_days,
            """select coalesce(a.received_at, l.received_at) as arrived_at, r.n
            from (select bucket, count(*) as n from (select bucket from requests union all select bucket from limits) group by 1) r
            left join archived a using (bucket)
            left join (select bucket, received_at from leaving union select part, received_at from leaving) l using (bucket)""",
        ),
        (
            "summary",
            config.summary_days,
            "select (month + interval 1 month)::timestamp as arrived_at, 1 as n from summaries",
        ),
    )
    expiries = []
    for tier, days, rows in plans:
        cutoff = now - timedelta(days=days)
        ((parts, expired, total, oldest, next_at),) = connection.execute(
            f"""select count(*) filter (where arrived_at < $1), coalesce(sum(n) filter (where arrived_at < $1), 0)::bigint,
                coalesce(sum(n), 0)::bigint, min(arrived_at), min(arrived_at) filter (where arrived_at >= $1) from ({rows})""",  # noqa: S608 - ours
            [cutoff if days else None],
        ).fetchall()
        large = expired > SHARE_THAT_WAITS * total
        since = waits.get(tier, now)
        expiries.append(
            Expiry(
                tier=tier,
                days=days or None,
                sessions=parts if tier != "summary" else 0,
                rows=expired,
                rows_kept=total - expired,
                oldest_at=oldest,
                next_at=next_at + timedelta(days=days) if next_at is not None and days else None,
                waits_until=since + WAIT if expired and large else None,
            )
        )
    return tuple(expiries)


def is_anything_due(connection: duckdb.DuckDBPyConnection, config: RetentionConfig, *, now: datetime) -> bool:
    """Whether anything is old enough to be looked at; costs next to nothing."""
    oldest = (
        (config.raw_days, "select min(received_at) from events"),
        (config.raw_days, "select min(set_aside_at) from quarantine"),
        (config.aggregated_days, "select min(received_at) from archived"),
        (config.summary_days, "select min(month + interval 1 month) from summaries"),
    )
    for days, sql in oldest:
        ((at,),) = connection.execute(sql).fetchall()
        if days and at is not None and at < now - timedelta(days=days):
            return True
    ((waiting,),) = connection.execute("select count(*) from retention_waits").fetchall()
    return bool(waiting)


def carry_out(
    connection: duckdb.DuckDBPyConnection, config: RetentionConfig, *, now: datetime, confirmed: bool
) -> Retained:
    """Delete what has had its time. Call inside a transaction; everything must be settled.

    Args:
        connection, config, now: as for `plan_retention`.
        confirmed: also what would have to wait, because it is more than a tenth of its tier.
    """
    due = {expiry.tier: expiry for expiry in plan_retention(connection, config, now=now)}
    waiting = [
        expiry.tier
        for expiry in due.values()
        if expiry.waits_until is not None and not confirmed and now < expiry.waits_until
    ]
    _note_waits(connection, waiting, now)
    deleted = dict.fromkeys(due, 0)
    carried = [tier for tier, expiry in due.items() if expiry.rows and tier not in waiting]
    if "raw" in carried:
        deleted["raw"] = _delete_records(connection, now, now - timedelta(days=config.raw_days))
    if config.raw_days and "raw" not in waiting:
        _delete_beside(connection, now - timedelta(days=config.raw_days))
    if "aggregated" in carried:
        deleted["aggregated"] = _delete_ledger(connection, now - timedelta(days=config.aggregated_days))
    if "summary" in carried:
        deleted["summary"] = _delete_summaries(connection, now - timedelta(days=config.summary_days))
    return Retained(at=now, deleted=deleted, waiting=tuple(waiting))


def _note_waits(connection: duckdb.DuckDBPyConnection, waiting: Sequence[str], now: datetime) -> None:
    """What waits now, since when; what no longer has to is forgotten: a clock may have been put right."""
    connection.execute("delete from retention_waits where tier not in (select unnest($1::varchar[]))", [list(waiting)])
    for tier in waiting:
        connection.execute(
            "insert into retention_waits select $1, $2 where not exists (from retention_waits where tier = $1)",
            [tier, now],
        )


def _delete_records(connection: duckdb.DuckDBPyConnection, now: datetime, cutoff: datetime) -> int:
    for statement in _ARCHIVE.split(";"):
        parameters = {"now": now, "cutoff": cutoff}
        connection.execute(statement, {k: v for k, v in parameters.items() if f"${k}" in statement})
    for table, stripped in _STRIPPED.items():
        connection.execute(
            f"""update {table} set {stripped}
            where bucket in (select bucket from archived where archived_at = $1)""",  # noqa: S608 - names of ours
            [now],
        )
    for table in ("contents", "corrected"):
        connection.execute(
            f"delete from {table} where event_id in (select event_id from events where {_OF_LEAVING})",  # noqa: S608 - ours
            {"cutoff": cutoff},
        )
    ((deleted,),) = connection.execute(f"delete from events where {_OF_LEAVING}", {"cutoff": cutoff}).fetchall()  # noqa: S608
    for table in ("event_copies", "lineages", "buckets", "kin"):
        connection.execute(f"delete from {table} where {_OF_LEAVING}", {"cutoff": cutoff})  # noqa: S608 - names of ours
    return int(deleted)


def _delete_beside(connection: duckdb.DuckDBPyConnection, cutoff: datetime) -> None:
    """What was kept beside the records: what was set aside, sums of what was erased, running totals nothing goes on from."""
    connection.execute("delete from quarantine where set_aside_at < $1", [cutoff])
    connection.execute("delete from erased_usage where occurred_at < $1", [cutoff])
    connection.execute("delete from streams where make_timestamp_ns(at_ns) < $1", [cutoff])


def _delete_ledger(connection: duckdb.DuckDBPyConnection, cutoff: datetime) -> int:
    connection.execute(
        "create or replace temp table gone as select bucket from archived where received_at < $1", [cutoff]
    )
    connection.execute(_SUMS)
    change_hours(connection, {-1: "requests where bucket in (select bucket from gone)"})
    deleted = 0
    for table in DERIVED:
        ((rows,),) = connection.execute(f"delete from {table} where bucket in (select bucket from gone)").fetchall()  # noqa: S608
        deleted += rows if table in ("requests", "limits") else 0
    connection.execute("update counted_ids set bucket = null where bucket in (select bucket from gone)")
    connection.execute("delete from archived where bucket in (select bucket from gone)")
    forget_rates(connection)
    return deleted


def _delete_summaries(connection: duckdb.DuckDBPyConnection, cutoff: datetime) -> int:
    connection.execute("delete from counted_ids where bucket is null and occurred_at < $1", [cutoff])
    ((rows,),) = connection.execute("delete from summaries where month + interval 1 month < $1", [cutoff]).fetchall()
    return int(rows)
