"""The live stream as ASGI: what comes in is told once, in order, to whoever listens and comes again."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tachograph.ports import Batch, Statement
from tachograph.server.answers import StoreAnswers
from tachograph.server.bell import Bell
from tachograph.server.core import Core
from tachograph.server.live import feed as feed_module
from tachograph.server.live.feed import Feed, Page, Place, parse_listener
from tachograph.server.live.stream import ABORT, LiveStream
from tachograph.server.live_config import LiveConfig
from tachograph.server.services import QueryTimes
from tachograph.store.duckdb import DuckDBStore
from tachograph.testing import make_event
from tachograph_sdk.errors import QueryError, StoreError
from tachograph_sdk.model.event import EventKind
from tachograph_sdk.model.subject import Selection
from tests.served import NAMES, NOW_US, IdleJournal, StillClock

SECONDS = 10.0


class Client:
    """Listens, and takes what comes apart."""

    def __init__(
        self, feed: Feed, *, abort: Callable[[], None] = lambda: None, takes: bool = True, **asked: Any
    ) -> None:
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.messages: list[dict[str, str]] = []
        self.comments: list[str] = []
        self.ended = False
        self.last_id: str | None = None
        self._takes = takes
        self._left = asyncio.Event()
        self._abort = abort
        self._text = ""
        listener = parse_listener(asked.pop("last_event_id", None), asked.pop("since_seq", None), asked)
        self.task = asyncio.create_task(self._run(LiveStream(feed, listener)))

    async def _run(self, stream: LiveStream) -> None:
        def aborted() -> None:
            self._abort()
            self._left.set()

        scope = {"type": "http", "extensions": {ABORT: {"call": aborted}}}
        await stream(scope, self._receive, self._send)

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], dict(message["headers"])
            return
        if not self._takes:
            await asyncio.Event().wait()
        self._text += message["body"].decode()
        while "\n\n" in self._text:
            block, _, self._text = self._text.partition("\n\n")
            if block.startswith(":"):
                self.comments.append(block[2:])
                continue
            told = dict(line.split(": ", 1) for line in block.split("\n"))
            self.last_id = told.get("id", self.last_id)
            self.messages.append(told)
        self.ended = self.ended or not message.get("more_body", False)

    def of(self, event: str) -> list[Any]:
        return [json.loads(m["data"]) for m in self.messages if m.get("event") == event]

    @property
    def records(self) -> list[dict[str, Any]]:
        return [record for told in self.of("records") for record in told["records"]]

    @property
    def requests(self) -> list[str]:
        return [record["event_id"] for record in self.records]

    async def until(self, condition: Callable[[Client], object], what: str) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                while not condition(self):
                    await asyncio.sleep(0.005)
        except TimeoutError:
            raise AssertionError(f"not in time: {what}; {self.messages}") from None

    async def leave(self) -> None:
        self._left.set()
        await asyncio.wait_for(self.task, SECONDS)


@pytest.fixture
def core() -> Any:
    store = DuckDBStore(":memory:")
    made = Core(journal=IdleJournal(), pipeline=None, store=store, clock=StillClock(NOW_US))  # type: ignore[arg-type]
    made.bell = Bell(quiet_s=0.01)
    yield made
    store.close()


@pytest.fixture
def config() -> LiveConfig:
    return LiveConfig()


@pytest.fixture
def feed(core: Core, config: LiveConfig) -> Feed:
    return feed_of(core, config)


def feed_of(core: Core, config: LiveConfig) -> Feed:
    answers = StoreAnswers(core.store, clock=StillClock(NOW_US), times=QueryTimes(), demo=False, name=NAMES.name)
    return Feed(answers, core, config)


def write(core: Core, count: int = 1, **attributes: Any) -> None:
    """In a thread of its own, as the core does."""
    kind = attributes.pop("kind", EventKind.API_REQUEST)
    events = [make_event(kind, **attributes) for _ in range(count)]
    thread = threading.Thread(target=core.write, args=(Batch(events=events),))
    thread.start()
    thread.join()


def stored(core: Core) -> list[str]:
    rows = core.store.query(Statement(name="all", sql="select event_id from events order by seq")).rows
    return [str(row[0]) for row in rows]


async def test_a_record_that_is_stored_is_told_to_whoever_listens(core: Core, feed: Feed) -> None:
    write(core)  # before it listened
    client = Client(feed)
    await client.until(lambda c: c.of("start"), "the start")
    assert client.status == 200
    assert client.headers[b"content-type"].startswith(b"text/event-stream")
    assert client.messages[0] == {"retry": "2000"}
    write(
        core, user_id="u_1", model="opus", input_tokens=3, cost_nanousd=1_500, cost_basis="reported", tool_name="Bash"
    )
    await client.until(lambda c: c.records, "the record")
    (record,) = client.records
    assert record["event_id"] == stored(core)[1]
    assert record["seq"] == 2
    assert (record["user"], record["model"], record["tool_name"]) == ("u_1", "opus", "Bash")
    assert record["cost_microusd"] == 2  # half up
    assert record["occurred_at"].endswith("Z")
    assert "project" not in record  # it does not say
    assert client.last_id is not None
    assert client.last_id.split(".")[0] == "2"
    await client.leave()
    assert feed.clients == 0


async def test_settled_comes_when_the_derived_tables_know_it(core: Core, feed: Feed) -> None:
    client = Client(feed)
    await client.until(lambda c: c.of("start"), "the start")
    write(core, 3)
    await client.until(lambda c: c.records, "the records")
    assert client.of("settled") == []
    assert core.settle_if_due(drained=True)
    await client.until(lambda c: c.of("settled"), "that it settled")
    assert client.of("settled") == [{"seq": 3}]
    assert core.store.query(Statement(name="n", sql="select count(*) from requests")).rows == [(3,)]
    await client.leave()


async def test_who_comes_again_gets_what_it_missed_and_nothing_twice(core: Core, feed: Feed, monkeypatch: Any) -> None:
    monkeypatch.setattr(feed_module, "PAGE_RECORDS", 7)
    got: list[str] = []
    last: str | None = None
    for round_ in range(12):
        client = Client(feed, last_event_id=last) if last else Client(feed, since_seq=0)
        write(core, 5)
        await client.until(lambda c: c.of("start"), "the start")
        if round_ % 3:
            write(core, 11)
            await client.until(lambda c: c.records, "some")
        await client.leave()
        write(core, 2)
        got += client.requests
        last = client.last_id
    client = Client(feed, last_event_id=last)
    await client.until(lambda c: len(got) + len(c.requests) == len(stored(core)), "the rest")
    await client.leave()
    assert got + client.requests == stored(core)


async def test_a_start_has_an_id_so_that_a_first_silence_loses_nothing(core: Core, feed: Feed) -> None:
    write(core, 4)
    client = Client(feed)
    await client.until(lambda c: c.of("start"), "the start")
    await client.leave()
    write(core)
    again = Client(feed, last_event_id=client.last_id)
    await again.until(lambda c: c.records, "what came between")
    assert again.requests == stored(core)[4:]
    await again.leave()


async def test_filters_keep_what_they_name_and_move_the_id_past_the_rest(core: Core, feed: Feed) -> None:
    clear = "11111111-2222-4333-8444-555555555555"
    mine = NAMES.session(clear)
    clients = {
        "agent": Client(feed, agent="codex,gemini_cli"),
        "session": Client(feed, session=clear),
        "kind": Client(feed, kind="tool.call"),
        "two": Client(feed, kind="tool.call", agent="codex"),
        "unknown": Client(feed, session="null"),
    }
    for client in clients.values():
        await client.until(lambda c: c.of("start"), "the start")
    write(core, agent="codex", session_id=mine)
    write(core, kind=EventKind.TOOL_CALL, tool_name="Bash")
    write(core, kind=EventKind.TOOL_CALL, tool_name="Bash", agent="codex", session_id=None)
    write(core, kind=EventKind.PROMPT)
    for client in clients.values():
        await client.until(lambda c: (c.last_id or "").startswith("4."), "the last id")
    seqs = {name: [r["seq"] for r in client.records] for name, client in clients.items()}
    assert seqs == {"agent": [1, 3], "session": [1], "kind": [2, 3], "two": [3], "unknown": [3]}
    for client in clients.values():
        await client.leave()


async def test_a_filter_that_keeps_next_to_nothing_looks_through_all_piece_by_piece(
    core: Core, feed: Feed, monkeypatch: Any
) -> None:
    monkeypatch.setattr(feed_module, "PAGE_REACH", 10)
    write(core, 34)
    write(core, agent="codex")
    write(core, 20)
    client = Client(feed, agent="codex", since_seq=0)
    await client.until(lambda c: (c.last_id or "").startswith("55."), "the end")
    assert [record["seq"] for record in client.records] == [35]
    assert sum("event" not in message and "id" in message for message in client.messages) == 5
    await client.leave()


@pytest.mark.parametrize(
    "asked",
    [{"last_event_id": "x"}, {"last_event_id": "1.zz"}, {"last_event_id": "-1"}, {"kind": "nonsense"}, {"kind": ""}],
)
def test_what_cannot_be_meant_is_refused(asked: dict[str, str]) -> None:
    with pytest.raises(QueryError) as told:
        parse_listener(asked.pop("last_event_id", None), None, asked)
    assert told.value.hint


async def test_an_id_from_the_future_is_answered_by_a_reset(core: Core, feed: Feed) -> None:
    write(core, 2)
    client = Client(feed, last_event_id="7")
    await client.until(lambda c: c.of("reset"), "a reset")
    assert client.of("reset") == [{"seq": 2, "settled_seq": 0, "reason": "ahead"}]
    write(core)
    await client.until(lambda c: c.records, "what comes then")
    assert client.requests == stored(core)[2:]
    await client.leave()


async def test_an_id_of_another_store_is_answered_by_a_reset_also_if_its_number_is_smaller(
    core: Core, feed: Feed
) -> None:
    write(core, 5)
    client = Client(feed, last_event_id="3.00000000")
    await client.until(lambda c: c.of("reset"), "a reset")
    assert client.of("reset")[0]["reason"] == "renumbered"
    assert client.records == []
    await client.leave()
    plain = Client(feed, last_event_id="3")  # a bare number is taken as one of this store
    await plain.until(lambda c: c.records, "records")
    assert plain.requests == stored(core)[3:]
    await plain.leave()


async def test_an_erasure_resets_who_listens_and_who_comes_again(core: Core, config: LiveConfig) -> None:
    feed = feed_of(core, LiveConfig(heartbeat_s=0.05))
    write(core, 3, session_id="s_0000000000000001")
    write(core, 3, session_id="s_0000000000000002")
    core.settle_if_due(drained=True)
    client = Client(feed, since_seq=0)
    await client.until(lambda c: len(c.records) == 6, "all")
    core.store.erase(Selection(sessions=("s_0000000000000001",)), "e_1", remember=lambda _: None)
    await client.until(lambda c: c.of("reset"), "a reset")
    assert client.of("reset")[0]["reason"] == "renumbered"
    before = len(client.records)
    write(core)
    await client.until(lambda c: len(c.records) > before, "what comes then")
    assert client.requests[before:] == stored(core)[-1:]
    await client.leave()
    old = Client(feed, last_event_id=client.messages[1]["id"])
    await old.until(lambda c: c.of("reset"), "a reset for an old id")
    await old.leave()


async def test_nothing_of_an_erased_session_is_told_from_a_page_that_was_read_before(
    core: Core, feed: Feed, monkeypatch: Any
) -> None:
    monkeypatch.setattr(feed_module, "KEPT_S", 0.05)
    write(core, 3, session_id="s_0000000000000001")
    core.settle_if_due(drained=True)
    first = await feed.begin(Place(seq=0))
    page = await feed.page(first.place, {})
    assert page.message.count(b"event_id") == 3
    core.store.erase(Selection(sessions=("s_0000000000000001",)), "e_1", remember=lambda _: None)
    assert feed._kept
    async with asyncio.timeout(10):
        while feed._kept:  # also where nobody reads any more
            await asyncio.sleep(0.01)
    later = await feed.page(first.place, {})
    assert later.is_reset


async def test_clients_that_are_equally_far_share_one_reading(core: Core, feed: Feed, monkeypatch: Any) -> None:
    readings = 0
    read = feed._read

    def counted(*arguments: Any) -> Page:
        nonlocal readings
        readings += 1
        return read(*arguments)

    monkeypatch.setattr(feed, "_read", counted)
    clients = [Client(feed) for _ in range(20)]
    for client in clients:
        await client.until(lambda c: c.of("start"), "the start")
    await asyncio.sleep(0.1)
    readings = 0
    write(core, 10)
    for client in clients:
        await client.until(lambda c: len(c.records) == 10, "the records")
    assert readings <= 3
    for client in clients:
        await client.leave()


async def test_one_more_client_than_there_is_room_for_is_told_to_come_again(core: Core) -> None:
    feed = feed_of(core, LiveConfig(max_clients=2))
    two = [Client(feed), Client(feed)]
    for client in two:
        await client.until(lambda c: c.of("start"), "the start")
    third = Client(feed)
    await asyncio.wait_for(third.task, SECONDS)
    assert third.status == 503
    assert int(third.headers[b"retry-after"]) >= 1
    await two[0].leave()
    fourth = Client(feed)
    await fourth.until(lambda c: c.of("start"), "room again")
    await fourth.leave()
    await two[1].leave()


async def test_who_takes_nothing_is_sent_away_and_holds_nobody_up(core: Core) -> None:
    feed = feed_of(core, LiveConfig(stall_s=0.2))
    aborted: list[int] = []
    stuck = Client(feed, takes=False, abort=lambda: aborted.append(1))
    good = Client(feed)
    await good.until(lambda c: c.of("start"), "the start")
    write(core)
    await good.until(lambda c: c.records, "the record, meanwhile")
    assert not stuck.task.done()
    await asyncio.wait_for(stuck.task, SECONDS)
    assert aborted == [1]
    assert (feed.stalled, feed.clients) == (1, 1)
    await good.leave()


async def test_a_server_that_stops_ends_every_stream_also_of_who_takes_nothing(core: Core, feed: Feed) -> None:
    aborted: list[int] = []
    good = Client(feed)
    stuck = Client(feed, takes=False, abort=lambda: aborted.append(1))
    await good.until(lambda c: c.of("start"), "the start")
    core.bell.close()
    await asyncio.wait_for(asyncio.gather(good.task, stuck.task), 3.0)
    assert good.ended
    assert aborted == [1]
    late = Client(feed)
    await asyncio.wait_for(late.task, SECONDS)
    assert late.status == 503


async def test_a_quiet_stream_says_how_fresh_it_is(core: Core) -> None:
    feed = feed_of(core, LiveConfig(heartbeat_s=0.03))
    write(core, 2)
    client = Client(feed)
    await client.until(lambda c: len(c.comments) > 2, "heartbeats")
    told = json.loads(client.comments[0])
    assert (told["seq"], told["settled_seq"], told["lag_ms"], told["clients"]) == (2, 0, 0, 1)
    await client.leave()


async def test_a_store_that_fails_ends_the_stream_and_says_no_value(core: Core, feed: Feed, monkeypatch: Any) -> None:
    client = Client(feed)
    await client.until(lambda c: c.of("start"), "the start")

    def broken(*_: Any) -> Page:
        raise StoreError("secret of the store")

    monkeypatch.setattr(feed, "_read", broken)
    write(core)
    await asyncio.wait_for(client.task, SECONDS)
    assert client.ended
    assert "secret" not in str(client.messages)


async def test_a_bell_loses_no_ring_however_it_falls() -> None:
    """Whoever looks, then waits for more wakings than there were before the look, never sleeps through a change."""
    bell = Bell(quiet_s=0.0)
    bell.listen()
    written = seen = 0
    gone = threading.Event()

    def write_and_ring() -> None:
        nonlocal written
        while written < 600 and not gone.is_set():
            for _ in range(1 + written % 3):  # some rings fall while another is on its way
                written += 1
                bell.ring()
            while seen < written and not gone.is_set():
                time.sleep(0)

    thread = threading.Thread(target=write_and_ring)
    thread.start()
    try:
        while seen < 600:
            wakings = bell.wakings
            seen = written
            if seen < 600:
                assert await bell.wait(wakings, 5.0), f"slept through a ring at {seen}"
    finally:
        gone.set()
        thread.join()


async def test_a_busy_store_wakes_a_few_times_a_second_and_not_for_every_batch() -> None:
    bell = Bell(quiet_s=0.1)
    bell.listen()
    loop = asyncio.get_running_loop()
    end = loop.time() + 0.55
    while loop.time() < end:
        bell.ring()
        await asyncio.sleep(0.001)
    assert 3 <= bell.wakings <= 7
