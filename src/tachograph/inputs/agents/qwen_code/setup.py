"""How Qwen Code is connected: see docs/guides/qwen-code.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.setup import USUAL_GRPC, AgentSetup, SettingsBlock

__all__ = ["SETUP"]

SETUP = AgentSetup(
    agent="qwen_code",
    name="Qwen Code",
    guide="qwen-code.md",
    blocks=(
        SettingsBlock(
            kind="json",
            target="~/.qwen/settings.json",
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
    note="Chats and the usage ledger are read without any setting. Telemetry adds single requests, errors and decisions on tools.",
)
