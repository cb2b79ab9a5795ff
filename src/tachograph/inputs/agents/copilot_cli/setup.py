"""How GitHub Copilot CLI is connected: see docs/guides/copilot-cli.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.setup import USUAL_HTTP, AgentSetup, SettingsBlock

__all__ = ["SETUP"]

SETUP = AgentSetup(
    agent="copilot_cli",
    name="GitHub Copilot CLI",
    blocks=(
        SettingsBlock(
            kind="shell",
            target="the shell that copilot is started from",
            text=f"""export OTEL_EXPORTER_OTLP_ENDPOINT={USUAL_HTTP}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf""",
            note="The client knows no gRPC. Leave OTEL_SERVICE_NAME unset: by it Copilot is known.",
        ),
    ),
    note="The local history is read without any setting. Telemetry adds tries that failed and were repeated.",
)
