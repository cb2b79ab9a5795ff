"""Where each purpose stands by the entries of the ledger, under the texts and the policy in force now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tachograph_sdk.model.consent import ConsentPurpose, ConsentState, Decision, Grant
from tachograph_sdk.privacy.consent.entry import Entry, Subject
from tachograph_sdk.privacy.consent.outcome import Standing
from tachograph_sdk.privacy.consent.texts import TEXTS, ConsentText
from tachograph_sdk.privacy.policy import POLICY_VERSION, Preset, digest

__all__ = ["Terms"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a consent has to be to, to count: these texts, this policy, this program."""

    texts: Mapping[ConsentPurpose, ConsentText]
    policy_version: int
    policy_digests: Mapping[ConsentPurpose, str]  # of what is kept: it tells a change that got no new version
    app: str | None = None

    @classmethod
    def in_force(cls, app: str | None = None) -> Terms:
        """Those of this version of the program."""
        digests = dict.fromkeys(ConsentPurpose, digest(Preset.STANDARD))
        digests[ConsentPurpose.CONTENT_RECORDING] = digest(Preset.CONTENT)
        return cls(TEXTS, POLICY_VERSION, digests, app)

    def subjects(self, purposes: Iterable[ConsentPurpose]) -> tuple[Subject, ...]:
        """The purposes with version and hash of the text that is shown for each."""
        texts = [self.texts[purpose] for purpose in purposes]
        return tuple(
            Subject(
                purpose=t.purpose,
                text_version=t.version,
                text_sha256=t.sha256(self.app),
                policy_digest=self.policy_digests[t.purpose],
            )
            for t in texts
        )

    def states(self, entries: Sequence[Entry]) -> dict[ConsentPurpose, ConsentState]:
        """The state of every purpose; the latest entry about it counts."""
        return {purpose: self.standing(purpose, entries).state for purpose in ConsentPurpose}

    def grants(self, entries: Sequence[Entry]) -> dict[ConsentPurpose, Grant]:
        """The consents in force."""
        found = {}
        for purpose in ConsentPurpose:
            at = self.standing(purpose, entries)
            if at.state is ConsentState.GRANTED and at.reference is not None and at.decided_us is not None:
                found[purpose] = Grant(
                    purpose=purpose, reference=at.reference, text_version=at.text_version, decided_us=at.decided_us
                )
        return found

    def standing(self, purpose: ConsentPurpose, entries: Sequence[Entry], *, blocked_by: str = "") -> Standing:
        """Where this purpose stands."""
        (now,) = self.subjects([purpose])
        for entry in reversed(entries):
            for subject in entry.subjects:
                if subject.purpose == purpose:
                    fits = subject == now and entry.policy_version == self.policy_version
                    return Standing(
                        purpose=purpose,
                        state=_state(entry.decision, fits=fits),
                        text_version=now.text_version,
                        text_sha256=now.text_sha256 or "",
                        agreed_version=subject.text_version,
                        agreed_policy=entry.policy_version,
                        decided_us=entry.at_us,
                        how=entry.how,
                        reference=entry.reference,
                        blocked_by=blocked_by,
                    )
        return Standing(
            purpose=purpose,
            state=ConsentState.UNASKED,
            text_version=now.text_version,
            text_sha256=now.text_sha256 or "",
            blocked_by=blocked_by,
        )


def _state(decision: Decision, *, fits: bool) -> ConsentState:
    """A no holds under every text; a yes only under the one that was read."""
    if decision is Decision.GRANT:
        return ConsentState.GRANTED if fits else ConsentState.OUTDATED
    return {
        Decision.DENY: ConsentState.DENIED,
        Decision.WITHDRAW: ConsentState.WITHDRAWN,
        Decision.EXPIRE: ConsentState.OUTDATED,
    }[decision]
