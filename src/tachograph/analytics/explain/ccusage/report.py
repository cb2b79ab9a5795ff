"""What ccusage would print: totals by day and model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from tachograph.analytics.explain.ccusage.dedupe import Kept, dedupe
from tachograph.analytics.explain.ccusage.files import Entry, find_roots, read_entries, transcript_files
from tachograph.analytics.explain.ccusage.rates import CcusageTable
from tachograph.analytics.explain.figures import Figure
from tachograph.analytics.zones import Zone

__all__ = ["CcusageReport", "day_of", "model_of", "read_ccusage"]

_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - UTC, without a zone as everywhere inside
SYNTHETIC = "<synthetic>"
NO_MODEL = "-"


@dataclass(slots=True, kw_only=True)
class CcusageReport:
    """Its requests, and its table: femto-dollars exact, counts as it shows them."""

    kept: list[Kept]
    files: int
    lines: int
    cells: dict[tuple[str, str], Figure] = field(default_factory=dict)  # by day and its name of the model
    unknown_models: frozenset[str] = frozenset()  # models whose price there we do not know

    @property
    def total(self) -> Figure:
        """All of it."""
        return Figure.total(self.cells.values())


def read_ccusage(environ: Mapping[str, str], home: Path, zone: Zone) -> CcusageReport:
    """Read the transcripts that are on this machine now, as ccusage does."""
    return report_of(transcript_files(find_roots(environ, home)), zone)


def report_of(files: Iterable[Path], zone: Zone) -> CcusageReport:
    """The same of these files, which must be in its order."""
    table = CcusageTable.load()
    counted = 0
    lines = 0

    def entries() -> Iterable[Entry]:
        nonlocal counted, lines
        for path in files:
            counted += 1
            for entry in read_entries(path):
                lines += 1
                yield entry

    kept = dedupe(entries(), table)
    sums: dict[tuple[str, str], list[int]] = {}
    unknown = set()
    for one in kept:
        entry = one.entry
        cell = sums.setdefault((day_of(entry, zone), model_of(entry)), [0] * 6)
        for index, value in enumerate(
            (
                int(model_of(entry) != NO_MODEL),
                entry.usage.input,
                entry.usage.output,
                entry.usage.cache_read,
                entry.usage.cache_write,
            )
        ):
            cell[index] += value
        cell[5] += one.cost_femtousd
        if entry.cost_nanousd is None and not table.knows(entry.model):
            unknown.add(str(entry.model))
    cells = {
        key: Figure(
            requests=n, input_tokens=i, output_tokens=o, cache_read_tokens=r, cache_write_tokens=w,
            cost_nanousd=(cost + 500_000) // 1_000_000,
        )
        for key, (n, i, o, r, w, cost) in sums.items()
    }  # fmt: skip
    return CcusageReport(kept=kept, files=counted, lines=lines, cells=cells, unknown_models=frozenset(unknown))


def day_of(entry: Entry, zone: Zone) -> str:
    """The calendar day in that zone, ISO 8601."""
    return zone.local_of(_EPOCH + timedelta(milliseconds=entry.at_ms)).date().isoformat()


def model_of(entry: Entry) -> str:
    """As it names the model."""
    if entry.model is None or entry.model == SYNTHETIC:
        return NO_MODEL
    return entry.model + "-fast" if entry.fast else entry.model
