"""A stand-in for `claude`: it writes what the real ones were seen to write, and as they do; standard library only.

    python plugin_fake_claude.py VERSION plugin install metrics@tachograph --scope user

Recorded from 2.0.76, 2.1.72, 2.1.197 and 2.1.328 (played by tools/real_clients): each re-indents settings.json with two blanks, leaves
`enabledPlugins: {}` behind, and marks its copy `.orphaned_at`. 2.0.76 does not write the marketplace into the settings and
fails where it is known already; newer ones take out a marketplace's plugins with it. 2.1.197 and newer delete the
plugin's data. FAKE_CLAUDE_FAILS names a command that fails,
after it has begun to write; FAKE_CLAUDE_DROPS a setting that this version takes out by itself.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

STAMP = "2026-11-20T12:51:36.317Z"


def main(version: str, words: list[str]) -> int:
    config = Path(os.environ.get("CLAUDE_CONFIG_DIR") or Path.home() / ".claude")
    log = os.environ.get("FAKE_CLAUDE_LOG")
    if log:
        with open(log, "a") as file:
            file.write(" ".join(words) + "\n")
    if words == ["--version"]:
        print(f"{version} (Claude Code)")
        return 0
    if version.startswith("1.") or words[:1] != ["plugin"]:
        print("started a session with this prompt")  # what Claude Code 1 makes of `claude plugin …`
        return 0
    drops = os.environ.get("FAKE_CLAUDE_DROPS")
    if drops:
        settings = load(config / "settings.json")
        if settings.pop(drops, None) is not None:
            save(config / "settings.json", settings)
    verb = words[2] if words[1] == "marketplace" else words[1]
    name = f"marketplace {verb}" if words[1] == "marketplace" else verb
    code = {"marketplace add": add, "marketplace remove": drop, "install": install, "uninstall": uninstall}[name](
        version, config, words[3] if words[1] == "marketplace" else words[2], words
    )
    if os.environ.get("FAKE_CLAUDE_FAILS") == name:
        print(f"✘ Failed to {name}: no particular reason")
        return 1
    return code


def add(version: str, config: Path, folder: str, _: list[str]) -> int:
    name = json.loads((Path(folder) / ".claude-plugin" / "marketplace.json").read_text())["name"]
    known = load(config / "plugins" / "known_marketplaces.json")
    if name in known and version.startswith("2.0."):
        print(f"✘ Failed to add marketplace: Marketplace '{name}' is already installed.")
        return 1
    source = {"source": "directory", "path": folder}
    known.setdefault(name, {"source": source, "installLocation": folder, "lastUpdated": STAMP})
    save(config / "plugins" / "known_marketplaces.json", known)
    if not version.startswith("2.0."):
        settings = load(config / "settings.json")
        settings.setdefault("extraKnownMarketplaces", {})[name] = {"source": source}
        save(config / "settings.json", settings)
    return 0


def drop(version: str, config: Path, name: str, __: list[str]) -> int:
    known = load(config / "plugins" / "known_marketplaces.json")
    if known.pop(name, None) is None:
        print(f"✘ Failed to remove marketplace: Marketplace '{name}' not found")
        return 1
    save(config / "plugins" / "known_marketplaces.json", known)
    settings = load(config / "settings.json")
    if settings.get("extraKnownMarketplaces", {}).pop(name, None) is not None:
        save(config / "settings.json", settings)
    listed = load(config / "plugins" / "installed_plugins.json").get("plugins", {})
    for plugin in [plugin for plugin in listed if plugin.endswith(f"@{name}")] if version[:3] != "2.0" else []:
        uninstall(version, config, plugin, [])
    return 0


def install(_: str, config: Path, plugin: str, words: list[str]) -> int:
    scope = words[words.index("--scope") + 1] if "--scope" in words else "user"
    name, _, market = plugin.partition("@")
    location = Path(load(config / "plugins" / "known_marketplaces.json")[market]["installLocation"])
    entries = json.loads((location / ".claude-plugin" / "marketplace.json").read_text())["plugins"]
    source = location / next(entry["source"] for entry in entries if entry["name"] == name)
    version = json.loads((source / ".claude-plugin" / "plugin.json").read_text())["version"]
    target = config / "plugins" / "cache" / market / name / version
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
    held = load(config / "plugins" / "installed_plugins.json") or {"version": 2, "plugins": {}}
    entry = {"scope": scope, "installPath": str(target), "version": version, "installedAt": STAMP, "lastUpdated": STAMP}
    held["plugins"][plugin] = [*[e for e in held["plugins"].get(plugin, []) if e["scope"] != scope], entry]
    save(config / "plugins" / "installed_plugins.json", held)
    path = settings_of(config, scope)
    settings = load(path)
    settings.setdefault("enabledPlugins", {})[plugin] = True
    save(path, settings)
    return 0


def uninstall(version: str, config: Path, plugin: str, words: list[str]) -> int:
    scope = words[words.index("--scope") + 1] if "--scope" in words else "user"
    held = load(config / "plugins" / "installed_plugins.json")
    entries = [e for e in held.get("plugins", {}).get(plugin, []) if e["scope"] == scope]
    if not entries:
        print(f'✘ Failed to uninstall plugin "{plugin}": Plugin "{plugin}" not found in installed plugins')
        return 1
    del held["plugins"][plugin]
    save(config / "plugins" / "installed_plugins.json", held)
    path = settings_of(config, scope)
    settings = load(path)
    settings.get("enabledPlugins", {}).pop(plugin, None)
    save(path, settings)
    (Path(entries[0]["installPath"]) / ".orphaned_at").write_text(STAMP)
    if version not in ("2.0.76", "2.1.72"):
        shutil.rmtree(config / "plugins" / "data" / plugin.replace("@", "-"), ignore_errors=True)
    return 0


def settings_of(config: Path, scope: str) -> Path:
    if scope == "user":
        return config / "settings.json"
    return Path.cwd() / ".claude" / ("settings.json" if scope == "project" else "settings.local.json")


def load(path: Path) -> dict[str, Any]:
    try:
        said: dict[str, Any] = json.loads(path.read_text("utf-8-sig") or "{}")
    except FileNotFoundError:
        return {}
    return said


def save(path: Path, said: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said, indent=2, ensure_ascii=False) + ("\n" if path.name.startswith("settings") else ""))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
