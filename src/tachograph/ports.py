"""The sockets: where parts meet. Nobody imports anybody else's insides."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import IntEnum
from typing import TYPE_CHECKING, Any, Protocol

from tachograph.subjects import SubjectStore
from tachograph_sdk.model.consent import ConsentPurpose
from tachograph_sdk.model.event import DropReason, Event
from tachograph_sdk.model.money import Money
from tachograph_sdk.model.usage import TokenUsage

if TYPE_CHECKING:
    from tachograph_sdk.net import Flight
    from tachograph_sdk.outbox.envelope import Envelope

__all__ = [
    "Batch",
    "Clock",
    "Drops",
    "EventColumns",
    "Expiry",
    "FileState",
    "Frame",
    "FrameKind",
    "PackEvents",
    "Position",
    "PricePeriod",
    "Prices",
    "Quarantined",
    "Repriced",
    "Repricing",
    "Result",
    "Retained",
    "Sink",
    "Statement",
    "Store",
    "StreamState",
    "Submit",
    "Unpriced",
    "WriteResult",
]

Drops = dict[tuple[DropReason, str], int]
"""How many were dropped, by reason and by a safe name (an attribute's, an event's), never a value."""


class Clock(Protocol):
    """The time, so that tests can say what it is."""

    def now_us(self) -> int:
        """UTC microseconds since 1970."""

    def monotonic_s(self) -> float:
        """Seconds that never go backwards."""


class FrameKind(IntEnum):
    """What a journal frame holds."""

    LOGS_PROTOBUF = 1
    LOGS_JSON = 2
    METRICS_PROTOBUF = 3
    METRICS_JSON = 4
    TRACES_PROTOBUF = 5
    TRACES_JSON = 6
    HOOK_EVENT = 7
    HOOK_SESSION = 8


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the journal: everything before it is in the store."""

    segment: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One request as it was received, whole and checked."""

    kind: FrameKind
    received_us: int  # UTC microseconds since 1970
    body: bytes  # decompressed
    end: Position  # just after this frame


class Submit(Protocol):
    """Where the receiver puts what it accepts."""

    async def append(self, kind: FrameKind, body: bytes) -> None:
        """Return once `body` is durable, or raise JournalFull / JournalUnavailable and keep nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamState:
    """The last value of one cumulative metric stream."""

    start_ns: int
    at_ns: int
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FileState:
    """How far one file has been read. The file's name is a pseudonym."""

    file_id: str
    inode: int
    size_bytes: int
    mtime_ns: int
    offset: int  # bytes read, up to the end of the last whole line
    lines: int  # lines read
    head: str  # hash of the first bytes, to notice a replaced file


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantined:
    """Something set aside: where it was and why, never what it said."""

    origin: str  # "journal", or the pseudonym of a file
    place: str  # "line 17", "segment 3 offset 512"
    reason: DropReason
    detail: str  # fixed wording, no input text
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventColumns:
    """Released events by column, as they travel from a reading process to the store."""

    rows: int
    first_us: int  # of all times of occurrence, UTC microseconds since 1970
    last_us: int
    undated: bool  # whether any has no time of its own and got that of its arrival
    columns: dict[str, tuple[bytes, ...]]  # Arrow's buffers of each column, validity first: empty if nothing is null
    rejected: dict[str, int]  # values that fit no column, by attribute
    contents: tuple[tuple[str, str, str], ...] = ()  # event id, attribute, scrubbed text


class PackEvents(Protocol):
    """Makes columns of released events, and of nothing else: what is not an Event cannot get into the store this way."""

    def __call__(self, events: Sequence[Event]) -> EventColumns:
        """The events by column."""


@dataclass(slots=True, kw_only=True)
class Batch:
    """What is written in one transaction."""

    events: Sequence[Event] = ()
    columns: Sequence[EventColumns] = ()  # more events, packed for this very store
    drops: Drops = field(default_factory=dict)
    position: Position | None = None  # journal read up to here
    streams: Mapping[str, StreamState] = field(default_factory=dict)
    files: Sequence[FileState] = ()
    quarantined: Sequence[Quarantined] = ()
    identities: Mapping[str, str] = field(default_factory=dict)  # clear names by pseudonym, while they are to be shown


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteResult:
    """What became of a batch."""

    new: int
    duplicate: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One read-only question: `name` goes into a leading comment, values are bound, never pasted."""

    name: str
    sql: str
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The answer: column names and rows. Times are naive UTC datetimes, as stored."""

    columns: Sequence[str]
    rows: Sequence[tuple[Any, ...]]

    def records(self) -> list[dict[str, Any]]:
        """Rows as dictionaries."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePeriod:
    """What tokens of a model cost from one day (UTC) to another: femto-dollars (10^-15 US dollars) a token, plain rates."""

    from_day: date | None  # None: open
    until_day: date | None  # not included; None: open
    input: int
    output: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int


class Prices(Protocol):
    """A dated price table."""

    @property
    def version(self) -> str:
        """Which table this is."""

    def price(
        self,
        usage: TokenUsage,
        *,
        model: str,
        at_us: int,
        speed: str | None = None,
        service_tier: str | None = None,
        inference_geo: str | None = None,
    ) -> Money:
        """What one request costs. Raises UnknownModel."""

    def periods(self, model: str) -> Sequence[PricePeriod]:
        """When the model had which plain rates (no tier, no factor), the oldest first; none for what is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repriced:
    """What new prices changed in the ledger: one model on one day."""

    model: str
    day: date  # UTC
    requests: int  # whose cost changed
    newly_priced: int  # of them: were unpriced before
    no_longer_priced: int  # of them: are unpriced now
    before_nanousd: int  # what is unpriced counts 0 here
    after_nanousd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpriced:
    """Requests without a price: one model."""

    model: str | None
    requests: int
    tokens: int  # input, output, cache read and write
    first_day: date  # UTC
    last_day: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Repricing:
    """What came of pricing stored requests again."""

    price_version: str
    examined: int  # events that the table may price
    changed: int  # events that cost something else now
    rows: Sequence[Repriced]  # by model and day
    residual_before_nanousd: int  # what only counters saw, which a price can shift
    residual_after_nanousd: int
    unpriced: Sequence[Unpriced]  # what has no price still


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """What of one tier has had its time. Times are UTC without a zone."""

    tier: str  # raw, aggregated, summary
    days: int | None  # from arrival; None: kept for ever
    sessions: int  # that leave the tier, records without one counted by day
    rows: int  # records, requests of the ledger, or monthly sums that are deleted
    rows_kept: int
    oldest_at: datetime | None  # arrival of the oldest
    next_at: datetime | None  # when the next will have had its time
    waits_until: datetime | None  # so many at once that they wait to be seen, until then


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What a deletion by age did."""

    at: datetime  # UTC without a zone
    deleted: Mapping[str, int]  # rows, by tier
    waiting: Sequence[str]  # tiers of which too much is due at once


class Store(SubjectStore, Protocol):
    """Where released events rest. One process opens it; any thread may call it."""

    def write(self, batch: Batch) -> WriteResult:
        """Write all of the batch or nothing. Writing the same events again changes nothing. Raises StoreError."""

    def settle(self) -> None:
        """Bring ledger, sessions and hours up to date with the events written since the last time."""

    def rebuild(self) -> None:
        """Make ledger, sessions and hours anew from the events alone."""

    def reprice(
        self,
        prices: Prices,
        *,
        start_us: int | None = None,
        end_us: int | None = None,
        is_wanted: Callable[[str], bool] | None = None,
        dry_run: bool = False,
        progress: Callable[[int, int], None] | None = None,
    ) -> Repricing:
        """Price again what `prices` may price: requests whose cost is priced or unpriced, never what an agent reported.

        Args:
            start_us, end_us: when the requests were made, UTC microseconds, the end excluded; None: from the first, to the last.
            is_wanted: which models, by the name as reported; None: all.
            dry_run: change nothing, but say what would change.
            progress: called with events done and events in all.
        """

    def purge_contents(self) -> int:
        """Delete the texts that the preset `content` kept, so that they are in none of the file's bytes; how many.

        Raises:
            StoreError: they could not be deleted, or their bytes not be taken out of the file.
        """

    def purge_identities(self) -> int:
        """Delete the clear names behind pseudonyms, as `purge_contents` does; how many. Raises StoreError."""

    def expiries(self, now: datetime) -> Sequence[Expiry]:
        """What deleting by age would delete now, tier by tier."""

    def retain(self, now: datetime, *, confirmed: bool = False) -> Retained:
        """Delete what has had its time: more than a tenth of a tier only after a week, or if `confirmed`.

        The deleted rows' bytes stay in the file until `compact_if_due`.
        """

    def query(self, statement: Statement, *, timeout_s: float = 30.0, max_rows: int = 100_000) -> Result:
        """Answer from the last settled state. Raises QueryError, QueryTooLarge."""

    def position(self) -> Position:
        """How far the journal has been written to the store."""

    def streams(self) -> dict[str, StreamState]:
        """All cumulative streams known, by stream id."""

    def files(self) -> dict[str, FileState]:
        """All files read so far, by file id."""

    def close(self) -> None:
        """Checkpoint and let go of the files. Safe to call twice."""


class Sink(Protocol):
    """Somewhere released events go besides the store. They go by way of the outbox, which asks for consent.

    Also an `outbox.destination.Destination`, which is not loaded here: few processes send anything.
    """

    @property
    def id(self) -> str:
        """Which section of the settings: "webhook"."""

    @property
    def purposes(self) -> frozenset[ConsentPurpose]:
        """What events are sent there for, if it is allowed. What only a purpose needs that is not allowed is left out."""

    @property
    def content_type(self) -> str:
        """How events are written: `outbox.fields.JSON` or `JSON_LINES`."""

    @property
    def address(self) -> str:
        """Where it is, for people: nothing in it can be a token."""

    @property
    def fingerprint(self) -> str:
        """Of the whole address."""

    def shown_headers(self, envelope: Envelope) -> Mapping[str, str]:
        """What is sent beside the body, with stars for what is secret."""

    def deliver(self, envelope: Envelope, flight: Flight) -> int:
        """Send all of the body; the status with which it was taken, 0 where there is no such thing.

        Calls `flight.check()` directly before the first byte leaves.

        Raises:
            TransientDelivery, PermanentDelivery, DeliveryStopped, ConfigError
        """
