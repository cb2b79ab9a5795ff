"""The events in which agents tell of a month: each thing by every source that saw it, in that source's own words.

Telemetry names people and never folders, transcripts name folders and never people, counters come a while later and name
neither requests nor calls, a plugin tells sums. A response is written to a transcript while it grows; a span tells of it
once more.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source
from tests.truth.things import Call, Change, Compaction, Month, Prompt, Report, Request, Session, Use, Vcs, Work

__all__ = ["Teller"]

_CLASSES = ("input", "output", "cache_read", "cache_write")
_BEFORE = timedelta(milliseconds=7)


class Teller:
    """Makes the events, and remembers for each session when its first and last record were made."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._events: list[Event] = []
        self._begins: dict[int, datetime] = {}
        self._spans: dict[int, tuple[datetime, datetime]] = {}

    def begin(self, session: Session, at: datetime) -> None:
        """A session's first record, where a source has one."""
        self._begins[session.number] = at
        if session.id is None:
            return
        if "transcript" in session.told:
            self._say(session, EventKind.SESSION_START, Source.TRANSCRIPT, at, f"begin {session.id}")
        if session.told & {"metrics", "nothing"}:
            self._say(session, EventKind.SESSION_START, Source.OTEL_METRIC, at, f"begin {session.id}", quantity=1)
        if "plugin" in session.told:
            self._plugin(session, at, "begin", EventKind.SESSION_START, {})

    def began(self, session: Session) -> datetime:
        """When it did."""
        return self._begins[session.number]

    def finish(self, month: Month) -> list[Event]:
        """All events of the month; its `spans` are filled in, and what only counters saw is put together by day."""
        for request in month.requests:
            self._request(request)
        for call in month.calls:
            self._call(call)
        for prompt in month.prompts:
            self._prompt(prompt)
        for index, change in enumerate(month.changes):
            self._change(change, index)
        for index, vcs in enumerate(month.vcs):
            self._vcs(vcs, index)
        for index, work in enumerate(month.work):
            self._work(work, index)
        for index, use in enumerate(month.uses):
            self._use(use, index)
        for compaction in month.compactions:
            self._compaction(compaction)
        for limit in month.limits:
            who = {"user_id": limit.session.user, "organization_id": limit.session.organization}
            where = {"project": limit.session.project, "repository": limit.session.repository}
            self._say(
                limit.session, EventKind.USAGE_LIMIT, Source.HOOK, limit.at, f"limit {limit.at} {limit.limit}",
                limit_window=limit.limit, limit_used_ratio=limit.used, agent_version=limit.session.version,
                entrypoint=limit.session.entrypoint, **who, **where,
            )  # fmt: skip
        for report in month.reports:
            self._report(report, month)
        month.spans = self._spans
        return self._events

    # --- one thing each ---

    def _request(self, r: Request) -> None:
        session = r.session
        if r.outcome == "retried":
            self._say(
                session, EventKind.AGENT_NOTICE, Source.TRANSCRIPT, r.at, r.id, feature="api_retry", status="retried",
                attempts=r.attempts, status_code=r.status_code,
            )  # fmt: skip
            return
        if r.outcome == "error":
            shared: dict[str, Any] = {
                "request_id": r.id, "model": r.model, "query_source": r.query_source, "status_code": r.status_code,
                "error_class": r.error_class,
            }  # fmt: skip
            for source in self._ways(r.told):
                also = {"attempts": r.attempts, "duration_ms": r.duration_ms} if source is Source.OTEL_LOG else {}
                self._say(session, EventKind.API_ERROR, source, self._at(r.at, source, r.told), r.id, **shared, **also)
            return
        if "otel" in r.told:
            self._told_by_telemetry(r)
        if "transcript" in r.told:
            self._told_by_transcript(r)
        if "metrics" in session.told or session.told == {"counters"}:
            self._counted(r)

    def _told_by_telemetry(self, r: Request) -> None:
        at = self._at(r.at, Source.OTEL_LOG, r.told)
        both = "transcript" in r.told
        shared: dict[str, Any] = {
            "request_id": r.id, "model": r.model, "query_source": r.query_source, "speed": r.speed,
            **{f"{name}_tokens": r.counts[f"{name}_tokens"] for name in _CLASSES},
        }  # fmt: skip
        self._say(
            r.session, EventKind.API_REQUEST, Source.OTEL_LOG, at, r.id, cost_nanousd=r.cost, cost_basis="reported",
            model_requested=r.model_requested, effort=r.effort, subagent=r.subagent, skill=r.skill, plugin=r.plugin,
            mcp_server=r.mcp_server, duration_ms=r.duration_ms, ttft_ms=r.ttft_ms, attempts=r.attempts, **shared,
        )  # fmt: skip
        if self._chance.random() < 0.2:  # of one that telemetry alone tells, the earliest record gives the time
            later = at + timedelta(milliseconds=0 if both else 4)
            name = f"{r.model}[1m]" if r.model else None
            self._say(
                r.session, EventKind.API_REQUEST, Source.OTEL_SPAN, later, r.id, **{**shared, "model": name}
            )  # fmt: skip

    def _told_by_transcript(self, r: Request) -> None:
        # Where telemetry reports a cost, ours from the price table is another figure, and yields to it.
        priced = {"cost_nanousd": r.cost + 17_000 if "otel" in r.told and r.cost else r.cost, "cost_basis": "priced"}
        shared: dict[str, Any] = {
            "request_id": r.id, "message_id": f"m{r.id}", "model": r.model, "query_source": r.query_source,
            "speed": r.speed, "service_tier": r.service_tier,
            **(priced if r.model != "house-model" else {"cost_basis": "unpriced"}),
        }  # fmt: skip
        counts = {name: count for name, count in r.counts.items() if count or name in ("input_tokens", "output_tokens")}
        if self._chance.random() < 0.3:  # the line as it was while the answer was still growing
            early = {**counts, "output_tokens": 1}
            later = r.at + timedelta(milliseconds=900)
            self._say(r.session, EventKind.API_REQUEST, Source.TRANSCRIPT, later, f"{r.id} early", **shared, **early)
        self._say(r.session, EventKind.API_REQUEST, Source.TRANSCRIPT, r.at, r.id, **shared, **counts)

    def _counted(self, r: Request) -> None:
        for name in _CLASSES:
            if r.counts[f"{name}_tokens"]:
                self._say(
                    r.session, EventKind.USAGE_COUNTER, Source.OTEL_METRIC, r.at, f"{r.id} {name}", counter=name,
                    quantity=r.counts[f"{name}_tokens"], model=r.model,
                )  # fmt: skip
        if r.cost:
            self._say(
                r.session, EventKind.USAGE_COUNTER, Source.OTEL_METRIC, r.at, f"{r.id} cost", counter="cost",
                cost_nanousd=r.cost, cost_basis="reported", model=r.model,
            )  # fmt: skip

    def _call(self, c: Call) -> None:
        ids = {"tool_use_id": c.id, "request_id": c.request}
        if "transcript" in c.told:
            self._say(
                c.session, EventKind.TOOL_CALL, Source.TRANSCRIPT, c.at, c.id, tool_name=c.tool, success=c.success,
                file=c.file, mcp_server=c.mcp_server, duration_ms=c.duration_ms,
                decision="reject" if c.decision == "reject" else None, **ids,
            )  # fmt: skip
        if "otel" in c.told:
            name = "mcp_tool" if c.kind == "mcp" and "transcript" in c.told else c.tool  # telemetry hides such names
            alone: dict[str, Any] = {"tool_name": name, "mcp_server": c.mcp_server, "subagent": c.subagent, **ids}
            if c.decision is not None:
                self._say(
                    c.session, EventKind.TOOL_DECISION, Source.OTEL_LOG, c.at, f"{c.id} asked", decision=c.decision,
                    decision_source=c.decision_source, **alone,
                )  # fmt: skip
            if c.success is not None and c.decision != "reject":
                took = timedelta(milliseconds=c.duration_ms or 0) if c.decision is not None else timedelta()
                self._say(
                    c.session, EventKind.TOOL_CALL, Source.OTEL_LOG, c.at + took, c.id, success=c.success, file=c.file,
                    error_class=c.error_class, duration_ms=c.duration_ms, **alone,
                )  # fmt: skip
            elif c.decision is None:
                self._say(c.session, EventKind.TOOL_CALL, Source.OTEL_LOG, c.at, c.id, file=c.file, **alone)

    def _prompt(self, p: Prompt) -> None:
        for source in self._ways(p.told):
            told: dict[str, Any] = {"prompt_id": p.id, "length_chars": 12}
            if source is Source.TRANSCRIPT or p.origin != "human":  # telemetry says nothing of a person's
                told["prompt_origin"] = p.origin
            if source is Source.OTEL_LOG and p.command:
                told |= {"command": p.command, "command_source": "builtin"}
            self._say(p.session, EventKind.PROMPT, source, self._at(p.at, source, p.told), p.id, **told)

    def _change(self, c: Change, index: int) -> None:
        by_transcript = "transcript" in c.session.told
        if by_transcript:
            self._say(
                c.session, EventKind.CODE_CHANGE, Source.TRANSCRIPT, c.at, f"change {index}", lines_added=c.added,
                lines_removed=c.removed, file=c.file, language=c.language,
            )  # fmt: skip
        if "metrics" in c.session.told:  # a new file's last line end is counted too, which a transcript puts right
            counted = {"lines_added": c.added + by_transcript, "lines_removed": c.removed}
            for name, count in counted.items():
                if count:
                    self._say(
                        c.session, EventKind.CODE_CHANGE, Source.OTEL_METRIC, c.at, f"{name} {index}", model=c.model,
                        **{name: count},
                    )  # fmt: skip

    def _vcs(self, v: Vcs, index: int) -> None:
        kind = EventKind.VCS_COMMIT if v.what == "commit" else EventKind.VCS_PULL_REQUEST
        for way, source in (("transcript", Source.TRANSCRIPT), ("metrics", Source.OTEL_METRIC)):
            if way in v.session.told:
                self._say(v.session, kind, source, v.at, f"{v.what} {index}", quantity=v.quantity)

    def _work(self, w: Work, index: int) -> None:
        if w.by is not None:  # else a plugin's report tells it
            self._say(
                w.session, EventKind.SESSION_ACTIVITY, Source.OTEL_METRIC, w.at, f"active {index}", active_by=w.by,
                active_seconds=w.seconds,
            )  # fmt: skip

    def _use(self, u: Use, index: int) -> None:
        told, by_person = u.session.told, u.feature == "command"
        if "plugin" in told:
            self._say(
                u.session, EventKind.FEATURE_USE, Source.HOOK, u.at, f"use {index}", feature=u.feature,
                feature_name=u.name, user_id=u.session.plugin_user,
            )  # fmt: skip
        if "transcript" in told and not by_person:  # commands are prompts there
            self._say(
                u.session, EventKind.FEATURE_USE, Source.TRANSCRIPT, u.at, f"use {index}", feature=u.feature,
                feature_name=u.name, trigger="agent",
            )  # fmt: skip
        if "otel" in told and not by_person:
            self._say(
                u.session, EventKind.FEATURE_USE, Source.OTEL_LOG, u.at, f"use {index}", feature=u.feature,
                feature_name="custom_skill", trigger="agent",
            )  # fmt: skip

    def _compaction(self, c: Compaction) -> None:
        for source in self._ways(c.session.told & {"otel", "transcript"}):
            self._say(
                c.session, EventKind.FEATURE_USE, source, c.at, f"compaction {c.session.id} {c.at}",
                feature="compaction", trigger=c.trigger, pre_tokens=c.before, post_tokens=c.after,
            )  # fmt: skip

    def _report(self, r: Report, month: Month) -> None:
        session = r.session
        lines = [c for c in month.changes if c.session is session]
        active = [w.seconds for w in month.work if w.session is session and w.by is None]
        started = self.began(session)
        figures: dict[str, Any] = {
            "counting": r.counting, "integrity": r.integrity, "session_id_kind": r.kind, "plugin_version": r.version,
            "payload_form": "native", "exit_reason": r.exit_reason, "session_seconds": r.seconds, "turns": r.turns,
            "tool_calls_counted": r.tool_calls, "tool_errors_counted": r.tool_errors,
            "subagent_tool_calls": r.subagent_tool_calls, "subagent_tool_errors": r.subagent_tool_errors,
            "hook_ms": r.hook_ms, "active_seconds": active[0] if active else 1.0,
            "started_ms": _us(started) // 1000, "ended_ms": _us(r.at) // 1000,
            "lines_added": sum(c.added for c in lines), "lines_removed": sum(c.removed for c in lines),
            **{f"said_{name}_tokens": count for name, count in r.said.items()},
        }  # fmt: skip
        earlier = {**figures, "turns": max(r.turns - 1, 0), "tool_calls_counted": 0, "lines_added": 0}
        if self._chance.random() < 0.3:  # the session was left and resumed
            before = r.at - timedelta(seconds=1)
            self._plugin(session, before, "earlier", EventKind.SESSION_SUMMARY, earlier)
        self._plugin(session, r.at, "report", EventKind.SESSION_SUMMARY, figures)
        by_model: dict[str, dict[str, int]] = {}
        for request in month.requests:
            is_read = "transcript" in request.told or session.told == {"plugin"}
            if request.session is session and request.model and is_read and request.outcome in ("ok", "residual"):
                counts = by_model.setdefault(request.model, dict.fromkeys((f"{n}_tokens" for n in _CLASSES), 0))
                for name in counts:
                    counts[name] += request.counts[name]
        for model, counts in by_model.items():
            total = {"counter": "session_total", "model": model, "lineage": str(session.number), **counts}
            self._plugin(session, r.at, f"total {model}", EventKind.USAGE_COUNTER, total)

    def _plugin(self, session: Session, at: datetime, key: str, kind: EventKind, figures: dict[str, Any]) -> None:
        key = f"{key} {session.id}"
        self._say(session, kind, Source.HOOK, at, key, user_id=session.plugin_user, **figures)

    # --- the same for all ---

    def _ways(self, told: frozenset[str]) -> list[Source]:
        return [source for way, source in (("otel", Source.OTEL_LOG), ("transcript", Source.TRANSCRIPT)) if way in told]

    def _at(self, at: datetime, source: Source, told: frozenset[str]) -> datetime:
        """Telemetry's clock is a little ahead of the transcript's, which counts."""
        return at - _BEFORE if source is Source.OTEL_LOG and "transcript" in told else at

    def _say(self, session: Session, kind: EventKind, source: Source, at: datetime, key: str, **told: Any) -> None:
        common: dict[str, Any] = {}
        if source in (Source.OTEL_LOG, Source.OTEL_METRIC, Source.OTEL_SPAN):
            common = {
                "user_id": session.user, "organization_id": session.organization, "repository": session.repository,
            }  # fmt: skip
        if source is Source.TRANSCRIPT:
            common = {"project": session.project}
        if source is not Source.HOOK:
            common |= {"agent_version": session.version, "entrypoint": session.entrypoint}
        attributes = {name: value for name, value in {**common, **told}.items() if value is not None}
        if session.id is not None and kind is not EventKind.USAGE_LIMIT:
            first, last = self._spans.get(session.number, (at, at))
            self._spans[session.number] = (min(first, at), max(last, at))
        self._events.append(
            make_event(
                kind, key=f"{kind.value} {key}", agent=session.agent, source=source, at_us=_us(at),
                session_id=session.id, **attributes,
            )
        )  # fmt: skip


def _us(at: datetime) -> int:
    return (at.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
