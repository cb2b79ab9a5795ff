"""Which files of agents hold certain sessions. They are the agents' own: nothing of ours changes or deletes them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from tachograph.inputs.agents.histories import BY_ID
from tachograph.inputs.agents.kit.history import History
from tachograph.inputs.histories.find import FoundFile, Place, find_histories
from tachograph.inputs.opening import open_file
from tachograph_sdk.model.event import RawEvent

__all__ = ["Held", "find_holding"]

_START_BYTES = 512 * 1024  # of a file of lines: whose session it is stands in each of them
_ID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|ses_[0-9A-Za-z]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One file."""

    agent: str
    path: str


def find_holding(places: Iterable[Place], is_wanted: Callable[[str], bool]) -> Iterator[Held]:
    """The histories at these places that hold a session that is wanted, by its id as the agent gives it.

    Never raises for what is on the disk. A file that cannot be read is passed over.
    """
    for file in find_histories(places).files:
        history = BY_ID.get(file.history)
        if history is not None and any(is_wanted(session) for session in _sessions(file, history)):
            yield Held(agent=history.agent, path=file.path)


def _sessions(file: FoundFile, history: History) -> Iterator[str]:
    yield from _ID.findall(os.path.basename(file.path))
    yield from _ID.findall(os.path.basename(os.path.dirname(file.path)))
    try:
        for records in _records(file, history):
            for record in records:
                session = record.attributes.get("session_id")
                if isinstance(session, str):
                    yield session
    except OSError:
        return
    except Exception:  # noqa: BLE001 - whatever a reader cannot bear is nothing that can be said of this file
        return


def _records(file: FoundFile, history: History) -> Iterator[list[RawEvent]]:
    if history.form == "whole":
        yield from history.make(received_us=0).read(file.path, 0)
        return
    descriptor, _ = open_file(file.path)
    try:
        start = os.pread(descriptor, _START_BYTES, 0)
    finally:
        os.close(descriptor)
    reader = history.make(file_hint=file.path, received_us=0, from_start=True)
    whole, _, rest = start.rpartition(b"\n")
    reader.feed((whole or rest).split(b"\n"), number=1, offset=0)
    yield reader.drain()
    yield reader.finish()
