"""Transcripts that are off tenfold beside telemetry that caught a quarter: together within half a percent."""

from __future__ import annotations

import json
import random

import pytest

from tests.corpus.ledger.claims import CLASSES
from tests.corpus.ledger.compare import differences
from tests.corpus.ledger.corpus import Corpus, make_tenfold
from tests.corpus.ledger.feed import Feed
from tests.corpus.ledger.things import RATES, our_price
from tests.corpus.ledger.truth import truth_of

COUNTS = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")


@pytest.mark.timeout(300)
def test_sources_that_are_each_far_off_are_right_together():
    corpus = make_tenfold(7)
    happened = corpus.plan.requests()
    true_tokens = sum(r.tokens.input + r.tokens.output + r.tokens.cache_read + r.tokens.cache_write for r in happened)
    naive = naive_sum(corpus)
    caught = {id(c.thing) for c in corpus.claims() if c.what == "request" and c.source == "log"}
    assert 9 < naive / true_tokens < 11
    assert 0.22 < len(caught) / len(happened) < 0.28
    truth = truth_of(corpus, corpus.claims())
    with Feed() as feed:
        feed.deliver(corpus.inputs, random.Random(7), settles=0.02)
        assert not differences(corpus, truth, feed)  # what anybody saw is exact; the rest of the distance nobody saw
        (told,) = feed.ask(
            f"""select count(*) filter (where outcome = 'ok') as requests,
            {", ".join(f"sum({name}_tokens)::bigint as {name}" for name in CLASSES)},
            sum(cost_nanousd) filter (where model <> 'claude-unheard-of-1')::bigint as cost,
            sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens) filter (where outcome = 'residual')
                ::bigint as residual from requests"""
        )
    tokens = sum(told[name] for name in CLASSES)
    print(
        f"requests {len(happened):,}; tokens {true_tokens:,}, naive sum of the transcripts {naive:,} "
        f"({naive / true_tokens:.2f} times), log records caught {len(caught) / len(happened):.1%} of the requests, ledger "
        f"{tokens:,} ({tokens / true_tokens - 1:+.3%}), of these {told['residual']:,} from counters"
    )
    assert told["requests"] == len(truth.rows)
    assert abs(tokens / true_tokens - 1) < 0.005
    # The client's own figure where its record came through (2.1.72 charges an hour's cache writes too little), else the price.
    said = {id(c.thing): c.cost for c in corpus.claims() if c.what == "request" and c.source == "log"}
    known = [r for r in happened if RATES[r.model]]
    true_cost = sum(said.get(id(r)) or our_price(r.model, r.tokens, fast=r.fast) or 0 for r in known)
    print(f"cost ${true_cost / 1e9:,.2f}, ledger ${told['cost'] / 1e9:,.2f} ({told['cost'] / true_cost - 1:+.3%})")
    assert abs(told["cost"] / true_cost - 1) < 0.005


def naive_sum(corpus: Corpus) -> int:
    """Every usage on every line of every file, as a tool that knows nothing adds it up."""
    total = 0
    for snapshot in corpus.snapshots():
        for line in snapshot.data.splitlines():
            record = json.loads(line)
            usage = record.get("message", {}).get("usage", {}) if isinstance(record, dict) else {}
            total += sum(usage.get(name, 0) for name in COUNTS)
    return total
