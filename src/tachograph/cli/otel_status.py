"""`tachograph otel status`: what is set, where, whether it leads here, and whether anything came."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json
from tachograph.cli.plugin_install import places_here
from tachograph.cli.wording import counted

if TYPE_CHECKING:
    from tachograph.home import Home
    from tachograph.wiring.claude_code.telemetry_status import TelemetryStatus
    from tachograph.wiring.claude_code.variables import Receiver

__all__ = ["status"]


@click.command("status")
@tz_option
@shared_options
@click.pass_context
def status(context: click.Context, tz: str | None, home: Path | None, as_json: bool) -> None:
    """What is set, and in which file; whether it leads to this home's server; whether anything came in.

    What is given with --settings, or set in the shell that Claude Code is started from, is not seen here.

    Example: tachograph otel status
    """
    from tachograph.wiring.claude_code.telemetry_status import telemetry_status
    from tachograph.wiring.setup import receiver_of
    from tachograph_sdk.errors import ConfigError

    where = resolve_home(context, home)
    receiver = None
    try:
        receiver = receiver_of(where)
    except ConfigError as error:
        click.echo(f"{error.message}: {error.hint}", err=True)
    found = telemetry_status(places_here(), receiver, records=where.otel_record)
    told = _told(found, receiver, _received(where, resolve_zone(tz)))
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(told))
        return
    for line in _said(told):
        click.echo(line)


def _received(home: Home, zone: str) -> list[dict[str, Any]] | None:
    """What came from Claude Code's own telemetry, by source; None where nothing is stored at all."""
    from tachograph.cli.backend import open_backend
    from tachograph.cli.client import find_server

    if not home.store.exists() and find_server(home) is None:
        return None
    with open_backend(home) as backend:
        rows = backend.ask("received", {"tz": zone})["received"]
    return [row for row in rows if row["agent"] == "claude_code" and row["source"].startswith("otel_")]


def _told(found: TelemetryStatus, receiver: Receiver | None, received: list[dict[str, Any]] | None) -> dict[str, Any]:
    return {
        "state": found.state,
        "sends_to": {"http": receiver.http, "grpc": receiver.grpc} if receiver else None,
        "files": [
            {
                "scope": file.scope,
                "settings": str(file.path),
                "counts": file.counts,
                "variables": dict(file.variables),
                "problem": file.problem,
            }
            for file in found.files
        ],
        "put_by_us": dict(found.put),
        "missing": list(found.missing),
        "received": received or [],
    }


_STATES = {
    "here": "Claude Code's settings send its telemetry here",
    "elsewhere": "Claude Code's settings send its telemetry elsewhere, or only part of it here",
    "off": "Claude Code's settings do not switch its telemetry on: `tachograph otel enable`",
    "unreadable": "Claude Code's settings cannot be read",
}


def _said(told: dict[str, Any]) -> list[str]:
    to = told["sends_to"]
    said = [_STATES[told["state"]] + (f" ({to['http']}, gRPC {to['grpc']})." if to else ".")]
    for file in told["files"]:
        if file["problem"]:
            said.append(file["problem"])
            continue
        note = "" if file["counts"] else ", of which Claude Code 2.1.282 and newer take only a no"
        said.append(f"In {file['settings']} ({file['scope']}{note}):")
        said += [f"  {name}={value}" for name, value in file["variables"].items()]
    if told["put_by_us"]:
        said.append("`tachograph otel disable` takes out: " + ", ".join(told["put_by_us"]) + ".")
    if told["state"] != "here" and told["missing"]:
        said.append("To send here, these have to change: " + ", ".join(told["missing"]) + ".")
    for row in told["received"]:
        said.append(f"Received: {counted(row['records'], 'record')} ({row['source']}), the last at {row['last_at']}.")
    if not told["received"]:
        said.append("Nothing has come from it yet.")
    said.append("What --settings or a shell sets is not seen here.")
    return said
