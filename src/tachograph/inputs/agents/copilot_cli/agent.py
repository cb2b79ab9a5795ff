"""GitHub Copilot CLI, as the registry knows it."""

from __future__ import annotations

from tachograph.inputs.agents.copilot_cli.telemetry import READER
from tachograph.inputs.agents.genai.operations import span_operation, without_content
from tachograph_sdk.model.event import DropReason, RawEvent, Source

__all__ = ["CopilotCli"]


class CopilotCli:
    """Reads what Copilot CLI sends: pure functions from its own words to ours."""

    id = "copilot_cli"
    service_names = frozenset({"github-copilot", "github-copilot-cli"})
    name_prefixes = ("github.copilot.",)

    @staticmethod
    def classify(raw: RawEvent) -> RawEvent | DropReason:
        """Kind and canonical names, in place, or why not."""
        if raw.source is Source.OTEL_SPAN:
            raw.name = span_operation(raw.name, raw.attributes) or raw.name
        raw.attributes = without_content(raw.attributes)
        return READER.classify(raw)
