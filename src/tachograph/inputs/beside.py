"""What else is taken in on the OTLP port, at paths of its own: small JSON bodies, answered in their own words."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Beside", "NotTaken"]


class NotTaken(Exception):
    """Nothing of a request is kept. `code` is a label of a counter; `message` has nothing of the request in it."""

    def __init__(self, status: int, code: str, message: str, *, retry_after_s: int | None = None) -> None:
        super().__init__(message)
        self.status = status  # HTTP
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s  # there when another try may help


class Beside(Protocol):
    """An endpoint beside OTLP's. Who reads the request checks its size, its host and its origin."""

    @property
    def name(self) -> str:
        """Label of its refusals among the counters: "hooks"."""

    @property
    def max_body_bytes(self) -> int:
        """As sent and after decompression."""

    def takes(self, path: str) -> bool:
        """Whether requests to this path are for it."""

    async def take(self, path: str, body: bytes | bytearray) -> bytes:
        """Return the body of the 200 answer once what may be kept is durable. Raises NotTaken."""

    def refusal(self, code: str, message: str) -> bytes:
        """The body of any other answer."""
