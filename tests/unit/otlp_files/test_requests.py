"""Splitting files into requests: each form that exporters write, whole, cut off and damaged."""

from __future__ import annotations

import gzip
import io
import json
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tachograph.inputs.agents.histories import BY_ID, HISTORIES
from tachograph.inputs.files.kinds import is_candidate, kind_of
from tachograph.inputs.files.otlp import requests
from tachograph.inputs.files.otlp.requests import Found, looks_like_otlp, read_requests
from tachograph.inputs.files.otlp.signal import named_signal, signal_of
from tachograph.inputs.files.streams import FileStream
from tachograph.inputs.files.unit import FileKind
from tachograph.inputs.otlp.compression import Zstd, zstd
from tachograph.ports import FrameKind
from tachograph_sdk.model.event import DropReason
from tests.captures import CAPTURES, SCHEMAS, frames

PROTOBUF = [f for capture in CAPTURES for f in frames(capture, "protobuf")]
JSON = [f for capture in CAPTURES for f in frames(capture, "json")]
BY_SIGNAL = {kind: next(f.body for f in PROTOBUF if f.kind is kind) for kind in {f.kind for f in PROTOBUF}}
LINE = {"logs": JSON[0].body, "other": b'{"a":1}'}


def read(data: bytes, name: str = "x") -> list[Found]:
    return list(read_requests(io.BytesIO(data), name))


def kinds(data: bytes, name: str = "x") -> list[FrameKind | str]:
    return [f.kind or (f.problem or DropReason.TORN_TAIL).value for f in read(data, name)]


def framed(bodies: Iterable[bytes]) -> bytes:
    """As the Collector's file exporter writes them."""
    return b"".join(struct.pack(">I", len(body)) + body for body in bodies)


def test_the_signal_of_every_recorded_request_shows_in_its_records():
    assert len(PROTOBUF) > 40
    for frame in PROTOBUF:
        signal = signal_of(frame.body)
        assert signal is not None
        assert signal.protobuf_kind is frame.kind
        assert kinds(frame.body) == [frame.kind]
        for name in SCHEMAS:
            if not signal.name.startswith(name):
                assert named_signal(f"0001.{name}.pb") is not signal


@pytest.mark.parametrize(
    "body", [b"", b"\x0a\x00", b"\x0a\x02\x12\x00", b"\nplain text after a line end", b"{}", b"\x0a\xff"]
)
def test_what_has_no_record_has_no_signal(body: bytes):
    assert signal_of(body) is None


@settings(max_examples=200)
@given(st.binary(max_size=64))
def test_any_bytes_are_looked_at_without_a_word(data: bytes):
    signal_of(data)
    signal_of(b"\x0a" + data, is_cut=True)
    looks_like_otlp(data, "x.logs.pb")
    for found in read(data):
        assert found.kind is not None or found.problem is not None or found.is_torn


@settings(max_examples=60)
@given(st.sampled_from(PROTOBUF), st.data())
def test_a_damaged_request_is_read_as_what_it_was_or_not_at_all(frame, data):
    at = data.draw(st.integers(0, len(frame.body) - 1))
    damaged = bytearray(frame.body)
    damaged[at] ^= data.draw(st.integers(1, 255))
    for found in read(bytes(damaged)):
        assert found.kind in (frame.kind, None) or found.problem is not None


def test_a_name_says_what_damaged_content_does_not():
    assert kinds(b"\x0a\xff\xff", "0001.logs.grpc.pb") == [FrameKind.LOGS_PROTOBUF]  # the decoder refuses and counts it
    assert kinds(b"\x0a\xff\xff", "0001.pb") == ["malformed"]
    assert named_signal("logs-and-metrics.pb") is None


def test_lines_of_json_of_any_signal_in_one_file():
    data = b"\n".join(frame.body for frame in JSON[:12]) + b"\n"
    found = read(data)
    assert [(f.kind, f.body.strip()) for f in found] == [(f.kind, f.body) for f in JSON[:12]]
    assert [f.place for f in found] == [f"line {n}" for n in range(1, 13)]
    assert found[-1].end == len(data)
    assert read(data[:-1])[-1].kind is found[-1].kind  # the last line end may be missing


def test_json_on_many_lines_is_one_request():
    body = json.dumps(json.loads(JSON[0].body), indent=2).encode()
    for data in (body, b"\xef\xbb\xbf" + body, b"\n \n" + body + b"\n"):
        assert [f.kind for f in read(data) if f.kind] == [JSON[0].kind]
    assert [f.is_torn for f in read(body[: len(body) // 2])] == [True]


def test_bad_lines_cost_themselves_only():
    good = JSON[0].body
    data = b"\n".join([good, b'{"a":1}', b"nonsense", good[:50], b"[]", b"", good])
    assert kinds(data) == [JSON[0].kind, "malformed", "malformed", "malformed", "malformed", JSON[0].kind]
    assert kinds(good + b"\n" + good[:50]) == [JSON[0].kind, "torn_tail"]


def test_one_object_with_two_signals_is_two_requests():
    both = json.dumps({"resourceLogs": [], "resourceSpans": []}).encode()
    assert kinds(both) == [FrameKind.LOGS_JSON, FrameKind.TRACES_JSON]


def test_what_the_collector_writes_with_format_proto():
    data = framed(f.body for f in PROTOBUF[:20])
    found = read(data)
    assert [(f.kind, f.body) for f in found] == [(f.kind, f.body) for f in PROTOBUF[:20]]
    assert found[-1].end == len(data)
    assert looks_like_otlp(data[:65536], "telemetry")
    cut = read(data[:-3])
    assert cut[-1].is_torn
    assert len(cut) == 20
    assert cut[-2].end == len(framed(f.body for f in PROTOBUF[:19]))


def test_what_older_collectors_write_with_compression():
    for bodies, wanted in ((PROTOBUF[:5], PROTOBUF[:5]), (JSON[:5], JSON[:5])):
        data = framed(zstd.compress(f.body) for f in bodies)
        assert [(f.kind, f.body) for f in read(data)] == [(f.kind, f.body) for f in wanted]
        assert looks_like_otlp(data[:65536], "telemetry.json")


def test_a_request_compressed_into_nothing_is_not_unpacked_beyond_its_limit(monkeypatch: pytest.MonkeyPatch):
    unpacked = 0

    class Counting(Zstd):
        def feed(self, data: bytes) -> Iterator[bytes]:
            nonlocal unpacked
            for piece in super().feed(data):
                unpacked += len(piece)
                yield piece

    monkeypatch.setattr(requests, "Zstd", Counting)
    monkeypatch.setattr(requests, "MAX_BODY_BYTES", 100_000)
    bomb = zstd.compress(b"{" + b" " * 50_000_000)
    good = PROTOBUF[0]
    data = framed([bomb, good.body])
    assert kinds(data) == ["malformed", good.kind]
    assert unpacked < 1_000_000
    assert kinds(framed([good.body]) + struct.pack(">I", 100_001) + good.body) == [good.kind, "malformed"]
    assert kinds(b'{"resourceLogs":[' + b" " * 200_000 + b"]}\n" + JSON[0].body) == ["too_large", JSON[0].kind]
    assert kinds(b"\x0a" + b"\0" * 200_000) == ["too_large"]


@pytest.mark.parametrize(
    "pack", [gzip.compress, zstd.compress, lambda d: b"".join(zstd.compress(d[i : i + 9]) for i in range(0, len(d), 9))]
)
def test_compressed_files_whatever_they_are_called(pack, tmp_path: Path):
    data = b"\n".join(frame.body for frame in JSON[:3])
    path = tmp_path / "telemetry"
    path.write_bytes(pack(data))
    with FileStream(str(path)) as stream:
        assert [f.kind for f in read_requests(stream, path.name)] == [f.kind for f in JSON[:3]]
        assert [stream.is_cut, stream.is_damaged, stream.is_too_large] == [False] * 3
    assert kind_of(str(path)) is FileKind.OTLP


def checked_zstd(data: bytes) -> bytes:
    return zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1})


@pytest.mark.parametrize("pack", [gzip.compress, checked_zstd])
def test_a_compressed_file_that_ends_early_or_is_damaged_gives_what_it_can(pack, tmp_path: Path):
    data = framed(f.body for f in PROTOBUF)
    packed = pack(data)
    path = tmp_path / "x.gz"
    for body, is_cut in ((packed[: len(packed) - 20], True), (packed[:200] + b"\xff" * 50 + packed[250:], False)):
        path.write_bytes(body)
        with FileStream(str(path)) as stream:
            found = list(read_requests(stream, path.name))
            assert (stream.is_cut, stream.is_damaged) == (is_cut, not is_cut)
        assert all(f.kind or f.is_torn or f.problem for f in found)


def test_a_bomb_of_a_file_is_not_unpacked_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from tachograph.inputs.files import streams as files_streams

    monkeypatch.setattr(files_streams, "MAX_UNPACKED_BYTES", 2_000_000)
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b'{"resourceLogs":[]}\n' * 1_000_000))
    with FileStream(str(path)) as stream:
        number = sum(1 for _ in read_requests(stream, path.name))
        assert stream.is_too_large
    assert number < 2_000_000 / 20 + 2


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("s.jsonl", b'{"type":"user","sessionId":"x"}\n', BY_ID["claude_code"]),
        ("8f6d1c52-0b7e-4a59-9f0e-2f8f0f6a1c11.jsonl", b"not even json\n", BY_ID["claude_code"]),  # its name says it
        ("agent-0b7e4a59.jsonl", b"", BY_ID["claude_code"]),
        ("s.jsonl", b"not even json\n", FileKind.CONSOLE),
        ("s.jsonl", JSON[0].body, FileKind.OTLP),
        ("renamed", b'{"type":"user","sessionId":"x"}\n', BY_ID["claude_code"]),
        ("x.json", b'{"name":"package"}', FileKind.CONSOLE),  # a text: reading it shows that there is nothing in it
        ("run.log", b"It is 2026.\n{\n  resource: {\n", FileKind.CONSOLE),
        ("empty.log", b" \n", FileKind.UNKNOWN),
        ("empty.pb", b"", FileKind.UNKNOWN),
        ("model.pb", b"\x0a\x05hello\x12\x00\x00", FileKind.UNKNOWN),
        ("x.binpb", PROTOBUF[0].body, FileKind.OTLP),
        ("0001.logs.pb", b"\x0a\xff\x00", FileKind.OTLP),
        ("photo.txt", b"\x89PNG\r\n\x1a\n\0\0", FileKind.UNKNOWN),
        ("s.jsonl.gz", gzip.compress(b'{"type":"user","sessionId":"x"}\n'), FileKind.CONSOLE),
        ("large.pb", max((f.body for f in PROTOBUF), key=len) * 40, FileKind.OTLP),
    ],
)
def test_what_a_file_is(name: str, content: bytes, kind: FileKind, tmp_path: Path):
    path = tmp_path / name
    path.write_bytes(content)
    assert kind_of(str(path)) is kind


def test_links_and_pipes_are_not_opened(tmp_path: Path):
    import os

    (tmp_path / "x.pb").write_bytes(PROTOBUF[0].body)
    (tmp_path / "link").symlink_to(tmp_path / "x.pb")
    os.mkfifo(tmp_path / "pipe")
    for name in ("link", "pipe"):
        with pytest.raises(OSError):
            kind_of(str(tmp_path / name))
        with pytest.raises(OSError):
            FileStream(str(tmp_path / name))


def test_which_names_below_a_folder_are_looked_at():
    wanted = ["a.jsonl", "a.json", "A.JSON.GZ", "a.pb", "a.binpb.zst", "run.log", "run.stdout.txt", "a-2026-01-01.json"]
    others = ["a.meta.json", "history.jsonl", "a.jsonl.superseded-1", "a.py", "a.gz", "a.sqlite", "x.orphaned-1.jsonl"]
    assert [n for n in wanted + others if is_candidate(n)] == wanted


@pytest.mark.parametrize("name", ["history.jsonl", "a.jsonl.superseded-1", "x.orphaned-1.jsonl"])
def test_an_agents_prompts_and_set_aside_copies_are_looked_at_by_nobody(name):
    assert not any(history.wanted(name) for history in HISTORIES)
    assert not is_candidate(name)
    assert not is_candidate(name.upper())
    assert not is_candidate(f"{name}.gz")
