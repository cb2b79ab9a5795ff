"""The names of the steps between two figures, in the order in which they are shown, each with a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tachograph.analytics.explain.figures import Figure, Step

__all__ = ["STEPS", "as_steps"]

STEPS: Mapping[str, tuple[str, str]] = {
    # what a source repeats
    "placeholder_output": (
        "placeholder output",
        "the first records of a response hold a placeholder for the tokens it was going to write; the last one counts",
    ),
    "repeated_records": (
        "repeated content blocks",
        "a response is one record for each content block, and every one repeats the usage of the whole response",
    ),
    "forked_history": (
        "forked history",
        "a forked or resumed session begins with a copy of another one's records; they count where they were made",
    ),
    "reported_again": ("reported more than once", "the same request was told again, whole or with a newer usage"),
    "ccusage_twice": (
        "counted twice by ccusage",
        "its rules take several lines for several requests, the ledger for one (no request id, or another one)",
    ),
    # where and when
    "elsewhere": (
        "clock, day and session",
        "the source dates it, or says whose session or which model it was, otherwise than the ledger's record does",
    ),
    "day_boundary": (
        "day boundary",
        "both know the request and put it on another day: a response that ends after midnight has lines on both sides",
    ),
    "other_session": (
        "another session",
        "it was found in this session's file, and belongs to the one it was copied from",
    ),
    "zone_lost": ("on another day in UTC", "it falls on this day in UTC and on another in the time zone asked for"),
    "zone_won": ("on this day here only", "it falls on this day in the time zone asked for and on another in UTC"),
    # what ccusage printed against what its rules give now
    "ccusage_files": (
        "ccusage saw other files",
        "its output has other tokens than its rules give now: files have come, grown or gone since, or other agents are in",
    ),
    "ccusage_prices": (
        "ccusage's prices when it ran",
        "the tokens are the same; online it takes the current litellm table, and a person can set prices",
    ),
    # what a figure from outside holds that the ledger does not
    "synthetic": (
        "rows made by the agent itself",
        "`<synthetic>` rows and error messages are no requests to the model",
    ),
    "not_imported": (
        "in the files, not in the ledger",
        "no such request was imported: run `tachograph import`, or look at what it set aside",
    ),
    "only_theirs": ("only in the other figure", "the ledger knows no request of this model on this day"),
    # tokens
    "corrected": (
        "corrected by a better source",
        "another source gives more tokens for the same request: this one reported early, or zero after a failed stream",
    ),
    "tokens": (
        "other tokens",
        "another source, or a longer reading of the same file, gives more tokens for the request",
    ),
    # price
    "no_price": ("no price for the model", "the other figure has no price for this model and counts it as free"),
    "price_version": ("price list", "the price per token differs: another list, or another date of it"),
    "cache_tier": (
        "1-hour cache writes",
        "writing to the cache for an hour costs 2 x input, for five minutes 1.25 x; one side priced them as the other kind",
    ),
    "long_context": (
        "long context",
        "above a threshold the whole request costs more; ccusage raises only the tokens beyond 200,000 of each kind",
    ),
    "fast": ("fast mode", "the factor for fast requests differs"),
    "region_and_tier": (
        "region and service tier",
        "inference bound to a region, batch and priority have factors of their own",
    ),
    "web_search": ("web searches", "server-side web searches are billed for each search"),
    "reported": (
        "reported against priced",
        "the agent's own figure for the request is taken where it gives one, instead of a price list",
    ),
    "rounding": ("rounding", "the agent rounds what it reports; less than a micro-dollar for each request"),
    "unpriced": ("unpriced in the ledger", "our price list has no price for this model on this day: unknown, not free"),
    # what the ledger holds beside
    "auxiliary": (
        "auxiliary requests",
        "titles, compaction and the like: the agent's telemetry tells of them, its transcript does not",
    ),
    "otel_only": (
        "seen by OpenTelemetry only",
        "no transcript of this session was read, or it does not show the request",
    ),
    "file_gone": (
        "transcript not on this machine now",
        "it was imported from a transcript that has been deleted since (30 days by default), moved, or lies elsewhere",
    ),
    "other_sources": ("requests other sources saw", "this source did not tell of them"),
    "other_agent": ("other agents", "this source or program does not look at the agent that made them"),
    "residual": (
        "seen by counters only",
        "the agent's running counters say more than all single requests together: what is missing is added as a whole",
    ),
    "only_ledger": ("only in the ledger", "the other figure has nothing of this model on this day"),
    # counters
    "not_counted": ("not counted there", "the other figure does not count requests, or has no tokens"),
    "beyond_counters": ("usage the counters missed", "single requests show more than the counters of their session"),
    "no_money": ("counters that count no money", "these agents count tokens only; the cost is the ledger's own"),
    "without_counters": ("sessions without counters", "usage of sessions, or times, from which no counter came"),
    "counter_excess": (
        "counters above the rows, not added",
        "what counters say more and the ledger does not add: rounding, or requests that a copy in another session shows",
    ),
    "carried_over": (
        "carried over",
        "the agent's total begins with what the session it was resumed or forked from had cost",
    ),
    "session_total": (
        "told apart by no source",
        "the agent's own total and the requests known of the session differ by this",
    ),
    "rest": ("difference", "both have this model on this day, with other amounts"),
}


def as_steps(changes: Mapping[str, Figure], items: Mapping[str, int] | None = None) -> list[Step]:
    """The steps that change something, in the order of STEPS."""
    unknown = set(changes) - set(STEPS)
    if unknown:
        raise ValueError(f"steps without a name: {sorted(unknown)}")
    return [
        Step(id=id_, name=name, why=why, change=changes[id_], items=(items or {}).get(id_))
        for id_, (name, why) in STEPS.items()
        if changes.get(id_)
    ]


def names(ids: Iterable[str]) -> list[str]:
    """The names of these steps."""
    return [STEPS[i][0] for i in ids]
