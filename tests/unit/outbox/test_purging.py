"""Deleting: at once, in every state, and nothing of it is on its way afterwards."""

from __future__ import annotations

import fcntl
import socket
import struct
import subprocess
import sys
import termios
import threading
import time as systime

import pytest

from tachograph_sdk.errors import TransientDelivery
from tachograph_sdk.model.consent import ConsentPurpose
from tachograph_sdk.outbox.sender import Sender
from tests.unit.outbox.parts import USAGE, Consent, Place, Web, event, make_outbox, put

PERFORMANCE, ERRORS = ConsentPurpose.PERFORMANCE_METRICS, ConsentPurpose.ERROR_REPORTING


def everything(root) -> bytes:
    return b"".join(path.read_bytes() for path in root.rglob("*") if path.is_file())


def test_a_purpose_is_purged_in_every_state(tmp_path):
    outbox, place = make_outbox(tmp_path, mode="review"), Place()
    both = put(outbox, place, number=1, purposes=[USAGE, ERRORS])
    approved = put(outbox, place, number=2)
    other = put(outbox, place, events=[{**event(3), "duration_ms": 5}], purposes=[USAGE, PERFORMANCE])
    only = put(outbox, place, events=[_timing(4)], purposes=[PERFORMANCE])
    outbox.approve([approved.id])
    done = outbox.purge(purpose=USAGE)
    assert (done.envelopes, done.events, done.in_flight) == (3, 3, 0)
    assert [entry.place.id for entry in outbox.entries()] == [only.id]
    gone = {receipt["id"] for receipt in outbox.receipts.read() if receipt["what"] == "purged"}
    assert gone == {both.id, approved.id, other.id}


def _timing(number: int) -> dict[str, object]:
    made = {**event(number), "duration_ms": 5}
    del made["tool_name"]
    return made


def test_erasing_a_person_takes_every_envelope_that_tells_of_them(tmp_path):
    outbox, place = make_outbox(tmp_path), Place()
    put(outbox, place, number=1, about=["u_00000000000000aa", "s_1"])
    put(outbox, place, events=[event(2, user_id="u_00000000000000bb")], about=["u_x"])
    stays = put(outbox, place, number=3, about=["u_00000000000000cc"])
    done = outbox.purge(mentions=["u_00000000000000aa", "u_00000000000000bb"])
    assert done.envelopes == 2
    assert [entry.place.id for entry in outbox.entries()] == [stays.id]
    left = everything(tmp_path)
    assert b"00000000000000aa" not in left
    assert b"00000000000000bb" not in left


def test_what_cannot_be_read_goes_with_whatever_is_erased(tmp_path):
    outbox, place = make_outbox(tmp_path), Place()
    put(outbox, place, number=1)
    (path,) = (tmp_path / "outbox/waiting").iterdir()
    path.write_bytes(b"u_00000000000000aa" * 3)
    assert outbox.purge(mentions=["u_00000000000000dd"]).envelopes == 1
    assert b"u_00000000000000aa" not in everything(tmp_path)


def test_without_a_choice_all_goes(tmp_path):
    outbox, place = make_outbox(tmp_path), Place()
    for number in range(3):
        put(outbox, place, number=number)
    assert outbox.purge().envelopes == 3
    assert outbox.entries() == []
    assert outbox.purge().envelopes == 0


def test_what_was_read_before_an_erasure_is_not_put_in_after_it(tmp_path):
    outbox, place = make_outbox(tmp_path), Place()
    put(outbox, place, number=1)
    before = outbox.generation()
    outbox.purge(mentions=["u_1"])
    assert put(outbox, place, number=2, generation=before) is None
    assert put(outbox, place, number=2, generation=outbox.generation()) is not None


def test_what_was_purged_does_not_come_back_under_the_same_key(tmp_path):
    outbox, place = make_outbox(tmp_path), Place()
    assert put(outbox, place, key="1-5") is not None
    outbox.purge()
    assert put(outbox, place, key="1-5") is None


def test_putting_in_while_consent_is_withdrawn_leaves_nothing(tmp_path):
    """Writers run while consent ends: whatever they do, nothing of it is there once `purge` has returned."""
    for _ in range(10):
        consent = Consent()
        outbox, place = make_outbox(tmp_path, consent), Place()
        stop = threading.Event()

        def write(start: int, outbox=outbox, place=place, stop=stop) -> None:
            number = start
            while not stop.is_set():
                try:
                    put(outbox, place, number=number)
                except Exception:  # noqa: BLE001 - consent has ended
                    return
                number += 1

        writers = [threading.Thread(target=write, args=(1000 * n,)) for n in range(3)]
        for writer in writers:
            writer.start()
        systime.sleep(0.03)
        consent.withdraw()
        outbox.purge(purpose=USAGE)
        assert outbox.entries() == []
        stop.set()
        for writer in writers:
            writer.join()
        assert outbox.entries() == []


class Stalled:
    """A server that accepts, reads a little, then nothing, so that a request stays on its way."""

    def __enter__(self) -> Stalled:
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        self._listener.bind(("127.0.0.1", 0))
        self._listener.listen(8)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        self.connected = threading.Event()
        self.connections: list[socket.socket] = []

        def accept() -> None:
            while True:
                try:
                    connection, _ = self._listener.accept()
                except OSError:
                    return
                self.connections.append(connection)
                self.connected.set()

        threading.Thread(target=accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self.connections:
            connection.close()

    def read_all(self, connection: socket.socket) -> int:
        """Take all that arrived and still arrives within a moment; how many bytes."""
        connection.settimeout(0.3)
        total = 0
        try:
            while piece := connection.recv(1 << 20):
                total += len(piece)
        except (ConnectionResetError, TimeoutError):
            pass
        return total

    def arrived(self) -> int:
        """Bytes that reached this machine's end of the connection."""
        total = 0
        for connection in self.connections:
            (waiting,) = struct.unpack("i", fcntl.ioctl(connection.fileno(), termios.FIONREAD, b"\0" * 4))
            total += waiting
        return total


def large_events() -> list[dict[str, object]]:
    return [event(number) for number in range(40_000)]


@pytest.mark.parametrize("how", ["withdraw", "erase", "purge only"])
def test_no_byte_leaves_after_a_withdrawal_returned(tmp_path, how):
    """A request is on its way and stalls; consent is withdrawn; from that moment on not one byte more arrives."""
    consent = Consent()
    outbox = make_outbox(tmp_path, consent)
    with Stalled() as server:
        place = Web(server.url)
        put(outbox, place, events=large_events(), about=["u_1"])
        for number in range(20):
            put(outbox, place, number=number)
        rounds: list[object] = []
        sending = threading.Thread(target=lambda: rounds.append(Sender(outbox, [place]).send()))
        sending.start()
        assert server.connected.wait(10)
        systime.sleep(0.3)  # the system's buffers are full, the sender waits
        assert sending.is_alive()
        before = server.arrived()
        assert before > 0
        start = systime.monotonic()
        if how == "withdraw":
            consent.withdraw()
            done = outbox.purge(purpose=USAGE)
            assert (done.envelopes, done.in_flight) == (21, 1)
        elif how == "erase":
            done = outbox.purge(mentions=["u_1"])
            assert (done.envelopes, done.in_flight) == (1, 1)
        else:
            done = outbox.purge()
        took_s = systime.monotonic() - start
        at_return = server.arrived()
        connections = len(server.connections)
        read = server.read_all(server.connections[0])  # there is room again at once: nothing may come to fill it
        assert read <= at_return < 1_000_000
        assert took_s < 2
        if how == "withdraw":
            sending.join(10)
            assert not sending.is_alive()
            systime.sleep(0.3)
            assert len(server.connections) == connections == 1
            assert outbox.entries() == []
        if how != "withdraw":
            consent.withdraw()  # ends the round that goes on with the others
            outbox.purge()
            sending.join(10)
    receipts = [r for r in outbox.receipts.read() if r.get("was_on_its_way")]
    assert len(receipts) >= 1


SENDER_OF_ANOTHER_PROCESS = """
import sys
from pathlib import Path
from tests.unit.outbox.parts import Consent, Web, make_outbox
from tachograph_sdk.outbox.sender import Sender
print("ready", flush=True)
print(Sender(make_outbox(Path(sys.argv[1])), [Web(sys.argv[2])]).send())
"""


def test_a_purge_cuts_off_what_another_process_sends(tmp_path):
    """As when a command withdraws while the server sends. The other process does not even hear of the consent."""
    outbox = make_outbox(tmp_path)
    with Stalled() as server:
        place = Web(server.url)
        put(outbox, place, events=large_events())
        other = subprocess.Popen(
            [sys.executable, "-c", SENDER_OF_ANOTHER_PROCESS, str(tmp_path), server.url], stdout=subprocess.PIPE
        )
        try:
            assert server.connected.wait(20)
            systime.sleep(0.3)
            assert other.poll() is None
            done = outbox.purge()
            at_return = server.arrived()
            assert server.read_all(server.connections[0]) <= at_return
            assert (done.envelopes, done.in_flight) == (1, 1)
            assert b"purged=1" in other.communicate(timeout=10)[0]
        finally:
            other.kill()
            other.wait()


def test_a_sender_that_was_killed_does_not_hold_up_a_purge(tmp_path):
    outbox = make_outbox(tmp_path)
    with Stalled() as server:
        put(outbox, Web(server.url), events=large_events())
        other = subprocess.Popen(
            [sys.executable, "-c", SENDER_OF_ANOTHER_PROCESS, str(tmp_path), server.url], stdout=subprocess.PIPE
        )
        assert server.connected.wait(20)
        other.kill()
        other.wait()
        assert other.stdout is not None
        other.stdout.close()
        assert [entry.place.state.value for entry in outbox.entries()] == ["sending"]
        start = systime.monotonic()
        assert outbox.purge().envelopes == 1
        assert systime.monotonic() - start < 1


def test_a_failure_put_back_does_not_bring_back_what_was_deleted_meanwhile(tmp_path):
    outbox = make_outbox(tmp_path)

    class DeletesMeanwhile(Place):
        def deliver(self, envelope, flight):
            (path,) = (tmp_path / "outbox/sending").iterdir()
            path.unlink()
            raise TransientDelivery("x")

    place = DeletesMeanwhile()
    put(outbox, place)
    Sender(outbox, [place]).send()
    assert outbox.entries() == []
