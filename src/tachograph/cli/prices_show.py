"""`tachograph prices list` and `tachograph prices check`: what models cost, and whether the table is right."""

from __future__ import annotations

import json as jsonlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.home import Home
from tachograph_sdk.errors import ConfigError

if TYPE_CHECKING:
    from tachograph.pricing.check import Finding
    from tachograph.pricing.rows import PriceRow

__all__ = ["check", "list_prices", "parse_day", "print_unpriced"]

_UNPRICED = """
select model, count(*) as requests, sum(input_tokens + output_tokens + cache_read_tokens + cache_write_tokens) as tokens,
    min(occurred_at)::date::varchar as first_day, max(occurred_at)::date::varchar as last_day
from requests where cost_basis = 'unpriced' and outcome = 'ok' group by model order by tokens desc, model
"""


@click.command("list")
@click.option("--model", help="One model, in any spelling.")
@click.option("--at", metavar="DATE", help="The rows in force on this day (default: today).")
@click.option("--history", is_flag=True, help="All rows, not only those in force.")
@shared_options
@click.pass_context
def list_prices(
    context: click.Context, model: str | None, at: str | None, history: bool, home: Path | None, as_json: bool
) -> None:
    """Print the rows in force, in US dollars per million tokens.

    Example: tachograph prices list --model claude-opus-4-6 --at 2026-03-01
    """
    from tachograph.pricing.price import PriceTable

    if history and at is not None:
        raise ConfigError("--history shows all days, --at one", hint="give one of them")
    day = parse_day("--at", at) if at is not None else _today()
    table = PriceTable.load(own=resolve_home(context, home).prices)
    if model is None:
        rows = [row for row in table.rows if history or row.valid_from <= day < row.valid_to]
    else:
        rows = table.rows_of(model)
        if not rows:
            raise ConfigError(
                f"no price is known for {model!r}", hint="`tachograph prices list` shows all that are known"
            )
        if not history:
            found = table.row_on(model, day)
            rows = [found] if found is not None else []
    rows = sorted(rows, key=lambda row: (row.model, row.valid_from))
    if wants_json(context, as_json):
        told = {
            "version": table.version,
            "at": None if history else day.isoformat(),
            "prices": [_as_json(r) for r in rows],
        }
        click.echo(jsonlib.dumps(told))
    else:
        title = f"Table {table.version}, " + ("all rows" if history else f"rows in force on {day}")
        _print_rows(rows, title, details=model is not None)


@click.command("check")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@shared_options
@click.pass_context
def check(context: click.Context, file: Path | None, home: Path | None, as_json: bool) -> None:
    """Look for mistakes in the prices, and for models without any in the store.

    Without FILE: the packaged rows and the owner's own. With FILE (our format): that file. Exit status 1 if there is a
    mistake; what is only odd does not count.

    Example: tachograph prices check
    """
    at = resolve_home(context, home)
    findings = {str(file): _check_file(file)} if file is not None else _check_home(at)
    unpriced = _unpriced(at) if file is None else []
    mistakes = sum(one.level == "mistake" for its in findings.values() for one in its)
    if wants_json(context, as_json):
        told = {
            "ok": not mistakes,
            "findings": [
                {"file": name, "level": one.level, "message": one.message}
                for name, its in findings.items()
                for one in its
            ],
            "unpriced": unpriced,
        }
        click.echo(jsonlib.dumps(told))
    else:
        for name, its in findings.items():
            click.echo(f"{name}:" + (" fine" if not its else ""))
            for one in its:
                click.echo(f"  {one.level}: {one.message}")
        print_unpriced(unpriced, "Models in the store without a price:")
    context.exit(1 if mistakes else 0)


def print_unpriced(unpriced: list[dict[str, Any]], title: str) -> None:
    """Models without a price, for people."""
    if not unpriced:
        return
    click.echo(title)
    for one in unpriced:
        days = one["first_day"] + ("" if one["first_day"] == one["last_day"] else f" to {one['last_day']}")
        name = one["model"] or "(no model named)"
        click.echo(f"  {name}: {one['requests']:,} requests, {one['tokens']:,} tokens, {days}")


def _check_file(file: Path) -> list[Finding]:
    from tachograph.pricing.check import check_table

    return check_table(_read(file))


def _check_home(home: Home) -> dict[str, list[Finding]]:
    from importlib import resources

    from tachograph.pricing.check import check_table, hidden_rows
    from tachograph.pricing.price import packaged_table, read_own

    found = {"packaged": check_table(resources.files("tachograph.pricing").joinpath("prices.toml").read_text("utf-8"))}
    if home.prices.exists():
        its = check_table(_read(home.prices))
        if not any(one.level == "mistake" for one in its) and (own := read_own(home.prices)) is not None:
            its += hidden_rows(own[0].rows, packaged_table().rows)
        found[home.prices.name] = its
    return found


def _unpriced(home: Home) -> list[dict[str, Any]]:
    from tachograph.cli.backend import open_backend
    from tachograph.cli.client import find_server

    if not home.store.exists() and find_server(home) is None:
        return []
    with open_backend(home) as backend:
        told = backend.sql(_UNPRICED)
    return [dict(zip(told["columns"], row, strict=True)) for row in told["rows"]]


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror})", hint="give the path of a file") from None
    except UnicodeDecodeError:
        raise ConfigError(
            f"{file} is not text in UTF-8", hint="give a file in our format or litellm's catalogue"
        ) from None


def _print_rows(rows: list[PriceRow], title: str, *, details: bool) -> None:
    from tachograph.pricing.rows import CLASSES
    from tachograph.pricing.write import usd_per_million

    lines: list[tuple[str, ...]] = [("model", "input", "output", "read", "write", "1 h", "source")]
    for row in rows:
        source = row.source + (" (own)" if row.origin == "own" else "")
        for place, (threshold, rates) in enumerate(row.tiers):
            name = f"  over {threshold:,}" + (" (marginal)" if row.marginal else "") if place else row.model
            lines.append(
                (name, *(usd_per_million(getattr(rates, klass)) for klass in CLASSES), "" if place else source)
            )
        if _days(row) != "all":
            lines.append((f"  {_days(row)}", *("" for _ in range(6))))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    click.echo(
        f"{title}. US dollars per million tokens;\nread and write: of the cache, written for 5 minutes and for 1 h\n"
    )
    for name, *amounts, source in lines:  # every figure whole: a table that is fitted to the window would cut them
        numbers = "  ".join(amount.rjust(width) for amount, width in zip(amounts, widths[1:-1], strict=True))
        click.echo(f"{name.ljust(widths[0])}  {numbers}  {source}".rstrip())
    for row in rows if details else ():
        click.echo(f"\n{row.model}, {'all days' if _days(row) == 'all' else _days(row)}")
        for name, factor in row.multiply.items():
            click.echo(f"  {name}: {_factor(factor)}" + (" times" if _factor(factor)[0].isdigit() else ""))
        if row.web_search_femtousd:
            click.echo(f"  1,000 web searches: {usd_per_million(row.web_search_femtousd // 1000)}")


def _as_json(row: PriceRow) -> dict[str, Any]:
    from tachograph.pricing.rows import CLASSES
    from tachograph.pricing.write import usd_per_million

    return {
        "model": row.model,
        "names": list(row.names[1:]),
        "valid_from": None if row.valid_from == date.min else row.valid_from.isoformat(),
        "valid_to": None if row.valid_to == date.max else row.valid_to.isoformat(),
        "tiers": "marginal" if row.marginal else "whole",
        "usd_per_million": [
            {"above_tokens": threshold, **{name: usd_per_million(getattr(rates, name)) for name in CLASSES}}
            for threshold, rates in row.tiers
        ],
        "multiply": {name: _factor(factor) for name, factor in row.multiply.items()},
        "web_search_per_1000": usd_per_million(row.web_search_femtousd // 1000),
        "source": row.source,
        "origin": row.origin,
    }


def _factor(factor: Any) -> str:
    return f"as {factor}" if isinstance(factor, str) else str(factor)


def _days(row: PriceRow) -> str:
    if row.valid_from == date.min:
        return "all" if row.valid_to == date.max else f"until {row.valid_to}"
    return f"from {row.valid_from}" + ("" if row.valid_to == date.max else f" until {row.valid_to}")


def parse_day(option: str, text: str) -> date:
    """A day as an option gives it. Raises ConfigError."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option} is no day: {text!r}", hint="write it as 2026-11-20; days are UTC") from None


def _today() -> date:
    return datetime.now(UTC).date()
