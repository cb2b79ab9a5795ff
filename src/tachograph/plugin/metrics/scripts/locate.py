"""Where the data folder is, for commands that a person runs: Claude Code tells its hooks, but not those."""

from __future__ import annotations

import os
from typing import Mapping

import files
import places

__all__ = ["config_folder", "find"]


def config_folder(environ: Mapping[str, str]) -> str:
    """Claude Code's own folder."""
    return environ.get("CLAUDE_CONFIG_DIR") or os.path.join(os.path.expanduser("~"), ".claude")


def find(environ: Mapping[str, str]) -> str | None:
    """The data folder that the hooks of this plugin use; None where it cannot be known.

    As Claude Code says; else by where the plugin was installed to; else by the marketplace that its folder belongs to;
    else the only folder of this plugin that has a decision in it.
    """
    root = places.plugin_root(environ)
    if environ.get("CLAUDE_PLUGIN_DATA") or places.plugin_id(root) != "metrics-inline":
        return places.data_folder(environ)
    data = os.path.join(config_folder(environ), "plugins", "data")
    marketplaces = files.read_json(os.path.join(config_folder(environ), "plugins", "known_marketplaces.json")) or {}
    for name, told in marketplaces.items():
        folder = told.get("installLocation") if isinstance(told, dict) else None
        if isinstance(folder, str) and folder and _is_below(root, folder):
            return os.path.join(data, _as_folder("metrics@" + name))
    try:
        names = sorted(name for name in os.listdir(data) if name.startswith("metrics-"))
    except OSError:
        names = []
    decided = [name for name in names if os.path.exists(os.path.join(data, name, "consent.json"))]
    if len(decided) == 1:
        return os.path.join(data, decided[0])
    return places.data_folder(environ)


def _is_below(path: str, folder: str) -> bool:
    path, folder = os.path.realpath(path), os.path.realpath(folder)
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _as_folder(name: str) -> str:
    return "".join(letter if letter in places.NAME else "-" for letter in name)
