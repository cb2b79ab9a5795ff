"""The small reader and writer of JSON say what the package `json` says."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph.statusline.json_text import dumps, loads

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(values)
def test_what_is_written_is_read_again_by_both(value: object) -> None:
    text = dumps(value)
    assert json.loads(text) == value
    assert loads(text.encode()) == value
    assert text.isascii()
    assert "\n" not in text


def outcome(read: object, data: bytes) -> object:
    try:
        value = read(data)  # type: ignore[operator]
    except ValueError:
        return ValueError
    return "NaN" if isinstance(value, float) and math.isnan(value) else value


@given(st.text(alphabet='{}[]",:0123456789eE+-.truefalsn \\\n\tNIy\x01', max_size=30))
def test_what_is_refused_is_refused_by_both(text: str) -> None:
    assert outcome(loads, text.encode()) == outcome(json.loads, text.encode())


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"  ",
        b"{} x",
        b"[1,]",
        b"\xef\xbb\xbf{}",
        b"\xff",
        b'"\x01"',
        b"NaN",
        b"-Infinity",
        b"9" * 5000,
        b'{"a":1,"a":2}',
    ],
)
def test_odd_texts(data: bytes) -> None:
    assert outcome(loads, data) == outcome(json.loads, data)


def test_too_deep_is_no_crash() -> None:
    with pytest.raises(RecursionError):
        loads(b"[" * 500_000)


ALONE = """
import sys
from tachograph.statusline.json_text import loads
assert "json" not in sys.modules
for text in ('{{', '{"a', '{"a" 1}', '[1', '[1,]', '"', '{"a":1', ''):
    try:
        print("read", text, loads(text.encode()))
    except ValueError:
        pass
"""


def test_what_is_refused_is_refused_where_json_was_never_loaded() -> None:
    """As in every redraw: the scanner looks for the exception of a module that is not there."""
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
