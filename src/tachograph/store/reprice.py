"""Pricing stored requests again, some families of sessions at a time, each in a transaction of its own.

Only what a price table may say is touched: API requests whose cost is priced or unpriced, never an agent's own figure.
What changed is settled again at once, so that the ledger never shows half of it. What only counters saw, and they count
no cost, is priced by settling, so their sessions are settled again too.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import duckdb

from tachograph.ports import Prices, Repriced, Repricing, Unpriced
from tachograph.store.rates import refresh_rates
from tachograph.store.settle import settle, settle_again
from tachograph_sdk.errors import UnknownModel
from tachograph_sdk.model.usage import TokenUsage

__all__ = ["Wanted", "reprice"]

CHUNK = 20_000  # events of one transaction, about: what it holds in memory, and for how long others wait

_COUNTS = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cache_write_5m_tokens",
    "cache_write_1h_tokens",
    "web_search_requests",
)
_PRICEABLE = "kind = 'api.request' and cost_basis in ('priced', 'unpriced')"

_BUCKETS = """
select bucket, count(*), min(seq), max(seq) from events where {priceable} and {window} group by bucket
union all
select bucket, 0, null, null from requests r
where outcome = 'residual' and not starts_with(bucket, '^')
    and exists (select 1 from counters c where c.bucket = r.bucket and c.cost_nanousd is null)
union all
select bucket, 0, null, null from buckets
where starts_with(bucket, '~') and exists (
    select 1 from counters c where starts_with(c.bucket, '^') and c.cost_nanousd is null)
"""

_REQUESTS = """
select agent, request_key, model, occurred_at, cost_nanousd, cost_basis,
    input_tokens + output_tokens + cache_read_tokens + cache_write_tokens as tokens
from requests
where outcome = 'ok' and cost_basis in ('priced', 'unpriced') and bucket in (select bucket from repriced_buckets)
"""

_DIFFERENCES = f"""
select coalesce(a.model, ''), a.occurred_at::date, count(*), count(*) filter (where b.cost_basis = 'unpriced'),
    count(*) filter (where a.cost_basis = 'unpriced'), sum(coalesce(b.cost_nanousd, 0))::hugeint,
    sum(coalesce(a.cost_nanousd, 0))::hugeint
from repriced_before b join ({_REQUESTS}) a using (agent, request_key)
where a.cost_nanousd is distinct from b.cost_nanousd or a.cost_basis <> b.cost_basis
group by 1, 2
"""  # noqa: S608 - text of ours

_STILL_UNPRICED = f"""
select model, count(*), sum(tokens)::hugeint, min(occurred_at)::date, max(occurred_at)::date
from ({_REQUESTS}) where cost_basis = 'unpriced' and {{window}} group by 1
"""  # noqa: S608 - text of ours

# The other attributes are one JSON object; null takes a name out of it.
_UPDATE = """
update events e set cost_nanousd = n.cost_nanousd, cost_basis = n.cost_basis,
    attributes = nullif(json_merge_patch(coalesce(e.attributes, '{}')::json, n.patch::json)::varchar, '{}')
from new_prices n where e.seq = n.seq and e.seq between $first and $last
"""

_RESIDUALS = "select coalesce(sum(cost_nanousd), 0)::hugeint from requests where outcome = 'residual'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which requests are meant."""

    start_us: int | None = None  # UTC microseconds since 1970
    end_us: int | None = None  # excluded
    models: frozenset[str] | None = None  # as reported; None: all

    def condition(self) -> tuple[str, dict[str, Any]]:
        """SQL about the columns occurred_at and model, and its values."""
        parts, values = ["true"], dict[str, Any]()
        if self.start_us is not None:
            parts.append("occurred_at >= make_timestamp($start)")
            values["start"] = self.start_us
        if self.end_us is not None:
            parts.append("occurred_at < make_timestamp($end)")
            values["end"] = self.end_us
        if self.models is not None:
            parts.append("list_contains($models, model)")
            values["models"] = sorted(self.models)
        return " and ".join(parts), values


@dataclass(slots=True)
class _Family:
    """Sessions that are settled together."""

    buckets: list[str] = field(default_factory=list)
    events: int = 0  # that may be priced
    first: int | None = None  # seq
    last: int = 0


@dataclass(slots=True)
class _Sum:
    """What all chunks came to."""

    examined: int = 0
    changed: int = 0
    rows: dict[tuple[str, Any], Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    unpriced: dict[str | None, Unpriced] = field(default_factory=dict)
    residual: int | None = None  # before the first chunk
    residual_shift: int = 0


class _UndoneError(Exception):
    """Ends a dry run's transaction."""


def reprice(
    connection: duckdb.DuckDBPyConnection,
    transaction: Callable[[], AbstractContextManager[None]],
    prices: Prices,
    wanted: Callable[[duckdb.DuckDBPyConnection], Wanted],
    *,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Repricing:
    """Price again and settle again what changed; see `ports.Store.reprice`.

    Args:
        transaction: begins one on `connection` and holds other writers off.
        wanted: asked once, after everything has been settled.
    """
    with transaction():
        settle(connection, lambda: prices)
        meant = wanted(connection)
        families = _families(connection, meant)
    total, done = sum(family.events for family in families), 0
    found = _Sum()
    for chunk in _chunks(families):
        try:
            with transaction():
                _reprice_chunk(connection, prices, meant, chunk, found)
                if dry_run:
                    raise _UndoneError
        except _UndoneError:
            pass
        done += sum(family.events for family in chunk)
        if progress is not None:
            progress(done, total)
    if not dry_run:
        with transaction():
            refresh_rates(connection, lambda: prices)
    return Repricing(
        price_version=prices.version,
        examined=found.examined,
        changed=found.changed,
        rows=[
            Repriced(
                model=model,
                day=day,
                requests=sums["requests"],
                newly_priced=sums["newly_priced"],
                no_longer_priced=sums["no_longer_priced"],
                before_nanousd=sums["before"],
                after_nanousd=sums["after"],
            )
            for (model, day), sums in sorted(found.rows.items())
        ],
        residual_before_nanousd=found.residual or 0,
        residual_after_nanousd=(found.residual or 0) + found.residual_shift,
        unpriced=sorted(found.unpriced.values(), key=lambda one: (-one.tokens, one.model or "")),
    )


def _families(connection: duckdb.DuckDBPyConnection, meant: Wanted) -> list[_Family]:
    """The sessions with something to price, whole families together, in the order in which they were written."""
    window, values = meant.condition()
    rows = connection.execute(_BUCKETS.format(priceable=_PRICEABLE, window=window), values).fetchall()
    kin: dict[str, list[str]] = defaultdict(list)
    for bucket, other in connection.execute("select bucket, other from kin").fetchall():
        kin[bucket].append(other)
    family_of: dict[str, _Family] = {}
    for bucket, events, first, last in rows:
        family = family_of.get(bucket)
        if family is None:
            family = _Family()
            todo = [bucket]
            while todo:
                if (one := todo.pop()) not in family_of:
                    family_of[one] = family
                    family.buckets.append(one)
                    todo += kin.get(one, ())
        family.events += events
        if first is not None:
            family.first = first if family.first is None else min(family.first, first)
            family.last = max(family.last, last)
    unique = {id(family): family for family in family_of.values()}.values()
    return sorted(unique, key=lambda family: (family.first or 0, family.buckets))


def _chunks(families: Iterable[_Family]) -> Iterator[list[_Family]]:
    chunk: list[_Family] = []
    events = 0
    for family in families:
        if chunk and events + family.events > CHUNK:
            yield chunk
            chunk, events = [], 0
        chunk.append(family)
        events += max(1, family.events)
    if chunk:
        yield chunk


def _reprice_chunk(
    connection: duckdb.DuckDBPyConnection, prices: Prices, meant: Wanted, chunk: list[_Family], found: _Sum
) -> None:
    settle(connection, lambda: prices)  # what came in meanwhile
    buckets = [bucket for family in chunk for bucket in family.buckets]
    connection.execute("create or replace temp table chosen as select unnest($1) as bucket", [buckets])
    connection.execute("create or replace temp table repriced_buckets as from chosen")
    first = min((family.first for family in chunk if family.first is not None), default=0)
    last = max(family.last for family in chunk)
    examined, changes = _changes(connection, prices, meant, first, last)
    found.examined += examined
    found.changed += len(changes)
    (residual,) = connection.execute(_RESIDUALS).fetchall()[0]
    found.residual = residual if found.residual is None else found.residual
    if changes or any(family.first is None for family in chunk):
        connection.execute(f"create or replace temp table repriced_before as {_REQUESTS}")
        _apply(connection, changes, prices.version, first, last)
        settle_again(connection, lambda: prices)
        for model, day, requests, newly, no_longer, before, after in connection.execute(_DIFFERENCES).fetchall():
            found.rows[model, day].update(
                requests=requests, newly_priced=newly, no_longer_priced=no_longer, before=before, after=after
            )
    window, values = meant.condition()
    for row in connection.execute(_STILL_UNPRICED.format(window=window), values).fetchall():
        _add_unpriced(found.unpriced, row)
    (after,) = connection.execute(_RESIDUALS).fetchall()[0]
    found.residual_shift += after - residual
    connection.execute("drop table if exists temp.chosen; drop table if exists temp.repriced_buckets")
    connection.execute("drop table if exists temp.repriced_before; drop table if exists temp.new_prices")


def _changes(
    connection: duckdb.DuckDBPyConnection, prices: Prices, meant: Wanted, first: int, last: int
) -> tuple[int, list[tuple[int, int | None, str]]]:
    """How many events there are, and (seq, cost, basis) of those that cost something else now."""
    window, values = meant.condition()
    rows = connection.execute(
        f"""select seq, cost_nanousd, cost_basis, model, epoch_us(occurred_at), speed, service_tier,
            attr(attributes, 'inference_geo'), {", ".join(_COUNTS)}
        from events
        where seq between $first and $last and bucket in (select bucket from chosen) and {_PRICEABLE} and {window}""",  # noqa: S608
        {**values, "first": first, "last": last},
    ).fetchall()
    changes = []
    for seq, old_cost, old_basis, model, at_us, speed, tier, geo, *counts in rows:
        cost, basis = _price(prices, model, at_us, speed, tier, geo, dict(zip(_COUNTS, counts, strict=True)))
        if cost != old_cost or basis != old_basis:
            changes.append((seq, cost, basis))
    return len(rows), changes


def _price(
    prices: Prices,
    model: str | None,
    at_us: int,
    speed: str | None,
    tier: str | None,
    geo: str | None,
    counts: Mapping[str, Any],
) -> tuple[int | None, str]:
    """As the pipeline prices what comes in."""
    try:
        if model is None:
            return None, "unpriced"
        usage = TokenUsage.from_attributes(counts)
        cost = prices.price(usage, model=model, at_us=at_us, speed=speed, service_tier=tier, inference_geo=geo)
    except (UnknownModel, ValueError):
        return None, "unpriced"
    return cost.nanousd, "priced"


def _apply(
    connection: duckdb.DuckDBPyConnection,
    changes: list[tuple[int, int | None, str]],
    version: str,
    first: int,
    last: int,
) -> None:
    if not changes:
        return
    seqs, costs, bases = (list(column) for column in zip(*changes, strict=True))
    connection.execute(
        """create or replace temp table new_prices as
        select seq, cost_nanousd, cost_basis,
            json_object('price_version', case when cost_basis = 'priced' then $version end) as patch
        from (select unnest($seqs::bigint[]) as seq, unnest($costs::bigint[]) as cost_nanousd,
            unnest($bases::varchar[]) as cost_basis)""",
        {"seqs": seqs, "costs": costs, "bases": bases, "version": version},
    )
    connection.execute(_UPDATE, {"first": first, "last": last})


def _add_unpriced(known: dict[str | None, Unpriced], row: tuple[Any, ...]) -> None:
    model, requests, tokens, first_day, last_day = row
    other = known.get(model)
    if other is not None:
        requests, tokens = requests + other.requests, tokens + other.tokens
        first_day, last_day = min(first_day, other.first_day), max(last_day, other.last_day)
    known[model] = Unpriced(model=model, requests=requests, tokens=tokens, first_day=first_day, last_day=last_day)
