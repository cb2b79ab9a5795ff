"""The names that merged files use: pseudonyms under the key of the merge, which say nothing to who has not the key.

What a folder calls a session, person or record is a pseudonym already, made on the machine it comes from; here each
gets another one. Who holds both folders but not the key cannot tell which is which by its names.
"""

from __future__ import annotations

import hmac
import re
from typing import Final

from tachograph.analytics.file_kit.parsed import ParsedFile, Record
from tachograph_sdk.privacy.pseudonym import Pseudonyms

__all__ = ["MergeNames"]

_PSEUDONYM: Final = re.compile(r"[a-z]_[0-9a-f]{16}")
_EVENT_ID: Final = re.compile(r"[0-9a-f]{32}")
_EVENT: Final = b"tachograph merge event\0"
_KEY: Final = b"tachograph merge key\0"


class MergeNames:
    """New names for old ones. Files that were merged under the same key keep the names they have."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self._sessions = Pseudonyms(secret, "merge session", "s_")
        self._members = Pseudonyms(secret, "merge member", "m_")
        self._links = Pseudonyms(secret, "merge link", "i_")
        self._teams = Pseudonyms(secret, "merge team", "t_", any_case=True)
        self._projects = Pseudonyms(secret, "merge project", "p_", any_case=True)
        self.key_id = hmac.digest(secret, _KEY, "sha256").hex()[:16]

    def __repr__(self) -> str:
        return "MergeNames(secret=***)"

    def _stays(self, file: ParsedFile, name: str, form: re.Pattern[str] = _PSEUDONYM) -> bool:
        """Whether this is a name of ours already: the file says so, and it has the form of one."""
        return file.key_id == self.key_id and form.fullmatch(name) is not None

    def session(self, file: ParsedFile, record: Record) -> str:
        """Of the record's session. Records that belong to none are one session a log, by its name and first record."""
        if record.session is not None:
            return self.named_session(file, record.session)
        first = file.records[0]
        return (
            self._sessions[f"none\0{file.collector}\0{file.user}\0{file.name}\0{first.own_id or first.identity}"] or ""
        )

    def named_session(self, file: ParsedFile, session: str) -> str:
        """Of a session with a name of its own."""
        return session if self._stays(file, session) else self._sessions[f"of\0{session}"] or ""

    def member(self, file: ParsedFile) -> str | None:
        """Whose file it is: who merged it says so, else the installation that parsed it, else its user; or unknown."""
        if file.member is not None and self._stays(file, file.member):
            return file.member
        for kind, name in (("member", file.member), ("collector", file.collector), ("user", file.user)):
            if name is not None:
                return self._members[f"{kind}\0{name}"]
        return None

    def event(self, file: ParsedFile, record: Record) -> str:
        """Of one record: 32 hex digits."""
        if record.own_id is not None and self._stays(file, record.own_id, _EVENT_ID):
            return record.own_id
        name = f"id\0{record.own_id}" if record.own_id is not None else f"content\0{record.identity:x}"
        return hmac.digest(self._secret, _EVENT + name.encode(), "sha256").hex()[:32]

    def link(self, file: ParsedFile, kind: str, name: str) -> str:
        """Of what joins records: a request, a tool call, a prompt, a subagent."""
        return name if self._stays(file, name) else self._links[f"{kind}\0{name}"] or ""

    def team(self, file: ParsedFile, name: str) -> str:
        """Of a team: its label may be somebody's name."""
        return name if self._stays(file, name) else self._teams[name] or ""

    def project(self, file: ParsedFile, name: str) -> str:
        """Of a project, likewise."""
        return name if self._stays(file, name) else self._projects[name] or ""
