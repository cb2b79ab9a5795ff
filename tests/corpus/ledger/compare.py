"""Where a store's answer and the truth differ, in words that name the key: an empty list is the only good answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.corpus.ledger.claims import CLASSES
from tests.corpus.ledger.corpus import Corpus
from tests.corpus.ledger.feed import NAMES, Feed
from tests.corpus.ledger.things import DAY_MS
from tests.corpus.ledger.truth import Row, Truth

__all__ = ["differences"]

Figures = Counter[tuple[Any, ...]]
SEEN = {"log": "seen_event", "span": "seen_span", "transcript": "seen_transcript"}


def differences(corpus: Corpus, truth: Truth, feed: Feed) -> list[str]:
    """Compare everything that can be known: rows one by one, sums by session, model and day, residuals, outcomes."""
    look = _Look(corpus, truth, feed)
    return [
        *look.rows(),
        *look.usage(),
        *look.residuals(),
        *look.things("tool_calls", truth.calls),
        *look.things("tool_calls where is_error", truth.call_errors),
        *look.things("prompts", truth.prompts),
        *look.outcomes(),
        *look.hours(),
        *look.whole(),
    ]


class _Look:
    def __init__(self, corpus: Corpus, truth: Truth, feed: Feed) -> None:
        self.corpus = corpus
        self.truth = truth
        self.feed = feed
        self.index = {NAMES.session(s.id): s.index for s in corpus.plan.sessions}
        self.family = {s.index: s.family for s in corpus.plan.sessions}
        self.requests = feed.ask("select * from requests")

    def rows(self) -> list[str]:
        """Each request that has an id in the ledger, by itself."""
        wanted: dict[str, Row] = {}
        for row in self.truth.rows:
            wanted[row.request.message_id] = wanted[row.request.request_id] = row
        found: Counter[int] = Counter()
        out = []
        for told in self.requests:
            if told["outcome"] != "ok":
                continue
            true = wanted.get(told["message_id"]) or wanted.get(told["request_id"])
            if true is None:
                if told["message_id"] is not None or told["request_id"] is not None:
                    out.append(f"a row of nothing: {told['request_key']}")
                continue
            found[true.request.number] += 1
            out += _differs(true, told, exact=self.family[true.request.session] not in self.truth.grain.blurred)
        out += [f"request {number} has {n} rows" for number, n in found.items() if n > 1]
        return out

    def usage(self) -> list[str]:
        """Sums per session, model and day."""
        true: Figures = Counter()
        for row in self.truth.rows:
            key = (*self._where(row.session), row.request.model, self._day(row.day, row.session))
            _add(true, key, {"requests": 1, **{n: row.tokens[n] for n in CLASSES}, "cost": row.cost or 0})
        found: Figures = Counter()
        for told in self.requests:
            if told["outcome"] == "ok":
                session = self.index.get(told["session_id"])
                key = (*self._where(session), told["model"], self._day(_day_of(told), session))
                counts = {name: told[f"{name}_tokens"] for name in CLASSES}
                _add(found, key, {"requests": 1, **counts, "cost": told["cost_nanousd"] or 0})
        alike = set() if self.corpus.distinct else {("family", f) for f in self.corpus.blurred}
        alike |= (
            set()
            if self.corpus.distinct
            else {("session", i) for i, f in self.family.items() if f in self.corpus.blurred}
        )
        for figures in (true, found):
            for key in [key for key in figures if key[-1] == "cost" and key[:2] in alike]:
                del figures[key]
        errors = sum(told["outcome"] == "error" for told in self.requests)
        out = _compare("usage", true, found)
        if errors != self.truth.failures:
            out.append(f"failed requests: {self.truth.failures} truly, {errors} in the ledger")
        return out

    def residuals(self) -> list[str]:
        """What only counters saw, per session (or day, if counters name none), model and class."""
        found: Figures = Counter()
        for told in self.requests:
            if told["outcome"] == "residual":
                where = self.index[told["session_id"]] if self.corpus.named else _day_of(told)
                for name in CLASSES:
                    found[where, told["model"], name] += told[f"{name}_tokens"]
                found[where, told["model"], "searches"] += told["web_search_requests"]
                found[where, told["model"], "cost"] += told["cost_nanousd"] or 0
        unclear = {s for s, family in self.family.items() if family in self.truth.grain.unclear}
        keys = [key for key in (*self.truth.residual, *found) if not self.corpus.named or key[0] not in unclear]
        true, shown = (Counter({key: figures[key] for key in keys}) for figures in (self.truth.residual, found))
        return _compare("residual", true, shown)

    def things(self, table: str, true: Figures) -> list[str]:
        """Calls or prompts per session and day."""
        found: Figures = Counter()
        for told in self.feed.ask(f"select session_id, occurred_at from {table}"):
            session = self.index.get(told["session_id"])
            found[self._where(session), self._day(_day_of(told), session)] += 1
        return _compare(table, true, found)

    def outcomes(self) -> list[str]:
        """Lines and commits of the sessions where they can be known."""
        sql = "select session_id, lines_added as added, lines_removed as removed, commits from sessions"
        told = {self.index[row["session_id"]]: row for row in self.feed.ask(sql)}
        out = []
        for (session, kind), true in self.truth.outcomes.items():
            found = told[session][kind] if session in told else 0
            if found != true:
                out.append(f"{kind} of session {session}: {true} truly, {found} in the ledger")
        return out

    def whole(self) -> list[str]:
        """Nothing counts twice; and where counters lost nothing, rows and residuals are all that happened."""
        happened: Figures = Counter()
        for request in self.corpus.plan.requests():
            for name in CLASSES:
                where = request.session if self.corpus.named else None
                happened[where, request.model, name] += getattr(request.tokens, name)
        found: Figures = Counter()
        for told in self.requests:
            where = self.index.get(told["session_id"]) if self.corpus.named else None
            for name in CLASSES:
                found[where, told["model"], name] += told[f"{name}_tokens"]
        out = []
        families: dict[int | None, int | None] = {None: None}
        for session in self.family:
            families[session] = self.family[session]
        for part in {families[key[0]] for key in (*happened, *found)}:
            for model, name in {key[1:] for key in happened}:
                members = [s for s, family in families.items() if family == part]
                true, shown = (sum(f[s, model, name] for s in members) for f in (happened, found))
                if shown > true:
                    out.append(f"family {part} used {shown} {name} of {model}, {true} truly")
        for key, count in happened.items():
            alone = key[0] is not None and list(self.family.values()).count(self.family[key[0]]) == 1
            if alone and self.corpus.mixes[key[0]].metrics == "whole" and found[key] != count:
                out.append(f"session {key[0]} used {found[key]} {key[2]} of {key[1]}, {count} truly, as counters say")
        return out

    def hours(self) -> list[str]:
        """The rolled-up hours add up to the rows."""
        (row,) = self.feed.ask(
            f"""select sum(n) filter (where outcome = 'ok') as n, sum(cost_nanousd) as cost,
            {", ".join(f"sum({name}_tokens) as {name}" for name in CLASSES)} from hours"""
        )
        true: Figures = Counter({("n",): sum(r["outcome"] == "ok" for r in self.requests)})
        true["cost",] = sum(r["cost_nanousd"] or 0 for r in self.requests)
        for name in CLASSES:
            true[name,] = sum(r[f"{name}_tokens"] for r in self.requests)
        return _compare("hours", true, Counter({(name,): int(value or 0) for name, value in row.items()}))

    def _where(self, session: int | None) -> tuple[Any, ...]:
        return self.truth.grain.session(session, None if session is None else self.family[session])

    def _day(self, day: int, session: int | None) -> int | None:
        return self.truth.grain.day(day, None if session is None else self.family[session])


def _differs(true: Row, told: Mapping[str, Any], *, exact: bool) -> list[str]:
    name = f"request {true.request.number} ({sorted(true.sources)})"
    out = []
    if exact:
        for count in CLASSES:
            if told[f"{count}_tokens"] != true.tokens[count]:
                out.append(f"{name}: {count} {true.tokens[count]} truly, {told[f'{count}_tokens']} in the ledger")
        for count in ("cache_5m", "cache_1h"):
            column = count.replace("cache", "cache_write") + "_tokens"
            if count in true.tokens and told[column] != true.tokens[count]:
                out.append(f"{name}: {count} {true.tokens[count]} truly, {told[column]} in the ledger")
        if (told["cost_nanousd"], told["cost_basis"]) != (true.cost, true.basis):
            out.append(f"{name}: {true.cost} {true.basis}, not {told['cost_nanousd']} {told['cost_basis']}")
        if told["web_search_requests"] != true.tokens.get("searches", 0):
            out.append(f"{name}: {told['web_search_requests']} web searches")
        for source, column in SEEN.items():
            if told[column] != (source in true.sources):
                out.append(f"{name}: {column} is {told[column]}")
    if told["model"] != true.request.model:
        out.append(f"{name}: model {told['model']}")
    return out


def _add(figures: Figures, key: tuple[Any, ...], values: Mapping[str, int]) -> None:
    for name, value in values.items():
        figures[*key, name] += value


def _compare(what: str, true: Figures, found: Figures) -> list[str]:
    keys = sorted(set(true) | set(found), key=repr)
    return [f"{what} {key}: {true[key]} truly, {found[key]} in the ledger" for key in keys if true[key] != found[key]]


def _day_of(told: Mapping[str, Any]) -> int:
    at: datetime = told["occurred_at"]
    return int(at.replace(tzinfo=UTC).timestamp() * 1000) // DAY_MS
