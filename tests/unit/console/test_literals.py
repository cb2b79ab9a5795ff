"""Reading printed JavaScript objects: both dialects, everything odd in them, and nothing that takes long."""

from __future__ import annotations

import contextlib
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph.inputs.files.console.literals import MAX_DEPTH, Unreadable, read_literal

# Printed by Node 20: console.dir(value, {depth: 3}).
NODE = r"""{
  resource: { attributes: { 'service.name': 'claude-code', deep: { a: [Object] }, more: [Array] } },
  numbers: [
     0,  1,  2,
    97, 98, 99,
    ... 3 more items
  ],
  instrumentationScope: { name: 'x', version: undefined },
  timestamp: 1795148550149000,
  body: 'it\'s "both" `three` \n line é \x07 \ud83d x',
  attributes: {
    'a.b': "it's",
    q: `it's "two"`,
    long: 'line one is long enough to be split here\n' +
      'line two is also very long, so that it wraps around\n' +
      'last',
    f: [Function: foo],
    c: [class X],
    d: 1970-01-01T00:00:00.000Z,
    n: null,
    u: undefined,
    big: 12345678901234567890n,
    neg: -0,
    inf: -Infinity,
    e: 1e+21,
    sm: 1e-7,
    sym: Symbol(x),
    m: Map(1) { 'a' => { b: ']' } },
    cut: 'zzzz'... 50 more characters,
    buf: Uint8Array(3) [ 0, 0, 0 ],
    hole: [ 1, <1 empty item>, 3 ],
    np: [Object: null prototype] { a: 1 },
    self: <ref *1> { back: [Circular *1] },
    of: Resource { a: true },
    empty: {},
    none: [],
    [Symbol(k)]: 1
  }
}"""
READ = {
    "resource": {"attributes": {"service.name": "claude-code", "deep": {}}},
    "numbers": [0, 1, 2, 97, 98, 99],
    "instrumentationScope": {"name": "x"},
    "timestamp": 1795148550149000,
    "body": 'it\'s "both" `three` \n line é \x07 \ufffd x',
    "attributes": {
        "a.b": "it's",
        "q": 'it\'s "two"',
        "long": "line one is long enough to be split here\nline two is also very long, so that it wraps around\nlast",
        "n": None,
        "big": 12345678901234567890,
        "neg": 0,
        "inf": -math.inf,
        "e": 1e21,
        "sm": 1e-7,
        "cut": "zzzz",
        "hole": [1, 3],
        "np": {"a": 1},
        "self": {},
        "of": {"a": True},
        "empty": {},
        "none": [],
    },
}


def test_all_that_node_prints():
    assert read_literal(NODE)[0] == READ


def test_bun_writes_commas_after_everything_and_joins_objects():
    text = """{
  list: [
    {
      a: "x\\"y",
      time: [ 1795141843, 532158743 ],
    }, {
      a: undefined,
      "b.c": false,
    }
  ],
}"""
    assert read_literal(text)[0] == {"list": [{"a": 'x"y', "time": [1795141843, 532158743]}, {"b.c": False}]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.0000384", 0.0000384),
        ("-12", -12),
        ("1.5e+300", 1.5e300),
        ("2.0", 2),  # JavaScript has one kind of number; whole ones are ints, as OTLP sends them
        ("9007199254740993.0", 9007199254740993.0),
        ("NaN", None),
        ("1.2.3", None),
        ("9" * 41, None),  # more digits than a number has
        ("--1", None),
        ("'\\u{1F600}\\ud83d\\ude00\\x41\\u00e9\\q'", "😀😀Aéq"),
        ("\"a\" + 'b'", "ab"),
        ("undefined", None),
        ("[Function (anonymous)]", None),
    ],
)
def test_single_values(text: str, value: object):
    read = read_literal(text)[0]
    assert read == value or (value is None and read != read)
    assert type(read) is type(value) or read != read


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "}",
        "{a}",
        "{a:}",
        "{a: 1 b: 2}",
        "[1 [2]]",
        "'x",
        "'x\\",
        "{'a: 1}",
        "'\\u{110000}'",
        "'\\xZZ'",
        "{a: 1} {b: 2}",
        "'a' + 1",
        "[Function",
        "<ref",
        "Symbol(",
        "Map(1) { ",
        "{ [Symbol(k): 1 }",
        "`${x}`}",
        "()",
        "{a: b c(d}",
    ],
)
def test_what_is_no_object_is_refused_without_quoting_it(text: str):
    with pytest.raises(Unreadable) as caught:
        read_literal(text)
    assert len(text) < 4 or text not in str(caught.value)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20) | st.floats(-1e9, 1e9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


def printed(value: Any, *, bun: bool, indent: int = 0) -> str:
    """The value as one of the two would print it, one element a line."""
    pad, comma = " " * (indent + 2), "," if bun else ""
    if isinstance(value, dict | list):
        if not value:
            return "{}" if isinstance(value, dict) else "[]"
        parts = [
            printed(item, bun=bun, indent=indent + 2) for item in (value if isinstance(value, list) else value.values())
        ]
        if isinstance(value, dict):
            parts = [f"{_key(key, bun)}: {part}" for key, part in zip(value, parts, strict=True)]
        inside = f",\n{pad}".join(parts)
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        return f"{opening}\n{pad}{inside}{comma}\n{' ' * indent}{closing}"
    if isinstance(value, str):
        return _quoted(value, bun)
    return (
        {None: "null", True: "true", False: "false"}.get(value) or repr(value)
        if not isinstance(value, float)
        else repr(value)
    )


def _key(key: str, bun: bool) -> str:
    return key if key.isascii() and key.isidentifier() else _quoted(key, bun)


def _quoted(text: str, bun: bool) -> str:
    if bun:
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\x7f")
    quote = next((q for q in "'\"`" if q not in text), "'")
    out = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace(quote, "\\" + quote)
    return quote + "".join(c if c >= " " else f"\\x{ord(c):02x}" for c in out) + quote


@given(json_values, st.booleans())
def test_what_is_printed_is_read_again(value: Any, bun: bool):
    if not isinstance(value, dict | list):
        value = [value]
    read, _ = read_literal(printed(value, bun=bun))
    assert read == value  # 2.0 == 2: whole numbers have no kind of their own


pieces = st.sampled_from(
    [
        "{",
        "}",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "'",
        '"',
        "`",
        "\\",
        ",",
        ":",
        "+",
        "...",
        "\n",
        " ",
        "a",
        "0",
        "=>",
        "\\u{",
        "[Object",
        "Map(1) {",
        "<ref *1> ",
        "undefined",
        "1e",
        "x: ",
        "\\x4",
        "é",
        "\ud800",
        "'a' +\n",
        "[Symbol(k)]: ",
    ]
)


@given(st.lists(pieces, max_size=60).map("".join) | st.text(max_size=60))
def test_any_text_is_read_or_refused_in_few_steps(text: str):
    try:
        _, steps = read_literal(text)
    except Unreadable:
        return
    assert steps <= len(text) + 1


@pytest.mark.parametrize("opening", ["{a:", "[", "{a: [", "<ref *1> {a: ", "Map(1) [", "X {a: ", "[Object: null] {a: "])
def test_deep_nesting_is_refused_not_overflown(opening: str):
    with pytest.raises(Unreadable):
        read_literal(opening * 200_000)
    depth = MAX_DEPTH - 1
    assert read_literal("[" * depth + "]" * depth)[0] is not None


HOSTILE = {
    "one text": "'" + "a" * 1_000_000,
    "escapes": "'" + "\\'" * 500_000,
    "texts joined": "'a' + " * 170_000,
    "spaces": "{" + " " * 1_000_000,
    "digits": "9" * 1_000_000,
    "dots": "[" + "... " * 250_000,
    "rests": "[" + "...,\n" * 200_000,
    "commas": "[" + "," * 1_000_000,
    "empty elements": "[" + "1," * 500_000,
    "words": "[" + "a b c " * 170_000,
    "brackets": "Map(1) " + "{[" * 500_000,
    "names": "[" + "<x>," * 250_000,
    "open names": "[" + "<x ," * 250_000,
    "backticks": "`" + "${`" * 330_000,
    "symbols": "[" + "Symbol(" * 140_000,
    "keys": "{" + "[a" * 500_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_million_hostile_letters_take_as_many_steps_at_most(name: str, monkeypatch: pytest.MonkeyPatch):
    """Counted: how many letters the patterns and searches pass over, all together."""
    from tachograph.inputs.files.console import literals

    passed = 0

    def counting(match: Any) -> Any:
        def count(text: str, at: int) -> Any:
            nonlocal passed
            found = match(text, at)
            passed += found.end() - at + 1
            return found

        return count

    for pattern in ("_space", "_identifier", "_bare", "_to_separator", "_to_bracket"):
        monkeypatch.setattr(literals, pattern, counting(getattr(literals, pattern)))
    monkeypatch.setattr(literals, "_in_quotes", {q: counting(m) for q, m in literals._in_quotes.items()})
    text = HOSTILE[name]
    with contextlib.suppress(Unreadable):
        read_literal(text)
    assert passed <= 6 * len(text) + 10
