"""Gemini CLI, as the registry knows it."""

from __future__ import annotations

from tachograph.inputs.agents.gemini_cli.telemetry import events, metrics, spec
from tachograph.inputs.agents.kit.gemini.telemetry import make_reader
from tachograph_sdk.model.event import Source

__all__ = ["GeminiCli"]

_PREFIX = "gemini_cli."

_classify = make_reader(
    prefix=_PREFIX,
    # No span has an id that an event or a chat has too, and none says more than they do.
    tables={Source.OTEL_LOG: events.EVENTS, Source.OTEL_METRIC: metrics.METRICS},
    events_not_needed=events.NOT_NEEDED,
    metrics_not_needed=metrics.NOT_NEEDED,
    common=spec.COMMON,
    resource=spec.RESOURCE,
    said=spec.SAID,
    user=spec.USER,
)


class GeminiCli:
    """Reads what Gemini CLI sends: pure functions from its own words to ours."""

    id = "gemini_cli"
    service_names = frozenset({"gemini-cli"})
    name_prefixes = (_PREFIX,)
    classify = staticmethod(_classify)
