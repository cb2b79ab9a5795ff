"""opencode: docs/formats/opencode.md."""
