"""Codex: the command line, its editor extensions, desktop program and SDKs, which share one telemetry and one history.

Source: docs/formats/codex.md.
"""
