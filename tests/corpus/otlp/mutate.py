"""Good bodies, spoiled at random."""

from __future__ import annotations

import random

from tests.corpus.otlp.samples import as_json, logs, logs_json, metrics, metrics_json, traces, traces_json
from tests.corpus.otlp.wire import varint

__all__ = ["SAMPLES", "TEXTS", "mutate", "mutate_text"]

SAMPLES = [m.SerializeToString() for m in (logs(), metrics(), traces())]
TEXTS = [as_json(value) for value in (logs_json(), metrics_json(), traces_json())]
TOKENS = [
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b":",
    b",",
    b"null",
    b"true",
    b"-1",
    b"1e400",
    b"NaN",
    b'""',
    b"\\u0000",
    b"\xff",
]


def mutate(body: bytes, chance: random.Random) -> bytes:
    out = bytearray(body)
    for _ in range(chance.choice([1, 1, 1, 2, 4, 16])):
        at = chance.randrange(len(out) + 1)
        how = chance.randrange(9)
        if how == 0 and at < len(out):
            out[at] ^= 1 << chance.randrange(8)
        elif how == 1 and at < len(out):
            out[at] = chance.randrange(256)
        elif how == 2:
            out[at:at] = chance.randbytes(chance.randint(1, 8))
        elif how == 3:
            del out[at : at + chance.randint(1, 16)]
        elif how == 4:
            del out[at:]
        elif how == 5:
            start_ = chance.randrange(len(out) + 1)
            out[at:at] = out[start_ : start_ + chance.randint(1, 64)]
        elif how == 6:
            out[at : at + 1] = varint(chance.choice([0, 127, 128, 2**31, 2**32, 2**63, 2**64 - 1]))
        elif how == 7:
            other = chance.choice(SAMPLES)
            cut = chance.randrange(len(other))
            out[at:] = other[cut:]
        else:
            out[at:at] = bytes(chance.randint(1, 16))
    return bytes(out)


def mutate_text(body: bytes, chance: random.Random) -> bytes:
    out = bytearray(body)
    for _ in range(chance.choice([1, 1, 2, 5])):
        at = chance.randrange(len(out) + 1)
        how = chance.randrange(5)
        if how == 0:
            out[at : at + chance.randrange(4)] = chance.choice(TOKENS)
        elif how == 1:
            del out[at : at + chance.randint(1, 20)]
        elif how == 2:
            start_ = chance.randrange(len(out) + 1)
            out[at:at] = out[start_ : start_ + chance.randint(1, 64)]
        elif how == 3 and at < len(out):
            out[at] = chance.randrange(256)
        else:
            del out[at:]
    return bytes(out)
