"""A JSON text says something else, and everything else in it stays as it was."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph.wiring.claude_code.json_text import NotPlainJson, change_text, read_text

SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
OBJECTS = st.dictionaries(st.text(max_size=4), VALUES, max_size=5)
LAYOUTS = st.sampled_from([None, 0, 1, 2, 4, "\t"])


def written(value: object, layout: object, newline: str) -> str:
    return json.dumps(value, indent=layout, ensure_ascii=False).replace("\n", newline)  # type: ignore[arg-type]


@given(before=OBJECTS, wanted=OBJECTS, layout=LAYOUTS, newline=st.sampled_from(["\n", "\r\n"]))
def test_it_says_what_is_wanted(before, wanted, layout, newline):
    assert json.loads(change_text(written(before, layout, newline), wanted)) == wanted


@given(before=OBJECTS, more=st.dictionaries(st.text(max_size=6), VALUES, max_size=4), layout=LAYOUTS,
       newline=st.sampled_from(["\n", "\r\n"]), deep=st.booleans())  # fmt: skip
def test_put_in_and_taken_out_again_it_is_the_same_text(before, more, layout, newline, deep):
    text = written(before, layout, newline)
    key = next((k for k, v in before.items() if isinstance(v, dict)), None) if deep else None
    if key is None:
        wanted = {**before, **{k: v for k, v in more.items() if k not in before}}
    else:
        wanted = {**before, key: {**before[key], **{k: v for k, v in more.items() if k not in before[key]}}}
    there = change_text(text, wanted)
    assert json.loads(there) == wanted
    assert change_text(there, before) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1,]",
        '{"a" 1}',
        '{"a": 1 "b": 2}',
        "{} {}",
        '{"a":1,"a":1}',
        "{'a': 1}",
        "NaN",
        "-Infinity",
        "٣",
        '"\t"',
        "[" * 500,
    ],
)
def test_what_is_no_plain_json_is_refused(text):
    with pytest.raises(NotPlainJson):
        read_text(text)


@given(st.text(max_size=40))
def test_it_takes_what_the_standard_library_takes_and_nothing_else(text):
    def no_number(_: str) -> None:
        raise ValueError("NaN and Infinity are no JSON")

    try:
        expected = json.loads(text, parse_constant=no_number)
    except ValueError:
        with pytest.raises(NotPlainJson):
            read_text(text)
        return
    assert read_text(text) == expected


def test_values_are_changed_where_they_stand():
    text = '{ "a" : [1,  2, {"b": "x"}],\n"c": true }'
    assert change_text(text, {"a": [1, 2, {"b": "y"}], "c": True}) == text.replace('"x"', '"y"')
    assert change_text(text, {"a": [2, {"b": "x"}], "c": True}) == '{ "a" : [2, {"b": "x"}],\n"c": true }'
