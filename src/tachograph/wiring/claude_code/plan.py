"""What has to be done so that the plugin is in the user's Claude Code, in a form that can be shown before it is done.

Three ways, by what is there. Where `claude` has plugin commands, those do it, so that its own rules and an organisation's
are obeyed; it writes the settings in its own layout, so the user's text is put back with our lines in it. Where there is
no `claude`, the settings and the list of marketplaces are written as it would. Claude Code 1 has plugins behind a switch
only: there the hooks go into the settings and run a copy. Tried on 1.0.128, 2.0.76, 2.1.72, 2.1.197 and 2.1.328.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tachograph.wiring.claude_code.files import FileChange, read_bytes, read_object, replacement
from tachograph.wiring.claude_code.places import (
    MARKETPLACE,
    PLUGIN,
    PLUGIN_ID,
    ClaudePlaces,
    Scope,
    packaged_marketplace,
)
from tachograph.wiring.claude_code.program import ClaudeProgram
from tachograph.wiring.claude_code.record import recall
from tachograph.wiring.claude_code.wanted import (
    Method,
    digest,
    hooks_of,
    plugin_version,
    with_hooks,
    with_plugin,
    without_hooks,
)
from tachograph_sdk.errors import ConfigError

__all__ = ["Plan", "plan_install"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that an installation will do."""

    places: ClaudePlaces
    home: Path
    scope: Scope
    method: Method
    version: str
    source: Path  # the packaged marketplace
    marketplace: Path  # the copy that Claude Code is told of
    program: ClaudeProgram | None
    commands: tuple[tuple[str, ...], ...] = ()  # words behind `claude plugin`
    changes: tuple[FileChange, ...] = ()
    copies: tuple[tuple[Path, Path], ...] = ()  # folder from, folder to
    written: tuple[tuple[Path, bytes], ...] = ()  # files of ours among the user's

    @property
    def is_change(self) -> bool:
        """False where the plugin is in already, in this version."""
        return bool(self.commands or self.copies or self.written or self.changes)


def plan_install(
    places: ClaudePlaces,
    home: Path,
    *,
    scope: Scope,
    program: ClaudeProgram | None,
    records: Path,
    source: Path | None = None,
) -> Plan:
    """What has to be done so that the plugin is in; nothing is changed.

    Raises:
        ConfigError: a settings file is no plain JSON, or this scope is not to be had there.
    """
    source = source or packaged_marketplace()
    version = plugin_version(source / PLUGIN)
    if version is None:
        raise ConfigError("this installation of tachograph has no plugin in it", hint="install tachograph again")
    method: Method = "files" if program is None else "claude" if program.has_plugins else "hooks"
    marketplace = home / "plugin"
    if method == "hooks":
        return _plan_hooks(places, home, scope, program, source, version, records)
    foreign = _foreign_marketplace(places, marketplace)
    told = None if foreign else marketplace
    changes = []
    for path in dict.fromkeys((places.settings("user"), places.settings(scope))):
        now, is_user = read_bytes(path), path == places.settings("user")
        bare = without_hooks(
            read_object(path), places, _made(records, places, path)
        )  # left by an installation into 1.x
        wanted = with_plugin(bare, enable=path == places.settings(scope), marketplace=told if is_user else None)
        changes.append(FileChange(path=path, before=now, after=replacement(path, wanted, now=now)))
    commands: list[tuple[str, ...]] = []
    known = read_object(places.known_marketplaces)
    if method == "claude":
        is_known = MARKETPLACE in known
        if not foreign and _directory_of(known) != str(marketplace):
            commands += [("marketplace", "remove", MARKETPLACE)] if is_known else []
            commands.append(("marketplace", "add", str(marketplace)))
        if commands or not _is_installed(places, scope, version):
            commands.append(("install", PLUGIN_ID, "--scope", scope))
    elif not foreign and _directory_of(known) != str(marketplace):
        now = read_bytes(places.known_marketplaces)
        after = replacement(places.known_marketplaces, known | {MARKETPLACE: _entry(marketplace)}, now=now)
        changes.append(FileChange(path=places.known_marketplaces, before=now, after=after))
    same = foreign or (marketplace.is_dir() and digest(marketplace) == digest(source))
    return Plan(
        places=places, home=home, scope=scope, method=method, version=version, source=source, marketplace=marketplace,
        program=program, commands=tuple(commands), changes=tuple(change for change in changes if change.is_change),
        copies=() if same else ((source, marketplace),),
    )  # fmt: skip


def _plan_hooks(
    places: ClaudePlaces,
    home: Path,
    scope: Scope,
    program: ClaudeProgram | None,
    source: Path,
    version: str,
    records: Path,
) -> Plan:
    if scope != "user":
        said = program.version if program else "1"
        raise ConfigError(f"Claude Code {said} takes the plugin for the user only", hint="leave out --scope")
    target = places.cache / PLUGIN / version
    if set(target.as_posix()) & set('"$`\n'):
        raise ConfigError(f"{target} cannot stand in a command of Claude Code {program.version if program else 1}")
    path = places.settings("user")
    now = read_bytes(path)
    bare = without_hooks(read_object(path), places, _made(records, places, path), but=target)
    wanted = with_hooks(bare, hooks_of(source / PLUGIN, target))
    change = FileChange(path=path, before=now, after=replacement(path, wanted, now=now))
    written = []
    for command in sorted((source / PLUGIN / "commands").glob("*.md")):
        text = command.read_bytes().replace(b"${CLAUDE_PLUGIN_ROOT}", target.as_posix().encode())
        place = places.config / "commands" / PLUGIN / command.name
        if read_bytes(place) != text:
            written.append((place, text))
    same = target.is_dir() and digest(target) == digest(source / PLUGIN)
    return Plan(
        places=places, home=home, scope=scope, method="hooks", version=version, source=source, marketplace=target,
        program=program, changes=(change,) if change.is_change else (),
        copies=() if same else ((source / PLUGIN, target),), written=tuple(written),
    )  # fmt: skip


def _entry(marketplace: Path) -> dict[str, Any]:
    """How Claude Code lists a marketplace that is a folder."""
    updated = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    source = {"source": "directory", "path": str(marketplace)}
    return {"source": source, "installLocation": str(marketplace), "lastUpdated": updated}


def _made(records: Path, places: ClaudePlaces, path: Path) -> tuple[str, ...]:
    """What an earlier installation put into this file that was not there at all."""
    earlier = recall(records, places.config)
    found = earlier.found(path) if earlier else None
    return found.made if found else ()


def _directory_of(known: dict[str, Any]) -> str | None:
    entry = known.get(MARKETPLACE)
    source = entry.get("source") if isinstance(entry, dict) else None
    return source.get("path") if isinstance(source, dict) and source.get("source") == "directory" else None


def _foreign_marketplace(places: ClaudePlaces, marketplace: Path) -> bool:
    """Whether the marketplace was added from elsewhere, such as a repository or a checkout: then that one is used."""
    known = read_object(places.known_marketplaces)
    if MARKETPLACE not in known:
        return False
    folder = _directory_of(known)
    return folder is None or (
        folder != str(marketplace) and Path(folder, ".claude-plugin", "marketplace.json").exists()
    )


def _is_installed(places: ClaudePlaces, scope: Scope, version: str) -> bool:
    """Whether Claude Code lists this version in this scope."""
    held = read_object(places.installed_plugins).get("plugins")
    entries = held.get(PLUGIN_ID) if isinstance(held, dict) else None
    return any(
        isinstance(entry, dict) and entry.get("scope") == scope and entry.get("version") == version
        for entry in (entries if isinstance(entries, list) else [])
    )
