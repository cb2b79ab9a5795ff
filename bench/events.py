"""Made-up events with known totals: the same for the same seed, any number of them.

Two makers of one kind of traffic. `fill` writes millions of rows with SQL, straight into table `events` of an open
store, for questions about size. `batches` yields `Event`s, for questions about writing. Each returns or carries the
totals, computed from the requests themselves and not from the events, so that a report can be checked against them.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import duckdb

from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source

__all__ = ["DAYS", "START_US", "Totals", "batches", "fill"]

START_US = 1_756_684_800_000_000  # 2025-09-01
DAYS = 90
MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "gpt-6-sol")
_SLICE = 5_000  # sessions made at a time, so that memory stays small
TOOLS = ("Bash", "Read", "Edit", "Grep", "Write", "Agent")


@dataclass(slots=True, kw_only=True)
class Totals:
    """What a report over everything must say."""

    events: int = 0
    sessions: int = 0
    prompts: int = 0
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cache_read_tokens: int = 0
    cache_write_tokens: int = 0
    cost_nanousd: int = 0
    tool_calls: int = 0
    tool_errors: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    commits: int = 0
    pull_requests: int = 0
    api_errors: int = 0


# One row per request: its session, time, tokens. Sessions last up to some hours and are spread over the days with a
# daily curve; hash() stands for chance, because it gives the same for the same input on every machine.
_REQUESTS = """
create or replace temp table made as
with
    session as (
        select s, 5 + hash(s, 1, {seed}) % 33 as size, hash(s, 2, {seed}) % 40 as person,
            hash(s, 3, {seed}) % 400 as project, hash(s, 4, {seed}) % 10 < 4 as has_transcript,
            make_timestamp({start} + (s * {span}) // {sessions} + (hash(s, 5, {seed}) % 3600000000)::bigint) as started
        from range({first}, {last}) r(s)
    ),
    request as (select *, unnest(range(size::bigint)) as i from session)
select *, started + to_seconds((i * 45 + hash(s, i, 6) % 40)::bigint) as at_, i % 5 = 0 as is_prompt,
    lower(hex(hash(s, i, 7)))  || lower(hex(hash(s, i, 8))) as id,
    (hash(s, i, 9) % 4000 + 2)::bigint as input, (hash(s, i, 10) % 2500 + 1)::bigint as output,
    (hash(s, i, 11) % 90000)::bigint as cache_read, (hash(s, i, 12) % 9000)::bigint as cache_write,
    (hash(s, i, 13) % 900000000 + 1000)::bigint as cost, (hash(s, i, 14) % 4)::bigint + 1 as model,
    (hash(s, i, 15) % 6)::bigint + 1 as tool, hash(s, i, 16) % 20 = 0 as failed, hash(s, i, 17) % 3 > 0 as has_tool,
    has_tool and not failed and tool in (3, 5) as edits, (hash(s, i, 18) % 60)::bigint as added,
    (hash(s, i, 19) % 25)::bigint as removed, hash(s, i, 20) % 40 = 0 as commits, hash(s, i, 21) % 300 = 0 as opens,
    hash(s, i, 22) % 120 = 0 as errs, hash(s, i, 23) % 200 = 0 as compacts, hash(s, i, 24) % 12 as file_number
from request
"""

_COMMON = """'claude_code' as agent, 's_' || lower(printf('%016x', s)) as session_id, 's_' || lower(printf('%016x', s)) as bucket,
    'u_' || lower(printf('%016x', person::bigint)) as user_id, 'p_' || lower(printf('%016x', project::bigint)) as project,
    'o_' || lower(printf('%016x', (person % 4)::bigint)) as organization_id,
    'r_' || lower(printf('%016x', (project % 150)::bigint)) as repository,
    '2.1.328' as agent_version, 'cli' as entrypoint, 'prompt-' || s || '-' || (i // 5) as prompt_id"""

_KINDS = (
    # name, condition, further columns
    (
        "api.request", "otel_log", "api_request", "true", 0,
        ("'req_' || id as request_id, {models}[model] as model, input as input_tokens, output as output_tokens, "
        "cache_read as cache_read_tokens, cache_write as cache_write_tokens, cost as cost_nanousd, "
        "'reported' as cost_basis, 'main' as query_source, 1200.0 + hash(id) % 9000 as duration_ms"),
    ),
    (
        "api.request", "transcript", "assistant", "has_transcript", 2,
        ("'req_' || id as request_id, 'msg_' || id as message_id, {models}[model] as model, input as input_tokens, "
        "output as output_tokens, cache_read as cache_read_tokens, cache_write as cache_write_tokens, "
        "cost as cost_nanousd, 'priced' as cost_basis"),
    ),
    (
        "tool.decision", "otel_log", "tool_decision", "has_tool", 3,
        "'toolu_' || id as tool_use_id, {tools}[tool] as tool_name, 'accept' as decision, 'config' as decision_source",
    ),
    (
        "tool.call", "otel_log", "tool_result", "has_tool", 4,
        "'toolu_' || id as tool_use_id, {tools}[tool] as tool_name, not failed as success, 100.0 + hash(id) % 900 as duration_ms",
    ),
    (
        "tool.call", "transcript", "tool_result", "has_tool and has_transcript", 5,
        ("'toolu_' || id as tool_use_id, {tools}[tool] as tool_name, not failed as success, "
        "case when tool in (2, 3, 5) then {file} end as attributes"),
    ),
    ("prompt", "otel_log", "user_prompt", "is_prompt", -1, "'human' as prompt_origin"),
    (
        "code.change", "transcript", "tool_result", "edits and has_transcript", 6,
        "{tools}[tool] as tool_name, added as lines_added, removed as lines_removed, {file} as attributes",
    ),
    (
        "code.change", "otel_metric", "lines_of_code.count", "edits and not has_transcript", 6,
        "added as lines_added, removed as lines_removed",
    ),
    ("session.activity", "otel_metric", "active_time.total", "is_prompt", 7, "35.0 as active_seconds, {by} as attributes"),
    ("vcs.commit", "otel_metric", "commit.count", "commits", 8, "1 as quantity"),
    ("vcs.pull_request", "otel_metric", "pull_request.count", "opens", 8, "1 as quantity"),
    ("api.error", "otel_log", "api_error", "errs", 1, "429 as status_code, 'rate_limit' as error_class, {models}[model] as model"),
    ("feature.use", "transcript", "compact_boundary", "compacts and has_transcript", 8,
        "'compaction' as feature, {tokens} as attributes"),
)  # fmt: skip


def fill(connection: duckdb.DuckDBPyConnection, events: int, seed: int = 1) -> Totals:
    """Put about `events` rows into an empty table `events`, in the order of time, and return their totals.

    Nothing is settled: `rebuild()` of a store on the same file does that.
    """
    sessions = max(1, events // 76)  # a session of this kind is about 76 events
    lists = {
        "models": _sql_list(MODELS),
        "tools": _sql_list(TOOLS),
        "file": """'{"file": "f_' || lower(printf('%016x', (project * 100 + file_number)::bigint)) || '", "language": "'"""
        """ || ['Python', 'TypeScript', 'Go'][(file_number % 3 + 1)::bigint] || '"}'""",
        "by": """'{"active_by": "' || case when i % 2 = 0 then 'user' else 'cli' end || '"}'""",
        "tokens": """'{"pre_tokens": 160000, "post_tokens": 12000, "trigger": "auto"}'""",
    }
    parts = " union all by name ".join(
        f"select md5(id || '{source}' || '{kind}')::uuid as event_id, at_ + to_seconds({delay}) as occurred_at, "
        f"at_ + to_seconds(9) as received_at, '{kind}' as kind, '{source}' as source, '{name}' as name, "
        f"{_COMMON}, {columns.format(**lists)} from made where {condition}"
        for kind, source, name, condition, delay, columns in _KINDS
    )
    totals = Totals()
    for first in range(0, sessions, _SLICE):
        last = min(sessions, first + _SLICE)
        span = DAYS * 86_400_000_000
        connection.execute(
            _REQUESTS.format(seed=seed, start=START_US, span=span, sessions=sessions, first=first, last=last)
        )
        connection.execute(
            "insert into events by name select (select coalesce(max(seq), 0) from events) + row_number() over "
            f"(order by received_at, event_id) as seq, * from ({parts}) order by seq"
        )
        row = connection.execute(
            """select count(distinct s), count(*) filter (where is_prompt), count(*),
            sum(input), sum(output), sum(cache_read), sum(cache_write), sum(cost),
            count(*) filter (where has_tool), count(*) filter (where has_tool and failed),
            coalesce(sum(added) filter (where edits), 0), coalesce(sum(removed) filter (where edits), 0),
            count(*) filter (where commits), count(*) filter (where opens), count(*) filter (where errs) from made"""
        ).fetchall()[0]
        for name, value in zip(Totals.__slots__[1:], row, strict=True):
            setattr(totals, name, getattr(totals, name) + int(value))
    connection.execute("drop table made")
    totals.events = connection.execute("select count(*) from events").fetchall()[0][0]
    return totals


def batches(
    requests: int, *, size: int = 20_000, seed: int = 1, start_us: int = START_US, days: int = DAYS
) -> Iterator[tuple[list[Event], Totals]]:
    """Batches of one request and one tool event each, by turns, as transcripts have them, in sessions of `days` days.

    Yields a batch and the totals so far.
    """
    chance = random.Random(seed)
    totals = Totals()
    batch: list[Event] = []
    session, project, left, at_us = "", "", 0, start_us
    for number in range(requests):
        if not left:
            totals.sessions += 1
            left = chance.randint(20, 200)
            session = f"s_{chance.getrandbits(64):016x}"
            project = f"p_{chance.randrange(50):016x}"
            at_us = start_us + chance.randrange(days * 86_400_000_000)
        left -= 1
        at_us += chance.randrange(1_000_000, 60_000_000)
        numbers = [
            chance.randrange(1, 4000),
            chance.randrange(1, 2500),
            chance.randrange(90000),
            chance.randrange(9000),
        ]
        cost = numbers[0] * 4_000 + numbers[1] * 20_000 + numbers[2] * 200 + numbers[3] * 5_000
        base: dict[str, Any] = {
            "project": project,
            "agent_version": "2.1.328",
            "entrypoint": "cli",
            "message_uuid": f"uuid-{number}",
        }
        batch.append(
            make_event(
                EventKind.API_REQUEST, key=f"{seed}-r-{number}", source=Source.TRANSCRIPT, name="assistant", at_us=at_us,
                session_id=session, **base, request_id=f"req_{seed}_{number:012d}", message_id=f"msg_{seed}_{number:012d}",
                model=MODELS[number % 4], query_source="main", effort="high", service_tier="standard", stop_reason="tool_use",
                input_tokens=numbers[0], output_tokens=numbers[1], cache_read_tokens=numbers[2],
                cache_write_tokens=numbers[3], cache_write_5m_tokens=numbers[3], cache_write_1h_tokens=0,
                cost_nanousd=cost, cost_basis="priced", price_version="2026-11",
            )
        )  # fmt: skip
        failed = chance.randrange(20) == 0
        batch.append(
            make_event(
                EventKind.TOOL_CALL, key=f"{seed}-t-{number}", source=Source.TRANSCRIPT, name="tool_result", at_us=at_us + 900_000,
                session_id=session, **base, tool_use_id=f"toolu_{seed}_{number:012d}", tool_name=TOOLS[number % 6],
                prompt_id=f"prompt-{seed}-{number // 9}", success=not failed, tool_input_bytes=120, tool_result_bytes=2000,
            )
        )  # fmt: skip
        totals.requests += 1
        totals.tool_calls += 1
        totals.tool_errors += failed
        totals.input_tokens += numbers[0]
        totals.output_tokens += numbers[1]
        totals.cache_read_tokens += numbers[2]
        totals.cache_write_tokens += numbers[3]
        totals.cost_nanousd += cost
        totals.events += 2
        if len(batch) >= size:
            yield batch, totals
            batch = []
    if batch:
        yield batch, totals


def _sql_list(words: tuple[str, ...]) -> str:
    return "[" + ", ".join(f"'{word}'" for word in words) + "]"
