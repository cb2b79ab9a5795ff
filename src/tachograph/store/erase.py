"""Deleting what a selection marks, and settling what is left of the sessions it was in. One transaction, by the caller."""

# ruff: noqa: S608 - statements are put together from names of ours; values are bound

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import duckdb

from tachograph.ports import Prices
from tachograph.store.rates import forget_rates
from tachograph.store.settle import DERIVED, change_hours, owners_of, settle, settle_again
from tachograph.store.subject import NAMED, TABLES, conditions, existing, footprint, mark, parameters, unmark
from tachograph_sdk.model.subject import Erased, Footprint, Selection

__all__ = [
    "already_erased",
    "delete_marked",
    "erase",
    "find_relatives",
    "forget_erasure",
    "link_anew",
    "refresh_buckets",
]

_SUMS = """select count(*) filter (where outcome = 'ok') as requests,
    coalesce(sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens), 0)::hugeint as tokens,
    coalesce(sum(cost_nanousd), 0)::hugeint as cost_nanousd from requests"""

_SAYS_USER = """(seen_event or seen_console or seen_span or seen_sdk or seen_counter and not seen_hook)
            and (bucket, user_id) not in (select (bucket, user_id) from hook_sessions where user_id is not null)"""
"""Rows that say their user themselves. Others make up for anybody's counters: rollups/85_residuals.sql."""

_OUTCOMES = "kind in ('code.change', 'vcs.commit', 'vcs.pull_request', 'session.activity')"


def erase(
    connection: duckdb.DuckDBPyConnection,
    selection: Selection,
    erasure_id: str,
    prices: Callable[[], Prices],
    *,
    remember: Callable[[Footprint], None],
    files: Sequence[str] = (),
) -> Erased:
    """Delete the selection everywhere; see `ports.Store.erase`. Call inside a transaction, which must be rolled back if this raises."""
    told = already_erased(connection, erasure_id)
    if told is not None:
        return told
    settle(connection, prices)
    mark(connection, selection)
    meant = conditions(selection)
    before = _counts(connection)
    others_before = _sums(connection, f"where not coalesce({meant['requests']}, false)", selection)
    moved = _keep_others(connection, selection)
    seen = footprint(connection, selection)
    remember(seen)
    _note_usage(connection, selection, meant["requests"])
    delete_marked(connection, selection)
    find_relatives(connection)
    settle_again(connection, prices, is_deletion=True)
    if link_anew(connection):
        settle(connection, prices)
    refresh_buckets(connection)
    _delete_archived(connection, selection, meant)
    forget_rates(connection)
    before |= _forget_files(connection, files)
    unmark(connection)
    after = _counts(connection) | dict.fromkeys(("files", "quarantine"), 0)
    erased = Erased(
        tables={table: max(0, count - after[table]) for table, count in before.items()},
        moved=moved,
        others_before=others_before,
        others_after=_sums(connection, "", selection),
        last_us=seen.last_us,
    )
    connection.execute("insert into erasures values ($1, $2)", [erasure_id, json.dumps(_as_json(erased))])
    return erased


def _note_usage(connection: duckdb.DuckDBPyConnection, selection: Selection, condition: str) -> None:
    """Keep the sums of what goes, where running totals stay that counted it: by day, agent and model."""
    if selection.everything and selection.start_us is None and selection.end_us is None:
        return
    sql = f"""
insert into erased_usage
with
    left_days as (
        select distinct agent, date_trunc('day', occurred_at) as day from events
        where kind = 'usage.counter' and session_id is null and seq not in (select seq from subject_events)
    ),
    leaving as (
        select * replace (case when {_SAYS_USER} then user_id end as user_id), date_trunc('day', occurred_at) as day,
            occurred_at >= date_trunc('day', occurred_at) + interval 1430 minute as is_late
        from requests
        where outcome in ('ok', 'residual') and not starts_with(bucket, '^') and ({condition})
    )
select agent, case when is_late then day + interval 1435 minute else day end, user_id, model, count(*),
    sum(input_tokens)::bigint, sum(output_tokens)::bigint, sum(reasoning_tokens)::bigint, sum(cache_read_tokens)::bigint,
    sum(cache_write_tokens)::bigint, sum(cache_write_5m_tokens)::bigint, sum(cache_write_1h_tokens)::bigint,
    sum(web_search_requests)::bigint, coalesce(sum(cost_nanousd), 0)::bigint
from leaving l
where exists (select 1 from left_days d where d.agent = l.agent and d.day in (l.day, l.day + interval 1 day))
    and (l.user_id is null or not list_contains($gone_users, l.user_id))
group by all"""
    bound = {**parameters(selection), "gone_users": list(selection.users)}
    connection.execute(sql, {name: value for name, value in bound.items() if f"${name}" in sql})


def already_erased(connection: duckdb.DuckDBPyConnection, erasure_id: str) -> Erased | None:
    """What this erasure deleted, if it did already."""
    rows = connection.execute("select told from erasures where erasure_id = $1", [erasure_id]).fetchall()
    return Erased(**json.loads(rows[0][0])) if rows else None


def forget_erasure(connection: duckdb.DuckDBPyConnection, erasure_id: str) -> None:
    """Its receipt is written: the numbers are there."""
    connection.execute("delete from erasures where erasure_id = $1", [erasure_id])


def delete_marked(connection: duckdb.DuckDBPyConnection, selection: Selection) -> None:
    """Delete the marked events with what hangs on them, and leave in temp table `chosen` the sessions to settle again,
    in `gone_days` the days. Derived tables are not touched: `settle_again(..., is_deletion=True)` makes them anew.
    """  # noqa: D205 - one sentence
    gone = "(select event_id from subject_events)"
    connection.execute(
        f"""create or replace temp table chosen as
        select bucket from subject_events
        union
        select session_id from event_copies where event_id in {gone}
        union
        select bucket from event_copies where event_id in {gone}
        union
        select bucket from moved_buckets
        union  -- counters that name no session take back what these sessions no longer tell: rollups/70_outcomes.sql
        select b.bucket from buckets b where starts_with(b.bucket, '~') and exists (
            select 1 from (
                select distinct agent, strftime(occurred_at, '%Y-%m-%d') as day from events
                where seq in (select seq from subject_events) and source = 'transcript' and {_OUTCOMES}
            ) e where starts_with(b.bucket, '~' || e.agent || '~') and ends_with(b.bucket, '~' || e.day)
        )"""
    )
    connection.execute(
        """create or replace temp table gone_days as
        select distinct date_trunc('day', occurred_at) as day from events where seq in (select seq from subject_events)"""
    )
    for table in ("corrected", "contents", "event_copies"):
        connection.execute(f"delete from {table} where event_id in {gone}")
    connection.execute("delete from events where seq in (select seq from subject_events)")


def _keep_others(connection: duckdb.DuckDBPyConnection, selection: Selection) -> int:
    """Leave out of the marks what a session that is meant only holds a copy of; how many were laid to their owner.

    A fork's transcript repeats its parent's records. They are stored once, and count for one session: if that is none of
    those that are erased, they stay, and are its own from now on.
    """
    connection.execute("create or replace temp table moved_buckets (bucket varchar)")
    if selection.everything or not selection.sessions:
        return 0
    sessions = {"sessions": list(selection.sessions)}
    meant = "(select unnest($sessions))"
    connection.execute(
        f"""create or replace temp table chosen as
        select distinct bucket from subject_events where event_id in (select event_id from event_copies)
            or split_part(bucket, '#', 1) not in {meant}""",
        sessions,
    )
    ((some,),) = connection.execute("select count(*) from chosen").fetchall()
    if not some:
        return 0
    owners_of(connection)  # temp table owners (event_id, owner), of the families of `chosen`
    connection.execute(
        f"""create or replace temp table kept as
        select s.event_id, s.seq, s.bucket, o.owner from subject_events s join owners o using (event_id)
        where split_part(o.owner, '#', 1) not in {meant}""",
        sessions,
    )
    connection.execute(
        """insert into moved_buckets select bucket from kept union select owner from kept
        union select session_id from event_copies where event_id in (select event_id from kept)"""
    )
    connection.execute("delete from subject_events where seq in (select seq from kept)")
    connection.execute(
        "update subject_buckets set whole = true where bucket not in (select e.bucket from events e anti join subject_events using (seq) anti join kept using (seq))"
    )
    mine = f"split_part(bucket, '#', 1) in {meant}"  # `s_…#2` is the same session, after its old records had their time
    mine_too = mine.replace("bucket", "k.bucket")
    ((moved,),) = connection.execute(f"select count(*) from kept where {mine}", sessions).fetchall()
    connection.execute(
        f"""update events set bucket = k.owner,
            session_id = case when not starts_with(k.owner, '~') then split_part(k.owner, '#', 1) end
        from kept k where events.seq = k.seq and {mine_too}""",
        sessions,
    )
    connection.execute(
        f"update event_copies set bucket = k.owner from kept k where event_copies.event_id = k.event_id and {mine_too}",
        sessions,
    )
    connection.execute(
        f"""delete from event_copies where event_id in (select event_id from kept)
            and (session_id = split_part(bucket, '#', 1) or session_id in {meant})""",
        sessions,
    )
    connection.execute(
        f"""insert into buckets select owner, min(seq) from kept where {mine} and owner not in (select bucket from buckets)
        group by 1""",
        sessions,
    )
    connection.execute(
        f"""update buckets set first_seq = least(first_seq, k.seq)
        from (select owner, min(seq) as seq from kept where {mine} group by 1) k where buckets.bucket = k.owner""",
        sessions,
    )
    connection.execute("drop table kept; drop table if exists temp.owners")
    return int(moved)


def find_relatives(connection: duckdb.DuckDBPyConnection, *, also_single: bool = False) -> None:
    """Leave in temp table `relatives` the sessions that are linked with those in `chosen`; or with them all of these."""
    connection.execute("create or replace temp table erased_buckets as from chosen")
    among = "true" if also_single else "bucket in (select bucket from kin)"
    connection.execute(
        f"""create or replace temp table relatives as
        with recursive reach as (
            select distinct bucket from chosen
            union
            select kin.other from reach join kin on kin.bucket = reach.bucket
        )
        select bucket from reach where {among}"""
    )


def link_anew(connection: duckdb.DuckDBPyConnection) -> bool:
    """Let the relatives be linked by what is left of them, as if that had just come in. False if nothing is.

    Their events get new numbers, so that the next settling finds the links among them.
    """
    mine = "bucket in (select bucket from relatives)"
    # Nor may rows that were made of what they were linked with say that they still are.
    change_hours(connection, {-1: f"requests where {mine}"})
    for table in DERIVED:
        connection.execute(f"delete from {table} where {mine}")
    for table in ("buckets", "kin", "lineages"):
        connection.execute(f"delete from {table} where {mine}")
    connection.execute("delete from kin where other in (select bucket from relatives)")
    ((left,),) = connection.execute(f"select count(*) from events where {mine}").fetchall()
    for table in ("events", "event_copies"):
        connection.execute(
            f"""create or replace temp table numbers as
            select rowid as id, row_number() over (order by seq) + (
                select greatest((select seq from settled), coalesce((select max(seq) from events), 0),
                    coalesce((select max(seq) from event_copies), 0))) as seq
            from {table} where {mine}"""
        )
        connection.execute(f"update {table} set seq = n.seq from numbers n where {table}.rowid = n.id")
    connection.execute("drop table temp.numbers")
    return bool(left)


def refresh_buckets(connection: duckdb.DuckDBPyConnection) -> None:
    """Sessions without a record are known no longer; nor are links to them."""
    connection.execute(
        """update buckets set first_seq = e.seq
        from (select bucket, min(seq) as seq from events where bucket in (select bucket from erased_buckets) group by 1) e
        where buckets.bucket = e.bucket"""
    )
    there = "(select bucket from events union select session_id from event_copies)"
    connection.execute("delete from buckets where bucket not in (select bucket from events)")
    connection.execute(f"delete from kin where bucket not in {there} or other not in {there}")
    connection.execute(
        """delete from lineages l where not exists (
            select 1 from events e where e.bucket = l.bucket and e.kind = 'usage.counter' and e.counter = 'session_total'
                and attr(e.attributes, 'lineage') = l.lineage)"""
    )
    connection.execute("drop table if exists temp.chosen; drop table if exists temp.moved_buckets")
    connection.execute(
        "drop table if exists temp.gone_days; drop table if exists temp.relatives; drop table if exists temp.erased_buckets"
    )


def _delete_archived(connection: duckdb.DuckDBPyConnection, selection: Selection, meant: Mapping[str, str]) -> None:
    """What is left of sessions whose events were deleted by age, and what names the selection elsewhere."""
    bound = parameters(selection)

    def run(sql: str) -> None:
        connection.execute(sql, {name: value for name, value in bound.items() if f"${name}" in sql})

    is_old = "bucket in (select bucket from archived)"
    run(
        f"create or replace temp table old_requests as select rowid as id from requests where {is_old} and ({meant['requests']})"
    )
    run(f"delete from differences where {is_old} and ({meant['differences']})")
    change_hours(connection, {-1: "requests where rowid in (select id from old_requests)"})
    run("delete from requests where rowid in (select id from old_requests); drop table temp.old_requests")
    for table in DERIVED:
        if table not in ("requests", "differences"):
            run(f"delete from {table} where {is_old} and ({meant[table]})")
    left = " union ".join(f"select bucket from {table}" for table in DERIVED)
    run(f"delete from archived where ({meant['archived']}) and bucket not in ({left})")  # the rest stays old
    of_all_time = selection.start_us is None and selection.end_us is None
    for table in ("counted_ids", "erased_usage", *(("identities",) if of_all_time else ())):
        run(f"delete from {table} where {meant[table]}")
    _forget_names(connection)
    named = [value for part in NAMED for value in getattr(selection, part)]
    connection.execute("delete from corrected where before in (select unnest($1::varchar[]))", [named])


_NAMING = ("events", "requests", "sessions", "hook_sessions", "feature_uses")


def _forget_names(connection: duckdb.DuckDBPyConnection) -> None:
    """Clear names of people and places of whom nothing is left."""
    columns = [(table, column) for table in _NAMING for column in NAMED.values()]
    used = " union ".join(f"select {column} from {table} where {column} is not null" for table, column in columns)
    connection.execute(f"delete from identities where pseudonym not in ({used})")


def _forget_files(connection: duckdb.DuckDBPyConnection, files: Sequence[str]) -> dict[str, int]:
    counts = {}
    for table, column in (("files", "file_id"), ("quarantine", "origin")):
        rows = connection.execute(
            f"delete from {table} where {column} in (select unnest($1::varchar[]))", [list(files)]
        )
        ((counts[table],),) = rows.fetchall()
    return counts


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    counts = {}
    for table in sorted(existing(connection) & set(TABLES)):
        ((counts[table],),) = connection.execute(f"select count(*) from {table}").fetchall()
    return counts


def _sums(connection: duckdb.DuckDBPyConnection, condition: str, selection: Selection) -> dict[str, int]:
    sql = f"{_SUMS} {condition}"
    bound = {name: value for name, value in parameters(selection).items() if f"${name}" in sql}
    ((requests, tokens, cost),) = connection.execute(sql, bound).fetchall()
    return {"requests": int(requests), "tokens": int(tokens), "cost_nanousd": int(cost)}


def _as_json(erased: Erased) -> Mapping[str, Any]:
    return {name: getattr(erased, name) for name in Erased.__slots__}


assert set(DERIVED) < set(TABLES), "a derived table that rights do not know"
