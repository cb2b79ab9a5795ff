"""Looks for texts that the scrubber gets wrong, by changing those of the corpus: run by hand.

    python -m tests.corpus.scrub.adversary [--seed N] [--seconds S] [--kind KIND] [--innocents]

Each step changes something that does not change what is private: letter case and spelling of the words around, separators,
quotes, what stands right beside, encodings, odd spaces, where the text is cut, another case behind it. It keeps to what
already came near: a text with a miss is changed no further, others are changed again. What it prints is to be judged by
a person; what is right about it becomes a case in data/found.txt, as it is or as the shape behind it.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random

from tachograph_sdk.privacy.scrubber import Scrubber
from tests.corpus.scrub.case import Case, Plant
from tests.corpus.scrub.encode import encoded
from tests.corpus.scrub.generate import carriers, innocents, positives
from tests.corpus.scrub.score import judge

__all__ = ["MUTATIONS", "search", "search_innocents"]

Segments = list[str]  # keep, plant, keep, plant, …, keep
Mutation = Callable[[Segments, Random], Segments]

_SPACES = ("\u00a0", "\u2009", "\u3000", "\t", "  ", "\n", "\r\n", "\u200b ")
_BESIDE = ("(", ")", "[", "]", "{", "}", "<", ">", ",", ";", "|", "…", "。", "、", "“", "”", "«", "»", "—", "*", "**", "`", "\\n", "\\t", "&", "\x1b[0m", "\x1b[1m", "'", '"')  # fmt: skip
_SEPARATORS = ("=", ": ", ":", " = ", "=>", " => ", ":=", " := ", "\t", " : ", "：", "->")
_KEYS = {
    "password": ("PASSWORD", "Password", "passwd", "pwd", "db_password", "userPassword", "admin-password", "pass", "PASSPHRASE", "new_password", "mysql.password"),
    "token": ("TOKEN", "Token", "authToken", "auth-token", "x_token", "bot_token", "ACCESS_TOKEN", "sessionToken", "id_token", "my.token"),
    "secret": ("SECRET", "clientSecret", "client-secret", "app_secret", "Secret", "shared_secret", "SECRET_VALUE"),
    "api_key": ("apikey", "API-KEY", "ApiKey", "x-api-key", "openai_api_key", "API key", "service.apiKey"),
}  # fmt: skip


def _case_around(parts: Segments, random: Random) -> Segments:
    change = random.choice((str.upper, str.lower, str.title))
    return [change(text) if n % 2 == 0 else text for n, text in enumerate(parts)]


def _word(parts: Segments, random: Random) -> Segments:
    word = random.choice(list(_KEYS))
    new = random.choice(_KEYS[word])
    return [re.sub(word, new, text, flags=re.IGNORECASE) if n % 2 == 0 else text for n, text in enumerate(parts)]


def _separator(parts: Segments, random: Random) -> Segments:
    new = random.choice(_SEPARATORS)
    return [
        re.sub(r"\s?(?:=>|:=|=|: )\s?(?=[\"']?$)", lambda _: new, text) if n % 2 == 0 else text
        for n, text in enumerate(parts)
    ]


def _spaces(parts: Segments, random: Random) -> Segments:
    new = random.choice(_SPACES)
    return [text.replace(" ", new, random.choice((1, -1))) if n % 2 == 0 else text for n, text in enumerate(parts)]


def _quotes(parts: Segments, random: Random) -> Segments:
    plant = random.randrange(1, len(parts), 2) if len(parts) > 1 else 0
    if not plant or parts[plant - 1][-1:] in tuple("\"'/\\@:<"):
        return parts
    a, b = random.choice(
        (
            ('"', '"'),
            ("'", "'"),
            ("`", "`"),
            ("“", "”"),
            ("«", "»"),
            ('\\"', '\\"'),
            ("<", ">"),
            ("[", "]"),
            ("(", ")"),
            ("**", "**"),
            ("&quot;", "&quot;"),
        )
    )
    return [*parts[: plant - 1], parts[plant - 1] + a, parts[plant], b + parts[plant + 1], *parts[plant + 2 :]]


def _beside(parts: Segments, random: Random) -> Segments:
    return (
        [random.choice(_BESIDE) + parts[0], *parts[1:]]
        if random.random() < 0.5
        else [*parts[:-1], random.choice(_BESIDE) + parts[-1]]
    )


def _cut_end(parts: Segments, random: Random) -> Segments:
    return [*parts[:-1], parts[-1][: random.randint(0, min(3, len(parts[-1])))]]


def _cut_start(parts: Segments, random: Random) -> Segments:
    return [parts[0][random.randint(0, len(parts[0]) // 2) :], *parts[1:]]


def _again(parts: Segments, random: Random) -> Segments:
    between = random.choice((" ", "\n", ", ", ";", "\t", " | "))
    return [*parts[:-1], parts[-1] + between + parts[0], *parts[1:]]


MUTATIONS: dict[str, Mutation] = {
    "case around": _case_around,
    "another word": _word,
    "separator": _separator,
    "spaces": _spaces,
    "quotes": _quotes,
    "beside": _beside,
    "cut end": _cut_end,
    "cut start": _cut_start,
    "twice": _again,
}
_ENCODINGS = (
    "json",
    "json twice",
    "url",
    "unicode escapes",
    "html",
    "html numbers",
    "json slashes",
    "hex escapes",
    "base64",
    "url twice",
)


def search(seed: int, seconds: float, kind: str | None = None) -> Iterator[tuple[str, Case, str]]:
    """What was done, the case, and the wrong answer; one for each payload and way."""
    random, scrub = Random(f"adversary {seed}"), Scrubber().scrub
    pool: list[tuple[tuple[str, ...], Case]] = [
        (("",), c)
        for c in positives(seed)
        if kind in (None, c.kind) and len(c.text) < 1500 and judge(c, scrub(c.text)).is_clean
    ]
    seen: set[tuple[str, str]] = set()
    until = time.monotonic() + seconds
    while time.monotonic() < until and pool:
        place = random.randrange(len(pool))
        ways, case = pool[place]
        way, changed = _mutated(case, random, [other for _, other in pool])
        if changed.text == case.text or not changed.is_sound():
            continue
        output = scrub(changed.text)
        verdict = judge(changed, output)
        if verdict.is_clean and scrub(output) == output:
            if len(ways) < 3:
                pool[place] = ((*ways, way), changed)
            else:
                pool[place] = (("",), random.choice(pool)[1])
            continue
        key = (changed.id.rsplit("-", 1)[0], way)
        if key not in seen:
            seen.add(key)
            yield " + ".join((*ways[1:], way)), changed, output


def _mutated(case: Case, random: Random, others: list[Case]) -> tuple[str, Case]:
    choice = random.random()
    if choice < 0.1 and not case.encoding and len(case.text) < 300:
        name = random.choice(_ENCODINGS)
        if name == "base64" and len(case.text) < 20:
            return "", case
        return name, encoded(case, name).inside("x: ", " .", "")
    if choice < 0.2:
        carrier = random.choice(carriers())
        return carrier.name, encoded(case, carrier.encoding).inside(carrier.before, carrier.after, carrier.name)
    if choice < 0.3:
        other, between = random.choice(others), random.choice(("\n", " ", "\t", ", "))
        moved = other.inside(case.text + between, "", "")
        return "another behind it", replace(moved, id=case.id, kind=case.kind, plants=(*case.plants, *moved.plants))
    name = random.choice(list(MUTATIONS))
    parts: Segments = []
    for n, text in enumerate(case.keep):
        parts += [text] if n == len(case.plants) else [text, case.text[case.plants[n].start : case.plants[n].end]]
    return name, _joined(case, MUTATIONS[name](parts, random))


def _joined(case: Case, parts: Segments) -> Case:
    text, plants = "", []
    for n, part in enumerate(parts):
        if n % 2:
            required = case.plants[(n // 2) % len(case.plants)].required
            plants.append(Plant(len(text), len(text) + len(part), required))
        text += part
    return replace(case, text=text, plants=tuple(plants))


def search_innocents(seed: int, seconds: float) -> Iterator[tuple[str, Case, str]]:
    """The same for texts that must stay."""
    random, scrub = Random(f"adversary of innocents {seed}"), Scrubber().scrub
    pool = [c for c in innocents(seed) if len(c.text) < 600]
    seen: set[str] = set()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        case = random.choice(pool)
        way = random.choice(("case", "spaces", "beside", "json", "html", "url", "cut", "joined"))
        text = case.text
        if way == "case":
            text = random.choice((str.upper, str.lower, str.title))(text)
        elif way == "spaces":
            text = text.replace(" ", random.choice(_SPACES))
        elif way == "beside":
            text = random.choice(_BESIDE) + text + random.choice(_BESIDE)
        elif way in ("json", "html", "url"):
            text = encoded(case, way).text
        elif way == "cut":
            a, b = sorted(random.sample(range(len(text) + 1), 2))
            text = text[a:b]
        else:
            text = text + random.choice((" ", "\n", ", ")) + random.choice(pool).text
        output = scrub(text)
        if output != text and case.id not in seen:
            seen.add(case.id)
            yield way, replace(case, text=text), output


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--kind")
    parser.add_argument("--innocents", action="store_true")
    options = parser.parse_args()
    found = (
        search_innocents(options.seed, options.seconds)
        if options.innocents
        else search(options.seed, options.seconds, options.kind)
    )
    count = 0
    for way, case, output in found:
        count += 1
        verdict = judge(case, output)
        what = (
            "moved" if verdict.is_clean else "missed" if verdict.missed else "partial" if verdict.partial else "broken"
        )
        print(
            f"--- {case.kind}, {way}: {what} {[*verdict.missed, *verdict.partial]!r}\n    {case.text[:600]!r}\n    {output[:600]!r}"
        )
    print(f"{count} found")


if __name__ == "__main__":
    main()
