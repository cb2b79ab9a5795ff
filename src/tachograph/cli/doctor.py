"""`tachograph doctor`: what was looked for, where, and what was found."""

from __future__ import annotations

import json as jsonlib
import os
import shutil
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.wording import counted, harmless
from tachograph.home import Home
from tachograph_sdk.errors import ConfigError, TachographError

__all__ = ["Finding", "doctor"]

LOW_DISK_BYTES = 1024**3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing looked at."""

    what: str
    where: str
    found: str
    state: str  # ok, note (nothing wrong, worth knowing) or problem
    hint: str = ""


@click.command("doctor")
@shared_options
@click.pass_context
def doctor(
    context: click.Context,
    home: Path | None,
    as_json: bool,
) -> None:
    """Say what was looked for, where, and what was found. Exits 1 if something is wrong.

    Example: tachograph doctor
    """
    found = examine(resolve_home(context, home))
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps({"findings": [asdict(f) for f in found]}))
    else:
        for item in found:
            click.echo(f"[{item.state}] {item.what}: {item.found}\n    {item.where}")
            if item.hint:
                click.echo(f"    {item.hint}")
    if any(f.state == "problem" for f in found):
        context.exit(1)


def examine(home: Home) -> list[Finding]:
    """Look at everything; changes nothing."""
    from tachograph.cli.client import find_server

    server = find_server(home)
    about = dict(server.about) if server else {}
    return [
        _python(),
        _home(home),
        _disk(home),
        _time_zone(),
        _server(home, about),
        *([_health(server.get("/health"), str(about["http"]))] if server else []),
        _privacy(home),
        *_objections(home),
        _own_dashboards(home),
        *_store(home, running=server is not None),
        *_histories(),
        _claude_settings(home),
    ]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding(what="Python", where=sys.executable, found=version, state="ok")


def _home(home: Home) -> Finding:
    if not home.root.exists():
        return Finding(what="home", where=str(home.root), found="not there yet", state="note", hint="run `tachograph`")
    mode = home.root.stat().st_mode & 0o777
    if os.name == "posix" and mode & 0o077:
        hint = f"run: chmod 700 {home.root}"
        return Finding(what="home", where=str(home.root), found=f"mode {mode:o}", state="problem", hint=hint)
    return Finding(what="home", where=str(home.root), found="private", state="ok")


def _disk(home: Home) -> Finding:
    place = next(p for p in (home.root, *home.root.parents) if p.exists())
    free = shutil.disk_usage(place).free
    low = free < LOW_DISK_BYTES
    hint = "below this the receiver soon refuses to accept" if low else ""
    found = f"{free / 1024**3:,.1f} GiB free"
    return Finding(what="disk", where=str(place), found=found, state="problem" if low else "ok", hint=hint)


def _time_zone() -> Finding:
    from tachograph.config import machine_zone

    name, origin = machine_zone()
    named = not origin.startswith("nothing")
    hint = "" if named else "set TZ, or give --tz, to count days elsewhere"
    return Finding(what="time zone", where=origin, found=name, state="ok" if named else "note", hint=hint)


def _server(home: Home, about: dict[str, Any]) -> Finding:
    if not about:
        hint = "start it with `tachograph serve`"
        return Finding(what="server", where=str(home.server), found="not running", state="note", hint=hint)
    found = f"running, page {about['http']}, OTLP/HTTP {about['otlp_http']}, OTLP/gRPC {about['otlp_grpc']}"
    return Finding(what="server", where=str(home.server), found=found, state="ok")


def _health(health: dict[str, Any], url: str) -> Finding:
    reasons = "; ".join(health["reasons"]) or "receiver and core work"
    state = "ok" if health["status"] == "ok" else "problem"
    return Finding(what="health", where=f"{url}/health", found=reasons, state=state)


def _privacy(home: Home) -> Finding:
    from tachograph.config import privacy_of
    from tachograph.wiring.presets import PresetChoice

    state = PresetChoice(home.root).state()
    try:
        privacy_of(home)
    except ConfigError as error:
        found = f"preset {state.in_force.preset}, because the settings cannot be read: {error.message}"
        where = str(home.config)
        return Finding(what="what is kept", where=where, found=found, state="problem", hint=error.hint)
    holds, chosen = state.in_force.preset, state.in_force.chosen
    found = f"preset {holds}" + ("" if holds is chosen else f", although {chosen} was chosen")
    found += ", clear names" if state.identity == "clear" else ""
    notices = state.notices(0)
    where = f"[privacy] preset: {state.origin}"
    return Finding(
        what="what is kept", where=where, found=found, state="note" if notices else "ok", hint=" ".join(notices)
    )


def _objections(home: Home) -> list[Finding]:
    """Something that is missing may have been objected to."""
    if not home.objections.exists():
        return []
    from tachograph.pipeline.refusals import Cause, read_refusals

    what, where = "objections", str(home.objections)
    try:
        count = len(read_refusals(home.objections, Cause.OBJECTION))
    except TachographError as error:
        return [Finding(what=what, where=where, found=error.message, state="problem", hint=error.hint)]
    if not count:
        return []
    hint = "what they are about is not kept: `tachograph privacy object --list`"
    return [Finding(what=what, where=where, found=f"{count:,} in force", state="note", hint=hint)]


def _own_dashboards(home: Home) -> Finding:
    from tachograph.analytics.panels import OwnersFolder
    from tachograph.server.questions import QUESTIONS

    what, where = "own dashboards", str(home.dashboards)
    own = OwnersFolder(home.dashboards, QUESTIONS)()
    found = counted(len(own.dashboards), "dashboard") if own.dashboards else "none"
    if not own.problems:
        return Finding(what=what, where=where, found=found, state="ok")
    told = (f"{p.file}: {f'the panel {p.panel!r} ' if p.panel else ''}{p.what} ({p.hint})" for p in own.problems)
    found += f", {counted(len(own.problems), 'problem')}"
    return Finding(what=what, where=where, found=found, state="problem", hint=harmless("; ".join(told)))


def _store(home: Home, *, running: bool) -> list[Finding]:
    if not home.store.exists():
        return [Finding(what="store", where=str(home.store), found="not there yet", state="note")]
    from tachograph.cli.backend import open_backend

    log = home.store.with_name(home.store.name + ".wal")  # what was written last is only there
    size = home.store.stat().st_size + (log.stat().st_size if log.exists() else 0)
    try:
        with open_backend(home) as backend:
            answer = backend.report({"range": "all"})
    except TachographError as error:
        return [Finding(what="store", where=str(home.store), found=error.message, state="problem", hint=error.hint)]
    totals, texts = answer["totals"], answer["privacy"]["texts_kept"]
    requests, sessions = counted(totals["requests"], "request"), counted(totals["sessions"], "session")
    found = f"{size / 1024**2:,.1f} MiB, {requests} in {sessions}"
    by = " (asked the server)" if running else ""
    found += f", {counted(texts, 'recorded text')}" if texts else ""
    return [Finding(what="store", where=str(home.store), found=found + by, state="ok")]


def _histories() -> list[Finding]:
    from tachograph.wiring.local import find_local_histories

    rows = []
    for agent, root, files in find_local_histories():
        what, where = f"local history of {agent}", str(root)
        if _is_denied(root):
            hint = "read it as its owner, or let yourself read it; nothing of it is imported"
            rows.append(Finding(what=what, where=where, found="may not be read", state="problem", hint=hint))
            continue
        found = f"{files:,} {'file' if files == 1 else 'files'}" if files is not None else "not there"
        rows.append(Finding(what=what, where=where, found=found, state="ok" if files else "note"))
    return rows


def _is_denied(path: Path) -> bool:
    try:
        path.stat()
    except PermissionError:
        return True
    except OSError:
        return False
    return not os.access(path, os.R_OK)


def _claude_settings(home: Home) -> Finding:
    from tachograph.cli.plugin_install import places_here
    from tachograph.wiring.claude_code.telemetry_status import telemetry_status
    from tachograph.wiring.setup import receiver_of

    what, places = "Claude Code settings", places_here()
    path = str(places.settings("user"))
    try:
        receiver = receiver_of(home)
    except ConfigError:
        receiver = None  # a port that is picked when the server starts
    status = telemetry_status(places, receiver, records=home.otel_record)
    if status.state == "here":
        return Finding(what=what, where=path, found="telemetry is on and leads here", state="ok")
    if status.state == "elsewhere":
        hint = "`tachograph otel status` says what leads where"
        return Finding(
            what=what, where=path, found="telemetry is on, not all of it leads here", state="note", hint=hint
        )
    if status.state == "unreadable":
        hint = "Claude Code would not read it either"
        return Finding(what=what, where=path, found="unreadable", state="problem", hint=hint)
    found = "telemetry is not on" if places.settings("user").exists() else "not there"
    return Finding(what=what, where=path, found=found, state="note", hint="`tachograph otel enable` switches it on")
