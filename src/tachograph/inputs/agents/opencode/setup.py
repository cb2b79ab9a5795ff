"""How opencode is connected: see docs/guides/opencode.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.setup import USUAL_HTTP, AgentSetup, SettingsBlock

__all__ = ["SETUP"]

SETUP = AgentSetup(
    agent="opencode",
    name="opencode",
    blocks=(
        SettingsBlock(
            kind="shell",
            target="the shell that opencode is started from",
            text=f"export OTEL_EXPORTER_OTLP_ENDPOINT={USUAL_HTTP}",
            note="Both are needed, and both together send whole prompts, answers, and what tools gave back: to this machine only.",
        ),
        SettingsBlock(
            kind="json",
            target="~/.config/opencode/opencode.json",
            text='{ "experimental": { "openTelemetry": true } }',
        ),
    ),
    note="The database is read without any setting and is the better source: telemetry is for machines whose files are not here.",
)
