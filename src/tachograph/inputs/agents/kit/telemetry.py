"""The engine of all agents' OpenTelemetry readers: tables of names in, canonical kinds and attribute names out.

A table says for each of an agent's names what kind of event it is and which attributes mean what; a few need more than a
new name and have a small function. What no table names stays under the agent's own name, where the wall drops and counts
it. Numbers are left as they came (some clients send them as strings): the wall coerces them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tachograph.inputs.agents.kit.values import Attributes
from tachograph_sdk.model.attributes import ATTRIBUTES
from tachograph_sdk.model.event import AttributeValue, DropReason, EventKind, RawEvent, Source

__all__ = ["Attributes", "Finish", "Spec", "Telemetry", "nanousd", "whole"]

Finish = Callable[[RawEvent, Attributes], "DropReason | None"]
"""Works out what a new name alone cannot say: reads the raw record, writes into the new attributes (and may set
`raw.kind`); a reason it gives back drops the record."""

_STATUS = ("unset", "ok", "error")
_PLAN_LIMIT = 4096
_RESOURCE_LIMIT = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """What one of an agent's names means."""

    kind: EventKind
    names: Mapping[str, str] = field(default_factory=dict)  # the agent's attribute: our attribute; "": said otherwise
    constants: Mapping[str, AttributeValue] = field(default_factory=dict)
    finish: Finish | None = None


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


class Telemetry:
    """One agent's reader: `classify` sets kind and canonical names.

    Args:
        tables: per source, the meaning of each of the agent's names, given without `prefix`.
        prefix: what the agent puts before its names; taken off.
        common: attributes that mean the same on all records.
        resource: the same for the resource's.
        said: attributes that say again what the record's own fields say.
        user: attributes that name the person; the first one present is the pseudonym user_id.
        ignored: whether a name without prefix is known to say nothing that is needed, where no table has it.
        gauges: whether points that are not running totals may be understood; by default none is.
    """

    def __init__(
        self,
        *,
        tables: Mapping[Source, Mapping[str, Spec]],
        prefix: str = "",
        common: Mapping[str, str] | None = None,
        resource: Mapping[str, str] | None = None,
        said: frozenset[str] = frozenset(),
        user: tuple[str, ...] = (),
        ignored: Callable[[Source, str], bool] | None = None,
        gauges: bool = False,
    ) -> None:
        self._tables = tables
        self._prefix = prefix
        self._common = common or {}
        self._resource_names = resource or {}
        self._said = said
        self._user = user
        self._ignored = ignored
        self._gauges = gauges
        self._plans: dict[tuple[Source, str, tuple[str, ...]], _Plan] = {}
        self._resources: dict[int, tuple[Mapping[str, AttributeValue], Attributes, Attributes]] = {}

    def classify(self, raw: RawEvent) -> RawEvent | DropReason:
        """Set kind and canonical names, in place; UNKNOWN_EVENT or NOT_NEEDED if no table has the name."""
        names = tuple(raw.attributes)
        shape = (raw.source, raw.name, names)
        plan = self._plans.get(shape)
        if plan is None:
            plan = self._plan(raw.source, raw.name, names)
            if plan is None:
                name = raw.name.removeprefix(self._prefix)
                known = self._ignored is not None and self._ignored(raw.source, name)
                return DropReason.NOT_NEEDED if known else DropReason.UNKNOWN_EVENT
            if len(self._plans) >= _PLAN_LIMIT:
                self._plans.clear()
            self._plans[shape] = plan
        if raw.point is not None and not raw.point.monotonic and not self._gauges:
            return DropReason.UNKNOWN_EVENT  # one that is no running total cannot be added up
        spec = plan.spec
        values = raw.attributes
        wanted, rest = self._resource(raw.resource)
        out = plan.outline(wanted)
        for name, ours in plan.moves:
            out[ours] = values[name]
        raw.kind = spec.kind
        if spec.finish is not None and (reason := spec.finish(raw, out)) is not None:
            return reason
        if raw.span is not None:
            _add_span(raw, out)
        raw.name = raw.name.removeprefix(self._prefix)
        raw.attributes = out
        raw.resource = rest
        return raw

    def _plan(self, source: Source, name: str, names: tuple[str, ...]) -> _Plan | None:
        own = name.removeprefix(self._prefix)
        spec = self._tables.get(source, {}).get(own)
        if spec is None:
            return None
        user = next((who for who in self._user if who in names), None)
        moves = []
        for attribute in names:
            ours = spec.names.get(attribute)
            if ours is None:
                ours = self._common.get(attribute)
            if ours is None and attribute == user:
                ours = "user_id"
            if ours is None and attribute not in self._said:
                ours = _own(attribute)
            if ours:
                moves.append((attribute, ours))
        return _Plan(spec, tuple(moves))

    def _resource(self, resource: Mapping[str, AttributeValue]) -> tuple[Attributes, Attributes]:
        """What of the resource goes on each record, and what is left over; remembered per resource object."""
        known = self._resources.get(id(resource))
        if known is None:
            names = self._resource_names
            wanted: Attributes = {names[name]: value for name, value in resource.items() if name in names}
            rest: Attributes = {_own(n): v for n, v in resource.items() if n not in names and n not in self._said}
            if len(self._resources) >= _RESOURCE_LIMIT:
                self._resources.clear()
            known = self._resources[id(resource)] = (resource, wanted, rest)
        return known[1], known[2]


def _own(attribute: str) -> str:
    """The agent's own name for what we have no name for, marked where it could be taken for one of ours."""
    return f"unmapped.{attribute}" if attribute in ATTRIBUTES or attribute == "session_id" else attribute


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


def nanousd(value: AttributeValue) -> int | None:
    """Dollars, as a number or its text, to whole nano-dollars; None if it is no finite number >= 0."""
    if isinstance(value, str):
        try:
            value = float(value) if len(value) <= 32 else None
        except ValueError:
            return None
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and 0 <= value < 9e9:
        return round(value * 1e9)
    return None


def whole(raw: RawEvent) -> int | None:
    """A point's value, which is a count although it may be sent as a double; None if it is none."""
    value = raw.point.value if raw.point else None
    return round(value) if value is not None and 0 <= value < 2**63 else None
