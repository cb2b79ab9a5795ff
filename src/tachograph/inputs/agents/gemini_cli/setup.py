"""How Gemini CLI is connected: see docs/guides/gemini-cli.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.setup import USUAL_GRPC, AgentSetup, SettingsBlock

__all__ = ["SETUP"]

SETUP = AgentSetup(
    agent="gemini_cli",
    name="Gemini CLI",
    guide="gemini-cli.md",
    blocks=(
        SettingsBlock(
            kind="json",
            target="~/.gemini/settings.json",
            text=f"""{{
  "telemetry": {{
    "enabled": true,
    "target": "local",
    "otlpEndpoint": "{USUAL_GRPC}",
    "otlpProtocol": "grpc",
    "logPrompts": false
  }}
}}""",
        ),
    ),
    note="Chats are read without any setting. Telemetry adds auxiliary requests, durations, errors and decisions on tools.",
)
