"""Does a unit of work: reads its files and passes what is in them through the wall, so that only released events leave.

Runs in the importing process or in a worker; a worker gets the recipe for its pipeline once, then units.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tachograph.inputs.agents.histories import BY_ID, mark_of
from tachograph.inputs.histories.read import read_file
from tachograph.inputs.histories.read_whole import read_whole
from tachograph.inputs.histories.report import add_counts
from tachograph.inputs.histories.unit import Done, RunsRecords, Unit
from tachograph.ports import PackEvents
from tachograph_sdk.model.event import RawEvent

__all__ = ["work"]

_EVENTS_AT_ONCE = 8192


def work(unit: Unit, pipeline: RunsRecords, deliver: Callable[[Done], None], pack: PackEvents | None = None) -> None:
    """Read the unit's files in order; `deliver` gets what came of them, some thousand events at a time.

    With `pack` the events come as columns.
    """
    done = Done(history=unit.history, stage=unit.stage)
    history = BY_ID[unit.history]

    def hand_over(*, is_last: bool = False) -> None:
        nonlocal done
        done.is_last = is_last
        if pack is not None and done.events:
            done.columns.append(pack(done.events))
            done.events = []
        deliver(done)
        done = Done(history=unit.history, stage=unit.stage)

    def take(records: list[RawEvent]) -> None:
        if records:
            batch = pipeline.run_records(records)
            done.events += batch.events
            add_counts(done.drops, batch.drops)
            done.identities.update(batch.identities)
        if len(done.events) >= _EVENTS_AT_ONCE:
            hand_over()

    def make_reader(**arguments: Any) -> Any:
        reader = history.make(received_us=unit.received_us, **arguments)
        if pipeline.keeps_content:
            reader.bring_contents()
        return reader

    for file in unit.files:
        if history.form == "whole":
            read = read_whole(file, make_reader(), take)
        else:
            read = read_file(
                file,
                make_reader=lambda path, from_start: make_reader(file_hint=path, from_start=from_start),
                take=take,
                torn_before_ns=unit.torn_before_ns,
                mark=mark_of(history.id),
                primed_by=history.primed_by,
            )
        if read.state is not None:
            done.files.append(read.state)
        done.quarantined += read.quarantined
        done.report.add(read.report)
    hand_over(is_last=True)
