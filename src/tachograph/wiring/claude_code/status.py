"""How the plugin stands in the user's Claude Code: in or not, by scope, and whether its endpoint answers."""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tachograph.wiring.claude_code.files import read_object
from tachograph.wiring.claude_code.places import MARKETPLACE, PLUGIN, PLUGIN_ID, SCOPES, ClaudePlaces
from tachograph.wiring.claude_code.wanted import is_enabled, plugin_version
from tachograph_sdk.errors import ConfigError

__all__ = ["InScope", "in_scopes", "is_reachable"]

PATIENCE_S = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class InScope:
    """The plugin in one settings file."""

    scope: str
    settings: Path
    how: str  # "plugin": switched on as a plugin; "hooks": its hooks are in the settings, as for Claude Code 1
    version: str | None  # of the copy that runs; None where it cannot be found


def in_scopes(places: ClaudePlaces) -> tuple[InScope, ...]:
    """Everywhere it is switched on. Twice means that everything is written down twice."""
    found = []
    for scope in SCOPES:
        path = places.settings(scope)
        try:
            said = read_object(path)
        except ConfigError:
            continue
        if is_enabled(said):
            found.append(InScope(scope=scope, settings=path, how="plugin", version=_running(places)))
        version = _version_in_hooks(said, places)
        if version is not None:
            found.append(InScope(scope=scope, settings=path, how="hooks", version=version))
    return tuple(found)


def is_reachable(endpoint: str) -> bool:
    """Whether something at this address answers at all; nothing is sent but a question for its health."""
    parts = urlsplit(endpoint)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=PATIENCE_S)
    try:
        connection.request("GET", "/health")
        connection.getresponse().read(1)
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _running(places: ClaudePlaces) -> str | None:
    """The version that Claude Code runs: of a local folder the folder itself, else its copy."""
    try:
        known, held = read_object(places.known_marketplaces), read_object(places.installed_plugins)
    except ConfigError:
        return None
    plugins = held.get("plugins")
    entries: Any = plugins.get(PLUGIN_ID) if isinstance(plugins, dict) else None
    paths = (
        [entry.get("installPath") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    )
    marketplace = known.get(MARKETPLACE)
    location = marketplace.get("installLocation") if isinstance(marketplace, dict) else None
    copies = [Path(path) for path in paths if isinstance(path, str)]
    copies += [Path(location) / PLUGIN] if isinstance(location, str) else []
    return next((version for copy in copies if (version := plugin_version(copy)) is not None), None)


def _version_in_hooks(said: dict[str, Any], places: ClaudePlaces) -> str | None:
    """The version of the copy that hooks in the settings run."""
    text = str(said.get("hooks", ""))
    versions = sorted(path.name for path in (places.cache / PLUGIN).glob("*"))
    return next((version for version in versions if (places.cache / PLUGIN / version).as_posix() in text), None)
