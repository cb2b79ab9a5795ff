"""Claude Code's own telemetry, switched on and off in the user's settings: what will change, and the change."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from tachograph.wiring.claude_code.files import FileChange, read_bytes, read_object, replacement
from tachograph.wiring.claude_code.places import ClaudePlaces
from tachograph.wiring.claude_code.telemetry_record import Splice, TelemetryRecord, forget, recall, remember
from tachograph.wiring.claude_code.variables import Receiver, Wish, env_of, wishes
from tachograph_sdk.errors import ConfigError

__all__ = ["ForeignValues", "TelemetryPlan", "make", "plan_disable", "plan_enable"]


class ForeignValues(ConfigError):
    """The settings name another receiver, and nobody said that this is to be changed."""

    code = "foreign_values"


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryPlan:
    """What will be done to one settings file."""

    places: ClaudePlaces
    change: FileChange
    wishes: tuple[Wish, ...]  # variables that will be other than they are
    record: TelemetryRecord | None  # what is remembered once it is done; None: nothing
    left: tuple[str, ...] = ()  # variables that somebody changed since, and that stay

    @property
    def is_change(self) -> bool:
        """False where all is as it should be."""
        return self.change.is_change

    @property
    def foreign(self) -> tuple[Wish, ...]:
        """Variables that somebody else set to something else."""
        return tuple(wish for wish in self.wishes if wish.is_foreign)


def plan_enable(places: ClaudePlaces, receiver: Receiver, *, records: Path) -> TelemetryPlan:
    """What has to be done so that Claude Code sends to this receiver; nothing is changed.

    Raises:
        ConfigError: the settings are no plain JSON, or `env` in them is no object.
    """
    path = places.settings("user")
    said, now = read_object(path), read_bytes(path)
    env, record = env_of(path, said), recall(records, places.config)
    wanted = wishes(env, receiver, ours=record.put if record else {})
    texts = [now]
    for wish in wanted:
        said = _with(said, wish.name, wish.wanted, keep=True)
        texts.append(replacement(path, said, now=texts[-1]))
    after = texts[-1]
    change = FileChange(path=path, before=now, after=after)
    if not wanted or after is None:
        return TelemetryPlan(places=places, change=change, wishes=(), record=record)
    if record is None:
        record = TelemetryRecord(
            existed=now is not None, blank=_blank(now), made_env="env" not in read_object(path),
        )  # fmt: skip
    elif _digest(now) != record.digest:  # somebody changed it since: it cannot be undone character by character
        record = replace(record, splices=None)
    theirs = {w.name: w.now for w in wanted if w.name not in record.put or record.put[w.name] != w.now}
    before = {name: value for name, value in {**record.before, **theirs}.items() if value is not None}
    record = replace(
        record,
        before=before,
        put={**record.put, **{wish.name: wish.wanted for wish in wanted}},
        splices=None if record.splices is None else (*record.splices, *_splices(texts)),
        digest=_digest(after),
    )
    return TelemetryPlan(places=places, change=change, wishes=wanted, record=record)


def plan_disable(places: ClaudePlaces, *, records: Path) -> TelemetryPlan:
    """What has to be done so that the settings are as `plan_enable` found them; nothing is changed.

    What somebody else set, or set otherwise since, stays.

    Raises:
        ConfigError: the settings are no plain JSON, or `env` in them is no object.
    """
    path = places.settings("user")
    said, now = read_object(path), read_bytes(path)
    env, record = env_of(path, said), recall(records, places.config)
    if record is None:
        return TelemetryPlan(places=places, change=FileChange(path=path, before=now, after=now), wishes=(), record=None)
    back = {name: record.before.get(name) for name, value in record.put.items() if env.get(name) == value}
    undone = tuple(
        Wish(name=name, now=env.get(name), wanted=value, is_foreign=False)
        for name, value in back.items()
        if env.get(name) != value
    )
    if now is not None and record.splices is not None and _digest(now) == record.digest:
        after = _undone(now, record)
    else:
        after = _taken_out(path, said, back, record, now)
    left = tuple(name for name in record.put if name not in back)
    change = FileChange(path=path, before=now, after=after)
    return TelemetryPlan(places=places, change=change, wishes=undone, record=None, left=left)


def make(plan: TelemetryPlan, *, records: Path, force: bool = False) -> None:
    """Write it. What is remembered is written first: a record of what was not done undoes nothing.

    Raises:
        ForeignValues: something would be overwritten that is not ours, without `force`.
        ConfigError: the file changed since it was looked at, or cannot be written.
    """
    if plan.foreign and not force:
        names = ", ".join(wish.name for wish in plan.foreign)
        hint = "look at the difference, then say it again with --force; `tachograph otel disable` puts them back"
        raise ForeignValues(f"{plan.change.path} sets {names} to something else", hint=hint)
    try:
        if plan.record is not None:
            records.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            remember(records, plan.places.config, plan.record)
        if plan.is_change:
            if read_bytes(plan.change.path) != plan.change.before:
                raise ConfigError(f"{plan.change.path} was changed meanwhile", hint="nothing was changed: try again")
            plan.change.make()
        if plan.record is None:
            forget(records, plan.places.config)
    except OSError as error:
        raise ConfigError(f"{plan.change.path} could not be written: {error.strerror}") from error


def _with(said: Mapping[str, Any], name: str, value: str | None, *, keep: bool) -> dict[str, Any]:
    """These settings with one variable more, or less; an `env` that is empty then goes unless `keep`."""
    wanted = copy.deepcopy(dict(said))
    env = wanted.setdefault("env", {})
    if value is None:
        env.pop(name, None)
    else:
        env[name] = value
    if not env and not keep:
        del wanted["env"]
    return wanted


def _taken_out(
    path: Path, said: dict[str, Any], back: Mapping[str, Any], record: TelemetryRecord, now: bytes | None
) -> bytes | None:
    """The file without what is ours, everything else as it is now."""
    if "env" not in said or not back:
        return now
    for name, value in back.items():
        said = _with(said, name, value, keep=not record.made_env)
        if "env" not in said:
            break
    after = replacement(path, said, now=now)
    if said or after is None:
        return after
    return record.blank.encode() if record.blank is not None else after if record.existed else None


def _splices(texts: Sequence[bytes | None]) -> tuple[Splice, ...]:
    """How to come from each text back to the one before it, the first first. Places are in characters."""
    found = []
    for old, new in pairwise(texts):
        was, is_now = (data.decode() if data is not None else "" for data in (old, new))
        most = min(len(was), len(is_now))
        start = next((i for i in range(most) if was[i] != is_now[i]), most)
        most -= start
        end = next((i for i in range(most) if was[-1 - i] != is_now[-1 - i]), most)
        found.append(Splice(place=start, length=len(is_now) - end - start, text=was[start : len(was) - end]))
    return tuple(found)


def _undone(now: bytes, record: TelemetryRecord) -> bytes | None:
    if not record.existed:
        return None
    text = now.decode()
    for splice in reversed(record.splices or ()):
        text = text[: splice.place] + splice.text + text[splice.place + splice.length :]
    return text.encode()


def _digest(data: bytes | None) -> str:
    return hashlib.sha256(data or b"").hexdigest()


def _blank(data: bytes | None) -> str | None:
    """The text of a file that says nothing."""
    return data.decode() if data is not None and not data.decode().strip("\ufeff \t\r\n{}") else None
