"""Dated remarks for a time axis: releases of agents, changes of models, changes of prices. Coincidences, not causes.

An agent's version or model is new at the first record of it in all that is stored under the filters, never at the start
of a window; and not where it was there from the start, because nobody knows since when it had been.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final, Literal, TypeVar

from tachograph.analytics.compile import answer, filter_conditions, local_time
from tachograph.analytics.dimensions import DIMENSIONS, Fact
from tachograph.analytics.local_time import HOUR, floor_hour
from tachograph.analytics.query import Query, Window
from tachograph.analytics.scope import Question, Scope
from tachograph.analytics.windowed import among, used
from tachograph.ports import Statement, Store
from tachograph_sdk.errors import UnknownDimension

__all__ = ["FILTERS", "MARKERS", "MOST_MARKERS", "MOST_RELEASES", "markers"]

MOST_MARKERS = 50
"""Of all kinds together, the newest; more lines on an axis tell nothing."""

MOST_RELEASES = 30
"""Of more releases in a window only those are told that changed the first two parts of the version."""

LEAST_WEEKS = 2
"""A model leads for good if it led so many weeks at least, up to the window's end, and the one before it as many."""

FILTERS: Final = tuple(
    name
    for name, dimension in DIMENSIONS.items()
    if dimension.grain is None and {"activity", "usage", "requests"} & dimension.sql.keys()
)
"""Dimensions to filter by: no pieces of time, of which the first would not be the first any more."""

Kind = Literal["agent_release", "model", "price"]

_SETTLING_IN = timedelta(days=1)  # what an agent's first day has, it may have had before
_MOST_EXACT = 2 * MOST_MARKERS
_LONGEST_NAME = 60  # characters of a name in a sentence
_RATES: Final = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h")
_ANSWERED = "outcome in ('ok', 'residual') and model is not null"

_VERSIONS = "select agent, agent_version, min(first_at) as seen_at from session_hours{kept} group by 1, 2"
_MODELS_BY_HOUR = "select agent, model, min(hour) as seen_at from hours where {kept} group by 1, 2"
_MODELS = "select agent, model, min(occurred_at) as seen_at from requests where {kept} group by 1, 2"
_PRICES = """
select model, from_at, until_at, input_femtousd, output_femtousd, input_femtousd - cache_read_saved_femtousd as cache_read,
    input_femtousd + cache_write_5m_extra_femtousd as write_5m, input_femtousd + cache_write_1h_extra_femtousd as write_1h
from rates
"""

_Seen = tuple[str | None, str | None, datetime]  # agent, version or model, the first time
_Name = TypeVar("_Name", bound=str | None)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marker:
    """One remark."""

    at: datetime  # UTC
    kind: Kind
    text: str
    agent: str | None = None
    model: str | None = None
    version: str | None = None
    before: str | None = None  # the version or the model that was there until then
    changes: tuple[Mapping[str, Any], ...] = ()  # of a price


def markers(store: Store, scope: Scope) -> Mapping[str, Any]:
    """What began in the window, in order of time, at most MOST_MARKERS.

    Returns:
        `markers`, each with `at` (UTC), `kind`, `text`, and where known `agent`, `model`, `version`, `before` (the version
        or model until then) and `changes` (of a price: `rate`, `before_usd` and `after_usd` a million tokens);
        `left_out`: how many more there are; `reasons`: kinds of which nothing can be told under these filters, and why.

    Raises:
        UnknownDimension: a filter is not one of FILTERS.
    """
    for name in scope.filters:
        if name not in FILTERS:
            raise UnknownDimension(f"markers cannot be filtered by {name!r}", hint=f"filters are: {', '.join(FILTERS)}")
    end = scope.now if scope.window.end is None else min(scope.window.end, scope.now)
    if scope.window.start is not None and scope.window.start >= end:
        return {"markers": [], "left_out": 0, "reasons": {}}
    window = replace(scope.window, end=end)
    found: list[_Marker] = []
    left_out, reasons = 0, {}
    try:
        releases = _releases(_ask_versions(store, scope), window)
        left_out += len(releases)
        releases = _bounded(releases)
        left_out -= len(releases)
        found += releases
    except UnknownDimension as error:
        reasons["agent_release"] = error.message
    try:
        models = _ask_models(store, scope, window)
        found += _first_uses(models, window)
        found += _new_leaders(store, scope, window)
        found += _price_changes(store, scope, window, models)
    except UnknownDimension as error:
        reasons |= dict.fromkeys(("model", "price"), error.message)
    found.sort(key=lambda one: (one.at, one.kind, one.agent or "", one.model or "", one.text))
    shown = found[-MOST_MARKERS:]
    return {
        "markers": [asdict(one) for one in shown],
        "left_out": left_out + len(found) - len(shown),
        "reasons": reasons,
    }


MARKERS = Question(make=markers)


def _earliest(seen: Iterable[tuple[_Name, datetime]]) -> dict[_Name, datetime]:
    """When each of the names was first seen."""
    first: dict[_Name, datetime] = {}
    for name, at in seen:
        first[name] = min(at, first.get(name, at))
    return first


def _releases(seen: Sequence[_Seen], window: Window) -> list[_Marker]:
    """Versions that are newer than all before; and agents that came later than the others."""
    first = _earliest((agent, at) for agent, _, at in seen if agent is not None)
    of_agent: dict[str | None, list[tuple[datetime, tuple[int, ...], str]]] = defaultdict(list)
    for agent, version, at in seen:
        if version is not None:
            of_agent[agent].append((at, _parts(version), version))
    beginning = min(first.values(), default=window.end)
    found = []
    for named, begun in first.items():
        if beginning is not None and begun >= beginning + _SETTLING_IN:
            found.append(_Marker(at=begun, kind="agent_release", text=f"{_short(named)} was first used", agent=named))
        newest: str | None = None
        for at, parts, version in sorted(of_agent[named]):
            if newest is not None and parts <= _parts(newest):
                continue  # somebody has an older one still
            if newest is not None and at >= begun + _SETTLING_IN:
                text = f"{_short(named)} {_short(version)} was first seen, after {_short(newest)}"
                found.append(
                    _Marker(at=at, kind="agent_release", text=text, agent=named, version=version, before=newest)
                )
            newest = version
    return [one for one in found if _is_in(one.at, window)]


def _bounded(releases: Sequence[_Marker]) -> list[_Marker]:
    """All, or of too many those that changed more than the last part."""
    if len(releases) <= MOST_RELEASES:
        return list(releases)
    return [one for one in releases if one.before is None or _parts(one.version)[:2] != _parts(one.before)[:2]]


def _first_uses(seen: Sequence[_Seen], window: Window) -> list[_Marker]:
    first = _earliest((agent, at) for agent, _, at in seen)
    return [
        _Marker(at=at, kind="model", text=f"{_short(model)} was first used{_by(agent)}", agent=agent, model=model)
        for agent, model, at in seen
        if model is not None and _is_in(at, window) and at >= first[agent] + _SETTLING_IN
    ]


def _new_leaders(store: Store, scope: Scope, window: Window) -> list[_Marker]:
    """Where one model had most tokens of each week until a week, and another one in each week from then on."""
    query = Query(metrics=("total_tokens",), by=("agent", "week", "model"), filters=scope.filters, window=window)
    most: dict[str | None, dict[str, tuple[int, str]]] = defaultdict(dict)
    for agent, week, model, tokens in answer(store, query).rows:
        if model is not None and tokens:
            most[agent][week] = max(most[agent].get(week, (0, "")), (tokens, model))
    found = []
    for agent, weeks in most.items():
        leaders = [(week, model) for week, (_, model) in sorted(weeks.items())]
        changed = [place for place, ((_, a), (_, b)) in enumerate(pairwise(leaders), 1) if a != b]
        if not changed:
            continue
        begun = changed[-2] if len(changed) > 1 else 0
        if min(changed[-1] - begun, len(leaders) - changed[-1]) < LEAST_WEEKS:
            continue
        (monday, model), (_, before) = leaders[changed[-1]], leaders[changed[-1] - 1]
        at = window.zone.utc_of(datetime.combine(date.fromisoformat(monday), time()))
        text = f"{_short(model)} has most tokens of each week from here on{_by(agent)}, before it {_short(before)}"
        found.append(_Marker(at=at, kind="model", text=text, agent=agent, model=model, before=before))
    return [one for one in found if _is_in(one.at, window)]


def _price_changes(store: Store, scope: Scope, window: Window, seen: Iterable[_Seen]) -> list[_Marker]:
    """Where one period of the price table follows another, for models that were used before it and in the window."""
    query = Query(metrics=("requests",), by=("model",), filters=scope.filters, window=window)
    models = {model for model, requests in answer(store, query).rows if model is not None and requests}
    first = _earliest((model, at) for _, model, at in seen)
    periods: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for model, *period in store.query(Statement(name="plain rates", sql=_PRICES)).rows:
        if model in models and model in first:
            periods[model].append(tuple(period))
    found = []
    for model, rows in periods.items():
        until = {row[1]: row for row in rows if row[1] is not None}
        for row in rows:
            before = until.get(row[0])
            if row[0] is None or before is None or row[0] < first[model] or not _is_in(row[0], window):
                continue  # what changed before its first use changed nothing here
            changes = tuple(
                {"rate": name, "before_usd": float(_usd(old)), "after_usd": float(_usd(new))}
                for name, old, new in zip(_RATES, before[2:], row[2:], strict=True)
                if None not in (old, new) and old != new
            )
            text = f"the price of {_short(model)} changed{_told(changes)}"
            found.append(_Marker(at=row[0], kind="price", text=text, model=model, changes=changes))
    return found


def _told(changes: Sequence[Mapping[str, Any]]) -> str:
    """The first of the changes in words, and how many more."""
    words = [
        f"{c['rate'].replace('_', ' ')} from ${c['before_usd']:.12g} to ${c['after_usd']:.12g}" for c in changes[:2]
    ]
    more = f", and {len(changes) - 2} more" if len(changes) > 2 else ""
    return f": {', '.join(words)}{more} (a million tokens)" if words else ""


def _ask_versions(store: Store, scope: Scope) -> list[_Seen]:
    parameters: dict[str, Any] = {}
    kept = _kept("activity", scope, parameters)
    sql = _VERSIONS.format(kept=f" where {' and '.join(kept)}" if kept else "")
    return _seen(store, "first versions", sql, parameters)


def _ask_models(store: Store, scope: Scope, window: Window) -> list[_Seen]:
    """From the hours where the filters allow, then to the microsecond for those that are new in the window."""
    parameters: dict[str, Any] = {}
    by_request = [_ANSWERED, *_kept("requests", scope, parameters)]
    if not all("usage" in DIMENSIONS[name].sql for name in scope.filters):
        return _seen(store, "first models", _MODELS.format(kept=" and ".join(by_request)), parameters)
    by_hour = [_ANSWERED, *_kept("usage", scope, parameters)]
    rows = _seen(store, "first hours of models", _MODELS_BY_HOUR.format(kept=" and ".join(by_hour)), parameters)
    first = None if window.start is None else floor_hour(window.start)
    near = [row for row in rows if (first is None or row[2] >= first) and _is_in(row[2], replace(window, start=None))]
    near = sorted(near, key=lambda row: row[2])[-_MOST_EXACT:]  # of more, the older ones are not shown
    parts = []  # each a scan of its own, because engines then skip what lies outside of its hour
    for place, (agent, model, hour) in enumerate(near):
        parameters |= {f"from_{place}": hour, f"to_{place}": hour + HOUR}
        named = [
            among("agent", [agent], parameters, f"agent_{place}"),
            among("model", [model], parameters, f"model_{place}"),
            f"occurred_at >= $from_{place}",
            f"occurred_at < $to_{place}",
        ]
        parts.append(_MODELS.format(kept=" and ".join([*by_request, *named])))
    if not parts:
        return rows
    exact = "\nunion all\n".join(parts)
    known = {(agent, model): at for agent, model, at in _seen(store, "first models", exact, parameters)}
    return [(agent, model, known.get((agent, model), at)) for agent, model, at in rows]


def _kept(fact: Fact, scope: Scope, parameters: dict[str, Any]) -> list[str]:
    """The conditions of the filters. Raises UnknownDimension."""
    for name in scope.filters:
        if fact not in DIMENSIONS[name].sql:
            raise UnknownDimension(f"it is not known by {name}", hint=f"filters are: {', '.join(FILTERS)}")
    query = Query(metrics=(), filters=scope.filters, window=Window())
    return filter_conditions(fact, query, local_time(query.window, None, None, parameters), parameters)


def _seen(store: Store, name: str, sql: str, parameters: Mapping[str, Any]) -> list[_Seen]:
    rows = store.query(Statement(name=name, sql=sql, parameters=used(sql, parameters))).rows
    return [(agent, thing, at) for agent, thing, at in rows]


def _is_in(at: datetime, window: Window) -> bool:
    return (window.start is None or at >= window.start) and (window.end is None or at < window.end)


def _parts(version: str | None) -> tuple[int, ...]:
    """The numbers at the head of a version: 2.1.40-beta is 2, 1, 40."""
    numbers = []
    for part in (version or "").removeprefix("v").split("-")[0].split("+")[0].split("."):
        if not (part.isascii() and part.isdigit() and len(part) < 20):
            break
        numbers.append(int(part))
    return tuple(numbers)


def _usd(femto: int) -> Decimal:
    """Dollars a million tokens of femto-dollars a token."""
    return Decimal(femto) / 10**9


def _by(agent: str | None) -> str:
    return "" if agent is None else f" by {_short(agent)}"


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
