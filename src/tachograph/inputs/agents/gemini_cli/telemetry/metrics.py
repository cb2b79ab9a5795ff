"""Its metrics: running totals that are never reset while a process lives. Source: docs/formats/gemini_cli.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.gemini.telemetry import counters
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec, whole
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent

__all__ = ["METRICS", "NOT_NEEDED"]

# Prompt tokens of tool use are beside the prompt: both are read, and paid, as input.
_COUNTERS = {
    "input": "input_total",
    "tool": "input_total",
    "cache": "cache_read",
    "output": "output_visible",
    "thought": "reasoning",
}


def _lines(raw: RawEvent, out: Attributes) -> DropReason | None:
    side = raw.attributes.get("type")
    if side not in ("added", "removed"):
        return DropReason.UNKNOWN_EVENT
    out[f"lines_{side}"] = whole(raw)
    return None


METRICS: dict[str, Spec] = {
    **counters(_COUNTERS),
    "lines.changed": Spec(kind=EventKind.CODE_CHANGE, names={"function_name": "tool_name", "type": ""}, finish=_lines),
}

NOT_NEEDED = (
    "agent.",
    "api.request.",
    "chat.",
    "chat_compression",
    "cpu.",
    "event_loop.",
    "exit.",
    "extension",
    "file.operation.",
    "flicker.",
    "gen_ai.client.",  # the same tokens and times once more
    "hook_call.",
    "keychain.",
    "memory.",
    "model_routing.",
    "network_retry.",
    "onboarding.",
    "overage",
    "performance.",
    "plan.",
    "slash_command.",
    "slow_render.",
    "startup.",
    "token.efficiency",
    "token_storage.",
    "tool.call.",
    "tool.execution.",
    "tool.queue.",
    "ui.",
)
"""What the names of its other metrics begin with: counts and times that its events tell one by one."""
