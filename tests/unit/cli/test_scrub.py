"""`tachograph scrub`: a filter for JSON lines and plain text, whatever comes in."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from typing import Any

import pytest

from tachograph.cli.app import run
from tachograph.cli.scrub import _line_blocks, _text_blocks

MAIL = "jane.doe@example.org"


class _Stream:
    """A standard stream that takes and gives bytes."""

    def __init__(self, data: bytes = b"") -> None:
        self.buffer = io.BytesIO(data)


def scrub(monkeypatch: pytest.MonkeyPatch, data: bytes, *options: str) -> tuple[int, bytes]:
    sink = _Stream()
    monkeypatch.setattr(sys, "stdin", _Stream(data))
    monkeypatch.setattr(sys, "stdout", sink)
    status = run(["scrub", *options])
    return status, sink.buffer.getvalue()


def lines(out: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.splitlines()]


def test_strings_are_scrubbed_and_everything_else_stays_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    record = {"z": 1.5, "text": f"by {MAIL}", "a": {"n": [1, None, True, MAIL]}, "ü": "ü"}
    status, out = scrub(monkeypatch, json.dumps(record).encode() + b"\n")
    assert status == 0
    assert out.decode() == '{"z": 1.5, "text": "by <email>", "a": {"n": [1, null, true, "<email>"]}, "ü": "ü"}\n'


def test_a_bad_line_gets_an_error_in_its_place_and_the_rest_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"\n".join((
        json.dumps({"text": MAIL}).encode(), f'{{"text": "{MAIL}'.encode(), b"[1]", b"\xff\xfe{}", b"[" * 100_000, b"", b'{"text": "ok"}',
    ))  # fmt: skip
    status, out = scrub(monkeypatch, data)
    assert status == 1
    seen = out.split(b"\n")
    assert seen[0] == b'{"text": "<email>"}'
    assert [list(json.loads(line)) for line in seen[1:5]] == [["error"]] * 4
    assert seen[5:] == [b"", b'{"text": "ok"}', b""]
    assert b"jane" not in out


def test_the_report_says_what_and_where_but_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    _, out = scrub(monkeypatch, json.dumps({"text": f"a {MAIL}", "b": ["x"]}).encode(), "--report")
    assert lines(out) == [{
        "text": "a <email>", "b": ["x"], "found": [{"kind": "email", "rule": "email", "start": 2, "end": 22, "field": "/text"}],
    }]  # fmt: skip


def test_numbers_are_the_same_in_all_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"\n".join(json.dumps({"text": f"{name}@example.org"}).encode() for name in ("a", "b", "a"))
    _, out = scrub(monkeypatch, data, "--consistent")
    assert [line["text"] for line in lines(out)] == ["<email:1>", "<email:2>", "<email:1>"]


def test_half_of_a_surrogate_pair_comes_out_as_it_went_in(monkeypatch: pytest.MonkeyPatch) -> None:
    status, out = scrub(monkeypatch, b'{"text": "\\ud83d \\u0000 x"}\n')
    assert (status, lines(out)) == (0, [{"text": "\ud83d \0 x"}])


def test_plain_text_keeps_every_other_byte(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    data = f"one {MAIL}\r\n\0\n".encode() + b"\xff\xfe /home/janedoe/x"
    status, out = scrub(monkeypatch, data, "--text", "--report")
    assert (status, out) == (0, b"one <email>\r\n\0\n\xff\xfe /home/<user>/x")
    assert "email" in capsys.readouterr().err


def test_what_came_in_is_answered_before_the_input_ends() -> None:
    command = [sys.executable, "-c", "import sys; from tachograph.cli.app import run; sys.exit(run(['scrub']))"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(2):
            process.stdin.write(json.dumps({"text": MAIL}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline()) == {"text": "<email>"}
        process.stdin.close()
        assert process.stdout.read() == b""
        assert process.wait() == 0


class _Slow(io.RawIOBase):
    """Gives its bytes in the pieces they came in."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    def read1(self, _size: int) -> bytes:
        return self._pieces.pop(0) if self._pieces else b""


def test_lines_are_put_together_from_pieces() -> None:
    stream: Any = _Slow(b"a", b"b\nc", b"\n\n", b"d\ne")
    assert list(_line_blocks(stream)) == [[b"ab"], [b"c", b""], [b"d"], [b"e"]]


def test_a_key_block_of_a_text_stays_in_one_piece() -> None:
    begin, end = b"-----BEGIN X-----\n", b"-----END X-----\n"
    stream: Any = _Slow(b"a\n" + begin, b"abc\n", b"def\n" + end + b"z\n", b"y")
    assert list(_text_blocks(stream)) == [b"a\n", begin + b"abc\ndef\n" + end + b"z\n", b"y"]
