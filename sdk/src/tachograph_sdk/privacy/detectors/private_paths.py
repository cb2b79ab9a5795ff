"""Folders below private roots: disks, shares and mounts, whose folders are named after clients and projects."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.path_anchors import (
    DRIVE_BACKSLASH,
    DRIVE_SLASH,
    TWO_BACKSLASHES,
    path_anchors,
)
from tachograph_sdk.privacy.detectors.path_words import GENERIC, SYSTEM_FOLDERS

__all__ = ["DETECTOR"]

_POSIX_ROOTS = (b"/srv/", b"/mnt/", b"/volumes/", b"/nfs/", b"/exports/", b"/scratch/")
_WITHIN = frozenset("./\\%~@+$})_-")  # besides letters and digits: after these, no path begins
_NAME = r"[^\W_][^\s\x00-\x1f/\\\"'`<>|:*?;,(){}\[\]$&=%]{0,80}+"
_WORD = r"[^\s\x00-\x1f/\\\"'`<>|:*?;,(){}\[\]$&=%.]{1,40}+"
_POSIX = re.compile(rf"(?>(?:[.@]?{_NAME}(?>(?:\\ [^\s\x00-\x1f/\\\"'`:]{{1,40}}+){{0,3}})/){{0,24}})(?:[.@]?{_NAME})?")
_MAC = re.compile(
    rf"{_NAME}(?>(?:\\? {_WORD}){{0,4}})/(?>(?:[.@]?{_NAME}(?>(?:\\? {_WORD}){{0,4}})/){{0,24}})(?:[.@]?{_NAME})?|(?>(?:[.@]?{_NAME}/){{0,24}})(?:[.@]?{_NAME})?"
)
_COMPONENT = r"[^\s\x00-\x1f\\/:*?\"'`<>|;,(){}\[\]%$&=][^\s\x00-\x1f\\/:*?\"'`<>|;,{}%$&=]{0,80}+"
_MORE = r"(?>(?: (?![-/])[^\s\x00-\x1f\\/:*?\"'`<>|;,.%$&=]{1,40}+){0,4})"
_WINDOWS = re.compile(rf"(?>(?:{_COMPONENT}{_MORE}[\\/]{{1,4}}+){{0,24}})(?:{_COMPONENT})?")
_UNC = re.compile(
    rf"([A-Za-z0-9][A-Za-z0-9.-]{{0,62}}+)[\\]([A-Za-z0-9_][\w$ .-]{{0,79}}?)(?=[\\]|[\s\"'`]|$)([\\]?(?>(?:{_COMPONENT}{_MORE}[\\]{{1,2}}+){{0,24}})(?:{_COMPONENT})?)"
)
_EXTENSION = re.compile(
    r".\.[A-Za-z][A-Za-z0-9]{0,9}(?:\.(?:gz|bz2|xz|zst|bak|lock))?\Z|\A\.[A-Za-z]|\A[A-Z][a-z]+file\Z|\A[A-Z]{4,12}\Z"
)
_PLACE = re.compile(r"\([0-9].*\Z|:[0-9:]+\Z")  # the line and column after a file's name
_END = ".,;:!?)'’"
_PROGRAMS = frozenset(
    ("python", "perl", "ruby", "php", "node", "jdk", "jre", "java", "go", "mysql", "pgsql", "tomcat", "gradle")
)
_SHARES = frozenset(("users", "home", "wsl$", "c$", "d$", "admin$", "ipc$"))


def _find(text: Text) -> Iterator[Span]:
    whole = text.text
    places = text.once(path_anchors)
    for root in _POSIX_ROOTS:
        if root in places:
            yield from _posix(whole, root, places[root])
    for root in (DRIVE_BACKSLASH, DRIVE_SLASH):
        end = 0
        for at in places.get(root, ()):
            if (
                at >= max(end, 2)
                and whole[at - 2].isalpha()
                and (at < 3 or not (whole[at - 3].isalnum() or whole[at - 3] in "_.-") or _is_diff(whole, at - 2))
                and (span := _windows(whole, at))
            ):
                yield span
                end = span.end
    if TWO_BACKSLASHES in places:
        yield from _unc(whole, places[TWO_BACKSLASHES])


def _posix(whole: str, root: bytes, places: list[int]) -> Iterator[Span]:
    end = 0
    for at in places:
        if at < end or (root == b"/volumes/" and whole[at + 1] != "V"):
            continue
        start = at + len(root)
        before = whole[at - 1] if at else " "
        if (before in _WITHIN or before.isalnum()) and whole[max(0, at - 3) : at] != "://" and not _is_diff(whole, at):
            continue
        span: Span | None
        if root == b"/mnt/" and whole[start + 1 : start + 2] == "/" and whole[start].islower():
            span = _windows(whole, start + 1)
        else:
            match = (_MAC if root == b"/volumes/" else _POSIX).match(whole, start)
            span = _folders(whole, start, match.end(), "/", "private-root") if match else None
        if span:
            yield span
            end = span.end


def _is_diff(whole: str, at: int) -> bool:
    """Whether nothing but the sign of a diff stands before this place on its line."""
    return whole[at - 1] in "+-" and whole[at - 2 : at - 1] in ("", "\n")


def _windows(whole: str, separator: int) -> Span | None:
    """The folders after the root of a drive."""
    start = separator
    while start < separator + 4 and whole[start : start + 1] in ("\\", "/"):
        start += 1
    if start - separator > 1 and whole[separator] == "/":
        return None  # the letter and "://" are a scheme
    match = _WINDOWS.match(whole, start)
    if match is None or match.end() - start < 2:
        return None
    first = match[0].replace("\\", "/").partition("/")[0]
    if (
        first.lower() in SYSTEM_FOLDERS
        or first.lower().rstrip("0123456789._-") in _PROGRAMS
        or first[:1] == "~"
        or first == ".."
    ):
        return None
    return _folders(whole, start, match.end(), "\\/", "drive")


def _folders(whole: str, start: int, end: int, separators: str, rule: str) -> Span | None:
    """The folders in this part of the text; a last name with an extension is a file, and stays."""
    path = whole[start:end]
    cut = max(map(path.rfind, separators))
    last = path[cut + 1 :]
    if "(" in last or ":" in last:
        last = _PLACE.sub("", last)
    last = last.rstrip(_END)
    end = start + cut if not last or _EXTENSION.search(last) else start + cut + 1 + len(last)
    while end > start and whole[end - 1] in separators:
        end -= 1
    if end <= start:
        return None
    folders = whole[start:end].replace("\\", "/").split("/")
    if all(len(folder) < 2 or folder == "..." or folder.lower() in GENERIC for folder in folders):
        return None
    if cut >= 0 and ("/home/" in path or "Users" in folders):
        return None  # the home folder's own detector names the person, and what lies below it is kept
    return Span(start, end, "path", rule)


def _unc(whole: str, places: list[int]) -> Iterator[Span]:
    end = 0
    for at in places:
        if at < end:
            continue
        before = whole[at - 1] if at else " "
        if before not in " \t\r\n\"'`=(,;<>[|" and not (before == ":" and whole[max(0, at - 5) : at - 1].isalpha()):
            continue
        match = _UNC.match(whole, at + 2)
        if (
            match is None
            or match[1].lower()
            in ("wsl", "wsl.localhost", "server", "host", "hostname", "computer", "localhost", "unc")
            or len(match[1]) == 1
        ):
            continue
        yield Span(match.start(1), match.end(1), "host", "unc-host")
        end = match.end(1)
        if match[2].lower() in _SHARES:
            continue
        span = _folders(whole, match.start(2), match.end(3), "\\", "share")
        if span:
            yield span
            end = span.end


DETECTOR = Detector(
    id="private_paths",
    help="Folders on private disks, shares and mounts; the root and the name of the file stay.",
    find=_find,
    catches=(
        ("/srv/acme/billing/app.py", "/srv/<path>/app.py"),
        ("/mnt/clients/acme/plan.docx", "/mnt/<path>/plan.docx"),
        ("cd /mnt/nas/acme && ls", "cd /mnt/<path> && ls"),
        ("/Volumes/Acme Backup/2024/x.mov", "/Volumes/<path>/x.mov"),
        ("see /Volumes/Projects.", "see /Volumes/<path>."),
        (r"D:\work\acme\Main.cs(12,5): error CS1002", r"D:\<path>\Main.cs(12,5): error CS1002"),
        (r"E:\Clients\Acme Corp\plan.docx", r"E:\<path>\plan.docx"),
        (r'{"path": "D:\\work\\acme\\Main.cs"}', r'{"path": "D:\\<path>\\Main.cs"}'),
        ("D:/work/acme/main.go:12", "D:/<path>/main.go:12"),
        (r"C:\inhouse\billing\run.bat", r"C:\<path>\run.bat"),
        ("/mnt/d/work/acme/x.py", "/mnt/d/<path>/x.py"),
        (r"\\fileserver\finance\2024\q3.xlsx", r"\\<host>\<path>\q3.xlsx"),
        (r"net use \\nas01\projects", r"net use \\<host>\<path>"),
        ("-/Volumes/Backup/acme/plan.txt", "-/Volumes/<path>/plan.txt"),
        ("x\n-D:\\work\\acme\\main.py", "x\n-D:\\<path>\\main.py"),
        ("file:///srv/acme/index.md", "file:///srv/<path>/index.md"),
    ),
    spares=(
        r"C:\Python2.4\Lib\site.py and \\server\share",
        "/srv/www/html/index.html",
        "/mnt/data",
        "/mnt/c",
        "/mnt/",
        "/Volumes/",
        r"C:\Windows\System32\drivers\etc\hosts",
        r"C:\Program Files\nodejs\node.exe",
        r"C:\path\to\file.txt",
        r"D:\a\repo\repo\src\main.rs",
        r"D:\notes.txt",
        "https://example.com/srv/x/y",
        "src/srv/acme/x.py",
        "https://github.com/a/b",
        r"re.compile(r'\\d+\\w')",
        r"\\begin{align} a \\ b \\hline",
        "std::fs a:b c:/ d:\\",
        "/opt/app/bin and /usr/local/bin and /var/log/syslog",
    ),
    signs=(b"/", b"\\"),
)
