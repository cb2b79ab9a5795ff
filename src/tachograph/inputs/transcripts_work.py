"""Does a unit of work: reads its files and passes what is in them through the wall, so that only released events leave.

Runs in the importing process or in a worker; a worker gets the recipe for its pipeline once, then units.
"""

from __future__ import annotations

from collections.abc import Callable

from tachograph.inputs.agents.claude_code.transcript import TranscriptReader
from tachograph.inputs.transcripts_read import read_file
from tachograph.inputs.transcripts_report import add_counts
from tachograph.inputs.transcripts_unit import Done, RunsRecords, Unit
from tachograph_sdk.model.event import RawEvent

__all__ = ["work"]

_EVENTS_AT_ONCE = 8192


def work(unit: Unit, pipeline: RunsRecords, deliver: Callable[[Done], None]) -> None:
    """Read the unit's files in order; `deliver` gets what came of them, some thousand events at a time."""
    done = Done()

    def take(records: list[RawEvent]) -> None:
        nonlocal done
        if records:
            batch = pipeline.run_records(records)
            done.events += batch.events
            add_counts(done.drops, batch.drops)
        if len(done.events) >= _EVENTS_AT_ONCE:
            deliver(done)
            done = Done()

    for file in unit.files:
        read = read_file(
            file.found,
            file.file_id,
            file.known,
            make_reader=lambda path, from_start: TranscriptReader(
                file_hint=path, received_us=unit.received_us, from_start=from_start
            ),
            take=take,
            torn_before_ns=unit.torn_before_ns,
        )
        if read.state is not None:
            done.files.append(read.state)
        done.quarantined += read.quarantined
        done.report.add(read.report)
    deliver(done)
