"""Qwen Code, as the registry knows it."""

from __future__ import annotations

from tachograph.inputs.agents.kit.gemini.forms import prompt_link
from tachograph.inputs.agents.kit.telemetry import Telemetry
from tachograph.inputs.agents.qwen_code.telemetry import events, metrics, spans, spec
from tachograph_sdk.model.event import DropReason, RawEvent, Source

__all__ = ["QwenCode"]

_PREFIX = "qwen-code."


def _is_ignored(source: Source, name: str) -> bool:
    if source is Source.OTEL_SPAN:
        return True
    return name in events.NOT_NEEDED if source is Source.OTEL_LOG else name.startswith(metrics.NOT_NEEDED)


_TELEMETRY = Telemetry(
    tables={Source.OTEL_LOG: events.EVENTS, Source.OTEL_METRIC: metrics.METRICS, Source.OTEL_SPAN: spans.SPANS},
    prefix=_PREFIX,
    common=spec.COMMON,
    resource=spec.RESOURCE,
    said=spec.SAID,
    user=spec.USER,
    ignored=_is_ignored,
)


class QwenCode:
    """Reads what Qwen Code sends: pure functions from its own words to ours."""

    id = "qwen_code"
    service_names = frozenset({"qwen-code"})
    name_prefixes = (_PREFIX,)

    @staticmethod
    def classify(raw: RawEvent) -> RawEvent | DropReason:
        """Kind and canonical names, or why not."""
        result = _TELEMETRY.classify(raw)
        if isinstance(result, RawEvent) and "prompt_id" in result.attributes:
            attributes = result.attributes
            attributes["prompt_id"] = prompt_link(attributes["prompt_id"], attributes.get("session_id"))
        return result
