"""Folds the parsed files of a collection into figures by session, one file at a time.

Memory: the largest file, some 2 kB a session, and 8 or 16 bytes a record, which tell a record that a second file repeats.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tachograph.analytics.errors.kinds import ErrorClass
from tachograph.analytics.file_kit.figures import SessionFigures
from tachograph.analytics.file_kit.parsed import BadFile, ParsedFile, Record, read_parsed
from tachograph.analytics.query import Window
from tachograph.analytics.zones import Zone

__all__ = ["Analysis", "Failure", "analyze_files"]

DETAILS = 10  # failures of each kind that are shown one by one
_QUARTER_US = 900_000_000  # no zone changes its day within a quarter of an hour


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """One failure, for the list of examples."""

    session: SessionFigures
    file: str
    record: Record
    found: ErrorClass


@dataclass(slots=True, kw_only=True)
class Analysis:
    """Everything that the report is made of."""

    window: Window
    sessions: list[SessionFigures] = field(default_factory=list)  # in the order in which they were met
    files: int = 0  # read
    event_types: Counter[str] = field(default_factory=Counter)
    errors: list[Failure] = field(default_factory=list)  # the first DETAILS
    tool_failures: list[Failure] = field(default_factory=list)  # likewise
    duplicates: int = 0  # records that another file, or the same one, told before
    outside: int = 0  # records that are not in the window
    bad_files: Counter[str] = field(default_factory=Counter)  # by reason
    bad_records: Counter[str] = field(default_factory=Counter)  # set aside here, by reason
    bad_lines: Counter[str] = field(default_factory=Counter)  # set aside when the logs were parsed, by reason


def analyze_files(paths: Iterable[Path], *, window: Window | None = None) -> Analysis:
    """Read the files and add them up by session. A file that cannot be read is counted; the rest goes on.

    Args:
        paths: as `find_parsed` gives them; where two files tell of one record, the first one's counts.
        window: which records count; those without a time only if it has no bounds. Its zone says what a day is.
    """
    window = window or Window()
    analysis = Analysis(window=window)
    folding = _Folding(analysis)
    for path in paths:
        try:
            parsed = read_parsed(path)
        except BadFile as error:
            analysis.bad_files[error.reason] += 1
            continue
        analysis.files += 1
        folding.add(parsed, path.name)
    analysis.sessions = [session for session in analysis.sessions if session.events or session.metrics]
    return analysis


class _Folding:
    """The work in hand: which session is which, and what was seen of it."""

    def __init__(self, analysis: Analysis) -> None:
        self._analysis = analysis
        self._sessions: dict[tuple[str, str], SessionFigures] = {}
        self._days = _Days(analysis.window.zone)
        self._start = _us(analysis.window.start)
        self._end = _us(analysis.window.end)

    def add(self, parsed: ParsedFile, path_name: str) -> None:
        analysis = self._analysis
        analysis.bad_records += parsed.quarantined
        analysis.bad_lines += parsed.earlier
        seen: dict[int, set[int]] = {}
        for record in parsed.records:
            session = self._session(record, parsed, path_name)
            if (known := seen.get(id(session))) is None:
                known = seen[id(session)] = set(session.seen)
            if record.identity in known or record.own in known:
                analysis.duplicates += 1
                continue
            both = {record.identity, record.own}
            known |= both
            session.seen.extend(both)
            if not self._is_inside(record.at_us):
                analysis.outside += 1
                continue
            if parsed.name not in session.files:
                session.files.append(parsed.name)
            self._count(session, record, parsed.name)

    def _session(self, record: Record, parsed: ParsedFile, path_name: str) -> SessionFigures:
        if record.session is not None:
            return self._of(("session", record.session), record.session, parsed)
        return self._of(("file", path_name), None, parsed)

    def _of(self, key: tuple[str, str], session_id: str | None, parsed: ParsedFile) -> SessionFigures:
        if (found := self._sessions.get(key)) is None:
            found = self._sessions[key] = SessionFigures(session_id=session_id, member=parsed.member)
            self._analysis.sessions.append(found)
        return found

    def _is_inside(self, at_us: int | None) -> bool:
        if self._start is None and self._end is None:
            return True
        return (
            at_us is not None
            and (self._start is None or self._start <= at_us)
            and (self._end is None or at_us < self._end)
        )

    def _count(self, session: SessionFigures, record: Record, file: str) -> None:
        found = session.add(record, self._days[record.at_us])
        if record.is_metric:
            return
        self._analysis.event_types[f"claude_code.{record.kind}"] += 1
        if found is None or record.kind == "tool_decision":
            return
        shown = self._analysis.tool_failures if record.kind == "tool_result" else self._analysis.errors
        if len(shown) < DETAILS:
            shown.append(Failure(session=session, file=file, record=record, found=found))


class _Days:
    """The local day of a time, as text; a quarter of an hour at a time, because a calendar is slow to ask."""

    def __init__(self, zone: Zone) -> None:
        self._zone = zone
        self._quarters: dict[int, str] = {}

    def __getitem__(self, at_us: int | None) -> str:
        if at_us is None:
            return ""
        quarter = at_us // _QUARTER_US
        if (day := self._quarters.get(quarter)) is None:
            if len(self._quarters) > 50_000:
                self._quarters.clear()
            try:
                moment = datetime(1970, 1, 1) + timedelta(microseconds=quarter * _QUARTER_US)  # noqa: DTZ001 - UTC
                day = self._zone.local_of(moment).date().isoformat()
            except OverflowError:
                day = ""
            self._quarters[quarter] = day
        return day


def _us(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    return (moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
