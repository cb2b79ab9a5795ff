"""The quick answer to "is there anything new in what I named?", without opening the store or any file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tachograph.inputs.agents.histories import BY_ID, UNMARKED
from tachograph.inputs.files.kinds import is_candidate
from tachograph.inputs.files.unit import FileKind, FilesReport
from tachograph.inputs.histories.find import Place, find_files, find_histories, with_companions
from tachograph.inputs.histories.state import ImportCache, report_on, stamp_of

__all__ = ["check_unchanged_files"]


def check_unchanged_files(
    paths: Iterable[Path | str],
    *,
    cache: ImportCache,
    name_file: Callable[[str], str],
    places: Iterable[Place] = (),
) -> FilesReport | None:
    """The report of an import that has nothing to do, or None if there is something to read.

    Args:
        paths: what was named; files of any kind.
        cache: the file beside the store.
        name_file: gives a path's pseudonym.
        places: where to look when nothing was named, for local histories only.
    """
    start = time.perf_counter()
    remembered = cache.load_with_kinds()
    if remembered is None:
        return None
    stamps, kinds = remembered
    paths = tuple(paths)
    found = find_files(paths, wanted=is_candidate) if paths else find_histories(places)
    report = FilesReport()
    histories = []
    for file in found.files:
        file_id = name_file(file.path)
        word = file.history or kinds.get(file_id, UNMARKED)
        history = BY_ID.get(word)
        if history is not None and not file.history:
            file = with_companions(file, history)
        if stamps.get(file_id) != stamp_of(file):
            return None
        if history is not None:
            histories.append(file)
        elif word in set(FileKind):
            report.add(FileKind(word))
        else:
            return None
    found.files = histories
    report.histories = report_on(found)
    report.seconds = report.histories.seconds = time.perf_counter() - start
    return report
