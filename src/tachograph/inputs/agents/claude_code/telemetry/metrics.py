"""Its metrics: all of them monotonic sums. Source: docs/formats/claude_code_telemetry.md."""

from __future__ import annotations

from tachograph.inputs.agents.claude_code.telemetry.spec import ATTRIBUTION, FEATURE_USE, MODEL
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec, nanousd, whole
from tachograph_sdk.model.event import EventKind, RawEvent

__all__ = ["METRICS"]


def _quantity(raw: RawEvent, out: Attributes) -> None:
    out["quantity"] = whole(raw)


def _token_counter(raw: RawEvent, out: Attributes) -> None:
    out["counter"] = _COUNTERS.get(str(raw.attributes.get("type")), "other")
    out["quantity"] = whole(raw)


def _cost_counter(raw: RawEvent, out: Attributes) -> None:
    out["cost_nanousd"] = nanousd(raw.point.value) if raw.point else None


def _lines(raw: RawEvent, out: Attributes) -> None:
    side = raw.attributes.get("type")
    if side in ("added", "removed"):
        out[f"lines_{side}"] = whole(raw)


def _active(raw: RawEvent, out: Attributes) -> None:
    out["active_seconds"] = raw.point.value if raw.point and raw.point.value >= 0 else None


_COUNTERS = {"input": "input", "output": "output", "cacheRead": "cache_read", "cacheCreation": "cache_write"}
_COUNTER_NAMES = {**ATTRIBUTION, **MODEL}

METRICS: dict[str, Spec] = {
    "session.count": Spec(kind=EventKind.SESSION_START, names={"start_type": "start_type"}, finish=_quantity),
    "lines_of_code.count": Spec(kind=EventKind.CODE_CHANGE, names={"model": "model", "type": ""}, finish=_lines),
    "pull_request.count": Spec(kind=EventKind.VCS_PULL_REQUEST, finish=_quantity),
    "commit.count": Spec(kind=EventKind.VCS_COMMIT, finish=_quantity),
    "cost.usage": Spec(
        kind=EventKind.USAGE_COUNTER,
        names=_COUNTER_NAMES,
        constants={"counter": "cost", "cost_basis": "reported"},
        finish=_cost_counter,
    ),
    "token.usage": Spec(kind=EventKind.USAGE_COUNTER, names={**_COUNTER_NAMES, "type": ""}, finish=_token_counter),
    # A decision about an edit is also a tool_decision event: as a counter it is a feature's use, never a second decision.
    "code_edit_tool.decision": Spec(
        kind=FEATURE_USE,
        names={"tool_name": "tool_name", "decision": "decision", "source": "decision_source", "language": "language"},
        constants={"feature": "edit_decision"},
        finish=_quantity,
    ),
    "active_time.total": Spec(kind=EventKind.SESSION_ACTIVITY, names={"type": "active_by"}, finish=_active),
}
