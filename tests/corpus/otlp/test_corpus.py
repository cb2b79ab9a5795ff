"""Every bad body is answered as the specification says, in bounded time and memory, and the next good one is served.

The receiver is the real process under a memory limit, one for all cases.
"""

from __future__ import annotations

import json
import random
import time

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status

from tachograph.inputs.otlp.signals import LOGS, METRICS, SIGNALS, TRACES
from tachograph.ports import FrameKind
from tests.corpus.otlp.case import JSON, PROTOBUF, Case
from tests.corpus.otlp.cases import CASES
from tests.corpus.otlp.samples import logs
from tests.flows.receiver.running import Answer, Receiver, start

SIGNAL_OF = {signal.path: signal for signal in SIGNALS}
GRPC_CODE = {
    200: grpc.StatusCode.OK,
    400: grpc.StatusCode.INVALID_ARGUMENT,
    413: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
}


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    with start(tmp_path_factory.mktemp("receiver") / "journal") as running:
        assert running.post("/v1/logs", logs().SerializeToString()).status == 200
        yield running
        assert running.process.poll() is None


def test_there_is_no_case_twice_and_there_are_many():
    names = [case.name for case in CASES]
    assert len(names) == len(set(names))
    assert len(names) > 300


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_http(receiver: Receiver, case: Case):
    body = case.make()
    before = receiver.health()
    memory = receiver.memory_mb()
    receiver.forget_peak()
    headers = dict(case.headers)
    if case.content_type is not None:
        headers["content-type"] = case.content_type
    began, worked = time.monotonic(), receiver.cpu_s()
    answer = receiver.request(case.method, case.path, body, headers)
    took, work = time.monotonic() - began, receiver.cpu_s() - worked
    assert answer.status in case.statuses, answer.body[:200]
    assert work < case.seconds
    assert took < 10 * case.seconds  # the rest is what else the machine does
    assert receiver.peak_mb() - memory < case.memory_mb
    if answer.status == 200:
        check_success(case, answer)
    elif case.method != "HEAD":
        code, message = answer.error()
        assert code > 0
        assert message
        assert answer.headers["content-type"] == (PROTOBUF if case.content_type == PROTOBUF else JSON)
        assert ("retry-after" in answer.headers) == (answer.status in (429, 503))
    if answer.status == 405:
        assert answer.headers["allow"] == "POST"
    after = receiver.health()
    if case.accepted is not None:
        assert after["records"] - before["records"] == case.accepted
        assert after["journal"]["frames"] - before["journal"]["frames"] == (1 if case.accepted else 0)
    elif answer.status != 200:
        assert after["journal"]["frames"] == before["journal"]["frames"], "nothing of it is kept"
    assert after["waiting_bytes"] == 0
    again = receiver.post("/v1/logs", logs(1).SerializeToString())
    assert (again.status, again.body) == (200, b"")


def check_success(case: Case, answer: Answer) -> None:
    signal = SIGNAL_OF[case.path]
    assert not any(name.startswith("access-control") for name in answer.headers)
    if not case.refused:
        assert answer.body == (b"{}" if answer.headers["content-type"] == JSON else b"")
    elif answer.headers["content-type"] == JSON:
        told = json.loads(answer.body)["partialSuccess"]
        assert told[signal.rejected_key] == str(case.refused)
        assert told["errorMessage"]
    else:
        response = signal.response.FromString(answer.body)
        assert getattr(response.partial_success, signal.rejected_field) == case.refused
        assert response.partial_success.error_message


@pytest.fixture(scope="module")
def channel(receiver: Receiver):
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(f"127.0.0.1:{receiver.grpc_port}", options=options) as channel:
        yield channel


# Over gRPC a message that is gzip is gzip: what says so in HTTP is a header.
PLAIN = [case for case in CASES if case.is_plain_protobuf and case.path in SIGNAL_OF and case.name != "gzip not said"]


@pytest.mark.parametrize("case", PLAIN, ids=[case.name for case in PLAIN])
def test_grpc_answers_as_http_does(receiver: Receiver, channel: grpc.Channel, case: Case):
    signal = SIGNAL_OF[case.path]
    before = receiver.health()
    memory = receiver.memory_mb()
    receiver.forget_peak()
    call = channel.unary_unary(signal.method).future(case.make(), timeout=20)
    code = call.code()
    assert code in {GRPC_CODE[status] for status in case.statuses}, call.details()
    if code is grpc.StatusCode.OK:
        response = signal.response.FromString(call.result())
        assert getattr(response.partial_success, signal.rejected_field) == (case.refused or 0)
    else:
        assert call.details()
        details = dict(call.trailing_metadata()).get("grpc-status-details-bin")
        if details is not None:  # the library itself answers what is over its limit
            assert not any(d.Is(RetryInfo.DESCRIPTOR) for d in Status.FromString(details).details)
    assert receiver.peak_mb() - memory < case.memory_mb + 32
    if case.accepted is not None:
        assert receiver.health()["records"] - before["records"] == case.accepted


def test_what_is_kept_is_what_was_sent_without_what_was_refused(receiver: Receiver):
    """Read back from the journal: records are whole, in order, and none of the refused ones is there."""
    receiver.frames()
    for case in CASES:
        if not case.accepted or case.memory_mb > 32:
            continue
        headers = dict(case.headers) | ({"content-type": case.content_type} if case.content_type else {})
        assert receiver.request(case.method, case.path, case.make(), headers).status == 200
        (frame,) = receiver.frames()
        sent = case.make() if not case.headers else b""
        if case.refused is None and not case.headers and "emoji" not in case.name:
            assert frame.body == sent, "not a byte is changed without need"
        elif frame.kind in (FrameKind.LOGS_PROTOBUF, FrameKind.METRICS_PROTOBUF, FrameKind.TRACES_PROTOBUF):
            assert count_protobuf(frame.kind, frame.body) == case.accepted
        else:
            assert count_json(json.loads(frame.body)) == case.accepted


def count_protobuf(kind: FrameKind, body: bytes) -> int:
    signal = {LOGS.protobuf_kind: LOGS, METRICS.protobuf_kind: METRICS, TRACES.protobuf_kind: TRACES}[kind]
    request = signal.request.FromString(body)
    if signal is LOGS:
        return sum(len(s.log_records) for r in request.resource_logs for s in r.scope_logs)
    if signal is TRACES:
        return sum(len(s.spans) for r in request.resource_spans for s in r.scope_spans)
    kinds = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
    return sum(
        len(getattr(m, kind).data_points)
        for r in request.resource_metrics
        for s in r.scope_metrics
        for m in s.metrics
        for kind in kinds
    )


def count_json(request: dict) -> int:
    total = 0
    for resource in request.get("resourceLogs") or ():
        for scope in resource["scopeLogs"]:
            total += len(scope["logRecords"])
    for resource in request.get("resourceSpans") or ():
        for scope in resource["scopeSpans"]:
            total += len(scope["spans"])
    for resource in request.get("resourceMetrics") or ():
        for scope in resource["scopeMetrics"]:
            for metric in scope["metrics"]:
                total += sum(len(v["dataPoints"]) for v in metric.values() if isinstance(v, dict))
    return total


def test_the_corpus_in_any_order_leaves_nothing_behind(receiver: Receiver):
    """Memory after all of it again, shuffled, is what it was."""
    small = [case for case in CASES if case.memory_mb <= 32]
    random.Random(5).shuffle(small)
    memory = receiver.memory_mb()
    for case in small:
        headers = dict(case.headers) | ({"content-type": case.content_type} if case.content_type else {})
        receiver.request(case.method, case.path, case.make(), headers)
    assert receiver.memory_mb() - memory < 16
