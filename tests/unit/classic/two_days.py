"""Four sessions of two people on two days, small enough to work every figure out by hand.

Now is Friday 2026-11-20 12:00 UTC. `tests.served.NOW`.

session  who   where  records                       what happened
alpha    jane  org-1  today 09:00-09:40             2 prompts, 2 requests, 4 tool calls, +30 -10 lines, 1 commit
beta     bob   org-2  today 11:45-11:55             1 prompt, 1 request, 2 tool calls; still active
gamma    jane  org-1  yesterday 11:00-11:20         1 prompt, 1 request, 1 tool call, +5 lines, 1 pull request; terminated
delta    ?     ?      today 03:00-03:02             1 request of no known model, person, price
"""

from __future__ import annotations

from typing import Any

from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source
from tests.served import NAMES, at_us

__all__ = ["BOB", "JANE", "ORG_1", "ORG_2", "SESSIONS", "UUIDS", "two_days"]

JANE = NAMES.user("jane@example.org")
BOB = NAMES.user("acct-bob")
ORG_1, ORG_2 = NAMES.organization("org-1"), NAMES.organization("org-2")
UUIDS = {
    name: f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}"
    for name, digit in (("alpha", "a"), ("beta", "b"), ("gamma", "c"), ("delta", "d"))
}
SESSIONS = {name: NAMES.session(uuid) for name, uuid in UUIDS.items()}

_WHO: dict[str, dict[str, Any]] = {
    "alpha": {"user_id": JANE, "organization_id": ORG_1, "repository": NAMES.repository("repo-1")},
    "beta": {"user_id": BOB, "organization_id": ORG_2, "repository": NAMES.repository("repo-2")},
    "gamma": {"user_id": JANE, "organization_id": ORG_1, "repository": NAMES.repository("repo-1")},
    "delta": {},
}


def two_days() -> list[Event]:
    """All events, in no order that anything relies on."""
    today, before = "2026-11-20T", "2026-11-19T"
    return [
        _prompt("alpha", today + "09:00", 1),
        _request("alpha", today + "09:01", 1, "opus", 100, 50, 1000, 200, usd=0.10),
        _tool("alpha", today + "09:02", 1, "Edit", success=True, duration_ms=100.0, file="f_1"),
        _lines("alpha", today + "09:02", 1, 30, 10, file="f_1", language="python"),
        _tool("alpha", today + "09:03", 2, "Bash", success=False, duration_ms=300.0),
        _tool("alpha", today + "09:04", 3, "Bash", success=True, duration_ms=500.0),
        _prompt("alpha", today + "09:30", 2, origin="command"),
        _request("alpha", today + "09:31", 2, "sonnet", 10, 5, 0, 0, usd=0.02),
        _tool("alpha", today + "09:32", 4, "Read", decision="reject"),
        _event(EventKind.VCS_COMMIT, "alpha", today + "09:40", source=Source.OTEL_METRIC, quantity=1),
        _prompt("beta", today + "11:45", 3),
        _request("beta", today + "11:46", 3, "opus", 40, 20, 0, 0, usd=0.05),
        _tool("beta", today + "11:50", 5, "Read", success=True),
        _tool("beta", today + "11:55", 6, "Read", success=True, duration_ms=40.0),
        _prompt("gamma", before + "11:00", 4),
        _request("gamma", before + "11:05", 4, "opus", 8, 4, 0, 0, usd=0.04),
        _tool("gamma", before + "11:06", 7, "Edit", success=True, duration_ms=200.0, file="f_2"),
        _lines("gamma", before + "11:06", 2, 5, 0, file="f_2"),
        _event(EventKind.VCS_PULL_REQUEST, "gamma", before + "11:10", source=Source.OTEL_METRIC, quantity=1),
        _event(
            EventKind.SESSION_SUMMARY, "gamma", before + "11:20", source=Source.HOOK, exit_reason="other",
            payload_form="native", counting="responses",
        ),
        _event(EventKind.API_REQUEST, "delta", today + "03:00", request_id="r5", input_tokens=1, output_tokens=1,
               cost_basis="unpriced"),
        _event(EventKind.API_REQUEST, "delta", today + "03:02", request_id="r6", input_tokens=1, output_tokens=1,
               cost_basis="unpriced"),
    ]  # fmt: skip


def _event(kind: EventKind, session: str, at: str, *, source: Source = Source.OTEL_LOG, **attributes: Any) -> Event:
    attributes = {**_WHO[session], **attributes}
    return make_event(kind, source=source, at_us=at_us(at), session_id=SESSIONS[session], **attributes)


def _prompt(session: str, at: str, number: int, *, origin: str = "human") -> Event:
    return _event(EventKind.PROMPT, session, at, prompt_id=f"p{number}", prompt_origin=origin)


def _request(
    session: str, at: str, number: int, model: str, fresh: int, out: int, read: int, written: int, *, usd: float
) -> Event:
    return _event(
        EventKind.API_REQUEST, session, at, request_id=f"r{number}", model=model, input_tokens=fresh, output_tokens=out,
        cache_read_tokens=read, cache_write_tokens=written, cost_nanousd=round(usd * 1e9), cost_basis="reported",
        duration_ms=900.0,
    )  # fmt: skip


def _tool(session: str, at: str, number: int, name: str, **attributes: Any) -> Event:
    kind = EventKind.TOOL_DECISION if "decision" in attributes else EventKind.TOOL_CALL
    return _event(kind, session, at, tool_use_id=f"t{number}", tool_name=name, **attributes)


def _lines(session: str, at: str, number: int, added: int, removed: int, **attributes: Any) -> Event:
    return _event(
        EventKind.CODE_CHANGE,
        session,
        at,
        source=Source.TRANSCRIPT,
        lines_added=added,
        lines_removed=removed,
        **attributes,
    )
