"""Protobuf by hand: what no library would write."""

from __future__ import annotations

from tests.corpus.otlp.samples import NOW

__all__ = ["attribute", "delimited", "fixed64", "log_record", "metric_point", "varint", "varint_field"]


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def delimited(field: int, content: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(content)) + content


def varint_field(field: int, number: int) -> bytes:
    return varint(field << 3) + varint(number)


def fixed64(field: int, number: int) -> bytes:
    return varint(field << 3 | 1) + number.to_bytes(8, "little")


def log_record(content: bytes) -> bytes:
    return delimited(1, delimited(2, delimited(2, fixed64(1, NOW) + content)))


def metric_point(kind: int, content: bytes) -> bytes:
    return delimited(1, delimited(2, delimited(2, delimited(kind, delimited(1, fixed64(3, NOW) + content)))))


def attribute(key: bytes, value: bytes, field: int = 6) -> bytes:
    return delimited(field, delimited(1, key) + delimited(2, value))
