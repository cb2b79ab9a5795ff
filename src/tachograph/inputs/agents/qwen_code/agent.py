"""Qwen Code, as the registry knows it."""

from __future__ import annotations

from tachograph.inputs.agents.kit.gemini.telemetry import make_reader
from tachograph.inputs.agents.qwen_code.telemetry import events, metrics, spans, spec
from tachograph_sdk.model.event import Source

__all__ = ["QwenCode"]

_PREFIX = "qwen-code."

_classify = make_reader(
    prefix=_PREFIX,
    tables={Source.OTEL_LOG: events.EVENTS, Source.OTEL_METRIC: metrics.METRICS, Source.OTEL_SPAN: spans.SPANS},
    events_not_needed=events.NOT_NEEDED,
    metrics_not_needed=metrics.NOT_NEEDED,
    common=spec.COMMON,
    resource=spec.RESOURCE,
    said=spec.SAID,
    user=spec.USER,
)


class QwenCode:
    """Reads what Qwen Code sends: pure functions from its own words to ours."""

    id = "qwen_code"
    service_names = frozenset({"qwen-code"})
    name_prefixes = (_PREFIX,)
    classify = staticmethod(_classify)
