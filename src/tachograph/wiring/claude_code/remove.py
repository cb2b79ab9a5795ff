"""Takes the plugin out of the user's Claude Code, however it came in, and leaves the rest as it was."""

from __future__ import annotations

import json
import shutil
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from tachograph.wiring.claude_code.consent import read_key, unregister_key
from tachograph.wiring.claude_code.files import (
    FileChange,
    aside_of,
    kept_aside,
    put_back,
    read_bytes,
    read_object,
    replacement,
)
from tachograph.wiring.claude_code.places import MARKETPLACE, PLUGIN, PLUGIN_ID, SCOPES, ClaudePlaces, Scope
from tachograph.wiring.claude_code.program import ClaudeProgram, ProgramFailed, command_line
from tachograph.wiring.claude_code.record import Record, forget, recall
from tachograph.wiring.claude_code.wanted import is_enabled, without_plugin

__all__ = ["Removal", "Removed", "plan_removal", "remove"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Everything that a removal will do."""

    places: ClaudePlaces
    record: Record | None
    program: ClaudeProgram | None
    commands: tuple[tuple[str, ...], ...]
    changes: tuple[FileChange, ...]
    folders: tuple[Path, ...]  # deleted with all that is in them
    copies: tuple[Path, ...]  # files of ours among the user's

    @property
    def is_change(self) -> bool:
        """False where nothing of ours is there."""
        return bool(self.commands or self.changes or self.folders or self.copies)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """What a removal did."""

    settings: tuple[Path, ...]
    folders: tuple[Path, ...]
    key_forgotten: bool
    refused: tuple[str, ...]  # commands of `claude` that failed; what they do was done here


def plan_removal(
    places: ClaudePlaces, home: Path, *, records: Path, program: ClaudeProgram | None, keep_data: bool
) -> Removal:
    """What has to be done so that nothing of the plugin is left; nothing is changed.

    Raises:
        ConfigError: a settings file is no plain JSON.
    """
    record = recall(records, places.config)
    changes = []
    scopes: list[Scope] = []
    for scope in SCOPES:
        path = places.settings(scope)
        said = read_object(path)
        if is_enabled(said):
            scopes.append(scope)
        changes.append(_change(path, record, without_plugin(said, places, _made(record, path))))
    known, installed = places.known_marketplaces, places.installed_plugins
    listed = read_object(installed)
    plugins = listed.get("plugins")
    entries = plugins.get(PLUGIN_ID) if isinstance(plugins, dict) else None
    is_known = MARKETPLACE in read_object(known)
    commands: list[tuple[str, ...]] = []
    if program is not None and program.has_plugins:
        named = [e.get("scope") for e in entries if isinstance(e, dict)] if isinstance(entries, list) else []
        found = [scope for scope in SCOPES if scope in named]
        commands += [("uninstall", PLUGIN_ID, "--scope", scope) for scope in found]
        if is_known:
            commands.append(("marketplace", "remove", MARKETPLACE))
    if is_known:
        rest = {key: value for key, value in read_object(known).items() if key != MARKETPLACE}
        changes.append(_change(known, record, rest))
    if isinstance(plugins, dict) and PLUGIN_ID in plugins:
        rest = {**listed, "plugins": {key: value for key, value in plugins.items() if key != PLUGIN_ID}}
        changes.append(_change(installed, record, rest))
    folders = [places.cache / PLUGIN, home / "plugin", *(() if keep_data else (places.data, aside_of(places.data)))]
    copies = [Path(path) for path in (record.copies if record else ())]
    return Removal(
        places=places, record=record, program=program, commands=tuple(commands),
        changes=tuple(change for change in changes if change.is_change),
        folders=tuple(folder for folder in folders if folder.exists()),
        copies=tuple(path for path in copies if path.exists()),
    )  # fmt: skip


def remove(removal: Removal, *, keys: Path, records: Path) -> Removed:
    """Do it. What `claude` refuses to do is done by hand; afterwards nothing of ours is there in any case.

    Raises:
        ConfigError: a settings file cannot be read or written.
    """
    places, record = removal.places, removal.record
    held = [folder for folder in (places.data, aside_of(places.data)) if folder in removal.folders]
    key = next((key for folder in held if (key := read_key(folder)) is not None), None)
    watched = [places.settings(scope) for scope in SCOPES] + [places.known_marketplaces, places.installed_plugins]
    before = {path: read_bytes(path) for path in watched}
    refused: list[str] = []
    if removal.program is not None:
        with nullcontext() if held else kept_aside(places.data):
            refused += _refused(removal.program, removal.commands)
    for path in watched:
        _leave(path, before[path], places, record)
    for path in removal.copies:
        path.unlink(missing_ok=True)
        _tidy(path.parent, places.config)
    for folder in removal.folders:
        _delete(folder)
        _tidy(folder.parent, places.config)
    forgotten = key is not None and unregister_key(keys, key)
    forget(records, places.config)
    touched = tuple(path for path in watched if read_bytes(path) != before[path])
    return Removed(settings=touched, folders=removal.folders, key_forgotten=forgotten, refused=tuple(refused))


def _delete(folder: Path) -> None:
    """Delete the folder at once: whatever still writes into it, as a shipper does for seconds, finds it gone."""
    gone = folder.with_name(f".{folder.name}.removed")
    shutil.rmtree(gone, ignore_errors=True)
    try:
        folder.rename(gone)
    except OSError:
        gone = folder  # not there any more, or (Windows) with an open file in it
    shutil.rmtree(gone, ignore_errors=True)


def _refused(program: ClaudeProgram, commands: tuple[tuple[str, ...], ...]) -> list[str]:
    """Run the commands; those that failed."""
    refused = []
    for words in commands:
        try:
            program.run(*words)
        except ProgramFailed:
            refused.append(command_line(words))
    return refused


def _change(path: Path, record: Record | None, wanted: dict[str, object]) -> FileChange:
    now = read_bytes(path)
    return FileChange(path=path, before=now, after=_as_found(path, record, replacement(path, wanted, now=now)))


def _leave(path: Path, before: bytes | None, places: ClaudePlaces, record: Record | None) -> None:
    """Write the file as it was but for what is ours, and for what `claude` itself changed besides."""
    said = read_object(path)
    wanted = without_plugin(said, places, _made(record, path))
    wanted.pop(MARKETPLACE, None) if path == places.known_marketplaces else None
    plugins = wanted.get("plugins")
    if path == places.installed_plugins and isinstance(plugins, dict):
        plugins.pop(PLUGIN_ID, None)
    put_back(path, _as_found(path, record, replacement(path, wanted, now=before)))


def _as_found(path: Path, record: Record | None, data: bytes | None) -> bytes | None:
    """A file that says nothing any more is what it was before the installation: not there, or as blank."""
    found = record.found(path) if record else None
    if data is None or found is None or not _says_nothing(data):
        return data
    if not found.existed:
        return None
    return data if found.blank is None else found.blank.encode()


def _says_nothing(data: bytes) -> bool:
    try:
        said = json.loads(data.decode("utf-8-sig").strip() or "{}")
    except ValueError:
        return False
    return said in ({}, {"version": 2, "plugins": {}})


def _made(record: Record | None, path: Path) -> tuple[str, ...]:
    found = record.found(path) if record else None
    return found.made if found else ()


def _tidy(folder: Path, top: Path) -> None:
    """Take away folders that are empty now, up to the configuration folder."""
    while folder != top and folder.is_relative_to(top):
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
