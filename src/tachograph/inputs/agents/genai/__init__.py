"""Any program that follows OpenTelemetry's GenAI semantic conventions: docs/formats/genai.md."""
