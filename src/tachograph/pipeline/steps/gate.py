"""What somebody objected to, or had erased, is not kept."""

from __future__ import annotations

from typing import Protocol

from tachograph.pipeline.refusals import Cause, Refusal, Refusals
from tachograph.ports import Drops
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent
from tachograph_sdk.privacy.policy import POLICIES, Preset

__all__ = ["ChangingRefusals", "Gate"]

_KEPT = (POLICIES[Preset.STANDARD], POLICIES[Preset.CONTENT])
"""The rows by which anything is kept; `strict` keeps less of the first."""

_REASONS = {Cause.OBJECTION: DropReason.OBJECTED, Cause.ERASURE: DropReason.ERASED}


class ChangingRefusals(Protocol):
    """What is refused, which may change while this runs."""

    def current(self) -> tuple[Refusals, ...]:
        """By cause. Asked once for each batch."""


class _Nothing:
    def current(self) -> tuple[Refusals, ...]:
        return ()


class Gate:
    """Drops and counts what is refused: kinds of event, and records of somebody who objected or was erased.

    Who objected to one purpose keeps the record, without the attributes that serve it.
    """

    def __init__(self, refused: frozenset[EventKind] = frozenset(), refusals: ChangingRefusals | None = None) -> None:
        self._refused = refused
        self._refusals: ChangingRefusals = refusals or _Nothing()

    def __call__(self, records: list[RawEvent], drops: Drops) -> list[RawEvent]:
        """The records that may be kept."""
        current = self._refusals.current()
        if not (self._refused or current):
            return records
        kept = []
        for raw in records:
            reason = self._reason(raw, current, drops)
            if reason is None:
                kept.append(raw)
            else:
                key = (reason, raw.kind.value if raw.kind else "")
                drops[key] = drops.get(key, 0) + 1
        return kept

    def _reason(self, raw: RawEvent, current: tuple[Refusals, ...], drops: Drops) -> DropReason | None:
        if raw.kind in self._refused:
            return DropReason.NO_CONSENT
        for refusals in current:
            for refusal in refusals.find(raw):
                if not refusal.purposes:
                    return _REASONS[refusal.cause]
                _take_out(raw, refusal, drops)
        return None


def _take_out(raw: RawEvent, refusal: Refusal, drops: Drops) -> None:
    """Take out of the record what serves a purpose that is objected to."""
    assert raw.kind is not None  # the records here are understood
    for name in list(raw.attributes):
        rules = (policy.rule(raw.kind, name) for policy in _KEPT)
        if any(rule is not None and rule.purpose.value in refusal.purposes for rule in rules):
            del raw.attributes[name]
            key = (_REASONS[refusal.cause], name)
            drops[key] = drops.get(key, 0) + 1
