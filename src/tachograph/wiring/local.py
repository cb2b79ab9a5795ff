"""What commands do themselves when no server runs on the home."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tachograph.clock import SystemClock
from tachograph.config import load, machine_zone
from tachograph.home import Home
from tachograph.wiring.explaining import explaining
from tachograph.wiring.parts import (
    OwnPipeline,
    build_core,
    build_files_importer,
    build_importer,
    file_names,
    finish,
    history_places,
    import_cache,
    open_store,
)
from tachograph.wiring.presets import PresetChoice
from tachograph.wiring.rights import finish_erasure
from tachograph.wiring.statusline import note_today, take_limits

if TYPE_CHECKING:
    from tachograph.server.core import Core

__all__ = [
    "find_local_histories",
    "import_here",
    "open_answers",
    "purge_contents_here",
    "purge_names_here",
    "reprice_here",
    "retain_here",
]


@contextmanager
def _opened_core(home: Home) -> Iterator[Core]:
    """The core of this home, its store brought up to date with what the journal still holds."""
    home.create()
    finish_erasure(home)
    settings = load(home)
    core = build_core(home, settings)
    try:
        core.drain_all()
        take_limits(home, core)
        core.drain_all()
        yield core
        note_today(home, core.store)
    finally:
        finish(core, home, settings)


@contextmanager
def open_answers(home: Home) -> Iterator[Any]:
    """The store of this home, brought up to date with what its journal still holds.

    Raises:
        StoreBusy: another process has the store.
    """
    from tachograph.server.answers import StoreAnswers
    from tachograph.server.services import QueryTimes

    with _opened_core(home) as core:
        demo, zone = home.demo_marker.exists(), machine_zone()[0]
        parts = explaining(home)
        settings = load(home)
        yield StoreAnswers(
            core.store,
            clock=SystemClock(),
            times=QueryTimes(),
            demo=demo,
            zone=zone,
            prices=parts.prices,
            privacy=PresetChoice(home.root).state,
            name=parts.name,
            monthly_budget_microusd=settings.budget.month_microusd,
            daily_budget_microusd=settings.budget.day_microusd,
        )


def import_here(
    home: Home, paths: Sequence[str], *, agent: str | None = None, progress: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Import in this process, because no server runs. If nothing is new, the store is not even opened.

    Raises:
        StoreBusy: another process has the store.
        UnknownAgent: there is no reader for this agent's files.
    """
    from tachograph.inputs.files.state import check_unchanged_files

    home.create()
    finish_erasure(home)
    if agent is None:
        places = history_places()
        cache, names = import_cache(home), file_names(home)
        unchanged = check_unchanged_files(paths, cache=cache, name_file=names, places=places)
        if unchanged is not None:
            return unchanged.as_answer(paths or dict.fromkeys(place.root for place in places))
    settings = load(home)
    store = open_store(home, settings)
    try:
        histories = build_importer(home, settings, store)
        importer = build_files_importer(home, histories, store, OwnPipeline(home, store))
        told = importer.run_strings(paths, agent, progress)
        note_today(home, store)
        return told
    finally:
        store.close()


def retain_here(home: Home, *, dry_run: bool) -> dict[str, Any]:
    """Delete by age in this process, because no server runs; or only say what would be deleted.

    Raises:
        StoreBusy: another process has the store.
        StoreError: see `Retainer.run`.
    """
    from tachograph.server.retention import Retainer

    with _opened_core(home) as core:
        return Retainer(core.store, SystemClock()).run({"dry_run": dry_run}, lambda _: None)


def reprice_here(home: Home, order: Mapping[str, Any], *, progress: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
    """Price what is stored again in this process, because no server runs.

    Raises:
        StoreBusy: another process has the store.
        ConfigError: see `Repricer.reprice`.
    """
    from tachograph.server.reprice import Repricer

    with _opened_core(home) as core:
        return Repricer(core.store, home.prices).reprice(order, progress)


def purge_contents_here(home: Home) -> int:
    """Erase the texts of the preset `content` in this process, because no server runs; how many there were.

    Raises:
        StoreBusy: another process has the store.
        StoreError: they could not be erased.
    """
    if not home.store.exists():
        return 0
    with _opened_core(home) as core:
        return core.store.purge_contents()


def purge_names_here(home: Home) -> None:
    """Erase the clear names of `identity = "clear"` in this process, because no server runs.

    Raises:
        StoreBusy: another process has the store.
        StoreError: they could not be erased.
    """
    store = open_store(home, load(home))
    try:
        store.purge_identities()
    finally:
        store.close()


def find_local_histories() -> list[tuple[str, Path, int | None]]:
    """By agent, where its histories are looked for, and how many files there are; None where there is no such place."""
    from tachograph.inputs.histories.find import Place, find_histories

    places: dict[tuple[str, Path], list[Place]] = {}
    for place in history_places():
        places.setdefault((place.history.agent, place.root), []).append(place)
    return [
        (agent, root, len(find_histories(together).files) if os.path.exists(root) else None)
        for (agent, root), together in sorted(places.items())
    ]
