"""OTLP over gRPC: the same journal, the same limits, the codes that the specification gives them."""

from __future__ import annotations

import gzip
import threading
import time
import zlib

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from tachograph.inputs.otlp.signals import LOGS, METRICS, TRACES
from tachograph.ports import FrameKind
from tests.corpus.otlp import bombs
from tests.corpus.otlp.samples import logs, metrics, traces
from tests.flows.receiver.running import Receiver, start, wait_until

BODY = logs().SerializeToString()


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    with start(tmp_path_factory.mktemp("receiver") / "journal") as running:
        yield running
        assert running.process.poll() is None
        assert running.stop() == 0
        assert running.process.stderr is not None
        assert running.process.stderr.read() == b""


@pytest.fixture(scope="module")
def channel(receiver: Receiver):
    with open_channel(receiver) as channel:
        yield channel


def open_channel(receiver: Receiver) -> grpc.Channel:
    options = [("grpc.max_send_message_length", -1)]
    return grpc.insecure_channel(f"127.0.0.1:{receiver.grpc_port}", options=options)


def call(channel: grpc.Channel, method: str, body: bytes, **more: object) -> grpc.Call:
    future = channel.unary_unary(method).future(body, timeout=20, **more)
    future.code()  # waits
    return future


def retry_info(future: grpc.Call) -> RetryInfo | None:
    details = dict(future.trailing_metadata()).get("grpc-status-details-bin")
    if details is None:
        return None
    status = Status.FromString(details)
    assert status.code == future.code().value[0]
    assert status.message == future.details()
    for detail in status.details:
        info = RetryInfo()
        if detail.Unpack(info):
            return info
    return None


def test_all_three_services_write_to_the_journal(receiver, channel):
    receiver.frames()
    for signal, request in ((LOGS, logs()), (METRICS, metrics()), (TRACES, traces())):
        future = call(channel, signal.method, request.SerializeToString())
        assert future.code() is grpc.StatusCode.OK
        assert future.result() == b""
    assert [(f.kind, f.body) for f in receiver.frames()] == [
        (FrameKind.LOGS_PROTOBUF, logs().SerializeToString()),
        (FrameKind.METRICS_PROTOBUF, metrics().SerializeToString()),
        (FrameKind.TRACES_PROTOBUF, traces().SerializeToString()),
    ]


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
def test_compressed_messages(receiver, channel, compression):
    receiver.frames()
    large = logs(5000).SerializeToString()
    for body in (BODY, large):
        assert call(channel, LOGS.method, body, compression=compression).code() is grpc.StatusCode.OK
    assert [f.body for f in receiver.frames()] == [BODY, large]


def test_an_empty_message_is_a_success(receiver, channel):
    receiver.frames()
    assert call(channel, LOGS.method, b"").code() is grpc.StatusCode.OK
    assert receiver.frames() == []


def test_partial_success(channel):
    request = logs()
    request.resource_logs[0].scope_logs[0].log_records[1].trace_id = b"x"
    future = call(channel, LOGS.method, request.SerializeToString())
    response = LOGS.response.FromString(future.result())
    assert response.partial_success.rejected_log_records == 1
    assert response.partial_success.error_message


@pytest.mark.parametrize(
    "bomb",
    [
        lambda: bombs.gzip_bomb(10_240),
        lambda: bombs.gzip_bomb(100),
        lambda: bombs.gzip_members(900, 1 << 20),
        lambda: bombs.zlib_bomb(1000),
    ],
)
def test_bombs_are_resource_exhausted_for_good(receiver, channel, bomb):
    body = bomb()
    memory = receiver.memory_mb()
    receiver.forget_peak()
    began = time.monotonic()
    future = call(channel, LOGS.method, body)
    assert time.monotonic() - began < 2
    assert future.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert retry_info(future) is None
    assert receiver.peak_mb() - memory < 128
    assert receiver.health()["waiting_bytes"] == 0
    assert call(channel, LOGS.method, BODY).code() is grpc.StatusCode.OK


def test_over_64_mib_is_resource_exhausted_and_under_it_is_taken(receiver, channel):
    future = call(channel, LOGS.method, bytes((64 << 20) + 1))
    assert future.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert retry_info(future) is None
    record = logs(1)
    record.resource_logs[0].scope_logs[0].log_records[0].body.string_value = "x" * (40 << 20)
    assert call(channel, LOGS.method, record.SerializeToString()).code() is grpc.StatusCode.OK


@pytest.mark.parametrize(
    "body", [b"\xff", b"\x1f\x8b", b"\x1f\x8b\x08junk", gzip.compress(BODY)[:-3], gzip.compress(b"\xff"), b"\x78\x9cxx"]
)
def test_what_cannot_be_read_is_invalid_argument(channel, body):
    future = call(channel, LOGS.method, body)
    assert future.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert retry_info(future) is None


def test_what_looks_like_zlib_and_is_none_is_read_as_it_is(receiver, channel):
    """0x78 0x9c begins a zlib stream, and is field 15 with some number too: an unknown field, which is ignored."""
    body = b"\x78\x9c\x01" + BODY
    assert call(channel, LOGS.method, body).code() is grpc.StatusCode.OK
    assert zlib.compress(BODY)[:2] == b"\x78\x9c"


def test_unknown_methods_are_unimplemented(channel):
    for method in ("/x/y", LOGS.method + "2", "/opentelemetry.proto.collector.profiles.v1.ProfilesService/Export"):
        assert call(channel, method, BODY).code() is grpc.StatusCode.UNIMPLEMENTED


def test_a_full_journal_is_unavailable_with_the_time_to_come_again(tmp_path):
    limits = {"max_bytes": 20_000, "segment_bytes": 5_000}
    with start(tmp_path / "journal", settings={"journal": limits}) as receiver, open_channel(receiver) as channel:
        health = "/grpc.health.v1.Health/Check"
        assert call(channel, health, b"").result() == b"\x08\x01"
        accepted = 0
        while (future := call(channel, LOGS.method, BODY)).code() is grpc.StatusCode.OK:
            accepted += 1
        assert accepted > 10
        assert future.code() is grpc.StatusCode.UNAVAILABLE
        info = retry_info(future)
        assert info is not None
        assert info.retry_delay.seconds >= 1
        assert call(channel, health, b"").result() == b"\x08\x02"
        assert len(receiver.frames()) == accepted


def test_too_much_at_once_is_unavailable(tmp_path):
    with start(tmp_path / "journal", otlp={"max_waiting_bytes": 1000}) as receiver, open_channel(receiver) as channel:
        future = call(channel, LOGS.method, logs(20).SerializeToString())
        assert future.code() is grpc.StatusCode.UNAVAILABLE
        assert retry_info(future) is not None
        assert call(channel, LOGS.method, logs(1).SerializeToString()).code() is grpc.StatusCode.OK


def test_a_client_that_gives_up_leaves_nothing_behind(receiver, channel):
    for _ in range(20):
        future = channel.unary_unary(LOGS.method).future(logs(2000).SerializeToString(), timeout=20)
        future.cancel()
    wait_until(lambda: receiver.health()["waiting_bytes"] == 0)
    assert call(channel, LOGS.method, BODY).code() is grpc.StatusCode.OK


def test_calls_that_never_send_their_message_do_not_keep_others_waiting(tmp_path):
    with start(tmp_path / "journal", otlp={"body_timeout_s": 3.0}) as receiver, open_channel(receiver) as channel:
        held = threading.Event()

        class Nothing:
            def __iter__(self):
                return self

            def __next__(self):
                held.wait(10)
                raise StopIteration

        stalled = [channel.stream_unary(LOGS.method).future(Nothing()) for _ in range(20)]
        time.sleep(0.2)
        began = time.monotonic()
        with open_channel(receiver) as other:
            assert call(other, LOGS.method, BODY).code() is grpc.StatusCode.OK
        assert time.monotonic() - began < 4
        assert stalled[0].code() is grpc.StatusCode.UNAVAILABLE
        held.set()
        assert receiver.health()["waiting_bytes"] == 0


def test_large_messages_at_once_do_not_fill_the_memory(tmp_path):
    record = logs(1)
    record.resource_logs[0].scope_logs[0].log_records[0].body.string_value = "x" * (20 << 20)
    body = record.SerializeToString()
    with (
        start(tmp_path / "journal", otlp={"grpc_readers": 2, "max_waiting_bytes": 50 << 20}) as receiver,
        open_channel(receiver) as channel,
    ):
        memory = receiver.memory_mb()
        receiver.forget_peak()
        calls = [channel.unary_unary(LOGS.method).future(body, timeout=120) for _ in range(16)]
        codes = {one.code() for one in calls}
        assert codes <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}, [one.details() for one in calls]
        assert receiver.peak_mb() - memory < 320  # held all at once, they are over 460
        wait_until(lambda: receiver.memory_mb() - memory < 40, seconds=60)


def test_a_call_without_a_message_is_invalid(channel):
    assert channel.stream_unary(LOGS.method).future(iter(())).code() is grpc.StatusCode.INVALID_ARGUMENT
