"""What a person sets so that an agent sends its telemetry here: blocks to copy, as the agent's guide has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["USUAL_GRPC", "USUAL_HTTP", "AgentSetup", "SettingsBlock"]

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
        """The text with the addresses of a receiver, such as http://127.0.0.1:4318."""
        between = "\0"  # neither of the two may be looked at again once it is put in
        text = self.text.replace(USUAL_HTTP, between)
        return text.replace(USUAL_GRPC, grpc).replace(between, http)


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSetup:
    """How one agent is connected."""

    agent: str
    name: str  # for people
    guide: str  # its file in docs/guides
    blocks: tuple[SettingsBlock, ...]
    note: str  # what is known without any of it, and what else a person has to know
