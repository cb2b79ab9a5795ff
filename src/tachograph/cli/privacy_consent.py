"""`tachograph privacy consent`: what was allowed, by whom and when; allow it, refuse it, take it back."""

from __future__ import annotations

import json as jsonlib
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tachograph.cli.lazy import Group
from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.wording import counted, moment
from tachograph.home import Home
from tachograph_sdk.errors import ConfigError

if TYPE_CHECKING:
    from tachograph_sdk.model.consent import ConsentPurpose
    from tachograph_sdk.privacy.consent import Consent, Outcome, Status

__all__ = ["consent"]

Command = Callable[..., Any]

_PURGED = {  # what a withdrawal removes, by the hook's name
    "outbox": ("waiting envelope", "waiting envelopes"),
    "recorded texts": ("recorded text", "recorded texts"),
}


def _options(function: Command) -> Command:
    text = "The consents of this program that embeds the SDK, which has its own."
    return shared_options(click.option("--app", metavar="NAME", help=text)(function))


def _purposes(function: Command) -> Command:
    return click.argument("purposes", nargs=-1, metavar="PURPOSE…")(function)


@click.group("consent", cls=Group, invoke_without_command=True)
@_options
@click.pass_context
def consent(context: click.Context, app: str | None, home: Path | None, as_json: bool) -> None:
    """What was allowed, for which purpose, by whom and when. Nothing is allowed until somebody says yes.

    Purposes: usage_analytics, performance_metrics, error_reporting, project_names, content_recording. Without a command:
    how each of them stands.

    Example: tachograph privacy consent withdraw usage_analytics
    """
    if context.invoked_subcommand is None:
        _show_status(context, app, home, as_json)
    elif app is not None or home is not None or as_json:
        context.obj = _Given(app=app, home=home, as_json=as_json)


class _Given:
    """What was given before the command's name."""

    def __init__(self, *, app: str | None, home: Path | None, as_json: bool) -> None:
        self.app, self.home, self.as_json = app, home, as_json


@consent.command("status")
@_options
@click.pass_context
def status(context: click.Context, app: str | None, home: Path | None, as_json: bool) -> None:
    """How each purpose stands, which switch says no, and whether the ledger is whole.

    Example: tachograph privacy consent status --json
    """
    _show_status(context, app, home, as_json)


@consent.command("ask")
@_purposes
@_options
@click.pass_context
def ask(context: click.Context, purposes: Sequence[str], app: str | None, home: Path | None, as_json: bool) -> None:
    """Be asked, one question a purpose; also for what was refused before. Only y or yes allows.

    Example: tachograph privacy consent ask error_reporting
    """
    at, _, quiet = _open(context, app, home, as_json)
    if app is None:
        from tachograph_sdk.privacy.consent.legacy import legacy_file, take_over_legacy
        from tachograph_sdk.privacy.environment import process_environment

        take_over_legacy(at, legacy_file(process_environment()))
    _tell(at, at.ask(_named(purposes), again=True), quiet, recorded="Recorded.")


@consent.command("grant")
@_purposes
@_options
@click.pass_context
def grant(context: click.Context, purposes: Sequence[str], app: str | None, home: Path | None, as_json: bool) -> None:
    """Allow what is named. Prints what that means.

    Example: tachograph privacy consent grant usage_analytics
    """
    from tachograph_sdk.model.consent import How

    at, name, quiet = _open(context, app, home, as_json)
    named = _named(purposes, needed=True)
    for purpose in named:
        click.echo(_folded(at.terms.texts[purpose].shown(name), err=True), err=True)
    _tell(at, at.grant(named, how=How.COMMAND), quiet, recorded="Allowed, as it is written above.")


@consent.command("deny")
@_purposes
@_options
@click.pass_context
def deny(context: click.Context, purposes: Sequence[str], app: str | None, home: Path | None, as_json: bool) -> None:
    """Say no to what is named, so that it is not asked for again.

    Example: tachograph privacy consent deny project_names
    """
    from tachograph_sdk.model.consent import How

    at, _, quiet = _open(context, app, home, as_json)
    _tell(at, at.deny(_named(purposes, needed=True), how=How.COMMAND), quiet, recorded="Refused.")


@consent.command("withdraw")
@_purposes
@_options
@click.pass_context
def withdraw(
    context: click.Context, purposes: Sequence[str], app: str | None, home: Path | None, as_json: bool
) -> None:
    """Take back what was allowed, all of it or what is named. What waits to be sent is removed before this returns.

    Example: tachograph privacy consent withdraw
    """
    from tachograph_sdk.model.consent import How

    at, _, quiet = _open(context, app, home, as_json)
    outcome = at.withdraw(_named(purposes) if purposes else None, how=How.COMMAND)
    _tell(at, outcome, quiet, recorded="Withdrawn. Nothing is collected or sent for it any more.")


@consent.command("verify")
@_options
@click.pass_context
def verify(context: click.Context, app: str | None, home: Path | None, as_json: bool) -> None:
    """Check every entry of the ledger. Exit status 1 if one was changed, removed, added or moved.

    Example: tachograph privacy consent verify
    """
    at, _, quiet = _open(context, app, home, as_json)
    damage, entries = at.verify(), len(at.history())
    if quiet:
        told: dict[str, Any] = {"ok": damage is None, "entries": entries, "line": None, "problem": None, "hint": None}
        if damage is not None:
            told |= {"line": damage.line, "problem": damage.problem, "hint": damage.hint}
        click.echo(jsonlib.dumps(told))
    elif damage is None:
        said = f"{counted(entries, 'entry', 'entries')}, as written: none was changed, removed, added or moved."
        click.echo(said if entries else "The ledger is empty: nothing was decided yet.")
    if damage is not None:
        _say(damage.problem, damage.hint)
        context.exit(1)


@consent.command("history")
@_options
@click.pass_context
def history(context: click.Context, app: str | None, home: Path | None, as_json: bool) -> None:
    """Every decision: when, by whom (a pseudonym), which way, about what, under which text.

    Example: tachograph privacy consent history --json
    """
    at, _, quiet = _open(context, app, home, as_json)
    entries = at.history()
    if quiet:
        click.echo(jsonlib.dumps([entry.as_answer() for entry in entries]))
    else:
        for entry in entries:
            about = ", ".join(f"{s.purpose} (text {s.text_version})" for s in entry.subjects)
            click.echo(f"{entry.n:>4}  {moment(entry.at_us)}  {entry.decision:<8} {entry.how:<9} {about}")
    damage = at.verify()
    if not (quiet or entries or damage):
        click.echo("Nothing was decided yet.")
    if damage:
        _say(damage.problem, damage.hint)


@consent.command("text")
@_purposes
@_options
@click.pass_context
def text(context: click.Context, purposes: Sequence[str], app: str | None, home: Path | None, as_json: bool) -> None:
    """What is asked, word by word.

    Example: tachograph privacy consent text error_reporting
    """
    at, name, quiet = _open(context, app, home, as_json)
    texts = {purpose: at.terms.texts[purpose] for purpose in _named(purposes)}
    if quiet:
        told = {
            str(purpose): {"version": t.version, "text": t.shown(name), "sha256": t.sha256(name)}
            for purpose, t in texts.items()
        }
        click.echo(jsonlib.dumps(told))
    else:
        click.echo("\n".join(_folded(t.shown(name)) for t in texts.values()), nl=False)


def _open(
    context: click.Context, app: str | None, home: Path | None, as_json: bool
) -> tuple[Consent, str | None, bool]:
    """The consents meant, the program's name, and whether JSON is wanted; options may stand before the command's name."""
    from tachograph.wiring.consent import open_consent

    before = context.parent.obj if context.parent is not None and isinstance(context.parent.obj, _Given) else None
    if before is not None:
        app, home, as_json = app or before.app, home or before.home, as_json or before.as_json
    place = resolve_home(context, home)
    at = open_consent(place, app=app, purge_contents=lambda: _erase_texts(place))
    if at.folder is None:
        damage = at.verify()
        raise ConfigError(damage.problem if damage else "", hint=damage.hint if damage else "")
    return at, app, wants_json(context, as_json)


def _erase_texts(home: Home) -> int:
    from tachograph.cli.client import find_server

    server = find_server(home)
    if server is not None:
        return int(server.post("/api/v1/privacy/contents/purge", {})["erased"])
    from tachograph.wiring.local import purge_contents_here

    return purge_contents_here(home)


def _named(names: Sequence[str], *, needed: bool = False) -> tuple[ConsentPurpose, ...]:
    from tachograph_sdk.privacy.consent import EVERY_PURPOSE, purposes_named

    if names:
        return purposes_named(names)
    if needed:
        raise ConfigError("say for which purpose", hint="one or more of: " + ", ".join(EVERY_PURPOSE))
    return EVERY_PURPOSE


def _show_status(context: click.Context, app: str | None, home: Path | None, as_json: bool) -> None:
    from tachograph_sdk.model.consent import ConsentState

    at, app, quiet = _open(context, app, home, as_json)
    found = at.status()
    if quiet:
        from tachograph_sdk.privacy.consent.legacy import legacy_file, read_legacy
        from tachograph_sdk.privacy.environment import process_environment

        place = legacy_file(process_environment())
        legacy = read_legacy(place) if place is not None and app is None else None
        older = None if legacy is None else {"purposes": list(legacy.purposes), "withdrawn": legacy.withdrawn}
        click.echo(jsonlib.dumps({**found.as_answer(), "folder": str(at.folder), "asked_by_replaced_sdk": older}))
        return
    decisions = "no decision can be read" if found.problem else counted(found.entries, "decision")
    click.echo(f"Consent in {at.folder}: {decisions}")
    _print_standings(found)
    for switch in found.switches:
        about = "everything" if len(switch.purposes) == len(found.standings) else ", ".join(sorted(switch.purposes))
        click.echo(f"{switch.name} says no to {about}: {switch.why}. To lift it: {switch.to_lift}.")
    if found.problem:
        _say(found.problem, found.hint)
    elif any(s.state in (ConsentState.UNASKED, ConsentState.OUTDATED) for s in found.standings):
        program = f" --app {app}" if app else ""
        click.echo(f"What each purpose means: `tachograph privacy consent text{program}`")
        click.echo(f"To be asked:             `tachograph privacy consent ask{program}`")


def _print_standings(found: Status) -> None:
    from tachograph_sdk.model.consent import ConsentState

    for s in found.standings:
        said = ""
        if s.decided_us is not None:
            said = f"{moment(s.decided_us)[:16]} UTC, {s.how}, text {s.agreed_version}, policy {s.agreed_policy}"
        click.echo(f"  {s.purpose:<19} {s.state:<9} {said}".rstrip())
        if s.state is ConsentState.OUTDATED:
            click.echo(f"      now it is text {s.text_version}, policy {found.policy_version}: to be asked again")
        if s.blocked_by and s.state is ConsentState.GRANTED:
            click.echo(f"      stopped by {s.blocked_by}")


def _tell(at: Consent, outcome: Outcome, quiet: bool, *, recorded: str) -> None:
    """Say what came of it; ends the command with status 1 where there is a problem."""
    if quiet:
        states = {str(s.purpose): str(s.state) for s in at.status().standings}
        click.echo(jsonlib.dumps({**outcome.as_answer(), "states": states}))
    else:
        if not outcome.problem:
            click.echo(recorded if outcome.reference else "As it was before: nothing had to be recorded.")
        for name, removed in outcome.purged.items():
            if removed:
                click.echo(f"{counted(removed, *_PURGED.get(name, (name, name)))} removed.")
        found = at.status()
        _print_standings(found)
        for switch in found.switches:
            click.echo(f"{switch.name} says no all the same; to lift it: {switch.to_lift}")
    if outcome.problem:
        _say(outcome.problem, outcome.hint)
        raise click.exceptions.Exit(1)


def _folded(text: str, *, err: bool = False) -> str:
    """The lines of a text of consent, folded on a terminal where its words end; elsewhere as they are."""
    if not (sys.stderr if err else sys.stdout).isatty():
        return text
    from tachograph_sdk.privacy.consent.asking import folded

    return folded(text)


def _say(problem: str, hint: str) -> None:
    click.echo(f"tachograph: {problem}", err=True)
    if hint:
        click.echo(f"  {hint}", err=True)
