"""A web address that events are posted to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Callable, Mapping

from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.consent import ConsentPurpose
from tachograph_sdk.net import Flight, Limits, Reach, find_target, judge, post
from tachograph_sdk.outbox.envelope import Envelope

__all__ = ["Webhook"]

_STARS = "***"


class Webhook:
    """Posts each envelope. Its secrets are in headers only, and are shown as stars."""

    id = "webhook"

    def __init__(
        self,
        url: str,
        *,
        purposes: frozenset[ConsentPurpose],
        content_type: str,
        user_agent: str,
        reach: Reach,
        limits: Limits,
        secret: str = "",
        authorization: str = "",
        ca_file: str = "",
        now_s: Callable[[], float] = time.time,
    ) -> None:
        """Raises ConfigError for an address that is not allowed, and for a secret that no header can hold."""
        if not (authorization.isascii() and authorization.isprintable()):
            hint = "look at the variable that webhook.authorization names: it may end in a line break"
            raise ConfigError("webhook.authorization has a character that no header can hold", hint=hint)
        self._target = find_target(url, reach)
        self._reach = reach
        self._limits = limits
        self._secret = _secret_bytes(secret)
        self._authorization = authorization
        self._user_agent = user_agent
        self._ca_file = ca_file
        self._now_s = now_s
        self.purposes = purposes
        self.content_type = content_type

    @property
    def address(self) -> str:
        """Where it is, for people."""
        return self._target.shown

    @property
    def fingerprint(self) -> str:
        """Of the whole address."""
        return hashlib.sha256(self._target.url.encode()).hexdigest()[:16]

    def shown_headers(self, envelope: Envelope) -> dict[str, str]:
        """What is sent beside the body, with stars for what is secret or made when it is sent."""
        return self._headers(envelope, at=None)

    def deliver(self, envelope: Envelope, flight: Flight) -> int:
        """Post the body. Raises TransientDelivery, PermanentDelivery, DeliveryStopped, ConfigError."""
        answer = post(
            self._target,
            envelope.body,
            self._headers(envelope, at=int(self._now_s())),
            reach=self._reach,
            limits=self._limits,
            flight=flight,
            ca_file=self._ca_file,
        )
        judge(answer)
        return answer.status

    def _headers(self, envelope: Envelope, *, at: int | None) -> dict[str, str]:
        headers = {"User-Agent": self._user_agent, **envelope.headers()}
        if self._authorization:
            headers["Authorization"] = _STARS if at is None else self._authorization
        if self._secret:
            headers |= _STANDARD_SHOWN if at is None else _signature(self._secret, envelope, at)
            headers["webhook-id"] = envelope.id
        return headers

    def __repr__(self) -> str:
        return f"Webhook({self.address!r})"


_STANDARD_SHOWN: Mapping[str, str] = {"webhook-timestamp": _STARS, "webhook-signature": _STARS}


def _signature(secret: bytes, envelope: Envelope, at: int) -> dict[str, str]:
    """As "Standard Webhooks" has it: over id, time and body, so that no other can be put in their place."""
    signed = hmac.digest(secret, f"{envelope.id}.{at}.".encode() + envelope.body, "sha256")
    return {"webhook-timestamp": str(at), "webhook-signature": "v1," + base64.b64encode(signed).decode()}


def _secret_bytes(text: str) -> bytes:
    """With the prefix "whsec_" it is base64, as that standard writes secrets; else it is the text itself."""
    if text.startswith("whsec_"):
        try:
            return base64.b64decode(text.removeprefix("whsec_"), validate=True)
        except ValueError:
            pass  # a secret that only begins like that
    return text.encode()
