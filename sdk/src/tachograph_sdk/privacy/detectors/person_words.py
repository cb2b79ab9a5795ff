"""How the name of a person is told from the name of a program, a team or a thing; and keys that say `name`."""

from __future__ import annotations

import re
from typing import NamedTuple

from tachograph_sdk.privacy.detectors.detector import Text
from tachograph_sdk.privacy.detectors.path_words import NOT_A_PERSON
from tachograph_sdk.privacy.detectors.word_lists import words

__all__ = ["Field", "is_login", "is_person", "name_fields"]

_NOT_NAMES = words(
    "claude anthropic codex copilot cursor gemini qwen aider devin openai chatgpt gpt github gitlab bitbucket git bot"
    " actions action dependabot renovate greenkeeper snyk codecov mergify semantic-release pre-commit web-flow ci"
    " jenkins travis team teams authors author contributors contributor maintainers maintainer developers developer"
    " foundation project inc corp ltd llc gmbh google microsoft apache mozilla red hat community admin administrator"
    " system root user users username test tester testing example sample demo dummy foo bar baz qux unknown none null"
    " anonymous nobody noreply no-reply support info security name names your my first last full middle display"
    " string str text true false undefined default value key type field column label title required optional model"
    " opus sonnet haiku code agent assistant human ai llm machine service account server client app application"
    " package module function method class file files readme license copyright version release build world all"
    " everyone everybody there folks guys friend friends sir madam customer reader colleagues hiring manager recruiting"
    " the a an and or of for with this that is in on to by from as at it be not new old other object int number bool"
    " self cls get set list dict ops devops sre sales marketing finance hr engineering platform infra infrastructure backend frontend qa it"
    " helpdesk newsletter billing press office legal notification notifications alert alerts builder builds am pm mr mrs"
    " ms dr prof"
)
_WORD = re.compile(r"[^\W\d_][^\W_]*(?:['\u2019.\-][^\W_]+)*\.?")
_PARTICLES = words("van von der den de del della di da dos du la le bin ibn al el ter ten zu zur y e af av san st")

# A key that ends with "name" and its value: `"full_name": "…"`, `GIT_AUTHOR_NAME=…`, `user.name = …`, `user.name "…"`.
_NAME_KEY = re.compile(
    rb"name[\"'\]]{0,2}(?:[ \t]{0,8}(?:=>?|:=?|\x00)[ \t]{0,3}[\"'\x60]?|[ \t]{1,3}[\"']|>(?=[a-z?][^<>\n]{0,60}</))"
    rb"(?=[a-z0-9?_])"
)
_KEY_BYTES = b"abcdefghijklmnopqrstuvwxyz0123456789_.-"


class Field(NamedTuple):
    """A key that ends with "name", in lower case without marks, and where its value begins."""

    key: str
    start: int  # of the key
    at: int  # of the value
    quote: str  # mark that the value stands in, or ""


def name_fields(text: Text) -> tuple[Field, ...]:
    """All keys of the text that end with "name", with the places of their values."""
    return text.once(_look)


def _look(text: Text) -> tuple[Field, ...]:
    lower = text.lower
    found = []
    for match in _NAME_KEY.finditer(lower):
        low = max(0, match.start() - 24)
        start = low + len(lower[low : match.start()].rstrip(_KEY_BYTES))
        key = lower[start : match.start() + 4].translate(None, b"_.-").decode("ascii")
        last = lower[match.end() - 1 : match.end()].decode("ascii")
        found.append(Field(key, start, match.end(), last if last in "\"'`" else ""))
    return tuple(found)


def is_person(name: str) -> bool:
    """Whether it can be the full name of a person: a few words of letters, none of a program's or a team's name."""
    parts = name.split()
    if not 1 <= len(parts) <= 6 or "[bot]" in name:
        return False
    for part in parts:
        if not _WORD.fullmatch(part) or part.lower().rstrip(".") in _NOT_NAMES:
            return False
    if len(parts) == 1 and name.lower() in NOT_A_PERSON:
        return False
    big = [part for part in parts if part.lower() not in _PARTICLES]
    return bool(big) and all(not part[0].islower() for part in big)


def is_login(name: str) -> bool:
    """Whether it can be somebody's login, and not the account of a service or a word that stands for one."""
    lower = name.lower()
    return (
        1 < len(name) <= 40
        and lower not in NOT_A_PERSON
        and lower not in _NOT_NAMES
        and not name.isdecimal()
        and not lower.endswith(("bot", "[bot]", "-agent", "service", "_id"))
    )
