"""Telemetry that an agent's OpenTelemetry JavaScript SDK wrote to a file in its own form, object after object."""
