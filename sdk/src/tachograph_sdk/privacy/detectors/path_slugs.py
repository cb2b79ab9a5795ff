"""Names of people in names made from paths or accounts: project slugs, temporary folders, mail boxes, tilde paths."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.path_anchors import path_anchors
from tachograph_sdk.privacy.detectors.path_words import FOLDERS, GENERIC, NOT_A_PERSON, ROUTES

__all__ = ["DETECTOR"]

_SLUG = re.compile(r"[^\W_][\w.+@~-]{0,199}+")
_SLUG_ROOT = re.compile(
    r"(?:^|[\s/\\\"'`=:(,\[{>])(?:[A-Za-z]-|-mnt-[a-z]|-cygdrive-[a-z]|-[a-z]|-export|-var|-private)?\Z"
)
_LOGIN = re.compile(r"[^\W_][\w.+@-]{0,63}+")
_AFTER_TILDE = re.compile(r"[a-zA-Z_][a-zA-Z0-9_.-]{0,31}+(?=/)")
_WEB_TILDE = re.compile(r"[a-z_][a-z0-9_.-]{0,31}+")
_FOLDERS = (  # what stands before a name, and the rule
    (b"/run/media/", "media-folder"),
    (b"/media/", "media-folder"),
    (b"/var/mail/", "mail-box"),
    (b"/spool/mail/", "mail-box"),
    (b"/crontabs/", "crontab"),
    (b"/systemd/linger/", "linger"),
)


def _find(text: Text) -> Iterator[Span]:
    whole, lower = text.text, text.lower
    for anchor in (b"-users-", b"-home-"):
        yield from _slugs(text, anchor)
    places = text.once(path_anchors)
    for root, rule in _FOLDERS:
        for at in places.get(root, ()):
            match = _LOGIN.match(whole, at + len(root))
            if match and (span := _login(whole, at, match, rule)):
                yield span
    for at in text.places(b"pytest-of-"):
        match = _LOGIN.match(whole, at + 10)
        if match and (span := _login(whole, at, match, "pytest-folder")):
            yield span
    at = lower.find(b"~")
    while at >= 0:
        before = whole[at - 1 : at] if at else ""
        span = None
        if before == "/":
            span = _tilde(_WEB_TILDE.match(whole, at + 1), "web-home")
        elif not before or before in " \t\n\r\"'`=:(,[;>|":
            span = _tilde(_AFTER_TILDE.match(whole, at + 1), "tilde-path")
        if span:
            yield span
        at = lower.find(b"~", at + 1)


def _tilde(match: re.Match[str] | None, rule: str) -> Span | None:
    if match is None or match[0].lower() in NOT_A_PERSON:
        return None
    return Span(match.start(), match.end(), "user", rule)


def _slugs(text: Text, anchor: bytes) -> Iterator[Span]:
    whole = text.text
    for at in text.places(anchor):
        start = at + len(anchor)
        if whole[at + 1] not in "UuHh" or not _SLUG_ROOT.search(whole, max(0, at - 12), at):
            continue
        if whole[at + 1] in "uh" and anchor == b"-users-" and whole[at - 1 : at] != "-":
            continue  # "-users-" in lower case is a word of something else
        match = _SLUG.match(whole, start)
        if match is None:
            continue
        name = match[0]
        end = match.end()
        while name and name[-1] in ".-+@~":
            name, end = name[:-1], end - 1
        parts = name.split("-")
        if parts[0].lower() in NOT_A_PERSON or (anchor == b"-home-" and parts[0].lower() in ROUTES):
            continue
        length = 0
        for i, part in enumerate(parts):
            if i and (part.lower() in FOLDERS or not part):
                end = start + length - 1
                break
            length += len(part) + 1
        yield Span(start, end, "user", "project-slug")


def _login(whole: str, at: int, match: re.Match[str], rule: str) -> Span | None:
    name, end = match[0], match.end()
    if name.endswith("."):
        name, end = name[:-1], end - 1
    if name.lower() in NOT_A_PERSON:
        return None
    if rule == "media-folder":
        # /media/jane/USB is a mounted disk, /media/images/x.png is a page's.
        if whole[end : end + 1] != "/" or name.lower() in GENERIC or name.lower() in ROUTES:
            return None
        before = whole[at - 1 : at]
        if before.isalnum() or (before and before in "./_-)}]>"):
            return None
    return Span(match.start(), end, "user", rule)


DETECTOR = Detector(
    id="path_slugs",
    help="The name of a person in a project slug, a temporary folder, a mail box, a mounted disk or a tilde path.",
    find=_find,
    catches=(
        ("~/.claude/projects/-Users-jane-doe-app/x.jsonl", "~/.claude/projects/-Users-<user>/x.jsonl"),
        ("~/.claude/projects/-home-jane-src-app/x.jsonl", "~/.claude/projects/-home-<user>-src-app/x.jsonl"),
        ("projects/C--Users-jane-Documents-app", "projects/C--Users-<user>-Documents-app"),
        ("projects/-mnt-c-Users-jane-app", "projects/-mnt-c-Users-<user>"),
        ("/t/pytest-of-jane/pytest-0/test_x0", "/t/pytest-of-<user>/pytest-0/test_x0"),
        ("/media/jane/USB/x.txt", "/media/<user>/USB/x.txt"),
        ("/run/media/jane/disk", "/run/media/<user>/disk"),
        ("/var/mail/jane", "/var/mail/<user>"),
        ("cd ~jane/src", "cd ~<user>/src"),
        ("https://www.cs.example.edu/~jane/paper.pdf", "https://www.cs.example.edu/~<user>/paper.pdf"),
    ),
    spares=(
        "page-home-hero and nav-users-list",
        "/t/pytest-of-root/pytest-0",
        "~/.ssh/config and ~/src",
        "HEAD~3 and ~1.2 and ~~gone~~/x",
        "/media/images/logo.png",
        "--home-dir=/x -home-page",
        "src/media/jane/x",
    ),
    signs=(b"/", b"~", b"pytest-of-", b"-users-", b"-home-"),
    anchors=(b"pytest-of-", b"-users-", b"-home-"),
)
