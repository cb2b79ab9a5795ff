"""The parts of the core: store, pipeline with its wall, journal reader, importer."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tachograph.clock import SystemClock
from tachograph.config import Settings, user_environment
from tachograph.home import Home
from tachograph.wiring.presets import PresetChoice
from tachograph_sdk.errors import JournalError, StoreError

if TYPE_CHECKING:
    from tachograph.inputs.files.importer import FilesImporter
    from tachograph.inputs.files.unit import TakesIn
    from tachograph.inputs.histories.find import Place
    from tachograph.inputs.histories.importer import Importer
    from tachograph.inputs.histories.state import ImportCache
    from tachograph.inputs.histories.unit import RunsRecords
    from tachograph.pipeline.pipeline import Pipeline
    from tachograph.ports import Batch, Store, WriteResult
    from tachograph.server.core import Core
    from tachograph.store.duckdb import DuckDBStore

__all__ = [
    "ImportPipeline",
    "OwnPipeline",
    "build_core",
    "build_files_importer",
    "build_importer",
    "file_names",
    "finish",
    "history_places",
    "import_cache",
    "open_store",
]

log = logging.getLogger(__name__)

FINISH_S = 2.5  # what draining may take when the core is told to stop
EMPTY_SEGMENT_BYTES = 128  # a header and a seal are less


@dataclass(frozen=True, slots=True)
class ImportPipeline:
    """Makes the pipeline of an import; workers get a copy and make their own."""

    secret: Path
    prices: Path  # the owner's own, if there are any
    policy: PresetChoice
    objections: Path
    tombstones: Path

    def __call__(self) -> Pipeline:
        """A new pipeline, with the wall and the prices."""
        from tachograph.pipeline.build import build_pipeline
        from tachograph.pipeline.refusals import FreshRefusals
        from tachograph.pricing.fresh import FreshPrices
        from tachograph_sdk.privacy.pseudonym import load_or_create_secret

        secret = load_or_create_secret(self.secret)
        return build_pipeline(
            secret=secret,
            prices=FreshPrices(self.prices),
            policy=self.policy,
            keeps_clear=self.policy.keeps_clear,
            refusals=FreshRefusals(secret, self.objections, self.tombstones),
        )


class OwnPipeline:
    """The way into the store where no core runs: a pipeline that understands telemetry, made when it is first needed."""

    def __init__(self, home: Home, store: Store) -> None:
        self._home = home
        self._store = store
        self._pipeline: Pipeline | None = None

    def __call__(self, run: Callable[[RunsRecords], Batch]) -> WriteResult:
        """Run and write. Raises StoreError."""
        if self._pipeline is None:
            self._pipeline = _telemetry_pipeline(self._home, self._store)
        return self._store.write(run(self._pipeline))


def _telemetry_pipeline(home: Home, store: Store) -> Pipeline:
    from tachograph.inputs.agents.registry import AGENTS, make_others
    from tachograph.pipeline.build import build_pipeline
    from tachograph.pipeline.refusals import FreshRefusals
    from tachograph.pricing.fresh import FreshPrices
    from tachograph.wiring.decoding import FrameDecoder
    from tachograph_sdk.privacy.pseudonym import load_or_create_secret

    choice = PresetChoice(home.root)
    secret = load_or_create_secret(home.secret)
    return build_pipeline(
        secret=secret,
        prices=FreshPrices(home.prices),
        decoder=FrameDecoder(),
        agents=AGENTS,
        others=make_others(),
        streams=store.streams(),
        policy=choice,
        keeps_clear=choice.keeps_clear,
        refusals=FreshRefusals(secret, home.objections, home.tombstones),
    )


def open_store(home: Home, settings: Settings) -> DuckDBStore:
    """The store of this home. Raises StoreBusy, StoreError, ConfigError."""
    from tachograph.pricing.fresh import FreshPrices
    from tachograph.store.corrections import FreshCorrections
    from tachograph.store.duckdb import DuckDBStore

    return DuckDBStore(
        home.store,
        settings.store,
        prices=FreshPrices(home.prices),
        retention=settings.retention,
        corrections=FreshCorrections(home.corrections),
    )


def _purge_identities(store: Store) -> None:
    try:
        store.purge_identities()
    except (
        StoreError
    ) as error:  # no room for a copy of the store: answers show no names all the same, and others can be given
        log.warning("clear names are not deleted yet: %s; %s", error.message, error.hint)


def build_core(home: Home, settings: Settings) -> Core:
    """Open the store and put the drain before it. Raises StoreBusy, StoreError."""
    from tachograph.journal.reader import JournalReader
    from tachograph.server.core import Core
    from tachograph.store.columns import pack

    store = open_store(home, settings)
    clock = SystemClock()
    try:
        if not PresetChoice(home.root).keeps_clear():
            _purge_identities(store)  # of a time when they were to be shown
        pipeline = _telemetry_pipeline(home, store)
        journal = JournalReader(home.journal, store.position(), config=settings.journal, clock=clock)
        return Core(journal=journal, pipeline=pipeline, store=store, clock=clock, pack=pack)
    except BaseException:
        store.close()
        raise


def build_importer(home: Home, settings: Settings, store: Store) -> Importer:
    """The importer of local histories into this store."""
    from tachograph.inputs.histories.importer import Importer
    from tachograph.store.columns import pack

    return Importer(
        store,
        ImportPipeline(home.secret, home.prices, PresetChoice(home.root), home.objections, home.tombstones),
        settings.imports,
        SystemClock(),
        name_file=file_names(home),
        places=history_places(),
        cache=import_cache(home),
        pack=pack,
    )


def build_files_importer(home: Home, histories: Importer, store: Store, take_in: TakesIn) -> FilesImporter:
    """The importer of what a person names, of any kind."""
    from tachograph.inputs.files.importer import FilesImporter

    return FilesImporter(histories, store, take_in, name_file=file_names(home))


def import_cache(home: Home) -> ImportCache:
    """What the quick check for nothing new remembers."""
    from tachograph.inputs.histories.state import ImportCache

    return ImportCache(home.imports_cache, home.store)


def file_names(home: Home) -> Callable[[str], str]:
    """What gives a path its pseudonym."""
    from tachograph_sdk.privacy.pseudonym import Pseudonymizer, load_or_create_secret

    return Pseudonymizer(load_or_create_secret(home.secret)).file


def history_places() -> list[Place]:
    """Where agents keep their local histories."""
    from tachograph.inputs.agents.histories import HISTORIES
    from tachograph.inputs.histories.find import Place

    environment, user_home = user_environment(), Path.home()
    return [Place(history, root) for history in HISTORIES for root in history.roots(environment, user_home)]


def finish(core: Core, home: Home, settings: Settings) -> None:
    """Let go of the store, with nothing left in the journal if that can be done in a moment.

    The newest segment is kept while a receiver may still write to it. Where none runs, a new empty one is put after it,
    so that it can be drained to its end and deleted: raw requests do not stay on the disk for longer than needed.
    """
    from tachograph.journal.appender import Appender

    give_up_s = core.clock.monotonic_s() + FINISH_S
    try:
        core.drain_all(give_up=lambda: core.clock.monotonic_s() > give_up_s)
        if any(path.stat().st_size > EMPTY_SEGMENT_BYTES for path in home.journal.glob("*.seg")):
            with contextlib.suppress(JournalError):
                Appender(home.journal, settings.journal, core.clock).close()
            core.drain_all(give_up=lambda: core.clock.monotonic_s() > give_up_s)
    except (StoreError, JournalError) as error:
        log.warning("the journal is not drained: %s", error.message)
    finally:
        core.store.close()
