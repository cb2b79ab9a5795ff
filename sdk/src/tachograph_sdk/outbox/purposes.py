"""What a consent covers: from the purpose an attribute is kept for to the purpose a person allows. Written here only."""

from __future__ import annotations

from collections.abc import Collection

from tachograph_sdk.model.consent import ConsentPurpose
from tachograph_sdk.model.event import EventKind
from tachograph_sdk.privacy.policy import POLICY, Policy, Purpose, Treatment

__all__ = ["CONSENT_FOR", "MAY_LEAVE", "WITH_ANY", "may_leave"]

MAY_LEAVE = frozenset(
    {ConsentPurpose.USAGE_ANALYTICS, ConsentPurpose.PERFORMANCE_METRICS, ConsentPurpose.ERROR_REPORTING}
)
"""What events can be sent for. Content never leaves, whoever allowed to keep it; clear names are not stored."""

CONSENT_FOR: dict[Purpose, ConsentPurpose] = {
    Purpose.ADOPTION: ConsentPurpose.USAGE_ANALYTICS,
    Purpose.OUTCOME: ConsentPurpose.USAGE_ANALYTICS,
    Purpose.PERFORMANCE: ConsentPurpose.PERFORMANCE_METRICS,
    Purpose.COST: ConsentPurpose.PERFORMANCE_METRICS,  # the text asks for it in these words: what things cost
    Purpose.RELIABILITY: ConsentPurpose.ERROR_REPORTING,
}
"""An attribute kept for a purpose that is neither here nor in WITH_ANY never leaves."""

WITH_ANY = frozenset({Purpose.LINKING, Purpose.ENVIRONMENT, Purpose.ATTRIBUTION})
"""What goes with any of them: records cannot be read without it. Ids and pseudonyms leave under other names."""


def may_leave(
    kind: EventKind, attribute: str, purposes: Collection[ConsentPurpose], *, policy: Policy = POLICY
) -> bool:
    """Whether this attribute of an event of this kind may be sent for these purposes."""
    rule = policy.rule(kind, attribute)
    if rule is None or rule.treatment is Treatment.DROP or not purposes:
        return False
    needed = CONSENT_FOR.get(rule.purpose)
    if rule.treatment is Treatment.SCRUB:  # a text that was free once: only what says what failed, and was asked for so
        return needed is ConsentPurpose.ERROR_REPORTING and needed in purposes
    return rule.purpose in WITH_ANY or needed in purposes
