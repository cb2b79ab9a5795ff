"""What may be kept of a request, found out in slices, is what the whole would say."""

from __future__ import annotations

import json
import random

import pytest
from google.protobuf.message import DecodeError as ProtobufDecodeError

from tachograph.inputs.otlp import validate_json as json_module
from tachograph.inputs.otlp import validate_protobuf as protobuf_module
from tachograph.inputs.otlp.signals import LOGS, METRICS, SIGNALS, TRACES, Encoding
from tachograph.inputs.otlp.validate import Verdict, validate
from tachograph_sdk.errors import DecodeError, PayloadTooLarge
from tachograph_sdk.model.event import DropReason
from tests.corpus.otlp.mutate import SAMPLES, TEXTS, mutate, mutate_text
from tests.corpus.otlp.samples import as_json, logs, logs_json, metrics, traces
from tests.corpus.otlp.wire import delimited, log_record


def judge(signal, encoding, body) -> Verdict | None:
    try:
        return validate(signal, encoding, body)
    except DecodeError:
        return None


@pytest.mark.parametrize("slice_bytes", [1, 16, 40, 200])
def test_protobuf_in_slices_is_judged_as_in_one_piece(monkeypatch, slice_bytes):
    chance = random.Random(slice_bytes)
    kept = 0
    for _ in range(1500):
        index = chance.randrange(3)
        signal, body = SIGNALS[index], mutate(SAMPLES[index], chance)
        whole = judge(signal, Encoding.PROTOBUF, body)
        monkeypatch.setattr(protobuf_module, "SLICE_BYTES", slice_bytes)
        sliced = judge(signal, Encoding.PROTOBUF, body)
        monkeypatch.undo()
        assert (whole is None) == (sliced is None), (signal.name, body.hex())
        if whole is None or sliced is None:
            with pytest.raises(ProtobufDecodeError):
                signal.request.FromString(body)
            continue
        kept += 1
        if (
            len(body) > slice_bytes * 4
            and sliced.accepted + sliced.refused_count != whole.accepted + whole.refused_count
        ):
            continue  # a mutation split a message into two occurrences, which merge: counted in another way
        if whole.refused == sliced.refused:
            assert signal.request.FromString(bytes(whole.body)) == signal.request.FromString(bytes(sliced.body))
    assert kept > 50


@pytest.mark.parametrize("slice_bytes", [1, 16, 40, 200, 1 << 20])
@pytest.mark.parametrize("index", [0, 1, 2])
def test_bad_records_are_cut_out_of_slices_of_any_size(monkeypatch, slice_bytes, index):
    monkeypatch.setattr(protobuf_module, "SLICE_BYTES", slice_bytes)
    request = [logs(20), metrics(20), traces(20)][index]
    good = validate(SIGNALS[index], Encoding.PROTOBUF, request.SerializeToString())
    assert good.refused_count == 0
    assert good.body == request.SerializeToString()
    records = records_of(index, request)
    bad = [0, 3, 4, 19]
    for n in bad:
        if index == 1:
            records[n].as_double = float("nan")
        else:
            records[n].span_id = b"x"
    verdict = validate(SIGNALS[index], Encoding.PROTOBUF, request.SerializeToString())
    assert verdict.accepted == good.accepted - 4
    assert verdict.refused == {DropReason.BAD_NUMBER if index == 1 else DropReason.BAD_ID: 4}
    for n in reversed(bad):
        del records[n]
    assert SIGNALS[index].request.FromString(bytes(verdict.body)) == request


def records_of(index, request):
    if index == 0:
        return request.resource_logs[0].scope_logs[0].log_records
    if index == 1:
        return request.resource_metrics[0].scope_metrics[0].metrics[0].sum.data_points
    return request.resource_spans[0].scope_spans[0].spans


def test_a_walk_through_too_many_parts_is_given_up(monkeypatch):
    monkeypatch.setattr(protobuf_module, "MOST_FIELDS", 1000)
    many = delimited(1, delimited(2, delimited(2, b"") * 200_000))
    with pytest.raises(PayloadTooLarge):
        validate(LOGS, Encoding.PROTOBUF, many)


def test_json_taken_apart_is_judged_as_in_one_piece(monkeypatch):
    chance = random.Random(3)
    kept = 0
    for _ in range(1500):
        index = chance.randrange(3)
        signal, body = SIGNALS[index], mutate_text(TEXTS[index], chance)
        whole = judge(signal, Encoding.JSON, body)
        monkeypatch.setattr(json_module, "WHOLE_BYTES", 0)
        apart = judge(signal, Encoding.JSON, body)
        monkeypatch.undo()
        assert (whole is None) == (apart is None), body
        if whole is not None and apart is not None:
            assert (whole.accepted, whole.refused) == (apart.accepted, apart.refused), body
            assert json.loads(bytes(whole.body)) == json.loads(bytes(apart.body))
            kept += 1
    assert kept > 50


def test_json_that_is_all_braces_is_refused_for_its_density():
    assert validate(LOGS, Encoding.JSON, as_json(logs_json(5000))).accepted == 5000
    dense = b'{"resourceLogs":[%s{}]}' % (b"{}," * 500_000)
    with pytest.raises(PayloadTooLarge):
        validate(LOGS, Encoding.JSON, dense)


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (rb"a \ud83d b", "a � b"),
        (rb"\udc00", "�"),
        (rb"\ud83d\ud83d\ude00", "�\U0001f600"),
        (rb"\uD83D\uDE00", "\U0001f600"),
        (rb"\\ud83d", r"\ud83d"),
        (rb"\\\ud83d", "\\�"),
        (rb"\u00e4\ud800", "ä�"),
    ],
)
def test_half_an_emoji_becomes_the_replacement_character(sent, kept):
    body = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"%s"}}]}]}]}' % sent
    verdict = validate(LOGS, Encoding.JSON, body)
    assert verdict.accepted == 1
    text = json.loads(bytes(verdict.body))
    assert text["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["body"]["stringValue"] == kept


def test_the_message_counts_by_reason_and_quotes_nothing():
    request = logs_json(4)
    records = request["resourceLogs"][0]["scopeLogs"][0]["logRecords"]
    records[0]["traceId"] = "canary"
    records[1]["timeUnixNano"] = "canary"
    records[2]["body"] = {"intValue": "canary"}
    verdict = validate(LOGS, Encoding.JSON, as_json(request))
    assert verdict.refused == {DropReason.BAD_ID: 1, DropReason.BAD_TIME: 1, DropReason.MALFORMED: 1}
    assert "canary" not in verdict.message
    assert verdict.message.startswith("refused: 1 with ")


def test_what_json_and_protobuf_say_of_the_same_request_is_the_same():
    for signal in (LOGS, METRICS, TRACES):
        assert validate(signal, Encoding.JSON, b"{}").accepted == validate(signal, Encoding.PROTOBUF, b"").accepted == 0
    record = log_record(b"")
    assert validate(LOGS, Encoding.PROTOBUF, record).accepted == 1
