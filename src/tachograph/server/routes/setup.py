"""/api/v1/setup: how each agent is connected, what came from it, and the two changes that a page can make."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from tachograph.inputs.agents.setups import OTHERS, SETUPS
from tachograph.server.routes.parameters import Tz, given_in
from tachograph.server.routes.shared import Parts
from tachograph.server.shapes import Answer, Window

__all__ = ["router"]

router = APIRouter(tags=["setup"])


class ReceivedFrom(Answer):
    """What came from one agent by one way."""

    agent: str
    source: str = Field(description="otel_log, otel_metric, otel_span, transcript, console, hook or sdk")
    records: int = Field(description="that are stored; what was erased or fell out by age is not counted")
    first_at: str = Field(description="when the first of them came in, ISO 8601 with the zone's offset")
    last_at: str = Field(description="when the last of them came in")


class Received(Answer):
    """All that came in."""

    at: str = Field(description="the moment of asking, ISO 8601 with the zone's offset")
    received: list[ReceivedFrom]
    window: Window
    demo: bool


class Addresses(Answer):
    """Where this server listens. Null: that part is just being started."""

    http: str | None
    otlp_http: str | None
    otlp_grpc: str | None


class HistoryFound(Answer):
    """One place where an agent leaves its histories."""

    where: str = Field(description="from the home folder on (~), else only its last part")
    files: int | None = Field(description="null: there is no such place")


class SettingsText(Answer):
    """A text to copy."""

    kind: Literal["shell", "json", "toml"]
    target: str = Field(description="the file it belongs into, or where else it counts")
    text: str = Field(description="with the addresses of this server")
    note: str


class AgentConnected(Answer):
    """One agent."""

    agent: str
    name: str = Field(description="for people")
    note: str
    guide: str = Field(description="file in docs/guides")
    histories: list[HistoryFound]
    settings: list[SettingsText]
    received: list[ReceivedFrom] = Field(description="empty: nothing yet")
    records: int = Field(description="of all ways together")
    first_at: str | None = Field(description="null: nothing yet")
    last_at: str | None = Field(description="null: nothing yet")


class OtelStands(Answer):
    """Claude Code's telemetry in the user's settings."""

    state: Literal["here", "elsewhere", "off", "unreadable"] = Field(
        description="where the settings send it; what --settings or a shell sets is not seen"
    )
    settings: str
    put_by_us: bool = Field(description="there is something to undo")
    missing: list[str] = Field(description="variables that have to change to lead here")


class PluginStands(Answer):
    """The plugin in the user's Claude Code."""

    installed: bool
    version: str | None
    consent: Literal["granted", "denied"] | None = Field(description="to its sending; null: not asked yet")
    settings: str


class ClaudeCodeWired(Answer):
    """What can be switched for Claude Code."""

    otel: OtelStands
    plugin: PluginStands


class SetupState(Answer):
    """How everything is connected."""

    at: str = Field(description="the moment of asking")
    addresses: Addresses
    agents: list[AgentConnected]
    claude_code: ClaudeCodeWired
    window: Window
    demo: bool


class OtelOrder(BaseModel):
    """Switch Claude Code's telemetry on or off."""

    model_config = ConfigDict(extra="forbid")

    enable: bool
    dry_run: bool = Field(default=False, description="only say what would change")
    force: bool = Field(default=False, description="also change what leads elsewhere; switching off puts it back")


class ForeignValue(Answer):
    """A variable that leads elsewhere."""

    name: str
    value: str
    wanted: str | None = Field(description="null: it has to go")


class OtelChange(Answer):
    """What changed, or would."""

    changed: bool
    would_change: bool
    settings: str = Field(description="the file")
    diff: str = Field(description="unified; empty: nothing is to be done")
    set: dict[str, str | None] = Field(description="variables that become other; null: taken out")
    foreign: list[ForeignValue] = Field(description="these need `force`")
    left: list[str] = Field(description="variables that were changed since, and stay")


class PluginOrder(BaseModel):
    """Put the plugin into Claude Code, or take it out."""

    model_config = ConfigDict(extra="forbid")

    install: bool
    dry_run: bool = Field(default=False, description="only say what it would do")
    allow: bool | None = Field(
        default=None, description="what the person said about what it sends; null: that stays as it is"
    )


class PluginStep(Answer):
    """One thing that is done."""

    does: Literal["changes", "copies", "writes", "runs", "deletes"]
    what: str = Field(description="a file, a folder, or a command")
    diff: str = Field(description="of `changes`: unified; else empty")


class PluginChange(Answer):
    """What was done, or would be."""

    changed: bool
    would_change: bool
    steps: list[PluginStep]
    claude_version: str | None = Field(
        description="null: no `claude` was found; then its files are written as it would"
    )
    version: str | None = Field(description="of the plugin")
    sends_to: str | None
    what_is_sent: list[str] = Field(description="to be shown before `allow` is asked for")
    consent: Literal["granted", "denied"] | None
    failed: list[str] = Field(description="commands that failed; what they do was done without them")


@router.get("/api/v1/received", operation_id="received", response_model=Received, tags=["questions"])
def received(request: Request, parts: Parts, tz: Tz = None) -> Any:
    """What is stored of each agent, by the way it came in: how many records, the first, the last."""
    return parts.answers.ask("received", given_in(request))


@router.get("/api/v1/setup", operation_id="setup", response_model=SetupState)
def setup(request: Request, parts: Parts, tz: Tz = None) -> Any:
    """For every agent: histories found, settings to copy, what came in; and how Claude Code is wired."""
    told = parts.answers.ask("received", given_in(request))
    listens = parts.addresses()
    addresses = {name: listens.get(name) for name in ("http", "otlp_http", "otlp_grpc")}
    http, grpc = addresses["otlp_http"], addresses["otlp_grpc"]
    known = {one.agent for one in SETUPS}
    found = parts.setup.histories()
    agents = []
    for one in SETUPS:
        rows = [
            row
            for row in told["received"]
            if row["agent"] == one.agent or (one.agent == OTHERS and row["agent"] not in known)
        ]
        settings = [
            {
                "kind": block.kind,
                "target": block.target,
                "text": block.at(http=http, grpc=grpc) if http and grpc else block.text,
                "note": block.note,
            }
            for block in one.blocks
        ]
        agents.append(
            {
                "agent": one.agent,
                "name": one.name,
                "note": one.note,
                "guide": one.guide,
                "histories": [{"where": h["where"], "files": h["files"]} for h in found if h["agent"] == one.agent],
                "settings": settings,
                "received": rows,
                "records": sum(row["records"] for row in rows),
                "first_at": min((row["first_at"] for row in rows), default=None, key=_moment),
                "last_at": max((row["last_at"] for row in rows), default=None, key=_moment),
            }
        )
    return {
        "at": told["at"],
        "addresses": addresses,
        "agents": agents,
        "claude_code": parts.setup.wired(),
        "window": told["window"],
        "demo": told["demo"],
    }


@router.post("/api/v1/setup/otel", operation_id="setup_otel", response_model=OtelChange)
def setup_otel(parts: Parts, order: OtelOrder) -> Any:
    """Switch Claude Code's telemetry on or off in the user's settings, or say what would change."""
    return parts.setup.otel(enable=order.enable, dry_run=order.dry_run, force=order.force)


@router.post("/api/v1/setup/plugin", operation_id="setup_plugin", response_model=PluginChange)
def setup_plugin(parts: Parts, order: PluginOrder) -> Any:
    """Put the plugin into the user's Claude Code or take it out, or say what that would do."""
    return parts.setup.plugin(install=order.install, dry_run=order.dry_run, allow=order.allow)


_moment = datetime.fromisoformat  # texts with several offsets have no order
