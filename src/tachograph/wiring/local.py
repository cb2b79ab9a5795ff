"""What commands do themselves when no server runs on the home."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tachograph.clock import SystemClock
from tachograph.config import load
from tachograph.home import Home
from tachograph.wiring.parts import (
    OwnPipeline,
    build_core,
    build_files_importer,
    build_importer,
    file_names,
    finish,
    import_cache,
    transcript_roots,
)

__all__ = ["find_transcripts", "import_here", "open_answers"]


@contextmanager
def open_answers(home: Home) -> Iterator[Any]:
    """The store of this home, brought up to date with what its journal still holds.

    Raises:
        StoreBusy: another process has the store.
    """
    from tachograph.server.answers import StoreAnswers
    from tachograph.server.services import QueryTimes

    home.create()
    settings = load(home)
    core = build_core(home, settings)
    try:
        core.drain_all()
        yield StoreAnswers(core.store, clock=SystemClock(), times=QueryTimes(), demo=home.demo_marker.exists())
    finally:
        finish(core, home, settings)


def import_here(
    home: Home, paths: Sequence[str], *, agent: str | None = None, progress: Callable[[dict[str, Any]], None]
) -> dict[str, Any]:
    """Import in this process, because no server runs. If nothing is new, the store is not even opened.

    Raises:
        StoreBusy: another process has the store.
        UnknownAgent: there is no reader for this agent's files.
    """
    from tachograph.inputs.files.state import check_unchanged_files
    from tachograph.inputs.histories.importer import SOURCE

    home.create()
    if agent in {None, SOURCE}:
        roots = transcript_roots()
        cache, names = import_cache(home), file_names(home)
        unchanged = check_unchanged_files(paths, cache=cache, name_file=names, roots=roots)
        if unchanged is not None:
            return unchanged.as_answer(paths or roots)
    from tachograph.store.duckdb import DuckDBStore

    settings = load(home)
    store = DuckDBStore(home.store, settings.store)
    try:
        transcripts = build_importer(home, settings, store)
        importer = build_files_importer(home, transcripts, store, OwnPipeline(home, store))
        return importer.run_strings(paths, agent, progress)
    finally:
        store.close()


def find_transcripts() -> list[tuple[Path, int | None]]:
    """Where transcripts are looked for, and how many there are; None where there is no such folder."""
    from tachograph.inputs.histories.find import find_files

    return [(root, len(find_files([root]).files) if root.is_dir() else None) for root in transcript_roots()]
