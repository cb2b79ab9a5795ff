"""From frames to a batch: decode ► identify ► deltas ► classify ► gate ► release ► price.

The order is the documentation: running totals become increments before anybody reads a value; nothing is released
before it is understood and allowed; only what was released is priced. (Reconciling sources happens in the store, from
all events of a session at once.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from tachograph.pipeline.steps.classify import Classifier, Classify, Identify, Recogniser
from tachograph.pipeline.steps.deltas import Deltas
from tachograph.pipeline.steps.gate import ChangingRefusals, Gate
from tachograph.pipeline.steps.price import ChangingPrices, Price, Prices
from tachograph.pipeline.steps.release import ChangingRelease, ReleaseEach, TellDrops
from tachograph.ports import Batch, Drops, Frame, Quarantined, StreamState
from tachograph_sdk.model.event import DropReason, Event, EventKind, RawEvent
from tachograph_sdk.privacy.release import Release

__all__ = ["Decoded", "Decoder", "Pipeline", "RawStep"]


AT_ONCE = 1000  # records between decoding and the wall: few enough to stay in the processor's cache


class Decoded(Protocol):
    """What one frame held."""

    @property
    def records(self) -> list[RawEvent]:
        """What could be read."""

    @property
    def drops(self) -> Drops:
        """What could not."""

    @property
    def refused(self) -> DropReason | None:
        """Why the whole frame could not be read, if so."""


class Decoder(Protocol):
    """Frames to raw records; never raises for what is in a frame."""

    def decode(self, frame: Frame, sink: Callable[[list[RawEvent]], None] | None = None) -> Decoded:
        """All records of one frame; what `sink` took in between is not among them."""


class RawStep(Protocol):
    """One step before the wall: records in, records out, drops counted."""

    def __call__(self, records: list[RawEvent], drops: Drops) -> list[RawEvent]:
        """The records that go on."""


class Pipeline:
    """The steps in order. One thread at a time; `run` never raises for what is in a frame.

    When `run` returns, the cumulative streams have moved on to the state in `Batch.streams`. So write that batch, and
    if writing fails write it again: running the same frames a second time finds their cumulative points stale.
    """

    def __init__(
        self,
        *,
        decoder: Decoder,
        agents: Iterable[Classifier],
        others: Recogniser | None = None,
        release: Release | ChangingRelease,
        prices: Prices | ChangingPrices,
        streams: Mapping[str, StreamState] | None = None,
        refused: frozenset[EventKind] = frozenset(),
        refusals: ChangingRefusals | None = None,
    ) -> None:
        agents = tuple(agents)
        self._decoder = decoder
        self._deltas = Deltas(streams)
        self.understand: tuple[tuple[str, RawStep], ...] = (
            ("identify", Identify(agents, others)),
            ("deltas", self._deltas),
            ("classify", Classify(agents, others)),
        )
        self.gate = Gate(refused, refusals)
        self.release = ReleaseEach(release)
        self._tell = TellDrops()
        self.price = Price(prices)

    @property
    def keeps_content(self) -> bool:
        """Whether texts pass the wall now: only then need readers bring any."""
        return self.release.current().keeps_content

    def run(self, frames: Sequence[Frame]) -> Batch:
        """All of the frames in one batch, `position` at the end of the last."""
        drops: Drops = {}
        records: list[RawEvent] = []
        events: list[Event] = []
        quarantined: list[Quarantined] = []

        def take(ready: list[RawEvent]) -> None:
            nonlocal events, records
            events += self._events(records + ready, drops)
            records = []

        try:
            for frame in frames:
                decoded = self._decoder.decode(frame, take)
                records += decoded.records
                for key, count in decoded.drops.items():
                    drops[key] = drops.get(key, 0) + count
                if decoded.refused is not None:
                    quarantined.append(_set_aside(frame, decoded.refused))
                if len(records) >= AT_ONCE:
                    take([])
            take([])
        except BaseException:
            self._deltas.discard()
            raise
        return Batch(
            events=events,
            drops=self._told(drops),
            position=frames[-1].end if frames else None,
            streams=self._deltas.take_changed(),
            quarantined=quarantined,
            identities=self.release.current().take_clear(),
        )

    def run_records(self, records: list[RawEvent]) -> Batch:
        """The same for an importer: records with a kind go straight to the gate, others are understood first."""
        drops: Drops = {}
        try:
            events = self._events(records, drops)
        except BaseException:
            self._deltas.discard()
            raise
        return Batch(
            events=events,
            drops=self._told(drops),
            streams=self._deltas.take_changed(),
            identities=self.release.current().take_clear(),
        )

    def _told(self, drops: Drops) -> Drops:
        return self._tell(drops, names=lambda: self.release.current().tells_unknown)

    def _events(self, records: list[RawEvent], drops: Drops) -> list[Event]:
        raw = [record for record in records if record.kind is None]
        understood = [record for record in records if record.kind is not None] if len(raw) < len(records) else []
        for _, step in self.understand:
            raw = step(raw, drops)
        allowed = self.gate(understood + raw if understood else raw, drops)
        return self.price(self.release(allowed, drops), drops)


def _set_aside(frame: Frame, reason: DropReason) -> Quarantined:
    return Quarantined(
        origin="journal",
        place=f"segment {frame.end.segment} before offset {frame.end.offset}",
        reason=reason,
        detail=f"a {frame.kind.name.lower().replace('_', ' ')} request that cannot be read",
        size_bytes=len(frame.body),
    )
