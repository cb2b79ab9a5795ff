"""How Claude Code is connected: see docs/guides/claude-code.md."""

from __future__ import annotations

from tachograph.inputs.agents.kit.setup import USUAL_HTTP, AgentSetup, SettingsBlock

__all__ = ["SETUP"]

SETUP = AgentSetup(
    agent="claude_code",
    name="Claude Code",
    blocks=(
        SettingsBlock(
            kind="json",
            target="~/.claude/settings.json",
            text=f"""{{
  "env": {{
    "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
    "OTEL_EXPORTER_OTLP_ENDPOINT": "{USUAL_HTTP}"
  }}
}}""",
            note="`tachograph otel enable` writes this into the file, beside what is there.",
        ),
        SettingsBlock(
            kind="shell",
            target="the shell that Claude Code is started from",
            text=f"""export CLAUDE_CODE_ENABLE_TELEMETRY=1
export OTEL_LOGS_EXPORTER=otlp
export OTEL_METRICS_EXPORTER=otlp
export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_EXPORTER_OTLP_ENDPOINT={USUAL_HTTP}""",
            note="Instead of the file, for one shell.",
        ),
    ),
    note="Transcripts are read without any setting. Telemetry adds errors, retries, decisions on tools and active time.",
)
