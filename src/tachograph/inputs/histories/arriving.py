"""Collects what comes of the units of an import, has it written in large pieces, and shown stage by stage."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from tachograph.inputs.histories.first_pass import FirstPass, Stage
from tachograph.inputs.histories.report import ImportReport, add_counts
from tachograph.inputs.histories.unit import Done, Unit
from tachograph.ports import Clock

__all__ = ["Arriving"]

_WRITE_EVENTS = 50_000  # in one transaction
_WRITE_PACKED = 200_000  # the same as columns, which are smaller; large transactions need no log
_SHOW_PERIOD_S = 2.0  # between two times at which answers are brought up to date, but for the week's, which is at once
_SHOW_SHARE = 6.0  # that may take one part in seven of the time


class Arriving:
    """The results of one reading, as they come.

    Args:
        units: what is being read.
        stages: by number, the newest first.
        report: what is added to.
        write: stores what one history brought.
        settle: has answers tell of what is stored; called at the end of stages, and only where somebody follows.
        first: who follows, if anybody does.
        clock: the time.
    """

    def __init__(
        self,
        units: Sequence[Unit],
        stages: Sequence[Stage],
        report: ImportReport,
        *,
        write: Callable[[Done], None],
        settle: Callable[[], None],
        first: FirstPass | None,
        clock: Clock,
    ) -> None:
        self._stages = stages
        self._left = Counter(unit.stage for unit in units)
        self._report = report
        self._write = write
        self._settle = settle
        self._first = first
        self._clock = clock
        self._pending: dict[str, Done] = {}  # by history: what is new is counted per agent
        self._shown = 0  # stages that answers tell of
        self._shown_s = clock.monotonic_s()
        self._took_s = 0.0
        self._week = sum(1 for stage in stages if stage.is_week)
        self.events = 0

    def take(self, done: Done) -> None:
        """More came of a unit. Raises StoreError."""
        pending = self._pending.setdefault(done.history, Done(history=done.history))
        _join(pending, done)
        self.events += done.count()
        if len(pending.events) >= _WRITE_EVENTS or pending.count() >= _WRITE_PACKED:
            self._write(self._pending.pop(done.history))
        if done.is_last:
            self._left[done.stage] -= 1
        if self._first is not None:
            self._first.read(self._stages[done.stage], done.report, self._report)
            self._show()

    def flush(self) -> None:
        """Write what is left. Raises StoreError."""
        for history in list(self._pending):
            self._write(self._pending.pop(history))

    def _show(self) -> None:
        """Write and settle what has come if a stage is whole, and it is time or the week is; tell what is whole."""
        assert self._first is not None
        whole = next((n for n in range(self._shown, len(self._stages)) if self._left[n] > 0), len(self._stages))
        now_s = self._clock.monotonic_s()
        is_week = self._shown < self._week <= whole
        is_due = now_s - self._shown_s >= max(_SHOW_PERIOD_S, _SHOW_SHARE * self._took_s)
        if not is_week and not is_due:
            return
        self.flush()
        self._settle()
        self._shown_s = self._clock.monotonic_s()
        self._took_s = self._shown_s - now_s
        self._first.stored(self._stages[self._shown : whole])
        self._shown = whole


def _join(pending: Done, done: Done) -> None:
    pending.events += done.events
    pending.columns += done.columns
    pending.files += done.files
    pending.quarantined += done.quarantined
    add_counts(pending.drops, done.drops)
    pending.identities.update(done.identities)
