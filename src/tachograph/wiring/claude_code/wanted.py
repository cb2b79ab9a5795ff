"""What the settings have to say with the plugin and without it, and what Claude Code reads the hooks from."""

from __future__ import annotations

import copy
import hashlib
import json
from pathlib import Path
from typing import Any, Literal

from tachograph.wiring.claude_code.places import MARKETPLACE, PLUGIN, PLUGIN_ID, ClaudePlaces

__all__ = [
    "Method",
    "digest",
    "hooks_of",
    "is_enabled",
    "plugin_version",
    "with_hooks",
    "with_plugin",
    "without_hooks",
    "without_plugin",
]

Method = Literal["claude", "files", "hooks"]

ENABLED, MARKETPLACES, HOOKS = "enabledPlugins", "extraKnownMarketplaces", "hooks"


def plugin_version(metrics: Path) -> str | None:
    """The version that this copy of the plugin names; None where there is no plugin."""
    try:
        said = json.loads((metrics / ".claude-plugin" / "plugin.json").read_bytes())
    except (OSError, ValueError):
        return None
    version = said.get("version") if isinstance(said, dict) else None
    return version if isinstance(version, str) else None


def digest(folder: Path) -> str:
    """One hash over the names and contents of all files in the folder; what an interpreter left there does not count."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            total.update(f"{path.relative_to(folder).as_posix()}\0".encode())
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def is_enabled(settings: dict[str, Any]) -> bool:
    """Whether these settings switch the plugin on."""
    plugins = settings.get(ENABLED)
    return isinstance(plugins, dict) and plugins.get(PLUGIN_ID) is True


def with_plugin(settings: dict[str, Any], *, enable: bool, marketplace: Path | None) -> dict[str, Any]:
    """These settings with the plugin switched on, and with the marketplace's folder where one is given."""
    wanted = copy.deepcopy(settings)
    if marketplace is not None:
        source = {"source": {"source": "directory", "path": str(marketplace)}}
        wanted[MARKETPLACES] = {**_object(wanted, MARKETPLACES), MARKETPLACE: source}
    if enable:
        wanted[ENABLED] = {**_object(wanted, ENABLED), PLUGIN_ID: True}
    return wanted


def with_hooks(settings: dict[str, Any], hooks: dict[str, list[Any]]) -> dict[str, Any]:
    """These settings with the plugin's hooks behind the user's own."""
    wanted = copy.deepcopy(settings)
    held = wanted[HOOKS] = dict(_object(wanted, HOOKS))
    for event, groups in hooks.items():
        own = held.get(event)
        own = own if isinstance(own, list) else []
        held[event] = own + [group for group in groups if group not in own]
    return wanted


def hooks_of(metrics: Path, root: Path) -> dict[str, list[Any]]:
    """The plugin's hooks as settings have them: with the folder's path where a plugin's file has a variable.

    Claude Code 1 passes a plugin's folder to the hooks of plugins only, and has those behind a switch.
    """
    said = json.loads((metrics / "hooks" / "hooks.json").read_bytes())["hooks"]
    placed: dict[str, list[Any]] = _replaced(said, "${CLAUDE_PLUGIN_ROOT}", root.as_posix())
    return placed


def without_plugin(settings: dict[str, Any], places: ClaudePlaces, made: tuple[str, ...]) -> dict[str, Any]:
    """These settings without anything of ours; an object that became empty goes too where we `made` it."""
    wanted = without_hooks(settings, places, made)
    for name, key in ((ENABLED, PLUGIN_ID), (MARKETPLACES, MARKETPLACE)):
        held = wanted.get(name)
        if isinstance(held, dict) and not (name == MARKETPLACES and _others_need_it(wanted)):
            held.pop(key, None)
            if not held and name in made:
                del wanted[name]
    return wanted


def without_hooks(
    settings: dict[str, Any], places: ClaudePlaces, made: tuple[str, ...], *, but: Path | None = None
) -> dict[str, Any]:
    """These settings without hooks that run a copy of ours, but for those that run this one."""
    wanted = copy.deepcopy(settings)
    hooks = wanted.get(HOOKS)
    if not isinstance(hooks, dict):
        return wanted
    for event, groups in list(hooks.items()):
        if isinstance(groups, list):
            hooks[event] = [group for group in groups if not _is_ours(group, places, but)]
            if groups and not hooks[event] and f"{HOOKS}.{event}" in made:
                del hooks[event]
    if not hooks and HOOKS in made:
        del wanted[HOOKS]
    return wanted


def _others_need_it(settings: dict[str, Any]) -> bool:
    """Whether another plugin of this marketplace is named."""
    plugins = settings.get(ENABLED)
    return isinstance(plugins, dict) and any(
        isinstance(name, str) and name.endswith(f"@{MARKETPLACE}") and name != PLUGIN_ID for name in plugins
    )


def _is_ours(group: Any, places: ClaudePlaces, but: Path | None) -> bool:
    said = _strings(group)
    return (places.cache / PLUGIN).as_posix() in said and (but is None or but.as_posix() not in said)


def _strings(value: Any) -> str:
    if isinstance(value, dict):
        return "\n".join(_strings(inner) for inner in value.values())
    if isinstance(value, list):
        return "\n".join(_strings(inner) for inner in value)
    return value if isinstance(value, str) else ""


def _replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(inner, old, new) for key, inner in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, old, new) for inner in value]
    return value.replace(old, new) if isinstance(value, str) else value


def _object(settings: dict[str, Any], name: str) -> dict[str, Any]:
    held = settings.get(name)
    return held if isinstance(held, dict) else {}
