"""Who sent it, and what it means: the agent by its service name, then the agent's own reading of the record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from tachograph.ports import Drops
from tachograph_sdk.model.event import AttributeValue, DropReason, RawEvent
from tachograph_sdk.privacy.shapes import SafeNames

__all__ = ["Classifier", "Classify", "Identify", "Recogniser"]


class Classifier(Protocol):
    """One coding agent, as far as it is needed here."""

    @property
    def id(self) -> str:
        """The agent's id, as in `Event.agent`."""

    @property
    def service_names(self) -> frozenset[str]:
        """What it calls itself in `service.name`, in lower case."""

    @property
    def name_prefixes(self) -> tuple[str, ...]:
        """What its records' names begin with: known by it where somebody gave the service another name."""

    def classify(self, raw: RawEvent) -> RawEvent | DropReason:
        """Kind and canonical names, or why not."""


class Recogniser(Protocol):
    """The reader of all programs that have none of their own."""

    def recognise(self, raw: RawEvent) -> str | None:
        """An agent id for the program that sent this, or None if the record is none that can be read."""

    def classify(self, raw: RawEvent) -> RawEvent | DropReason:
        """Kind and canonical names, or why not."""


class Identify:
    """Sets the agent: by the resource's `service.name`, else by the record's own name, else by what it speaks of.

    Records of programs we cannot read are dropped and counted.
    """

    def __init__(self, agents: Iterable[Classifier], others: Recogniser | None = None) -> None:
        known = tuple(agents)
        self._by_service = {name: agent.id for agent in known for name in agent.service_names}
        self._by_prefix = {prefix: agent.id for agent in known for prefix in agent.name_prefixes}
        self._prefixes = tuple(self._by_prefix)
        self._others = others
        self._names = SafeNames()
        self._known: dict[int, tuple[Mapping[str, AttributeValue], str | None]] = {}  # by id of the resource

    def __call__(self, records: list[RawEvent], drops: Drops) -> list[RawEvent]:
        """The records of known agents."""
        kept = []
        for raw in records:
            agent: str | None = raw.agent
            if not agent:
                known = self._known.get(id(raw.resource)) or self._look_up(raw.resource)
                agent = known[1] or self._by_record(raw)
                if agent is None:
                    key = (DropReason.UNKNOWN_AGENT, self._safe(raw.resource))
                    drops[key] = drops.get(key, 0) + 1
                    continue
                raw.agent = agent
            kept.append(raw)
        return kept

    def _by_record(self, raw: RawEvent) -> str | None:
        if raw.name.startswith(self._prefixes):
            return next(agent for prefix, agent in self._by_prefix.items() if raw.name.startswith(prefix))
        return None if self._others is None else self._others.recognise(raw)

    def _look_up(self, resource: Mapping[str, AttributeValue]) -> tuple[Mapping[str, AttributeValue], str | None]:
        service = resource.get("service.name")
        agent = self._by_service.get(service.lower()) if isinstance(service, str) else None
        if len(self._known) >= 4096:
            self._known.clear()
        known = self._known[id(resource)] = (resource, agent)  # holds the resource, so that its id stays its own
        return known

    def _safe(self, resource: Mapping[str, AttributeValue]) -> str:
        service = resource.get("service.name")
        return self._names(service.replace("-", "_")) if isinstance(service, str) and service else "<none>"


class Classify:
    """Sets kind and canonical attribute names; names the agent's reader does not know are dropped and counted."""

    def __init__(self, agents: Iterable[Classifier], others: Recogniser | None = None) -> None:
        self._classify = {agent.id: agent.classify for agent in agents}
        self._other = None if others is None else others.classify
        self._names = SafeNames()

    def __call__(self, records: list[RawEvent], drops: Drops) -> list[RawEvent]:
        """The records that were understood."""
        kept = []
        for raw in records:
            name = raw.name
            classify = self._classify.get(raw.agent, self._other)
            try:
                result = classify(raw) if classify is not None else DropReason.UNKNOWN_AGENT
            except Exception:  # noqa: BLE001 - one record that its reader cannot bear must not stop the others
                result = DropReason.INTERNAL_ERROR
            if result is raw:
                kept.append(raw)
            elif isinstance(result, DropReason):
                key = (result, self._names(name.replace("-", "_")))
                drops[key] = drops.get(key, 0) + 1
            else:
                kept.append(result)
        return kept
