"""How Codex is connected: see docs/guides/codex.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.setup import USUAL_GRPC, AgentSetup, SettingsBlock

__all__ = ["SETUP"]

SETUP = AgentSetup(
    agent="codex",
    name="Codex",
    blocks=(
        SettingsBlock(
            kind="toml",
            target="~/.codex/config.toml",
            text=f"""[otel]
exporter = {{ otlp-grpc = {{ endpoint = "{USUAL_GRPC}" }} }}
metrics_exporter = {{ otlp-grpc = {{ endpoint = "{USUAL_GRPC}" }} }}
trace_exporter = "none"
log_user_prompt = false""",
            note="A repository's own .codex/config.toml is ignored for this.",
        ),
    ),
    note="Threads on this machine are read without any setting. Telemetry adds retries and the time to the first token.",
)
