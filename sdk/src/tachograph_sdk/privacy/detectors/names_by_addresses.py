"""Names of people beside their e-mail addresses: in rows of tables, in objects with a name and an address, in prose."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.email import emails
from tachograph_sdk.privacy.detectors.person_words import is_person, name_fields
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["DETECTOR"]

_REACH = 100  # characters before and behind an address that are looked at
_BETWEEN = " \t\"'`,;|:([<-\u2013\u2014*"  # what stands between a name and an address
_LAST = re.compile(r"[\w.'\u2019-]{0,40}[^\W\d_](?: [\w.'\u2019-]{0,40}[^\W\d_]){1,4}(?!\w)")  # read backwards
_FIRST = re.compile(
    r"[>\"'`]{0,2}[ \t]{0,4}[,;|(\t][ \t]{0,24}[\"'`]?(?P<name>[^\W\d_][\w.'\u2019-]{0,40}(?: [^\W\d_][\w.'\u2019-]{0,40}){1,4})"
)
_VALUE = re.compile(r"[^\W\d_][\w.'\u2019 -]{1,60}")
_KEYS = words("name contact contactname person owner maintainer")
_OPENINGS = words(
    "ask contact email mail call ping thanks hi hey hello dear from to by please see tell write cc bcc user owner author"
    " maintainer reviewer assignee reporter frag fragt schreib an von de par demande contacte escribe pregunta a"
)
_PORCELAIN = re.compile(r"(?:author|committer) (?P<name>[^\n<>]{2,60})\n(?:author|committer)-mail <(?!.)", re.S)
_BEHIND = frozenset(" \t\"'`>,;|(")
_MARKS = ("", ",", ";", "|", "\t")  # between the cells of a table
_LETTERS = re.compile(r"[a-z]+")


def _find(text: Text) -> Iterator[Span]:
    found = emails(text)
    if not found:
        return
    whole = text.text
    for address in found:
        start, end = address.start, address.end
        last = whole[start - 1 : start]
        if last and last in _BETWEEN and (before := whole[max(0, start - _REACH) : start].rpartition("\n")[2]):
            yield from _before(text, before, start, end)
        match = _FIRST.match(whole, end, end + _REACH) if whole[end : end + 1] in _BEHIND else None
        if match is not None and not match["name"][0].islower():
            local = _letters(whole[start:end].split("@")[0])
            yield from _longest(match["name"], match.start("name"), local, last=False)
    yield from _in_objects(text)


def _before(text: Text, line: str, start: int, end: int) -> Iterator[Span]:
    """The name that stands before an address, in what the line says before it; or in the line above, as git has it."""
    said = line.rstrip(_BETWEEN)
    if said[said.rfind(" ") + 1 : said.rfind(" ") + 2].isupper():
        if match := _LAST.match(said[::-1]):
            local = _letters(text.text[start:end].split("@")[0])
            begin = len(said) - match.end()
            cell = line[len(said) :].strip(" \"'") in _MARKS[1:] and line[:begin].rstrip(" \"'")[-1:] in _MARKS
            yield from _longest(match[0][::-1], start - len(line) + begin, local, last=True, cell=cell)
    elif line.endswith("-mail <"):
        low = max(0, start - _REACH)
        if (match := _PORCELAIN.search(text.text, low, start)) and is_person(match["name"]):
            yield Span(*match.span("name"), "name", "blame")


def _longest(said: str, start: int, local: str, *, last: bool, cell: bool = False) -> Iterator[Span]:
    """The most of these words, up to the end or from the beginning, that are a name like that in the address."""
    parts = said.split(" ")
    if last:
        while len(parts) > 2 and parts[0].lower() in _OPENINGS:
            del parts[0]
    for count in range(len(parts), 1, -1):
        name = " ".join(parts[-count:] if last else parts[:count]).rstrip(".-'")
        if is_person(name) and (_resembles(name, local) or (cell and count == len(parts) and 2 <= count <= 3)):
            begin = start + len(said) - len(" ".join(parts[-count:])) if last else start
            yield Span(begin, begin + len(name), "name", "beside-address")
            return


def _resembles(name: str, local: str) -> bool:
    """Whether a word of the name is in the address, or the initials and what follows them."""
    parts = [part for part in map(_letters, name.split()) if part]
    if any(len(part) > 2 and part in local for part in parts):
        return True
    return len(parts) > 1 and local.startswith("".join(part[0] for part in parts))


def _letters(word: str) -> str:
    """The letters, small and without their marks."""
    if not word.isascii():
        word = unicodedata.normalize("NFKD", word.replace("\u0142", "l").replace("\u00f8", "o").replace("\u00df", "ss"))
        word = word.encode("ascii", "ignore").decode("ascii")
    return "".join(_LETTERS.findall(word.lower()))


def _in_objects(text: Text) -> Iterator[Span]:
    """`{"name": "Jane Doe", "email": …}` and the same in YAML, TOML and XML."""
    whole = text.text
    for field in name_fields(text):
        if field.key not in _KEYS or (match := _VALUE.match(whole, field.at)) is None:
            continue
        name = match[0].rstrip(" .-'")
        if len(name.split()) < 2 or not is_person(name):
            continue
        behind = text.lower[match.end() : match.end() + 120].split(b"}", 1)[0].split(b"\n\n", 1)[0]
        before = text.lower[max(0, field.start - 120) : field.start].rsplit(b"{", 1)[-1].rsplit(b"\n\n", 1)[-1]
        if (b"mail" in behind and b"@" in behind) or (b"mail" in before and b"@" in before):
            yield Span(field.at, field.at + len(name), "name", "beside-address")


DETECTOR = Detector(
    id="names_by_addresses",
    help="Names of people beside their e-mail addresses: in tables, in objects with a name and an address, in prose.",
    find=_find,
    catches=(
        ('{"name":"Jane Doe","email":"jane@acme.io"}', '{"name":"<name>","email":"<email>"}'),
        ('{"email":"jd@acme.io","name":"Jane Doe"}', '{"email":"<email>","name":"<name>"}'),
        ("name: Jane Doe\nemail: jane@acme.io", "name: <name>\nemail: <email>"),
        ("id,name,email\n1,Jane Doe,jane.doe@acme.io", "id,name,email\n1,<name>,<email>"),
        ("9fceb02|Jane Doe|x12@acme.io|Fix", "9fceb02|<name>|<email>|Fix"),
        ("| Jané van Doe | jdoe@acme.io |", "| <name> | <email> |"),
        ("Ask Jane Doe (jdoe@acme.io) about it", "Ask <name> (<email>) about it"),
        ("jane@acme.io,Jane Doe,admin", "<email>,<name>,admin"),
        ("<name>Jane Doe</name><email>jane@acme.io</email>", "<name><name></name><email><email></email>"),
        (
            "author Łena Doe\nauthor-mail <x@acme.io>\nauthor-time 1700000000",
            "author <name>\nauthor-mail <<email>>\nauthor-time 1700000000",
        ),
    ),
    spares=(
        '{"name": "Run Tests", "run": "make"}',
        "name: Jane\nimage: node@20.1",
        "Send Patches to the list; noreply@github.com",
        "Email Address, Full Name",
    ),
    signs=(b"@", b"[at]", b"(at)"),
)  # fmt: skip
