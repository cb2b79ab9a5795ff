"""From ccusage's figure to the ledger's, request by request."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from tachograph.analytics.explain.ccusage.dedupe import Kept
from tachograph.analytics.explain.ccusage.files import Entry
from tachograph.analytics.explain.ccusage.rates import CcusageTable, CcusageUsage
from tachograph.analytics.explain.ccusage.report import NO_MODEL, CcusageReport, day_of
from tachograph.analytics.explain.comparison import Comparison, Tally
from tachograph.analytics.explain.figures import Figure
from tachograph.analytics.explain.prices import Pricer
from tachograph.analytics.explain.rows import LedgerRow
from tachograph.analytics.zones import Zone
from tachograph.pricing.price import PriceTable, normalise

__all__ = ["Scope", "compare_ccusage"]

_FEMTO_PER_NANO = 1_000_000
_AGENT = "claude_code"
_ROUNDING_NANOUSD = 1_000  # what an agent's figure may be off for one request


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Which part of both sides is compared; None is everything."""

    zone: Zone
    first_day: str | None = None  # included, ISO 8601, in that zone
    last_day: str | None = None  # included
    model: str | None = None  # normalised
    session: str | None = None  # pseudonym

    def has(self, day: str, model: str, session: str | None) -> bool:
        """Whether something of that day, model and session belongs to it."""
        return (
            (self.first_day is None or day >= self.first_day)
            and (self.last_day is None or day <= self.last_day)
            and (self.model is None or model == self.model)
            and (self.session is None or session == self.session)
        )


def compare_ccusage(
    report: CcusageReport,
    rows: Iterable[LedgerRow],
    *,
    scope: Scope,
    prices: PriceTable,
    name_session: Callable[[str], str],
    printed: Mapping[tuple[str, str], Figure] | None = None,
) -> Comparison:
    """Both sides with a named cause for every difference.

    Args:
        report: what ccusage counts, of all files; the scope is applied here.
        rows: the ledger's, of at least the days of the scope and one more on either side, and of all sessions.
        name_session: gives a session id its pseudonym.
        printed: ccusage's own output, by day and normalised model, if that is what to begin with.
    """
    return _Join(report, scope, prices, name_session, printed).run(rows)


_plain = lru_cache(maxsize=1000)(normalise)  # a million requests have a dozen models


class _Join:
    def __init__(
        self,
        report: CcusageReport,
        scope: Scope,
        prices: PriceTable,
        name_session: Callable[[str], str],
        printed: Mapping[tuple[str, str], Figure] | None,
    ) -> None:
        self._report = report
        self._scope = scope
        self._pricer = Pricer(prices)
        self._table = CcusageTable.load()
        self._name_session = name_session
        self._printed = printed
        self._by_rules: dict[tuple[str, str], Figure] = {}
        self._tally = Tally()
        self._by_message: dict[str, list[Kept]] = {}
        self._by_request: dict[str, list[Kept]] = {}
        self._loose: list[Kept] = []

    def run(self, rows: Iterable[LedgerRow]) -> Comparison:
        lines = 0
        for kept in self._report.kept:
            lines += kept.lines
            entry = kept.entry
            if self._in_scope(entry):
                place = self._place(entry)
                self._by_rules[place] = self._by_rules.get(place, Figure()) + _figure(entry, kept.cost_femtousd)
            if entry.model in (None, "<synthetic>"):
                self._loose.append(kept)
            elif entry.ledger_id is not None:
                self._by_message.setdefault(entry.ledger_id, []).append(kept)
            elif entry.request_id is not None:
                self._by_request.setdefault(entry.request_id, []).append(kept)
            else:
                self._loose.append(kept)
        self._begin()
        for row in rows:
            self._take(row)
        for kept in [*self._loose, *_rest(self._by_message), *_rest(self._by_request)]:
            entry = kept.entry
            if self._in_scope(entry):
                why = "synthetic" if entry.model in (None, "<synthetic>") else "not_imported"
                self._tally.step(self._place(entry), why, -_figure(entry, kept.cost_femtousd))
        notes = [
            (
                f"read {self._report.files:,} transcripts as ccusage {self._table.version} does offline: "
                f"{lines:,} lines with a usage, {len(self._report.kept):,} requests"
            )
        ]
        if self._report.unknown_models:
            notes.append(
                "what ccusage charges is not known for "
                + ", ".join(sorted(self._report.unknown_models))
                + ": give its own output with --ccusage-json FILE"
            )
        return self._tally.compare(
            "ccusage", "ccusage", notes, files=self._report.files, lines=lines, ccusage_version=self._table.version
        )

    def _begin(self) -> None:
        """Start from what its rules give, or from what it printed and the way from there to what its rules give."""
        if self._printed is None:
            for place, figure in self._by_rules.items():
                self._tally.theirs(place, figure)
            return
        printed = {place: figure for place, figure in self._printed.items() if self._scope.has(*place, None)}
        for place in printed.keys() | self._by_rules.keys():
            before, after = printed.get(place, Figure()), self._by_rules.get(place, Figure())
            self._tally.theirs(place, before)
            requests = Figure(requests=after.requests)  # which it does not print
            change = after - before - requests
            self._tally.step(place, "not_counted", requests, 0)
            self._tally.step(place, "ccusage_prices" if change == _only_cost(change) else "ccusage_files", change, 0)

    def _take(self, row: LedgerRow) -> None:
        found = None
        if row.agent == _AGENT and row.outcome == "ok":
            if row.message_id is not None:
                found = self._by_message.pop(row.message_id, None)
            if found is None and row.request_id is not None:
                found = self._by_request.pop(row.request_id, None)
        day = self._scope.zone.local_of(row.occurred_at.replace(tzinfo=None)).date().isoformat()
        place = (day, _plain(row.model) if row.model else NO_MODEL)
        inside = self._scope.has(*place, row.session_id)
        if inside:
            self._tally.ours(place, row.figure)
        if found is None:
            if inside:
                self._tally.step(place, _why_only_here(row), row.figure)
            return
        best, *others = sorted(found, key=lambda k: (-k.entry.usage.total, k.entry.sidechain, k.entry.at_ms))
        for kept in others:
            if self._in_scope(kept.entry):
                self._tally.step(self._place(kept.entry), "ccusage_twice", -_figure(kept.entry, kept.cost_femtousd))
        self._pair(best, row, place, inside=inside)

    def _pair(self, kept: Kept, row: LedgerRow, place: tuple[str, str], *, inside: bool) -> None:
        """One request that both know: move it to the ledger's place, then change its tokens, then its price."""
        entry, tally = kept.entry, self._tally
        theirs = _figure(entry, kept.cost_femtousd)
        there = self._place(entry)
        if (there, self._in_scope(entry)) != (place, inside):
            why = "other_session" if there == place else "day_boundary"
            if self._in_scope(entry):
                tally.step(there, why, -theirs)
            if inside:
                tally.step(place, why, theirs)
        if not inside or row.figure == theirs:
            return
        for id_, change in self._changes(kept, row, theirs).items():
            tally.step(place, id_, change)

    def _changes(self, kept: Kept, row: LedgerRow, theirs: Figure) -> dict[str, Figure]:
        """From their figure of one request to ours. Each cost is a running total in nano-dollars, so that all add up."""
        entry = kept.entry
        used = _usage_of(row)
        rates = self._table.find(entry.model)
        reached = theirs.cost_nanousd
        changes: dict[str, Figure] = {}

        def go(id_: str, to_nanousd: int) -> None:
            nonlocal reached
            change = Figure(cost_nanousd=to_nanousd - reached)
            changes[id_] = changes.get(id_, Figure()) + change
            reached = to_nanousd

        tokens = row.figure - theirs
        changes["tokens"] = Figure(
            requests=tokens.requests, input_tokens=tokens.input_tokens, output_tokens=tokens.output_tokens,
            cache_read_tokens=tokens.cache_read_tokens, cache_write_tokens=tokens.cache_write_tokens,
        )  # fmt: skip
        if entry.cost_nanousd is not None:  # both have the figure that the line brought with it
            go("reported", row.cost_nanousd or 0)
            return changes
        if rates is not None:
            go("tokens", _nano(rates.price(used, fast=entry.fast)))
        ours = self._pricer.parts(
            row.usage, model=row.model, at_us=row.at_us, speed=row.speed, service_tier=row.service_tier, geo=entry.geo
        )
        if ours is None:
            go("unpriced" if row.cost_nanousd is None else "reported", row.cost_nanousd or 0)
            return changes
        if rates is None:
            go("no_price", ours.total)
        else:
            flat, hours = _nano(rates.flat(used)), _nano(rates.hours(used))
            long_context = _nano(rates.price(used)) - flat - hours
            speed = reached - flat - hours - long_context
            for id_, change in (
                ("price_version", ours.flat - flat),
                ("cache_tier", ours.hours - hours),
                ("long_context", ours.long_context - long_context),
                ("fast", ours.fast - speed),
                ("region_and_tier", ours.region_and_tier),
                ("web_search", ours.web_search),
            ):
                go(id_, reached + change)
        self._to_ledger(row, ours.hours, reached, go)
        return changes

    def _to_ledger(self, row: LedgerRow, hours: int, reached: int, go: Callable[[str, int], None]) -> None:
        if row.cost_nanousd is None:
            go("unpriced", 0)
        elif row.cost_basis == "priced":
            go("price_version", row.cost_nanousd)
        elif abs(row.cost_nanousd - reached) < _ROUNDING_NANOUSD:
            go("rounding", row.cost_nanousd)
        elif hours and abs(row.cost_nanousd - (reached - hours)) < _ROUNDING_NANOUSD:
            go("cache_tier", row.cost_nanousd)  # releases up to 2.1.72 charge 1-hour writes like the others
        else:
            go("reported", row.cost_nanousd)

    def _place(self, entry: Entry) -> tuple[str, str]:
        model = NO_MODEL if entry.model in (None, "<synthetic>") else _plain(str(entry.model))
        return day_of(entry, self._scope.zone), model

    def _in_scope(self, entry: Entry) -> bool:
        session = self._name_session(entry.session_id) if self._scope.session is not None else None
        return self._scope.has(*self._place(entry), session)


def _why_only_here(row: LedgerRow) -> str:
    if row.outcome == "residual":
        return "residual"
    if row.agent != _AGENT:
        return "other_agent"
    if row.auxiliary:
        return "auxiliary"
    return "file_gone" if row.seen_transcript else "otel_only"


def _only_cost(figure: Figure) -> Figure:
    return Figure(cost_nanousd=figure.cost_nanousd)


def _rest(found: dict[str, list[Kept]]) -> Iterable[Kept]:
    return (kept for several in found.values() for kept in several)


def _usage_of(row: LedgerRow) -> CcusageUsage:
    hour = row.cache_write_1h_tokens
    return CcusageUsage(
        input=row.input_tokens,
        output=row.output_tokens,
        cache_read=row.cache_read_tokens,
        write_5m=row.cache_write_tokens - hour,
        write_1h=hour,
    )


def _figure(entry: Entry, femtousd: int) -> Figure:
    return Figure(
        requests=int(entry.model not in (None, "<synthetic>")),  # rows of the agent's own are no requests to anybody
        input_tokens=entry.usage.input,
        output_tokens=entry.usage.output,
        cache_read_tokens=entry.usage.cache_read,
        cache_write_tokens=entry.usage.cache_write,
        cost_nanousd=_nano(femtousd),
    )


def _nano(femtousd: int) -> int:
    return (femtousd + _FEMTO_PER_NANO // 2) // _FEMTO_PER_NANO
