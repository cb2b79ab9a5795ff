"""Its metrics: cumulative, without a session id, under the newest GenAI names and, before, the older ones."""

from __future__ import annotations

from tachograph.inputs.agents.genai.tables import BY_TYPE, COUNTERS, METRIC_NAMES, put, take, token_counter
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec, whole
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent

__all__ = ["METRICS"]


def _lines(raw: RawEvent, out: Attributes) -> DropReason | None:
    out["lines_added" if raw.name.endswith("added") else "lines_removed"] = whole(raw)
    put(out, "model", take(out, "_served", "_asked"))
    take(out, "_provider", "_provider_2")
    return None


_COUNTER = Spec(kind=EventKind.USAGE_COUNTER, names=METRIC_NAMES, finish=token_counter)
_LINES = Spec(kind=EventKind.CODE_CHANGE, names=METRIC_NAMES, finish=_lines)

# Tool calls, turns and durations are in the spans already: as counters they would only repeat them.
METRICS: dict[str, Spec] = {
    **dict.fromkeys((*COUNTERS, *BY_TYPE), _COUNTER),
    "github.copilot.code.lines_added": _LINES,
    "github.copilot.code.lines_removed": _LINES,
}
