"""How Claude Code's telemetry stands in its settings files: what is set where, and whether it leads to this receiver."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from tachograph.wiring.claude_code.files import read_object
from tachograph.wiring.claude_code.places import ClaudePlaces, Scope, managed_settings
from tachograph.wiring.claude_code.telemetry_record import recall
from tachograph.wiring.claude_code.variables import DIVERTING, VARIABLES, Receiver, env_of, is_a_no, is_on, wishes
from tachograph_sdk.errors import ConfigError

__all__ = ["SetIn", "State", "TelemetryStatus", "telemetry_status"]

_IN_PROJECT: tuple[Scope, ...] = ("local", "project")

State = Literal["here", "elsewhere", "off", "unreadable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SetIn:
    """The variables in one settings file."""

    scope: str  # managed, user, project, local
    path: Path
    variables: Mapping[str, Any]
    counts: bool  # Claude Code takes them from there; else only those that switch something off
    problem: str | None = None  # why the file cannot be read


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryStatus:
    """What the files say. Not seen: `--settings`, which goes before the user's file, and the shell, which goes behind it."""

    state: State
    files: tuple[SetIn, ...]  # those that are there
    put: Mapping[str, str | None]  # by `tachograph otel enable`
    missing: tuple[str, ...]  # variables that would have to change to lead here


def telemetry_status(places: ClaudePlaces, receiver: Receiver | None, *, records: Path) -> TelemetryStatus:
    """Look at the files; changes nothing. Without a receiver nothing leads here."""
    files = [_read(scope, path) for scope, path in _paths(places)]
    found = tuple(file for file in files if file is not None)
    record = recall(records, places.config)
    env: dict[str, Any] = {}
    for file in reversed(found):
        env |= file.variables if file.counts else {n: v for n, v in file.variables.items() if is_a_no(n, v)}
    missing: tuple[str, ...] = ()
    state: State = "off"
    if any(file.problem and file.counts for file in found):
        state = "unreadable"
    elif receiver is None:
        state = "elsewhere" if is_on(env) else "off"
    else:
        wanted = wishes(env, receiver, ours={})
        missing = tuple(wish.name for wish in wanted)
        state = "here" if not wanted else "elsewhere" if is_on(env) else "off"
    return TelemetryStatus(state=state, files=found, put=dict(record.put) if record else {}, missing=missing)


def _paths(places: ClaudePlaces) -> tuple[tuple[str, Path], ...]:
    """Those that count most first."""
    user = places.settings("user")
    own = [(scope, places.settings(scope)) for scope in _IN_PROJECT]
    beside = [(scope, path) for scope, path in own if path != user]  # whose project is their home folder
    return (("managed", managed_settings()), *beside, ("user", user))


def _read(scope: str, path: Path) -> SetIn | None:
    counts = scope in ("managed", "user")  # of a repository's file only a no does (Claude Code 2.1.282)
    try:
        env = env_of(path, read_object(path))
    except ConfigError as error:
        return SetIn(scope=scope, path=path, variables={}, counts=counts, problem=error.message)
    named = {name: env[name] for name in (*VARIABLES, *DIVERTING) if name in env}
    return SetIn(scope=scope, path=path, variables=named, counts=counts) if named else None
