"""What must not come in: what somebody objected to, and what was erased and might be read again.

Two files of the home folder, objections.json and tombstones.json, looked at again before each batch in whichever process
records come in. They hold keyed hashes of pseudonyms under labels of their own: neither an identifier nor a pseudonym can
be found in them, and the two files cannot be joined.
"""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.event import RawEvent
from tachograph_sdk.model.subject import Footprint, Selection
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.release import event_id
from tachograph_sdk.private_files import mark_of, replace_file

__all__ = ["Cause", "FreshRefusals", "Hashes", "Refusal", "Refusals", "read_refusals", "refusal_of", "write_refusals"]

log = logging.getLogger(__name__)

_VERSION = 1
_HEX = 24  # of a hash: 96 bits
_ATTRIBUTES = {  # kind of name, part of a selection: attribute of a record
    "user": "user_id",
    "session": "session_id",
    "organization": "organization_id",
    "repository": "repository",
    "project": "project",
}
_PARTS = {
    "user": "users",
    "session": "sessions",
    "organization": "organizations",
    "repository": "repositories",
    "project": "projects",
}


class Cause(StrEnum):
    """Why something must not come in; also the label of its hashes."""

    OBJECTION = "objection"
    ERASURE = "erasure"


class Hashes:
    """Keyed hashes of one label. The same name has another hash under the other label, and another pseudonym."""

    def __init__(self, secret: bytes, cause: Cause) -> None:
        self._secret = secret
        self._label = f"refused\0{cause.value}\0".encode()

    def of(self, kind: str, name: str) -> str:
        """Of a pseudonym ("user", "session", …) or of the id of an event ("event")."""
        message = self._label + kind.encode() + b"\0" + name.encode("utf-8", "surrogatepass")
        return hmac.digest(self._secret, message, "sha256").hex()[:_HEX]

    def __repr__(self) -> str:
        return "Hashes(secret=***)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One reason not to keep something."""

    refusal_id: str  # random
    cause: Cause
    made_us: int  # UTC microseconds since 1970
    names: Mapping[str, frozenset[str]]  # hashes by kind of name: of each kind given, one must be the record's
    sessions: frozenset[str] = frozenset()  # hashes of sessions of which everything is meant, whatever it says itself
    events: frozenset[str] = frozenset()  # hashes of ids of single records
    start_us: int | None = None  # of occurrence
    end_us: int | None = None  # excluded
    everything: bool = False
    purposes: frozenset[str] = frozenset()  # only what is kept for these; empty: the whole record

    def as_json(self) -> dict[str, Any]:
        """As it is written down."""
        return {
            "id": self.refusal_id,
            "made_us": self.made_us,
            "names": {kind: sorted(hashes) for kind, hashes in self.names.items()},
            "sessions": sorted(self.sessions),
            "events": sorted(self.events),
            "start_us": self.start_us,
            "end_us": self.end_us,
            "everything": self.everything,
            "purposes": sorted(self.purposes),
        }


def refusal_of(
    hashes: Hashes,
    cause: Cause,
    refusal_id: str,
    selection: Selection,
    footprint: Footprint,
    *,
    made_us: int,
    end_us: int | None,
    purposes: Iterable[str] = (),
) -> Refusal:
    """What refuses the records of a selection, also those that do not say whose they are."""
    names = {
        kind: frozenset(hashes.of(kind, name) for name in getattr(selection, part))
        for kind, part in _PARTS.items()
        if getattr(selection, part)
    }
    return Refusal(
        refusal_id=refusal_id,
        cause=cause,
        made_us=made_us,
        names=names,
        sessions=frozenset(hashes.of("session", name) for name in footprint.sessions),
        events=frozenset(hashes.of("event", name) for name in footprint.events),
        start_us=selection.start_us,
        end_us=end_us,
        everything=selection.everything,
        purposes=frozenset(purposes),
    )


def read_refusals(path: Path, cause: Cause) -> tuple[Refusal, ...]:
    """What the file says; nothing if there is none.

    Raises:
        ConfigError: it is damaged; what it refuses is not known.
    """
    try:
        told = json.loads(path.read_bytes())
        if told["version"] != _VERSION:
            raise ValueError("another version")
        return tuple(_refusal(one, cause) for one in told["refusals"])
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            f"{path.name} cannot be read ({type(error).__name__}), so nobody knows what must not be kept",
            hint="put back the file from a backup, or delete it if nothing was objected to or erased",
        ) from error


def write_refusals(path: Path, refusals: Sequence[Refusal]) -> None:
    """Replace the file, durably, mode 0600. Raises OSError."""
    told = {"version": _VERSION, "refusals": [one.as_json() for one in refusals]}
    replace_file(path, json.dumps(told, separators=(",", ":")).encode() + b"\n")


def _refusal(told: Mapping[str, Any], cause: Cause) -> Refusal:
    return Refusal(
        refusal_id=str(told["id"]),
        cause=cause,
        made_us=int(told["made_us"]),
        names={str(kind): frozenset(hashes) for kind, hashes in told["names"].items()},
        sessions=frozenset(told["sessions"]),
        events=frozenset(told["events"]),
        start_us=told["start_us"],
        end_us=told["end_us"],
        everything=bool(told["everything"]),
        purposes=frozenset(told["purposes"]),
    )


class _Memo(dict[object, str]):
    """The hash of a name of one kind, from the name as an agent gives it; "" where there is none."""

    _LIMIT = 8192

    def __init__(self, pseudonyms: Mapping[object, str | None], hashes: Hashes, kind: str) -> None:
        super().__init__()
        self._pseudonyms = pseudonyms
        self._hashes = hashes
        self._kind = kind

    def __missing__(self, name: object) -> str:
        pseudonym = self._pseudonyms[name] if isinstance(name, str) and name else None
        found = self._hashes.of(self._kind, pseudonym) if pseudonym else ""
        if len(self) >= self._LIMIT:
            self.clear()
        if not isinstance(name, str) or len(name) <= 256:
            self[name] = found
        return found


class Refusals:
    """All that is refused for one cause: `find(raw)` says which of it a record meets."""

    def __init__(self, secret: bytes, cause: Cause, refusals: Sequence[Refusal]) -> None:
        names = Pseudonymizer(secret)
        by_kind = {
            "user": names.users,
            "session": names.sessions,
            "organization": names.organizations,
            "repository": names.repositories,
            "project": names.projects,
        }
        self._hashes = Hashes(secret, cause)
        self._memos = {kind: _Memo(known, self._hashes, kind) for kind, known in by_kind.items()}
        self._refusals = tuple(refusals)
        self._any = any(one.everything for one in refusals)
        self._sessions = frozenset(name for one in refusals for name in one.sessions)
        self._known = {kind: frozenset(n for one in refusals for n in one.names.get(kind, ())) for kind in by_kind}
        self._kinds = tuple(kind for kind, known in self._known.items() if known)
        self._has_events = any(one.events for one in refusals)

    def find(self, raw: RawEvent) -> list[Refusal]:
        """The refusals that this record meets. It must be understood already."""
        values = raw.attributes
        session = self._memos["session"][values.get("session_id")]
        may = self._any or session in self._sessions
        if not may:
            for kind in self._kinds:
                if self._memos[kind][values.get(_ATTRIBUTES[kind])] in self._known[kind]:
                    may = True
                    break
        event = ""
        if self._has_events:
            event = self._hashes.of("event", event_id(raw.agent, raw.source, raw.key))
        elif not may:
            return []
        at_us = raw.at_ns // 1000
        has_time = at_us != raw.received_us  # else it is that of its arrival
        found = []
        for one in self._refusals:
            if one.events and event in one.events:
                found.append(one)
                continue
            too_early = one.start_us is not None and at_us < one.start_us
            too_late = one.end_us is not None and at_us >= one.end_us
            if has_time and (too_early or too_late):
                continue
            in_session = bool(session) and session in one.sessions
            if one.everything or in_session or (one.names and self._is_named(one, values)):
                found.append(one)
        return found

    def _is_named(self, one: Refusal, values: Mapping[str, Any]) -> bool:
        return all(self._memos[kind][values.get(_ATTRIBUTES[kind])] in hashes for kind, hashes in one.names.items())


class FreshRefusals:
    """What is refused now, though that changes while this runs. For one thread at a time.

    A file that becomes unreadable changes nothing: what was known stays refused.

    Raises:
        ConfigError: a file is there and cannot be read at the start.
    """

    def __init__(self, secret: bytes, objections: Path, tombstones: Path) -> None:
        self._secret = secret
        self._paths = ((Cause.ERASURE, tombstones), (Cause.OBJECTION, objections))
        self._marks: list[object] = [mark_of(path) for _, path in self._paths]
        self._read: list[tuple[Refusal, ...]] = [read_refusals(path, cause) for cause, path in self._paths]
        self._current = self._make()

    def current(self) -> tuple[Refusals, ...]:
        """By cause; empty where nothing is refused. Costs two looks at files, so ask once for many records."""
        for index, (cause, path) in enumerate(self._paths):
            mark = mark_of(path)
            if mark != self._marks[index]:
                self._marks[index] = mark
                try:
                    self._read[index] = read_refusals(path, cause)
                except ConfigError as error:
                    log.error("%s; %s", error.message, error.hint)
                self._current = self._make()
        return self._current

    def _make(self) -> tuple[Refusals, ...]:
        return tuple(
            Refusals(self._secret, cause, read)
            for (cause, _), read in zip(self._paths, self._read, strict=True)
            if read
        )
