"""What may be told of an object: each class names its fields and how each is made anonymous; the rest is left out.

    @dataclass
    class Search(DataclassSerializationMixin):
        query: str
        results: list[str]

        def _telemetry_keys(self):
            return {
                FilteredKey("query"): AnonymityConversion.TEXT_COUNT,
                FilteredKey("results"): AnonymityConversion.COUNT,
            }

    Search("where is my token", ["a", "b"]).serialize_for_telemetry()      # {"query": 17, "results": 2}

For dataclasses, pydantic models (`BasedModel`, where pydantic is installed) and plain objects. A field that is not named
is left out, unless it holds an object (or a list of objects) that names its own fields: that is always told by its own
rules, never as it is. Computed fields and properties count like fields.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sized
from dataclasses import fields, is_dataclass
from enum import Enum, StrEnum
from inspect import signature
from pathlib import PurePath
from typing import Any

__all__ = [
    "AnonymityConversion",
    "DataclassSerializationMixin",
    "FilteredKey",
    "serialize_for_telemetry",
    "use_hash_key",
]

OTHER = "other"
MAX_DEPTH = 32  # objects within objects; what is deeper is left out
MAX_ITEMS = 10_000  # of a list that are looked at

Json = Any  # what json.dumps takes
_ABSENT = object()


class FilteredKey(str):
    """The name of a field; with a vocabulary, where the field's values are told apart by name (DISTRIBUTION)."""

    __slots__ = ("vocabulary",)
    vocabulary: frozenset[str]

    def __new__(cls, name: str, *, vocabulary: Collection[str] = ()) -> FilteredKey:
        """The name, and the values that may be shown: constants of the program, never something read or typed."""
        key = super().__new__(cls, name)
        key.vocabulary = frozenset(vocabulary)
        return key


class AnonymityConversion(StrEnum):
    """How a value is made anonymous. What a conversion cannot treat is left out, never passed on."""

    FORBIDDEN = "forbidden"
    """Not there at all, whatever it holds and whatever a handler says."""
    BOOLEAN = "boolean"
    """Whether there is anything: true or false."""
    COUNT = "count"
    """How many items: the length of any container that has one; 0 for None, 1 for a single value."""
    HASH = "hash"
    """32 hex digits, keyed: the same value has the same one here, and nobody without the key can try values out."""
    DISTRIBUTION = "distribution"
    """How often each value of the declared vocabulary occurs; all others together as "other"."""
    AGGREGATE = "aggregate"
    """The sum of numbers; a single number as it is. Anything else is left out."""
    TEXT_COUNT = "text_count"
    """How many characters (bytes, of bytes); 0 for None."""

    def convert(self, value: object, *, vocabulary: Collection[str] = ()) -> Json | None:
        """The anonymous form of the value, ready for JSON; None where there is none."""
        converted = _CONVERSIONS[self](value, frozenset(vocabulary))
        return None if converted is _ABSENT else converted


_key = secrets.token_bytes(32)


def use_hash_key(secret: bytes) -> None:
    """Make HASH give the same digits in each run: with the secret of this installation, at least 16 bytes.

    Until this is called the key is random and of this process only, and nothing is written to disk.
    """
    global _key
    if len(secret) < 16:
        raise ValueError("the key for hashes is too short: give at least 16 bytes")
    _key = hmac.digest(secret, b"anonymity\0", "sha256")


class DataclassSerializationMixin:
    """Gives a dataclass, or any class, `serialize_for_telemetry()`."""

    __slots__ = ()

    def _telemetry_keys(self) -> Mapping[FilteredKey, AnonymityConversion] | Mapping[str, AnonymityConversion] | None:
        """The fields that may be told of, and how. None: nothing."""
        return None

    def _telemetry_handler(self, _serialized_self: Mapping[str, Any], /) -> Mapping[str, Any]:
        """Values to tell in place of converted ones, by field; names that are no fields are ignored.

        Args:
            _serialized_self: the fields as they are, without the forbidden ones.
        """
        return {}

    def serialize_for_telemetry(self) -> dict[str, Json]:
        """What may be told of this object, ready for JSON."""
        return serialize_for_telemetry(self)


def serialize_for_telemetry(subject: object, keys: Mapping[str, AnonymityConversion] | None = None) -> dict[str, Json]:
    """What may be told of an object, ready for JSON: its named fields, converted, and its objects by their own rules.

    Args:
        subject: a dataclass, pydantic model or plain object; never changed.
        keys: the fields and conversions, for a class that has no `_telemetry_keys`.

    A field that fails to be read or converted is left out: nothing is raised into the program, whatever it holds.
    """
    return _Serializer().serialize(subject, keys)


class _Serializer:
    def __init__(self) -> None:
        self._path: list[int] = []  # objects being serialized, to notice one that holds itself

    def serialize(self, subject: object, keys: Mapping[str, AnonymityConversion] | None) -> dict[str, Json]:
        if id(subject) in self._path or len(self._path) >= MAX_DEPTH:
            return {}
        self._path.append(id(subject))
        try:
            return self._fields(subject, _declared(subject) if keys is None else dict(keys))
        finally:
            self._path.pop()

    def _fields(self, subject: object, keys: Mapping[str, AnonymityConversion]) -> dict[str, Json]:
        forbidden = {str(name) for name, how in keys.items() if how is AnonymityConversion.FORBIDDEN}
        vocabularies = {str(name): name.vocabulary for name in keys if isinstance(name, FilteredKey)}
        present: dict[str, Any] = {}
        for name in dict.fromkeys((*_stored(subject), *map(str, keys))):
            if name not in forbidden and (value := _read(subject, name)) is not _ABSENT:
                present[name] = value
        told: dict[str, Json] = {}
        for name, value in present.items():
            how = keys.get(name)
            if how not in _OF_ANY_OBJECT and (_names_own_fields(value) or _is_list_of_objects(value)):
                told[name] = self._objects(value)
            elif how is not None:
                result = _convert(how, value, vocabularies.get(name, frozenset()))
                if result is not _ABSENT:
                    told[name] = result
        for name, value in _handled(subject, present).items():
            if name not in forbidden and (name in present or hasattr(type(subject), name)):
                told[name] = self._plain(value)
        return told

    def _objects(self, value: object) -> Json:
        if isinstance(value, list | tuple):
            return [self.serialize(item, None) for item in value[:MAX_ITEMS] if _names_own_fields(item)]
        return self.serialize(value, None)

    def _plain(self, value: object) -> Json:
        """What a handler gave, ready for JSON: its objects by their own rules, its texts scrubbed."""
        if value is None or isinstance(value, bool | int) or (isinstance(value, float) and math.isfinite(value)):
            return value
        if isinstance(value, Enum):
            return self._plain(value.value)
        if isinstance(value, str):
            from tachograph_sdk.privacy.scrubber import Scrubber  # many detectors, which few programs need

            return Scrubber().scrub(value)
        if _names_own_fields(value):
            return self.serialize(value, None)
        if len(self._path) >= MAX_DEPTH or id(value) in self._path:
            return None
        self._path.append(id(value))
        try:
            if isinstance(value, Mapping):
                return {self._plain(str(name)): self._plain(item) for name, item in value.items()}
            if isinstance(value, list | tuple | set | frozenset):
                return [self._plain(item) for item in value]
        finally:
            self._path.pop()
        return None


def _names_own_fields(value: object) -> bool:
    return not isinstance(value, type) and callable(getattr(value, "_telemetry_keys", None))


def _is_list_of_objects(value: object) -> bool:
    return isinstance(value, list | tuple) and any(map(_names_own_fields, value[:MAX_ITEMS]))


def _declared(subject: object) -> Mapping[str, AnonymityConversion]:
    try:
        return dict(subject._telemetry_keys() or {})  # type: ignore[attr-defined]
    except Exception:  # noqa: BLE001 - never raise into the program; without rules nothing is told
        return {}


def _handled(subject: object, present: dict[str, Any]) -> Mapping[str, Any]:
    handler = getattr(subject, "_telemetry_handler", None)
    if not callable(handler):
        return {}
    try:
        handled = handler(dict(present)) if signature(handler).parameters else handler()
    except Exception:  # noqa: BLE001 - as above
        return {}
    return handled if isinstance(handled, Mapping) else {}


def _stored(subject: object) -> Iterable[str]:
    """Names of what the object holds. What it computes is read only where it is named: that may cost something."""
    kind = type(subject)
    model_fields = getattr(kind, "model_fields", None)
    if isinstance(model_fields, Mapping):
        return model_fields
    if is_dataclass(subject):
        return [field.name for field in fields(subject)]
    return (*getattr(subject, "__dict__", ()), *(name for part in kind.__mro__ for name in _slots(part)))


def _slots(part: type) -> Iterable[str]:
    slots = part.__dict__.get("__slots__", ())
    return (slots,) if isinstance(slots, str) else slots


def _read(subject: object, name: str) -> object:
    try:
        return getattr(subject, name)
    except Exception:  # noqa: BLE001 - a property may do anything; what cannot be read is not told
        return _ABSENT


def _convert(how: AnonymityConversion, value: object, vocabulary: frozenset[str]) -> Json:
    try:
        return _CONVERSIONS[AnonymityConversion(how)](value, vocabulary)
    except Exception:  # noqa: BLE001 - as above
        return _ABSENT


def _boolean(value: object, _: frozenset[str]) -> Json:
    return bool(value)


def _count(value: object, _: frozenset[str]) -> Json:
    if value is None:
        return 0
    return len(value) if isinstance(value, Sized) and not isinstance(value, str | bytes) else 1


def _text_count(value: object, _: frozenset[str]) -> Json:
    if value is None:
        return 0
    if isinstance(value, PurePath):
        return len(str(value))
    return len(value) if isinstance(value, str | bytes | bytearray) else _ABSENT


def _aggregate(value: object, _: frozenset[str]) -> Json:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple | set | frozenset):
        numbers = [number for number in value if isinstance(number, int | float)]
        return _finite(sum(numbers)) if len(numbers) == len(value) else _ABSENT
    return _finite(value) if isinstance(value, int | float) else _ABSENT


def _finite(number: float) -> Json:
    return number if math.isfinite(number) else _ABSENT


def _hash(value: object, _: frozenset[str]) -> Json:
    if value is None:
        return _ABSENT
    return hmac.digest(_key, _canonical(value), hashlib.sha256).hex()[:32]


def _canonical(value: object) -> bytes:
    """The same bytes for equal values, whatever the order of their parts."""
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bytes | bytearray):
        return b"b" + bytes(value)
    if isinstance(value, set | frozenset):
        value = sorted(map(repr, value))
    if isinstance(value, list | tuple | dict):
        return b"j" + json.dumps(value, sort_keys=True, default=repr).encode()
    return b"s" + str(value).encode("utf-8", "surrogatepass")


def _distribution(value: object, vocabulary: frozenset[str]) -> Json:
    if value is None:
        return {}
    if isinstance(value, Mapping):
        counted = [(name, times) for name, times in value.items() if isinstance(times, int) and times >= 0]
    elif isinstance(value, list | tuple | set | frozenset):
        counted = [(item, 1) for item in value]
    else:
        counted = [(value, 1)]
    told: dict[str, int] = {}
    for item, times in counted:
        name = _word(item, vocabulary)
        told[name] = told.get(name, 0) + int(times)
    return told


def _word(item: object, vocabulary: frozenset[str]) -> str:
    """The item's name if that is a constant of the program: of the vocabulary, a flag, or a member of an enumeration."""
    if isinstance(item, bool):
        return "true" if item else "false"
    name = item.value if isinstance(item, Enum) else item
    if isinstance(name, str) and (name in vocabulary or isinstance(item, Enum)) and name != OTHER:
        return name
    return OTHER


_CONVERSIONS: Mapping[AnonymityConversion, Callable[[object, frozenset[str]], Json]] = {
    AnonymityConversion.FORBIDDEN: lambda _, __: _ABSENT,
    AnonymityConversion.BOOLEAN: _boolean,
    AnonymityConversion.COUNT: _count,
    AnonymityConversion.HASH: _hash,
    AnonymityConversion.DISTRIBUTION: _distribution,
    AnonymityConversion.AGGREGATE: _aggregate,
    AnonymityConversion.TEXT_COUNT: _text_count,
}


_OF_ANY_OBJECT = (AnonymityConversion.BOOLEAN, AnonymityConversion.COUNT)
"""What can be told of an object that has rules of its own without looking into it."""


def __getattr__(name: str) -> Any:
    """`BasedModel`: a pydantic model with `serialize_for_telemetry()`. Made when it is asked for.

    Raises:
        ImportError: pydantic is not installed.
    """
    if name != "BasedModel":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from pydantic import BaseModel

    class BasedModel(DataclassSerializationMixin, BaseModel):
        """A pydantic model that names what may be told of it."""

    globals()["BasedModel"] = BasedModel
    return BasedModel
