"""What connecting agents needs of the user's own files; `wiring` does it."""

from __future__ import annotations

from typing import Any, Protocol

__all__ = ["Setup"]


class Setup(Protocol):
    """The user's own agents, as far as this program may look at them and change them."""

    def histories(self) -> list[dict[str, Any]]:
        """By agent and place, what an import would find: agent, where, files (None: no such place)."""

    def wired(self) -> dict[str, Any]:
        """How Claude Code's telemetry (`otel`) and the plugin (`plugin`) stand."""

    def otel(self, *, enable: bool, dry_run: bool, force: bool) -> dict[str, Any]:
        """Switch Claude Code's telemetry on or off, or only say what that would change. Raises ConfigError."""

    def plugin(self, *, install: bool, dry_run: bool, allow: bool | None) -> dict[str, Any]:
        """Put the plugin in or take it out, or only say what that would do. Raises TachographError."""
