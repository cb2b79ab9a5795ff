"""GET /health: whether both processes do their work, and how far the store is behind."""

from __future__ import annotations

from typing import Any, Literal

from fastapi import APIRouter

from tachograph.server.routes.shared import Parts
from tachograph.server.services import Services
from tachograph.server.shapes import Answer

__all__ = ["health_of", "router"]

router = APIRouter(tags=["about itself"])


class Health(Answer):
    """Whether both processes do their work."""

    status: Literal["ok", "degraded"]
    reasons: list[str]
    version: str
    demo: bool
    journal_bytes: int
    lag_ms: int
    settled: bool
    events_new: int
    events_duplicate: int
    dropped: dict[str, int]
    set_aside: int
    endpoints: dict[str, str]


@router.get("/health", operation_id="health", response_model=Health)
def health(parts: Parts) -> Any:
    """Always 200 while the core answers; `status` is "ok" or "degraded", with the reasons."""
    return health_of(parts)


def health_of(parts: Services) -> dict[str, Any]:
    """The state of receiver, journal, core and store."""
    stats = parts.core.stats
    receiver = dict(parts.receiver_health())
    oldest = parts.core.oldest_unwritten_us
    lag_ms = max(0, (parts.core.clock.now_us() - oldest) // 1000) if oldest else 0
    reasons = [f"{t.name} fails: {t.last_error}" for t in parts.tasks if t.failing]
    if receiver.get("status") != "ok":
        reasons.append(f"receiver {receiver.get('status', 'does not answer')}")
    return {
        "status": "degraded" if reasons else "ok",
        "reasons": reasons,
        "version": parts.version,
        "demo": parts.demo,
        "journal_bytes": parts.core.journal.depth_bytes(),
        "lag_ms": lag_ms,
        "settled": parts.core.is_settled,
        "events_new": stats.events_new,
        "events_duplicate": stats.events_duplicate,
        "dropped": dict(stats.dropped),
        "set_aside": stats.set_aside,
        "endpoints": {k: v for k, v in parts.addresses().items() if k in {"http", "otlp_http", "otlp_grpc"}},
    }
