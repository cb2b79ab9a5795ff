"""The ledger against the truth: random sessions, seen by random sources, with losses, copies, repetitions and delays."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st

from tests.corpus.ledger.claims import CLASSES, Export, Input, Snapshot
from tests.corpus.ledger.compare import differences
from tests.corpus.ledger.corpus import Corpus, make_corpus
from tests.corpus.ledger.feed import Feed
from tests.corpus.ledger.telemetry import recoded
from tests.corpus.ledger.truth import truth_of
from tests.effort import rounds

SEEDS = st.integers(0, 10**9)
PHASES = (Phase.explicit, Phase.generate)  # a smaller seed is no smaller corpus, so that there is nothing to shrink


@pytest.mark.timeout(300)
@settings(max_examples=rounds(4, thorough=16), phases=PHASES)
@example(10**9)  # a fork of a fork, whose file lacks what its parent did
@given(SEEDS)
def test_the_ledger_says_what_happened_wherever_anybody_saw_it(seed):
    """Every row, every sum, every residual, to the token and the nano-dollar; and rebuilding changes nothing."""
    check(make_corpus(seed), random.Random(seed))


@pytest.mark.long
@pytest.mark.timeout(900)
@settings(max_examples=6, phases=PHASES)
@given(SEEDS)
def test_the_ledger_says_what_happened_at_length(seed):
    check(make_corpus(seed, sessions=6, length=4), random.Random(seed))


@pytest.mark.timeout(300)
@settings(max_examples=rounds(2, thorough=8), phases=PHASES)
@given(SEEDS)
def test_the_order_of_arrival_does_not_matter(seed):
    """All rows of all tables, down to the millisecond.

    Without running totals, which give the same sums, but on other days, where they overtake each other. Files grow: what is
    read of a response before it is complete gives its row an earlier time. And without the names of calls whose result a fork
    copied without the call: where the fork is read first, its record of it stays, which has none.
    """
    corpus = make_corpus(seed, running=False)
    with Feed() as one, Feed() as two:
        one.deliver(corpus.inputs, random.Random(seed), growing=True)
        two.deliver(corpus.inputs, random.Random(seed + 1), growing=True)
        nameless = one.nameless_results() | two.nameless_results()
        assert without_names(one.tables(), nameless) == without_names(two.tables(), nameless)


def without_names(tables: dict[str, list[tuple[Any, ...]]], calls: set[str]) -> dict[str, list[tuple[Any, ...]]]:
    """The tables without what says which tool these calls were of; how many there were is left."""
    rest = [row for row in tables["tool_calls"] if not calls & {value for value in row if isinstance(value, str)}]
    return {**tables, "tool_calls": rest, "calls": [(len(tables["tool_calls"]),)]}


@pytest.mark.timeout(300)
@settings(max_examples=rounds(2, thorough=8), phases=PHASES)
@given(SEEDS)
def test_twice_is_once(seed):
    """Any of it again, at any time, also in the other encoding."""
    chance = random.Random(seed)
    corpus = make_corpus(seed)
    with Feed() as feed:
        feed.deliver(corpus.inputs, chance, growing=True)
        before = feed.tables()
        again: list[Input] = chance.sample(corpus.inputs, chance.randrange(len(corpus.inputs) + 1))
        again = [recoded(one) if isinstance(one, Export) and chance.random() < 0.5 else one for one in again]
        whole = {one.path: one for one in sorted(corpus.snapshots(), key=lambda s: len(s.data))}
        again = [whole[one.path] if isinstance(one, Snapshot) else one for one in again]
        feed.deliver(again, chance)
        assert feed.tables() == before


@pytest.mark.timeout(300)
@settings(max_examples=rounds(2, thorough=8), phases=PHASES)
@given(SEEDS)
def test_one_more_source_never_lowers_what_is_known(seed):
    """Requests, tokens, calls, prompts, commits; counted by request, and in all.

    Without forks: see corpus.py on forks without their parents. Without half-written files: a placeholder without an id
    beside it is a request of its own until it is complete.
    """
    chance = random.Random(seed)
    corpus = make_corpus(seed, forks=0, early=False)
    todo = list(corpus.inputs)
    chance.shuffle(todo)
    known: dict[str, int] = {}
    with Feed() as feed:
        while todo:
            size = chance.randrange(1, len(todo) + 1)
            feed.deliver(todo[:size], chance, settles=0)
            todo = todo[size:]
            now = what_is_known(feed)
            assert all(now[name] >= count for name, count in known.items()), (known, now)
            known = now


def check(corpus: Corpus, chance: random.Random) -> None:
    truth = truth_of(corpus, corpus.claims())
    with Feed() as feed:
        feed.deliver(corpus.inputs, chance)
        assert not differences(corpus, truth, feed)
        before = feed.tables()
        feed.store.rebuild()
        assert feed.tables() == before


def what_is_known(feed: Feed) -> dict[str, int]:
    """Figures that may only grow."""
    sums = ", ".join(
        f"sum({name}_tokens) as {name}, sum({name}_tokens) filter (where outcome = 'ok') as by_request_{name}"
        for name in CLASSES
    )
    (usage,) = feed.ask(f"select count(*) filter (where outcome = 'ok') as requests, {sums} from requests")
    (more,) = feed.ask(
        """select (select count(*) from tool_calls) as calls, (select count(*) from prompts) as prompts,
        (select sum(commits) from sessions) as commits"""
    )
    return {name: int(value or 0) for name, value in (usage | more).items()}
