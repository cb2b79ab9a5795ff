"""What all events of one file share: whose they are, when they were, and where finished events are collected."""

from __future__ import annotations

import re

from tachograph.inputs.agents.claude_code.transcript.records import Record
from tachograph.inputs.agents.kit.emitter import Emitter
from tachograph.inputs.agents.kit.times import Times
from tachograph.inputs.agents.kit.values import Attributes, put
from tachograph_sdk.model.event import EventKind

__all__ = ["AGENT", "NAMES", "Context"]

AGENT = "claude_code"

NAMES = frozenset(
    {
        "advisor_message",
        "api_error",
        "assistant",
        "compact_boundary",
        "cost_state",
        "session",
        "tool_result",
        "tool_use",
        "user",
    }
)
"""All names an event of a transcript can have: its own record and block types."""

_MEMO = 10_000
_NOT_ALNUM = re.compile(r"[^A-Za-z0-9]")


class Context(Emitter):
    """Times and common attributes of records, and the finished events.

    Args:
        file_hint: path or names of the folders the file lies in, to tell the project's folder from one below it.
        received_us: UTC microseconds since 1970, now.
        announce: whether the first record of a session makes a `session.start`.
    """

    def __init__(self, *, file_hint: str, received_us: int, announce: bool) -> None:
        super().__init__(AGENT, received_us)
        self.time_ns = Times().ns
        self._announce = announce
        self._folders = frozenset(file_hint.replace("\\", "/").split("/"))
        self._sessions: set[str | None] = set()
        self._last: tuple[str | None, str | None, str | None, str | None] = (None, None, None, None)
        self._last_base: Attributes = {}
        self._projects: dict[str, str] = {}

    def base(self, record: Record, at_ns: int) -> Attributes:
        """Attributes of every event of this record. Shared between events: copy before changing."""
        session, folder, version, entrypoint = self._last
        if (
            record.session_id == session
            and record.cwd == folder
            and record.version == version
            and record.entrypoint == entrypoint
            and self._last_base
        ):
            return self._last_base
        base: Attributes = {}
        put(
            base,
            session_id=record.session_id,
            project=self._project(record.cwd) if record.cwd else None,
            agent_version=record.version,
            entrypoint=record.entrypoint,
        )
        if self._announce and record.agent_id is None and record.session_id not in self._sessions:
            self._sessions.add(record.session_id)
            if record.session_id:
                self.emit("session", EventKind.SESSION_START, at_ns, f"session:{record.session_id}", base)
        # The values, not the record: that would keep its whole line in memory.
        self._last = (record.session_id, record.cwd, record.version, record.entrypoint)
        self._last_base = base
        return base

    def base_of_session(self, record: Record) -> Attributes:
        """The same for a record that says no more than its session: the rest is what the one before it said."""
        session, _, _, _ = self._last
        if record.session_id == session and self._last_base:
            return self._last_base
        base: Attributes = {}
        put(base, session_id=record.session_id)
        return base

    def _project(self, folder: str) -> str:
        """The folder the session belongs to: the working directory, or the one above it that the file lies under.

        The agent may change into subfolders; the transcript's own folder is named after the one it was started in.
        """
        project = self._projects.get(folder)
        if project is None:
            project = candidate = folder
            while len(candidate) > 1:
                if _NOT_ALNUM.sub("-", candidate) in self._folders:
                    project = candidate
                    break
                candidate = candidate.rpartition("/" if "/" in candidate else "\\")[0]
            if len(self._projects) < _MEMO:
                self._projects[folder] = project
        return project
