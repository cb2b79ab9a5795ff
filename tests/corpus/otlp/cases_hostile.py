"""Bodies that want to become large, or deep."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from tachograph.inputs.otlp.compression import zstd
from tests.corpus.otlp import bombs, samples
from tests.corpus.otlp.case import JSON, MIB, Case, always
from tests.corpus.otlp.samples import as_json
from tests.corpus.otlp.wire import attribute, delimited, log_record, metric_point, varint_field

__all__ = ["amplification", "bomb_cases", "deep"]


def bomb_cases() -> Iterator[Case]:
    def bomb(name: str, coding: str, make: Callable[[], bytes], status: Any = 413, **more: Any) -> Case:
        return Case(
            name=f"bomb: {name}",
            make=make,
            headers={"content-encoding": coding},
            status=status,
            memory_mb=96,
            **more,
        )

    yield bomb("10 GiB gzip", "gzip", lambda: bombs.gzip_bomb(10_240))
    yield bomb("100 MiB gzip", "gzip", lambda: bombs.gzip_bomb(100))
    yield bomb("10 GiB gzip of empty records", "gzip", lambda: bombs.gzip_bomb(10_240, b"\x12"))
    yield bomb("10 GiB gzip as json spaces", "gzip", lambda: bombs.gzip_bomb(10_240, b" "), content_type=JSON)
    yield bomb("gzip in large members", "gzip", lambda: bombs.gzip_members(900, MIB))
    yield bomb("gzip in empty members", "gzip", lambda: bombs.gzip_members(500_000, 0), (400, 413))
    yield bomb("10 GiB zstd", "zstd", lambda: bombs.zstd_bomb(10_240))
    yield bomb("10 GiB zstd as json spaces", "zstd", lambda: bombs.zstd_bomb(10_240, b" "), content_type=JSON)
    yield bomb("zstd in empty frames", "zstd", lambda: bombs.zstd_frames(1_000_000), (400, 413))
    yield bomb("zstd in zstd", "zstd", lambda: zstd.compress(bombs.zstd_bomb(10_240)), 400)
    yield bomb("gzip in gzip", "gzip", lambda: gzip.compress(bombs.gzip_bomb(2000)), 400)
    yield bomb("deflate", "deflate", lambda: bombs.zlib_bomb(1000), 415)
    yield bomb("brotli", "br", lambda: bombs.gzip_bomb(1000), 415)
    yield Case(
        name="bomb: 63 MiB of spaces that are no request",
        make=lambda: b" " * (63 * MIB),
        content_type=JSON,
        status=400,
        seconds=3,
        memory_mb=96,
    )
    yield Case(name="65 MiB as they are", make=lambda: bytes(65 * MIB), status=413, seconds=3, memory_mb=96)
    yield Case(name="too large and not read", make=lambda: b"", headers={"content-length": "67108865"}, status=413)


def amplification() -> Iterator[Case]:
    n = 2_000_000

    def case(name: str, make: Callable[[], bytes], status: Any = (200, 400, 413), **more: Any) -> Case:
        return Case(
            name=f"amplification: {name}", make=make, status=status, **{"seconds": 2.0, "memory_mb": 128, **more}
        )

    yield case("2 M empty resources", lambda: delimited(1, b"") * n)
    yield case("2 M empty scopes", lambda: delimited(1, delimited(2, b"") * n))
    yield case("2 M empty records", lambda: delimited(1, delimited(2, delimited(2, b"") * n)))
    yield case("2 M empty attributes", lambda: log_record(delimited(6, b"") * n))
    yield case("1 M empty attributes", lambda: log_record(delimited(6, b"") * (n // 2)))
    yield case("2 M empty values in a body", lambda: log_record(delimited(5, delimited(5, delimited(1, b"") * n))))
    yield case("2 M empty metrics", lambda: delimited(1, delimited(2, delimited(2, b"") * n)), path="/v1/metrics")
    yield case(
        "2 M empty points",
        lambda: delimited(1, delimited(2, delimited(2, delimited(7, delimited(1, b"") * n)))),
        path="/v1/metrics",
    )
    yield case("2 M buckets", lambda: metric_point(9, delimited(6, bytes(8 * 500_000))), path="/v1/metrics")
    yield case("2 M empty spans", lambda: delimited(1, delimited(2, delimited(2, b"") * n)), path="/v1/traces")
    yield case("2 M unknown fields", lambda: varint_field(1000, 1) * n)
    for what, text in (
        ("resources", b'{"resourceLogs":[%s{}]}' % (b"{}," * 1_300_000)),
        ("records", b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[%s{}]}]}]}' % (b"{}," * 1_300_000)),
        (
            "attributes",
            b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"attributes":[%s{}]}]}]}]}' % (b"{}," * 1_300_000),
        ),
        ("unknown arrays", b'{"x":[%s[]]}' % (b"[]," * 1_300_000)),
        ("unknown numbers", b'{"x":[%s1]}' % (b"1," * 2_000_000)),
        ("keys", b"{%s}" % b",".join(b'"%d":1' % i for i in range(400_000))),
    ):
        yield case(f"json, many {what}", always(text), content_type=JSON)
    yield case(
        "100 k attributes",
        lambda: log_record(b"".join(attribute(b"key%d" % i, delimited(1, b"v")) for i in range(100_000))),
        accepted=1,
        status=200,
    )
    record = samples.logs_json(1)
    record["resourceLogs"][0]["scopeLogs"][0]["logRecords"][0]["attributes"] = [
        {"key": f"key{i}", "value": {"stringValue": "v"}} for i in range(100_000)
    ]
    yield case("json, 100 k attributes", partial(as_json, record), content_type=JSON, status=200, accepted=1)
    yield case(
        "a 20 MiB text", lambda: log_record(delimited(5, delimited(1, b"x" * (20 * MIB)))), accepted=1, status=200
    )


def deep() -> Iterator[Case]:
    def nested(levels: int, inner: bytes = b"") -> bytes:
        value = inner
        for _ in range(levels):
            value = delimited(5, delimited(1, value))
        return log_record(delimited(5, value))

    for levels, status in ((10, 200), (40, 200), (60, 400), (500, 400), (5000, 400)):
        yield Case(name=f"deep: {levels} arrays", make=partial(nested, levels), status=status)
    yield Case(
        name="deep: 5000 arrays around a large text",
        make=lambda: nested(5000, delimited(1, b"x" * 300_000)),
        status=400,
    )
    yield Case(name="deep: groups", make=lambda: b"\x0b" * 100_000, status=400)
    for what, text in (
        ("arrays", b"[" * 200_000),
        ("closed arrays", b"[" * 200_000 + b"]" * 200_000),
        ("objects", b'{"a":' * 200_000 + b"1" + b"}" * 200_000),
        ("an unknown key", b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
        ("resourceLogs", b'{"resourceLogs":' + b"[" * 200_000 + b"]" * 200_000 + b"}"),
    ):
        yield Case(name=f"deep: json, 200 k {what}", content_type=JSON, make=always(text), status=400, memory_mb=32)
    for levels, status in ((10, 200), (30, 200), (40, 400), (5000, 400)):
        value = b'{"stringValue":"x"}'
        for _ in range(levels):
            value = b'{"arrayValue":{"values":[%s]}}' % value
        text = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":%s}]}]}]}' % value
        yield Case(name=f"deep: json, {levels} arrays", content_type=JSON, make=always(text), status=status)
