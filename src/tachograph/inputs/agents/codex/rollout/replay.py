"""Which records of a thread are its own: a fork, and a subagent that inherits its parent's history, begin with a copy.

The copy has new times and keeps everything else, running totals included; counted again, it would be usage twice.
0.169.0 copies only for subagents, and says at which ordinal the thread's own records begin. Before that, a turn's id says
it: ids of turns and threads begin with the time they were made at, so that a turn older than its thread is somebody
else's. 0.80.0 wrote no turn ids: there the copy, written in one go, has ended by the first pause, and a prompt that was
not answered within it is the thread's own.
"""

from __future__ import annotations

from tachograph.inputs.agents.codex.rollout.records import Line, Meta

__all__ = ["Replay"]

_PAUSE_NS = 100_000_000  # a model takes longer to answer, a copy never takes that long for a line
_MADE_AT_DIGITS = 12  # of an id of version 7: 48 bits of milliseconds


class Replay:
    """Whether a record is a copy."""

    def __init__(self) -> None:
        self.is_on = False
        self._thread = ""
        self._own_from: int | None = None
        self._last_ns: int | None = None
        self._unanswered: tuple[Line, int] | None = None

    def begin(self, meta: Meta) -> None:
        """The thread's own first record."""
        self._thread = meta.id or ""
        start = meta.subagent_history_start_ordinal
        self._own_from = start if start is not None and start > 0 else None
        self.is_on = self._own_from is not None

    def inherit(self, meta: Meta) -> None:
        """Another thread's first record, in this one's file."""
        if meta.id and meta.id != self._thread:
            self.is_on = True

    def covers(self, ordinal: int | None, at_ns: int, *, turn_id: str | None) -> bool:
        """Whether this record is a copy; `is_on` is false from the first one that is not."""
        last, self._last_ns = self._last_ns, at_ns
        if self._own_from is not None and ordinal is not None:
            self.is_on = ordinal < self._own_from
        elif turn_id and _made_at(turn_id) and _made_at(self._thread):
            self.is_on = _made_at(turn_id) < _made_at(self._thread)
            self._unanswered = None
        elif last is not None and at_ns - last > _PAUSE_NS:
            self.is_on = False
        return self.is_on

    def hold(self, prompt: Line, at_ns: int) -> None:
        """A prompt that is taken for a copy until it turns out that nobody had answered it."""
        self._unanswered = prompt, at_ns

    def answered(self) -> None:
        """New usage within the copy: the prompt before it is a copy, too."""
        self._unanswered = None

    def take_unanswered(self) -> tuple[Line, int] | None:
        """The prompt that was held in vain."""
        held, self._unanswered = self._unanswered, None
        return held


def _made_at(identity: str) -> str:
    """What an id of version 7 says about when it was made, to be compared; "" if it is no such id."""
    digits = identity.replace("-", "").lower()
    return digits[:_MADE_AT_DIGITS] if len(digits) == 32 and digits[12] == "7" else ""
