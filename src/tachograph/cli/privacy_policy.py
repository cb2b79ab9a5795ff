"""`tachograph privacy policy`: what is kept, and which preset says so."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.wording import counted
from tachograph.home import Home
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.privacy.rules import Preset

__all__ = ["policy"]

_NO_CONSENT = "texts are not recorded without a consent"
PRESETS = click.Choice([preset.value for preset in Preset])


@click.command("policy")
@click.argument("preset", type=PRESETS, required=False)
@click.option("--of", "shown", type=PRESETS, help="Show the rows of this preset (default: of the one in force).")
@click.option("--yes", is_flag=True, help="Record content without asking here; there must be a consent for it already.")
@click.option("--keep-texts", is_flag=True, help="Leave texts that were recorded before where they are.")
@shared_options
@click.pass_context
def policy(
    context: click.Context,
    preset: str | None,
    shown: str | None,
    yes: bool,
    keep_texts: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Show what is kept, or choose a preset: strict, standard or content.

    It holds at once, also in a running server. `content` needs a consent, and is asked for it on a terminal; choosing another
    preset erases the texts that it recorded.

    Example: tachograph privacy policy strict
    """
    if preset is not None and shown is not None:
        raise ConfigError("--of shows a preset, and an argument chooses one", hint="give only one of them")
    place = resolve_home(context, home)
    done = None if preset is None else _choose(place, Preset(preset), yes=yes, keep_texts=keep_texts)
    answer = {**_state(place), **({} if done is None else {"erased_texts": done})}
    if preset is None:
        from tachograph.server.policy_table import policy_rows

        answer["rows"] = policy_rows(Preset(shown or answer["preset"]))
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(answer))
    else:
        _print(answer)


def _choose(home: Home, preset: Preset, *, yes: bool, keep_texts: bool) -> int:
    """Write the preset to the settings; how many texts were erased."""
    from tachograph.config import privacy_of
    from tachograph.wiring.settings_file import set_option

    home.create()
    privacy_of(home)  # settings that cannot be read are not changed either
    if preset is Preset.CONTENT:
        _require_consent(home, yes=yes)
    set_option(home.config, "privacy", "preset", preset.value)
    config, origin = privacy_of(home)
    if config.preset != preset:
        click.echo(f"{origin} says {config.preset}, and goes before {home.config}", err=True)
    return 0 if preset is Preset.CONTENT or keep_texts else _erase_texts(home)


def _require_consent(home: Home, *, yes: bool) -> None:
    """Have a consent for recording content, or raise ConfigError."""
    from tachograph.wiring.presets import open_permissions
    from tachograph_sdk.model.consent import ConsentPurpose
    from tachograph_sdk.privacy.consent.asking import StandardTerminal

    consent, purpose = open_permissions(home), ConsentPurpose.CONTENT_RECORDING
    there = StandardTerminal().is_there()
    if consent.granted(purpose) is not None:
        if not yes and not there:
            raise ConfigError(
                "nobody can be asked here whether texts are recorded", hint="give --yes: a consent is there"
            )
        return
    outcome = consent.ask([purpose], again=True)
    if purpose not in outcome.granted:
        hint = f"`tachograph privacy consent grant {purpose}` records one, then give --yes; {home.config} is as before"
        if there and outcome.problem:
            hint = outcome.hint
        raise ConfigError(_NO_CONSENT + (f": {outcome.problem}" if outcome.problem else ""), hint=hint)


def _erase_texts(home: Home) -> int:
    from tachograph.cli.client import find_server

    server = find_server(home)
    if server is not None:
        return int(server.post("/api/v1/privacy/contents/purge", {})["erased"])
    from tachograph.wiring.local import purge_contents_here

    return purge_contents_here(home)


def _state(home: Home) -> dict[str, Any]:
    if not home.store.exists():
        from tachograph.wiring.presets import PresetChoice

        return PresetChoice(home.root).state().as_json(0)
    from tachograph.cli.backend import open_backend

    with open_backend(home) as backend:
        return backend.privacy()


def _print(answer: dict[str, Any]) -> None:
    from tachograph.cli.table import print_table

    rows = answer.get("rows", [])
    kept = [row for row in rows if row["treatment"] != "drop"]
    if rows:
        print_table(
            ["attribute", "treatment", "for", "why"],
            [[row["attribute"], _treatment(row), row["purpose"], row["reason"]] for row in kept],
        )
        click.echo(
            f"{len(kept)} names are kept; {len(rows) - len(kept)} are known and refused; all others are dropped."
        )
    click.echo(
        f"In force: {answer['preset']} (chosen: {answer['chosen']}, by {answer['chosen_by']}), policy version "
        f"{answer['policy_version']}."
    )
    if answer.get("erased_texts"):
        click.echo(f"{counted(answer['erased_texts'], 'text was', 'texts were')} erased.")
    for notice in answer["notices"]:
        click.echo(notice)


def _treatment(row: dict[str, Any]) -> str:
    return f"{row['treatment']} ({row['form']})" if row["form"] else str(row["treatment"])
