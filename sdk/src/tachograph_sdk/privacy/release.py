"""The wall: the only place where a raw record becomes an event. Deny by default, fail closed.

A record's attributes are treated one by one under the policy. What it does not name is dropped and counted; what it
names and refuses is dropped and counted; a value without the right type or shape is dropped (or replaced by the rule's
fallback); an exception while treating one attribute drops that attribute. No error text, log line or counter ever
holds a value. Free text passes under the preset `content` only, scrubbed, and apart from the attributes.

Records of one kind mostly have the same attribute names, so the rules for a set of names are compiled once
(`Plan`) and remembered; that changes how fast the policy is applied, not what it says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping

from tachograph_sdk.model.attributes import ATTRIBUTES
from tachograph_sdk.model.event import AttributeValue, DropReason, Event, EventKind, RawEvent, Scalar, Source
from tachograph_sdk.privacy.content import DROPPED, ContentScrubber, Scrubs
from tachograph_sdk.privacy.plan import Base, Leftover, Plan, make_plan
from tachograph_sdk.privacy.policy import POLICY, Policy, Rule
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.shapes import SafeNames, is_plain_name
from tachograph_sdk.privacy.treat import MAX_COUNT, LookAgain, Treat, make_treat, to_count

__all__ = ["COMPUTED", "Release", "amend", "event_id"]

COMPUTED = frozenset({"cost_nanousd", "cost_basis", "price_version"})
"""What may be added to an event after the wall, because we work it out ourselves."""

MAX_ATTRIBUTES = 4096  # names of one record; more than that is no telemetry
_PLANS = 2048
_MEMO = 4096
_BASES = 8192
_SESSION = "session_id"  # a field of the event, not one of its attributes
_NO_CONTENTS: Mapping[str, str] = {}  # one for all events without texts; nobody writes into it

Drops = dict[tuple[DropReason, str], int]


def event_id(agent: str, source: Source, key: bytes) -> str:
    """The id of the record with this key: 32 hex digits, always the same for the same record."""
    digest = _id_digest(agent, source)
    digest.update(key)
    return digest.hexdigest()


def _id_digest(agent: str, source: Source) -> hashlib.blake2b:
    return hashlib.blake2b(f"{agent}\0{source.value}\0".encode(), digest_size=16)


class Release:
    """Applies the policy: `release(raw)` gives an Event; `take_drops()` says what was dropped meanwhile.

    Args:
        pseudonyms: of this installation.
        policy: what passes, and how.
        scrubber: goes over texts, where the policy keeps any; the whole Scrubber by default.
    """

    def __init__(self, pseudonyms: Pseudonymizer, policy: Policy = POLICY, *, scrubber: Scrubs | None = None) -> None:
        self._policy = policy
        self._pseudonyms = pseudonyms
        self._scrub = ContentScrubber(scrubber)
        self._names = SafeNames()
        self._is_clean = LookAgain()
        self._plans: dict[tuple[EventKind, tuple[str, ...]], Plan] = {}
        self._treats: dict[int, Treat] = {}  # by id(rule): the policy holds the rules
        self._leftovers: dict[int, Leftover] = {}
        self._ids: dict[tuple[str, Source], hashlib.blake2b] = {}
        self._event_names: dict[str, str] = {}
        self._base_count = 0
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
        try:
            values = plan.steady_of(attributes)
            base = plan.bases.get(values) or self._base(plan, values)
            refused = base.refused
            kept = base.kept.copy()
            session = base.session
            for name, canonical in plan.counts:
                count = attributes[name]
                if count.__class__ is int and 0 <= count < MAX_COUNT:
                    kept[canonical] = count
                elif (number := to_count(count)) is not None:
                    kept[canonical] = number
                else:
                    del kept[canonical]
                    refused += (name,)
            for name, canonical, treat in plan.others:
                value = treat(attributes[name])
                if value is not None:
                    kept[canonical] = value
                else:
                    del kept[canonical]
                    refused += (name,)
        except Exception:  # noqa: BLE001 - fail closed: whatever went wrong, only that attribute is lost, and counted
            kept, session, refused = self._carefully(plan, attributes)
        contents = self._contents(plan, attributes) if plan.contents else _NO_CONTENTS
        for name in refused:
            if attributes[name] is not None:  # an absent value is no loss
                self._refuse(name)
        if raw.resource:
            self._count_leftover(raw.resource, kind)
        of_source = self._ids.get((raw.agent, raw.source)) or self._id_base(raw.agent, raw.source)
        digest = of_source.copy()
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
            contents,
        )

    @property
    def keeps_content(self) -> bool:
        """Whether texts pass: only then need readers bring any."""
        return self._policy.keeps_content

    @property
    def tells_unknown(self) -> bool:
        """Whether what is dropped because nobody knows it may be counted by its name."""
        return self._policy.tells_unknown

    def take_clear(self) -> dict[str, str]:
        """Clear names behind pseudonyms, by these; none unless the owner wants them kept."""
        return self._pseudonyms.take_clear()

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

    def _refuse(self, name: str) -> None:
        """Count a value without the type or shape it must have."""
        text = name not in ATTRIBUTES or ATTRIBUTES[name].type == "text"
        self._drop(DropReason.NOT_RELEASED if text else DropReason.BAD_NUMBER, name)

    def _drop(self, reason: DropReason, name: str) -> None:
        key = (reason, self._names(name))
        self._drops[key] = self._drops.get(key, 0) + 1

    def _contents(self, plan: Plan, attributes: Mapping[str, AttributeValue]) -> Mapping[str, str]:
        """The texts of a record, scrubbed; of one that cannot be scrubbed nothing but a mark is left."""
        contents: dict[str, str] = {}
        for name, canonical in plan.contents:
            if (value := attributes[name]) is None:
                continue
            text = self._scrub(value)
            if text is None:
                self._drop(DropReason.NOT_RELEASED, name)
                continue
            if text == DROPPED:
                self._drop(DropReason.SCRUBBER_ERROR, name)
            contents[canonical] = text
        return contents

    def _base(self, plan: Plan, values: tuple[AttributeValue, ...]) -> Base:
        kept: dict[str, Scalar] = {}
        session: str | None = None
        refused = []
        for (name, canonical, treat), raw in zip(plan.steady, values, strict=True):
            value = treat(raw)
            if value is None:
                refused.append(name)
            elif name == _SESSION:
                session = str(value)
            else:
                kept[canonical] = value
        for canonical in (*(c for _, c in plan.counts), *(c for _, c, _ in plan.others)):
            kept[canonical] = ""
        base = Base(kept, session, tuple(refused))
        if all(value is None or (isinstance(value, str) and len(value) <= 256) for value in values):
            self._base_count += 1
            if self._base_count > _BASES:
                self._base_count = 0
                for other in self._plans.values():
                    other.bases.clear()
            plan.bases[values] = base
        return base

    def _carefully(
        self, plan: Plan, attributes: Mapping[str, AttributeValue]
    ) -> tuple[dict[str, Scalar], str | None, tuple[str, ...]]:
        """The same as in __call__, with each attribute on its own."""
        kept: dict[str, Scalar] = {}
        session: str | None = None
        refused = []
        counts = ((name, canonical, to_count) for name, canonical in plan.counts)
        for name, canonical, treat in (*plan.steady, *counts, *plan.others):
            value: Scalar | None
            try:
                value = treat(attributes[name])
            except Exception:  # noqa: BLE001 - fail closed
                value = None
            if value is None:
                refused.append(name)
            elif name == _SESSION:
                session = str(value)
            else:
                kept[canonical] = value
        return kept, session, tuple(refused)

    def _compile(self, kind: EventKind, names: tuple[str, ...]) -> Plan:
        if len(names) > MAX_ATTRIBUTES:
            raise ValueError("a record with too many attributes cannot be released")
        plan = self._plans[kind, names] = make_plan(kind, names, self._policy, self._treat, self._names)
        return plan  # bounded in take_drops, where nothing uncounted can be lost

    def _treat(self, rule: Rule) -> Treat:
        treat = self._treats.get(id(rule))
        if treat is None:
            treat = self._treats[id(rule)] = make_treat(rule, self._pseudonyms, self._is_clean)
        return treat

    def _count_leftover(self, resource: Mapping[str, AttributeValue], kind: EventKind) -> None:
        leftover = self._leftovers.get(id(resource))
        if leftover is None:
            leftover = Leftover(
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
_set_contents = _setter("contents")


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
    contents: Mapping[str, str],
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
    _set_contents(event, contents)
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
        event.contents,
    )
