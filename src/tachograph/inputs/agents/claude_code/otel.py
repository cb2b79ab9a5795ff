"""Claude Code's OpenTelemetry in our words: metrics, events and beta spans to kinds and canonical attribute names.

A table says for each name what kind of event it is and which attributes mean what; a few need more than a new name and
have a small function. What the table does not name stays under the agent's own name, where the wall drops and counts
it. Numbers are left as they came (strings before 2.1.122, numbers since): the wall coerces them.

Source: docs/formats/claude_code_telemetry.md; seen on 1.0.128 to 2.1.328.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tachograph.inputs.agents.claude_code.telemetry.events import EVENTS
from tachograph.inputs.agents.claude_code.telemetry.metrics import METRICS
from tachograph.inputs.agents.claude_code.telemetry.spans import SPANS
from tachograph.inputs.agents.claude_code.telemetry.spec import COMMON, RESOURCE, SAID, USER, Attributes, Spec
from tachograph_sdk.model.attributes import ATTRIBUTES
from tachograph_sdk.model.event import AttributeValue, DropReason, RawEvent, Source

__all__ = ["AGENT_ID", "PREFIX", "SERVICE_NAMES", "classify"]

AGENT_ID = "claude_code"
SERVICE_NAMES = frozenset({"claude-code", "claude-code-desktop"})
PREFIX = "claude_code."

_STATUS = ("unset", "ok", "error")
_TABLES = {Source.OTEL_LOG: EVENTS, Source.CONSOLE: EVENTS, Source.OTEL_METRIC: METRICS, Source.OTEL_SPAN: SPANS}


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a record with exactly these attribute names is renamed."""

    spec: Spec
    moves: tuple[tuple[str, str], ...]  # (the agent's name, ours or its own)
    outlines: dict[int, tuple[Attributes, Attributes]] = field(default_factory=dict)

    def outline(self, wanted: Attributes) -> Attributes:
        """A new dictionary with what is the same for all records of this form and resource, and all keys in place."""
        known = self.outlines.get(id(wanted))
        if known is None or known[0] is not wanted:
            if len(self.outlines) >= _RESOURCE_LIMIT:
                self.outlines.clear()
            whole = {**wanted, **dict.fromkeys([ours for _, ours in self.moves]), **self.spec.constants}
            known = self.outlines[id(wanted)] = (wanted, whole)  # holds `wanted`, so that its id stays its own
        return known[1].copy()


_PLANS: dict[tuple[Source, str, tuple[str, ...]], _Plan] = {}
_PLAN_LIMIT = 4096
_RESOURCES: dict[int, tuple[Mapping[str, AttributeValue], Attributes, Attributes]] = {}
_RESOURCE_LIMIT = 1024


def classify(raw: RawEvent) -> RawEvent | DropReason:
    """Set kind and canonical names, in place; UNKNOWN_EVENT if nobody knows the name."""
    names = tuple(raw.attributes)
    shape = (raw.source, raw.name, names)
    plan = _PLANS.get(shape)
    if plan is None:
        plan = _plan(raw.source, raw.name, names)
        if plan is None:
            return DropReason.UNKNOWN_EVENT
        if len(_PLANS) >= _PLAN_LIMIT:
            _PLANS.clear()
        _PLANS[shape] = plan
    if raw.point is not None and not raw.point.monotonic:
        return DropReason.UNKNOWN_EVENT  # all of its metrics are running totals; one that is not cannot be added up
    spec = plan.spec
    values = raw.attributes
    wanted, rest = _resource(raw.resource)
    out = plan.outline(wanted)
    for name, ours in plan.moves:
        out[ours] = values[name]
    raw.kind = spec.kind
    if spec.finish is not None:
        spec.finish(raw, out)
    span = raw.span
    if span is not None:
        _add_span(raw, out)
    raw.name = raw.name.removeprefix(PREFIX)
    raw.attributes = out
    raw.resource = rest
    return raw


def _plan(source: Source, name: str, names: tuple[str, ...]) -> _Plan | None:
    table = _TABLES.get(source)
    if source is Source.CONSOLE and name.removeprefix(PREFIX) in METRICS:
        table = METRICS
    spec = table.get(name.removeprefix(PREFIX)) if table is not None else None
    if spec is None:
        return None
    user = next((who for who in USER if who in names), None)
    moves = []
    for attribute in names:
        ours = spec.names.get(attribute)
        if ours is None:
            ours = COMMON.get(attribute)
        if ours is None and attribute == user:
            ours = "user_id"
        if ours is None and attribute not in SAID:
            ours = _own(attribute)
        if ours:
            moves.append((attribute, ours))
    return _Plan(spec, tuple(moves))


def _own(attribute: str) -> str:
    """The agent's own name for what we have no name for, marked where it could be taken for one of ours."""
    return f"unmapped.{attribute}" if attribute in ATTRIBUTES or attribute == "session_id" else attribute


def _resource(resource: Mapping[str, AttributeValue]) -> tuple[Attributes, Attributes]:
    """What of the resource goes on each record, and what is left over; remembered per resource object."""
    known = _RESOURCES.get(id(resource))
    if known is None:
        wanted: Attributes = {RESOURCE[name]: value for name, value in resource.items() if name in RESOURCE}
        rest: Attributes = {_own(n): v for n, v in resource.items() if n not in RESOURCE and n not in SAID}
        if len(_RESOURCES) >= _RESOURCE_LIMIT:
            _RESOURCES.clear()
        known = _RESOURCES[id(resource)] = (resource, wanted, rest)
    return known[1], known[2]


def _add_span(raw: RawEvent, out: Attributes) -> None:
    span = raw.span
    if span is None:
        return
    out["trace_id"] = span.trace_id.hex() or None
    out["span_id"] = span.span_id.hex() or None
    if raw.source is Source.OTEL_SPAN:
        out["parent_span_id"] = span.parent_span_id.hex() or None
        out["span_status"] = _STATUS[span.status_code]
        if out.get("duration_ms") is None and span.end_ns:
            out["duration_ms"] = (span.end_ns - raw.at_ns) / 1e6
