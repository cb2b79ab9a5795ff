"""Ids that say "the same one again" and nothing else: of an installation, of a machine, and of what leaves it.

The anonymous id is random, made once, and can be replaced at any time. Nothing here derives from a host name, a network
address or a user's name, but the machine's id, which is made only when a program asks for it. Sessions and people have
other pseudonyms outside than in the local store: `OutgoingPseudonyms` makes them, for each destination its own.
"""

from __future__ import annotations

import hmac
import json
import platform
import secrets
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tachograph_sdk.errors import ConfigError
from tachograph_sdk.private_files import create_once, lock_file, replace_file

__all__ = [
    "ANONYMOUS_ID_MAX_AGE_US",
    "OutgoingPseudonyms",
    "RotatingSalt",
    "load_anonymous_id",
    "make_machine_id",
    "replace_anonymous_id",
]

DAY_US = 86_400_000_000
ANONYMOUS_ID_MAX_AGE_US = 390 * DAY_US  # 13 months of 30 days: then a new one is made
SALT_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    id: str
    at_us: int


def load_anonymous_id(path: Path, *, now_us: int) -> str:
    """The anonymous id of this installation: a random UUID, made at the first call and again after 13 months.

    All processes get the same one, also those that call this at once for the first time. What is no id is replaced.

    Args:
        path: the file that holds it, mode 0600. One that holds nothing but a UUID, as other programs leave it, is
            taken over and counts as made now.
        now_us: UTC microseconds since 1970.

    Raises:
        ConfigError: the file cannot be read or written.
    """
    try:
        content = create_once(path, _encode(_new_id(now_us)))
        made = _decode(content, now_us)
        if (
            made is not None
            and made.at_us <= now_us < made.at_us + ANONYMOUS_ID_MAX_AGE_US
            and content.startswith(b"{")
        ):
            return made.id
        with lock_file(path.with_name(f".{path.name}.lock")):
            if (now_there := path.read_bytes()) == content:  # nobody was faster
                fresh = made if made is not None and not content.startswith(b"{") else _new_id(now_us)
                replace_file(path, _encode(fresh))
                return fresh.id
        again = _decode(now_there, now_us)
        return again.id if again is not None else replace_anonymous_id(path, now_us=now_us)
    except OSError as error:
        raise _unusable(path, error) from error


def replace_anonymous_id(path: Path, *, now_us: int) -> str:
    """Forget the anonymous id and make another: nothing connects the two. Raises ConfigError."""
    fresh = _new_id(now_us)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(path, _encode(fresh))
    except OSError as error:
        raise _unusable(path, error) from error
    return fresh.id


def make_machine_id(secret: bytes) -> str:
    """A keyed hash of what tells this machine from others: "m_" and 16 hex digits.

    Only for programs that must count machines, on request: nothing of ours calls it. Without the secret of the
    installation nobody can try host names out.
    """
    seen = "\0".join((platform.node(), platform.machine(), platform.system(), str(uuid.getnode())))
    return "m_" + hmac.digest(secret, b"machine\0" + seen.encode("utf-8", "surrogatepass"), "sha256").hex()[:16]


class RotatingSalt:
    """A random salt for each step of time, of which only the present and the one before are kept.

    What was made with an older salt cannot be made again by anybody, us included: the salt is gone.
    """

    def __init__(self, path: Path, *, step_us: int = DAY_US) -> None:
        """Salts in this file, mode 0600; a step is a day by default."""
        self._path = path
        self._step_us = step_us
        self._known: dict[int, bytes] = {}

    def salts(self, now_us: int) -> dict[int, bytes]:
        """The salts that are in force, by their step: the present one, and the one before if there was one.

        Raises:
            ConfigError: the file cannot be written.
        """
        step = now_us // self._step_us
        if step not in self._known:
            try:
                self._known = self._turn(step)
            except OSError as error:
                raise _unusable(self._path, error) from error
        return self._known

    def salt_for(self, began_us: int, *, now_us: int) -> bytes:
        """The salt for something that began then: of that step if it is kept, else the present one.

        So a session that crosses midnight keeps its name until it is a step old.
        """
        salts = self.salts(now_us)
        return salts.get(began_us // self._step_us) or salts[now_us // self._step_us]

    def _turn(self, step: int) -> dict[int, bytes]:
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with lock_file(self._path.with_name(f".{self._path.name}.lock")):
            salts = {n: salt for n, salt in self._read().items() if n in (step - 1, step)}
            if step not in salts:
                salts[step] = secrets.token_bytes(SALT_BYTES)
            replace_file(self._path, json.dumps({str(n): salt.hex() for n, salt in salts.items()}).encode() + b"\n")
            return salts

    def _read(self) -> dict[int, bytes]:
        """What the file holds; nothing if it is not there or damaged, for then new salts do no harm."""
        try:
            held = {int(n): bytes.fromhex(salt) for n, salt in json.loads(self._path.read_bytes()).items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}
        return {n: salt for n, salt in held.items() if len(salt) == SALT_BYTES}


class OutgoingPseudonyms:
    """The names that one destination sees in place of the local store's: it cannot be joined with the store or others.

    Sessions and single records change their names with the salt's step; people, organizations, projects and
    repositories keep theirs for this destination, so that a week can be counted.
    """

    def __init__(self, secret: bytes, salt: RotatingSalt, *, destination: str) -> None:
        self._key = hmac.digest(secret, b"destination\0" + destination.encode(), "sha256")
        self._salt = salt

    def rename(self, kind: str, pseudonym: str, *, began_us: int, now_us: int) -> str:
        """The destination's name for a pseudonym of ours: a letter and 16 hex digits (an id: 32 hex digits).

        Args:
            kind: "session", "user", "organization", "project", "repository", or "id" for any id of a record.
            pseudonym: as the store has it.
            began_us: when the session began, or the record was made; UTC microseconds since 1970.
            now_us: the time now.
        """
        key = self._key
        if kind in ("session", "id"):
            key = hmac.digest(key, self._salt.salt_for(began_us, now_us=now_us), "sha256")
        digest = hmac.digest(key, f"{kind}\0{pseudonym}".encode("utf-8", "surrogatepass"), "sha256").hex()
        return digest[:32] if kind == "id" else f"{kind[0]}_{digest[:16]}"


def _new_id(now_us: int) -> _Made:
    return _Made(id=str(uuid.UUID(bytes=secrets.token_bytes(16), version=4)), at_us=now_us)


def _encode(made: _Made) -> bytes:
    return json.dumps({"id": made.id, "made_us": made.at_us}).encode() + b"\n"


def _decode(content: bytes, now_us: int) -> _Made | None:
    """What the file says; None if that is no id."""
    try:
        text = content.decode().strip()
        held: dict[str, Any] = json.loads(text) if text.startswith("{") else {"id": text, "made_us": now_us}
        return _Made(id=str(uuid.UUID(held["id"])), at_us=int(held["made_us"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _unusable(path: Path, error: OSError) -> ConfigError:
    hint = f"{error.strerror or type(error).__name__}: make {path.parent} writable for you, or give another home"
    return ConfigError(f"{path.name} cannot be read or written", hint=hint)
