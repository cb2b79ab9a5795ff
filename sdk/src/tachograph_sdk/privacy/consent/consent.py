"""What a person allowed: asked, recorded, looked up at every collection and every sending, and taken back at once.

Nothing here raises into the program that embeds it: what goes wrong grants nothing, and the answer says what it was.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from tachograph_sdk.errors import ConfigError, ConsentError
from tachograph_sdk.model.consent import ConsentPurpose, ConsentState, Decision, Grant, How
from tachograph_sdk.privacy.consent.asking import Answer, StandardTerminal, Terminal, ask_each
from tachograph_sdk.privacy.consent.entry import Entry, Subject
from tachograph_sdk.privacy.consent.ledger import Ledger
from tachograph_sdk.privacy.consent.outcome import Outcome, Status
from tachograph_sdk.privacy.consent.reading import ELSEWHERE, Damage, Reading
from tachograph_sdk.privacy.consent.recorder import Recorder
from tachograph_sdk.privacy.consent.switches import blocks, switches_in_force
from tachograph_sdk.privacy.consent.terms import Terms
from tachograph_sdk.privacy.environment import default_home, process_environment

__all__ = ["EVERY_PURPOSE", "Consent", "OnWithdraw"]

OnWithdraw = Callable[[frozenset[ConsentPurpose]], int]
"""Removes what waits for these purposes and lets what is under way end; returns how much it removed."""

EVERY_PURPOSE = tuple(ConsentPurpose)

_APP = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}", re.ASCII)
_NO_HOME = Damage(problem="there is no home folder, so no consent can be kept", hint=ELSEWHERE, can_be_set_aside=False)
_NO_NAME = Damage(
    problem="this is no name for a program",
    hint="use the letters a-z, digits, points, dashes and underscores, at most 64",
    can_be_set_aside=False,
)
_ALLOWED_ONCE = frozenset({ConsentState.GRANTED, ConsentState.OUTDATED})
_UNASKED = frozenset({ConsentState.UNASKED})
_REFUSED = frozenset({ConsentState.DENIED, ConsentState.WITHDRAWN})


def _now_us() -> int:
    return time.time_ns() // 1000


class Consent:
    """The consents of one home; `Consent.open()` finds it. To be shared between threads, and held across a fork."""

    def __init__(
        self,
        home: Path | None,
        *,
        app: str | None = None,
        environ: Mapping[str, str] | None = None,
        terms: Terms | None = None,
        now_us: Callable[[], int] = _now_us,
        terminal: Terminal | None = None,
    ) -> None:
        self._app = app
        self._environ = process_environment() if environ is None else environ
        self._terms = terms or Terms.in_force(app)
        self._terminal = terminal or StandardTerminal()
        self._hooks: dict[str, OnWithdraw] = {}
        self._stopped: frozenset[ConsentPurpose] = frozenset()  # withdrawn, and not yet in the ledger
        self._grants: tuple[Reading | None, dict[ConsentPurpose, Grant]] = (None, {})
        self._nowhere = _NO_HOME if home is None else _NO_NAME
        self._ledger: Ledger | None = None
        self._book: Recorder | None = None
        if home is not None and (app is None or _APP.fullmatch(app)):
            self._ledger = Ledger(home / "consent" if app is None else home / "consent" / "apps" / app)
            self._book = Recorder(home, self._ledger, self._terms, now_us)

    @classmethod
    def open(cls, home: Path | None = None, *, app: str | None = None) -> Consent:
        """The consents in this home, or in the default one; those given to `app` alone where it is named.

        What was allowed to one program is not allowed to another: each `app` has a ledger of its own.
        """
        return cls(home or default_home(process_environment()), app=app)

    @property
    def folder(self) -> Path | None:
        """Where the ledger lies; None if there is no place for one."""
        return self._ledger.folder if self._ledger else None

    @property
    def terms(self) -> Terms:
        """The texts and the policy in force."""
        return self._terms

    # Looked up

    def granted(self, purpose: ConsentPurpose) -> Grant | None:
        """The consent in force, or None. Looks at the switches and the ledger each time; never raises."""
        try:
            if purpose in self._stopped or self._ledger is None:
                return None
            if blocks(switches_in_force(self._environ), purpose) is not None:
                return None
            reading, known = self._ledger.read(), self._grants
            if known[0] is not reading:
                known = self._grants = (reading, self._terms.grants(reading.valid))
            return known[1].get(purpose)
        except Exception:  # noqa: BLE001 - the SDK's door: no program fails because it asked, and None means no
            return None

    def status(self) -> Status:
        """How every purpose stands, which switches say no, and what is wrong with the ledger."""
        reading = self._read()
        switches = switches_in_force(self._environ)
        standings = []
        for purpose in ConsentPurpose:
            switch = blocks(switches, purpose)
            by = (
                switch.name if switch else "a withdrawal that could not be recorded" if purpose in self._stopped else ""
            )
            standings.append(self._terms.standing(purpose, reading.valid, blocked_by=by))
        return Status(
            standings=tuple(standings),
            switches=switches,
            policy_version=self._terms.policy_version,
            entries=len(reading.valid),
            problem=reading.damage.problem if reading.damage else "",
            hint=reading.damage.hint if reading.damage else "",
        )

    def history(self) -> tuple[Entry, ...]:
        """Every decision, oldest first. Of a damaged ledger, those before the damage."""
        return self._read().entries

    def verify(self) -> Damage | None:
        """What is wrong with the ledger: the first bad entry and what to do about it. None if all fits."""
        return self._read().damage

    # Decided

    def ask(self, purposes: Iterable[ConsentPurpose] = EVERY_PURPOSE, *, again: bool = False) -> Outcome:
        """Ask on the terminal for what is not allowed yet, and record the answers. Without a terminal nobody is asked.

        Args:
            purposes: what to ask for, each with its own question.
            again: ask also for what was denied or withdrawn.
        """
        wanted = _ordered(purposes)
        standings = [s for s in self.status().standings if s.purpose in wanted and s.state is not ConsentState.GRANTED]
        missing = [s for s in standings if again or s.state not in _REFUSED]
        if not missing:
            return self._outcome(wanted)
        open_ = [s.purpose for s in missing if not s.blocked_by]
        if not open_:
            problem = f"nobody was asked: {missing[0].blocked_by} says no"
            hint = "`tachograph privacy consent status` says how to lift it"
            return self._outcome(wanted, recorded=False, problem=problem, hint=hint)
        if not self._terminal.is_there():
            problem = "nobody was asked: there is no terminal to ask on"
            hint = "run `tachograph privacy consent ask` on one"
            return self._outcome(wanted, recorded=False, problem=problem, hint=hint)
        answers = ask_each([self._terms.texts[purpose] for purpose in open_], self._terminal, app=self._app)
        given = frozenset(p for p in open_ if answers[p] is not Answer.NONE)
        told = [self._record(wanted, lambda book: book.expire(given, how=How.TERMINAL))]
        for answer, record in ((Answer.NO, self.deny), (Answer.YES, self.grant)):
            if said := [p for p in open_ if answers[p] is answer]:
                told.append(record(said, how=How.TERMINAL))
        bad = next((outcome for outcome in told if outcome.problem), None)
        if bad is not None:
            return self._outcome(wanted, recorded=False, problem=bad.problem, hint=bad.hint)
        return self._outcome(wanted, reference=told[-1].reference, recorded=len(given) == len(open_))

    def grant(
        self, purposes: Iterable[ConsentPurpose], *, how: How, who: str | None = None, shown: str | None = None
    ) -> Outcome:
        """Record that the person allowed this.

        Args:
            purposes: what they allowed.
            how: which way they said so.
            who: a name for the person, kept as a pseudonym; who runs this process, if left out.
            shown: what they read in place of our texts, if a program showed its own; its hash is kept.
        """
        wanted = _ordered(purposes)
        outcome = self._record(wanted, lambda book: book.grant(wanted, how=how, who=who, shown=shown))
        if outcome.problem:
            return outcome
        self._stopped -= frozenset(wanted)
        return self._outcome(wanted, reference=outcome.reference)

    def deny(self, purposes: Iterable[ConsentPurpose], *, how: How, who: str | None = None) -> Outcome:
        """Record that the person says no. What they had allowed is withdrawn by it, with all that follows from that."""
        return self._refuse(_ordered(purposes), how, who, all_of_them=True)

    def withdraw(
        self, purposes: Iterable[ConsentPurpose] | None = None, *, how: How, who: str | None = None
    ) -> Outcome:
        """Take back consent, for everything or for these purposes. It holds in this process at once, everywhere on return.

        What waits to be sent is removed before this returns. Where the withdrawal cannot be written, the whole ledger is put
        out of force instead; where even that fails, this process stops, and the answer says what to do about others.
        """
        if purposes is None:
            return self._refuse(EVERY_PURPOSE, how, who, all_of_them=False)
        return self._refuse(_ordered(purposes), how, who, all_of_them=True)

    def on_withdraw(self, name: str, hook: OnWithdraw) -> None:
        """Call `hook` in every withdrawal, before it returns. `name` says in the answer whose queue it purges."""
        self._hooks[name] = hook

    def forget(self) -> Outcome:
        """Withdraw everything and remove the ledger itself: nothing is granted after it, and everything unasked."""
        outcome = self.withdraw(how=How.CODE)
        try:
            if self._ledger is not None:
                self._ledger.delete()
        except ConsentError as error:
            return self._outcome(EVERY_PURPOSE, recorded=False, problem=error.message, hint=error.hint)
        self._stopped = frozenset()
        return self._outcome(EVERY_PURPOSE, purged=outcome.purged, unpurged=outcome.unpurged)

    def take_over(self, decision: Decision, subjects: Sequence[Subject], *, at_us: int | None = None) -> Outcome:
        """Record what another system asked, for purposes that nothing is recorded of yet. A grant is never taken over.

        Args:
            decision: what is left of it here: EXPIRE or WITHDRAW.
            subjects: the purposes, and the version of the text that was shown for them.
            at_us: when it was decided there, UTC microseconds; now, if nobody knows.
        """
        if decision is Decision.GRANT:
            raise ConsentError("a consent to another text is none to ours", hint="ask the person")
        purposes = tuple(ConsentPurpose(s.purpose) for s in subjects)
        return self._record(purposes, lambda book: book.take_over(decision, subjects, at_us=at_us))

    # How it is done

    def _refuse(self, wanted: tuple[ConsentPurpose, ...], how: How, who: str | None, *, all_of_them: bool) -> Outcome:
        self._stopped |= frozenset(wanted)
        outcome = self._record(
            wanted, lambda book: book.refuse(Decision.WITHDRAW, wanted, _ALLOWED_ONCE, how=how, who=who)
        )
        if all_of_them and not outcome.problem:
            denied = self._record(wanted, lambda book: book.refuse(Decision.DENY, wanted, _UNASKED, how=how, who=who))
            outcome = denied if denied.reference or denied.problem else outcome
        problem, hint, holds = outcome.problem, outcome.hint, True
        if problem or self.verify() is not None:
            problem, hint, holds = self._put_out_of_force(problem, hint)
        if holds:
            self._stopped -= frozenset(wanted)  # the ledger says it now, or says nothing any more
        purged, unpurged = self._purge(frozenset(wanted))  # last: nothing is put in after it
        if unpurged and not problem:
            problem = "it holds, but what waits could not be removed everywhere: " + ", ".join(unpurged)
            hint = "it is not sent any more; `tachograph outbox purge` removes it"
        return self._outcome(
            wanted,
            recorded=outcome.recorded,
            reference=outcome.reference,
            problem=problem,
            hint=hint,
            purged=purged,
            unpurged=unpurged,
        )

    def _put_out_of_force(self, problem: str, hint: str) -> tuple[str, str, bool]:
        """A no that cannot be written must hold all the same; returns what is to be told, and whether it holds elsewhere."""
        if self._ledger is None:
            return "", "", True  # nothing is ever granted here
        if self._ledger.set_aside():
            told = f"{problem}; so that it holds, every consent here was put out of force" if problem else ""
            return told, hint, True
        damage = self.verify()
        problem = problem or (damage.problem if damage else "")
        hint = hint or (damage.hint if damage else "")
        return (
            problem,
            f"this process collects and sends nothing more; for others set DO_NOT_TRACK=1, then: {hint}",
            False,
        )

    def _record(self, wanted: Sequence[ConsentPurpose], write: Callable[[Recorder], Entry | None]) -> Outcome:
        if self._book is None:
            nowhere = self._nowhere
            return self._outcome(wanted, recorded=False, problem=nowhere.problem, hint=nowhere.hint)
        try:
            entry = write(self._book)
        except (ConsentError, ConfigError) as error:
            return self._outcome(wanted, recorded=False, problem=error.message, hint=error.hint)
        return self._outcome(wanted, reference=entry.reference if entry else None)

    def _outcome(
        self,
        wanted: Iterable[ConsentPurpose],
        *,
        recorded: bool = True,
        reference: str | None = None,
        problem: str = "",
        hint: str = "",
        purged: Mapping[str, int] | None = None,
        unpurged: tuple[str, ...] = (),
    ) -> Outcome:
        return Outcome(
            granted=frozenset(purpose for purpose in wanted if self.granted(purpose) is not None),
            recorded=recorded,
            reference=reference,
            problem=problem,
            hint=hint,
            purged=purged or {},
            unpurged=unpurged,
        )

    def _purge(self, purposes: frozenset[ConsentPurpose]) -> tuple[dict[str, int], tuple[str, ...]]:
        purged, failed = {}, []
        for name, hook in self._hooks.items():
            try:
                purged[name] = hook(purposes)
            except Exception as error:  # noqa: BLE001 - whatever a queue does, the no holds and the others are purged
                failed.append(f"{name} ({type(error).__name__})")
        return purged, tuple(failed)

    def _read(self) -> Reading:
        return self._ledger.read() if self._ledger is not None else Reading(damage=self._nowhere)


def _ordered(purposes: Iterable[ConsentPurpose]) -> tuple[ConsentPurpose, ...]:
    """Each once, in the order in which they are asked."""
    wanted = frozenset(purposes)
    return tuple(purpose for purpose in ConsentPurpose if purpose in wanted)
