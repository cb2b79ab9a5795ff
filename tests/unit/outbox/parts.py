"""Parts to try an outbox with: consent that can be switched, a clock that can be set, a place to send to."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tachograph_sdk.model.consent import ConsentPurpose, Grant
from tachograph_sdk.net import Flight, Reach, find_target, judge, post
from tachograph_sdk.outbox.config import OutboxConfig
from tachograph_sdk.outbox.envelope import Envelope
from tachograph_sdk.outbox.fields import JSON_LINES, encode
from tachograph_sdk.outbox.outbox import Outbox
from tachograph_sdk.outbox.purposes import MAY_LEAVE

__all__ = ["USAGE", "Consent", "Place", "Time", "Web", "event", "make_outbox", "put", "with_config"]

USAGE = ConsentPurpose.USAGE_ANALYTICS


class Consent:
    """Permissions that can be switched."""

    def __init__(self, *purposes: ConsentPurpose) -> None:
        self.of = {purpose: f"entry-{purpose.value}-1" for purpose in purposes or MAY_LEAVE}
        self.asked = 0

    def granted(self, purpose: ConsentPurpose) -> Grant | None:
        self.asked += 1
        reference = self.of.get(purpose)
        return Grant(purpose=purpose, reference=reference, text_version=1, decided_us=0) if reference else None

    def withdraw(self, purpose: ConsentPurpose = USAGE) -> None:
        self.of.pop(purpose, None)


@dataclass
class Time:
    us: int = 1_760_000_000_000_000

    def __call__(self) -> int:
        self.us += 1  # no two at the same moment
        return self.us

    def pass_s(self, seconds: float) -> None:
        self.us += int(seconds * 1e6)


@dataclass
class Place:
    """A destination in memory, which answers as told."""

    id: str = "place"
    address: str = "https://collector.example.com/v1"
    fingerprint: str = "f1"
    got: list[Envelope] = field(default_factory=list)
    errors: list[BaseException] = field(default_factory=list)  # raised before anything is taken, the first first

    def deliver(self, envelope: Envelope, flight: Flight) -> int:
        flight.check()
        if self.errors:
            raise self.errors.pop(0)
        self.got.append(envelope)
        return 200


@dataclass
class Web:
    """A destination on loopback."""

    url: str
    id: str = "web"

    @property
    def address(self) -> str:
        return find_target(self.url, Reach(loopback=True)).shown

    @property
    def fingerprint(self) -> str:
        return self.url

    def deliver(self, envelope: Envelope, flight: Flight) -> int:
        reach = Reach(loopback=True)
        answer = post(find_target(self.url, reach), envelope.body, envelope.headers(), reach=reach, flight=flight)
        judge(answer)
        return answer.status


def make_outbox(root: Path, consent: Consent | None = None, time: Time | None = None, **config: Any) -> Outbox:
    given = OutboxConfig(**{"mode": "auto", "first_retry_s": 10.0, **config})
    return Outbox(
        root / "outbox",
        config=given,
        permissions=consent or Consent(),
        scrub=lambda text: text.replace("hunter2", "<secret>"),
        policy_version=3,
        now_us=time or Time(),
    )


def event(number: int = 0, **attributes: Any) -> dict[str, Any]:
    """An event as it leaves."""
    return {
        "event_id": f"{number:032x}",
        "kind": "tool.call",
        "agent": "claude_code",
        "source": "otel_log",
        "name": "tool_result",
        "occurred_at": "2025-11-20T10:00:00.000000Z",
        "session_id": f"s_{number:016x}",
        "tool_name": "Bash",
        **attributes,
    }


def put(
    outbox: Outbox,
    place: Any,
    *,
    number: int = 0,
    purposes: Sequence[ConsentPurpose] = (USAGE,),
    events: Sequence[dict[str, Any]] | None = None,
    **more: Any,
) -> Any:
    """Put an event in; the envelope, or None."""
    body = encode(list(events) if events is not None else [event(number)], JSON_LINES)
    return outbox.put(place, purposes=purposes, body=body, content_type=JSON_LINES, **more)


def with_config(outbox: Outbox, **config: Any) -> None:
    outbox.config = dataclasses.replace(outbox.config, **config)
