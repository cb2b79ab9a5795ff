"""The corpus itself: large enough, sound, the same each time; and a scorer that sees what it should."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from tests.corpus.scrub.case import Case, build
from tests.corpus.scrub.encode import ENCODINGS, encoded
from tests.corpus.scrub.generate import RECIPES, innocents, positives
from tests.corpus.scrub.score import changed, judge, score
from tests.corpus.scrub.tokens import TOKENS

KINDS = {
    "home path", "windows path", "private path", "email", "ipv4", "ipv6", "mac", "host", "url with credentials", "url with token", "provider token",
    "entropy with context", "jwt", "pem", "connection string", "auth header", "cookie", "env line", "kubeconfig", "key and value", "card", "iban", "phone",
    "national id", "name in trailer", "prompt", "user",
}  # fmt: skip


def test_there_are_enough_cases_of_every_kind():
    cases = positives()
    counts = Counter(case.kind for case in cases)
    assert set(counts) == KINDS
    assert min(counts.values()) >= 40
    assert len(cases) >= 1200
    assert len(innocents()) >= 1200
    assert len(TOKENS) >= 100
    assert {case.encoding for case in cases} >= {"json", "json twice", "url", "base64", "hex escapes", "html"}


def test_cases_are_sound_and_always_the_same():
    cases = positives()
    assert [case.text for case in cases] == [case.text for case in positives()]
    assert all(case.is_sound() and case.secrets for case in cases)
    assert all(not case.plants for case in innocents())


def test_what_is_private_nowhere_stands_in_the_innocents():
    private = {secret for case in positives() for secret in case.secrets if len(secret) >= 12}
    assert [c.id for c in innocents() if any(secret in c.text for secret in private)] == []


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_encoding_moves_the_plants_with_the_text(encoding):
    case = build('a "⟦user=jörg⟧" /b ⟦key32⟧\n', RECIPES, Random(1), name="x", kind="x")
    written = encoded(case, encoding)
    assert len(written.secrets) in (1, 2)  # one where it is a single run
    assert all(secret for secret in written.secrets)
    assert written.is_sound()


CASE = build("key=⟦key32⟧; by ⟦user=marta⟧ on ⟦?day=Friday⟧.", RECIPES, Random(1), name="x", kind="x")
SECRET = CASE.secrets[0]


@pytest.mark.parametrize(
    ("output", "missed", "partial", "broken"),
    [
        ("key=<secret>; by <user> on Friday.", 0, 0, False),
        ("key=<secret>; by <user> on <date>.", 0, 0, False),
        (CASE.text, 2, 0, False),
        (f"key={SECRET}; by <user> on Friday.", 1, 0, False),
        (f"key=<secret>{SECRET[-6:]}; by <user> on Friday.", 0, 1, False),
        ("key=<secret> by <user> on Friday.", 0, 0, True),
        ("<secret>; by <user> on Friday.", 0, 0, True),
        (f"key={SECRET[:8]}…; by <user> on Friday", 0, 1, True),
    ],
)
def test_the_scorer_sees_what_was_missed_left_half_or_broken(output, missed, partial, broken):
    verdict = judge(CASE, output)
    assert (len(verdict.missed), len(verdict.partial), verdict.is_broken) == (missed, partial, broken)


def test_a_scrubber_that_does_nothing_finds_nothing_and_one_that_drops_all_breaks_all():
    cases = positives()
    nothing, everything = score(cases, lambda text: text), score(cases, lambda _: "")
    assert nothing.whole.recall == 0
    assert nothing.whole.broken == nothing.whole.moved == 0
    assert everything.whole.recall == 1
    assert everything.whole.broken >= 0.7 * len(cases)  # the rest is nothing but the secret
    assert changed(innocents(), lambda text: text) == []


def test_what_changes_a_second_time_is_seen():
    assert score([Case(id="x", kind="x", text="a")], lambda text: text + "a").whole.moved == 1
