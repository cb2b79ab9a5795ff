"""A session's own running total, which the agent writes at the end of each of its runs.

`cost-state` says per model what the session has used so far: with subagents, and with what no response line shows
(titles, compaction). It goes on over a resume, and a fork begins with its parent's. So each is a reading of a counter:
never added up, and told apart by lineage: the start time, which a resumed or forked session inherits.
It has no time of its own; it gets that of the record before it.
"""

from __future__ import annotations

import msgspec

from tachograph.inputs.agents.claude_code.transcript.context import Context
from tachograph.inputs.agents.claude_code.transcript.lines import read_object
from tachograph.inputs.agents.claude_code.transcript.records import ModelUsage, Record
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.telemetry import nanousd
from tachograph.inputs.agents.kit.values import count_of, put
from tachograph_sdk.model.event import DropReason, EventKind

__all__ = ["COUNTER", "Totals"]

COUNTER = "session_total"
"""`counter` of these events: every class of tokens and the cost in one, since the lineage began."""

_MAX_MODELS = 100
_by_model = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_milliseconds = msgspec.json.Decoder(int | float).decode


class Totals:
    """Turns `cost-state` records into readings."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def take(self, record: Record, at_ns: int | None) -> None:
        """Give one event per model.

        Args:
            record: the record.
            at_ns: when the record before it was written, None if no such record was read.

        Raises:
            Unusable: no session, no models, no time, or a count that cannot be one.
        """
        start_ms, lasted_ms = _number(record.start_time), _number(record.total_duration)
        if at_ns is None and start_ms is not None:
            at_ns = int((start_ms + (lasted_ms or 0)) * 1_000_000)
        if at_ns is None or not 0 < at_ns < 2**63:
            raise Unusable(DropReason.BAD_TIME, "no time")
        try:
            models = _by_model(record.model_usage)
        except msgspec.DecodeError:
            raise Unusable(DropReason.BAD_LINE, "no models") from None
        if not record.session_id or len(models) > _MAX_MODELS:
            raise Unusable(DropReason.BAD_LINE, "no session, or more models than there are")
        told = [(model, _counts(read_object(ModelUsage, raw) or ModelUsage())) for model, raw in models.items()]
        base = self._context.base_of_session(record)
        for model, counts in told:
            attributes = base | {"counter": COUNTER, "model": model}
            put(attributes, lineage=None if start_ms is None else str(int(start_ms)), **counts)
            key = f"total:{record.session_id}:{model}:" + ":".join(f"{name}={n}" for name, n in counts.items())
            self._context.emit("cost_state", EventKind.USAGE_COUNTER, at_ns, key, attributes)


def _counts(usage: ModelUsage) -> dict[str, int | None]:
    write_5m, write_1h = (
        count_of(usage.cache_creation_ephemeral_5m_input_tokens),
        count_of(usage.cache_creation_ephemeral_1h_input_tokens),
    )
    return {
        "input_tokens": count_of(usage.input_tokens),
        "output_tokens": count_of(usage.output_tokens),
        "reasoning_tokens": count_of(usage.thinking_tokens),
        "cache_read_tokens": count_of(usage.cache_read_input_tokens),
        "cache_write_tokens": max(count_of(usage.cache_creation_input_tokens), write_5m + write_1h),
        "cache_write_5m_tokens": write_5m,
        "cache_write_1h_tokens": write_1h,
        "web_search_requests": count_of(usage.web_search_requests),
        "cost_nanousd": nanousd(usage.cost_usd),
    }


def _number(raw: msgspec.Raw) -> float | None:
    try:
        value = _milliseconds(raw)
    except msgspec.DecodeError:
        return None
    return value if 0 <= value < 1e13 else None
