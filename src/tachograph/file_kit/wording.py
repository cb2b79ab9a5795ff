"""Released events in the agent's own words, as the documents of the kit have them.

An event inside Tachograph has canonical names, the same for all agents; who reads the kit's documents knows those that
Claude Code documents. The way back is the way in, read backwards: the reader's own tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from tachograph.inputs.agents.claude_code.otel import AGENT_ID, PREFIX
from tachograph.inputs.agents.claude_code.telemetry.events import EVENTS
from tachograph.inputs.agents.claude_code.telemetry.metrics import METRICS
from tachograph.inputs.agents.claude_code.telemetry.spec import COMMON, RESOURCE
from tachograph_sdk.model.event import Event, Scalar

__all__ = ["METRIC_NAMES", "Measured", "data_of", "full_name", "measured"]

METRIC_NAMES: Final[Mapping[str, str]] = {
    "session.count": "session_count",
    "token.usage": "token_usage",
    "cost.usage": "cost_usage",
    "lines_of_code.count": "lines_of_code",
    "commit.count": "commits",
    "pull_request.count": "pull_requests",
    "active_time.total": "active_time",
    "code_edit_tool.decision": "code_edit_tool_decision",
}
"""The short names of Claude Code's metrics."""

_UNITS: Final = {"token.usage": "tokens", "cost.usage": "USD", "active_time.total": "s"}
_TYPES: Final = {"input": "input", "output": "output", "cache_read": "cacheRead", "cache_write": "cacheCreation"}
_USER: Final = "user.account_uuid"
_LEFT_OUT: Final = frozenset(
    {"feature", "trace_id", "span_id", "parent_span_id", "span_status", "price_version", "counter", "quantity"}
    | {"lines_added", "lines_removed", "active_seconds", "active_by", "subagent", "skill", "mcp_server"}
)
"""What only we say: joins within the store, what the name of the record says already, and what is said as a value."""


@cache
def _own_names(agent: str, name: str) -> Mapping[str, str]:
    """Our name to the agent's, for records of this name."""
    if agent != AGENT_ID:
        return {}
    spec = EVENTS.get(name) or METRICS.get(name)
    names: dict[str, str] = {}
    for table in (spec.names if spec else {}, COMMON, RESOURCE):
        for own, ours in table.items():
            if ours and not ours.startswith("_"):
                names.setdefault(ours, own)
    names["agent_version"] = "app.version"
    names["user_id"] = _USER
    return names


def full_name(event: Event) -> str:
    """The name under which the agent documents it: "claude_code.api_request"."""
    return f"{PREFIX if event.agent == AGENT_ID else event.agent + '.'}{event.name}"


def data_of(event: Event) -> dict[str, Scalar]:
    """The attributes of a released event under the agent's names; money in dollars."""
    names = _own_names(event.agent, event.name)
    data: dict[str, Scalar] = {}
    for ours, value in event.attributes.items():
        if ours == "cost_nanousd":
            data["cost_usd"] = _dollars(value)
        elif (own := names.get(ours)) is not None:
            data[own] = value
        elif ours not in _LEFT_OUT:
            data[ours] = value
    return data


class Measured:
    """One point of a metric: what it adds, and what of."""

    __slots__ = ("attributes", "unit", "value")

    def __init__(self, value: int | float, unit: str, attributes: dict[str, Scalar]) -> None:
        self.value = value
        self.unit = unit
        self.attributes = attributes


def measured(event: Event) -> Measured | None:
    """The value of a released point and what it is a value of; None where it has none."""
    said = event.attributes
    more: dict[str, Scalar] = {}
    value: Any = None
    if "cost_nanousd" in said:
        value = _dollars(said["cost_nanousd"])
    elif "lines_added" in said or "lines_removed" in said:
        side = "added" if "lines_added" in said else "removed"
        value, more["type"] = said[f"lines_{side}"], side
    elif "active_seconds" in said:
        value = said["active_seconds"]
        if "active_by" in said:
            more["type"] = said["active_by"]
    elif "quantity" in said:
        value = said["quantity"]
        if "counter" in said:
            more["type"] = _TYPES.get(str(said["counter"]), said["counter"])
    if not isinstance(value, int | float):
        return None
    rest = data_of(event)
    rest.pop("cost_usd", None)
    return Measured(value, _UNITS.get(event.name, ""), {**more, **rest})


def _dollars(nano: Scalar) -> float:
    return round(int(nano) / 1e9, 9)
