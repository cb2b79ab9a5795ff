"""Decompression gives the same whatever the pieces, stops when told, and never gives much at once."""

from __future__ import annotations

import gzip
import random
import zlib

import pytest

from tachograph.inputs.otlp.compression import MOST_MEMBERS, Deflate, Gzip, Zstd, zstd
from tachograph_sdk.errors import DecodeError
from tests.corpus.otlp import bombs

TEXT = b"".join(b"%d " % n for n in range(50_000))
NOISE = random.Random(1).randbytes(100_000)
WAYS = [(Gzip, gzip.compress), (Zstd, zstd.compress), (Deflate, zlib.compress)]


def inflate(make, data: bytes, size: int) -> bytes:
    decompressor = make()
    out = b"".join(piece for i in range(0, len(data), size) for piece in decompressor.feed(data[i : i + size]))
    decompressor.finish()
    return out


@pytest.mark.parametrize(("make", "squeeze"), WAYS)
@pytest.mark.parametrize("size", [1, 13, 1000, 1 << 20])
@pytest.mark.parametrize("plain", [TEXT, NOISE, b"", b"x"], ids=["text", "noise", "nothing", "a byte"])
def test_the_pieces_do_not_matter(make, squeeze, size, plain):
    assert inflate(make, squeeze(plain), size) == plain


@pytest.mark.parametrize(("make", "squeeze"), WAYS[:2])
def test_members_and_frames_follow_each_other(make, squeeze):
    for size in (1, 7, 100_000):
        assert inflate(make, squeeze(b"a" * 5000) + squeeze(b"") + squeeze(b"b"), size) == b"a" * 5000 + b"b"


def test_zlib_is_followed_by_nothing():
    with pytest.raises(DecodeError):
        inflate(Deflate, zlib.compress(b"a") + zlib.compress(b"b"), 100)


@pytest.mark.parametrize(("make", "squeeze"), WAYS)
def test_every_cut_is_noticed(make, squeeze):
    data = squeeze(TEXT[:300])
    for cut in range(len(data)):
        with pytest.raises(DecodeError):
            inflate(make, data[:cut], 50)


@pytest.mark.parametrize(
    ("make", "bomb"),
    [
        (Gzip, bombs.gzip_bomb(1000)),
        (Deflate, bombs.zlib_bomb(1000)),
        (Zstd, bombs.zstd_bomb(10_000)),
        (Zstd, zstd.compress(bytes(100 << 20))),
    ],
)
def test_a_bomb_gives_one_bounded_piece_after_the_other(make, bomb):
    total = largest = 0
    for piece in make().feed(bomb):
        total += len(piece)
        largest = max(largest, len(piece))
        if total > 32 << 20:
            break
    assert total > 32 << 20
    assert largest <= 16 << 20


@pytest.mark.parametrize(("make", "data"), [(Gzip, gzip.compress(b"")), (Zstd, zstd.compress(b""))])
def test_there_is_an_end_to_members(make, data):
    assert inflate(make, data * MOST_MEMBERS, 1 << 20) == b""
    with pytest.raises(DecodeError):
        inflate(make, data * (MOST_MEMBERS + 1), 1 << 20)
