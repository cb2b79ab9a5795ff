"""Logins in the tables of `ls -l`, `ps`, `who`, `last` and `w`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.person_words import is_login
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["DETECTOR"]

_ANCHORS = (b"all=(all", b"r--r--r--", b"%cpu", b"ppid ", b" pts/", b" tty", b" console ", b" ? ")

# The rights of a file from the owner's "w" or "-" on, a letter that lets the search skip, and the number of links.
_FILE_RIGHTS = re.compile(rb"w[-xs][-r][-w][-xs][-r][-w][-xt][@+.]? {1,6}(?:[0-9]{1,7}|[0-9.]{1,6}[kmg]i?b?|-) ")
_ROW = re.compile(
    r"[-dlcbps][-r][-w][-xsS][-r][-w][-xsS][-r][-w][-xtT][@+.]? {1,6}\d{1,7} {1,4}(?P<owner>[^\W\d][\w.\\-]{0,40}\$?) {1,20}"
    r"(?P<group>[^\W\d](?:[\w.\\-]| (?=(?i:users|admins))){0,40}\$?) {1,20}\d"
)
_ROW_OWNER_ONLY = re.compile(
    r"[-dlcbps][-r][-w][-xsS][-r][-w][-xsS][-r][-w][-xtT][@+.]? {1,6}\d{1,7} {1,4}(?P<owner>[^\W\d][\w.\\-]{0,40}) {1,20}\d+ (?:[A-Z][a-z]{2} |\d{4}-)"
)
_ROW_OF_EZA = re.compile(  # and of exa, lsd: size, owner, date
    r"[-.dl][-r][-w][-xsS][-r][-w][-xsS][-r][-w][-xtT][@+.]? {1,6}(?:\d[\d.]{0,5}(?:[kMG]i?B?)?|-) {1,3}(?P<owner>[^\W\d][\w.-]{0,40})"
    r" {1,8}(?:\d{1,2} [A-Z][a-z]{2} |\d{4}-|[A-Z][a-z]{2} \d)"
)
_SUDOER = re.compile(r"(?:\A|(?<=[\n\"'`]))(?P<user>[^\W\d][\w.-]{0,31})[ \t]{1,8}\Z")
_GROUPS = words(
    "staff wheel users root admin everyone domain sudo adm video audio input kvm plugdev dialout games disk tty"
    " www nogroup _www _developer daemon bin sys operator games man lp mail news uucp proxy backup list nobody none"
)
_HEADER = re.compile(rb"[ \t]*(?:user +pid +%cpu|uid +pid +ppid)")
_PROCESS_ROW = re.compile(r"(?P<user>[^\W\d][\w.-]{0,31}\+?) +\d{1,8} +[\d.]+ ")
_WHO = re.compile(
    r"(?P<user>[^\W\d][\w.-]{0,31}) +(?P<tty>pts/\d{1,4}|tty\w{1,5}|console|:\d) +(?:[\d(:]|[A-Z][a-z]{2} |-)"
)
_PROCESS_AT = re.compile(
    r"(?:\A|(?<=[\n\"'`> ]))(?P<user>[^\W\d][\w.-]{0,31}\+?) +\d{1,8} +\d+\.\d +\d+\.\d +\d+ +\d+ +\Z"
)
_TERMINAL = re.compile(
    rb"\? {1,12}[rsdizt][a-z<+]{0,3} {1,8}[0-9]|(?:pts/[0-9]{1,4}|tty[a-z0-9]{1,5}|console) {1,12}(?:[0-9(:-]|[a-z]{1,4}[+<]? {1,8}[0-9])"
)
_MAX_ROWS = 2000


def _find(text: Text) -> Iterator[Span]:
    yield from _files(text)
    yield from _processes(text)
    yield from _logged_in(text)
    for at in text.places(b"all=(all"):
        low = max(0, at - 42)
        match = _SUDOER.search(text.text[low:at])
        if match and is_login(match["user"]):
            yield Span(low + match.start("user"), low + match.end("user"), "user", "sudoers")


def _files(text: Text) -> Iterator[Span]:
    whole = text.text
    end = 0
    read_only = [at - 1 for at in text.places(b"r--r--r--")]
    for start in sorted([match.start() - 2 for match in _FILE_RIGHTS.finditer(text.lower)] + read_only):
        if start < end or start < 0:
            continue
        row = _ROW.match(whole, start) or _ROW_OWNER_ONLY.match(whole, start) or _ROW_OF_EZA.match(whole, start)
        if row is None:
            continue
        end = row.end()
        for part in row.groupdict():
            name = row[part]
            if (
                is_login(name)
                and not (part == "group" and name.lower().split(" ")[0] in _GROUPS)
                and not name.startswith("_")
            ):
                yield Span(*row.span(part), "user", "ls")


def _processes(text: Text) -> Iterator[Span]:
    whole, lower = text.text, text.lower
    for anchor in (b"%cpu", b"ppid "):
        done = -1
        for at in text.places(anchor):
            line = lower.rfind(b"\n", max(0, at - 80), at) + 1
            if at < done or not _HEADER.match(lower, line):
                continue
            place = lower.find(b"\n", at)
            for _ in range(_MAX_ROWS):
                row = _PROCESS_ROW.match(whole, place + 1) if place >= 0 else None
                if row is None:
                    break
                if is_login(row["user"].rstrip("+")) and not row["user"].startswith("_"):
                    yield Span(*row.span("user"), "user", "ps")
                place = lower.find(b"\n", row.end())
            done = max(done, place)


def _logged_in(text: Text) -> Iterator[Span]:
    whole, lower = text.text, text.lower
    for anchor in (b" pts/", b" tty", b" console ", b" ? "):
        for at in text.places(anchor):
            if not _TERMINAL.match(lower, at + 1):
                continue
            low = max(0, at - 100)
            line = max(low, whole.rfind("\n", low, at) + 1)
            row = _WHO.match(whole, line) if anchor == b" console " else _WHO.search(whole, max(line, at - 40), at + 40)
            row = row or _PROCESS_AT.search(whole, line, at + 1)
            if row and (row.re is _PROCESS_AT or row.start("tty") == at + 1) and is_login(row["user"]):
                yield Span(*row.span("user"), "user", "who")


_PS = "USER         PID %CPU %MEM    VSZ   RSS TTY STAT START   TIME COMMAND\nroot           1  0.0  0.1 1 2 ? Ss 09:12 0:01 init\n"

DETECTOR = Detector(
    id="listings",
    help="Owners of files in `ls -l`, and logins in the tables of `ps`, `who`, `w` and `last`.",
    find=_find,
    catches=(
        (".rw-r--r-- 1.2k jdoe 30 Oct 18:44 Cargo.toml", ".rw-r--r-- 1.2k <user> 30 Oct 18:44 Cargo.toml"),
        ("drwxr-xr-x - jdoe 30 Oct 18:44 src", "drwxr-xr-x - <user> 30 Oct 18:44 src"),
        ("jdoe ALL=(ALL) NOPASSWD: ALL", "<user> ALL=(ALL) NOPASSWD: ALL"),
        ("-rw-r--r-- 1 jane staff 4096 Nov 20 09:24 a.py", "-rw-r--r-- 1 <user> staff 4096 Nov 20 09:24 a.py"),
        ("drwxr-xr-x@ 12 jane  staff   384 Nov 20 09:24 .", "drwxr-xr-x@ 12 <user>  staff   384 Nov 20 09:24 ."),
        ("-rwx------. 1 jane jane 120 Nov 20  2025 run", "-rwx------. 1 <user> <user> 120 Nov 20  2025 run"),
        ("-r--r--r--  1 jane  staff  12 Nov  3 10:12 a", "-r--r--r--  1 <user>  staff  12 Nov  3 10:12 a"),
        ("lrwxrwxrwx 1 root jane.doe 7 Nov 20 09:24 x -> y", "lrwxrwxrwx 1 root <user> 7 Nov 20 09:24 x -> y"),
        (
            _PS + "jane        1234  0.5  1.2 3 4 pts/0 S+ 09:24 0:00 vim",
            _PS + "<user>        1234  0.5  1.2 3 4 pts/0 S+ 09:24 0:00 vim",
        ),
        (
            "UID   PID  PPID  C STIME TTY\njane  812     1  0 09:24 ?  x",
            "UID   PID  PPID  C STIME TTY\n<user>  812     1  0 09:24 ?  x",
        ),
        ("jane     pts/0        2026-11-20 09:12 (10.0.0.5)", "<user>     pts/0        2026-11-20 09:12 (<ip>)"),
        (
            "jane    12345  0.0  0.1  21532  5300 pts/0    Ss   09:28   0:00 -bash",
            "<user>    12345  0.0  0.1  21532  5300 pts/0    Ss   09:28   0:00 -bash",
        ),
        (
            "jane     2112  0.0  0.1  12345  6789 ?        Ss  10:11  0:00 python3 a.py",
            "<user>     2112  0.0  0.1  12345  6789 ?        Ss  10:11  0:00 python3 a.py",
        ),
        ("jane  ttys000  Nov 20 09:12", "<user>  ttys000  Nov 20 09:12"),
        (
            "total 8\n-rw-rw-r-- 1 jane dev-team 10 2026-11-20 09:24 b",
            "total 8\n-rw-rw-r-- 1 <user> <user> 10 2026-11-20 09:24 b",
        ),
    ),
    spares=(
        "root    ALL=(ALL:ALL) ALL",
        "-rw-r--r-- 1 root root 4096 Nov 20 09:24 a.py",
        "drwxr-xr-x 2 runner docker 4096 Nov 20 09:24 x",
        "-rw-r--r-- 1 501 20 4096 Nov 20 09:24 a.py",
        "rwxr-xr-x and rw-r--r-- are modes",
        "USER PID %CPU in a sentence",
        "root     pts/0        2026-11-20 09:12",
        "open tty 3 and pts/0",
        "-rw-r--r-- 1 node node 10 Nov 20 09:24 package.json",
    ),
    anchors=_ANCHORS,
    signs=(*_ANCHORS, b"w-", b"wx", b"ws-", b"wsr"),
)
