"""How any other program is connected: see docs/guides/genai.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.setup import USUAL_HTTP, AgentSetup, SettingsBlock

__all__ = ["SETUP"]

SETUP = AgentSetup(
    agent="genai",
    name="Any other program with OpenTelemetry",
    blocks=(
        SettingsBlock(
            kind="shell",
            target="the shell that the program is started from",
            text=f"""export OTEL_EXPORTER_OTLP_ENDPOINT={USUAL_HTTP}
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_SERVICE_NAME=billing-helper""",
            note="The name is yours to choose; the program counts as the agent of that name.",
        ),
    ),
    note="It has to report its requests by OpenTelemetry's GenAI conventions. One instrumentation is enough.",
)
