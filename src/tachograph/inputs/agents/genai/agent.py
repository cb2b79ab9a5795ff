"""The generic reader: records of programs that no other reader knows, as far as they speak of requests to a model."""

from __future__ import annotations

from collections.abc import Iterable

from tachograph.inputs.agents.genai import operations
from tachograph.inputs.agents.genai.tables import READER
from tachograph_sdk.model.event import AttributeValue, DropReason, RawEvent, Source
from tachograph_sdk.privacy.shapes import OTHER, SafeNames, looks_secret
from tachograph_sdk.privacy.treat import LookAgain

__all__ = ["GenAI"]

_UNNAMED = "genai"
_PROGRAMS = 300  # with a name of their own; more than that is no list of programs but a leak
_SERVICES = 4096  # remembered
_NO_NAMES = ("unknown_service", "unknown")  # what SDKs say where nobody set a name


class GenAI:
    """Reads what follows the GenAI semantic conventions, whichever program sent it.

    Args:
        known: ids of the agents with a reader of their own; no other program may be taken for one of them.
    """

    id = _UNNAMED
    service_names: frozenset[str] = frozenset()
    name_prefixes: tuple[str, ...] = ()

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = frozenset(known)
        self._names = SafeNames(_PROGRAMS)
        self._is_clean = LookAgain()
        self._programs: dict[str, str] = {}  # by what they call themselves

    def recognise(self, raw: RawEvent) -> str | None:
        """The id of the program that sent this, or None if it is no GenAI record: looks at names only."""
        if raw.source is Source.OTEL_SPAN:
            if operations.span_operation(raw.name, raw.attributes) is None:
                return None
        elif not raw.name.startswith("gen_ai."):
            return None
        return self._program(raw.resource.get("service.name"))

    def classify(self, raw: RawEvent) -> RawEvent | DropReason:
        """Kind and canonical names, in place, or why not."""
        if raw.source is Source.OTEL_SPAN:
            operation = operations.span_operation(raw.name, raw.attributes)
            if operation is None:
                return DropReason.UNKNOWN_EVENT
            raw.name = operation
        raw.attributes = operations.without_content(raw.attributes)
        return READER.classify(raw)

    def _program(self, service: AttributeValue) -> str:
        """Its service name if that is a plain name, else `genai`: what else it may hold is nobody's business."""
        if not isinstance(service, str) or len(service) > 64 or service.startswith(_NO_NAMES):
            return _UNNAMED
        name = self._programs.get(service)
        if name is None:
            name = service.lower().replace("-", "_").replace(".", "_")
            if (
                name in self._known
                or looks_secret(service)
                or self._names(name) == OTHER
                or not self._is_clean(service)
            ):
                name = _UNNAMED
            if len(self._programs) < _SERVICES:
                self._programs[service] = name
        return name
