"""Names of people in what git writes: before addresses, in trailers, authors, `git blame`, settings, merges."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tachograph_sdk.privacy.detectors.detector import Detector, Span, Text
from tachograph_sdk.privacy.detectors.email import emails
from tachograph_sdk.privacy.detectors.person_words import is_login, is_person, name_fields

__all__ = ["DETECTOR"]

_ANCHORS = (b"-by: ", b"author", b"committer", b"merge pull request #", b" ago) <", b"user.name ", b"[user]")

_WORDS = r"[^\W\d_][\w.'\u2019-]{0,40}(?:[ \u00a0][^\W\d_(][\w.'\u2019-]{0,40}){0,5}"
# What stands before an address in angle brackets: a whole name behind a mark, or the last capitalised words.
_BEFORE_ADDRESS = re.compile(r"(?:\A|[\n:;,=(\[{|>\"'`\t*])[ ]{0,3}(?P<name>" + _WORDS + r")[\"']?[ \t]\Z")
_LAST_WORDS = re.compile(
    r"(?<![\w.'\u2019-])(?P<name>[^\W\d_a-z][\w.'\u2019-]{0,40}(?: (?:[^\W\d_a-z][\w.'\u2019-]{0,40}|van|von|der|den|de|del|di|da|bin|al)){0,4})[ \t]\Z"
)
# Last name first: `"Doe, Jane" <`.
_TURNED = re.compile(
    r"(?i:\"|-by: |from: |to: |cc: |author: )(?P<name>[^\W\d_a-z][\w'\u2019-]{0,40}(?: [^\W\d_a-z][\w'\u2019-]{0,40})?, "
    r"[^\W\d_a-z][\w.'\u2019-]{0,40}(?: [^\W\d_a-z][\w.'\u2019-]{0,40})?)\"?[ \t]\Z"
)
_LAST_WORD = re.compile(r"(?<![\w.+-])[\w.+-]{1,40}(?=[\"']?[ \t]\Z)")
_TRAILER = re.compile(
    r"-by: {1,3}(?P<name>(?:[^\n<>(\[@#\"']|(?<=\w)'(?=\w)){2,80}?)(?=[ \t]*(?:[<(\n\r\"`&]|'(?!\w)|\Z|\\n))",
    re.IGNORECASE,
)
_TRAILERS = tuple(
    b"signed-off co-authored authored coauthored reviewed acked tested reported suggested helped approved merged committed"
    b" requested written created fixed debugged mentored found bisected proposed assisted contributed submitted edited"
    b" maintained verified assigned prepared".split()
)
_AUTHOR = re.compile(
    r"(?:author|committer)s?[\"']?[ \t]{0,8}(?::|=>?)[ \t]{0,8}[\"']?(?P<name>[^\W\d_](?:[^\n<>(){}\[\]@#\"'=:;,|\\/]|(?<=\w)'(?=\w)){1,60}?)"
    r"(?=[\"']?(?!\w)[ \t]*(?:[<(\n\r,;\"|}]|'(?!\w)|\Z)|\\n)",
    re.IGNORECASE,
)
_JAVADOC = re.compile(r"@author[ \t]{1,4}(?P<name>" + _WORDS + r")")
_OBJECT = re.compile(
    r"(?:author|committer)s?[\"']?[ \t]{0,3}[:=][ \t]{0,3}\[?[ \t\n]{0,12}\{[^{}\n]{0,80}?[\"']?(?P<key>name|login|username)[\"']?"
    r"[ \t]{0,3}[:=][ \t]{0,3}[\"'](?P<name>[^\"'\n]{2,60})[\"']"
)
_BLAME = re.compile(rb":00 [+-]0000 {1,6}0{1,7}\)")
_BLAME_NAME = re.compile(
    r"(?<!\w)\^?[0-9a-f]{7,40} (?:[^\n(]{1,120} )?\((?P<name>[^\n()]{1,60}?) +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\Z"
)
_GRAPH = re.compile(r"(?P<name>[^\n<>@]{2,60})(?=>)")  # of `git log --graph` with the author in brackets
_MERGE = re.compile(r"Merge pull request #\d{1,7} from (?P<user>[\w-]{2,39})/", re.IGNORECASE)
_SETTINGS = re.compile(
    r"\[user\]\s{1,12}(?:email[^\n]{0,100}\n\s{0,12})?name[ \t]{0,3}=[ \t]{0,3}(?P<name>[^\n\"]{2,60}?)[ \t]*(?=[\n\r\"'`]|\Z)"
)
_VALUE = re.compile(r"(?:[^\n\"'`\\<>{}()$;,|&=]|(?<=\w)'(?=\w)){2,60}")
_VALUE_PLAIN = re.compile(_WORDS)


def _find(text: Text) -> Iterator[Span]:
    yield from _before_addresses(text)
    yield from _trailers(text)
    yield from _authors(text)
    yield from _settings(text)
    yield from _blame(text)
    for at in text.places(b" ago) <"):
        if match := _GRAPH.match(text.text, at + 7):
            yield from _name(match, 0, "graph")


def _name(match: re.Match[str], offset: int, rule: str) -> Iterator[Span]:
    """The name in a match, without spaces around it, if a person may have it."""
    name = match["name"]
    start = offset + match.start("name") + len(name) - len(name.lstrip())
    if is_person(name.strip()) or (rule != "display-name" and _is_small(name.strip())):
        yield Span(start, start + len(name.strip()), "name", rule)


def _is_small(name: str) -> bool:
    """Whether two or three words in small letters, behind a key that says so, are a name."""
    return name.islower() and 2 <= len(name.split()) <= 3 and is_person(name.title())


def _before_addresses(text: Text) -> Iterator[Span]:
    whole = text.text
    if "<" not in whole or "@" not in whole:
        return
    for span in emails(text):
        if whole[span.start - 1 : span.start] != "<":
            continue
        if whole[span.start - 2 : span.start - 1] not in (" ", "\t", "\u00a0"):
            continue
        low = max(0, span.start - 91)
        low = max(low, whole.rfind("\n", low, span.start - 1), whole.rfind(">", low, span.start - 1))
        before = whole[low : span.start - 1]
        turned = _TURNED.search(before) if ", " in before else None
        if turned and is_person(turned["name"].replace(",", "")):
            yield Span(low + turned.start("name"), low + turned.end("name"), "name", "display-name")
            continue
        last = _LAST_WORD.search(before)
        if last and last[0].islower() and last[0] == whole[span.start : span.end].split("@")[0] and is_login(last[0]):
            yield Span(low + last.start(), low + last.end(), "user", "display-name")
            continue
        match = _BEFORE_ADDRESS.search(before)
        if match is None or not is_person(match["name"].strip()):
            if match is not None and _is_small(match["name"]):
                yield Span(low + match.start("name"), low + match.end("name"), "name", "display-name")
                continue
            match = _LAST_WORDS.search(before)
        if match is not None:
            yield from _last_name(match["name"], low + match.end("name"))


def _last_name(words: str, end: int) -> Iterator[Span]:
    """The most words up to the end that are a name: `9:28 AM Jane Doe`."""
    parts = words.split(" ")
    for count in range(len(parts), 0, -1):
        name = " ".join(parts[-count:])
        if is_person(name):
            yield Span(end - len(name), end, "name", "display-name")
            return


def _trailers(text: Text) -> Iterator[Span]:
    for at in text.places(b"-by: "):
        match = _TRAILER.match(text.text, at)
        if match is not None and text.lower[max(0, at - 12) : at].endswith(_TRAILERS):
            has_address = match.string[match.end() : match.end() + 2].strip().startswith("<")
            yield from _most_of(match, "trailer", least=2 if has_address else 1)


def _authors(text: Text) -> Iterator[Span]:
    whole = text.text
    for anchor in (b"author", b"committer"):
        for at in text.places(anchor):
            if whole[at - 1 : at] == "@" and (doc := _JAVADOC.match(whole, at - 1)):
                yield from _most_of(doc, "author", least=1)
            elif (thing := _OBJECT.match(whole, at)) is not None:
                if thing["key"] == "name":
                    yield from _name(thing, 0, "author")
                elif is_login(thing["name"]) and " " not in thing["name"]:
                    yield Span(*thing.span("name"), "user", "author")
            elif (match := _AUTHOR.match(whole, at)) is not None:
                has_address = whole[match.end() : match.end() + 2].strip().startswith("<")
                if has_address or len(match["name"].split()) > 1:
                    yield from _most_of(match, "author", least=1 if has_address else 2)
    for at in text.places(b"merge pull request #"):
        if (merge := _MERGE.match(whole, at)) and is_login(merge["user"]):
            yield Span(*merge.span("user"), "user", "merge")


def _most_of(match: re.Match[str], rule: str, least: int) -> Iterator[Span]:
    """The name that a match begins with: all of it, or its first capitalised words, if they are enough."""
    name = match["name"].strip().rstrip("'\u2019.-")
    start = match.start("name") + len(match["name"]) - len(match["name"].lstrip())
    if is_person(name) or (least == 2 and _is_small(name)):
        yield Span(start, start + len(name), "name", rule)
        return
    first = _capitalised(name)
    if len(first.split()) >= max(2, least) and is_person(first):
        yield Span(start, start + len(first), "name", rule)


def _settings(text: Text) -> Iterator[Span]:
    whole = text.text
    for field in name_fields(text):
        if field.key in ("gitauthorname", "gitcommittername", "authorname", "committername", "gitusername") or (
            field.key == "username" and "." in whole[field.start : field.at]
        ):
            value = (_VALUE if field.quote else _VALUE_PLAIN).match(whole, field.at)
            name = value[0].strip() if value else ""
            name = name.rstrip("'\u2019.-")
            if not field.quote and not is_person(name):
                name = _capitalised(name)
            if is_person(name) or (name and _is_small(name)):
                yield Span(field.at, field.at + len(name), "name", "git-setting")
    for at in text.places(b"user.name "):
        value = _VALUE_PLAIN.match(whole, at + 10)
        if value and is_person(value[0].split()[0]):
            yield Span(at + 10, at + 10 + len(value[0].split()[0]), "name", "git-setting")
    for at in text.places(b"[user]"):
        if match := _SETTINGS.match(whole, at):
            yield from _name(match, 0, "git-setting")


def _capitalised(words: str) -> str:
    """The first words, as far as they begin with a capital."""
    parts = words.split(" ")
    count = next((place for place, part in enumerate(parts) if not part[:1].isupper()), len(parts))
    return " ".join(parts[:count])


def _blame(text: Text) -> Iterator[Span]:
    for match in _BLAME.finditer(text.shape):
        low = max(0, match.start() - 240)
        line = text.text[max(low, text.text.rfind("\n", low, match.start())) : match.start() + 3]
        if found := _BLAME_NAME.search(line):
            start = match.start() + 3 - len(line) + found.start("name")
            name = found["name"].strip()
            if name not in ("Not Committed Yet", "External file (--contents)"):
                yield Span(start, start + len(name), "name", "blame")


DETECTOR = Detector(
    id="git_names",
    help="Names of people before e-mail addresses, in trailers of commits, authors, `git blame` and settings of git.",
    find=_find,
    catches=(
        ("Signed-off-by: Jane Doe <jane@example.org>", "Signed-off-by: <name> <<email>>"),
        ("Co-authored-by: J\u00f6rg M\u00fcller <jm@example.org>", "Co-authored-by: <name> <<email>>"),
        ("Reviewed-by: Jane van der Berg", "Reviewed-by: <name>"),
        ("Author: Jane Doe <jane@example.org>\nDate:   Fri", "Author: <name> <<email>>\nDate:   Fri"),
        ("Author:     Jane Doe\nCommit:     Jane Doe", "Author:     <name>\nCommit:     Jane Doe"),
        ('From: "Jane Doe" <jane@example.org>', 'From: "<name>" <<email>>'),
        ("Send it to Jane Doe <jane@example.org>, please", "Send it to <name> <<email>>, please"),
        ("jane doe <jane@example.org>", "<name> <<email>>"),
        ("\u5c71\u7530\u592a\u90ce <taro@example.jp>", "<name> <<email>>"),
        ('git config user.name "Jane Doe"', 'git config user.name "<name>"'),
        ("git -c user.name=Jane commit", "git -c user.name=<name> commit"),
        ("GIT_AUTHOR_NAME=Jane Doe", "GIT_AUTHOR_NAME=<name>"),
        ("GIT_COMMITTER_NAME='Jane Doe' git commit", "GIT_COMMITTER_NAME='<name>' git commit"),
        ("[user]\n\tname = Jane Doe\n\temail = jane@example.org", "[user]\n\tname = <name>\n\temail = <email>"),
        (
            "^1a2b3c4d (Jane Doe 2026-11-20 09:24:32 +0100 12) x = 1",
            "^1a2b3c4d (<name> 2026-11-20 09:24:32 +0100 12) x = 1",
        ),
        (
            "1a2b3c4d src/a.py (Jane Doe         2026-11-20 09:24:32 +0100   2) y",
            "1a2b3c4d src/a.py (<name>         2026-11-20 09:24:32 +0100   2) y",
        ),
        ("Jane Doe <jane@example.org> <j@example.net>", "<name> <<email>> <<email>>"),
        ('{"author": {"name": "Jane Doe", "x": 1}}', '{"author": {"name": "<name>", "x": 1}}'),
        ('authors = [{name = "Jane Doe"}]', 'authors = [{name = "<name>"}]'),
        ('author="Jane Doe",', 'author="<name>",'),
        (" * @author Jane Doe", " * @author <name>"),
        ("* a1b2c3d - Fix (2 days ago) <Jane Doe>", "* a1b2c3d - Fix (2 days ago) <<name>>"),
        ("Merge pull request #12 from janedoe/fix", "Merge pull request #12 from <user>/fix"),
        ("--author='Jane Doe <jane@example.org>'", "--author='<name> <<email>>'"),
    ),
    spares=(
        "Co-Authored-By: Claude <noreply@anthropic.com>",
        "Co-authored-by: dependabot[bot] <49699333+dependabot[bot]@users.noreply.github.com>",
        "Co-authored-by: GitHub Actions <actions@github.com>",
        "authors = ['x']; author: str; author = get_author()",
        "Sort by: Date Added",
        "author: string | null",
        "The author of this file: unknown",
        "Reviewed-by: the team",
        "user.name = name",
        "00000000 (Not Committed Yet 2026-11-20 09:24:32 +0100 12) x",
        "Author: The Tachograph authors",
        "List<String> a; Map<K, V> b",
        "Merge branch 'main' into feature/x",
    ),
    anchors=_ANCHORS,
    signs=(b"@", b"name", *_ANCHORS, b":00 +0000 ", b":00 -0000 "),
)
