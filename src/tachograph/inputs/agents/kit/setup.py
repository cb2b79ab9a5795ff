"""What a person sets so that an agent sends its telemetry here: blocks to copy, as the agent's guide has them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

__all__ = ["USUAL_GRPC", "USUAL_HTTP", "AgentSetup", "SettingsBlock", "gemini_block", "reachable"]

USUAL_HTTP = "http://127.0.0.1:4318"
USUAL_GRPC = "http://127.0.0.1:4317"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsBlock:
    """One text to copy. The addresses in it are the usual ones."""

    kind: Literal["shell", "json", "toml"]
    target: str  # the file, or where else it counts
    text: str  # without a newline at its end
    note: str = ""

    def at(self, *, http: str, grpc: str) -> str:
        """The text with the addresses of a receiver: http://127.0.0.1:4318, and 127.0.0.1:4317 or http://127.0.0.1:4317."""
        real = {USUAL_HTTP: reachable(http), USUAL_GRPC: reachable(grpc)}
        return re.sub("|".join(map(re.escape, real)), lambda usual: real[usual[0]], self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSetup:
    """How one agent is connected."""

    agent: str
    name: str  # for people
    blocks: tuple[SettingsBlock, ...]
    note: str  # what is known without any of it, and what else a person has to know

    @property
    def guide(self) -> str:
        """Its file in docs/guides."""
        return self.agent.replace("_", "-") + ".md"


def gemini_block(target: str) -> SettingsBlock:
    """What Gemini CLI, and what was made from it, reads in its own file."""
    return SettingsBlock(
        kind="json",
        target=target,
        text=f"""{{
  "telemetry": {{
    "enabled": true,
    "target": "local",
    "otlpEndpoint": "{USUAL_GRPC}",
    "otlpProtocol": "grpc",
    "logPrompts": false
  }}
}}""",
    )


def reachable(address: str) -> str:
    """The address with a scheme, and with this machine where it means all of its interfaces; no slash at its end."""
    parts = urlsplit(address if "://" in address else f"http://{address}")
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(parts.hostname or "")  # noqa: S104 - looked for, not bound
    return f"{parts.scheme}://{host}:{parts.port}" if host else parts.geturl().rstrip("/")
