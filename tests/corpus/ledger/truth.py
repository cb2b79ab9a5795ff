"""What the ledger must say of a set of claims: worked out thing by thing, without any of the code under test.

Figures are sums per key; a key is (session or family, model, day), as fine as can be known, see `Grain`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from tests.corpus.ledger.claims import CLASSES, Claim
from tests.corpus.ledger.corpus import Corpus
from tests.corpus.ledger.things import DAY_MS, Call, Failure, Prompt, Request, Tokens, our_price
from tests.corpus.ledger.transcripts import inherited

__all__ = ["Grain", "Row", "Truth", "truth_of"]

Key = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One request as the sources that saw it tell it together."""

    request: Request
    session: int | None  # None: none of them names one
    tokens: dict[str, int]
    cost: int | None
    basis: str
    sources: frozenset[str]

    @property
    def day(self) -> int:
        return self.request.at_ms // DAY_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class Grain:
    """How finely figures of each family can be known."""

    unclear: frozenset[int]  # families whose copied history cannot be told from its origin
    blurred: frozenset[int]  # families with calls and prompts whose day cannot be known

    def session(self, index: int | None, family: int | None) -> Key:
        if index is None or family is None:
            return ("no session",)
        return ("family", family) if family in self.unclear else ("session", index)

    def day(self, at_day: int, family: int | None) -> int | None:
        return None if family in self.blurred else at_day


@dataclass(slots=True, kw_only=True)
class Truth:
    """What the ledger must show."""

    rows: list[Row]
    grain: Grain
    calls: Counter[Key] = field(default_factory=Counter)  # by session and day
    call_errors: Counter[Key] = field(default_factory=Counter)
    prompts: Counter[Key] = field(default_factory=Counter)
    failures: int = 0
    residual: Counter[Key] = field(default_factory=Counter)  # by session, model and class: counters less rows
    outcomes: dict[Key, int] = field(default_factory=dict)  # lines and commits by session, where they can be known


def truth_of(corpus: Corpus, claims: Iterable[Claim]) -> Truth:
    """The truth about what was said; the same claim said again changes nothing."""
    claims = list(claims)
    by_thing: dict[int, list[Claim]] = defaultdict(list)
    for claim in claims:
        if claim.thing is not None:
            by_thing[id(claim.thing)].append(claim)
    families = {s.index: s.family for s in corpus.plan.sessions}
    grain = _grain(corpus, by_thing, families, totals={c.session for c in claims if c.what == "running"})
    truth = Truth(rows=[], grain=grain)
    for said in by_thing.values():
        thing = said[0].thing
        if isinstance(thing, Request):
            truth.rows.append(_row(thing, said))
        elif isinstance(thing, Failure):
            truth.failures += 1
        elif isinstance(thing, Call | Prompt):
            session = _session_of(said, _home(corpus, thing))
            family = None if session is None else families[session]
            at_ms = min(c.at_ms for c in said)
            key = (grain.session(session, family), grain.day(at_ms // DAY_MS, family))
            if isinstance(thing, Prompt):
                truth.prompts[key] += 1
                continue
            truth.calls[key] += 1
            outcomes = {c.told.get("outcome") for c in said}
            truth.call_errors[key] += "failed" in outcomes and "rejected" not in outcomes
    _residuals(corpus, claims, by_thing, truth)
    _outcomes(claims, truth, families)
    return truth


def _home(corpus: Corpus, thing: Call | Prompt) -> int:
    if isinstance(thing, Prompt):
        return thing.session
    return next(r.session for r in corpus.plan.requests() if thing in r.calls)


def _session_of(said: list[Claim], home: int) -> int | None:
    """Where a thing belongs: where it happened, if that is among the sessions that show it."""
    shown = {c.session for c in said if c.session is not None}
    return None if not shown else home if home in shown else min(shown)


def _row(request: Request, said: list[Claim]) -> Row:
    tokens: dict[str, int] = {}
    for claim in said:
        for name, count in claim.told.items():
            tokens[name] = max(tokens.get(name, 0), count)
    tokens["cache_write"] = max(tokens["cache_write"], tokens.get("cache_5m", 0) + tokens.get("cache_1h", 0))
    reported = [c.cost for c in said if c.cost is not None]
    prices = [price for c in said if (price := _price(request, c)) is not None]
    cost = max(reported) if reported else max(prices, default=None)
    basis = "reported" if reported else "priced" if prices else "unpriced"
    sources = frozenset(c.source for c in said)
    return Row(
        request=request, session=_session_of(said, request.session), tokens=tokens, cost=cost, basis=basis,
        sources=sources,
    )  # fmt: skip


def _price(request: Request, claim: Claim) -> int | None:
    """What a price table makes of one source's report; cache writes of unknown lifetime are kept for five minutes."""
    told = claim.told
    hour = told.get("cache_1h", 0)
    tokens = Tokens(
        input=told["input"], output=told["output"], cache_read=told["cache_read"], cache_5m=told["cache_write"] - hour,
        cache_1h=hour, searches=told.get("searches", 0),
    )  # fmt: skip
    return our_price(request.model, tokens, fast=request.fast)


def _grain(
    corpus: Corpus, by_thing: dict[int, list[Claim]], families: dict[int, int], *, totals: set[int | None]
) -> Grain:
    unclear = set()
    for family in set(families.values()):
        members = corpus.plan.family(family)
        shown = [s for s in members if corpus.mixes[s.index].transcript]
        if len(members) == 1 or not shown:
            continue
        holes = any(corpus.mixes[s.index].transcript == "holes" for s in shown)
        known = all(s.index in totals for s in shown) or _told_apart(family, by_thing, families)
        if holes or family in corpus.blurred or not known:
            unclear.add(family)
    return Grain(unclear=frozenset(unclear), blurred=frozenset(corpus.blurred))


def _told_apart(family: int, by_thing: dict[int, list[Claim]], families: dict[int, int]) -> bool:
    """Whether the session that a copied record came from is the one that began its own work first, or did none."""
    own: dict[int, float] = {}
    held: list[tuple[Any, set[int]]] = []
    for said in by_thing.values():
        places = {c.session for c in said if c.source == "transcript" and c.session is not None}
        if not places or families[min(places)] != family:
            continue
        held.append((said[0].thing, places))
        if len(places) == 1 and not isinstance(said[0].thing, Failure):
            (only,) = places
            own[only] = min(own.get(only, 1e18), *(c.at_ms for c in said if c.source == "transcript"))
    size = Counter(place for _, places in held for place in places)
    for thing, places in held:
        if len(places) > 1 and not isinstance(thing, Call):
            ranks = sorted((own.get(p, -1), size[p], p) for p in places)
            if ranks[0][2] != thing.session or ranks[0][:2] == ranks[1][:2]:
                return False
    return True


def _residuals(corpus: Corpus, claims: list[Claim], by_thing: dict[int, list[Claim]], truth: Truth) -> None:
    """What counters say beyond the rows, class by class: the more of what exported ones and the session's own total miss.

    An exported counter is held against all rows seen in its session, a session's own total, without what it inherited,
    against the rows that are its own.
    """
    seen: Counter[Key] = Counter()
    own: Counter[Key] = Counter()
    for row in truth.rows:
        said = by_thing[id(row.request)]
        places: set[Any] = {c.session for c in said if c.session is not None} if corpus.named else {row.day}
        for place in places:
            _count(seen, row, place)
        _count(own, row, row.session)
    exported = _exported(claims)
    _keep_larger(truth.residual, exported, seen)
    _keep_larger(truth.residual, _running(corpus, claims), own)


def _count(sums: Counter[Key], row: Row, place: Any) -> None:
    where = (place, row.request.model)
    sums[*where, "requests"] += 1
    for name in (*CLASSES, "searches"):
        sums[*where, name] += row.tokens.get(name, 0)
    sums[*where, "cost"] += row.cost or 0


def _keep_larger(residual: Counter[Key], counted: Counter[Key], shown: Counter[Key]) -> None:
    for key, amount in counted.items():
        missing = amount - shown[key]
        rounding = 1_000 * shown[*key[:2], "requests"] if key[2] == "cost" else 0
        if missing > max(rounding, residual[key]):
            residual[key] = missing


def _exported(claims: list[Claim]) -> Counter[Key]:
    """Sums of increments, each counted once, and the last of each running total."""
    last: dict[str, Claim] = {}
    points: dict[tuple[str, int], Claim] = {}
    for claim in claims:
        if claim.what != "counter" or claim.told["class"] not in (*CLASSES, "cost"):
            continue
        if not claim.told["cumulative"]:
            points[claim.place, claim.at_ms] = claim
        elif claim.place not in last or last[claim.place].at_ms < claim.at_ms:
            last[claim.place] = claim
    counted: Counter[Key] = Counter()
    for claim in (*last.values(), *points.values()):
        where = claim.session if claim.session is not None else claim.at_ms // DAY_MS
        counted[where, claim.told["model"], claim.told["class"]] += claim.told["amount"]
    return counted


def _running(corpus: Corpus, claims: list[Claim]) -> Counter[Key]:
    """The last of each session's own totals, without what it inherited."""
    counted: Counter[Key] = Counter()
    for claim in claims:
        if claim.what == "running" and claim.session is not None:
            model = claim.told["model"]
            base = inherited(corpus.plan, corpus.plan.sessions[claim.session]).get(model, {})
            for name in (*CLASSES, "searches", "cost"):
                key = (claim.session, model, name)
                counted[key] = max(counted[key], claim.told[name] - base.get(name, 0))
    return counted


def _outcomes(claims: list[Claim], truth: Truth, families: dict[int, int]) -> None:
    """Lines and commits of sessions without forks: those of the source that tells most, counters less a line a change."""
    shown: dict[tuple[str, int], dict[Any, int]] = defaultdict(dict)  # by kind and session: transcript's, by call
    uses = {(c.place, id(c.thing)) for c in claims if c.what == "call" and c.source == "transcript"}
    metric: dict[tuple[str, int], dict[Any, Claim]] = defaultdict(dict)
    for c in claims:
        if c.source == "transcript" and isinstance(c.thing, Call) and c.session is not None:
            if c.what == "lines":
                shown["added", c.session][c.thing.id] = c.told["added"]
                shown["removed", c.session][c.thing.id] = c.told["removed"]
            elif c.what == "result" and c.thing.commits and (c.place, id(c.thing)) in uses:
                shown["commits", c.session][c.thing.id] = 1
        elif c.what == "counter" and c.session is not None and c.told["class"] in ("added", "removed", "commits"):
            kind = c.told["class"]
            place: Any = c.place if c.told["cumulative"] else (c.place, c.at_ms)
            known = metric[kind, c.session].get(place)
            if known is None or known.at_ms < c.at_ms:
                metric[kind, c.session][place] = c
    for session, family in families.items():
        if list(families.values()).count(family) > 1:
            continue  # copies of history: whose changes they are is tested in test_ledger.py
        for kinds in (("added", "removed"), ("commits",)):
            told = {kind: sum(shown[kind, session].values()) for kind in kinds}
            counted = {kind: sum(c.told["amount"] for c in metric[kind, session].values()) for kind in kinds}
            changes = {call for kind in kinds for call in shown[kind, session]} if len(kinds) > 1 else ()
            most = told if sum(told.values()) + len(changes) >= sum(counted.values()) else counted
            for kind in kinds:
                truth.outcomes[session, kind] = most[kind]
