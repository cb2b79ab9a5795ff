"""The quick answer to "is there anything new in what I named?", without opening the store or any file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from pathlib import Path

from tachograph.inputs.files.kinds import is_candidate
from tachograph.inputs.files.unit import FileKind, FilesReport
from tachograph.inputs.histories.find import find_files
from tachograph.inputs.histories.state import ImportCache, report_on, stamp_of

__all__ = ["check_unchanged_files"]


def check_unchanged_files(
    paths: Iterable[Path | str],
    *,
    cache: ImportCache,
    name_file: Callable[[str], str],
    roots: Iterable[Path] = (),
) -> FilesReport | None:
    """The report of an import that has nothing to do, or None if there is something to read.

    Args:
        paths: what was named; files of any kind.
        cache: the file beside the store.
        name_file: gives a path's pseudonym.
        roots: where to look when nothing was named, for transcripts only.
    """
    start = time.perf_counter()
    remembered = cache.load_with_kinds()
    if remembered is None:
        return None
    stamps, kinds = remembered
    paths = tuple(paths)
    found = find_files(paths, otherwise=roots, wanted=is_candidate if paths else None)
    report = FilesReport()
    transcripts = []
    for file in found.files:
        file_id = name_file(file.path)
        if stamps.get(file_id) != stamp_of(file):
            return None
        try:
            kind = FileKind(kinds.get(file_id, FileKind.TRANSCRIPT))
        except ValueError:
            return None
        if kind is FileKind.TRANSCRIPT:
            transcripts.append(file)
        else:
            report.add(kind)
    found.files = transcripts
    report.transcripts = report_on(found)
    report.seconds = report.transcripts.seconds = time.perf_counter() - start
    return report
