"""GitHub Copilot CLI: docs/formats/copilot_cli.md."""
