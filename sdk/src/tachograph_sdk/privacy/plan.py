"""What to do with a record that has exactly these attribute names: the rules of the policy, looked up once.

That changes how fast the policy is applied, not what it says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter

from tachograph_sdk.model.event import AttributeValue, DropReason, EventKind, Scalar
from tachograph_sdk.privacy.rules import Policy, Rule, Treatment
from tachograph_sdk.privacy.treat import Treat, to_count

__all__ = ["Base", "Leftover", "Plan", "make_plan"]

_STEADY = frozenset((
    "session_id", "user_id", "organization_id", "project", "repository", "agent_version", "entrypoint", "terminal",
    "os_type", "host_arch", "provider", "query_source", "model", "effort", "speed", "service_tier", "stop_reason",
    "cost_basis", "tool_name", "decision", "decision_source",
))  # fmt: skip
"""Attributes that stay the same for many records, or have few values. (Not prompt_id: with it all else would be new.)"""


@dataclass(slots=True)
class Base:
    """What was made of the attributes that stay the same for many records."""

    kept: dict[str, Scalar]  # and an empty place for each attribute that is still to come, which is faster than growing
    session: str | None
    refused: tuple[str, ...]


@dataclass(slots=True)
class Plan:
    """What to do with a record that has exactly these attribute names."""

    steady: tuple[tuple[str, str, Treat], ...]  # (name, canonical name, treatment), treated together and remembered
    steady_of: Callable[[Mapping[str, AttributeValue]], tuple[AttributeValue, ...]]
    counts: tuple[tuple[str, str], ...]  # (name, canonical name), kept if a count
    others: tuple[tuple[str, str, Treat], ...]
    dropped: tuple[tuple[DropReason, str], ...]
    contents: tuple[tuple[str, str], ...] = ()  # (name, canonical name), texts to scrub
    bases: dict[tuple[AttributeValue, ...], Base] = field(default_factory=dict)
    used: int = 0  # records since the drops were last counted


@dataclass(slots=True)
class Leftover:
    """Names of a resource that nobody wanted: the same object for many records, counted once per record."""

    resource: Mapping[str, AttributeValue]  # held, so that its id stays its own
    dropped: tuple[tuple[DropReason, str], ...]
    used: int = 0


def make_plan(
    kind: EventKind,
    names: tuple[str, ...],
    policy: Policy,
    treat_of: Callable[[Rule], Treat],
    safe: Callable[[str], str],
) -> Plan:
    """The plan for records of this kind with these names.

    Args:
        kind, names: of the records.
        policy: what passes, and how.
        treat_of: what treats a value under a rule.
        safe: turns the name of what is dropped into one that may be counted.
    """
    steady: list[tuple[str, str, Treat]] = []
    counts: list[tuple[str, str]] = []
    others: list[tuple[str, str, Treat]] = []
    contents: list[tuple[str, str]] = []
    dropped: list[tuple[DropReason, str]] = []
    taken: set[str] = set()
    for name in names:
        rule = policy.rule(kind, name)
        canonical = (rule.into or name) if rule is not None else ""
        if rule is None:
            dropped.append((DropReason.UNKNOWN_ATTRIBUTE, safe(name)))
        elif rule.treatment is Treatment.DROP or canonical in taken:  # two into one: the first is it
            dropped.append((DropReason.NOT_RELEASED, safe(name)))
        elif rule.treatment is Treatment.SCRUB:
            taken.add(canonical)
            contents.append((name, canonical))
        else:
            taken.add(canonical)
            treat = treat_of(rule)
            if name in _STEADY:
                steady.append((name, canonical, treat))
            elif treat is to_count:
                counts.append((name, canonical))
            else:
                others.append((name, canonical, treat))
    return Plan(
        tuple(steady),
        _values_of([name for name, _, _ in steady]),
        tuple(counts),
        tuple(others),
        tuple(dropped),
        tuple(contents),
    )


def _values_of(names: list[str]) -> Callable[[Mapping[str, AttributeValue]], tuple[AttributeValue, ...]]:
    """What takes these values out of a record, as a tuple."""
    if len(names) > 1:
        return itemgetter(*names)
    return lambda attributes: tuple([attributes[name] for name in names])
