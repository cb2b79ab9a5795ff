"""Makes entries and writes them: who decided, when, about which texts."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.consent import ConsentPurpose, ConsentState, Decision, How
from tachograph_sdk.privacy.consent.entry import Entry, Subject
from tachograph_sdk.privacy.consent.ledger import Ledger
from tachograph_sdk.privacy.consent.terms import Terms
from tachograph_sdk.privacy.environment import operating_system_user
from tachograph_sdk.privacy.pseudonym import load_or_create_secret

__all__ = ["Recorder"]


class Recorder:
    """Writes decisions to one ledger. What it returns is the entry, or None where nothing had to be written.

    Every method may raise ConsentError or ConfigError; then nothing was written.
    """

    def __init__(self, home: Path, ledger: Ledger, terms: Terms, now_us: Callable[[], int]) -> None:
        self._home = home
        self._ledger = ledger
        self._terms = terms
        self._now_us = now_us

    def grant(
        self, purposes: Sequence[ConsentPurpose], *, how: How, who: str | None, shown: str | None
    ) -> Entry | None:
        """That the person allowed this; nothing where they had already, under the same terms."""

        def make(entries: Sequence[Entry]) -> Entry | None:
            states = self._terms.states(entries)
            if all(states[purpose] is ConsentState.GRANTED for purpose in purposes):
                return None
            subjects = self._terms.subjects(purposes)
            entry = self._entry(Decision.GRANT, subjects, how=how, who=self._person(who))
            return (
                entry
                if shown is None
                else replace(entry, shown_sha256=hashlib.sha256(shown.encode("utf-8", "surrogatepass")).hexdigest())
            )

        return self._ledger.decide(make)

    def refuse(
        self,
        decision: Decision,
        purposes: Sequence[ConsentPurpose],
        states_meant: frozenset[ConsentState],
        *,
        how: How,
        who: str | None,
    ) -> Entry | None:
        """That the person says no, about those of the purposes that are in one of these states."""

        def make(entries: Sequence[Entry]) -> Entry | None:
            states = self._terms.states(entries)
            meant = [purpose for purpose in purposes if states[purpose] in states_meant]
            subjects = self._terms.subjects(meant)
            return self._entry(decision, subjects, how=how, who=self._person_if_possible(who)) if meant else None

        return self._ledger.decide(make)

    def expire(self, purposes: Iterable[ConsentPurpose], *, how: How) -> Entry | None:
        """That a new text took the place of the one agreed to, so that the history shows it."""
        meant = frozenset(purposes)

        def make(entries: Sequence[Entry]) -> Entry | None:
            states = self._terms.states(entries)
            old: list[Subject] = []
            for purpose in ConsentPurpose:
                about = ((e, s) for e in reversed(entries) for s in e.subjects if s.purpose == purpose)
                last = next(about, None)
                outdated = purpose in meant and states[purpose] is ConsentState.OUTDATED
                if outdated and last is not None and last[0].decision is Decision.GRANT:
                    old.append(last[1])
            return self._entry(Decision.EXPIRE, old, how=how, who=self._person_if_possible(None)) if old else None

        return self._ledger.decide(make)

    def take_over(self, decision: Decision, subjects: Sequence[Subject], *, at_us: int | None) -> Entry | None:
        """What another system had recorded, for purposes that nothing is recorded of here."""

        def make(entries: Sequence[Entry]) -> Entry | None:
            states = self._terms.states(entries)
            new = [s for s in subjects if states.get(ConsentPurpose(s.purpose)) is ConsentState.UNASKED]
            if not new:
                return None
            entry = self._entry(decision, new, how=How.IMPORT, who=self._person_if_possible(None))
            return entry if at_us is None else replace(entry, at_us=at_us)

        return self._ledger.decide(make)

    def _entry(self, decision: Decision, subjects: Sequence[Subject], *, how: How, who: str | None) -> Entry:
        return Entry(
            n=0,  # the ledger knows
            at_us=self._now_us(),
            who=who,
            how=how,
            decision=decision,
            subjects=tuple(subjects),
            policy_version=self._terms.policy_version,
        )

    def _person(self, who: str | None) -> str:
        """A pseudonym of its own label: the ledger tells one person from another, and cannot be joined with any record.

        So it need not change when somebody's records are erased, and still proves what was allowed.
        """
        secret = load_or_create_secret(self._home / "secret.key")
        name = (who or operating_system_user()).strip().lower()
        return "c_" + hmac.digest(secret, b"consent\0" + name.encode("utf-8", "surrogatepass"), "sha256").hex()[:16]

    def _person_if_possible(self, who: str | None) -> str | None:
        try:
            return self._person(who)
        except (ConfigError, OSError):
            return None  # a no holds whoever says it
