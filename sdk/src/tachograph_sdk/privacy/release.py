"""The wall: the only place where a raw record becomes an event. Deny by default, fail closed.

A record's attributes are treated one by one under the policy. What it does not name is dropped and counted; what it
names and refuses is dropped and counted; a value without the right type or shape is dropped (or replaced by the rule's
fallback); an exception while treating one attribute drops that attribute. No error text, log line or counter ever
holds a value.

Records of one kind mostly have the same attribute names, so the rules for a set of names are compiled once
(`_Plan`) and remembered; that changes how fast the policy is applied, not what it says.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tachograph_sdk.model.attributes import ATTRIBUTES, AttributeType
from tachograph_sdk.model.event import AttributeValue, DropReason, Event, EventKind, RawEvent, Scalar, Source
from tachograph_sdk.privacy.policy import POLICY, Policy, Rule, Treatment
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.shapes import SHAPES, USUAL_ID, SafeNames, is_plain_name

__all__ = ["COMPUTED", "Release", "amend", "event_id"]

COMPUTED = frozenset({"cost_nanousd", "cost_basis", "price_version"})
"""What may be added to an event after the wall, because we work it out ourselves."""

MAX_COUNT = 2**63
MAX_ATTRIBUTES = 4096  # names of one record; more than that is no telemetry
_PLANS = 2048
_MEMO = 4096
_SESSION = "session_id"  # a field of the event, not one of its attributes

Treat = Callable[[AttributeValue], Scalar | None]
Drops = dict[tuple[DropReason, str], int]


def event_id(agent: str, source: Source, key: bytes) -> str:
    """The id of the record with this key: 32 hex digits, always the same for the same record."""
    digest = _id_digest(agent, source)
    digest.update(key)
    return digest.hexdigest()


def _id_digest(agent: str, source: Source) -> hashlib.blake2b:
    return hashlib.blake2b(f"{agent}\0{source.value}\0".encode(), digest_size=16)


@dataclass(slots=True)
class _Plan:
    """What to do with a record that has exactly these attribute names."""

    kept: tuple[tuple[str, str, Treat], ...]  # (raw name, canonical name, treatment)
    session: Treat | None  # what makes the session's pseudonym, if there is a session id
    dropped: tuple[tuple[DropReason, str], ...]
    outline: dict[str, Scalar]  # the canonical names, to be copied: filling it is faster than growing a new one
    used: int = 0  # records since the drops were last counted


@dataclass(slots=True)
class _Leftover:
    """Names of a resource that nobody wanted: the same object for many records, counted once per record."""

    resource: Mapping[str, AttributeValue]  # held, so that its id stays its own
    dropped: tuple[tuple[DropReason, str], ...]
    used: int = 0


class Release:
    """Applies the policy: `release(raw)` gives an Event; `take_drops()` says what was dropped meanwhile."""

    def __init__(
        self,
        pseudonyms: Pseudonymizer,
        policy: Policy = POLICY,
        *,
        scrub: Callable[[str], str] | None = None,
    ) -> None:
        self._policy = policy
        self._pseudonyms = pseudonyms
        self._scrub = scrub
        self._names = SafeNames()
        self._plans: dict[tuple[EventKind, tuple[str, ...]], _Plan] = {}
        self._treats: dict[int, Treat] = {}  # by id(rule): the policy holds the rules
        self._leftovers: dict[int, _Leftover] = {}
        self._ids: dict[tuple[str, Source], hashlib.blake2b] = {}
        self._event_names: dict[str, str] = {}
        self._drops: Drops = {}

    def __call__(self, raw: RawEvent) -> Event:
        """Let through what the policy allows.

        Raises:
            ValueError: the record has no kind or agent yet, or is too large; its text says no more than that.
        """
        kind = raw.kind
        attributes = raw.attributes
        if kind is None:
            raise ValueError("a record without a kind cannot be released")
        shape = (kind, tuple(attributes))
        plan = self._plans.get(shape)
        if plan is None:
            plan = self._compile(kind, shape[1])
        plan.used += 1
        kept = plan.outline.copy()
        session: str | None = None
        try:
            for name, canonical, treat in plan.kept:
                value = treat(attributes[name])
                if value is not None:
                    kept[canonical] = value
                else:
                    del kept[canonical]
                    if attributes[name] is not None:
                        self._refuse(name, canonical)
            if plan.session is not None:
                session = plan.session(attributes[_SESSION])  # type: ignore[assignment]
        except Exception:  # noqa: BLE001 - fail closed: whatever went wrong, only that attribute is lost, and counted
            kept, session = self._carefully(plan, attributes)
        if raw.resource:
            self._count_leftover(raw.resource, kind)
        base = self._ids.get((raw.agent, raw.source))
        if base is None:
            base = self._id_base(raw.agent, raw.source)
        digest = base.copy()
        digest.update(raw.key)
        name = raw.name
        return _event(
            digest.hexdigest(),
            kind,
            raw.agent,
            raw.source,
            self._event_names.get(name) or self._event_name(name, kind),
            raw.at_ns // 1000,
            raw.received_us,
            session,
            kept,
        )

    def take_drops(self) -> Drops:
        """What was dropped since the last call, by reason and safe name."""
        drops, self._drops = self._drops, {}
        for plan in self._plans.values():
            if plan.used:
                for key in plan.dropped:
                    drops[key] = drops.get(key, 0) + plan.used
                plan.used = 0
        for leftover in self._leftovers.values():
            if leftover.used:
                for key in leftover.dropped:
                    drops[key] = drops.get(key, 0) + leftover.used
        self._leftovers.clear()
        if len(self._plans) > _PLANS:
            self._plans.clear()
        return drops

    def __repr__(self) -> str:
        return f"Release({len(self._policy.rules)} rules)"

    def _refuse(self, name: str, canonical: str) -> None:
        """Count a value without the type or shape it must have."""
        text = canonical not in ATTRIBUTES or ATTRIBUTES[canonical].type == "text"
        self._drop(DropReason.NOT_RELEASED if text else DropReason.BAD_NUMBER, name)

    def _drop(self, reason: DropReason, name: str) -> None:
        key = (reason, self._names(name))
        self._drops[key] = self._drops.get(key, 0) + 1

    def _carefully(self, plan: _Plan, attributes: Mapping[str, AttributeValue]) -> tuple[dict[str, Scalar], str | None]:
        """The same as the loop in __call__, with each attribute on its own."""
        kept: dict[str, Scalar] = {}
        session: str | None = None
        for name, canonical, treat in plan.kept:
            try:
                value = treat(attributes[name])
            except Exception:  # noqa: BLE001 - fail closed
                value = None
            if value is not None:
                kept[canonical] = value
            elif attributes[name] is not None:
                self._refuse(name, canonical)
        if plan.session is not None:
            try:
                session = plan.session(attributes[_SESSION])  # type: ignore[assignment]
            except Exception:  # noqa: BLE001 - fail closed
                self._drop(DropReason.NOT_RELEASED, _SESSION)
        return kept, session

    def _compile(self, kind: EventKind, names: tuple[str, ...]) -> _Plan:
        if len(names) > MAX_ATTRIBUTES:
            raise ValueError("a record with too many attributes cannot be released")
        kept: list[tuple[str, str, Treat]] = []
        dropped: list[tuple[DropReason, str]] = []
        session: Treat | None = None
        for name in names:
            rule = self._policy.rule(kind, name)
            if rule is None:
                dropped.append((DropReason.UNKNOWN_ATTRIBUTE, self._names(name)))
            elif rule.treatment is Treatment.DROP:
                dropped.append((DropReason.NOT_RELEASED, self._names(name)))
            elif name == _SESSION:
                session = self._treat(rule)
            elif any(canonical == (rule.into or name) for _, canonical, _ in kept):
                dropped.append((DropReason.NOT_RELEASED, self._names(name)))  # two into one: the first is it
            else:
                kept.append((name, rule.into or name, self._treat(rule)))
        outline: dict[str, Scalar] = dict.fromkeys([canonical for _, canonical, _ in kept], "")
        plan = _Plan(tuple(kept), session, tuple(dropped), outline)
        self._plans[kind, names] = plan  # bounded in take_drops, where nothing uncounted can be lost
        return plan

    def _treat(self, rule: Rule) -> Treat:
        treat = self._treats.get(id(rule))
        if treat is None:
            treat = self._treats[id(rule)] = _make_treat(rule, self._pseudonyms, self._scrub)
        return treat

    def _count_leftover(self, resource: Mapping[str, AttributeValue], kind: EventKind) -> None:
        leftover = self._leftovers.get(id(resource))
        if leftover is None:
            leftover = _Leftover(
                resource,
                tuple(
                    (
                        DropReason.NOT_RELEASED if self._policy.rule(kind, name) else DropReason.UNKNOWN_ATTRIBUTE,
                        self._names(name),
                    )
                    for name in resource
                ),
            )
            self._leftovers[id(resource)] = leftover
        leftover.used += 1

    def _id_base(self, agent: str, source: Source) -> hashlib.blake2b:
        if not agent or not is_plain_name(agent):
            raise ValueError("a record without an agent cannot be released")
        base = self._ids[agent, source] = _id_digest(agent, source)
        return base

    def _event_name(self, name: str, kind: EventKind) -> str:
        """The record's own name if it is a plain one, else its kind."""
        safe = name if is_plain_name(name) else kind.value
        if len(self._event_names) < _MEMO:
            self._event_names[name] = safe
        return safe


# A frozen dataclass sets each field through a slow generic call; the slots' own setters make the same object in a third
# of the time. This is the place where events are made, and the only one.
_new = Event.__new__


def _setter(field: str) -> Callable[[Event, object], None]:
    set_field: Callable[[Event, object], None] = getattr(Event, field).__set__
    return set_field


_set_id = _setter("event_id")
_set_kind = _setter("kind")
_set_agent = _setter("agent")
_set_source = _setter("source")
_set_name = _setter("name")
_set_at = _setter("at_us")
_set_received = _setter("received_us")
_set_session = _setter("session_id")
_set_attributes = _setter("attributes")


def _event(
    event_id: str,
    kind: EventKind,
    agent: str,
    source: Source,
    name: str,
    at_us: int,
    received_us: int,
    session_id: str | None,
    attributes: Mapping[str, Scalar],
) -> Event:
    event = _new(Event)
    _set_id(event, event_id)
    _set_kind(event, kind)
    _set_agent(event, agent)
    _set_source(event, source)
    _set_name(event, name)
    _set_at(event, at_us)
    _set_received(event, received_us)
    _set_session(event, session_id)
    _set_attributes(event, attributes)
    return event


def amend(event: Event, **attributes: Scalar) -> Event:
    """The event with attributes that we computed ourselves: the price, its basis and version, nothing else.

    Raises:
        ValueError: an attribute that is not in COMPUTED.
    """
    if not attributes.keys() <= COMPUTED:
        raise ValueError("only computed attributes can be added after the wall")
    return _event(
        event.event_id,
        event.kind,
        event.agent,
        event.source,
        event.name,
        event.at_us,
        event.received_us,
        event.session_id,
        {**event.attributes, **attributes},
    )


# --- one value ----------------------------------------------------------------------------------------------------


class _Texts(dict[object, str | None]):
    """Texts of one shape, checked once each and remembered: `texts[value]` is the text to keep, or None."""

    __slots__ = ("_fallback", "_matches")

    def __init__(self, matches: Callable[[str], bool], fallback: str | None) -> None:
        super().__init__()
        self._matches = matches
        self._fallback = fallback

    def __missing__(self, value: object) -> str | None:
        if not isinstance(value, str) or not value:
            return None
        kept = value if self._matches(value) else self._fallback
        if len(self) >= _MEMO:
            self.clear()
        if len(value) <= 256:
            self[value] = kept
        return kept


def _make_treat(rule: Rule, pseudonyms: Pseudonymizer, scrub: Callable[[str], str] | None) -> Treat:
    """The function that treats one value under one rule; None means: drop it."""
    canonical = rule.into or rule.attribute
    if rule.treatment is Treatment.PSEUDONYM:
        return _pseudonyms_of(rule.attribute, pseudonyms).__getitem__
    if rule.treatment is Treatment.PRESENCE:
        return lambda value: None if value is None or value == "" else True
    if rule.treatment is Treatment.COUNT:
        return lambda value: len(value) if isinstance(value, list | dict) else None
    if rule.treatment is Treatment.LENGTH:
        return lambda value: len(value) if isinstance(value, str) else None
    if rule.treatment is Treatment.BUCKET:
        return _bucket
    if rule.treatment is Treatment.SCRUB:
        return _scrubbed(scrub)
    if rule.treatment is Treatment.KEEP:
        return _keep(rule, ATTRIBUTES[canonical].type, pseudonyms)
    raise ValueError(f"no way to treat {rule.attribute}: {rule.treatment}")


def _keep(rule: Rule, type_: AttributeType, pseudonyms: Pseudonymizer) -> Treat:
    if type_ == "count":
        return to_count
    if type_ == "number":
        return to_amount
    if type_ == "flag":
        return to_flag
    if rule.shape == "id":
        return _id(pseudonyms)
    return _Texts(SHAPES[rule.shape].matches, rule.fallback).__getitem__


def _id(pseudonyms: Pseudonymizer) -> Treat:
    """Random ids are different each time, so they are checked without a memo; one in an odd form becomes a pseudonym."""
    usual = USUAL_ID.fullmatch
    matches = SHAPES["id"].matches
    hashed = pseudonyms.ids

    def keep(value: AttributeValue) -> str | None:
        if not isinstance(value, str) or not value:
            return None
        return value if usual(value) or matches(value) else hashed[value]

    return keep


def _pseudonyms_of(attribute: str, pseudonyms: Pseudonymizer) -> Mapping[AttributeValue, str | None]:
    return {  # type: ignore[return-value]
        "session_id": pseudonyms.sessions,
        "user_id": pseudonyms.users,
        "organization_id": pseudonyms.organizations,
        "project": pseudonyms.projects,
        "repository": pseudonyms.repositories,
    }.get(attribute, pseudonyms.ids)


def _scrubbed(scrub: Callable[[str], str] | None) -> Treat:
    def treat(value: AttributeValue) -> str | None:
        return scrub(value) if scrub is not None and isinstance(value, str) else None

    return treat


def to_count(value: AttributeValue) -> int | None:
    """A whole number >= 0 and < 2^63, from a number or its decimal text; else None."""
    if value.__class__ is int:
        return value if 0 <= value < MAX_COUNT else None
    if isinstance(value, str):
        text = value.strip()
        if not text.isascii() or len(text) > 20:
            return None
        if text.isdigit():
            count = int(text)
            return count if count < MAX_COUNT else None
        number = to_number(text)
        return number if isinstance(number, int) and number >= 0 else None
    if isinstance(value, float) and value.is_integer() and 0 <= value < MAX_COUNT:
        return int(value)
    return None


def to_number(value: AttributeValue) -> float | int | None:
    """A finite number, from a number or its text; else None."""
    kind = value.__class__
    if kind is int:
        return value if -MAX_COUNT < value < MAX_COUNT else None  # type: ignore[operator,return-value]
    if isinstance(value, str):
        if len(value) > 32 or not value.isascii() or "_" in value:
            return None
        try:
            value = float(value)
        except ValueError:
            return None
        if value.is_integer() and abs(value) < 2**53:
            return int(value)
    if isinstance(value, float) and math.isfinite(value):
        return value
    return None


def to_amount(value: AttributeValue) -> float | int | None:
    """A finite number >= 0; a negative duration is a clock that was set back, and says nothing."""
    number = to_number(value)
    return number if number is not None and number >= 0 else None


def to_flag(value: AttributeValue) -> bool | None:
    """True or false, from a flag or the words "true" and "false"; else None."""
    if value is True or value is False:
        return value
    if isinstance(value, str):
        word = value.strip().lower()
        return True if word == "true" else False if word == "false" else None
    return None


def _bucket(value: AttributeValue) -> int | None:
    """The largest power of two that is not above the number; 0 for less than one."""
    number = to_number(value)
    if number is None or number < 0:
        return None
    return 1 << (int(number).bit_length() - 1) if number >= 1 else 0
