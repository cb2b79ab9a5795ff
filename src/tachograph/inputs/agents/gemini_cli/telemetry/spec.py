"""The attributes that many of its records share, and what needs more than a new name."""

from __future__ import annotations

from tachograph.inputs.agents.kit.gemini.telemetry import error_class, token_classes
from tachograph.inputs.agents.kit.telemetry import Attributes
from tachograph_sdk.model.event import DropReason, RawEvent

__all__ = ["COMMON", "REQUEST", "RESOURCE", "SAID", "USER", "error", "response"]

COMMON = {
    "session.id": "session_id",  # becomes a field of the event
    "prompt_id": "prompt_id",  # not as it came, see agent.py
    "auth_type": "provider",
    "interactive": "",
}
RESOURCE = {"session.id": "session_id", "host.arch": "host_arch"}
# In the record's own fields already; and the service's version, which is that of Node.js.
SAID = frozenset({"event.name", "event.timestamp", "service.name", "service.version", "http.status_code"})
USER = ("user.email", "installation.id")  # the first one present is the person

REQUEST = {
    "model": "model",
    "duration_ms": "duration_ms",
    "status_code": "status_code",
    "role": "query_source",
    "finish_reasons": "",
}

_COMPRESSOR = "utility_compressor"


def response(raw: RawEvent, out: Attributes) -> DropReason | None:
    """The token classes of one response, and what it was for."""
    reasons = raw.attributes.get("finish_reasons")
    if isinstance(reasons, list) and reasons:
        out["stop_reason"] = reasons[-1]
    _purpose(out)
    return token_classes(raw, out)


def error(raw: RawEvent, out: Attributes) -> None:
    """What failed, and what it was for."""
    error_class(raw, out)
    _purpose(out)


def _purpose(out: Attributes) -> None:
    """Requests of the agent's own are auxiliary: routing, summaries, loop detection; compaction has a word of its own."""
    role = out.get("query_source")
    if isinstance(role, str) and role.startswith("utility_"):
        out["query_source"] = "compact" if role == _COMPRESSOR else "auxiliary"
