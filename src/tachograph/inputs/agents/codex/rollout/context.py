"""What all events of one thread share: whose they are, in which turn, and where finished events are collected."""

from __future__ import annotations

from tachograph.inputs.agents.codex.rollout.records import Meta, TurnContext
from tachograph.inputs.agents.kit.emitter import Emitter
from tachograph.inputs.agents.kit.times import Times
from tachograph.inputs.agents.kit.values import Attributes, put
from tachograph_sdk.model.event import EventKind

__all__ = ["AGENT", "Context"]

AGENT = "codex"


class Context(Emitter):
    """The thread, its current turn, and the finished events.

    Args:
        received_us: UTC microseconds since 1970, now.
    """

    def __init__(self, *, received_us: int) -> None:
        super().__init__(AGENT, received_us)
        self.time_ns = Times().ns
        self.muted = False  # what is read now was read before, without what it depends on
        self.thread = ""
        self.folder: str | None = None  # the working directory
        self.turn_id: str | None = None
        self.model: str | None = None
        self.effort: str | None = None
        self.service_tier: str | None = None
        self.is_subagent = False
        self._base: Attributes = {}

    def begin(self, meta: Meta, *, is_subagent: bool) -> None:
        """Take over what the thread's first record says of all others."""
        self.thread = meta.id or ""
        self.folder = meta.cwd
        self.is_subagent = is_subagent
        base: Attributes = {}
        put(
            base,
            session_id=meta.id,
            project=meta.cwd,
            repository=meta.git.repository_url if meta.git is not None else None,
            agent_version=meta.cli_version,
            entrypoint=(meta.originator or "").replace(" ", "_"),
        )
        if is_subagent:
            base["is_sidechain"] = True
        self._base = base

    def turn(self, told: TurnContext) -> None:
        """Take over what a turn's requests are made with."""
        if told.turn_id:
            self.turn_id = told.turn_id
        self.folder = told.cwd or self.folder
        self.model = told.model or self.model
        mode = told.collaboration_mode
        settings = mode.settings if mode is not None else None
        self.effort = told.effort or (settings.reasoning_effort if settings is not None else None)
        self.service_tier = told.service_tier or self.service_tier

    def base(self) -> Attributes:
        """Attributes of every event of this thread, a new dictionary."""
        return self._base.copy()

    def emit(self, name: str, kind: EventKind, at_ns: int, key: str, attributes: Attributes) -> None:
        """Add a finished event, unless it was added by an earlier reading."""
        if not self.muted:
            super().emit(name, kind, at_ns, key, attributes)
