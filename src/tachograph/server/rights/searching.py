"""Looking for texts in the bytes of every file below a folder: the proof of an erasure.

Each text is looked for as UTF-8 in any letter case, as UTF-16 in both byte orders, in hex, and in base64 at its three
alignments; ids of events also as the bytes of a number, as a database keeps them. Runs as a process of its own
(`python -m tachograph.server.rights.searching`): opening and closing the database's file here would let go of the lock
that the database holds on it in the process that asks.
"""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["MIN_CHARS", "Search", "Searched", "search", "search_apart"]

MIN_CHARS = 4
"""Shorter texts are in every file by chance."""

_PIECE = 4 * 1024 * 1024
_PSEUDONYM = re.compile(r"[a-z]_[0-9a-f]{16}")
_HEX_DIGIT = rb"[0-9a-f]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What to look for."""

    texts: Sequence[str]  # in every way of writing
    pseudonyms: Sequence[str] = ()  # many of them: as text, UTF-16 and hex
    event_ids: Sequence[str] = ()  # 32 hex digits
    skip: Sequence[str] = ()  # paths, relative to the folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What came of it."""

    files: int
    size_bytes: int
    found: Sequence[tuple[str, str]]  # file, relative to the folder, and in which way of writing; never the text

    def as_json(self) -> dict[str, Any]:
        """As JSON values."""
        return {"files": self.files, "bytes": self.size_bytes, "found": [list(one) for one in self.found]}


def search_apart(root: Path, what: Search) -> Searched:
    """Search in a process of its own.

    Raises:
        OSError: it did not come to an end.
    """
    order = {name: list(getattr(what, name)) for name in Search.__slots__} | {"root": str(root)}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "tachograph.server.rights.searching"],
        input=json.dumps(order).encode(),
        capture_output=True,
        check=False,
    )
    if done.returncode:
        raise OSError("the search for what was erased did not come to its end")
    told = json.loads(done.stdout)
    return Searched(
        files=told["files"], size_bytes=told["bytes"], found=[(str(f), str(how)) for f, how in told["found"]]
    )


def search(root: Path, what: Search) -> Searched:
    """Search here. A file that goes away meanwhile is none; one that cannot be read counts as a find."""
    needles = [*_needles(what.texts), *_ids(what.event_ids)]
    known = frozenset(name.encode() for name in what.pseudonyms if _PSEUDONYM.fullmatch(name))
    needles += _needles([name for name in what.pseudonyms if not _PSEUDONYM.fullmatch(name)])
    patterns = _pseudonym_patterns() if known else ()
    skip = {os.path.normpath(path) for path in what.skip}
    longest = max([len(needle) for needle, _, _ in needles] + [80])
    files = total = 0
    found: list[tuple[str, str]] = []
    for path in _files(root):
        name = os.path.relpath(path, root)
        if name in skip:
            continue
        hits: set[str] = set()
        try:
            for piece in _pieces(path, longest):
                lower = piece.lower()
                for needle, how, any_case in needles:
                    if how not in hits and needle in (lower if any_case else piece):
                        hits.add(how)
                for pattern, how, plain in patterns:
                    if how not in hits and any(plain(hit) in known for hit in pattern.findall(lower)):
                        hits.add(how)
            total += os.lstat(path).st_size
        except FileNotFoundError:
            continue
        except OSError:
            hits.add("cannot be read")
        files += 1
        found += [(name, how) for how in sorted(hits)]
    return Searched(files=files, size_bytes=total, found=found)


def _files(root: str | Path) -> Iterator[str]:
    """Every file below, also where a link leads to another disk; what lies below as well comes once."""
    inside = os.path.join(os.path.realpath(root), "")
    for folder, folders, names in os.walk(root):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not (os.path.islink(path) and os.path.realpath(path).startswith(inside)):
                yield path
        for name in sorted(folders):
            path = os.path.join(folder, name)
            there = os.path.join(os.path.realpath(path), "")
            if os.path.islink(path) and not (there.startswith(inside) or inside.startswith(there)):
                yield from _plain_files(path)


def _plain_files(root: str) -> Iterator[str]:
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if os.path.isfile(path) and not os.path.islink(path):
                yield path


def _pieces(path: str, overlap: int) -> Iterator[bytes]:
    with open(path, "rb") as file:
        rest = b""
        while piece := file.read(_PIECE):
            yield rest + piece
            rest = piece[-overlap:]


def _needles(texts: Iterable[str]) -> list[tuple[bytes, str, bool]]:
    """Bytes to look for, in which way of writing, and whether letter case is nothing."""
    needles = []
    for text in texts:
        if len(text) < MIN_CHARS:
            continue
        for form in {text, text.lower()}:
            plain = form.encode("utf-8", "surrogatepass")
            needles.append((plain.lower(), "utf-8", True))
            needles.append((form.encode("utf-16-le", "surrogatepass").lower(), "utf-16", True))
            needles.append((form.encode("utf-16-be", "surrogatepass").lower(), "utf-16", True))
            needles.append((plain.hex().encode(), "hex", True))
            needles += [(piece, "base64", False) for piece in _base64(plain)]
    return needles


def _base64(plain: bytes) -> list[bytes]:
    """What is the same in base64 whatever stands before and after, at the three places where it may begin."""
    pieces = []
    for shift in range(3):
        encoded = base64.b64encode(bytes(shift) + plain)
        first = -(-shift * 8 // 6)  # digits that hold bits of what stands before
        last = (shift + len(plain)) * 8 // 6
        piece = encoded[first:last]
        if len(piece) >= 6:
            pieces += [piece, piece.translate(bytes.maketrans(b"+/", b"-_"))]
    return list(dict.fromkeys(pieces))


def _ids(event_ids: Iterable[str]) -> list[tuple[bytes, str, bool]]:
    needles = []
    for event_id in event_ids:
        raw = bytes.fromhex(event_id)
        turned = (int.from_bytes(raw, "big") ^ (1 << 127)).to_bytes(16, "little")  # as the database keeps a UUID
        dashed = "-".join((event_id[:8], event_id[8:12], event_id[12:16], event_id[16:20], event_id[20:]))
        needles += [(raw, "event id", False), (turned, "event id", False)]
        needles += [(event_id.encode(), "event id", True), (dashed.encode(), "event id", True)]
    return needles


def _pseudonym_patterns() -> tuple[tuple[re.Pattern[bytes], str, Any], ...]:
    in_hex = rb"(?:3[0-9]|6[1-6])"
    return (
        (re.compile(rb"[a-z]_" + _HEX_DIGIT + rb"{16}"), "utf-8", bytes),
        (re.compile(rb"[a-z]\0_\0(?:" + _HEX_DIGIT + rb"\0){16}"), "utf-16", lambda hit: hit[::2]),
        (re.compile(rb"(?:\0[a-z]\0_)(?:\0" + _HEX_DIGIT + rb"){16}"), "utf-16", lambda hit: hit[1::2]),
        (re.compile(rb"[67][0-9a-f]5f" + in_hex + rb"{16}"), "hex", lambda hit: bytes.fromhex(hit.decode())),
    )


def _main() -> None:
    order: Mapping[str, Any] = json.loads(sys.stdin.buffer.read())
    what = Search(**{name: order[name] for name in Search.__slots__})
    sys.stdout.write(json.dumps(search(Path(order["root"]), what).as_json()))


if __name__ == "__main__":
    _main()
