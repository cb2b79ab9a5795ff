"""Its metrics: deltas, without session or cost. Source: docs/formats/codex.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.telemetry import Attributes, Spec, whole
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent

__all__ = ["METRICS", "is_diagnostic"]

_TOKENS = "codex.turn.token_usage"
_COUNTERS = {
    "input": "input_total",  # what was read from and written to the cache included
    "cached_input": "cache_read",
    "cache_write_input": "cache_write",
    "output": "output",
    "reasoning_output": "reasoning",
}


def is_diagnostic(name: str) -> bool:
    """Whether a metric tells of the program itself, or tells again what log events say one by one: all but the tokens."""
    return name != _TOKENS


def _token_usage(raw: RawEvent, out: Attributes) -> DropReason | None:
    """A histogram over turns, of which the sum counts. Its classes overlap, and `total` is another two of them added."""
    counter = _COUNTERS.get(str(raw.attributes.get("token_type")))
    if counter is None:
        return DropReason.NOT_NEEDED
    out["counter"] = counter
    out["quantity"] = whole(raw)
    return None


METRICS: dict[str, Spec] = {
    "turn.token_usage": Spec(
        kind=EventKind.USAGE_COUNTER,
        names={"token_type": "", "tmp_mem_enabled": "", "session_source": "", "service_name": "", "auth_mode": ""},
        finish=_token_usage,
    ),
}
