"""Joins the file kit with the wall of this home."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tachograph.clock import SystemClock
from tachograph.file_kit.folder import DEFAULT_NAME, KitFolder
from tachograph.file_kit.labels import Labels
from tachograph.home import Home
from tachograph.wiring.parts import file_names
from tachograph.wiring.presets import PresetChoice
from tachograph.wiring.rights import finish_erasure

if TYPE_CHECKING:
    from tachograph.file_kit.parse import KitParser
    from tachograph.pipeline.pipeline import Pipeline
    from tachograph.ports import StreamState

__all__ = ["build_kit_parser", "kit_folder"]


def kit_folder(named: Path | None) -> KitFolder:
    """The folder that was named, else the usual one."""
    return KitFolder(named.expanduser().absolute() if named is not None else Path.home() / DEFAULT_NAME)


def build_kit_parser(home: Home, folder: KitFolder, labels: Labels) -> KitParser:
    """A parser whose documents hold what this home's policy lets through, under this home's pseudonyms."""
    from tachograph.file_kit.parse import KitParser
    from tachograph.inputs.agents.registry import AGENTS, make_others
    from tachograph.pipeline.build import build_pipeline
    from tachograph.pipeline.refusals import FreshRefusals
    from tachograph.pricing.fresh import FreshPrices
    from tachograph_sdk.privacy.pseudonym import load_or_create_secret

    home.create()
    finish_erasure(home)
    secret = load_or_create_secret(home.secret)
    choice = PresetChoice(home.root)
    prices = FreshPrices(home.prices)
    refusals = FreshRefusals(secret, home.objections, home.tombstones)

    def make_pipeline(streams: Mapping[str, StreamState]) -> Pipeline:
        return build_pipeline(
            secret=secret,
            prices=prices,
            agents=AGENTS,
            others=make_others(),
            streams=streams,
            policy=choice,
            refusals=refusals,
        )

    return KitParser(
        folder,
        make_pipeline=make_pipeline,
        name_file=file_names(home),
        labels=labels,
        rules=_rules(home, choice),
        collector="c_" + hmac.digest(secret, b"collector\0file kit", "sha256").hex()[:16],
        clock=SystemClock(),
    )


def _rules(home: Home, choice: PresetChoice) -> str:
    """Hash of the preset in force, its rows' version, and what was erased or objected to."""
    from tachograph_sdk.privacy.policy import POLICY_VERSION

    said = hashlib.sha256(f"{POLICY_VERSION} {choice.state().in_force.preset}".encode())
    for path in (home.tombstones, home.objections):
        with contextlib.suppress(OSError):
            said.update(b"\0" + path.read_bytes())
    return said.hexdigest()[:16]
