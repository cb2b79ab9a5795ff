"""`ConsentManager` as users of the replaced SDK metrics know it, on the one ledger that collection and sending look at."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from tachograph_sdk.client.compat.privacy_settings import PrivacySettings
from tachograph_sdk.model.consent import ConsentPurpose, ConsentState, Decision, How
from tachograph_sdk.privacy.consent import TEXTS, Consent, Outcome
from tachograph_sdk.privacy.consent.asking import Terminal
from tachograph_sdk.privacy.consent.legacy import ASKED_THERE, legacy_file, take_over_legacy
from tachograph_sdk.privacy.environment import default_home, process_environment

__all__ = ["ConsentManager"]

log = logging.getLogger(__name__)


class ConsentManager:
    """Asks for consent, and says what was decided. Never raises; what goes wrong is logged and grants nothing.

    Data types are purposes of consent (`usage_analytics`, `performance_metrics`, `error_reporting`, …). Unlike its model it
    is obeyed: nothing is collected or sent for a type that was not granted.
    """

    def __init__(
        self,
        consent_file_path: Path | None = None,
        *,
        home: Path | None = None,
        app: str | None = None,
        terminal: Terminal | None = None,
    ) -> None:
        """Look at what is recorded. An old consent file is read once, and left as it is.

        Args:
            consent_file_path: where the replaced SDK kept its file, `~/.claude-code-sdk/consent.json` by default. If it is
                named, the ledger lies in the same folder, unless `home` says otherwise.
            home: where the ledger lies, as in `Consent.open`.
            app: the program that asks, if its consents are its own.
            terminal: where to ask, for tests and programs with a screen of their own.
        """
        environ = process_environment()
        if home is None:
            home = default_home(environ) if consent_file_path is None else Path(consent_file_path).parent
        legacy = legacy_file(environ) if consent_file_path is None else Path(consent_file_path)
        self._consent = Consent(home, app=app, terminal=terminal)
        if home is not None and app is None:  # what an installation sends is sent under its own consents
            self._consent.on_withdraw("outbox", partial(_purge, home / "outbox"))
        self.consent_file_path = legacy
        self._report(take_over_legacy(self._consent, legacy))

    @property
    def consent(self) -> Consent:
        """The ledger's own interface: this is what collection and sending ask."""
        return self._consent

    def show_consent_banner(self) -> str:
        """The texts for what is asked by default, and the question."""
        return "\n".join(TEXTS[purpose].shown() for purpose in ASKED_THERE) + "\nAllow this? [y/N] "

    def request_consent(self, data_types: Iterable[str] | None = None) -> bool:
        """Ask on the terminal, one question a type, for what is not granted yet. True if all of them are granted then."""
        purposes = self._purposes(data_types)
        if purposes is None:
            return False
        outcome = self._report(self._consent.ask(purposes, again=True))
        return outcome is not None and outcome.granted == frozenset(purposes)

    def grant_consent(self, data_types: Iterable[str]) -> None:
        """Record that the person agreed, in the program's own way."""
        purposes = self._purposes(data_types)
        if purposes:
            self._report(self._consent.grant(purposes, how=How.CODE))

    def withdraw_consent(self, data_types: Iterable[str] | None = None) -> None:
        """Take back consent, for everything or for these types; what waits to be sent is removed."""
        purposes = None if data_types is None else self._purposes(data_types)
        self._report(self._consent.withdraw(purposes, how=How.CODE))

    def has_consent(self, data_type: str | None = None) -> bool:
        """Whether this type is granted now, or any at all."""
        if data_type is None:
            return any(self._consent.granted(purpose) for purpose in ConsentPurpose)
        return data_type in frozenset(ConsentPurpose) and self._consent.granted(ConsentPurpose(data_type)) is not None

    def get_privacy_settings(self) -> PrivacySettings:
        """What is in force."""
        return PrivacySettings()

    def update_privacy_settings(self, settings: PrivacySettings) -> None:
        """Accepts what is in force; anything else is refused in the log, because it would have no effect."""
        if settings != PrivacySettings():
            log.warning("privacy settings stay as they are: the policy decides what is kept, the retention how long")

    def get_consent_info(self) -> dict[str, Any]:
        """Whether and for what consent was given, and when it was given or taken back."""
        data = self._as_known()
        return {
            "consent_given": data["consent_given"],
            "consent_date": data["consent_timestamp"],
            "data_types": data["data_types_consented"],
            "privacy_settings": data["privacy_settings"],
            "withdrawal_date": data["withdrawal_timestamp"],
        }

    def export_consent_data(self) -> dict[str, Any]:
        """All that is recorded about consent, with its history."""
        states = {str(standing.purpose): str(standing.state) for standing in self._consent.status().standings}
        history = [entry.as_answer() for entry in self._consent.history()]
        return {
            "consent_data": {**self._as_known(), "states": states, "history": history},
            "export_timestamp": datetime.now(UTC).isoformat(),
            "privacy_rights": {
                "data_portability": True,
                "right_to_erasure": True,
                "right_to_rectification": True,
                "right_of_access": True,
            },
        }

    def delete_all_data(self) -> bool:
        """Withdraw everything, remove what waits to be sent, and delete the ledger and the old files. False if some is left."""
        outcome = self._report(self._consent.forget())
        done = outcome is not None and not outcome.problem and not outcome.unpurged
        if self.consent_file_path is not None:
            for path in (self.consent_file_path, self.consent_file_path.with_name("analytics.json")):
                try:
                    path.unlink(missing_ok=True)
                except OSError as error:
                    log.error("%s could not be deleted: %s", path.name, error.strerror)
                    done = False
        return done

    def _as_known(self) -> dict[str, Any]:
        standings = [s for s in self._consent.status().standings if s.allowed]
        withdrawn = [e.at_us for e in self._consent.history() if e.decision is Decision.WITHDRAW]
        outdated = any(s.state is ConsentState.OUTDATED for s in self._consent.status().standings)
        return {
            "consent_version": f"{max(TEXTS[purpose].version for purpose in ConsentPurpose)}.0",
            "consent_given": bool(standings),
            "consent_timestamp": _iso(max((s.decided_us or 0 for s in standings), default=None)),
            "data_types_consented": [str(s.purpose) for s in standings],
            "privacy_settings": PrivacySettings().to_dict(),
            "withdrawal_timestamp": None if standings else _iso(max(withdrawn, default=None)),
            "asked_under_an_older_text": outdated,
        }

    def _purposes(self, data_types: Iterable[str] | None) -> tuple[ConsentPurpose, ...] | None:
        """The purposes; None if there is a type that we do not know: nobody can have agreed to that."""
        try:
            return tuple(ConsentPurpose(name) for name in (ASKED_THERE if data_types is None else data_types))
        except ValueError:
            log.warning("there is a data type that nobody can be asked for; known are: %s", ", ".join(ConsentPurpose))
            return None

    def _report(self, outcome: Outcome | None) -> Outcome | None:
        if outcome is not None and outcome.problem:
            log.warning("consent: %s; %s", outcome.problem, outcome.hint)
        return outcome


def _purge(root: Path, purposes: frozenset[ConsentPurpose]) -> int:
    from tachograph_sdk.outbox.withdrawing import purge_withdrawn  # loaded by a withdrawal, and by nothing else

    return purge_withdrawn(root, purposes)


def _iso(at_us: int | None) -> str | None:
    return None if at_us is None else (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)).isoformat()
