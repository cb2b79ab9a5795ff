"""Erasing: a plan that is written down first, steps that may be repeated, a search at the end, and a receipt.

The plan (erasure.json) holds what is to be erased, so it is the last thing to go. Whatever ends the process, the next start
reads it and goes on: each step finds what was done already.
"""

from __future__ import annotations

import dataclasses
import json
import secrets
import threading
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from tachograph.home import Home
from tachograph.outputs.exports.register import Register, Removal, remove_copy
from tachograph.pipeline.refusals import Cause, Hashes, read_refusals, refusal_of, write_refusals
from tachograph.ports import Clock, Store
from tachograph.server.rights.receipts import Receipts
from tachograph.server.rights.searching import MIN_CHARS, Search, search_apart
from tachograph.server.rights.selecting import Given, mentions
from tachograph.store.corrections import read_corrections, write_corrections
from tachograph_sdk.errors import StoreError
from tachograph_sdk.model.subject import Erased, Footprint, Selection
from tachograph_sdk.private_files import remove, replace_file, sweep

__all__ = ["AgentFile", "Erasing", "Surroundings"]

Progress = Callable[[dict[str, Any]], None]

_VERSION = 1
_TUPLES = ("texts", "sessions", "event_ids", "corrected_ids", "nameless_ids")
_SAMPLE = 64  # events whose ids are looked for in the bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentFile:
    """A file of an agent's own that holds sessions that were asked for."""

    agent: str
    path: str
    file_id: str  # its pseudonym


class Surroundings(Protocol):
    """What erasing needs besides the store."""

    def empty_journal(self) -> int:
        """Return when every request that was accepted before is in the store or refused, and gone from the disk.

        Requests that were set aside as damaged are deleted; how many.
        """

    def purge_outbox(self, names: Collection[str] | None) -> int:
        """Delete every envelope that mentions one of these, or every one there is; how many."""

    def count_outbox(self, names: Collection[str] | None) -> int:
        """How many it would delete."""

    def agent_files(self, sessions: Collection[str]) -> Sequence[AgentFile]:
        """Files of agents that hold one of these sessions, given by pseudonym."""

    def quiet(self) -> threading.Lock:
        """Held while nothing may be imported."""

    @property
    def forget_files(self) -> Callable[[], None]:
        """Called when files that were read are no longer known."""


@dataclass(slots=True)
class _Plan:
    """What is being erased, as it is written down."""

    erasure_id: str
    at_us: int
    selection: Selection
    texts: tuple[str, ...]
    list_files: bool = False
    sessions: tuple[str, ...] = ()  # that go altogether
    event_ids: tuple[str, ...] = ()  # some of those that go
    corrected_ids: tuple[str, ...] = ()  # all of those that go and that a correction knows by their id
    nameless_ids: tuple[str, ...] = ()  # all of those that go and are known again by their id only
    last_us: int = 0  # of all that goes
    exports: dict[str, int] = field(default_factory=dict)  # by what became of them
    missing: list[str] = field(default_factory=list)  # where exports were that are not there any more
    removing: str = ""  # the export that is being deleted
    envelopes: int = 0
    corrections: int = 0
    damaged: int = 0

    def names(self) -> tuple[str, ...]:
        """Every pseudonym that must not be found any more."""
        return tuple(dict.fromkeys((*Given(selection=self.selection, texts=()).names, *self.sessions)))


class Erasing:
    """Erases what a selection means, everywhere in a home."""

    def __init__(
        self, home: Home, store: Store, clock: Clock, secret: bytes, around: Surroundings, *, policy_version: int
    ) -> None:
        self._home = home
        self._store = store
        self._clock = clock
        self._around = around
        self._hashes = Hashes(secret, Cause.ERASURE)
        self._receipts = Receipts(home.receipts, secret)
        self._register = Register(home.exports)
        self._policy_version = policy_version
        self._one = threading.Lock()

    def plan(self, given: Given) -> dict[str, Any]:
        """What an erasure would delete. Changes nothing."""
        subject = self._store.subject(given.selection)
        names = {*given.names, *subject.footprint.sessions}
        copies = [copy for copy in self._register.copies() if _concerns(copy, names, given.selection)]
        return {
            "tables": dict(subject.tables),
            "first_at": _iso(subject.first_us),
            "last_at": _iso(subject.last_us),
            "sessions": subject.tables["sessions"] if given.selection.everything else len(subject.footprint.sessions),
            "shared_events": subject.shared,
            "sessions_beside": subject.beside,
            "exports": [str(copy.path) for copy in copies],
            "outbox_envelopes": self._around.count_outbox(
                mentions(given.selection, names, given.texts, subject.footprint.events)
            ),
            "agent_files": _by_agent(self._around.agent_files(names)),
        }

    def erase(self, given: Given, progress: Progress, *, list_files: bool = False) -> dict[str, Any]:
        """Erase and say what came of it.

        Raises:
            StoreError: it could not be finished; the next start goes on.
        """
        with self._one:
            if (unfinished := self._load()) is not None:
                self._carry_out(unfinished, progress)
            plan = _Plan(
                erasure_id=secrets.token_hex(16),
                at_us=self._clock.now_us(),
                selection=given.selection,
                texts=given.texts,
                list_files=list_files,
            )
            self._save(plan)
            return self._carry_out(plan, progress)

    def resume(self) -> dict[str, Any] | None:
        """Finish what a predecessor began. None if nothing was begun."""
        with self._one:
            plan = self._load()
            return None if plan is None else self._carry_out(plan, lambda _: None)

    def hashes_of(self, given: Given) -> list[str]:
        """How receipts name what was given."""
        hashed = self._hashed(given.selection)
        return [value for values in hashed.values() if isinstance(values, list) for value in values]

    # --- the steps -------------------------------------------------------------------------------------------------

    def _carry_out(self, plan: _Plan, progress: Progress) -> dict[str, Any]:
        def step(name: str) -> None:
            progress({"step": name})

        with self._around.quiet():
            step("refusing what would come back")
            self._remember(plan, self._store.subject(plan.selection).footprint)
            step("emptying the journal")
            plan.damaged += self._around.empty_journal()
            self._note_events(plan)
            step("looking for files of agents")
            held = self._around.agent_files(plan.names())
            step("deleting")
            erased = self._store.erase(
                plan.selection,
                plan.erasure_id,
                remember=lambda footprint: self._remember(plan, footprint),
                files=[file.file_id for file in held],
            )
            self._around.forget_files()
            self._remove_copies(plan)
            plan.envelopes += self._around.purge_outbox(
                mentions(plan.selection, plan.names(), plan.texts, plan.nameless_ids)
            )
            self._drop_corrections(plan)
            self._save(plan)
            self._remove_caches()
            step("rewriting the database")
            self._store.compact()
        step("searching every file")
        return self._conclude(plan, erased, held)

    def _remember(self, plan: _Plan, footprint: Footprint) -> None:
        """Write down what must not come back, before anything is deleted."""
        plan.sessions = tuple(dict.fromkeys((*plan.sessions, *footprint.sessions)))
        plan.nameless_ids = tuple(dict.fromkeys((*plan.nameless_ids, *footprint.events)))
        self._save(plan)
        plan.last_us = max(plan.last_us, footprint.last_us)
        known = read_refusals(self._home.tombstones, Cause.ERASURE)
        before = next((one for one in known if one.refusal_id == plan.erasure_id), None)
        made = refusal_of(
            self._hashes,
            Cause.ERASURE,
            plan.erasure_id,
            plan.selection,
            Footprint(sessions=plan.sessions, events=footprint.events, last_us=footprint.last_us),
            made_us=plan.at_us,
            end_us=plan.selection.end_us,  # if there is none: whatever comes in until the search is done
        )
        if before is not None:
            made = dataclasses.replace(made, events=made.events | before.events)
        write_refusals(self._home.tombstones, [*(one for one in known if one.refusal_id != plan.erasure_id), made])

    def _let_in_again(self, plan: _Plan) -> None:
        """From now on what is new may come in: it is not what was erased."""
        if plan.selection.end_us is not None:
            return
        end_us = max(self._clock.now_us(), plan.last_us + 1)
        known = read_refusals(self._home.tombstones, Cause.ERASURE)
        write_refusals(
            self._home.tombstones,
            [dataclasses.replace(one, end_us=end_us) if one.refusal_id == plan.erasure_id else one for one in known],
        )

    def _note_events(self, plan: _Plan) -> None:
        if plan.event_ids:
            return
        known = {event for one in read_corrections(self._home.corrections) for event in one.footprint.events}
        with self._store.subject_rows(plan.selection) as rows:
            ids: list[str] = []
            corrected: list[str] = []
            for row in rows.rows("events"):
                event_id = row[0].hex
                if len(ids) < _SAMPLE:
                    ids.append(event_id)
                elif not known:
                    break
                if event_id in known:
                    corrected.append(event_id)
        plan.event_ids, plan.corrected_ids = tuple(ids), tuple(corrected)
        self._save(plan)

    def _remove_copies(self, plan: _Plan) -> None:
        names = set(plan.names())
        for copy in self._register.copies():
            if not _concerns(copy, names, plan.selection):
                continue
            was_removing = plan.removing == copy.export_id
            plan.removing = copy.export_id
            self._save(plan)
            became = remove_copy(copy)
            if became is Removal.MISSING and was_removing:
                became = Removal.DELETED  # by us, before the process ended
            if became is not Removal.DELETED:
                plan.missing.append(f"{copy.path} ({became.value})")
            plan.exports[became.value] = plan.exports.get(became.value, 0) + 1
            self._register.forget({copy.export_id})
            plan.removing = ""
            self._save(plan)

    def _drop_corrections(self, plan: _Plan) -> None:
        """Corrections that name whom nothing is known of any more; of others, the ids of sessions and records that went."""
        names, gone = set(plan.names()), set(plan.corrected_ids)
        kept = []
        known = read_corrections(self._home.corrections)
        for one in known:
            about = Given(selection=one.selection, texts=()).names
            if names & {*about, one.value, one.before or ""} or plan.selection.everything:
                continue
            footprint = dataclasses.replace(
                one.footprint,
                sessions=tuple(name for name in one.footprint.sessions if name not in names),
                events=tuple(event for event in one.footprint.events if event not in gone),
            )
            kept.append(dataclasses.replace(one, footprint=footprint))
        if kept != list(known):
            write_corrections(self._home.corrections, kept)
            plan.corrections += len(known) - len(kept)

    def _remove_caches(self) -> None:
        for path in (self._home.imports_cache, *self._home.root.glob(".imports-*")):
            path.unlink(missing_ok=True)
        for folder in (self._home.root, self._home.receipts):
            sweep(folder)

    def _conclude(self, plan: _Plan, erased: Erased, held: Sequence[AgentFile]) -> dict[str, Any]:
        sought, sessions = _sought(plan)
        try:
            searched = search_apart(
                self._home.root,
                Search(texts=sought, pseudonyms=sessions, event_ids=plan.event_ids, skip=[self._home.erasure.name]),
            )
        except OSError as error:
            raise StoreError(str(error), hint="the next start tries again") from error
        columns = self._store.find_values([text for text in (*sought, *sessions) if len(text) >= MIN_CHARS])
        found = [list(one) for one in searched.found] + [[column, "column of the database"] for column in columns]
        self._let_in_again(plan)
        told = {
            "id": plan.erasure_id,
            "at": _iso(plan.at_us),
            "finished_at": _iso(self._clock.now_us()),
            "selection": self._hashed(plan.selection),
            "tables": dict(erased.tables),
            "moved_events": erased.moved,
            "others": {"before": dict(erased.others_before), "after": dict(erased.others_after)},
            "sessions": len(plan.sessions),
            "exports": plan.exports,
            "outbox_envelopes": plan.envelopes,
            "corrections": plan.corrections,
            "damaged_requests": plan.damaged,
            "rewritten": [self._home.store.name],
            "search": {
                "files": searched.files,
                "bytes": searched.size_bytes,
                "found": found,
                "texts": len(sought) + len(sessions),
                "too_short": sum(len(text) < MIN_CHARS for text in sought),
            },
            "agent_files": _by_agent(held),
            "policy_version": self._policy_version,
            "complete": not found,
        }
        path = self._receipts.add("erasure", told)
        self._store.forget_erasure(plan.erasure_id)
        remove(self._home.erasure)
        files = [dataclasses.asdict(file) | {"file_id": None} for file in held] if plan.list_files else None
        return {**told, "receipt": path.name, "exports_left": plan.missing, "files": files}

    def _hashed(self, selection: Selection) -> dict[str, Any]:
        kinds = {"user": "users", "session": "sessions", "organization": "organizations"}
        kinds |= {"repository": "repositories", "project": "projects"}
        names = {
            kind: [self._hashes.of(kind, name) for name in getattr(selection, part)]
            for kind, part in kinds.items()
            if getattr(selection, part)
        }
        times = {"since": _iso(selection.start_us), "until": _iso(selection.end_us)}
        return {**names, **times, "everything": selection.everything}

    # --- the plan --------------------------------------------------------------------------------------------------

    def _save(self, plan: _Plan) -> None:
        told = {"version": _VERSION, **dataclasses.asdict(plan)}
        replace_file(self._home.erasure, json.dumps(told).encode() + b"\n")

    def _load(self) -> _Plan | None:
        try:
            told = json.loads(self._home.erasure.read_bytes())
            if told.pop("version") != _VERSION:
                raise ValueError("another version")
            tuples = {name: tuple(told.get(name, ())) for name in _TUPLES}
            chosen: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in told["selection"].items()}
            return _Plan(**{**told, **tuples, "selection": Selection(**chosen)})
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise StoreError(
                f"{self._home.erasure.name} cannot be read, so an erasure that was begun cannot be finished",
                hint=f"it lies in {self._home.root}: delete it, then erase again what was to be erased",
            ) from error


def _concerns(copy: Any, names: set[str], selection: Selection) -> bool:
    return bool(copy.concerns(names)) or selection.everything or (copy.everything and not copy.holds)


def _sought(plan: _Plan) -> tuple[list[str], list[str]]:
    """What must be nowhere now: texts in every way of writing, and sessions.

    What a person typed is nowhere in any case. Pseudonyms are somewhere still if only a part of their records was meant:
    of some time, or of one person in one place.
    """
    one = plan.selection
    of_some_time = one.start_us is not None or one.end_us is not None
    kinds = [part for part in (one.users, one.sessions, one.organizations, one.repositories, one.projects) if part]
    names = list(kinds[0]) if len(kinds) == 1 and not of_some_time else []
    return list(dict.fromkeys((*plan.texts, *names))), [] if of_some_time else list(plan.sessions)


def _by_agent(files: Sequence[AgentFile]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for file in files:
        counts[file.agent] = counts.get(file.agent, 0) + 1
    return dict(sorted(counts.items()))


def _iso(us: int | None) -> str | None:
    return None if us is None else datetime.fromtimestamp(us / 1e6, UTC).isoformat().replace("+00:00", "Z")
