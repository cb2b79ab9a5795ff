"""Keyed pseudonyms: the same person, session or folder always gets the same name, and nobody without the key can undo it.

HMAC-SHA256 with a secret of this installation, cut to 16 hex digits, with a letter saying what it stands for. Each
kind hashes under its own label, so that a session id and a user id with the same text do not meet.
"""

from __future__ import annotations

import hmac
import re
import secrets
from pathlib import Path

from tachograph_sdk.errors import ConfigError
from tachograph_sdk.privacy.file_path import file_path
from tachograph_sdk.private_files import create_once

__all__ = ["Pseudonymizer", "Pseudonyms", "load_or_create_secret"]

SECRET_BYTES = 32
_PSEUDONYM = re.compile(r"[a-z]_[0-9a-f]{16}")
MAX_CLEAR = 512  # characters of a name that is kept in clear
MEMO_LIMIT = 8192  # entries of one kind; then the memo starts again


class Pseudonyms(dict[object, str | None]):
    """The pseudonyms of one kind, looked up as `pseudonyms[text]` and remembered; None for what is no text.

    The original text is a key of this memo and of nothing else; it never leaves the process.
    """

    __slots__ = ("_any_case", "_label", "_prefix", "_secret", "kept_in_clear")

    def __init__(self, secret: bytes, label: str, prefix: str, *, any_case: bool = False) -> None:
        super().__init__()
        self.kept_in_clear: dict[str, str] | None = None  # pseudonym to text, where the owner wants to see clear names
        self._secret = secret
        self._any_case = any_case  # e-mail addresses and hex ids: upper and lower case are the same
        self._label = label.encode() + b"\0"
        self._prefix = prefix

    def __missing__(self, text: object) -> str | None:
        if not isinstance(text, str) or not text:
            return None
        name = text.strip().lower() if self._any_case else text
        message = self._label + name.encode("utf-8", "surrogatepass")
        pseudonym = self._prefix + hmac.digest(self._secret, message, "sha256").hex()[:16]
        if self.kept_in_clear is not None and len(text) <= MAX_CLEAR and text.isprintable():
            self.kept_in_clear[pseudonym] = text
        if len(self) >= MEMO_LIMIT:
            self.clear()
        if len(text) <= 256:
            self[text] = pseudonym
        return pseudonym

    def __repr__(self) -> str:
        return f"Pseudonyms({self._prefix!r}, {len(self)} remembered)"


class Pseudonymizer:
    """Pseudonyms by kind of thing, each by its letter: s_ session, u_ user, o_ organization, r_ repository, p_ project,
    f_ file, i_ an id that is not in the usual form.
    """  # noqa: D205 - the letters belong to the sentence

    def __init__(self, secret: bytes, *, keeps_clear: bool = False) -> None:
        """With the installation's secret.

        Args:
            secret: at least 16 bytes.
            keeps_clear: remember the clear names of people, organizations, projects and repositories for `take_clear`.
        """
        if len(secret) < 16:
            raise ConfigError("the secret for pseudonyms is too short", hint="delete secret.key to get a new one")
        self.sessions = Pseudonyms(secret, "session", "s_")
        self.users = Pseudonyms(secret, "user", "u_", any_case=True)
        self.organizations = Pseudonyms(secret, "organization", "o_")
        self.repositories = Pseudonyms(secret, "repository", "r_")
        self.projects = Pseudonyms(secret, "project", "p_")
        self.files = Pseudonyms(secret, "file", "f_")
        self.ids = Pseudonyms(secret, "id", "i_")

        self._by_name = {
            "session": self.sessions,
            "user": self.users,
            "organization": self.organizations,
            "repository": self.repositories,
            "project": self.projects,
            "file": self.files,
        }

        if keeps_clear:
            for pseudonyms in self._with_clear_names():
                pseudonyms.kept_in_clear = {}

    def _with_clear_names(self) -> tuple[Pseudonyms, ...]:
        return self.users, self.organizations, self.projects, self.repositories

    def take_clear(self) -> dict[str, str]:
        """Clear names by pseudonym that were first met since the last call; none unless they are kept."""
        taken: dict[str, str] = {}
        for pseudonyms in self._with_clear_names():
            if pseudonyms.kept_in_clear:
                taken |= pseudonyms.kept_in_clear
                pseudonyms.kept_in_clear.clear()
        return taken

    def name(self, kind: str, text: str) -> str:
        """What is stored for this text: its pseudonym, or itself if it is one already, or if `kind` has none.

        Args:
            kind: "session", "user", "organization", "repository", "project" or "file"; the names of the dimensions.
            text: as a person types it to look for something; a file by its whole path.
        """
        pseudonyms = self._by_name.get(kind)
        if pseudonyms is None or _PSEUDONYM.fullmatch(text):
            return text
        if kind == "file":
            text = file_path(text) or text
        return pseudonyms[text] or text

    def session(self, text: str) -> str:
        """Of a session id, as the agent gives it."""
        return _some(self.sessions[text])

    def user(self, text: str) -> str:
        """Of an e-mail address, account id or installation id; addresses compare without case."""
        return _some(self.users[text])

    def organization(self, text: str) -> str:
        """Of an organization id."""
        return _some(self.organizations[text])

    def repository(self, text: str) -> str:
        """Of a repository's address."""
        return _some(self.repositories[text])

    def project(self, text: str) -> str:
        """Of a working directory."""
        return _some(self.projects[text])

    def file(self, text: str) -> str:
        """Of a file's path."""
        return _some(self.files[text])

    def __repr__(self) -> str:
        return "Pseudonymizer(secret=***)"


def _some(pseudonym: str | None) -> str:
    if pseudonym is None:
        raise ValueError("nothing to make a pseudonym of")
    return pseudonym


def load_or_create_secret(path: Path) -> bytes:
    """The installation's secret, made at the first call: 32 random bytes, mode 0600.

    Two processes that call this at once get the same secret: the file appears whole under its name or not at all.

    Raises:
        ConfigError: the file is there but is not a secret, or cannot be read or written.
    """
    try:
        secret = create_once(path, secrets.token_bytes(SECRET_BYTES))
    except OSError as error:
        raise ConfigError(f"the secret {path.name} cannot be read or made", hint=error.strerror or "") from error
    if len(secret) != SECRET_BYTES:
        raise ConfigError(
            f"the secret {path.name} has {len(secret)} bytes instead of {SECRET_BYTES}",
            hint="put back the right file, or delete it: pseudonyms made from then on will differ from those stored",
        )
    return secret
