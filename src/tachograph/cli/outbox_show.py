"""`tachograph outbox list`, `preview`, `receipts` and `verify`: what is about to leave, and what left."""

from __future__ import annotations

import json as jsonlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.wording import counted, moment
from tachograph.home import Home
from tachograph_sdk.errors import ConfigError

if TYPE_CHECKING:
    from tachograph_sdk.outbox.envelope import Envelope
    from tachograph_sdk.outbox.outbox import Entry

__all__ = ["list_", "preview", "receipts", "verify"]


@click.command("list")
@shared_options
@click.pass_context
def list_(context: click.Context, home: Path | None, as_json: bool) -> None:
    """What is there, oldest first: waiting, approved, sending, set aside, damaged.

    Example: tachograph outbox list --json
    """
    from tachograph.wiring.outbox import open_outbox_here
    from tachograph_sdk.outbox.retries import Retries

    outbox = open_outbox_here(resolve_home(context, home))
    entries = outbox.entries()
    standings = Retries(outbox.folders.root).of
    stopped = {sink: one.disabled for sink, one in standings.items() if one.disabled}
    failing = {sink: one for sink, one in standings.items() if one.failures and not one.disabled}
    if wants_json(context, as_json):
        told = {
            "mode": outbox.config.mode,
            "envelopes": [_as_json(entry) for entry in entries],
            "stopped": stopped,
            "failing": {
                sink: {"failures": one.failures, "next_try_us": one.not_before_us} for sink, one in failing.items()
            },
        }
        click.echo(jsonlib.dumps(told))
        return
    for entry in entries:
        click.echo(_in_words(entry))
    if not entries:
        click.echo("Nothing waits to leave.")
    click.echo(_mode_in_words(outbox.config.mode, outbox.config.countdown_s), err=True)
    for sink, one in failing.items():
        failures = counted(one.failures, "failure")
        click.echo(f"{sink}: {failures} in a row, next try {moment(one.not_before_us)}", err=True)
    for sink, why in stopped.items():
        click.echo(f"nothing is sent to {sink} any more ({why}); `tachograph outbox send` tries again", err=True)


@click.command("preview")
@click.argument("envelope_id", metavar="ID")
@shared_options
@click.pass_context
def preview(context: click.Context, envelope_id: str, home: Path | None, as_json: bool) -> None:
    """Write exactly the bytes that will be sent to standard output, and the headers that go with them to standard error.

    Example: tachograph outbox preview 3f2a
    """
    from tachograph.wiring.outbox import open_outbox_here

    at = resolve_home(context, home)
    envelope = open_outbox_here(at).find(envelope_id).envelope
    if envelope is None:
        raise ConfigError("this envelope is damaged and will not be sent", hint="`tachograph outbox purge` deletes it")
    headers = _headers(at, envelope)
    if wants_json(context, as_json):
        told = {**envelope.about_it(), "headers": headers, "body": envelope.body.decode("utf-8")}
        click.echo(jsonlib.dumps(told))
        return
    click.echo(f"to {envelope.sink} at {envelope.address}", err=True)
    for name, value in headers.items():
        click.echo(f"{name}: {value}", err=True)
    click.echo("", err=True)
    sys.stdout.flush()
    sys.stdout.buffer.write(envelope.body)
    sys.stdout.buffer.flush()


@click.command("receipts")
@click.option("--last", type=click.IntRange(1), default=20, show_default=True, help="How many, the newest last.")
@click.option("--all", "show_all", is_flag=True, help="All of them.")
@shared_options
@click.pass_context
def receipts(context: click.Context, last: int, show_all: bool, home: Path | None, as_json: bool) -> None:
    """What became of each envelope: when, where to, what for, by which consent, and a hash of the bytes.

    Example: tachograph outbox receipts --last 50
    """
    from tachograph.wiring.outbox import open_outbox_here

    told = list(open_outbox_here(resolve_home(context, home)).receipts.read())
    told = told if show_all else told[-last:]
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(told))
    elif told:
        for one in told:
            events = _size(one.get("events", 0), one.get("size_bytes", 0))
            why = one.get("reason") or one.get("status") or ""
            purposes = ", ".join(one.get("purposes", ()))
            click.echo(f"{moment(one.get('at'))}  {str(one.get('id'))[:8]}  {one.get('what')}  {why}".rstrip())
            click.echo(f"    {events}, to {one.get('address', '?')} for {purposes or '?'}")
    else:
        click.echo("No receipts yet.")


@click.command("verify")
@shared_options
@click.pass_context
def verify(context: click.Context, home: Path | None, as_json: bool) -> None:
    """Check that no receipt was changed or is missing, and that no envelope is damaged. Exit status 1 if one is.

    Example: tachograph outbox verify
    """
    from tachograph.wiring.outbox import open_outbox_here

    outbox = open_outbox_here(resolve_home(context, home))
    verdict = outbox.receipts.verify()
    entries = outbox.entries()
    damaged = [entry.place.id for entry in entries if entry.envelope is None]
    if wants_json(context, as_json):
        told: dict[str, Any] = {
            "ok": not verdict.mistakes and not damaged,
            "receipts": verdict.receipts,
            "mistakes": list(verdict.mistakes),
            "envelopes": len(entries),
            "damaged": damaged,
        }
        click.echo(jsonlib.dumps(told))
    else:
        whole = ": none was changed, none is missing" if not verdict.mistakes and not damaged else ""
        receipts = counted(verdict.receipts, "receipt")
        click.echo(f"{receipts} and {counted(len(entries), 'envelope')}{whole}.")
        for mistake in verdict.mistakes:
            click.echo(f"  receipts: {mistake}")
        for envelope_id in damaged:
            click.echo(f"  envelope {envelope_id[:8]} is damaged and will not be sent")
    context.exit(1 if verdict.mistakes or damaged else 0)


def _headers(home: Home, envelope: Envelope) -> dict[str, str]:
    """What the destination sends beside the body, if it is still set up; else what any would send."""
    from tachograph.config import load
    from tachograph.wiring.outbox import open_sinks

    try:
        sinks = open_sinks(load(home))
    except ConfigError:
        sinks = []
    for sink in sinks:
        if sink.id == envelope.sink:
            return dict(sink.shown_headers(envelope))
    return envelope.headers()


def _as_json(entry: Entry) -> dict[str, Any]:
    place = entry.place
    told: dict[str, Any] = {"id": place.id, "state": place.state.value, "created_us": place.created_us}
    if entry.envelope is not None:
        told |= entry.envelope.about_it()
    if place.reason and place.state.value == "aside":
        told["reason"] = place.reason
    return told


def _in_words(entry: Entry) -> str:
    place, envelope = entry.place, entry.envelope
    state = f"set aside ({place.reason})" if place.state.value == "aside" else place.state.value
    if envelope is None:
        return f"{place.id[:8]}  damaged  {moment(place.created_us)}  {counted(place.size_bytes, 'byte')}"
    size = _size(envelope.events, envelope.size_bytes)
    where = f"    {size}, to {envelope.address} for {', '.join(envelope.purposes)}"
    return f"{place.id[:8]}  {state}  {moment(place.created_us)}\n{where}"


def _size(events: int, size_bytes: int) -> str:
    return f"{counted(events, 'event')}, {counted(size_bytes, 'byte')}"


def _mode_in_words(mode: str, countdown_s: float) -> str:
    if mode == "off":
        return "The outbox is off: nothing is put in, nothing leaves ([outbox] mode)."
    if mode == "auto":
        return "What is put in leaves by itself (outbox.mode is auto)."
    if countdown_s > 0:
        return f"What nobody approves leaves by itself after {countdown_s:g} s (outbox.countdown_s)."
    return "What waits leaves after `tachograph outbox approve` (outbox.mode is review)."
