"""Who works at which machine: shell prompts, and the targets of ssh and its kin."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import NOT_ASCII, Detector, Span, Text
from tachograph_sdk.privacy.detectors.path_words import NOT_A_PERSON
from tachograph_sdk.privacy.detectors.public_hosts import is_known
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["DETECTOR", "targets"]

# An at sign with a name behind it and one of the marks that follow the name of a machine; or the mark of Kali.
_AT = re.compile(rb"@[0-9a-z?][0-9a-z?._-]{0,62}+(?=[:/\] ~>#$%)\s\"']|\Z)")
_LOGIN_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789._-?"
_HOST = re.compile(r"[^\W_](?:[\w.-]{0,61}[^\W_])?")

# What follows the machine in a prompt or a target.
_PATH_AFTER = re.compile(r":(?:[~/]|\\\\|[A-Za-z]:[\\/])")
_IN_BRACKETS = re.compile(r"[ :][^\]\n]{0,80}+\][$#%>]")
_SPACE_AFTER = re.compile(r"[ ](?:[^\s@]{1,60} )?[$#%>❯➜](?:[ ]|\Z)|[$#%>](?:[ ]|\Z)|[ ][~/][^\s>]{0,80}>")
_SURE_AFTER = re.compile(
    r"[ ][~/][^\s@]{0,80}(?: \([^\s()]{1,60}\)| [^\s()]{1,30} ✗?)? ?[$#%>❯➜✗](?:[ ]|\n|\Z)|[ ]MINGW(?:32|64) |[ ][^\s@]{1,60} git:\("
    r"|[ ][\w.~/-]{1,60} % (?=[a-z./(])"
)
_REPOSITORY_AFTER = re.compile(r":(?!//)[A-Za-z0-9_.~-][\w./~-]{0,120}")
_LINE_START = re.compile(r"(?:\A|[\n\r\"'`>])[ \t]*(?:[(\[][\w .:-]{1,40}[)\]]\s?|┌──\(|╭─+\s?|[➜❯] {1,2})?\Z")
_COMMANDS = re.compile(
    rb"(?<![a-z0-9_-])(?:ssh|scp|sftp|rsync|mosh|sshfs|ssh-copy-id|autossh|sshpass|et|git clone|git remote|ssh://"
    rb"|sftp://|logged in as|login as|connected to|connecting to)(?![a-z0-9_-])[^\n]{0,120}\Z"
)
_HINTS = (b"ssh", b"scp", b"sftp", b"rsync", b"mosh", b"git ", b"logged in", b"login as", b"connect")
_PUBLIC_KEY = re.compile(rb"[a-z0-9+/]{20}={0,2} \Z")
_SCHEME = re.compile(
    rb"(?<![a-z0-9])(?:ssh|sftp|scp|ftps?|git\+ssh|svn\+ssh|rsync|telnet|rdp|vnc|smb|postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqp|ldaps?|docker)://\Z"
)
_NO_HOST = words(
    "npm workspace patch file link portal github git http https exec virtual sha256 sha512 sha1 md5 latest next canary"
    " beta alpha rc main master nightly stable types dev"
)
_VERSION = re.compile(r"\d+(?:\.(?!\d{1,3}\.\d{1,3}\.\d{1,3}\Z)|\Z|[a-z]?\Z)")
_EXAMPLE = re.compile(r"\.example\.(?:com|org|net|edu)\Z", re.IGNORECASE)
_ANY_HOST = words("localhost local host hostname server machine remote example.com")  # no machine's own name
_ADDRESS = re.compile(r"[0-9.]+")

_KALI = re.compile(r"(?<=\()([^\W\d][\w.-]{0,31})㉿([^\W_][\w.-]{0,62})(?=\)-\[)")

# `Janes-MacBook-Pro:src jane$ ls`, as macOS showed it for long.
_MAC_PROMPT = re.compile(
    r"(?:\A|(?<=[\n\"'`> ]))(?P<host>[^\W_][\w.-]{1,62}):(?P<path>[^\s:$]{1,64}) (?P<user>[^\W\d][\w.-]{0,31})\Z"
)


def targets(text: Text) -> dict[int, tuple[int, int]]:
    """Where the at sign stands in each `login@machine`, with where the login begins and the machine's name ends."""
    return text.once(_look)


def _find(text: Text) -> Iterator[Span]:
    for at, (start, end) in targets(text).items():
        yield from _both(text.text, start, at, end)
    yield from _mac(text)
    if "㉿" in text.text:
        for match in _KALI.finditer(text.text):
            yield from _both(text.text, match.start(1), match.end(1), match.end(2))


def _look(text: Text) -> dict[int, tuple[int, int]]:
    found: dict[int, tuple[int, int]] = {}
    floor = 0
    for match in _AT.finditer(text.lower):
        at = match.start()
        low = max(floor, at - 33)
        start = low + len(text.lower[low:at].rstrip(_LOGIN_BYTES))
        host = _HOST.match(text.text, at + 1, match.end())
        if start == at or host is None or not _is_login(text.text, start, at):
            continue
        if _is_at_machine(text, start, at, host.end()):
            floor = host.end()
            found[at] = start, floor
    return found


def _is_login(whole: str, start: int, at: int) -> bool:
    login, before = whole[start:at], whole[start - 1 : start]
    if before.isalnum() or before in ("@", "+", "%", "\\") or (before == "/" and whole[start - 2 : start] != "//"):
        return False
    if before == ":" and "://" in whole[max(0, start - 80) : start].rsplit(None, 1)[-1]:
        return False  # the password of a URL
    return (login[0].isalpha() or login[0] == "_") and all(char.isalnum() or char in "._-" for char in login)


def _is_at_machine(text: Text, start: int, at: int, end: int) -> bool:
    """Whether `login@name` is somebody at a machine, by what stands before and behind."""
    whole = text.text
    host = whole[at + 1 : end]
    if host.lower() in _NO_HOST or _VERSION.match(host) or (is_known(host) and not _EXAMPLE.search(host)):
        return False
    if _PATH_AFTER.match(whole, end):
        return True
    before = text.lower[max(0, start - 160) : start]
    before = before[before.rfind(b"\n") + 1 :]
    last = before[-1:]
    if last == b"[" and _IN_BRACKETS.match(whole, end):
        return True
    if _SURE_AFTER.match(whole, end):
        return True
    if _SPACE_AFTER.match(whole, end) and _LINE_START.search(whole[max(0, start - 48) : start]):
        return True
    if whole[max(0, start - 3) : start].strip() in ("➜", "❯") and whole[end : end + 1] == " ":
        return True
    if last == b"(" and whole.startswith(")-[", end):
        return True
    if last == b"/" and before.endswith(b"://") and _SCHEME.search(before[-24:]):
        return True
    if last == b" " and _PUBLIC_KEY.search(before[-24:]):
        return True
    if text.once(_has_commands) and _COMMANDS.search(before):
        return True
    return (
        "." not in host and bool(_REPOSITORY_AFTER.match(whole, end)) and not host[-1].isdigit() and _is_remote(before)
    )


def _has_commands(text: Text) -> bool:
    """Whether any of the words that come before a target stands in the text."""
    return any(map(text.places, _HINTS))


def _is_remote(before: bytes) -> bool:
    """Whether the words before are about repositories or copies, so that `jane@build:repo` is a target."""
    return any(word in before for word in (b"git", b"remote", b"origin", b"clone", b"push", b"pull", b"fetch", b"url"))


def _both(whole: str, start: int, at: int, end: int) -> Iterator[Span]:
    login, host = whole[start:at], whole[at + 1 : end]
    if login.lower() not in NOT_A_PERSON:
        yield Span(start, at, "user", "prompt-user")
    if host.lower() not in _ANY_HOST and not _ADDRESS.fullmatch(host):
        yield Span(at + 1, end, "host", "prompt-host")


def _mac(text: Text) -> Iterator[Span]:
    end = 0
    for place in text.places(b"$ "):
        if place < end or place < 5 or text.shape[place - 1 : place] not in (b"a", b"0", b"?"):
            continue
        low = max(end, text.lower.rfind(b"\n", max(0, place - 160), place) + 1)
        match = _MAC_PROMPT.search(text.text, low, place)
        end = place + 1
        if match is not None and match["user"].lower() not in NOT_A_PERSON:
            yield Span(*match.span("host"), "host", "prompt-host")
            yield Span(*match.span("user"), "user", "prompt-user")


DETECTOR = Detector(
    id="prompts",
    help="Users and machines in shell prompts, and in the targets of `ssh`, `scp`, `rsync` and `git`.",
    find=_find,
    catches=(
        ("jane@laptop:~/src$ ls -l", "<user>@<host>:~/src$ ls -l"),
        ("(venv) jane@laptop:~/src (main)$ make", "(venv) <user>@<host>:~/src (main)$ make"),
        ("[jane@web01 app]$ pwd", "[<user>@<host> app]$ pwd"),
        ("root@3f2a1bcd:/app# id", "root@<host>:/app# id"),
        ("jane@Janes-MBP src % ls", "<user>@<host> src % ls"),
        ("jane@laptop ~> ls", "<user>@<host> ~> ls"),
        ("josé@laptop:~$ ", "<user>@<host>:~$ "),
        ("jane.doe@web1.example-shop.com:~$ ls", "<user>@<host>:~$ ls"),
        ("ssh jane@build01", "ssh <user>@<host>"),
        ("ssh -i ~/.ssh/id jane@build.acme.io uptime", "ssh -i ~/.ssh/id <user>@<host> uptime"),
        ("scp a.txt jane@nas:/volume1/x", "scp a.txt <user>@<host>:/volume1/x"),
        ("rsync -av . jane@10.0.0.5:/srv", "rsync -av . <user>@<ip>:/srv"),
        ("ssh://jane@build01/srv", "ssh://<user>@<host>/srv"),
        ("ssh ubuntu@web-3", "ssh ubuntu@<host>"),
        ("origin  jane@forge:tools/app.git (fetch)", "origin  <user>@<host>:tools/app.git (fetch)"),
        (
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHx4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4 jane@laptop",
            "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHx4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4 <user>@<host>",
        ),
        ("┌──(jane@kali-box)-[~]", "┌──(<user>@<host>)-[~]"),
        ("┌──(jane㉿kali-box)-[~]\n└─$ id", "┌──(<user>㉿<host>)-[~]\n└─$ id"),
        ("➜  jane@macbook app git:(main) ✗", "➜  <user>@<host> app git:(main) ✗"),
        ("jane@laptop ~/src (main) $ git push", "<user>@<host> ~/src (main) $ git push"),
        ('x = "jane@laptop ~ % brew update"', 'x = "<user>@<host> ~ % brew update"'),
        ("jane@pc MINGW64 ~/repo (main)", "<user>@<host> MINGW64 ~/repo (main)"),
        ("> janes-box:app jane$ make", "> <host>:app <user>$ make"),
        ("Janes-MacBook-Pro:src jane$ ls", "<host>:src <user>$ ls"),
        ("jane@localhost:~$ ls", "<user>@localhost:~$ ls"),
    ),
    spares=(
        "npm i lodash@latest react@next @types/node@20.11.5",
        "git@github.com:org/repo.git and ssh -T git@github.com",
        '"typescript@patch:typescript@5.3.3": x',
        "uses: actions/checkout@main",
        "image@sha256:0f343b0931126a20f133d67c2b018a3b",
        "root@localhost:/# ls",
        "@dataclass\nclass A: ...",
        "price@ 3 $ each",
        "cost: 5 $ a month",
        "echo a:b c$ d",
        "foo@bar",
        "x = a @ b",
        '"react@^18.2.0":\n  version "18.2.0"',
        "ssh key: ed25519",
        "user@host:~$ ls",
        "postgres://user:password@localhost:5432/app",
    ),
    signs=(b"@", b"$ ", NOT_ASCII),
    anchors=(b"$ ", *_HINTS),
)
