"""`tachograph outbox approve`, `send` and `purge`: what may leave, leaves now, or never will."""

from __future__ import annotations

import dataclasses
import json as jsonlib
import time
from collections.abc import Sequence
from pathlib import Path

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.wording import counted
from tachograph_sdk.errors import ConfigError

__all__ = ["approve", "purge", "send"]

_SINKS = ("file_sink", "webhook")
BUSY_S = 20.0  # what is waited for another process that is sending


@click.command("approve")
@click.argument("envelope_ids", metavar="ID…", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="Everything that waits.")
@shared_options
@click.pass_context
def approve(
    context: click.Context, envelope_ids: Sequence[str], everything: bool, home: Path | None, as_json: bool
) -> None:
    """Say that envelopes may leave; a running server then sends them. Also for one that was set aside: it is tried again.

    Example: tachograph outbox approve --all
    """
    from tachograph.wiring.outbox import open_outbox_here

    if bool(envelope_ids) == everything:
        raise ConfigError("name envelopes, or give --all", hint="`tachograph outbox list` shows them")
    outbox = open_outbox_here(resolve_home(context, home))
    approved = outbox.approve(None if everything else [outbox.find(one).place.id for one in envelope_ids])
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps({"approved": approved}))
    else:
        click.echo(f"{counted(approved, 'envelope')} approved.")


@click.command("send")
@click.argument("envelope_ids", metavar="ID…", nargs=-1)
@shared_options
@click.pass_context
def send(context: click.Context, envelope_ids: Sequence[str], home: Path | None, as_json: bool) -> None:
    """Send now what may leave, without waiting after a failure; in review that is what was approved. All of it, or these.

    Exit status 1 if something could not be sent.

    Example: tachograph outbox send
    """
    from tachograph.config import load
    from tachograph.wiring.outbox import open_outbox_here, open_sinks
    from tachograph_sdk.outbox.sender import Sender

    at = resolve_home(context, home)
    settings = load(at)
    if settings.outbox.mode == "off":
        raise ConfigError(
            "the outbox is off", hint='write mode = "review" (or "auto") under [outbox] in tachograph.toml'
        )
    sinks = open_sinks(settings)
    if not sinks:
        raise ConfigError(
            "there is no place to send to",
            hint="write url under [webhook] or path under [file_sink] in tachograph.toml",
        )
    outbox = open_outbox_here(at)
    ids = [outbox.find(one).place.id for one in envelope_ids] or None
    give_up_s = time.monotonic() + BUSY_S
    sent = Sender(outbox, sinks).send(at_once=True, ids=ids)
    while sent.busy and time.monotonic() < give_up_s:
        time.sleep(0.1)
        sent = Sender(outbox, sinks).send(at_once=True, ids=ids)
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(dataclasses.asdict(sent)))
    elif sent.busy:
        click.echo("another process is sending; see `tachograph outbox list` in a moment", err=True)
    else:
        told = {"delivered": sent.delivered, "set aside": sent.set_aside, "failed": sent.failed}
        told |= {"purged": sent.purged, "damaged": sent.damaged, "dropped": sent.dropped}
        shown = [f"{number} {what}" for what, number in told.items() if number or what == "delivered"]
        click.echo(", ".join(shown))
        for sink, why in sent.disabled.items():
            click.echo(f"nothing is sent to {sink} any more: {why}", err=True)
    context.exit(1 if sent.busy or sent.failed or sent.set_aside or sent.damaged or sent.disabled else 0)


@click.command("purge")
@click.argument("envelope_ids", metavar="ID…", nargs=-1)
@click.option("--purpose", help="What is sent for this purpose, also if for others too.")
@click.option("--sink", help="What is for this place: webhook, file_sink.")
@click.option("--all", "everything", is_flag=True, help="Everything.")
@shared_options
@click.pass_context
def purge(
    context: click.Context,
    envelope_ids: Sequence[str],
    purpose: str | None,
    sink: str | None,
    everything: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Delete envelopes for good; one that is just being sent is cut off first. Receipts stay.

    Example: tachograph outbox purge --purpose usage_analytics
    """
    from tachograph.wiring.outbox import open_outbox_to_purge
    from tachograph_sdk.model.consent import ConsentPurpose

    chosen = bool(envelope_ids) or purpose is not None or sink is not None
    if chosen == everything:
        raise ConfigError("say what to delete", hint="name envelopes, a --purpose or a --sink, or give --all")
    if purpose is not None and purpose not in list(ConsentPurpose):
        raise ConfigError("there is no such purpose", hint="known: " + ", ".join(ConsentPurpose))
    outbox = open_outbox_to_purge(resolve_home(context, home))
    if sink is not None and sink not in (
        known := {*_SINKS, *(e.envelope.sink for e in outbox.entries() if e.envelope)}
    ):
        raise ConfigError(f"there is no place {sink!r}", hint="known: " + ", ".join(sorted(known)))
    done = outbox.purge(
        purpose=ConsentPurpose(purpose) if purpose is not None else None,
        ids=[outbox.find(one).place.id for one in envelope_ids] or None,
        sink=sink,
        reason="asked-for",
    )
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(dataclasses.asdict(done)))
    else:
        click.echo(f"{counted(done.envelopes, 'envelope')} with {counted(done.events, 'event')} deleted.")
        if done.in_flight:
            click.echo(f"{done.in_flight} of them were on their way: part of them may have left", err=True)
