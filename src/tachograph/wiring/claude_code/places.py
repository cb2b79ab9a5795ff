"""Where Claude Code keeps what a plugin is made of. Seen on Claude Code 1.0.128, 2.0.76, 2.1.72, 2.1.197, 2.1.328."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

__all__ = [
    "MARKETPLACE",
    "PLUGIN",
    "PLUGIN_ID",
    "SCOPES",
    "ClaudePlaces",
    "Scope",
    "managed_settings",
    "packaged_marketplace",
]

MARKETPLACE = "tachograph"
PLUGIN = "metrics"
PLUGIN_ID = f"{PLUGIN}@{MARKETPLACE}"

Scope = Literal["user", "project", "local"]
SCOPES: tuple[Scope, ...] = get_args(Scope)


def packaged_marketplace() -> Path:
    """The folder in this package that Claude Code can take for a marketplace."""
    import tachograph

    return Path(tachograph.__file__).parent / "plugin"


def managed_settings() -> Path:
    """The settings file of an organisation on this machine; it goes before all others."""
    if sys.platform == "darwin":
        return Path("/Library/Application Support/ClaudeCode/managed-settings.json")
    if sys.platform == "win32":
        return Path("C:/Program Files/ClaudeCode/managed-settings.json")
    return Path("/etc/claude-code/managed-settings.json")


@dataclass(frozen=True, slots=True)
class ClaudePlaces:
    """The files of one Claude Code: its configuration folder, and the folder of the project one stands in."""

    config: Path
    project: Path

    @classmethod
    def of(cls, environ: Mapping[str, str], project: Path) -> ClaudePlaces:
        """As Claude Code itself finds them: CLAUDE_CONFIG_DIR, else .claude in the home folder."""
        chosen = environ.get("CLAUDE_CONFIG_DIR")
        return cls(Path(chosen).expanduser() if chosen else Path.home() / ".claude", project)

    def settings(self, scope: Scope) -> Path:
        """The settings file of this scope."""
        if scope == "user":
            return self.config / "settings.json"
        return self.project / ".claude" / ("settings.json" if scope == "project" else "settings.local.json")

    @property
    def known_marketplaces(self) -> Path:
        """Claude Code's list of marketplaces and where they lie."""
        return self.config / "plugins" / "known_marketplaces.json"

    @property
    def installed_plugins(self) -> Path:
        """Claude Code's list of installed plugins."""
        return self.config / "plugins" / "installed_plugins.json"

    @property
    def cache(self) -> Path:
        """Claude Code's copies of the marketplace's plugins; newer versions run a local folder in place."""
        return self.config / "plugins" / "cache" / MARKETPLACE

    @property
    def data(self) -> Path:
        """The plugin's own data: consent, key, what waits to be sent."""
        return self.config / "plugins" / "data" / f"{PLUGIN}-{MARKETPLACE}"
