"""The rights of the people in the data, asked in strings, answered in JSON values."""

from __future__ import annotations

import dataclasses
import re
import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tachograph.analytics.zones import UTC_ZONE, Zone
from tachograph.home import Home
from tachograph.outputs.exports.register import Register
from tachograph.outputs.exports.subject import FORMS, write_export
from tachograph.pipeline.refusals import Cause, Hashes, Refusal, read_refusals, refusal_of, write_refusals
from tachograph.ports import Clock, Store
from tachograph.server.rights.erasing import Erasing, Surroundings
from tachograph.server.rights.receipts import Receipts
from tachograph.server.rights.selecting import Given, mentions, read_selection, spellings
from tachograph.store.correct import CORRECTABLE
from tachograph.store.corrections import read_corrections, write_corrections
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.subject import Correction, Footprint, Subject
from tachograph_sdk.privacy.policy import POLICY, Purpose

__all__ = ["PURPOSES", "Rights"]

Progress = Callable[[dict[str, Any]], None]

PURPOSES = tuple(
    purpose.value
    for purpose in Purpose
    if purpose not in (Purpose.NONE, Purpose.LINKING, Purpose.ATTRIBUTION, Purpose.ENVIRONMENT)
)
"""What somebody can object to on its own; without the rest a record cannot be told from others."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:/@+-]{0,127}")
_KINDS = {"user": "user", "organization": "organization", "repository": "repository", "project": "project"}


class Rights:
    """Access, correction, objection and erasure on one home."""

    def __init__(
        self,
        home: Home,
        store: Store,
        clock: Clock,
        secret: bytes,
        name: Callable[[str, str], str],
        around: Surroundings,
        *,
        policy_version: int,
        consents: Callable[[], Sequence[Mapping[str, Any]]] = tuple,
        zone: Zone = UTC_ZONE,
    ) -> None:
        """Of this home.

        Args:
            home, store, clock, secret: of this installation.
            name: gives the pseudonym for a text of a kind.
            around: what erasing needs.
            policy_version: for receipts and exports.
            consents: what was allowed on this installation.
            zone: of times where an order names none.
        """
        self._home = home
        self._store = store
        self._clock = clock
        self._name = name
        self._around = around
        self._policy_version = policy_version
        self._consents = consents
        self._zone = zone
        self._register = Register(home.exports)
        self._receipts = Receipts(home.receipts, secret)
        self._hashes = Hashes(secret, Cause.OBJECTION)
        self._changing = threading.Lock()
        self._erasing = Erasing(home, store, clock, secret, around, policy_version=policy_version)

    # --- access ----------------------------------------------------------------------------------------------------

    def show(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """What is held about a selection. Raises ConfigError, BadWindow, StoreError."""
        return self._show(self._read(order))

    def export(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Write all of it to files; order has besides: to (absolute path), form.

        Raises:
            ConfigError: nothing says whose, or the files cannot be written.
        """
        given = self._read(order)
        form, to = str(order.get("form") or "json"), Path(str(order.get("to") or ""))
        if form not in FORMS:
            raise ConfigError(f"there is no form {form!r}", hint="forms are: " + ", ".join(FORMS))
        if not to.is_absolute():
            raise ConfigError("an export needs a place with its whole path", hint="--to FOLDER or --to FILE.zip")
        export_id, at_us = secrets.token_hex(8), self._clock.now_us()
        with self._around.quiet():  # an erasure deletes what is noted: nothing may be on the way to be
            held = self._show(given)
            about = {
                "made_at": _iso(at_us),
                "policy_version": self._policy_version,
                "window": {"since": _iso(given.selection.start_us), "until": _iso(given.selection.end_us)},
                "attributes": held["attributes"],
                "consents": held["consents"],
                "objections": held["objections"],
            }
            with self._store.subject_rows(given.selection) as rows:
                written = write_export(rows, about, to, form)
            everything = given.selection.everything
            self._register.add(export_id, at_us, form, written, everything=everything)
        return {
            "export_id": export_id,
            "to": str(written.path),
            "form": form,
            "rows": dict(written.rows),
            "files": dict(written.files),
        }

    # --- correction ------------------------------------------------------------------------------------------------

    def rectify(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Put a right value in the place of wrong ones; order has besides: attribute, value, before (optional).

        Raises:
            ConfigError: the attribute cannot be corrected, or the value is none that can be stored.
        """
        given = self._read(order)
        attribute = str(order.get("attribute") or "")
        if attribute not in CORRECTABLE:
            raise ConfigError(f"{attribute!r} cannot be corrected", hint="what can: " + ", ".join(CORRECTABLE))
        value = self._stored(attribute, str(order.get("value") or ""))
        before = None if order.get("before") is None else self._stored(attribute, str(order["before"]))
        correction_id, at_us = secrets.token_hex(8), self._clock.now_us()

        def remember(footprint: Footprint) -> None:
            made = Correction(
                correction_id=correction_id,
                selection=given.selection,
                footprint=footprint,
                attribute=attribute,
                value=value,
                before=before,
            )
            write_corrections(self._home.corrections, [*read_corrections(self._home.corrections), made])

        with self._changing, self._around.quiet():
            try:
                changed = self._store.correct(
                    given.selection, correction_id, attribute, value, before, remember=remember
                )
            except BaseException:
                self._forget_correction(correction_id)
                raise
        told = {"id": correction_id, "at": _iso(at_us), "attribute": attribute, "events": changed}
        receipt = self._receipts.add("correction", {**told, "policy_version": self._policy_version})
        return {**told, "receipt": receipt.name}

    def corrections(self) -> list[dict[str, Any]]:
        """Those in force. Raises ConfigError."""
        return [
            {
                "id": one.correction_id,
                "attribute": one.attribute,
                "value": one.value,
                "before": one.before,
                "selection": _told(one.selection),
            }
            for one in read_corrections(self._home.corrections)
        ]

    def undo(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Withdraw the correction with this `id`. Raises ConfigError."""
        with self._changing, self._around.quiet():
            correction_id = _only([one["id"] for one in self.corrections()], order, "correction")
            self._forget_correction(correction_id)  # first: nothing that comes in meanwhile must be corrected
            changed = self._store.withdraw_correction(correction_id)
        told = {"id": f"{correction_id}-undone", "at": _iso(self._clock.now_us()), "events": changed}
        receipt = self._receipts.add("correction-undone", told)
        return {**told, "id": correction_id, "receipt": receipt.name}

    # --- objection -------------------------------------------------------------------------------------------------

    def object(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """From now on keep nothing more of a selection; order has besides: purposes (optional).

        Raises:
            ConfigError: nothing says whose, or there is no such purpose.
        """
        given = self._read(order)
        purposes = list(order.get("purposes") or ())
        if unknown := [purpose for purpose in purposes if purpose not in PURPOSES]:
            raise ConfigError(f"there is no purpose {unknown[0]!r}", hint="purposes are: " + ", ".join(PURPOSES))
        footprint = self._store.subject(given.selection).footprint
        made = refusal_of(
            self._hashes,
            Cause.OBJECTION,
            secrets.token_hex(8),
            given.selection,
            dataclasses.replace(footprint, events=()),  # what is there stays; what comes is new
            made_us=self._clock.now_us(),
            end_us=given.selection.end_us,
            purposes=purposes,
        )
        with self._changing:
            known = read_refusals(self._home.objections, Cause.OBJECTION)
            write_refusals(self._home.objections, [*known, made])
        return _as_objection(made)

    def objections(self) -> list[dict[str, Any]]:
        """Those in force; whose, nobody can read from them. Raises ConfigError."""
        return [_as_objection(one) for one in read_refusals(self._home.objections, Cause.OBJECTION)]

    def withdraw(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Withdraw the objection with this `id`. Raises ConfigError."""
        with self._changing:
            known = read_refusals(self._home.objections, Cause.OBJECTION)
            objection_id = _only([one.refusal_id for one in known], order, "objection")
            write_refusals(self._home.objections, [one for one in known if one.refusal_id != objection_id])
        return {"id": objection_id, "withdrawn": True}

    # --- erasure ---------------------------------------------------------------------------------------------------

    def erase(self, order: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
        """Erase a selection; order has besides: dry_run, list_agent_files.

        Raises:
            ConfigError: nothing says whose.
            StoreError: it could not be finished; the next start goes on.
        """
        given = self._read(order)
        files = bool(order.get("list_agent_files"))
        if not order.get("dry_run"):
            return {"dry_run": False, **self._erasing.erase(given, progress, list_files=files)}
        told = self._erasing.plan(given)
        sessions = {*given.names, *self._store.subject(given.selection).footprint.sessions}
        found = self._around.agent_files(sessions) if files else ()
        listed = [{"agent": file.agent, "path": file.path} for file in found]
        return {"dry_run": True, **told, "files": listed if files else None}

    def resume(self) -> bool:
        """Finish an erasure that was begun and not finished. False if there is none. Raises StoreError."""
        return self._home.erasure.exists() and self._erasing.resume() is not None

    def receipts(self) -> dict[str, Any]:
        """All receipts, and whether they are as they were written."""
        verdict = self._receipts.verify()
        return {"receipts": self._receipts.all(), "whole": verdict.is_whole, "wrong": list(verdict.wrong)}

    # --- inside ----------------------------------------------------------------------------------------------------

    def _read(self, order: Mapping[str, Any]) -> Given:
        return read_selection(order, self._name, now_us=self._clock.now_us(), zone=self._zone)

    def _show(self, given: Given) -> dict[str, Any]:
        subject = self._store.subject(given.selection)
        names = {*given.names, *subject.footprint.sessions}
        everything = given.selection.everything
        copies = [copy for copy in self._register.copies() if copy.concerns(names) or everything]
        return {
            "tables": dict(subject.tables),
            "first_at": _iso(subject.first_us),
            "last_at": _iso(subject.last_us),
            "agents": dict(subject.agents),
            "sources": dict(subject.sources),
            "kinds": dict(subject.kinds),
            "sessions": subject.tables["sessions"] if everything else len(subject.footprint.sessions),
            "shared_events": subject.shared,
            "sessions_beside": subject.beside,
            "attributes": _attributes(subject),
            "consents": [dict(one) for one in self._consents()],
            "objections": self._objections_about(given, subject),
            "corrections": [one for one in self.corrections() if names & _names_in(one) or everything],
            "receipts": self._receipts_about(given),
            "outbox_envelopes": self._around.count_outbox(
                mentions(given.selection, names, given.texts, subject.footprint.events)
            ),
            "exports": [{"at": _iso(c.at_us), "path": str(c.path), "form": c.form} for c in copies],
        }

    def _objections_about(self, given: Given, subject: Subject) -> list[dict[str, Any]]:
        hashes = set(_hashes_of(self._hashes, given, subject.footprint.sessions))
        return [
            _as_objection(one)
            for one in read_refusals(self._home.objections, Cause.OBJECTION)
            if one.everything or hashes & {*one.sessions, *(h for held in one.names.values() for h in held)}
        ]

    def _receipts_about(self, given: Given) -> list[dict[str, Any]]:
        hashes = set(self._erasing.hashes_of(given))
        told = []
        for receipt in self._receipts.all():
            selection = receipt.get("selection") or {}
            held = {value for values in selection.values() if isinstance(values, list) for value in values}
            if receipt.get("kind") == "erasure" and (hashes & held or selection.get("everything")):
                told.append({"number": receipt["number"], "kind": "erasure", "at": receipt["at"]})
        return told

    def _stored(self, attribute: str, text: str) -> str:
        if attribute in _KINDS:
            if not text.strip():
                raise ConfigError(f"a {attribute} cannot be empty", hint="give the right one after the =")
            return self._name(_KINDS[attribute], spellings(text)[-1] if attribute == "project" else text)
        if not _NAME.fullmatch(text):
            raise ConfigError(
                f"this cannot be the value of {attribute}", hint="a name: letters, digits and _ . : / @ + -, up to 128"
            )
        return text

    def _forget_correction(self, correction_id: str) -> None:
        known = read_corrections(self._home.corrections)
        if any(one.correction_id == correction_id for one in known):
            write_corrections(self._home.corrections, [one for one in known if one.correction_id != correction_id])


def _attributes(subject: Subject) -> dict[str, dict[str, Any]]:
    """What is kept, how many records have it, for what and how; by the policy that is in force by default."""
    rules: dict[str, Any] = {}
    for rule in POLICY.rules:
        rules.setdefault(rule.into or rule.attribute, rule)
    return {
        name: {
            "events": count,
            "purpose": rules[name].purpose.value if name in rules else "computed",
            "treatment": rules[name].treatment.value if name in rules else "computed",
        }
        for name, count in subject.attributes.items()
    }


def _as_objection(one: Refusal) -> dict[str, Any]:
    return {
        "id": one.refusal_id,
        "at": _iso(one.made_us),
        "about": sorted(one.names) or (["everything"] if one.everything else []),
        "purposes": sorted(one.purposes) or None,
        "since": _iso(one.start_us),
        "until": _iso(one.end_us),
    }


def _hashes_of(hashes: Hashes, given: Given, sessions: Sequence[str]) -> list[str]:
    one = given.selection
    kinds = (
        ("user", one.users),
        ("session", (*one.sessions, *sessions)),
        ("organization", one.organizations),
        ("repository", one.repositories),
        ("project", one.projects),
    )
    return [hashes.of(kind, name) for kind, names in kinds for name in names]


def _names_in(correction: Mapping[str, Any]) -> set[str]:
    names = {name for held in correction["selection"].values() if isinstance(held, list | tuple) for name in held}
    return {*names, correction["value"], correction["before"]}


def _told(selection: Any) -> dict[str, Any]:
    told = dataclasses.asdict(selection)
    times = {"since": _iso(told.pop("start_us")), "until": _iso(told.pop("end_us"))}
    return {name: list(v) if isinstance(v, tuple) else v for name, v in told.items() if v} | times


def _only(known: Sequence[str], order: Mapping[str, Any], what: str) -> str:
    """The one that the order's `id` begins. Raises ConfigError."""
    beginning = str(order.get("id") or "")
    found = [one for one in known if beginning and one.startswith(beginning)]
    if len(found) != 1:
        raise ConfigError(
            f"there is no {what} {beginning!r}", hint="--list names them" if known else f"there is no {what} at all"
        )
    return found[0]


def _iso(us: int | None) -> str | None:
    return None if us is None else datetime.fromtimestamp(us / 1e6, UTC).isoformat().replace("+00:00", "Z")
