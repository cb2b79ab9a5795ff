"""Codex's OpenTelemetry: log events, metrics and spans in our words."""
