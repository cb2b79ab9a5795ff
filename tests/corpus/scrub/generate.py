"""The corpus, made from its data files: carriers x payloads x encodings, and the cases written by hand.

`positives(1)` and `innocents(1)` are always the same; another seed draws other values, carriers and encodings.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from tests.corpus.scrub.case import Case, Recipe, blocks, build
from tests.corpus.scrub.encode import encoded
from tests.corpus.scrub.people import NATIONAL_IDS, PEOPLE
from tests.corpus.scrub.secrets_made import CREDENTIALS
from tests.corpus.scrub.shapes import PACKAGE_HOSTS, made
from tests.corpus.scrub.tokens import KEYED_TOKENS, TOKENS

__all__ = ["DATA", "RECIPES", "Carrier", "carriers", "innocents", "positives"]

DATA = Path(__file__).with_name("data")
OF_EACH = 50  # cases of a kind, at least about

_INNOCENT: dict[str, Recipe] = {
    "sha7": made("{h7}"), "sha9": made("{h9}"), "sha12": made("{h12}"), "sha40": made("{h40}"),
    "hex8": made("{h8}"), "hex10": made("{h10}"), "hex16": made("{h16}"), "hex48": made("{h48}"),
    "l5": made("{l5}"), "l10": made("{l10}"), "l32": made("{l32}"), "A8": made("{A8}"), "A24": made("{A24}"), "A29": made("{A29}"),
    "req": made("req_011C{A20}"), "msg": made("msg_01{A22}"), "toolu": made("toolu_01{A22}"), "ulid": made("01HM{U22}"),
    "digits": made("{n1}{d6}"), "epoch10": made("17{d8}"), "epoch13": made("17{d11}"), "epoch16": made("17{d14}"), "epoch19": made("17{d17}"),
    "b64-256": made("{b43}"), "b64-512": lambda r: base64.b64encode(r.randbytes(64)).decode(),
    "b64-lines": lambda r: "\n".join(base64.b64encode(r.randbytes(48)).decode() for _ in range(r.randint(4, 16))),
}  # fmt: skip
RECIPES: dict[str, Recipe] = {**PEOPLE, **CREDENTIALS, **TOKENS, **KEYED_TOKENS, **_INNOCENT, **PACKAGE_HOSTS}

# What begins and ends with its line wherever it is found.
_OWN_LINE = {"prompt", "name in trailer", "user", "auth header", "cookie", "env line", "key and value"}
_TOKEN_STYLES = (
    "{}", '"{}"', "'{}'", "`{}`", "({})", "token={}", "key: {}", "{},", "{}.", "<{}>", "[{}]", "{}\\n", "KEY={}", 'x-api-key: {}', "Bearer {}", "?k={}&v=1",
    "invalid key {} given", '{{"value":"{}"}}', "\x1b[32m{}\x1b[0m", "export X={}", "--key {}", "--key={}",
)  # fmt: skip
_KEYED_STYLES = (
    "{0}={1}", '{0}="{1}"', "{0}: {1}", '"{0}": "{1}"', "export {0}={1}", "{0} = '{1}'", "-e {0}={1}", '{0}: "{1}"', 'os.environ["{0}"] = "{1}"',
    "<{0}>{1}</{0}>", "--set {0}={1}", '"{0}":"{1}",', "{0}:{1}",
)  # fmt: skip
_WRITTEN_IN = {  # what is looked for inside encodings
    "email": (
        "url",
        "unicode escapes",
        "html numbers",
        "json twice",
        "base64",
        "url twice",
        "every unicode escape",
        "hex escapes",
    ),
    "home path": ("url", "json twice", "json slashes", "unicode escapes", "base64", "url twice", "html numbers"),
    "windows path": ("json", "json twice", "url", "base64"),
    "provider token": (
        "url",
        "url every byte",
        "base64",
        "base64 of urls",
        "hex escapes",
        "every unicode escape",
        "hex",
    ),
    "env line": ("json", "base64", "json twice"),
    "key and value": ("json", "json twice", "base64", "html", "url"),
    "connection string": ("json", "url", "base64", "json slashes"),
    "url with credentials": ("url", "json slashes", "base64"),
    "url with token": ("url", "json slashes", "html"),
    "auth header": ("json", "base64", "url"),
    "name in trailer": ("json", "html", "json ascii"),
    "jwt": ("url", "json", "base64"),
    "pem": ("json", "json twice", "base64", "url"),
    "card": ("json", "base64"),
    "ipv4": ("json", "html"),
    "cookie": ("json", "url"),
}
_STRINGS = {  # what such an encoding stands in
    "json": ('{"n":1,"text":"', '","ok":true}'),
    "json ascii": ('{"n":1,"text":"', '","ok":true}'),
    "json slashes": ('{"n":1,"text":"', '","ok":true}'),
    "json twice": (r'{"body":"{\"n\":1,\"text\":\"', r'\"}","ok":true}'),
}


class Carrier(NamedTuple):
    """Text around a payload."""

    name: str
    encoding: str
    before: str
    after: str

    @property
    def is_own_line(self) -> bool:
        """Whether the payload has a line, or a string, of its own."""
        starts = self.before.strip(" \t")[-1:] in ("", "\n", '"', ">", "`")
        return starts and self.after.strip(" \t")[:1] in ("", "\n", '"', "<", "`", "\r")


@cache
def carriers() -> tuple[Carrier, ...]:
    """All of them, as the data file has them."""
    found = []
    for heading, text in blocks(DATA / "carriers.txt"):
        name, _, encoding = heading.partition(" | ")
        before, _, after = text.partition("{}")
        if name == "crlf":
            before, after = before.replace("\n", "\r\n"), after.replace("\n", "\r\n")
        found.append(Carrier(name, encoding, before, after))
    return tuple(found)


def positives(seed: int = 1) -> list[Case]:
    """Texts with something private in them, each sound, no two alike."""
    return _distinct(case for case in _positives(Random(f"positives {seed}")))


def innocents(seed: int = 1) -> list[Case]:
    """Texts that must stay as they are."""
    return _distinct(_innocents(Random(f"innocents {seed}")))


def _distinct(cases: Iterator[Case]) -> list[Case]:
    seen: dict[str, Case] = {}
    for case in cases:
        seen.setdefault(case.text, case)
    return list(seen.values())


def _positives(random: Random) -> Iterator[Case]:
    odd = [block for path in sorted(DATA.glob("odd*.txt")) for block in blocks(path)]
    for number, (kind, text) in enumerate(odd):
        yield _make(text, random, f"odd-{number}", kind)
    each = Counter(kind for kind, _ in _payloads())
    for number, (kind, text) in enumerate(_payloads()):
        for turn in range(max(2, -(-OF_EACH // each[kind]))):
            case = _make(text, random, f"{kind}-{number}-{turn}", kind)
            yield _carry(case, random) if turn or "\n" in text else case
    for number, (kind, text) in enumerate(_payloads()):
        if kind in _WRITTEN_IN and random.random() < 0.35:
            yield from _written(_make(text, random, f"written-{number}", kind), random)


def _written(case: Case, random: Random) -> Iterator[Case]:
    encoding = random.choice(_WRITTEN_IN[case.kind])
    inner = encoded(case, encoding)
    if encoding in ("base64", "base64 of urls", "hex") and len(inner.text) < 24:
        return
    if encoding in _STRINGS:
        yield inner.inside(*_STRINGS[encoding], "string")
        return
    carrier = random.choice([c for c in carriers() if c.encoding == "plain" and c.name != "bare"])
    yield inner.inside(carrier.before, carrier.after, carrier.name)


def _payloads() -> Iterator[tuple[str, str]]:
    """Kind and template of everything that goes into carriers."""
    yield from blocks(DATA / "snippets.txt")
    yield from ((kind, text) for kind, text in blocks(DATA / "odd.txt") if kind == "kubeconfig")
    yield from (("provider token", _styled(n, name)) for n, name in enumerate(TOKENS))
    for turn in range(2):
        for number, name in enumerate(KEYED_TOKENS):
            style = _KEYED_STYLES[(number * 2 + turn) % len(_KEYED_STYLES)]
            yield "entropy with context", style.format(name, f"⟦{name}⟧")
    for name, (_, words) in NATIONAL_IDS.items():
        for before in words:
            yield "national id", f"{before}⟦id-{name}⟧" + ('"' if before.endswith('"') else "")
    for around in ("{}", "key:\n{}", '"""{}"""', "cat id_rsa\n{}\n$", "{}\n", "PRIVATE_KEY='{}'", "  {}"):
        for recipe in ("pem", "pgp", "pem", "pem"):
            yield "pem", around.format(f"⟦{recipe}⟧")
    for around in ("{}", "$ cat key\n{}", "log cut here: {}"):
        yield "pem", around.format("⟦pem-cut⟧")


def _styled(number: int, name: str) -> str:
    return _TOKEN_STYLES[number % len(_TOKEN_STYLES)].format(f"⟦{name}⟧")


def _make(template: str, random: Random, name: str, kind: str) -> Case:
    for _ in range(50):
        case = build(template, RECIPES, random, name=name, kind=kind)
        if case.is_sound():
            return case
    raise AssertionError(f"a secret stands outside its marks: {template}")


def _carry(case: Case, random: Random) -> Case:
    own_line = case.kind in _OWN_LINE or "\n" in case.text or case.kind == "pem"
    fitting = [c for c in carriers() if not own_line or c.is_own_line]
    for _ in range(50):
        carrier = random.choice(fitting)
        carried = encoded(case, carrier.encoding).inside(carrier.before, carrier.after, carrier.name)
        if carried.is_sound():
            return carried
    return case


def _innocents(random: Random) -> Iterator[Case]:
    found = [block for path in sorted(DATA.glob("innocent_*.txt")) for block in blocks(path)]
    cases = []
    for number, (group, text) in enumerate(found):
        case = build(text, RECIPES, random, name=f"innocent-{number}", kind=group)
        cases.append(case)
        yield case
        again = build(text, RECIPES, random, name=f"innocent-{number}-carried", kind=group)
        yield _carry_innocent(again, random)
        if "\n" in text or random.random() < 0.4:
            yield _written_innocent(case, random)
    for number in range(200):
        chosen = random.sample(cases, random.randint(2, 6))
        text = random.choice(("\n", "\n\n", "\n\n---\n\n")).join(case.text for case in chosen)
        mixed = Case(id=f"innocent-mix-{number}", kind="mixture", text=text)
        yield mixed
        if number % 4 == 0:
            yield _written_innocent(mixed, random)


def _carry_innocent(case: Case, random: Random) -> Case:
    carrier = random.choice([c for c in carriers() if c.name != "bare" and ("\n" not in case.text or c.is_own_line)])
    return encoded(case, carrier.encoding).inside(carrier.before, carrier.after, carrier.name)


def _written_innocent(case: Case, random: Random) -> Case:
    name = random.choice(("json", "json", "json", "json twice", "url", "html", "json ascii"))
    before, after = _STRINGS.get(name, ("", ""))
    return replace(encoded(case, name).inside(before, after, "written"), id=f"{case.id}-{name}")
