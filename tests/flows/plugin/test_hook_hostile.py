"""Whatever comes on stdin: the hook ends with status 0, says nothing, and keeps nothing that it should not.

Each payload is a run of its own, as Claude Code would start it. CANARY stands wherever a person's words could stand.
"""

from __future__ import annotations

import gzip
import json
import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.plugin_hook import SESSION, Hook, payload

CANARY = "Zq7CANARYx4"
C = CANARY.encode()


def not_json() -> Iterator[bytes]:
    whole = payload(prompt=f"/demo:hello {CANARY}")
    yield from (b"", b" ", b"\n\n", b"\x00", C, b"'" + C + b"'", b"{" + C + b"}", b"}", b"{", b"]", b'"' + C)
    yield from (whole[:cut] for cut in range(1, len(whole), 23))
    yield from (whole + b"x", whole + whole, whole + b"\n" + whole, whole + b"\x00", b"\x00" + whole, b"//c\n" + whole)
    yield from (
        whole.replace(b'"', b"'"),
        whole.replace(b"}", b",}"),
        whole.replace(b":", b"="),
        whole.replace(b",", b";"),
    )
    yield from (text.encode("utf-16") for text in (whole.decode(), CANARY))
    yield from (whole.decode().encode("utf-32"), gzip.compress(whole), whole[::-1], b"\xff\xfe" + C, b"\xc3\x28" * 100)
    yield from (b"{'session_id': None}", b'{"session_id"}', b'{"a":}', b'{"a":1,,}', b"{:1}", b"NaN" + C, b"--1", b"+1")
    shuffled = random.Random(5)
    yield from (bytes(shuffled.randrange(256) for _ in range(300)) + C for _ in range(6))


def no_object() -> Iterator[bytes]:
    for text in ("null", "true", "false", "0", "-0.0", "1e999", "-1e-999", "NaN", "Infinity", '""', "[]", "{}", "[[]]"):
        yield text.encode()
    yield from (
        b"[" + payload(prompt="/x " + CANARY) + b"]",
        b'"' + C + b'"',
        b"9" * 5_000,
        b"[" + b"null," * 999 + b"0]",
    )


def wrong_types() -> Iterator[bytes]:
    values: tuple[object, ...] = (None, True, 0, -1.5, [], [CANARY], {}, {"a": CANARY}, "")
    for name in ("session_id", "hook_event_name", "prompt", "transcript_path", "reason", "source", "cwd"):
        for value in values:
            event = {"reason": "SessionEnd", "source": "SessionStart", "transcript_path": "SessionEnd"}.get(name)
            yield payload(event or "UserPromptSubmit", **{"prompt": f"/x {CANARY}", name: value})
        gone: dict[str, Any] = {name: ...}
        yield payload(**gone)
    for value in (*values, ..., {"skill": None}, {"skill": [CANARY]}, {"skill": {"skill": CANARY}}, {"skill": 7}):
        yield payload("PreToolUse", tool_name="Skill", tool_input=value)
    for value in values:
        yield payload("PreToolUse", tool_name=value, tool_input={"skill": "demo:x"})


def odd_sessions() -> Iterator[bytes]:
    for session in (
        *(
            "../../../../tmp/" + CANARY,
            "/etc/passwd",
            "..",
            ".",
            "-rf",
            "~",
            "$HOME",
            "`touch x`",
            "$(touch x)",
            "a;touch x",
        ),
        *(
            "a b",
            "a\nb",
            "a\x00b",
            "a\r\n{}",
            "é",
            "\ud800",
            "a" * 129,
            "x" * 100_000,
            '","name":"' + CANARY,
            "a\\u0041",
            "%s",
        ),
        *(
            "CON",
            "a/b",
            "a\\b",
            "*",
            "?",
            "|cat",
            ">x",
            "<x",
            "!!",
            "#",
            "'",
            '"',
            "\u202e",
            "\ufeffa",
            "０",
            "\x7f",
            " a",
        ),
    ):
        yield payload("SessionEnd", session_id=session, reason="other")


def odd_prompts() -> Iterator[bytes]:
    for prompt in (
        *(
            f"/home/ada/{CANARY}/x.py explain",
            f"/{CANARY}.md",
            f"/{CANARY}/",
            f"/Users/{CANARY}",
            f"//{CANARY}",
            f"/ {CANARY}",
        ),
        *(
            f"/etc/{CANARY}",
            f"/\n{CANARY}",
            f"/\t{CANARY}",
            f"/\x00{CANARY}",
            f"/é{CANARY}",
            f"/{CANARY}\x00",
            f"/{CANARY}!",
        ),
        *(f"/{CANARY}@example.com", f"/{CANARY}=1", f"/{CANARY}?", f"/a:{CANARY}:b:c", f"/:{CANARY}", f"/../{CANARY}"),
        *(
            f"/proc/self/{CANARY}",
            f"/dev/stdin {CANARY}",
            f"/x {CANARY}",
            f"/x\n{CANARY}",
            f"/demo:hello {CANARY}" * 50,
        ),
        *(
            f"/{'a' * 65}{CANARY}",
            f"/C:\\Users\\{CANARY}",
            f"/$({CANARY})",
            f"/`{CANARY}`",
            f"/{CANARY}\ud800",
            f"/\udc00{CANARY}",
        ),
        *(
            f'/x","session":"{CANARY}',
            f"/x\\u0022{CANARY}",
            f" /{CANARY}",
            f"\ufeff/{CANARY}",
            CANARY,
        ),
        *(
            f"/x\u200b{CANARY}",
            f"/tmp {CANARY}",
            f"/usr:{CANARY}",
            "/" * 1_000,
            f"/{CANARY},x",
            f"/{CANARY};x",
            f"/<{CANARY}>",
        ),
    ):
        yield payload(prompt=prompt)
    for skill in (
        f"{CANARY} x",
        f"{CANARY}/x",
        f"../{CANARY}",
        f"{CANARY}\n",
        f"é{CANARY}",
        "",
        "x" * 500,
        f'"{CANARY}',
        "\ud800",
    ):
        yield payload("PreToolUse", tool_name="Skill", tool_input={"skill": skill, "args": CANARY})


def odd_transcripts(folder: Path) -> Iterator[bytes]:
    fifo, sparse, link = folder / "fifo.jsonl", folder / "sparse.jsonl", folder / "link.jsonl"
    os.mkfifo(fifo)
    with sparse.open("wb") as file:
        file.truncate(2 << 30)
    link.symlink_to("/dev/zero")
    for path in (
        *(
            str(fifo),
            str(sparse),
            str(link),
            "/dev/zero",
            "/dev/stdin",
            "/dev/tty",
            "/proc/self/mem",
            "/proc/kmsg",
            "/dev/random",
        ),
        *(
            f"../{CANARY}.jsonl",
            f"{CANARY}.jsonl",
            f"~/{CANARY}.jsonl",
            f"/{CANARY}",
            f"/a\n{CANARY}.jsonl",
            f"/a\x00{CANARY}.jsonl",
        ),
        *(
            f"/{CANARY * 200}.jsonl",
            f"file:///{CANARY}.jsonl",
            f"http://{CANARY}.jsonl",
            f"$HOME/{CANARY}.jsonl",
            f"/{CANARY}.jsonl\n",
        ),
        *(
            f"\\\\host\\{CANARY}.jsonl",
            f"C:\\{CANARY}.jsonl",
            "",
            "/",
            f"/\x7f{CANARY}\x01.jsonl",
            "/" + "é" * 1_000 + f"{CANARY}.jsonl",
        ),
    ):
        for event in ("SessionEnd", "SessionStart"):
            yield payload(event, transcript_path=path, reason=CANARY, source=CANARY)


def large_and_deep() -> Iterator[bytes]:
    yield from (
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 900_000,
        b'{"session_id":' + b"[" * 50_000 + b"]" * 50_000 + b"}",
    )
    yield payload(prompt="/x " + CANARY * 20_000)
    yield payload(prompt="/x " + CANARY * 200_000)
    yield payload(x="9" * 900_000).replace(b'"999', b"999").replace(b'9"}', b"9}")
    yield from (b" " * 1_000_000 + payload(prompt="/x"), payload(prompt="/x") + b" " * 900_000, b"\n" * 5_000_000)
    yield b"{" + b",".join(b'"k%d":{}' % number for number in range(60_000)) + b"}"
    yield b'{"a":' + b"[[],{}," * 1 + b",".join([b"[]"] * 250_000) + b"]}"
    yield b'{"prompt":"' + b"\\ud83d\\ude00" * 60_000 + b'"}'
    yield b'{"prompt":"' + b"\\" * 900_001
    yield b'{"session_id":"a",' * 40_000


GROUPS: dict[str, Callable[[], Iterator[bytes]]] = {
    "not JSON": not_json,
    "no object": no_object,
    "wrong types": wrong_types,
    "odd sessions": odd_sessions,
    "odd prompts": odd_prompts,
    "large and deep": large_and_deep,
}


def holds_no_secret(hook: Hook) -> bool:
    hook.events(), hook.costs()  # each line has the exact form
    return hook.holds(C) == []


@pytest.mark.parametrize("group", GROUPS)
def test_every_payload_ends_well_and_leaks_nothing(tmp_path: Path, group: str) -> None:
    hook = Hook(folder=tmp_path)
    payloads = list(GROUPS[group]())
    for stdin in payloads:
        ran = hook.run(stdin)
        assert ran.was_silent, (stdin[:200], ran)
        assert ran.seconds < 2, stdin[:200]
    assert len(hook.costs()) == len(payloads)  # each was looked at
    assert holds_no_secret(hook)


def test_transcripts_are_not_opened_and_odd_paths_not_kept(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path / "plugin", shipper=None)
    (tmp_path / "odd").mkdir()
    for stdin in odd_transcripts(tmp_path / "odd"):
        ran = hook.run(stdin)
        assert ran.was_silent, (stdin[:200], ran)
        assert ran.seconds < 1, stdin[:200]
    kept = {event.get("transcript") for event in hook.events()}
    assert {event.get("reason", "other") for event in hook.events()} == {"other"}
    assert kept == {None, *(str(tmp_path / "odd" / f"{name}.jsonl") for name in ("fifo", "sparse", "link"))}
    assert holds_no_secret(hook)


def test_there_are_two_hundred_of_them_and_more() -> None:
    assert sum(1 for group in GROUPS.values() for _ in group()) > 250


def test_what_may_be_a_name_is_all_that_is_kept_of_a_prompt(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path)
    for stdin in odd_prompts():
        hook.run(stdin)
    assert {event["name"] for event in hook.events()} == {"custom", "x", "demo:hello"}


# --- size and time -------------------------------------------------------------------------------------------------


def test_fifty_megabytes_are_read_to_the_end_and_not_held(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path)
    inputs = {
        "nothing": b"x" * 50_000_000,
        "prompt": payload(prompt="/x " + CANARY * 4_600_000),
        "closing braces": b"}" * 50_000_000,
        "objects": b"[" + b"{}," * 16_600_000 + b"{}]",
        "just small enough": b"[" + b"[]," * 349_000 + b"[]]",
        "one character beyond": payload(prompt="/" + CANARY * 80_000 + "\U0001f600"),
    }
    # Linux counts what a process was forked from besides, so a small one stands between.
    note = tmp_path / "largest"
    measure = (
        "import posix,sys\npid=posix.posix_spawn(sys.argv[2],sys.argv[2:],posix.environ)\nrest=posix.wait4(pid,0)\n"
    )
    measure += "open(sys.argv[1],'w').write('%d %d'%(rest[1],rest[2].ru_maxrss))"
    for name, stdin in inputs.items():
        for words in (hook.words(shell=False), hook.words()):
            ran = hook.run(stdin, words=[hook.python, "-I", "-S", "-c", measure, str(note), *words])
            assert ran.was_silent
            assert ran.seconds < 2, name
            status, kilobytes = note.read_text().split()
            assert status == "0"
            assert 4_000 < int(kilobytes) < 60_000, (name, kilobytes)
    assert holds_no_secret(hook)
    assert {cost["outcome"] for cost in hook.costs()} >= {"too_large", "not_json"}


def test_stdin_that_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path)
    for first in (b"", b'{"session_id":', b"x" * 100_000):
        began = time.monotonic()
        with subprocess.Popen(hook.words(), stdin=subprocess.PIPE, env=hook.environ) as running:
            assert running.stdin is not None
            running.stdin.write(first)
            running.stdin.flush()
            assert running.wait(timeout=5) == 0
            assert time.monotonic() - began < 2, first
    assert [cost["outcome"] for cost in hook.costs()] == ["no_time"] * 3


def test_a_payload_that_is_whole_is_taken_though_stdin_stays_open(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path)
    with subprocess.Popen(hook.words(), stdin=subprocess.PIPE, env=hook.environ) as running:
        assert running.stdin is not None
        running.stdin.write(payload("SessionEnd", reason="clear"))
        running.stdin.flush()
        began = time.monotonic()
        assert running.wait(timeout=5) == 0
        assert time.monotonic() - began < 0.5
    assert len(hook.events()) == 1


def test_stdin_that_trickles_without_end_is_not_waited_for(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path)
    with subprocess.Popen(hook.words(), stdin=subprocess.PIPE, env=hook.environ) as running:
        assert running.stdin is not None
        began = time.monotonic()
        while running.poll() is None and time.monotonic() - began < 5:
            try:
                running.stdin.write(b"}")
                running.stdin.flush()
            except BrokenPipeError:
                break
            time.sleep(0.005)
        assert running.wait(timeout=5) == 0
        assert time.monotonic() - began < 2


def test_a_payload_in_pieces_is_put_together(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path)
    stdin = payload("PreToolUse", tool_name="Skill", tool_input={"skill": "demo:x", "args": {"a": {"b": {}}}})
    with subprocess.Popen(hook.words(), stdin=subprocess.PIPE, env=hook.environ) as running:
        assert running.stdin is not None
        for start in range(0, len(stdin), 16):
            running.stdin.write(stdin[start : start + 16])
            running.stdin.flush()
            time.sleep(0.002)
        running.stdin.close()
        assert running.wait(timeout=5) == 0
    assert [event["name"] for event in hook.events()] == ["demo:x"]


@pytest.mark.parametrize(
    "redirection", ["<&-", "</dev/null", "</dev/zero", "</", ">&-", "2>&-", "<&- >&- 2>&-", "</dev/full"]
)
def test_stdin_and_stdout_of_any_kind(tmp_path: Path, redirection: str) -> None:
    hook = Hook(folder=tmp_path)
    ran = hook.run(b"", words=["/bin/sh", "-c", f'/bin/sh -c "$0" {redirection}', hook.words()[2]])
    assert ran.status == 0
    assert ran.stdout == b""
    assert ran.seconds < 2
    assert hook.events() == []


def test_a_session_id_from_the_payload_is_the_one_that_is_spooled(tmp_path: Path) -> None:
    hook = Hook(folder=tmp_path)
    stdin = b'{"session_id":"first","session_id":"' + SESSION.encode() + b'","hook_event_name":"SessionEnd"}'
    hook.run(stdin)
    hook.run(b"\xef\xbb\xbf \r\n\t" + json.dumps(json.loads(stdin), indent=4).encode() + b"\r\n")
    assert [event["session"] for event in hook.events()] == [SESSION, SESSION]
