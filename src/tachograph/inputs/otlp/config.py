"""What a user may set about the OTLP receiver."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["OtlpConfig"]

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpConfig:
    """Where telemetry is taken in, and how much of it at a time."""

    host: str = "127.0.0.1"  # the address to listen on; anything but loopback lets the network in
    http_port: int = 4318  # 0 picks a free one
    grpc_port: int = 4317  # 0 picks a free one; -1 switches gRPC off
    allowed_hosts: tuple[str, ...] = ()  # names in the Host header besides loopback's, without ports
    cors_origins: tuple[str, ...] = ()  # origins of web pages that may send; none by default
    max_body_bytes: int = 64 * MIB  # of one request, as sent and after decompression
    max_waiting_bytes: int = 160 * MIB  # of all requests being read or written; beyond it: 503, come again
    grpc_readers: int = 4  # gRPC messages that are read at the same time; each may take max_body_bytes
    max_connections: int = 1024  # HTTP; beyond it: 503 and closed
    header_timeout_s: float = 10.0  # from the first byte of a request to the end of its headers
    body_timeout_s: float = 15.0  # the longest silence within a body
    request_timeout_s: float = 120.0  # a whole body
    keep_alive_s: float = 75.0  # silence between requests
    stop_timeout_s: float = 4.0  # what requests in progress get when the receiver is told to stop
