"""One request of the corpus and the answer it must get."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

__all__ = ["JSON", "MIB", "PROTOBUF", "Case", "always"]

PROTOBUF, JSON = "application/x-protobuf", "application/json"
MIB = 1 << 20


def always(body: bytes) -> Callable[[], bytes]:
    """What makes this body."""
    return lambda: body


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`refused` is how many records a partial success must report, `accepted` how many are then in the journal."""

    name: str
    make: Callable[[], bytes]
    status: int | tuple[int, ...]
    path: str = "/v1/logs"
    content_type: str | None = PROTOBUF
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    refused: int | None = None
    accepted: int | None = None
    seconds: float = 1.0
    memory_mb: float = 16.0  # more than before, at the peak

    @property
    def statuses(self) -> tuple[int, ...]:
        return self.status if isinstance(self.status, tuple) else (self.status,)

    @property
    def is_plain_protobuf(self) -> bool:
        """Whether it can be sent over gRPC just as well."""
        return self.content_type == PROTOBUF and not self.headers and self.method == "POST"
