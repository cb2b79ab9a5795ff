"""Builds what carries out the rights of the people in the data, beside a running core or without one."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from tachograph.clock import SystemClock
from tachograph.config import Settings, load, machine_zone
from tachograph.home import Home
from tachograph_sdk.errors import JournalError, StoreError

if TYPE_CHECKING:
    from tachograph.server.core import Core
    from tachograph.server.rights.erasing import AgentFile
    from tachograph.server.rights.rights import Rights

__all__ = ["build_rights", "consents_of", "finish_erasure", "open_rights"]

log = logging.getLogger(__name__)

EMPTY_SEGMENT_BYTES = 128  # a header and a seal are less
LOOK_S = 0.05
READINGS_S = 5.0  # a status line holds its lock for milliseconds
DRAIN_S = 60.0  # besides the age at which a segment is sealed


class _Around:
    """What erasing needs besides the store; `roll` makes the journal's newest segment one that will not grow."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        core: Core,
        quiet: threading.Lock,
        roll: Callable[[], None],
        forget_files: Callable[[], None],
    ) -> None:
        self._home = home
        self._settings = settings
        self._core = core
        self._quiet = quiet
        self._roll = roll
        self._forget_files = forget_files

    def forget_files(self) -> None:
        from tachograph.wiring.statusline import forget

        self._forget_files()
        forget(self._home)

    def quiet(self) -> threading.Lock:
        return self._quiet

    def empty_journal(self) -> int:
        self._empty_readings()
        before = {path.name for path in self._home.journal.glob("*.seg")}
        self._roll()
        give_up_s = time.monotonic() + self._settings.journal.segment_age_s + DRAIN_S
        while self._holds_requests(before) or not self._core.is_settled:
            if time.monotonic() > give_up_s:
                raise StoreError("the journal could not be emptied", hint="`tachograph doctor` says what stops it")
            time.sleep(LOOK_S)
        damaged = 0
        for path in (self._home.journal / "quarantine").glob("*"):
            with suppress(FileNotFoundError):
                path.unlink()
                damaged += 1
        return damaged

    def _empty_readings(self) -> None:
        """Take in what status lines noted: it holds sessions' own ids. They note nothing while an erasure is under way."""
        from tachograph.wiring.statusline import limit_readings

        readings, give_up_s = limit_readings(self._home, self._core), time.monotonic() + READINGS_S
        while readings.turn() or readings.is_waiting:
            if time.monotonic() > give_up_s:
                raise StoreError("what status lines noted cannot be read", hint="end the status lines, then try again")
            time.sleep(LOOK_S)

    def _holds_requests(self, names: set[str]) -> bool:
        for path in self._home.journal.glob("*.seg"):
            with suppress(FileNotFoundError):
                if path.name in names and path.stat().st_size > EMPTY_SEGMENT_BYTES:
                    return True
        return False

    def purge_outbox(self, names: Collection[str] | None) -> int:
        from tachograph.wiring.outbox import open_outbox_to_purge

        if names is not None and not names:
            return 0
        return open_outbox_to_purge(self._home).purge(mentions=names, reason="erased").envelopes

    def count_outbox(self, names: Collection[str] | None) -> int:
        from tachograph_sdk.outbox.folders import Folders

        needles = None if names is None else [name.encode("utf-8", "surrogatepass") for name in names if name]
        folders = Folders(self._home.outbox)
        found = 0
        for place in folders.places() if needles is None or needles else ():
            with suppress(OSError):
                data = folders.read_bytes(place)
                found += needles is None or any(needle in data for needle in needles)
        return found

    def agent_files(self, sessions: Collection[str]) -> Sequence[AgentFile]:
        from tachograph.inputs.histories.holding import find_holding
        from tachograph.server.rights.erasing import AgentFile
        from tachograph.wiring.parts import file_names, history_places
        from tachograph_sdk.privacy.pseudonym import Pseudonymizer, load_or_create_secret

        wanted = {name for name in sessions if name.startswith("s_")}
        if not wanted:
            return []
        name_session = Pseudonymizer(load_or_create_secret(self._home.secret)).session
        name_file = file_names(self._home)
        held = find_holding(history_places(), lambda session: bool(session) and name_session(session) in wanted)
        return [AgentFile(agent=file.agent, path=file.path, file_id=name_file(file.path)) for file in held]


def build_rights(
    home: Home,
    settings: Settings,
    core: Core,
    *,
    quiet: threading.Lock,
    roll: Callable[[], None] = lambda: None,
    forget_files: Callable[[], None] = lambda: None,
    consents: Callable[[], Sequence[Any]] = tuple,
) -> Rights:
    """The rights on the store of this core.

    Args:
        home, settings, core: whose.
        quiet: held while something is imported.
        roll: makes the newest segment of the journal one that will not grow; a receiver does that by itself in time.
        forget_files: called when files of agents that were read are no longer known.
        consents: what was allowed here.
    """
    from tachograph.analytics.zones import find_zone
    from tachograph.server.rights.rights import Rights
    from tachograph_sdk.privacy.policy import POLICY_VERSION
    from tachograph_sdk.privacy.pseudonym import Pseudonymizer, load_or_create_secret

    secret = load_or_create_secret(home.secret)
    return Rights(
        home,
        core.store,
        SystemClock(),
        secret,
        Pseudonymizer(secret).name,
        _Around(home, settings, core, quiet, roll, forget_files),
        policy_version=POLICY_VERSION,
        consents=consents,
        zone=find_zone(machine_zone()[0]),
    )


@contextmanager
def open_rights(home: Home) -> Iterator[Rights]:
    """The rights on this home, in this process, because no server runs.

    Raises:
        StoreBusy: another process has the store.
    """
    from tachograph.journal.appender import Appender
    from tachograph.wiring.parts import build_core, finish

    home.create()
    settings = load(home)
    core = build_core(home, settings)

    def roll() -> None:
        core.drain_all()
        if any(path.stat().st_size > EMPTY_SEGMENT_BYTES for path in home.journal.glob("*.seg")):
            with suppress(JournalError):  # somebody writes it: waiting says so
                Appender(home.journal, settings.journal, core.clock).close()
        core.drain_all()

    try:
        core.drain_all()
        yield build_rights(home, settings, core, quiet=threading.Lock(), roll=roll, consents=_consents(home))
    finally:
        finish(core, home, settings)


def finish_erasure(home: Home) -> None:
    """Finish an erasure that was begun before anything else looks at the store. Raises StoreBusy, StoreError."""
    if home.erasure.exists():
        with open_rights(home) as rights:
            rights.resume()


def _consents(home: Home) -> Callable[[], Sequence[Any]]:
    def told() -> Sequence[Any]:
        from tachograph.wiring.presets import open_permissions

        return consents_of(open_permissions(home))

    return told


def consents_of(consent: Any) -> Sequence[dict[str, Any]]:
    """What was allowed on this installation, as JSON values."""
    told: Sequence[dict[str, Any]] = consent.status().as_answer()["purposes"]
    return told
