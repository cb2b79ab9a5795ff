"""The bytes of a segment: what is written can be read, what is changed is noticed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tachograph.journal.segment import (
    FRAME_HEADER_BYTES,
    HEADER_BYTES,
    SegmentKey,
    decode_segment_header,
    encode_segment_header,
    sealed_frames,
    segment_name,
    segment_number,
)

SALT = bytes(range(16))


@given(st.binary(max_size=300), st.integers(0, 255), st.integers(0, 2**63), st.integers(0, 2**40))
def test_a_frame_header_says_again_what_it_was_made_from(body, kind, received_us, offset):
    key = SegmentKey(SALT)
    data = key.encode_header(offset=offset, kind=kind, body=body, received_us=received_us)
    assert len(data) == FRAME_HEADER_BYTES
    header = key.decode_header(data, 0, offset=offset)
    assert header is not None
    assert (header.kind, header.received_us, header.length) == (kind, received_us, len(body))
    assert header.matches(body)


def test_a_frame_is_valid_at_its_own_offset_and_in_its_own_segment_only():
    data = SegmentKey(SALT).encode_header(offset=500, kind=1, body=b"x", received_us=1)
    assert SegmentKey(SALT).decode_header(data, 0, offset=501) is None
    assert SegmentKey(b"another salt 16b").decode_header(data, 0, offset=500) is None


def test_every_single_bit_of_a_frame_is_guarded():
    key = SegmentKey(SALT)
    body = b"some telemetry"
    data = key.encode_header(offset=64, kind=2, body=body, received_us=1_700_000_000_000_000) + body
    for bit in range(len(data) * 8):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        header = key.decode_header(flipped, 0, offset=64)
        assert header is None or not header.matches(flipped[FRAME_HEADER_BYTES:])


def test_the_segment_header_survives_the_loss_of_either_copy():
    good = encode_segment_header(SALT)
    assert len(good) == HEADER_BYTES
    half = HEADER_BYTES // 2
    for damaged in (bytes(half) + good[half:], good[:half] + bytes(half)):
        key, copies = decode_segment_header(damaged)
        assert key is not None
        assert key.salt == SALT
        assert copies == 1
    assert decode_segment_header(bytes(HEADER_BYTES)) == (None, 2)
    assert decode_segment_header(b"") == (None, 2)


def test_the_seal_counts_frames():
    seal = SegmentKey(SALT).encode_seal(offset=64, frames=7, received_us=0)
    assert sealed_frames(seal[FRAME_HEADER_BYTES:]) == 7


def test_names_sort_as_numbers_and_other_files_are_not_segments():
    names = [segment_name(n) for n in (1, 9, 10, 1_770_000_000_000)]
    assert names == sorted(names)
    assert [segment_number(name) for name in names] == [1, 9, 10, 1_770_000_000_000]
    for other in ("writer.lock", "1.seg", "000000000000001x.seg", "0000000000000001", "0000000000000001.seg.tmp"):
        assert segment_number(other) is None
