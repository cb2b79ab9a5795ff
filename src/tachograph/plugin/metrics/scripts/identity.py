"""Who sends: a random number for this installation, a key that proves it, and ids of sessions that lead nowhere."""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import uuid

import files

__all__ = ["anonymous_id", "forget", "key_id", "new_salt", "pseudonym", "sign", "signing_key"]

ID_NAME = ".anonymous_id"
KEY_NAME = "ingest.key"
FORGOTTEN_NAME = ".forgotten"


def anonymous_id(folder: str, root: str | None = None) -> str | None:
    """The installation's id: a random uuid, made once, that nothing about the person or machine went into.

    It is taken over from where older releases kept it: the plugin's own folder, and those of its other versions.

    Args:
        folder: the data folder.
        root: the plugin's folder, if known.

    Returns:
        The id; None if it can be neither read nor written.
    """
    path = os.path.join(folder, ID_NAME)
    known = _valid(files.read_text(path, 4096))
    if known:
        return known
    is_forgotten = os.path.lexists(os.path.join(folder, FORGOTTEN_NAME))
    text = (None if is_forgotten else _older(root)) or str(uuid.uuid4())
    try:
        if files.create_once(path, text + "\n"):
            return text
        known = _valid(files.read_text(path, 4096))  # another process was faster
        if known:
            return known
        if not os.path.isfile(path) or os.path.islink(path):
            return None
        files.replace(path, text + "\n")  # what stands there is no id
        return text
    except OSError:
        return None


def forget(folder: str) -> None:
    """Delete the id; the next one is new, whatever older releases left behind. Raises OSError."""
    files.create_once(os.path.join(folder, FORGOTTEN_NAME), "")
    files.remove(os.path.join(folder, ID_NAME))


def _valid(text: str | None) -> str | None:
    text = (text or "").strip().lower()
    try:
        parsed = uuid.UUID(text)
    except ValueError:
        return None
    return text if parsed.version == 4 and str(parsed) == text else None


def _older(root: str | None) -> str | None:
    if not root:
        return None
    beside = os.path.dirname(os.path.abspath(root))
    try:
        folders = [os.path.join(beside, name) for name in os.listdir(beside)]
    except OSError:
        folders = []
    places = [os.path.join(place, ID_NAME) for place in folders]
    places.sort(key=_changed_at, reverse=True)
    for place in [os.path.join(root, ID_NAME), *places]:
        found = _valid(files.read_text(place, 4096))
        if found:
            return found
    return None


def _changed_at(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def signing_key(folder: str) -> str | None:
    """The key that native payloads are signed with: 32 random bytes in hex, made once; None if that is impossible."""
    path = os.path.join(folder, KEY_NAME)
    for _ in range(2):
        text = (files.read_text(path, 4096) or "").strip().lower()
        if len(text) == 64 and all(letter in "0123456789abcdef" for letter in text):
            return text
        try:
            if text or os.path.lexists(path):
                return None  # somebody else's file, or damaged: what the receiver knows must not change in silence
            files.create_once(path, secrets.token_hex(32) + "\n")
        except OSError:
            return None
    return None


def key_id(key: str) -> str:
    """By which name the receiver knows a key: 16 hex digits of the SHA-256 of its bytes."""
    return hashlib.sha256(bytes.fromhex(key)).hexdigest()[:16]


def sign(key: str, text: str) -> str:
    """HMAC-SHA256 of a text, hex."""
    return hmac.new(bytes.fromhex(key), text.encode("utf-8"), hashlib.sha256).hexdigest()


def new_salt() -> str:
    """A salt for one day, hex."""
    return secrets.token_hex(32)


def pseudonym(salt: str, session: str) -> str:
    """A session's id for receivers elsewhere: 32 hex digits that only somebody with the day's salt can lead back."""
    return sign(salt, session)[:32]
