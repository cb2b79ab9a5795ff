"""Everything of one session: totals, score, who saw it, and what happened in it in order of time, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from tachograph.analytics.compile import answer, half_up
from tachograph.analytics.parameters import MOST_OFFSET, whole_number
from tachograph.analytics.query import Query, Window
from tachograph.analytics.scope import Scope
from tachograph.analytics.sessions.whole import FORMULA, PART_REASONS, WEIGHTS, WHOLE, reasons_in, session_row
from tachograph.analytics.zones import Zone
from tachograph.ports import Statement, Store
from tachograph_sdk.errors import QueryError, UnknownSession

__all__ = ["KINDS", "MOST_ENTRIES", "PARAMETERS", "show_session"]

MOST_ENTRIES = 1000  # of a page of the timeline
_PAGE = 200
_POINTS = 60  # of the curve of cost
_MOST_NAMES = 50  # of models, of tools, of errors
_LONGEST_MS = 30 * 86_400_000  # what is told to have taken longer has no beginning that makes sense

PARAMETERS = frozenset({"limit", "offset", "kind"})

_ENTRIES: Final[Mapping[str, tuple[str, str, Mapping[str, str]]]] = {
    "prompt": ("prompts", "prompt_key", {"name": "t.prompt_origin", "status": "'sent'"}),
    "request": (
        "requests",
        "request_key",
        {
            "name": "t.model", "status": "t.outcome", "error_class": "t.error_class", "source": "t.query_source",
            "subagent": "t.subagent", "duration_ms": "t.duration_ms", "input_tokens": "t.input_tokens",
            "output_tokens": "t.output_tokens", "cache_read_tokens": "t.cache_read_tokens",
            "cache_write_tokens": "t.cache_write_tokens", "cost_nanousd": "t.cost_nanousd",
            "is_end": "case when t.seen_span and not t.seen_transcript then 0 else 1 end",
        },
    ),
    "tool_call": (
        "tool_calls",
        "tool_key",
        {
            "name": "t.tool_name", "error_class": "t.error_class", "source": "t.decision_source",
            "subagent": "t.subagent", "file": "t.file", "duration_ms": "t.duration_ms", "tool_class": "t.tool_class",
            "is_retry": "case when t.is_retry then 1 end",
            "is_end": "case when not t.seen_transcript and (t.seen_span or t.decision_source is not null) then 0 else 1 end",
            "status": "case when t.is_error then 'error' when t.decision = 'reject' then 'rejected'"
            " when t.success then 'ok' else 'unknown' end",
        },
    ),
    "compaction": (
        "compactions",
        "event_id",
        {"name": "t.trigger", "status": "'done'", "tokens_before": "t.pre_tokens", "tokens_after": "t.post_tokens"},
    ),
    "outcome": (
        "outcomes",
        "event_id",
        {
            "name": "t.kind", "status": "'done'", "source": "t.tool_name", "file": "t.file",
            "lines_added": "t.lines_added", "lines_removed": "t.lines_removed", "commits": "t.commits",
            "pull_requests": "t.pull_requests",
        },
    ),
}  # fmt: skip
"""Each kind of entry of a timeline: its table, what tells its rows apart, and what it fills in.

`is_end`: 1 where the entry's time is that of its end. A span and a decision are as old as the beginning, a log record and
a line of a transcript as old as the end; where several sources told of one, the store keeps the transcript's time, else
the earliest.
"""

KINDS: Final = tuple(_ENTRIES)

_COLUMNS: Final = (
    "name", "status", "error_class", "source", "subagent", "file", "duration_ms", "input_tokens", "output_tokens",
    "cache_read_tokens", "cache_write_tokens", "cost_nanousd", "lines_added", "lines_removed", "commits",
    "pull_requests", "tokens_before", "tokens_after", "tool_class", "is_retry", "is_end",
)  # fmt: skip
"""What an entry has besides its time and its kind; null where its kind has no such thing."""

_WORKED_OUT: Final = {"cost_nanousd", "is_retry", "is_end"}

_OF_IT = "t.session_id = $session and t.agent = $agent and t.occurred_at >= $start and t.occurred_at <= $end"


def _entries(kind: str) -> str:
    table, key, filled = _ENTRIES[kind]
    columns = ", ".join(f"{filled.get(name, 'null')} as {name}" for name in _COLUMNS)
    lasting = " and t.kind <> 'session.activity'" if kind == "outcome" else ""  # that is a running sum, and no moment
    return (
        f"select t.occurred_at as happened_at, '{kind}' as entry_kind, {KINDS.index(kind)} as place, "  # noqa: S608
        f"cast(t.{key} as varchar) as entry_key, {columns}\n    from {table} t where {_OF_IT}{lasting}"
    )


_STACK: Final = "\n    union all\n    ".join(_entries(kind) for kind in KINDS)

_TIMELINE: Final = f"""
select * from (
    select *, sum(coalesce(cost_nanousd, 0)) over (order by happened_at, place, entry_key
        rows between unbounded preceding and current row) as cost_so_far
    from ({_STACK}) stacked
) running
where {{kinds}}
order by happened_at, place, entry_key
limit {{limit}} offset {{offset}}"""  # noqa: S608 - fixed text

_COUNTS: Final = f"""
select entry_kind, count(*) as n, sum(case when status = 'error' then 1 else 0 end) as failed
from ({_STACK}) stacked group by entry_kind"""  # noqa: S608 - fixed text

_CURVE: Final = f"""
select floor(date_diff('second', $start, t.occurred_at) / {{step}}) as piece, sum(t.cost_nanousd) as nanousd,
    sum(t.input_tokens + t.output_tokens + t.cache_read_tokens + t.cache_write_tokens) as tokens
from requests t where {_OF_IT} group by 1 order by 1"""  # noqa: S608 - fixed text

_MARKS: Final[Mapping[str, str]] = {
    "otel_log": "seen_event", "otel_span": "seen_span", "transcript": "seen_transcript", "hook": "seen_hook",
}  # fmt: skip
_MORE_MARKS: Final[Mapping[str, str]] = {"console": "seen_console", "sdk": "seen_sdk", "counter": "seen_counter"}


def _seen(table: str, what: str, marks: Mapping[str, str]) -> str:
    sums = ", ".join(f"sum(case when t.{column} then 1 else 0 end) as {name}" for name, column in marks.items())
    return f"select '{what}' as what, {sums} from {table} t where {_OF_IT}"  # noqa: S608 - names of ours


_SEEN_REQUESTS: Final = _seen("requests", "requests", {**_MARKS, **_MORE_MARKS})
_SEEN_OTHERS: Final = _seen("tool_calls", "tool_calls", _MARKS) + "\nunion all\n" + _seen("prompts", "prompts", _MARKS)


def show_session(store: Store, scope: Scope) -> dict[str, Any]:
    """The session that the filter `session` names: its one value, as stored.

    Own parameters: limit and offset of the timeline, and `kind`: names of KINDS, with commas between.

    Raises:
        UnknownSession: there is none of that id.
        QueryError: a parameter is out of bounds.
    """
    (wanted,) = scope.filters["session"]
    limit = whole_number(scope.parameters, "limit", 1, MOST_ENTRIES) or _PAGE
    offset = whole_number(scope.parameters, "offset", 0, MOST_OFFSET) or 0
    kinds = _kinds(scope)
    whole = WHOLE.replace("{where}", "s.session_id = $session")
    sql = f"select * from ({whole}) whole order by ended_at desc, agent limit 1"  # noqa: S608 - fixed text
    found = store.query(Statement(name="session", sql=sql, parameters={"session": wanted or ""})).records()
    if not found:
        raise UnknownSession(
            "there is no such session",
            hint="GET /api/v1/sessions lists them; ids are pseudonyms as s_…, an agent's own id is found as well",
        )
    (record,) = found
    zone = scope.window.zone
    own = {
        "session": record["session_id"],
        "agent": record["agent"],
        "start": record["started_at"],
        "end": record["ended_at"],
    }
    row = session_row(record, scope)
    counts = _ask(store, "entries_of_session", _COUNTS, own)
    total = sum(int(entry["n"]) for entry in counts if entry["entry_kind"] in kinds)
    entries = _timeline(store, own, kinds, limit, offset, zone)
    after = offset + len(entries)
    return {
        "session": row,
        "reasons": reasons_in([row], scope),
        "score": _score(record),
        "models": _split(store, own, "model", _OF_REQUESTS),
        "query_sources": _split(store, own, "query_source", _OF_REQUESTS),
        "tools": _split(store, own, "tool", _OF_TOOLS),
        "errors": [e for e in _split(store, own, "error_class", _OF_ERRORS) if e["api_errors"] or e["tool_errors"]],
        "seen_by": _seen_by(store, own),
        "cost_over_time": _curve(store, own, zone),
        "entries": {
            kind: {"n": int(entry["n"]), "failed": int(entry["failed"])}
            for kind in KINDS
            for entry in counts
            if entry["entry_kind"] == kind
        },
        "timeline": entries,
        "timeline_total": total,
        "limit": limit,
        "offset": offset,
        "next_offset": after if entries and after < total else None,
        "explain": f"/api/v1/explain?session={record['session_id']}",
    }


_OF_REQUESTS = (
    "requests", "api_errors", "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "cost_microusd", "unpriced_requests", "request_p50_ms",
)  # fmt: skip
_OF_TOOLS = ("tool_calls", "tool_errors", "tool_rejections", "tool_retries", "tool_p50_ms")
_OF_ERRORS = ("api_errors", "tool_errors")


def _split(store: Store, own: Mapping[str, Any], dimension: str, metrics: tuple[str, ...]) -> list[dict[str, Any]]:
    """Metrics of the session by a dimension, the most frequent first."""
    window = Window(start=own["start"], end=own["end"] + timedelta(microseconds=1))
    filters = {"session": [own["session"]], "agent": [own["agent"]]}
    made = answer(store, Query(metrics=metrics, by=[dimension], filters=filters, window=window))
    return sorted(made.records(), key=lambda row: -sum(row[name] for name in metrics[:2]))[:_MOST_NAMES]


def _timeline(
    store: Store, own: Mapping[str, Any], kinds: tuple[str, ...], limit: int, offset: int, zone: Zone
) -> list[dict[str, Any]]:
    chosen = "1 = 1" if kinds == KINDS else f"entry_kind in ({', '.join(repr(kind) for kind in kinds)})"
    sql = _TIMELINE.format(kinds=chosen, limit=limit, offset=offset)
    entries = []
    for entry in _ask(store, "timeline_of_session", sql, own):
        made = {"at": zone.as_text(entry["happened_at"]), "kind": entry["entry_kind"]}
        made |= {name: entry[name] for name in _COLUMNS if name not in _WORKED_OUT and entry[name] is not None}
        if entry["duration_ms"] is not None and 0 <= entry["duration_ms"] <= _LONGEST_MS:
            before = timedelta(milliseconds=float(entry["duration_ms"]) if entry["is_end"] else 0)
            made["began_at"] = zone.as_text(entry["happened_at"] - before)
        if entry["is_retry"]:
            made["is_retry"] = True
        if entry["cost_nanousd"] is not None:
            made["cost_microusd"] = half_up(int(entry["cost_nanousd"]))
        made["cost_so_far_microusd"] = half_up(int(entry["cost_so_far"]))
        entries.append(made)
    return entries


def _curve(store: Store, own: Mapping[str, Any], zone: Zone) -> list[dict[str, Any]]:
    """Cost and tokens so far at the end of each piece of the session, of those in which something was asked."""
    step = max(1, -(-int((own["end"] - own["start"]).total_seconds() + 1) // _POINTS))
    points = []
    cost = tokens = 0
    for piece in _ask(store, "cost_over_time_of_session", _CURVE.format(step=step), own):
        cost += int(piece["nanousd"] or 0)
        tokens += int(piece["tokens"] or 0)
        until = own["start"] + timedelta(seconds=step * (int(piece["piece"]) + 1))
        points.append({"until": zone.as_text(min(until, own["end"])), "cost_microusd": half_up(cost), "tokens": tokens})
    return points


def _score(record: Mapping[str, Any]) -> dict[str, Any]:
    parts = {
        name: {
            "value": record[f"score_{name}"],
            "weight": weight,
            "reason": PART_REASONS[name] if record[f"score_{name}"] is None else None,
        }
        for name, weight in WEIGHTS.items()
    }
    return {"value": record["score"], "parts": parts, "formula": FORMULA}


def _seen_by(store: Store, own: Mapping[str, Any]) -> dict[str, dict[str, int]]:
    """For requests, tool calls and prompts: how many each way in saw, of those that saw any."""
    rows = _ask(store, "sources_of_session", _SEEN_REQUESTS, own)
    rows += _ask(store, "sources_of_session_calls", _SEEN_OTHERS, own)
    return {row.pop("what"): {name: int(count) for name, count in row.items() if count} for row in rows}


def _kinds(scope: Scope) -> tuple[str, ...]:
    named = [kind for kind in scope.parameters.get("kind", "").split(",") if kind]
    if unknown := [kind for kind in named if kind not in KINDS]:
        raise QueryError(f"there is no kind of entry {unknown[0]!r}", hint=f"kinds are: {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if not named or kind in named)


def _ask(store: Store, name: str, sql: str, own: Mapping[str, Any]) -> list[dict[str, Any]]:
    return store.query(Statement(name=name, sql=sql, parameters=own)).records()
