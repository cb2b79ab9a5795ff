"""The variables that make Claude Code send telemetry: what they say, and what they have to say."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tachograph.inputs.agents.kit.setup import reachable
from tachograph_sdk.errors import ConfigError

__all__ = ["DIVERTING", "VARIABLES", "Receiver", "Wish", "env_of", "is_a_no", "is_on", "wishes"]

SWITCH = "CLAUDE_CODE_ENABLE_TELEMETRY"
EXPORTERS = ("OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER")
PROTOCOL, ENDPOINT = "OTEL_EXPORTER_OTLP_PROTOCOL", "OTEL_EXPORTER_OTLP_ENDPOINT"
VARIABLES = (SWITCH, *EXPORTERS, PROTOCOL, ENDPOINT)
DIVERTING = tuple(
    f"OTEL_EXPORTER_OTLP_{signal}_{what}" for signal in ("LOGS", "METRICS") for what in ("PROTOCOL", "ENDPOINT")
)
"""They go before the general ones, so that one of the two signals can go elsewhere."""

_YES = ("1", "true", "yes", "on")
_OVER_HTTP = ("http/protobuf", "http/json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """Where this home's receiver listens."""

    http: str  # such as http://127.0.0.1:4318
    grpc: str  # likewise http://127.0.0.1:4317

    @classmethod
    def of(cls, addresses: Mapping[str, Any]) -> Receiver:
        """From what the server says of itself. An address that means all interfaces is reached on loopback.

        Raises:
            ConfigError: there are no addresses, or a port that nobody knows yet.
        """
        http, grpc = str(addresses.get("otlp_http", "")), str(addresses.get("otlp_grpc", ""))
        if not http or not grpc or http.endswith(":0") or grpc.endswith(":0"):
            hint = "start the server first, with `tachograph serve`: it picks the ports"
            raise ConfigError("nobody knows yet on which ports this home's server will listen", hint=hint)
        return cls(http=reachable(http), grpc=reachable(grpc))


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """One variable: what it is, and what it should be. None: not set."""

    name: str
    now: Any
    wanted: str | None
    is_foreign: bool  # somebody else set it, to something that is in the way


def env_of(path: Path, settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """The variables that these settings set.

    Raises:
        ConfigError: `env` is something else than an object.
    """
    env = settings.get("env", {})
    if not isinstance(env, dict):
        raise ConfigError(f"`env` in {path} is no object", hint="correct it first: it is left as it is")
    return env


def wishes(env: Mapping[str, Any], receiver: Receiver, *, ours: Mapping[str, str | None]) -> tuple[Wish, ...]:
    """The variables that have to change so that Claude Code sends to the receiver.

    Args:
        env: what is set.
        receiver: where to.
        ours: what we set earlier; while it is unchanged it may be changed.
    """
    wanted: dict[str, str | None] = {}
    if _text(env, SWITCH).lower() not in _YES:
        wanted[SWITCH] = "1"
    for name in EXPORTERS:
        if not _has_otlp(_text(env, name)):
            wanted[name] = "otlp"
    free = {name for name, value in ours.items() if name in env and env[name] == value}
    chosen, endpoint = _text(env, PROTOCOL), _text(env, ENDPOINT)
    if not _leads_here(chosen, endpoint, receiver):
        is_grpc = chosen == "grpc" and PROTOCOL not in free
        if not chosen and _same(endpoint, receiver.grpc):
            is_grpc = True
        if is_grpc or chosen not in _OVER_HTTP:
            wanted[PROTOCOL] = "grpc" if is_grpc else "http/protobuf"
        wanted[ENDPOINT] = receiver.grpc if is_grpc else receiver.http
    protocol = wanted.get(PROTOCOL) or chosen
    for name in DIVERTING:
        if not _text(env, name):
            continue
        signal = name.rpartition("_")[0]
        own = _text(env, f"{signal}_PROTOCOL") or protocol
        where = _text(env, f"{signal}_ENDPOINT") or wanted.get(ENDPOINT) or endpoint
        if not _leads_here(own, where, receiver):
            wanted[name] = None
    return tuple(
        Wish(name=name, now=env.get(name), wanted=value, is_foreign=bool(_text(env, name)) and name not in free)
        for name, value in wanted.items()
        if env.get(name) != value
    )


def is_a_no(name: str, value: Any) -> bool:
    """Whether this variable switches something off."""
    said = _text({name: value}, name)
    if name == SWITCH:
        return bool(said) and said.lower() not in _YES
    return name in EXPORTERS and bool(said) and not _has_otlp(said)


def is_on(env: Mapping[str, Any]) -> bool:
    """Whether anything is sent at all, wherever to."""
    return _text(env, SWITCH).lower() in _YES and any(_has_otlp(_text(env, name)) for name in EXPORTERS)


def _leads_here(protocol: str, endpoint: str, receiver: Receiver) -> bool:
    """Whether what is sent by this protocol to this address comes in here."""
    if protocol == "grpc":
        return _same(endpoint, receiver.grpc)
    return protocol in _OVER_HTTP and _same(endpoint, receiver.http)


def _text(env: Mapping[str, Any], name: str) -> str:
    """What a variable says; settings may have it as a number or a yes."""
    value = env.get(name)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value).strip() if isinstance(value, (str, int, float)) else ""


def _has_otlp(exporters: str) -> bool:
    return "otlp" in exporters.replace(" ", "").split(",")


def _same(one: str, other: str) -> bool:
    """Whether both mean the same port, of this machine or of the same other one."""
    return bool(one) and _place(one) == _place(other)


def _place(address: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(address)
        return parts.scheme, _this_machine(parts.hostname or ""), parts.port
    except ValueError:
        return None


def _this_machine(host: str) -> str:
    if host == "localhost":
        return "loopback"
    try:
        return "loopback" if ipaddress.ip_address(host).is_loopback else host
    except ValueError:
        return host
