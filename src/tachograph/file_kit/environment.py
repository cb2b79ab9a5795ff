"""What the environment of a recorded program is, and whether it already sends its telemetry elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tachograph.file_kit.labels import Labels

__all__ = ["TEXTS", "recorded_environment", "sends_elsewhere"]

_SIGNALS: Final = ("LOGS", "METRICS", "TRACES")
_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_ENDPOINT", *(f"OTEL_EXPORTER_OTLP_{s}_ENDPOINT" for s in _SIGNALS))
_EXPORTERS: Final = ("OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER")
_HARMLESS: Final = frozenset({"", "none", "console"})
_PROXIES: Final = ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_LOOPBACK: Final = "127.0.0.1"
_OFF: Final = frozenset({"", "0", "false", "no", "off"})

TELEMETRY: Final[Mapping[str, str]] = {
    "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/json",
    "OTEL_METRIC_EXPORT_INTERVAL": "60000",
    "OTEL_LOGS_EXPORT_INTERVAL": "5000",
    "OTEL_METRICS_INCLUDE_SESSION_ID": "true",
    "OTEL_METRICS_INCLUDE_ACCOUNT_UUID": "true",
    "OTEL_METRICS_INCLUDE_VERSION": "true",
}
"""What a recorded session sends, and how often."""

TEXTS: Final = (
    "OTEL_LOG_USER_PROMPTS",
    "OTEL_LOG_ASSISTANT_RESPONSES",
    "OTEL_LOG_TOOL_DETAILS",
    "OTEL_LOG_TOOL_CONTENT",
    "OTEL_LOG_RAW_API_BODIES",
)
"""What has texts sent. Taken out and not set to 0: Claude Code 1 takes any value for yes (seen on 1.0.128)."""

_OTHERWISE: Final = (  # would send one signal elsewhere, or in another way
    *("OTEL_TRACES_EXPORTER", "OTEL_EXPORTER_OTLP_HEADERS", "OTEL_EXPORTER_OTLP_COMPRESSION"),
    *(
        f"OTEL_EXPORTER_OTLP_{s}_{what}"
        for s in _SIGNALS
        for what in ("ENDPOINT", "PROTOCOL", "HEADERS", "COMPRESSION")
    ),
    *("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", "OTEL_SDK_DISABLED"),
)


def sends_elsewhere(environment: Mapping[str, str]) -> str | None:
    """The variable that says that the owner has telemetry sent somewhere already; None if nothing says so.

    An endpoint says so, and an exporter other than `console` while telemetry is switched on: it has a usual endpoint.
    """
    for name in _ENDPOINTS:
        if environment.get(name, "").strip():
            return name
    if environment.get("CLAUDE_CODE_ENABLE_TELEMETRY", "").strip().lower() not in _OFF:
        for name in _EXPORTERS:
            if any(part.strip().lower() not in _HARMLESS for part in environment.get(name, "").split(",")):
                return name
    return None


def recorded_environment(environment: Mapping[str, str], endpoint: str, labels: Labels) -> dict[str, str]:
    """The environment of a program whose telemetry goes to `endpoint`.

    Everything that is not about telemetry stays as it is. Prompts and other texts are switched off: nothing here reads
    them. Labels come first among the resource attributes, so that those the owner set in this shell win.
    """
    out = {name: value for name, value in environment.items() if name not in TEXTS and name not in _OTHERWISE}
    out |= TELEMETRY
    out["OTEL_EXPORTER_OTLP_ENDPOINT"] = endpoint
    if any(environment.get(name) for name in _PROXIES):  # 2.0.76 would send to loopback by way of the proxy
        beside = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
        if not {_LOOPBACK, "*"} & {part.strip() for part in beside.split(",")}:
            beside = f"{beside},{_LOOPBACK}" if beside else _LOOPBACK
        out["NO_PROXY"] = out["no_proxy"] = beside
    own = environment.get("OTEL_RESOURCE_ATTRIBUTES", "")
    named = {part.partition("=")[0].strip() for part in own.split(",")}
    parts = [
        f"{key}={value}"
        for key, value in (("team", labels.team), ("project", labels.project))
        if value is not None and key not in named
    ]
    if parts:
        out["OTEL_RESOURCE_ATTRIBUTES"] = ",".join([*parts, own] if own else parts)
    return out
