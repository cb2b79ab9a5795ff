"""The month as flat rows, one list per fact, with what rows are split and filtered by. Plain Python, nothing of analytics/.

A row is a mapping: `at`, the values of its dimensions, and what is measured of it. Time dimensions are worked out from `at`
in the zone asked for, with `zoneinfo`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.truth.things import TOKENS, Month, Report, Request, Session
from tests.truth.turns import Order, order_of

__all__ = ["DIMENSIONS", "TIMES", "Facts", "Row", "rows_of"]

Row = Mapping[str, Any]
Facts = Mapping[str, list[Row]]

_WHO = ("agent", "session", "user", "organization", "project", "repository", "agent_version", "entrypoint")

DIMENSIONS: dict[str, frozenset[str]] = {
    "usage": frozenset(
        {"agent", "user", "organization", "model", "query_source", "cost_basis", "outcome", "source"}
    ),
    "requests": frozenset(
        {
            *_WHO, "model", "model_requested", "query_source", "effort", "speed", "service_tier", "subagent", "skill",
            "plugin", "mcp_server", "cost_basis", "outcome", "status_code", "attempts", "error_class", "source",
        }
    ),
    "tool_calls": frozenset(
        {
            *_WHO, "subagent", "mcp_server", "error_class", "tool", "decision", "decision_source", "source",
            "tool_class", "file",
        }
    ),
    "prompts": frozenset({*_WHO, "prompt_origin", "source"}),
    "outcomes": frozenset({*_WHO, "model", "tool", "active_by", "language", "file"}),
    "activity": frozenset(_WHO),
    "limits": frozenset({*_WHO, "limit"}),
    "feature_uses": frozenset({*_WHO, "feature", "feature_name", "source"}),
    "hook_sessions": frozenset(
        {*_WHO, "exit_reason", "counting", "integrity", "session_id_kind", "plugin_version"}
    ),
    "sessions": frozenset({*_WHO, "session_length", "exit_reason"}),
    "compactions": frozenset({*_WHO, "source", "trigger"}),
}  # fmt: skip
"""By what the rows of each fact can be split, besides time."""


def rows_of(month: Month) -> Facts:
    """All facts."""
    order = order_of(month)
    requests = [_request(r, for_retry=r.id in order.for_retry) for r in month.requests]
    calls: list[Row] = [
        {
            **_who(c.session), "at": c.at, "source": _source(c.told), "subagent": c.subagent, "mcp_server": c.mcp_server,
            "error_class": c.error_class, "tool": c.tool, "tool_class": c.kind, "file": c.file, "decision": c.decision,
            "decision_source": c.decision_source, "is_error": c.success is False and c.decision != "reject",
            "success": c.success, "duration_ms": c.duration_ms,
            "decided": c.decision is not None or c.success is not None, "is_retry": c.id in order.retries,
            "read_before": order.read_before[c.id],
        }
        for c in month.calls
    ]  # fmt: skip
    prompts: list[Row] = [
        {
            **_who(p.session), "at": p.at, "source": _source(p.told), "prompt_origin": p.origin,
            **order.turns.get(p.id, {"is_one_shot": None}),
        }
        for p in month.prompts
    ]  # fmt: skip
    nothing = {
        "what": "", "model": None, "tool": None, "active_by": None, "language": None, "file": None, "lines_added": 0,
        "lines_removed": 0, "commits": 0, "pull_requests": 0, "active_seconds": None,
    }  # fmt: skip
    outcomes: list[Row] = [
        {
            **_who(c.session), **nothing, "what": "change", "at": c.at, "lines_added": c.added, "lines_removed": c.removed, "file": c.file,
            "language": c.language, "model": c.model, "tool": c.tool,
        }
        for c in month.changes
    ]  # fmt: skip
    outcomes += [{**_who(v.session), **nothing, "at": v.at, f"{v.what}s": v.quantity} for v in month.vcs]
    outcomes += [
        {**_who(w.session), **nothing, "at": w.at, "active_seconds": w.seconds, "active_by": w.by} for w in month.work
    ]
    active = [r for r in requests if r["outcome"] in ("ok", "residual")]
    activity: list[Row] = [{name: r[name] for name in ("at", *_WHO)} for r in (*active, *calls, *prompts)]
    return {
        "usage": requests,
        "requests": requests,
        "tool_calls": calls,
        "prompts": prompts,
        "outcomes": outcomes,
        "activity": activity,
        "sessions": _sessions(month, order, activity),
        "compactions": [
            {
                **_who(c.session), "at": c.at, "trigger": c.trigger, "before": c.before,
                "source": "transcript" if "transcript" in c.session.told else "otel",
            }
            for c in month.compactions
        ],
        "limits": [{**_who(x.session), "at": x.at, "limit": x.limit, "used": x.used} for x in month.limits],
        "feature_uses": [
            {
                **_who(u.session), "at": u.at, "feature": u.feature, "feature_name": u.name,
                "user": u.session.plugin_user if u.source == "plugin" else u.session.user,
                "source": "hook" if u.source == "plugin" else u.source,
            }
            for u in month.uses
        ],
        "hook_sessions": [_report(r) for r in month.reports],
    }  # fmt: skip


_LENGTHS = ((5, "0-5"), (15, "5-15"), (30, "15-30"), (60, "30-60"), (120, "60-120"))


def _sessions(month: Month, order: Order, activity: list[Row]) -> list[Row]:
    """Sessions in which anything was done, by when their first record was made."""
    acted: dict[str | None, datetime] = {}
    for row in activity:
        acted[row["session"]] = max(acted.get(row["session"], row["at"]), row["at"])
    costs: dict[int, int] = {}
    for request in month.requests:
        costs[request.session.number] = costs.get(request.session.number, 0) + (request.cost or 0)
    reports = {report.session.number: report for report in month.reports}
    out: list[Row] = []
    for session in month.sessions:
        if session.id is None or session.id not in acted:
            continue
        first, last = month.spans[session.number]
        seconds = (last - first).total_seconds()
        report = reports.get(session.number)
        length = next((name for minutes, name in _LENGTHS if seconds < minutes * 60), "120+")
        out.append(
            {
                **_who(session), "at": first, "seconds": seconds, "session_length": length, "ended": last,
                "prompts": sum(1 for p in month.prompts if p.session is session and p.origin != "agent"), "cost": costs.get(session.number, 0),
                "acted": acted[session.id], "exit_reason": report.exit_reason if report else None,
                "reported": report.at if report else None, **order.sessions[session.number],
            }
        )  # fmt: skip
    return out


def _who(s: Session) -> dict[str, Any]:
    return {
        "agent": s.agent, "session": s.id, "user": s.user, "organization": s.organization, "project": s.project,
        "repository": s.repository, "agent_version": s.version, "entrypoint": s.entrypoint,
    }  # fmt: skip


def _request(r: Request, *, for_retry: bool) -> Row:
    own = (
        "at", "outcome", "model", "model_requested", "query_source", "effort", "speed", "service_tier", "subagent", "skill",
        "plugin", "mcp_server", "duration_ms", "ttft_ms", "attempts", "status_code", "error_class", "cost",
    )  # fmt: skip
    return {
        **_who(r.session),
        **{name: getattr(r, name) for name in own},
        **{name: r.counts.get(name, 0) for name in TOKENS},
        "for_retry": for_retry,
        "cost_basis": "unpriced" if r.cost is None else r.basis,
        "source": "counter" if r.outcome == "residual" else _source(r.told),
    }


def _report(r: Report) -> Row:
    return {
        **_who(r.session), "user": r.session.plugin_user, "at": r.at, "exit_reason": r.exit_reason,
        "counting": r.counting, "integrity": r.integrity, "session_id_kind": r.kind, "plugin_version": r.version,
        "seconds": r.seconds, "turns": r.turns, "tool_calls": r.tool_calls, "tool_errors": r.tool_errors,
        "subagent_tool_calls": r.subagent_tool_calls, "subagent_tool_errors": r.subagent_tool_errors,
        "hook_ms": r.hook_ms, "said": sum(r.said.values()),
    }  # fmt: skip


def _source(told: frozenset[str]) -> str:
    ways = told & {"otel", "transcript"}
    return "both" if len(ways) == 2 else next(iter(ways))


def _local(at: datetime, zone: str) -> datetime:
    return at.replace(tzinfo=UTC).astimezone(ZoneInfo(zone))


def _hour(at: datetime, zone: str) -> str:
    """The first moment of the local hour, with its offset."""
    local = _local(at, zone)
    began = local.replace(minute=0, second=0, microsecond=0)  # of two hours of one name the same one
    return began.replace(tzinfo=None).isoformat() + "Z" if zone == "UTC" else began.isoformat()


TIMES: dict[str, Callable[[datetime, str], Any]] = {
    "hour": _hour,
    "day": lambda at, zone: _local(at, zone).date().isoformat(),
    "week": lambda at, zone: _monday(_local(at, zone)),
    "month": lambda at, zone: _local(at, zone).date().replace(day=1).isoformat(),
    "weekday": lambda at, zone: _local(at, zone).isoweekday(),
    "hour_of_day": lambda at, zone: _local(at, zone).hour,
}
"""Dimensions of time, which every fact has."""


def _monday(local: datetime) -> str:
    return (local.date() - timedelta(days=local.weekday())).isoformat()
