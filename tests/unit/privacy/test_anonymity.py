"""Objects tell only what they name, in the form they name; whatever else they hold never appears."""

import json
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph_sdk.privacy import anonymity
from tachograph_sdk.privacy.anonymity import (
    AnonymityConversion,
    DataclassSerializationMixin,
    FilteredKey,
    serialize_for_telemetry,
    use_hash_key,
)

A = AnonymityConversion
SECRET = "jane-doe-payroll"


@pytest.fixture
def hash_key(monkeypatch):
    monkeypatch.setattr(anonymity, "_key", b"")
    use_hash_key(b"k" * 32)


@dataclass
class Inner(DataclassSerializationMixin):
    name: str = SECRET
    size: int = 7

    def _telemetry_keys(self):
        return {FilteredKey("size"): A.AGGREGATE}


@dataclass
class Outer(DataclassSerializationMixin):
    keys: dict[str, A] = field(default_factory=dict)
    text: str = SECRET
    texts: Any = field(default_factory=lambda: [SECRET, SECRET, "b"])
    number: Any = 2.5
    inner: Any = field(default_factory=Inner)

    def _telemetry_keys(self):
        return self.keys


def told(**how):
    return Outer(keys=how).serialize_for_telemetry()


def test_what_is_not_named_is_not_told():
    assert told() == {"inner": {"size": 7}}


@pytest.mark.parametrize(
    ("how", "value", "expected"),
    [
        (A.BOOLEAN, "x", True),
        (A.BOOLEAN, {}, False),
        (A.BOOLEAN, None, False),
        (A.COUNT, [1, 2, 3], 3),
        (A.COUNT, {"a": 1, "b": 2}, 2),
        (A.COUNT, {1, 2}, 2),
        (A.COUNT, (1,), 1),
        (A.COUNT, None, 0),
        (A.COUNT, "one text", 1),
        (A.TEXT_COUNT, "four", 4),
        (A.TEXT_COUNT, Path("/a/b"), 4),
        (A.TEXT_COUNT, b"abc", 3),
        (A.TEXT_COUNT, None, 0),
        (A.TEXT_COUNT, ["four"], None),
        (A.AGGREGATE, [1, 2, 3.5], 6.5),
        (A.AGGREGATE, {"a": 1, "b": 2}, 3),
        (A.AGGREGATE, 4, 4),
        (A.AGGREGATE, [], 0),
        (A.AGGREGATE, SECRET, None),
        (A.AGGREGATE, [1, SECRET], None),
        (A.AGGREGATE, float("nan"), None),
        (A.AGGREGATE, float("inf"), None),
        (A.FORBIDDEN, 1, None),
        (A.HASH, None, None),
        (A.DISTRIBUTION, [SECRET, "python"], {"other": 1, "python": 1}),
        (A.DISTRIBUTION, {"python": 3, SECRET: 2}, {"python": 3, "other": 2}),
        (A.DISTRIBUTION, "python", {"python": 1}),
        (A.DISTRIBUTION, None, {}),
        (A.DISTRIBUTION, [True, True, False], {"true": 2, "false": 1}),
    ],
)
def test_each_conversion(how, value, expected):
    assert how.convert(value, vocabulary={"python", "rust"}) == expected


def test_a_distribution_without_a_vocabulary_names_nothing():
    assert told(texts=A.DISTRIBUTION)["texts"] == {"other": 3}


def test_a_field_brings_its_vocabulary():
    outer = Outer(keys={FilteredKey("texts", vocabulary=["b"]): A.DISTRIBUTION})
    assert outer.serialize_for_telemetry()["texts"] == {"other": 2, "b": 1}


def test_members_of_an_enumeration_are_a_vocabulary():
    class State(Enum):
        DONE = "done"

    assert A.DISTRIBUTION.convert([State.DONE, "done"]) == {"done": 1, "other": 1}


def test_a_hash_is_keyed_steady_and_hex(hash_key):
    first = str(A.HASH.convert(SECRET))
    assert first == A.HASH.convert(SECRET) != A.HASH.convert(SECRET + "x")
    assert len(first) == 32
    assert set(first) <= set("0123456789abcdef")
    use_hash_key(b"another key of 32 bytes, or less")
    assert A.HASH.convert(SECRET) != first


def test_equal_collections_have_equal_hashes(hash_key):
    assert A.HASH.convert({"a": 1, "b": 2}) == A.HASH.convert({"b": 2, "a": 1})
    assert A.HASH.convert({"x", "y", "z"}) == A.HASH.convert({"z", "y", "x"})


def test_without_a_key_of_the_installation_hashes_differ_from_run_to_run():
    import subprocess
    import sys

    code = "from tachograph_sdk.privacy.anonymity import *; print(AnonymityConversion.HASH.convert('x'))"
    runs = {subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout for _ in range(2)}
    assert len(runs) == 2


def test_a_short_key_is_refused():
    with pytest.raises(ValueError, match="too short"):
        use_hash_key(b"short")


def test_nested_objects_follow_their_own_rules_in_lists_too():
    outer = Outer(inner=[Inner(size=1), Inner(size=2), SECRET])
    assert outer.serialize_for_telemetry() == {"inner": [{"size": 1}, {"size": 2}]}


@pytest.mark.parametrize(("how", "expected"), [(A.BOOLEAN, True), (A.HASH, {"size": 7}), (A.AGGREGATE, {"size": 7})])
def test_a_nested_object_is_never_told_by_more_than_its_own_rules(how, expected):
    assert told(inner=how) == {"inner": expected}


def test_a_forbidden_object_is_not_told():
    assert told(inner=A.FORBIDDEN) == {}


def test_objects_in_a_list_can_be_counted_instead():
    assert Outer(keys={"inner": A.COUNT}, inner=[Inner(), Inner()]).serialize_for_telemetry() == {"inner": 2}


def test_an_object_that_holds_itself_ends():
    outer = Outer()
    outer.inner = outer
    assert outer.serialize_for_telemetry() == {"inner": {}}
    deep: Any = None
    for _ in range(200):
        deep = Outer(inner=deep)
    assert json.dumps(deep.serialize_for_telemetry()).count("inner") == anonymity.MAX_DEPTH


@dataclass
class Computed(DataclassSerializationMixin):
    values: list[int]
    reads: list[int] = field(default_factory=list)

    @property
    def mean(self):
        self.reads.append(1)
        return sum(self.values) / len(self.values)

    def _telemetry_keys(self):
        return {"mean": A.AGGREGATE}


def test_computed_fields_are_told_and_one_that_fails_is_left_out():
    assert Computed([1, 2]).serialize_for_telemetry() == {"mean": 1.5}
    assert Computed([]).serialize_for_telemetry() == {}


def test_a_computed_field_that_is_not_named_is_not_read():
    class Quiet(Computed):
        def _telemetry_keys(self):
            return None

    quiet = Quiet([1])
    assert quiet.serialize_for_telemetry() == {}
    assert quiet.reads == []


class Handled(Outer):
    def _telemetry_handler(self, _serialized_self, /):
        return {
            "text": "wrote to jane.doe@example.org",
            "number": [1, Inner(), object()],
            "inner": 5,
            "no_such_field": SECRET,
        }


def test_a_handler_wins_for_fields_that_there_are_and_its_texts_are_scrubbed(monkeypatch):
    scrub = "tachograph_sdk.privacy.scrubber.Scrubber.scrub"
    monkeypatch.setattr(scrub, lambda _, text: text.replace("jane.doe@example.org", "<email>"))
    handled = Handled(keys={"text": A.TEXT_COUNT}).serialize_for_telemetry()
    assert handled == {"text": "wrote to <email>", "number": [1, {"size": 7}, None], "inner": 5}


def test_no_handler_brings_back_what_is_forbidden():
    assert "text" not in Handled(keys={"text": A.FORBIDDEN}).serialize_for_telemetry()


def test_a_handler_does_not_see_what_is_forbidden():
    seen = {}

    class Looking(Outer):
        def _telemetry_handler(self, _serialized_self, /):
            seen.update(_serialized_self)
            return {}

    Looking(keys={"text": A.FORBIDDEN}).serialize_for_telemetry()
    assert "text" not in seen
    assert "number" in seen


@pytest.mark.parametrize("method", ["_telemetry_keys", "_telemetry_handler"])
def test_a_class_that_fails_tells_nothing_of_its_fields_and_raises_nothing(method):
    def fail(self, *_):
        raise RuntimeError(SECRET)

    broken = type("Broken", (Outer,), {method: fail})
    assert broken(keys={}, inner=None).serialize_for_telemetry() == {}


def test_a_pydantic_model_with_computed_fields_aliases_and_extra_fields():
    from pydantic import ConfigDict, Field, computed_field

    class Model(anonymity.BasedModel):  # type: ignore[misc]
        model_config = ConfigDict(extra="allow")
        path: str = Field(default=SECRET, alias="p")
        sizes: tuple[int, ...] = (1, 2)
        inner: Inner = Inner()

        @computed_field  # type: ignore[prop-decorator]
        @property
        def total(self) -> int:
            return sum(self.sizes)

        def _telemetry_keys(self):
            return {"path": A.TEXT_COUNT, "total": A.AGGREGATE, "sizes": A.COUNT}

    model = Model(more=SECRET)
    assert model.serialize_for_telemetry() == {"path": len(SECRET), "sizes": 2, "total": 3, "inner": {"size": 7}}


def test_a_plain_object_is_told_by_rules_given_from_outside():
    class Plain:
        __slots__ = ("a", "b")

        def __init__(self):
            self.a, self.b = SECRET, [1, 2]

    assert serialize_for_telemetry(Plain()) == {}
    assert serialize_for_telemetry(Plain(), {"b": A.COUNT, "a": A.BOOLEAN}) == {"a": True, "b": 2}


def test_an_object_is_not_changed():
    outer = Outer(keys={"texts": A.DISTRIBUTION})
    before = repr(outer)
    outer.serialize_for_telemetry()
    assert repr(outer) == before


VALUES = st.recursive(
    st.sampled_from(
        [SECRET, SECRET.encode(), Path("/home") / SECRET, 3, 1.5, None, True, float("nan"), Inner(), {SECRET}]
    ),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.sampled_from([SECRET, "b"]), inside, max_size=3),
    max_leaves=12,
)
NAMES = ("text", "texts", "number", "inner")


@given(values=st.tuples(*[VALUES] * 4), how=st.tuples(*[st.sampled_from([None, *A])] * 4))
def test_no_value_in_any_field_under_any_conversion_shows_the_secret_and_all_is_json(values, how):
    outer = Outer(keys={n: h for n, h in zip(NAMES, how, strict=True) if h}, **dict(zip(NAMES, values, strict=True)))
    assert SECRET not in json.dumps(outer.serialize_for_telemetry(), allow_nan=False)
