"""The report as JSON: `latest-report.json`, with the keys that the older analyzer wrote and more.

Unknown is null, and `reasons` beside it says why. Money is added up in whole nano-dollars and rounded once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tachograph.analytics.errors.kinds import ErrorClass
from tachograph.analytics.file_kit.analyze import Analysis, Failure
from tachograph.analytics.file_kit.figures import SessionFigures, Usage
from tachograph.analytics.file_kit.recommend import Recommendation
from tachograph.analytics.file_kit.review import Thresholds, needs_review
from tachograph.analytics.file_kit.trend import trend
from tachograph.analytics.file_kit.values import TOKEN_CLASSES
from tachograph_sdk.model.money import Money

__all__ = ["TOP_SESSIONS", "build_document", "session_row", "usd"]

SCHEMA_VERSION = 1
TOP_SESSIONS = 10
_SHOWN = (
    "model", "tool_name", "error_type", "status_code", "attempt", "duration_ms", "success", "decision", "source",
)  # fmt: skip
"""What an example of a failure shows of its record: names, numbers and kinds, never a text or an id."""

NO_COST = "no request here has a reported cost, and no counter of cost was seen"
NO_TOKENS = "no request here has its tokens, and no counter of tokens was seen"
NO_USAGE = "no request and no usage counter was seen"


def build_document(
    analysis: Analysis, *, generated_at: str, thresholds: Thresholds, recommendations: Sequence[Recommendation]
) -> dict[str, Any]:
    """The whole report; all values fit into JSON."""
    total = _total(analysis.sessions)
    totals = _totals(analysis, total)
    return {
        "generated_at": generated_at,
        "summary": {
            **totals,
            "event_types": dict(analysis.event_types.most_common()),
            "sessions": [_named(s) | {"events": s.events, "metrics": s.metrics} for s in analysis.sessions],
            "summary": totals,  # where the older analyzer had them
        },
        "costs": _costs(analysis, total),
        "errors": _errors(analysis, thresholds),
        "recommendations": [_recommendation(found) for found in recommendations],
        "trend": _trend(analysis.sessions),
        "members": _members(analysis.sessions, thresholds),
        "window": analysis.window.as_text(),
        "read": {
            "files": analysis.files,
            "bad_files": dict(analysis.bad_files),
            "bad_records": dict(analysis.bad_records),
            "bad_lines": dict(analysis.bad_lines),
            "duplicates": analysis.duplicates,
            "outside_window": analysis.outside,
        },
        "schema_version": SCHEMA_VERSION,
    }


def usd(money: Money | None, places: int = 4) -> float | None:
    """Dollars to so many places, rounded half up; the nearest double has the same digits below a billion dollars."""
    if money is None:
        return None
    return float(money.usd.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP))


def session_row(session: SessionFigures) -> dict[str, Any]:
    """One session as a flat row: figures, null where unknown."""
    usage = session.usage
    return {
        **_named(session),
        "member": session.member,
        "first_at": _iso(session.first_us),
        "duration_ms": session.duration_ms,
        "events": session.events,
        "metrics": session.metrics,
        "prompts": session.prompts,
        "api_calls": usage.requests if session.basis == "requests" else None,
        "cost_usd": usd(usage.cost),
        "cost_basis": session.basis if usage.has_cost else None,
        "requests_without_cost": usage.without_cost,
        "tokens": usage.tokens if usage.has_tokens else None,
        **_classes(usage),
        "errors": session.errors,
        "tool_calls": sum(tool.calls for tool in session.tools.values()),
        "tool_failures": session.tool_failures,
        "rejections": session.rejections,
        "retries": session.retries if session.attempts_known else None,
        **{f"class_{found}": session.classes[found] for found in ErrorClass},
    }


def _totals(analysis: Analysis, total: Usage) -> dict[str, Any]:
    return {
        "total_sessions": len(analysis.sessions),
        "total_events": sum(session.events for session in analysis.sessions),
        "total_metrics": sum(session.metrics for session in analysis.sessions),
        "total_api_requests": total.requests,
        "estimated_total_cost_usd": usd(total.cost),
        "estimated_total_tokens": total.tokens if total.has_tokens else None,
        **_classes(total),
        "reasons": _reasons(total),
    }


def _reasons(usage: Usage) -> dict[str, str]:
    """Why what is null is null."""
    reasons = {}
    seen = usage.requests or usage.has_tokens or usage.has_cost
    if not usage.has_cost:
        reasons["cost"] = NO_COST if seen else NO_USAGE
    if not usage.has_tokens:
        reasons["tokens"] = NO_TOKENS if seen else NO_USAGE
    return reasons


def _classes(usage: Usage) -> dict[str, int | None]:
    """By kind; null where nobody said of which kind any were. `unsplit_tokens` are of no kind that was said."""
    classes = {name: getattr(usage, name) if usage.has_classes else None for name in TOKEN_CLASSES}
    return {**classes, "unsplit_tokens": usage.other_tokens if usage.has_tokens else None}


def _costs(analysis: Analysis, total: Usage) -> dict[str, Any]:
    calling = [session for session in analysis.sessions if session.requests]
    calling.sort(key=lambda session: (-session.usage.nanousd, session.session_id or "", session.files))
    bases = {session.basis for session in analysis.sessions if session.usage.has_cost}
    counted = [session for session in analysis.sessions if session.basis == "counters"]
    return {
        "total_cost_usd": usd(total.cost),
        "total_cost_microusd": None if total.cost is None else total.cost.microusd,
        "total_tokens": total.tokens if total.has_tokens else None,
        "sessions_analyzed": len(calling),
        "top_sessions_by_cost": [_cost_of(session) for session in calling[:TOP_SESSIONS]],
        "cost_basis": bases.pop() if len(bases) == 1 else "requests and counters" if bases else None,
        "requests_without_cost": total.without_cost,
        "requests_without_tokens": total.without_tokens,
        "priced_apart_usd": usd(Money(total.priced_nanousd), 6) if total.priced_nanousd else None,
        "sessions_by_counters_only": len(counted),
        "counters_beyond_requests_usd": usd(_beyond(calling), 6),
        "by_model": _by_model(analysis.sessions),
        "reasons": _reasons(total),
    }


def _beyond(sessions: Iterable[SessionFigures]) -> Money | None:
    """What the counters say more than the requests of the same sessions: requests that no record tells of."""
    more = [
        counted.nanousd - session.usage.nanousd
        for session in sessions
        if (counted := session.counted).has_cost and counted.nanousd - session.usage.nanousd > 1000
    ]
    return Money(sum(more)) if more else None


def _cost_of(session: SessionFigures) -> dict[str, Any]:
    usage = session.usage
    with_cost = usage.requests - usage.without_cost
    return {
        **_named(session),
        "api_calls": usage.requests,
        "cost_usd": usd(usage.cost),
        "tokens": usage.tokens if usage.has_tokens else None,
        "cost_per_call": usd(Money((2 * usage.nanousd + with_cost) // (2 * with_cost)), 6) if with_cost else None,
        "requests_without_cost": usage.without_cost,
        "counters_say_usd": usd(session.counted.cost),
    }


def _by_model(sessions: Iterable[SessionFigures]) -> list[dict[str, Any]]:
    models: dict[str | None, Usage] = {}
    for session in sessions:
        for model, usage in session.by_model.items():
            models.setdefault(model, Usage()).add(usage)
    ordered = sorted(models.items(), key=lambda each: (-each[1].nanousd, -each[1].tokens, each[0] or ""))
    return [
        {
            "model": model,
            "api_calls": usage.requests,
            "cost_usd": usd(usage.cost),
            "tokens": usage.tokens if usage.has_tokens else None,
            **_classes(usage),
        }
        for model, usage in ordered
    ]


def _errors(analysis: Analysis, thresholds: Thresholds) -> dict[str, Any]:
    sessions = analysis.sessions
    reviewed = [session for session in sessions if needs_review(session, thresholds)]
    reviewed.sort(key=lambda s: (-s.errors - s.tool_failures, s.session_id or "", s.files))
    known = sum(session.attempts_known for session in sessions)
    return {
        "total_errors": sum(session.errors for session in sessions),
        "total_tool_failures": sum(session.tool_failures for session in sessions),
        "high_retry_sessions": len(reviewed),
        "errors": [_failure(failure) for failure in analysis.errors],
        "tool_failures": [_failure(failure) for failure in analysis.tool_failures],
        "sessions_needing_review": [
            _named(session)
            | {
                "errors": session.errors,
                "tool_failures": session.tool_failures,
                "by_class": {found.value: session.classes[found] for found in ErrorClass if session.classes[found]},
            }
            for session in reviewed
        ],
        "thresholds": {"errors": thresholds.errors, "tool_failures": thresholds.tool_failures},
        "by_class": {found.value: sum(session.classes[found] for session in sessions) for found in ErrorClass},
        "rejections": sum(session.rejections for session in sessions),
        "internal_errors": sum(session.internal_errors for session in sessions),
        "refusals": sum(session.refusals for session in sessions),
        "retries": sum(session.retries for session in sessions) if known else None,
        "requests_that_tell_tries": known,
        "by_tool": _by_tool(sessions),
        "reasons": {} if known else {"retries": "no record says how many tries it took"},
    }


def _by_tool(sessions: Iterable[SessionFigures]) -> list[dict[str, Any]]:
    calls: dict[str, list[int]] = {}
    for session in sessions:
        for name, tool in session.tools.items():
            total = calls.setdefault(name, [0, 0])
            total[0] += tool.calls
            total[1] += tool.failures
    ordered = sorted(calls.items(), key=lambda each: (-each[1][1], -each[1][0], each[0]))
    return [{"tool_name": name, "calls": total[0], "failures": total[1]} for name, total in ordered]


def _failure(failure: Failure) -> dict[str, Any]:
    record = failure.record
    return {
        "session_id": failure.session.session_id,
        "file": failure.file,
        "class": failure.found.value,
        "event": {
            "event_type": f"claude_code.{record.kind}",
            "timestamp": _iso(record.at_us),
            "data": {name: record.data[name] for name in _SHOWN if name in record.data},
        },
    }


def _recommendation(found: Recommendation) -> dict[str, Any]:
    saving = found.saving
    return {
        "rule": found.rule,
        "advice": found.advice,
        "evidence": found.evidence,
        "sessions": [_named(session) for session in found.sessions],
        "saving": {
            "usd": usd(saving.money),
            "duration_ms": saving.duration_ms,
            "how": saving.how or None,
            "reason": saving.reason or None,
        },
    }


def _trend(sessions: Sequence[SessionFigures]) -> dict[str, Any]:
    grain, periods = trend(sessions)
    return {
        "grain": grain,
        "periods": [
            {
                "start": period.start.isoformat(),
                "sessions": period.sessions,
                "api_calls": period.usage.requests,
                "cost_usd": usd(period.usage.cost),
                "tokens": period.usage.tokens if period.usage.has_tokens else None,
                "errors": period.errors,
                "tool_failures": period.tool_failures,
            }
            for period in periods
        ],
    }


def _members(sessions: Iterable[SessionFigures], thresholds: Thresholds) -> list[dict[str, Any]] | None:
    """By whose they are, in merged files; None elsewhere."""
    members: dict[str | None, list[SessionFigures]] = {}
    for session in sessions:
        members.setdefault(session.member, []).append(session)
    if not any(members):
        return None
    rows = []
    for member, theirs in members.items():
        usage = _total(theirs)
        rows.append(
            {
                "member": member,
                "sessions": len(theirs),
                "api_calls": usage.requests,
                "cost_usd": usd(usage.cost),
                "tokens": usage.tokens if usage.has_tokens else None,
                "errors": sum(session.errors for session in theirs),
                "tool_failures": sum(session.tool_failures for session in theirs),
                "needing_review": sum(needs_review(session, thresholds) for session in theirs),
            }
        )
    return sorted(rows, key=lambda row: (-(row["cost_usd"] or 0), row["member"] or ""))


def _named(session: SessionFigures) -> dict[str, Any]:
    return {"file": session.files[0] if session.files else None, "session_id": session.session_id}


def _total(sessions: Iterable[SessionFigures]) -> Usage:
    total = Usage()
    for session in sessions:
        total.add(session.usage)
    return total


def _iso(at_us: int | None) -> str | None:
    if at_us is None:
        return None
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}"
