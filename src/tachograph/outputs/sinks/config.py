"""What a user may set about where events go besides the store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["FileSinkConfig", "ForwardConfig", "WebhookConfig"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForwardConfig:
    """How events are gathered into envelopes, for every sink."""

    interval_s: float = 900.0  # an envelope is made when its oldest event has waited this long
    max_events: int = 500  # or when there are this many


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookConfig:
    """A web address that released events are sent to, once outbox.mode is not off and consent was given."""

    url: str = ""  # https://…, or env:NAME if the address itself is secret; empty: none
    secret: str = ""  # env:NAME; signs each request (headers webhook-id, webhook-timestamp, webhook-signature)
    authorization: str = ""  # env:NAME; sent as the header Authorization, with its first word, such as Bearer
    format: Literal["json_lines", "json"] = "json_lines"  # an event a line, or one array
    purposes: tuple[
        str, ...
    ] = ()  # of usage_analytics, performance_metrics, error_reporting; empty: all that are allowed
    allow_private: bool = False  # addresses of private networks, 10.x, 192.168.x and the like
    allow_plain_http: bool = False  # http:// to another machine than this one
    ca_file: str = ""  # certificates to trust besides the system's, for a server of one's own
    timeout_s: float = 10.0  # of a whole request


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSinkConfig:
    """A folder that released events are written to, a file for each envelope, under the same rules."""

    path: str = ""  # empty: none
    purposes: tuple[str, ...] = ()  # as of the webhook
