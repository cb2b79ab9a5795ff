"""A bill, or any table of day, model and amount, against the ledger."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from tachograph.analytics.explain.comparison import Comparison, Tally
from tachograph.analytics.explain.figures import Figure
from tachograph.analytics.explain.rows import LedgerRow
from tachograph.analytics.zones import Zone
from tachograph.pricing.price import normalise
from tachograph_sdk.errors import ConfigError

__all__ = ["BadRow", "Bill", "compare_bill", "read_bill"]

_DAYS = ("day", "date", "usage_date_utc", "usage_date", "date_utc", "day_utc", "usage_day", "start_date", "period")
_MODELS = ("model", "model_name", "model_id", "model_version")
_AMOUNTS = (
    "amount", "cost", "cost_usd", "amount_usd", "total", "total_usd", "total_cost", "total_cost_usd", "usd", "spend",
    "spend_usd", "net_amount", "price",
)  # fmt: skip
_TOKENS = {
    "input_tokens": ("input_tokens", "uncached_input_tokens", "usage_input_tokens", "usage_input_tokens_no_cache"),
    "output_tokens": ("output_tokens", "usage_output_tokens"),
    "cache_read_tokens": ("cache_read_tokens", "cache_read_input_tokens", "usage_input_tokens_cache_read"),
    "cache_write_tokens": ("cache_write_tokens", "cache_creation_tokens", "cache_creation_input_tokens"),
}
_WRITES_BY_LIFETIME = ("usage_input_tokens_cache_write_5m", "usage_input_tokens_cache_write_1h")
_NO_MODEL = "-"
_MAX_BYTES = 256 * 1024 * 1024
_SHOWN = 50  # bad rows shown one by one
_GROUPED = re.compile(r"\d{1,3}(,\d{3})+(\.\d+)?")
_PLAIN = re.compile(r"\d*\.?\d+(e[+-]?\d+)?", re.IGNORECASE)
_MAX_USD = Decimal(10) ** 9


@dataclass(frozen=True, slots=True, kw_only=True)
class BadRow:
    """A row that could not be used."""

    line: int  # from 1
    reason: str  # fixed wording


@dataclass(slots=True, kw_only=True)
class Bill:
    """What a table says, by day and model."""

    cells: dict[tuple[str, str], Figure] = field(default_factory=dict)
    rows: int = 0  # used
    bad: list[BadRow] = field(default_factory=list)  # the first of them
    bad_by_reason: Counter[str] = field(default_factory=Counter)
    has_tokens: bool = False

    @property
    def days(self) -> tuple[str, str] | None:
        """First and last."""
        found = [day for day, _ in self.cells]
        return (min(found), max(found)) if found else None


def read_bill(data: bytes) -> Bill:
    """Read a table in CSV: separated by commas, semicolons or tabs; several rows of a day and model add up.

    Raises:
        ConfigError: it is no table, or has no column for the day or the amount; the message lists what it has.
    """
    if len(data) > _MAX_BYTES:
        raise ConfigError("the bill is larger than 256 MB", hint="is it the right file?")
    text = data.decode("utf-8-sig", "replace")
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if _looks_like_header(line)), None)
    if start is None:
        shown = ", ".join(_names(lines[0], _separator(lines[0]))[:12]) if lines else "nothing"
        raise ConfigError(
            f"the bill has no columns for day and amount; its first line has {shown}",
            hint="it needs a header with a day (day, date, usage_date_utc), a model, and an amount (amount, cost, cost_usd)",
        )
    separator = _separator(lines[start])
    columns = _Columns(_names(lines[start], separator))
    bill = Bill(has_tokens=columns.has_tokens)
    reader = csv.reader(io.StringIO("\n".join(lines[start + 1 :])), delimiter=separator)
    for line, cells in _numbered(reader, start + 2):
        if not any(cell.strip() for cell in cells):
            continue
        try:
            place, figure = columns.read(cells, decimal_comma=separator == ";")
        except _Unusable as bad:
            bill.bad_by_reason[str(bad)] += 1
            if len(bill.bad) < _SHOWN:
                bill.bad.append(BadRow(line=line, reason=str(bad)))
            continue
        bill.rows += 1
        bill.cells[place] = bill.cells.get(place, Figure()) + figure
    return bill


def compare_bill(
    bill: Bill,
    rows: Iterable[LedgerRow],
    *,
    name: str,
    zone: Zone,
    first_day: str | None,
    last_day: str | None,
    model: str | None = None,
) -> Comparison:
    """By day and model: what is only in the bill, only in the ledger, and by how much both differ.

    Args:
        bill: what was read.
        rows: the ledger's, of at least the days of the bill.
        name: what to call the bill.
        zone: whose days the bill's are.
        first_day: included; None: the bill's first.
        last_day: included; None: the bill's last.
        model: only this one, normalised.
    """
    days = bill.days
    first, last = first_day or (days[0] if days else None), last_day or (days[1] if days else None)

    def inside(day: str, of_model: str) -> bool:
        return (
            (first is None or day >= first) and (last is None or day <= last) and (model is None or of_model == model)
        )

    tally = Tally()
    for place, figure in bill.cells.items():
        if inside(*place):
            tally.theirs(place, figure)
    unpriced = 0
    known = set(bill.cells)
    for row in rows:
        day = zone.local_of(row.occurred_at.replace(tzinfo=None)).date().isoformat()
        place = (day, normalise(row.model) if row.model else _NO_MODEL)
        if not inside(*place):
            continue
        unpriced += row.cost_nanousd is None
        tally.ours(place, row.figure)
        if place not in known:
            tally.step(place, "residual" if row.outcome == "residual" else "only_ledger", row.figure)
        elif not bill.has_tokens:
            tally.step(place, "not_counted", _without_cost(row.figure), 0)
        else:
            tally.step(place, "not_counted", Figure(requests=row.figure.requests), 0)
    for place in tally.places():
        in_ledger = bool(tally.totals(place)[1])
        tally.step(place, "rest" if in_ledger else "only_theirs", tally.rest(place), 0)
    notes = [f"{bill.rows:,} rows of the bill were used, days are those of {zone.name}"]
    if bill.bad_by_reason:
        told = ", ".join(f"{count:,} {reason}" for reason, count in bill.bad_by_reason.most_common())
        notes.append(f"rows of the bill that could not be used: {told}")
    if unpriced:
        notes.append(f"{unpriced:,} requests of the ledger have no known price: they add nothing to its figure")
    bad = [{"line": row.line, "reason": row.reason} for row in bill.bad]
    return tally.compare(
        "bill", name, notes, bill={"rows": bill.rows, "bad_rows": sum(bill.bad_by_reason.values()), "bad": bad}
    )


class _Unusable(Exception):
    """This row cannot be used: why."""


class _Columns:
    """Where a table has what."""

    def __init__(self, names: Sequence[str]) -> None:
        self._day = _find(names, _DAYS)
        self._model = _find(names, _MODELS)
        self._amount = _find(names, _AMOUNTS)
        self._tokens = {to: at for to, options in _TOKENS.items() if (at := _find(names, options)) is not None}
        self._writes = [at for at, name in enumerate(names) if name in _WRITES_BY_LIFETIME]

    @property
    def has_tokens(self) -> bool:
        return bool(self._tokens or self._writes)

    def read(self, cells: Sequence[str], *, decimal_comma: bool) -> tuple[tuple[str, str], Figure]:
        day = _day(_cell(cells, self._day))
        amount = _amount(_cell(cells, self._amount), decimal_comma=decimal_comma)
        model = _cell(cells, self._model).strip()
        counts = {to: _count(_cell(cells, at)) for to, at in self._tokens.items()}
        for at in self._writes:
            counts["cache_write_tokens"] = counts.get("cache_write_tokens", 0) + _count(_cell(cells, at))
        nano = int((amount * 10**9).to_integral_value())
        name = normalise(model.replace(" ", "-")) if model else _NO_MODEL  # bills also write "Claude Sonnet 4.5"
        return (day, name), Figure(cost_nanousd=nano, **counts)


def _looks_like_header(line: str) -> bool:
    names = _names(line, _separator(line))
    return _find(names, _DAYS) is not None and _find(names, _AMOUNTS) is not None


def _separator(line: str) -> str:
    return max(",;\t", key=line.count)


def _names(line: str, separator: str) -> list[str]:
    cells = next(csv.reader([line], delimiter=separator), [])
    return [re.sub(r"[^a-z0-9]+", "_", cell.strip().lower()).strip("_") for cell in cells]


def _find(names: Sequence[str], options: Sequence[str]) -> int | None:
    return next((names.index(option) for option in options if option in names), None)


def _numbered(reader: Iterator[list[str]], first: int) -> Iterator[tuple[int, list[str]]]:
    """Rows with the number of their last line; a row that is no CSV ends nothing."""
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            cells = ["?"]
        yield first + getattr(reader, "line_num", 1) - 1, cells


def _cell(cells: Sequence[str], at: int | None) -> str:
    return cells[at] if at is not None and at < len(cells) else ""


def _day(text: str) -> str:
    text = text.strip()
    if not text:
        raise _Unusable("without a day")
    try:
        if re.fullmatch(r"\d{8}", text):
            return datetime.strptime(text, "%Y%m%d").date().isoformat()  # noqa: DTZ007 - a day has no zone
        if re.fullmatch(r"\d{4}/\d\d/\d\d", text):
            return date.fromisoformat(text.replace("/", "-")).isoformat()
        return datetime.fromisoformat(text).date().isoformat()
    except ValueError:
        raise _Unusable("with a day not written as 2026-11-20") from None


def _amount(text: str, *, decimal_comma: bool) -> Decimal:
    text = re.sub(r"(?i)usd|us\$|\$|\s|\u00a0|\u202f|'", "", text)
    if not text:
        raise _Unusable("without an amount")
    negative = text.startswith(("-", "\u2212", "("))
    text = text.strip("-+\u2212()")
    comma, point = text.rfind(","), text.rfind(".")
    if comma > point and (decimal_comma or (point < 0 and not _GROUPED.fullmatch(text)) or point >= 0):
        text = text.replace(".", "").replace(",", ".")  # 1.234,56
    elif _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if not _PLAIN.fullmatch(text):
        raise _Unusable("with an amount that is no number")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise _Unusable("with an amount that is no number") from None
    if amount > _MAX_USD:
        raise _Unusable("with an amount that cannot be one")
    return -amount if negative else amount


def _count(text: str) -> int:
    plain = re.sub(r"[\s,_\u00a0]", "", text)
    if not plain:
        return 0
    if not re.fullmatch(r"\d{1,15}(\.0+)?", plain):
        raise _Unusable("with a count of tokens that is no number")
    return int(plain.partition(".")[0])


def _without_cost(figure: Figure) -> Figure:
    return figure - Figure(cost_nanousd=figure.cost_nanousd)
