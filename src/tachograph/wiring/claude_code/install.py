"""Does what a plan says, or nothing at all of it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tachograph.wiring.claude_code.consent import key_id_of, make_key, read_consent, register_key, write_consent
from tachograph.wiring.claude_code.files import kept_aside, put_back, read_bytes, read_object, replacement
from tachograph.wiring.claude_code.json_text import read_text
from tachograph.wiring.claude_code.places import PLUGIN
from tachograph.wiring.claude_code.plan import Plan
from tachograph.wiring.claude_code.record import Found, Record, remember
from tachograph.wiring.claude_code.wanted import hooks_of
from tachograph_sdk.errors import ConfigError

__all__ = ["Decision", "Installed", "install"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the user said about sending."""

    granted: bool
    endpoint: str
    form: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What an installation did."""

    plan: Plan
    decision: Decision | None
    key_id: str | None
    also_changed: tuple[str, ...] = ()  # settings that Claude Code itself changed while it was asked


@dataclass(slots=True)
class _Undo:
    """What to do, last first, if it does not go well."""

    steps: list[Callable[[], None]] = field(default_factory=list)
    leftovers: list[Path] = field(default_factory=list)  # folders that are needed only to undo

    def file(self, path: Path) -> None:
        """Put this file back as it is now."""
        held = read_bytes(path)
        self.steps.append(lambda: put_back(path, held))

    def folder(self, path: Path) -> None:
        """Take away this folder, and those above it that are not there now."""
        if not path.exists():
            top = next(p for p in (path, *path.parents) if p.parent.exists())
            self.steps.append(lambda: shutil.rmtree(top, ignore_errors=True))

    def all(self) -> None:
        for step in reversed(self.steps):
            step()


def install(plan: Plan, decision: Decision | None, *, keys: Path, records: Path) -> Installed:
    """Do what the plan says, and write down what was decided. If any of it fails, all is as it was before.

    Args:
        decision: None leaves the consent as it stands.
        keys: the receiver's list of keys.
        records: where it is written down how to undo this.

    Raises:
        ProgramFailed: `claude` refused.
        ConfigError: a file cannot be read or written.
    """
    places, undo = plan.places, _Undo()
    settings = tuple(dict.fromkeys((places.settings("user"), places.settings(plan.scope))))
    watched = (*settings, places.known_marketplaces, places.installed_plugins, keys, records)
    for path in (*watched, places.data / "consent.json", places.data / "ingest.key"):
        undo.file(path)
    for folder in (places.cache, places.data, plan.marketplace, places.config / "commands" / PLUGIN):
        undo.folder(folder)
    try:
        record = _record(plan, (*settings, places.known_marketplaces, places.installed_plugins))
        for origin, target in plan.copies:
            _copy(origin, target, undo)
        for path, data in plan.written:
            undo.file(path)
            put_back(path, data)
        also = _make(plan, settings)
        key_id = None
        if decision is not None:
            write_consent(places.data, granted=decision.granted, endpoint=decision.endpoint, form=decision.form)
        consent = read_consent(places.data)
        if consent is not None and consent["status"] == "granted":
            key = make_key(places.data)
            register_key(keys, key)
            key_id = key_id_of(key)
        remember(records, places.config, record)
    except OSError as error:
        undo.all()
        raise ConfigError(f"a file could not be written: {error.strerror}", hint="nothing was changed") from error
    except BaseException:
        undo.all()
        raise
    for leftover in undo.leftovers:
        shutil.rmtree(leftover, ignore_errors=True)
    return Installed(plan=plan, decision=decision, key_id=key_id, also_changed=also)


def _make(plan: Plan, settings: tuple[Path, ...]) -> tuple[str, ...]:
    """Run the commands and write the files; names of settings that Claude Code changed by itself."""
    before = {path: read_bytes(path) for path in settings}
    said = {path: read_object(path) for path in settings}
    if plan.program is not None and plan.commands:
        with kept_aside(plan.places.data):
            for words in plan.commands:
                plan.program.run(*words)
        if not plan.program.names_allowed_scripts:
            _name_allowed_scripts(plan.places.cache / PLUGIN / plan.version)
    also: dict[str, None] = {}
    for change in plan.changes:
        after = change.after
        if change.path in before and plan.commands:
            left, wanted = read_object(change.path), _said(after)
            ours = {"enabledPlugins", "extraKnownMarketplaces", "hooks"}
            for name in sorted((set(said[change.path]) | set(left)) - ours):
                if left.get(name) != said[change.path].get(name):
                    also[name] = None
                    wanted.pop(name, None)
                    if name in left:
                        wanted[name] = left[name]
            after = replacement(change.path, wanted, now=before[change.path])
        put_back(change.path, after)
    for path in settings:  # an older `claude` writes its own layout also where nothing of ours was to be changed
        if plan.commands and path not in {change.path for change in plan.changes} and path in before:
            put_back(path, replacement(path, read_object(path), now=before[path]))
    return tuple(also)


def _name_allowed_scripts(copy: Path) -> None:
    """Put the path into what the commands of Claude Code's own copy may run, where it does not do that itself."""
    for path in (*copy.glob("commands/*.md"), *copy.glob("skills/*/SKILL.md")):
        lines = path.read_bytes().splitlines(keepends=True)
        root = copy.as_posix().encode()
        named = [
            line.replace(b"${CLAUDE_PLUGIN_ROOT}", root) if line.startswith(b"allowed-tools:") else line
            for line in lines
        ]
        if named != lines:
            put_back(path, b"".join(named))


def _record(plan: Plan, files: tuple[Path, ...]) -> Record:
    found = []
    for path in dict.fromkeys(files):
        data, said = read_bytes(path), read_object(path)
        made = [name for name in ("enabledPlugins", "extraKnownMarketplaces", "hooks") if name not in said]
        hooks = said.get("hooks")
        made += [f"hooks.{name}" for name in hooks_of(plan.source / PLUGIN, plan.source) if not (hooks or {}).get(name)]
        blank = data.decode("utf-8", "replace") if data is not None and not said else None
        found.append(Found(path=str(path), existed=data is not None, blank=blank, made=tuple(made)))
    copies = tuple(str(path) for path, _ in plan.written)
    return Record(scope=plan.scope, method=plan.method, version=plan.version, files=tuple(found), copies=copies)


def _copy(origin: Path, target: Path, undo: _Undo) -> None:
    """Make the folder an exact copy, by two renames; what was there comes back if the rest fails."""
    fresh, held = target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.before")
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in (fresh, held):
        shutil.rmtree(leftover, ignore_errors=True)
    shutil.copytree(origin, fresh, ignore=shutil.ignore_patterns("__pycache__"))
    if target.exists():

        def back() -> None:
            shutil.rmtree(target, ignore_errors=True)
            held.rename(target)

        target.rename(held)
        undo.steps.append(back)
        undo.leftovers.append(held)
    fresh.rename(target)


def _said(data: bytes | None) -> dict[str, Any]:
    said = read_text(data.decode()) if data else {}
    return dict(said) if isinstance(said, dict) else {}
