"""Released events made by hand, for tests and benchmarks."""

from __future__ import annotations

from hashlib import blake2b
from itertools import count

from tachograph_sdk.model.event import Event, EventKind, Scalar, Source

__all__ = ["make_event"]

_running = count()
DEFAULT_AT_US = 1_760_000_000_000_000  # 2025-10-09T08:53:20Z


def make_event(
    kind: EventKind = EventKind.API_REQUEST,
    *,
    key: str | None = None,
    agent: str = "claude_code",
    source: Source = Source.OTEL_LOG,
    name: str | None = None,
    at_us: int = DEFAULT_AT_US,
    received_us: int | None = None,
    session_id: str | None = "s_0000000000000001",
    **attributes: Scalar | None,
) -> Event:
    """An event with sensible defaults and these attributes (canonical names); None is an attribute that nobody tells.

    Events with the same agent, source and `key` are the same event; without a key each is its own.
    """
    own = f"#{next(_running)}" if key is None else key
    return Event(
        event_id=blake2b(f"{agent}|{source.value}|{own}".encode(), digest_size=16).hexdigest(),
        kind=kind,
        agent=agent,
        source=source,
        name=name or kind.value.replace(".", "_"),
        at_us=at_us,
        received_us=at_us if received_us is None else received_us,
        session_id=session_id,
        attributes={name: value for name, value in attributes.items() if value is not None},
    )
