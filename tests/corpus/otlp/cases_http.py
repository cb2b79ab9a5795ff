"""Requests of any shape: good ones, wrong paths, methods, types, hosts; compression that is not."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from functools import partial

from tachograph.inputs.otlp.compression import zstd
from tests.corpus.otlp import samples
from tests.corpus.otlp.case import JSON, Case, always
from tests.corpus.otlp.samples import as_json

__all__ = ["compressed", "good", "requests"]

GOOD = {
    "/v1/logs": (samples.logs, samples.logs_json),
    "/v1/metrics": (samples.metrics, samples.metrics_json),
    "/v1/traces": (samples.traces, samples.traces_json),
}
RECORDS = {"/v1/logs": (3, 3), "/v1/metrics": (7, 4), "/v1/traces": (3, 3)}  # in the protobuf and the JSON sample


def good() -> Iterator[Case]:
    for path, (protobuf, as_objects) in GOOD.items():
        body, text = protobuf().SerializeToString(), as_json(as_objects())
        in_protobuf, in_json = RECORDS[path]
        yield Case(name=f"good {path} protobuf", path=path, make=always(body), status=200, accepted=in_protobuf)
        yield Case(
            name=f"good {path} json", path=path, content_type=JSON, make=always(text), status=200, accepted=in_json
        )
        for coding, squeeze in (("gzip", gzip.compress), ("zstd", zstd.compress)):
            yield Case(
                name=f"good {path} {coding}",
                path=path,
                make=partial(squeeze, body),
                headers={"content-encoding": coding},
                status=200,
                accepted=in_protobuf,
            )
        yield Case(name=f"empty protobuf {path}", path=path, make=lambda: b"", status=200, accepted=0)
        yield Case(name=f"empty json {path}", path=path, content_type=JSON, make=lambda: b"{}", status=200, accepted=0)
        yield Case(name=f"no json {path}", path=path, content_type=JSON, make=lambda: b"", status=400)
    text = as_json(samples.logs_json())
    yield Case(
        name="type with parameters",
        content_type="Application/JSON ; charset=utf-8",
        make=always(text),
        status=200,
        accepted=3,
    )
    yield Case(
        name="gzip in members",
        make=lambda: b"".join(gzip.compress(samples.logs(1).SerializeToString()) for _ in range(5)),
        headers={"content-encoding": "gzip"},
        status=200,
        accepted=5,
    )
    yield Case(
        name="gzip with zeros behind",
        make=lambda: gzip.compress(samples.logs(1).SerializeToString()) + bytes(100),
        headers={"content-encoding": "x-gzip"},
        status=200,
        accepted=1,
    )
    yield Case(
        name="identity said",
        make=lambda: samples.logs(2).SerializeToString(),
        headers={"content-encoding": "identity"},
        status=200,
        accepted=2,
    )


def requests() -> Iterator[Case]:
    body = samples.logs().SerializeToString()
    text = as_json(samples.logs_json())
    for path in ("/", "/v1", "/v1/log", "/v1/logs/", "/V1/LOGS", "/v1/profiles", "/v1development/profiles", "/%00"):
        yield Case(name=f"path {path}", path=path, make=always(body), status=404)
    for method in ("GET", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"):
        yield Case(name=f"method {method}", method=method, make=always(body), status=405)
    for kind in (None, "text/plain", "application/octet-stream", "application/grpc", "*/*", "", "application/jsonp"):
        yield Case(name=f"type {kind!r}", content_type=kind, make=always(body), status=415)
    for coding in ("br", "deflate", "snappy", "lz4", "zlib", "compress", "gzip, gzip", "nonsense"):
        yield Case(name=f"coding {coding}", make=always(body), headers={"content-encoding": coding}, status=415)
    yield Case(name="protobuf as json", content_type=JSON, make=always(body), status=400)
    yield Case(name="json as protobuf", make=always(text), status=400)
    yield Case(name="gzip not said", make=lambda: gzip.compress(body), status=400)
    yield Case(name="gzip not done", make=always(body), headers={"content-encoding": "gzip"}, status=400)
    yield Case(name="zstd not done", make=always(body), headers={"content-encoding": "zstd"}, status=400)
    for host in (
        "evil.example",
        "evil.example:4318",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.168.1.7",
    ):
        yield Case(name=f"host {host}", make=always(body), headers={"host": host}, status=403)
    for host in ("localhost", "LOCALHOST:4318", "127.0.0.1:1", "[::1]:4318", "localhost."):
        yield Case(name=f"host {host}", make=always(body), headers={"host": host}, status=200, accepted=3)
    for origin in ("https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1"):
        yield Case(name=f"origin {origin}", make=always(body), headers={"origin": origin}, status=403)


def compressed() -> Iterator[Case]:
    body = samples.logs(50).SerializeToString()
    for name, coding, squeezed in (
        ("gzip", "gzip", gzip.compress(body)),
        ("zstd", "zstd", zstd.compress(body, options={zstd.CompressionParameter.checksum_flag: 1})),
    ):
        headers = {"content-encoding": coding}
        for cut in (0, 1, 5, 10, 11, len(squeezed) // 2, len(squeezed) - 1):
            yield Case(name=f"{name} cut at {cut}", make=always(squeezed[:cut]), headers=headers, status=400)
        broken = bytearray(squeezed)
        broken[-6] ^= 0x40
        yield Case(name=f"{name} checksum", make=always(bytes(broken)), headers=headers, status=400)
        yield Case(name=f"{name} junk behind", make=always(squeezed + b"junk!"), headers=headers, status=400)
    yield Case(
        name="gzip of nothing", make=lambda: gzip.compress(b""), headers={"content-encoding": "gzip"}, status=200
    )
    yield Case(name="gzip of zlib", make=lambda: zlib.compress(body), headers={"content-encoding": "gzip"}, status=400)
    window = b"\x28\xb5\x2f\xfd\x00" + bytes([21 << 3]) + (1).to_bytes(3, "little")
    yield Case(name="zstd with a 2 GiB window", make=lambda: window, headers={"content-encoding": "zstd"}, status=400)
