"""What every sink keeps to, whichever way it sends: the door asks for consent, and what was shown is what arrives."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from tachograph.outputs.sinks.config import ForwardConfig
from tachograph.outputs.sinks.cursor import CursorFile
from tachograph.outputs.sinks.file import FileSink
from tachograph.outputs.sinks.webhook import Webhook
from tachograph.outputs.sinks.worker import Forwarder
from tachograph.ports import Sink
from tachograph.testing import make_event
from tachograph_sdk.errors import DeliveryStopped, NotGranted
from tachograph_sdk.model.consent import ConsentPurpose, Grant
from tachograph_sdk.model.event import Event, EventKind
from tachograph_sdk.net import Flight, Limits, Reach
from tachograph_sdk.outbox.config import OutboxConfig
from tachograph_sdk.outbox.fields import JSON, JSON_LINES
from tachograph_sdk.outbox.outbox import Outbox, Purged
from tachograph_sdk.outbox.purposes import MAY_LEAVE
from tachograph_sdk.outbox.sender import Sender
from tachograph_sdk.privacy.identity import OutgoingPseudonyms, RotatingSalt
from tests.recording_sink import recording_sink

USAGE, PERFORMANCE, ERRORS = (
    ConsentPurpose.USAGE_ANALYTICS,
    ConsentPurpose.PERFORMANCE_METRICS,
    ConsentPurpose.ERROR_REPORTING,
)
NOW_US = 1_760_000_000_000_000


@dataclass
class Consent:
    since_us: dict[ConsentPurpose, int] = field(default_factory=dict)

    def granted(self, purpose: ConsentPurpose) -> Grant | None:
        since = self.since_us.get(purpose)
        if since is None:
            return None
        return Grant(purpose=purpose, reference=f"{purpose}-{since}", text_version=1, decided_us=since)


@dataclass
class Clock:
    s: float = 0.0

    def now_us(self) -> int:
        return NOW_US

    def monotonic_s(self) -> float:
        self.s += 1000.0
        return self.s


@dataclass
class Bench:
    """One sink with all that is around it."""

    sink: Sink
    received: Callable[[], list[bytes]]  # what arrived outside
    folder: Path
    consent: Consent = field(default_factory=Consent)
    events: list[Event] = field(default_factory=list)
    starts_us: dict[str, int] = field(default_factory=dict)  # of sessions, as the store knows them
    now_us: int = NOW_US

    def __post_init__(self) -> None:
        config = OutboxConfig(mode="auto")
        self.outbox = Outbox(
            self.folder / "outbox",
            config=config,
            permissions=self.consent,
            scrub=lambda text: text,
            policy_version=3,
            now_us=count(NOW_US).__next__,  # no two envelopes of one moment
        )
        self.sender = Sender(self.outbox, [self.sink])
        salt = RotatingSalt(self.folder / "salts.json")
        self.names = OutgoingPseudonyms(b"k" * 32, salt, destination=self.sink.fingerprint)
        self.forwarder = self.make_forwarder()

    def make_forwarder(self, max_events: int = 500) -> Forwarder:
        return Forwarder(
            self.sink,
            self.outbox,
            read=self.read,
            last_number=lambda after: len(self.events),
            rename=self.rename,
            session_starts=lambda sessions: {one: self.starts_us[one] for one in sessions if one in self.starts_us},
            cursor=CursorFile(self.folder / "outbox/sinks/cursor"),
            clock=Clock(),
            config=ForwardConfig(interval_s=1.0, max_events=max_events),
        )

    def rename(self, kind: str, name: str, began_us: int) -> str:
        return self.names.rename(kind, name, began_us=began_us, now_us=self.now_us)

    def read(self, after: int, limit: int) -> Sequence[tuple[int, Event]]:
        return list(enumerate(self.events, 1))[after : after + limit]

    def allow(self, *purposes: ConsentPurpose, since_us: int = 0) -> None:
        self.consent.since_us |= dict.fromkeys(purposes, since_us)

    def forward(self) -> None:
        """As the two tasks do, until nothing is left to do."""
        self.gather()
        self.sender.send()

    def gather(self) -> None:
        """Only the worker's half."""
        for _ in range(3):
            while self.forwarder.turn():
                pass

    def records(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = []
        for body in self.received():
            found += json.loads(body) if body.startswith(b"[") else [json.loads(line) for line in body.splitlines()]
        return found


@pytest.fixture(params=["webhook", "webhook, one array", "file"])
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    if request.param == "file":
        folder = tmp_path / "sink"
        yield Bench(
            FileSink(folder, purposes=MAY_LEAVE),
            lambda: [path.read_bytes() for path in sorted(folder.glob("*"))] if folder.exists() else [],
            tmp_path,
        )
        return
    with recording_sink() as server:
        sink = Webhook(
            server.url,
            purposes=MAY_LEAVE,
            content_type=JSON if "array" in request.param else JSON_LINES,
            user_agent="test",
            reach=Reach(loopback=True),
            limits=Limits(),
        )
        yield Bench(sink, server.bodies, tmp_path)


def tool_call(number: int = 0, **more: object) -> Event:
    return make_event(
        EventKind.TOOL_CALL,
        key=f"{number}",
        at_us=NOW_US,
        session_id="s_00000000000000aa",
        **{"tool_name": "Bash", "duration_ms": 12.5, "error_class": "timeout", "user_id": "u_00000000000000bb", **more},  # type: ignore[arg-type]
    )


def started(bench: Bench) -> Bench:
    """The worker has begun, so that what comes now is its business."""
    bench.forwarder.turn()
    return bench


def test_nothing_is_sent_without_consent(bench):
    started(bench).events += [tool_call(n) for n in range(5)]
    bench.forward()
    bench.allow(ConsentPurpose.PROJECT_NAMES, ConsentPurpose.CONTENT_RECORDING)
    bench.forward()
    assert bench.received() == []
    assert bench.outbox.entries() == []
    with pytest.raises(NotGranted):
        bench.outbox.put(bench.sink, purposes=[USAGE], body=_body(bench), content_type=bench.sink.content_type)


def _body(bench: Bench) -> bytes:
    record = {"event_id": "a", "kind": "prompt", "agent": "x", "source": "sdk", "name": "x", "occurred_at": "2025"}
    text = json.dumps([record] if bench.sink.content_type == JSON else record).encode()
    return text if bench.sink.content_type == JSON else text + b"\n"


@pytest.mark.parametrize(
    ("granted", "there"),
    [
        ({USAGE}, {"tool_name"}),
        ({PERFORMANCE}, {"duration_ms"}),
        ({ERRORS}, {"error_class"}),
        ({USAGE, ERRORS}, {"tool_name", "error_class"}),
        ({USAGE, PERFORMANCE, ERRORS}, {"tool_name", "duration_ms", "error_class"}),
    ],
)
def test_each_consent_lets_out_only_what_it_covers(bench, granted, there):
    bench.allow(*granted)
    started(bench).events.append(tool_call())
    bench.forward()
    (record,) = bench.records()
    assert record.keys() & {"tool_name", "duration_ms", "error_class"} == there
    (receipt,) = bench.outbox.receipts.read()
    assert set(receipt["purposes"]) == granted


def test_an_event_that_serves_no_purpose_that_was_allowed_stays(bench):
    bench.allow(ERRORS)
    plain = make_event(EventKind.TOOL_CALL, at_us=NOW_US, tool_name="Bash")
    started(bench).events += [plain, tool_call(1)]
    bench.forward()
    assert [record["kind"] for record in bench.records()] == ["tool.call"]


def test_a_consent_is_for_what_comes_after_it(bench):
    bench.allow(USAGE, since_us=NOW_US)
    bench.allow(PERFORMANCE, since_us=NOW_US + 10)
    started(bench)
    before, after = tool_call(1), tool_call(2)
    object.__setattr__(before, "at_us", NOW_US - 1)
    bench.events += [before, after]
    bench.forward()
    (record,) = bench.records()
    assert "tool_name" in record
    assert "duration_ms" not in record


def test_what_came_while_nothing_was_allowed_never_leaves(bench):
    started(bench).events += [tool_call(n) for n in range(3)]
    bench.forward()
    bench.allow(USAGE)
    bench.forward()
    assert bench.records() == []
    bench.events.append(tool_call(9))
    bench.forward()
    assert len(bench.records()) == 1


def test_what_is_shown_is_what_arrives(bench):
    bench.allow(*MAY_LEAVE)
    started(bench).events += [tool_call(n) for n in range(50)]
    bench.gather()
    shown = [entry.envelope.body for entry in bench.outbox.entries()]
    bench.sender.send()
    assert bench.received() == shown != []


def test_nothing_that_names_anybody_in_the_store_arrives(bench):
    bench.allow(*MAY_LEAVE)
    event = tool_call(1, request_id="req_0123456789abcdef01234567", span_id="00f067aa0ba902b7", trace_id="ab" * 16)
    started(bench).events.append(event)
    bench.forward()
    body = b"".join(bench.received()).decode()
    for name in (
        "00000000000000aa",
        "00000000000000bb",
        "0123456789abcdef",
        "00f067aa0ba902b7",
        "abab",
        event.event_id,
    ):
        assert name not in body
    (record,) = bench.records()
    assert len(str(record["span_id"])) == 16
    assert len(str(record["trace_id"])) == 32
    assert str(record["session_id"]).startswith("s_")


def test_a_session_keeps_its_name_over_midnight_and_gets_another_later(bench):
    """So that a session can be followed, and a person cannot for weeks; the person's own name here is for counting."""
    day_us = 86_400 * 10**6
    bench.allow(*MAY_LEAVE)
    bench.starts_us["s_00000000000000aa"] = NOW_US
    started(bench)
    for day in (0, 1, 2):
        bench.now_us = NOW_US + day * day_us
        bench.events.append(tool_call(day, request_id="req_0123456789abcdef01234567"))
        bench.forward()
    names = [(r["session_id"], r["request_id"]) for r in bench.records()]
    assert names[0] == names[1] != names[2]
    assert len({record["user_id"] for record in bench.records()}) == 1


def test_recorded_texts_never_leave(bench):
    bench.allow(*ConsentPurpose)
    event = tool_call(1)
    object.__setattr__(event, "contents", {"content_tool_input": "PLANTED"})
    with_text = tool_call(2, content_prompt="PLANTED")
    started(bench).events += [event, with_text]
    bench.forward()
    assert len(bench.records()) == 2
    assert b"PLANTED" not in b"".join(bench.received())


def test_a_withdrawal_before_sending_stops_everything(bench):
    bench.allow(USAGE)
    started(bench).events.append(tool_call())
    bench.gather()
    assert bench.outbox.entries()
    bench.consent.since_us.clear()
    bench.sender.send()
    assert bench.received() == []
    assert bench.outbox.entries() == []


def test_the_sink_itself_sends_nothing_that_may_not_leave(bench):
    bench.allow(USAGE)
    started(bench).events.append(tool_call())
    bench.gather()
    (entry,) = bench.outbox.entries()
    with pytest.raises(DeliveryStopped):
        bench.sink.deliver(entry.envelope, Flight(lambda: False))
    assert bench.received() == []


def test_delivering_twice_is_the_same_key(bench):
    bench.allow(USAGE)
    started(bench).events.append(tool_call())
    bench.gather()
    (entry,) = bench.outbox.entries()
    for _ in range(2):
        bench.sink.deliver(entry.envelope, Flight())
    assert set(bench.received()) == {entry.envelope.body}


def test_every_event_is_sent_once_however_envelopes_are_cut(bench):
    bench.allow(*MAY_LEAVE)
    bench.forwarder = bench.make_forwarder(max_events=7)
    started(bench).events += [tool_call(n) for n in range(100)]
    bench.forward()
    ids = [record["event_id"] for record in bench.records()]
    assert len(ids) == len(set(ids)) == 100
    assert len(bench.received()) == 15


def test_a_worker_that_stopped_anywhere_makes_the_same_envelopes_again(bench, monkeypatch):
    """Stopped before each write of the cursor in turn; more events come in meanwhile."""
    bench.allow(*MAY_LEAVE)
    started(bench)
    writes = 0

    class Stopped(Exception):
        pass

    real = CursorFile.write
    for stop in range(6):
        count = 0

        def write(self, cursor, stop=stop):
            nonlocal count, writes
            if count == stop:
                raise Stopped
            count += 1
            writes += 1
            real(self, cursor)

        bench.events += [tool_call(1000 * stop + n) for n in range(10)]
        monkeypatch.setattr(CursorFile, "write", write)
        try:
            bench.forward()
        except Stopped:
            bench.sender.send()
        monkeypatch.setattr(CursorFile, "write", real)
        bench.forwarder = bench.make_forwarder()
    bench.forward()
    ids = [record["event_id"] for record in bench.records()]
    assert len(ids) == len(set(ids)) == 60
    assert writes > 5


def test_a_store_that_counts_anew_loses_nothing(bench):
    """It was replaced, or its last events were erased before a restart: numbers are given out a second time."""
    bench.allow(*MAY_LEAVE)
    started(bench).events += [tool_call(n) for n in range(10)]
    bench.forward()
    del bench.events[:]
    bench.forwarder = bench.make_forwarder()
    bench.forward()
    bench.events += [tool_call(1000 + n) for n in range(10)]
    bench.forward()
    assert len({record["event_id"] for record in bench.records()}) == 20


def test_an_erasure_between_reading_and_putting_in_is_noticed(bench):
    bench.allow(*MAY_LEAVE)
    started(bench).events += [tool_call(1), tool_call(2, user_id="u_00000000000000cc")]
    real = bench.read
    erased: list[Purged] = []

    def read(after: int, limit: int) -> Sequence[tuple[int, Event]]:
        found = real(after, limit)
        if found and not erased:
            erased.append(bench.outbox.purge(mentions=["u_00000000000000cc"]))
            bench.events[1] = tool_call(2, user_id="u_00000000000000dd")  # as it is after the erasure
        return found

    bench.read = read
    bench.forwarder = bench.make_forwarder()
    bench.forward()
    assert erased
    assert len(bench.records()) == 2
    assert bench.rename("user", "u_00000000000000cc", NOW_US) not in str(bench.records())


def test_an_envelope_knows_whom_it_tells_of(bench):
    bench.allow(*MAY_LEAVE)
    started(bench).events += [tool_call(1, user_id="u_00000000000000cc"), tool_call(2)]
    bench.gather()
    assert bench.outbox.purge(mentions=["u_00000000000000ee"]).envelopes == 0
    assert bench.outbox.purge(mentions=["u_00000000000000cc"]).envelopes == 1
    assert bench.outbox.entries() == []
