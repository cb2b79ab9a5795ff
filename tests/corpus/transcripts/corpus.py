"""About ninety damaged and odd transcripts, made in code, each with the totals it must give."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from tachograph_sdk.model.event import DropReason
from tests.unit.transcripts.making import common, joined, line, prompt, response, tool_result, tool_use, usage

__all__ = ["CASES", "Case"]

BAD, NUMBER, TIME, LARGE = (
    r.value for r in (DropReason.BAD_LINE, DropReason.BAD_NUMBER, DropReason.BAD_TIME, DropReason.TOO_LARGE)
)
ONE = {"input_tokens": 10, "output_tokens": 20, "cache_read_tokens": 300, "cache_write_tokens": 40}


@dataclass(frozen=True, kw_only=True)
class Case:
    """Files, and what must come of them."""

    name: str
    files: dict[str, bytes]
    responses: int = 2  # each with the usage ONE
    extra: dict[str, int] = field(default_factory=dict)  # totals besides those of the responses
    bad: dict[str, int] = field(default_factory=dict)
    bad_places: tuple[str, ...] = ()  # "line 2", in any file
    torn: int = 0
    prompts: int = 0
    tools: int = 0
    failures: int = 0

    def totals(self) -> dict[str, int]:
        """What the events must add up to."""
        counts = {name: value * self.responses for name, value in ONE.items()} | {"requests": self.responses}
        for name, value in self.extra.items():
            counts[name] = counts.get(name, 0) + value
        counts |= {"prompts": self.prompts, "tool_calls": self.tools, "tool_failures": self.failures}
        return {name: value for name, value in counts.items() if value}


def one_file(name: str, data: bytes, **more: Any) -> Case:
    return Case(name=name, files={"s.jsonl": data}, **more)


def raw(record: bytes, old: str, new: str | bytes) -> bytes:
    """The record with a piece of its text exchanged, which may make it anything but JSON."""
    assert old.encode() in record
    return record.replace(old.encode(), new if isinstance(new, bytes) else new.encode(), 1)


def with_usage(**values: Any) -> bytes:
    return response(9, used=usage(**values))


# Each stands alone between two good responses: it is set aside, for this reason, and costs neither of them.
BAD_LINES: dict[str, tuple[bytes, str]] = {
    "words": (b"this is not json", BAD),
    "half a record": (response(9)[:100], BAD),
    "the other half": (response(9)[100:], BAD),
    "a record cut in its usage": (response(9)[: response(9).index(b"output_tokens") + 18], BAD),
    "two records glued": (response(9) + response(10), BAD),
    "half a record and a whole one": (response(9)[:80] + response(10), BAD),
    "an array": (b"[" + response(9) + b"]", BAD),
    "a string": (b'"' + b"x" * 50 + b'"', BAD),
    "a number": (b"42", BAD),
    "null": (b"null", BAD),
    "true": (b"true", BAD),
    "an empty object": (b"{}", BAD),
    "no type": (line(message={"id": "x", "usage": usage()}, **common(9)), BAD),
    "a type that is no text": (line(type=5, message={"id": "x", "usage": usage()}, **common(9)), BAD),
    "NUL bytes only": (b"\0" * 500, BAD),
    "NUL bytes before a record": (b"\0" * 16 + response(9), BAD),
    "a NUL byte in a text": (raw(response(9), "answer", b"ans\0wer"), BAD),
    "a raw tab in a text": (raw(response(9), "answer", b"ans\twer"), BAD),
    "invalid UTF-8 in a text": (raw(response(9), "answer", b"\xff\xfe answer"), BAD),
    "an overlong sequence": (raw(response(9), "answer", b"\xc0\xaf"), BAD),
    "a surrogate as UTF-8": (raw(response(9), "answer", b"\xed\xa0\x80"), BAD),
    "a cut multi-byte character": (raw(response(9), "answer", "値".encode()[:2]), BAD),
    "UTF-16": (response(9).decode().encode("utf-16-le").replace(b"\n", b""), BAD),
    "single quotes": (response(9).replace(b'"', b"'"), BAD),
    "a trailing comma": (response(9)[:-1] + b",}", BAD),
    "a comment": (b"// " + response(9), BAD),
    "an unknown escape": (raw(response(9), "answer", "\\q"), BAD),
    "NaN": (raw(response(9), '"output_tokens":20', '"output_tokens":NaN'), BAD),
    "Infinity": (raw(response(9), '"output_tokens":20', '"output_tokens":Infinity'), BAD),
    "a leading zero": (raw(response(9), '"output_tokens":20', '"output_tokens":020'), BAD),
    "deep nesting": (raw(response(9), '"answer"', "[" * 100_000 + "]" * 100_000), LARGE),
    "a text as count": (with_usage(tokens_out="20"), NUMBER),
    "a flag as count": (with_usage(tokens_out=True), NUMBER),
    "an object as count": (with_usage(tokens_in={}), NUMBER),
    "half a token": (with_usage(tokens_in=0.5), NUMBER),
    "a negative count": (with_usage(read=-1), NUMBER),
    "an absurd count": (with_usage(write=10**15), NUMBER),
    "a count of 20,000 digits": (raw(response(9), '"output_tokens":20', '"output_tokens":' + "9" * 20_000), NUMBER),
    "a count beyond 64 bits": (with_usage(tokens_out=2**70), NUMBER),
    "an exponent": (raw(response(9), '"output_tokens":20', '"output_tokens":1e400'), NUMBER),
    "a bad split": (with_usage(cache_creation={"ephemeral_5m_input_tokens": "x"}), NUMBER),
    "a negative split": (with_usage(cache_creation={"ephemeral_1h_input_tokens": -5}), NUMBER),
    "no message": (line(type="assistant", **common(9)), BAD),
    "a message that is a text": (line(type="assistant", message="hello", **common(9)), BAD),
    "a user record without message": (line(type="user", **common(9)), BAD),
    "no time": (response(9, timestamp=None), TIME),
    "a time that is none": (response(9, timestamp="yesterday"), TIME),
    "a time that is a number": (response(9, timestamp=1795168800), TIME),
    "the 32nd of a month": (response(9, timestamp="2026-01-32T10:00:00.000Z"), TIME),
    "hour 25": (response(9, timestamp="2026-01-02T25:00:00.000Z"), TIME),
    "second 99": (response(9, timestamp="2026-01-02T10:00:99.000Z"), TIME),
    "the year 1": (response(9, timestamp="0001-01-01T00:00:00.000Z"), TIME),
    "the year 9999": (response(9, timestamp="9999-01-01T00:00:00.000Z"), TIME),
    "a response without any id": (response(9, message={"id": None}, requestId=None, uuid=None), BAD),
    "a tool result without an id": (
        line(type="user", message={"role": "user", "content": [{"type": "tool_result"}]}, **common(9)),
        BAD,
    ),
}

# Each is odd, and still a good record of one response with the usage ONE.
GOOD_LINES: dict[str, bytes] = {
    "unknown keys everywhere": response(9, future={"x": [1, {"y": None}]}, used=usage(new_tokens="?", other={})),
    "null where numbers may be": response(9, used=usage(cache_creation=None, server_tool_use=None, iterations=None)),
    "odd types where nothing is needed": response(
        9, effort={"level": 3}, cwd=["x"], version=2, entrypoint=None, origin="human", permissionDecision=[1]
    ),
    "odd types in what is only shown": response(9, used=usage(speed=1, service_tier=[], inference_geo={})),
    "whole numbers with a point": raw(response(9), '"output_tokens":20', '"output_tokens":20.0'),
    "half a surrogate pair": raw(response(9), "answer", "cut \\ud83d"),
    "the other half of a pair": raw(response(9), "answer", "\\udca9 cut"),
    "an escaped backslash before a u": raw(response(9), "answer", "C:\\\\users\\\\dan"),
    "every escape there is": raw(response(9), "answer", '\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u0041 \\ud83d\\ude00'),
    "no request id": response(9, requestId=None),
    "no message id": response(9, message={"id": None}),
    "no model": response(9, message={"model": None}),
    "no session": response(9, sessionId=None),
    "content that is a text": response(9, message={"content": "hello"}),
    "content that is nothing": response(9, message={"content": None}),
    "blocks that are none": response(9, blocks=[1, None, "x", {"type": 5}, {}]),
    "a zone that is not UTC": response(9, timestamp="2026-11-20T12:00:09.000+02:00"),
    "microseconds": response(9, timestamp="2026-11-20T10:00:09.000123Z"),
    "no fraction": response(9, timestamp="2026-11-20T10:00:09Z"),
    "the same key twice": raw(response(9), '"output_tokens":20', '"output_tokens":7,"output_tokens":20'),
    "spaces around everything": json.dumps(json.loads(response(9)), indent=None, separators=(" , ", " : ")).encode(),
    "a line of two megabytes": response(9, blocks=[{"type": "text", "text": "naïve → " * 200_000}]),
    "a tool input of two megabytes, oddly typed": response(
        9, effort=7, blocks=[{"type": "text", "text": "値" * 700_000}]
    ),
}


def _bad_line_cases() -> list[Case]:
    return [
        one_file(
            f"bad line: {name}",
            joined(response(1), bad, response(2)),
            bad={reason: 1},
            bad_places=("line 2",),
        )
        for name, (bad, reason) in BAD_LINES.items()
    ]


def _good_line_cases() -> list[Case]:
    return [
        one_file(f"good line: {name}", joined(response(1), good, response(2)), responses=3)
        for name, good in GOOD_LINES.items()
    ]


def _usage_cases() -> list[Case]:
    growing = [response(1, used=usage(tokens_out=n)) for n in (1, 1, 20)]
    split = {"ephemeral_5m_input_tokens": 15, "ephemeral_1h_input_tokens": 25}
    fork = {"sessionId": "99999999-2222-4333-8444-555555555555"}
    advisor = [{"type": "advisor_message", "model": "claude-haiku-5-5", "input_tokens": 3, "output_tokens": 4}]
    return [
        one_file("usage: a line per block", joined(*[response(1)] * 5, response(2))),
        one_file("usage: placeholders first", joined(*growing, response(2))),
        one_file("usage: largest first", joined(*reversed(growing), response(2))),
        one_file("usage: lines of two responses mixed", joined(*[response(1), response(2)] * 3)),
        one_file(
            "usage: a split beside no total",
            joined(response(1, used=usage(write=0, cache_creation=split)), response(2)),
        ),
        one_file("usage: identical files' lines twice", joined(response(1), response(2), response(1), response(2))),
        Case(
            name="usage: a fork copies its history under another session",
            files={
                "a.jsonl": joined(response(1), response(2)),
                "b.jsonl": joined(response(1, **fork), response(2, **fork), response(3, **fork)),
            },
            responses=3,
        ),
        Case(
            name="usage: a copy of the file in another folder",
            files={"s.jsonl": joined(response(1), response(2)), "other/s.jsonl": joined(response(1), response(2))},
        ),
        Case(
            name="usage: a copy that holds less of a response",
            files={"a.jsonl": joined(*growing, response(2)), "b.jsonl": joined(growing[0])},
        ),
        one_file(
            "usage: a synthetic row", joined(response(1), response(9, message={"model": "<synthetic>"}), response(2))
        ),
        one_file(
            "usage: an error",
            joined(response(1), response(9, isApiErrorMessage=True, apiErrorStatus=529), response(2)),
            extra={"errors": 1},
        ),
        one_file(
            "usage: a replay in a sidechain",
            joined(response(1), response(1, requestId="req_replay", isSidechain=True), response(2)),
        ),
        one_file(
            "usage: another model's advice",
            joined(response(1, used=usage(iterations=advisor)), response(2)),
            extra={"requests": 1, "input_tokens": 3, "output_tokens": 4},
        ),
        Case(
            name="usage: subagents in files of their own, old and new",
            files={
                "s.jsonl": joined(response(1)),
                "agent-a1.jsonl": joined(response(2, isSidechain=True, agentId="a1")),
                "s/subagents/agent-b2.jsonl": joined(response(3, isSidechain=True, agentId="b2")),
            },
            responses=3,
        ),
    ]


def _file_cases() -> list[Case]:
    two = joined(response(1), response(2))
    calls = (response(2, blocks=[tool_use(2, command="ls"), tool_use(3, command="ls")]), tool_result(2))
    return [
        one_file("file: empty", b"", responses=0),
        one_file("file: only line ends", b"\n\n\r\n  \n", responses=0),
        one_file("file: blank lines between", two.replace(b"\n", b"\n\n \n")),
        one_file("file: DOS line ends", joined(response(1), response(2), end=b"\r\n")),
        one_file("file: a byte order mark", b"\xef\xbb\xbf" + two),
        one_file("file: no line end after the last record", two[:-1]),
        one_file("file: half a last line", two + response(3)[:-40], torn=1),
        one_file("file: a last line cut inside a character", two + "値".encode()[:1], torn=1),
        one_file("file: nothing but half a line", response(1)[:50], responses=0, torn=1),
        one_file("file: NUL bytes at the end, as after a power cut", two + b"\0" * 4096, torn=1),
        one_file("file: random bytes", bytes(range(256)).replace(b"\n", b"") * 40 + b"\n", responses=0, bad={BAD: 1}),
        one_file("file: a compressed file by the wrong name", b"\x1f\x8b\x08" + bytes(range(11, 256)) + b"\n", responses=0, bad={BAD: 1}),
        one_file("file: bad lines at both ends", joined(b"x", response(1), response(2), b"y"), bad={BAD: 2}, bad_places=("line 1", "line 4")),
        one_file("file: more bad than good", joined(*[b"{"] * 500, response(1), *[b"}"] * 500, response(2)), bad={BAD: 1000}, bad_places=("line 501",)[:0]),
        one_file("file: prompts and tools among damage", joined(prompt(1), b"?", *calls, response(4)), prompts=1, tools=2, bad={BAD: 1}),
        one_file("file: a failed tool among damage", joined(calls[0], b"?", tool_result(3, is_error=True), response(4)), tools=2, failures=1, bad={BAD: 1}),
        Case(
            name="file: set-aside copies are not read",
            files={
                "s.jsonl": two,
                "s.orphaned-123.jsonl": joined(response(3)),
                "t.jsonl.superseded-1": joined(response(4)),
                "s/tool-results/out.jsonl": joined(response(5)),
                "notes.txt": joined(response(6)),
            },
        ),
        Case(
            name="file: one that is all damage beside one that is not",
            files={"bad.jsonl": b"\xff\n\xfe\n", "s.jsonl": two},
            bad={BAD: 2},
        ),
    ]  # fmt: skip


CASES = [*_bad_line_cases(), *_good_line_cases(), *_usage_cases(), *_file_cases()]
