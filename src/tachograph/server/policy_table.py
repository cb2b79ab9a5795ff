"""The policy as rows for people: which attribute is kept, how, for what and why. The command and the page show the same."""

from __future__ import annotations

from collections import Counter
from typing import Any

from tachograph_sdk.model.attributes import ATTRIBUTES
from tachograph_sdk.privacy.policy import POLICIES, POLICY_VERSION, Preset, Treatment

__all__ = ["policy_rows", "policy_table"]


def policy_rows(preset: Preset) -> list[dict[str, Any]]:
    """A row for each attribute that this preset knows, what it drops included."""
    return [
        {
            "attribute": rule.attribute,
            "becomes": rule.into or rule.attribute,
            "kinds": sorted(rule.kinds),
            "purpose": rule.purpose.value,
            "treatment": rule.treatment.value,
            "form": rule.shape or None,
            "otherwise": rule.fallback,
            "reason": rule.reason,
        }
        for rule in POLICIES[preset].rules
    ]


def policy_table(preset: Preset) -> dict[str, Any]:
    """The rows with what each attribute means, and how many there are of each treatment."""
    rows = policy_rows(preset)
    treated = Counter(row["treatment"] for row in rows)
    return {
        "preset": preset.value,
        "policy_version": POLICY_VERSION,
        "treatments": {one.value: treated[one.value] for one in Treatment if treated[one.value]},
        "kept": sum(row["treatment"] != Treatment.DROP for row in rows),
        "rows": [{**row, "means": _meaning(row["becomes"])} for row in rows],
    }


def _meaning(attribute: str) -> str | None:
    """What an attribute says; null: the policy knows only that it is not kept."""
    known = ATTRIBUTES.get(attribute)
    return known.help if known else "pseudonym of the session" if attribute == "session_id" else None
