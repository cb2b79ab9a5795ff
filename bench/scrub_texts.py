"""Texts to time a scrubber on: prose, logs and code as developers have them, dense text, and hostile lines."""

from __future__ import annotations

import base64
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from random import Random

from tests.corpus.scrub.case import blocks
from tests.corpus.scrub.generate import DATA, innocents, positives

__all__ = ["HOSTILE", "code", "dense", "hostile", "library", "logs", "mixtures", "prose"]

_PROSE = ("english", "german", "french", "spanish", "portuguese", "italian")
_CODE = ("python", "typescript", "go", "rust", "java", "c", "cpp", "csharp", "ruby", "php", "kotlin", "swift", "sql", "shell", "yaml", "toml")  # fmt: skip


def prose(size: int) -> str:
    """Paragraphs: three parts English, one part others, with words like "password" and "token" as people use them."""
    random = Random("prose")
    lines = [(group, text) for group, text in blocks(DATA / "innocent_texts.txt") if group in _PROSE]
    english = [text for group, text in lines if group == "english"]
    others = [text for group, text in lines if group != "english"]
    return _upto(size, lambda: " ".join(random.choice(english if random.random() < 0.75 else others) for _ in range(5)) + "\n\n")  # fmt: skip


def logs(size: int) -> str:
    """Log lines with times, levels, names, ids and figures; every fiftieth holds something private."""
    random = Random("logs")
    kinds = {"logs", "identifiers", "numbers", "counting tokens", "paths", "model and tool names", "git"}
    plain = [c.text for c in innocents() if c.kind in kinds and "\n" not in c.text and not c.carrier]
    private = [c.text for c in positives() if "\n" not in c.text and len(c.text) < 200 and not c.carrier]

    def line() -> str:
        second = f"2026-11-20T09:{random.randint(0, 59):02d}:{random.randint(0, 59):02d}.{random.randint(0, 999):03d}Z"
        text = random.choice(private if random.random() < 0.02 else plain)
        return f"{second} {random.choice(('INFO ', 'DEBUG', 'WARN '))} [{random.choice(('main', 'worker-3', 'http-nio-8080'))}] app.core.{random.choice(('store', 'api', 'tasks'))} - {text}\n"

    return _upto(size, line)


def code(size: int) -> str:
    """Source code in sixteen languages."""
    random = Random("code")
    found = [text for group, text in blocks(DATA / "innocent_texts.txt") if group in _CODE]
    return _upto(size, lambda: random.choice(found) + "\n\n")


def library(size: int) -> str:
    """Real text: the beginning of Python's standard library, as this interpreter has it."""
    folder = Path(sysconfig.get_paths()["stdlib"])
    pieces, length = [], 0
    for path in sorted(folder.glob("*.py")):
        pieces.append(path.read_text("utf-8"))
        length += len(pieces[-1])
        if length >= size:
            break
    return "".join(pieces)[:size]


def dense(size: int) -> str:
    """Nothing but cases of the corpus: about one finding in 60 characters."""
    random = Random("dense")
    cases = [case.text for case in positives() if len(case.text) < 400]
    return _upto(size, lambda: random.choice(cases) + "\n")


def _upto(size: int, make: object) -> str:
    assert callable(make)
    pieces, length = [], 0
    while length < size:
        pieces.append(make())
        length += len(pieces[-1])
    return "".join(pieces)[:size]


HOSTILE = (
    "a", "A", "0", "1", "-", "_", ".", "/", "\\", ":", "@", "=", "%", "+", " ", "\t", "<", ">", '"', "'", "{", "[", "(", "&", "?", "#", "~", ",", ";", "|",
    "\0", "\ud800", "é", "汉", "\u202e", "\x1b[", "a.", "a@", "a@a", "a@a.", "@a.", "a.a@", "1.", "1.1.1.", "1.1.1.1", "1 ", "1-", "12 34 ", "+1 ", "+49 30 ",
    "4111 1111 ", "4111-", "DE89 3704 ", "DE89", "a:", "::", "f:", "ff:", "ff-", "fe80:", "0000:", "%41", "%25", "%2F", "\\x41", "\\u0041", "\\\\", "\\n", "&#64;",
    "a=", "=a", "a=b&", "key=", "key:", "password", "password=", "password: ", '"password":"', "secret ", "token ", "token=", "api_key", "Bearer ", "Basic ",
    "Authorization: ", "Cookie: a=", "Cookie: ", "a=b; ", "Set-Cookie: ", "-----BEGIN ", "-----BEGIN RSA PRIVATE KEY-----\n", "-----", "-----END ", "eyJ", "eyJ.",
    "eyJa.eyJa.", "sk-", "sk-ant-", "ghp_", "AKIA", "AIza", "xox", "xoxb-1-", "SG.", "hf_", "glpat-", "npm_", "pypi-", "sk_live_", "http://", "https://a:", "http://a:b",
    "a://", "//", "://", "postgres://", "postgres://a:b@", "@localhost", "?token=", "&key=", "C:\\", "C:\\Users\\", "C:\\Users\\a b ", "\\\\a\\", "/home/", "/home/a",
    "/home/a/", "/Users/", "/Users/a b", "/mnt/c/Users/", "/srv/", "/srv/a/", "D:\\a\\", "-Users-", "-home-a", "pytest-of-", "~a", "~a/", "file://", "Signed-off-by: ", "Signed-off-by: A B <",
    "Author: A ", "A B <", "user@host:", "a@b:~$ ", "root@", "$ ", "PS C:\\", "drwxr-xr-x 1 a ", "SSN: ", "123-45-", "DNI ", "phone ", "tel:", "IBAN ", "<user>", "<email>@", "${", "{{", "$(",
    "A1b2C3d4", "abcdefghijklmnopqrstuvwxyz0123456789", "0123456789abcdef", "aB3/", "aB3+", "YWJj", "eyJhbGciOiJIUzI1NiJ9", "a-b-c-", "a_b_c_", "a.b.c.", ".local", "a.internal ", "host.", "localhost:",
    "user=", "user: ", "-p", "--password ", "-u a:", "PWD=", "a b c ", "Aa ", "The quick brown fox ", "machine a login b password ",
)  # fmt: skip
"""What hostile lines repeat."""


def hostile(length: int) -> Iterator[tuple[str, str]]:
    """Name and text: each fragment over and over, alone and with an end that does not fit."""
    for part in HOSTILE:
        yield repr(part), (part * (length // len(part) + 1))[:length]
    for part in ("a", "1", "A1b2", ".", "/a", "a=", " ", "%41"):
        for start in (
            "password=",
            "https://a:",
            "/home/",
            "eyJ",
            "sk-",
            "a@",
            "-----BEGIN RSA PRIVATE KEY-----",
            "Cookie: ",
            "+1",
            "C:\\Users\\",
            '"token": "',
        ):
            yield f"{start!r} then {part!r}", (start + part * length)[:length]
    nested = b"password=hunter2xx"
    while len(nested) < length:
        nested = base64.b64encode(nested * 2)
    yield "base64 in base64", nested[:length].decode()


def mixtures(length: int, count: int, seed: int = 1) -> Iterator[tuple[str, str]]:
    """Lines of random fragments: few different ones, so that they meet each other often."""
    random = Random(f"mixtures {seed}")
    for number in range(count):
        parts = random.sample(HOSTILE, random.randint(2, 5))
        piece = "".join(random.choices(parts, k=random.randint(3, 60)))
        text = piece * (length // len(piece) + 1) if number % 2 else "".join(random.choices(parts, k=length // 3))
        yield f"mixture of {parts}", text[:length]
