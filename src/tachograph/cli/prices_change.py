"""`tachograph prices update` and `tachograph prices reprice`: what changes prices, and what follows from it."""

from __future__ import annotations

import hashlib
import json as jsonlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph.cli.prices_show import parse_day, print_unpriced
from tachograph.home import Home
from tachograph_sdk.errors import ConfigError

if TYPE_CHECKING:
    from tachograph.pricing.update import Change, Plan

__all__ = ["reprice", "update"]

_SHOWN = 200  # changes of each kind
_NAMED = 40  # models that the catalogue does not have


@click.command("update")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--yes", is_flag=True, help="Write it; without, only show what would change.")
@click.option("--from", "start", metavar="DATE", help="First day of changed prices (default: today, UTC).")
@click.option("--rewrite-history", is_flag=True, help="Also change what days that have passed cost.")
@shared_options
@click.pass_context
def update(
    context: click.Context,
    file: Path,
    yes: bool,
    start: str | None,
    rewrite_history: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Take newer prices from litellm's catalogue (JSON) or a table in our format (TOML).

    Shows what would change; --yes writes it to prices.toml in the home folder. A changed price becomes a new row and the
    old one ends. What would change days that have passed is refused unless --rewrite-history is given.

    Example: tachograph prices update model_prices_and_context_window.json
    """
    at = resolve_home(context, home)
    today = datetime.now(UTC).date()
    plan, sources = _plan(at, file, today=today, start=parse_day("--from", start) if start is not None else None)
    quiet = wants_json(context, as_json)
    writes = yes and bool(plan.changes)
    refused = writes and bool(plan.rewrites) and not rewrite_history
    if not quiet:
        _print_plan(plan)
    if refused:
        raise ConfigError(
            f"{len(plan.rewrites)} of these changes are about days that have passed: " + _passed(plan),
            hint="give --rewrite-history to change them, or --from with today or a later day to leave them; nothing was written",
        )
    if writes:
        _write(at, plan, today=today, sources=sources)
    if quiet:
        click.echo(jsonlib.dumps({"written": writes, **_plan_as_json(plan)}))
    elif writes:
        click.echo(f"Written to {at.prices}. What comes in from now on is priced by it.")
        if plan.rewrites:
            click.echo(f"History is changed: {_passed(plan)}.")
        click.echo("`tachograph prices reprice --dry-run` shows what it changes in what is stored.")
    elif plan.changes:
        click.echo("Nothing is written yet: give --yes to do it.")


@click.command("reprice")
@click.option("--since", metavar="DATE", help="First day (UTC).")
@click.option("--until", metavar="DATE", help="Day after the last (UTC).")
@click.option("--model", help="One model, in any spelling.")
@click.option("--dry-run", is_flag=True, help="Only say what would change.")
@shared_options
@click.pass_context
def reprice(
    context: click.Context,
    since: str | None,
    until: str | None,
    model: str | None,
    dry_run: bool,
    home: Path | None,
    as_json: bool,
) -> None:
    """Price again what is stored, by the table in force, and say what that changed.

    Costs that an agent reported are never touched.

    Example: tachograph prices reprice --since 2026-10-01 --dry-run
    """
    for option, day in (("--since", since), ("--until", until)):
        if day is not None:
            parse_day(option, day)
    order = {"since": since, "until": until, "model": model, "dry_run": dry_run}
    answer = _run_reprice(resolve_home(context, home), order)
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(answer))
    else:
        _print_repriced(answer)


def _plan(home: Home, file: Path, *, today: date, start: date | None) -> tuple[Plan, dict[str, dict[str, Any]]]:
    from tachograph.pricing.catalogue import is_catalogue, read_catalogue
    from tachograph.pricing.price import PriceTable
    from tachograph.pricing.rows import read_table
    from tachograph.pricing.update import plan_from_catalogue, plan_from_table

    try:
        data = file.read_bytes()
        text = data.decode("utf-8")
    except OSError as error:
        raise ConfigError(f"{file} cannot be read ({error.strerror})", hint="give the path of a file") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{file} is not text in UTF-8", hint="give litellm's catalogue or our format") from None
    table = PriceTable.load(own=home.prices)
    mark = hashlib.sha256(data).hexdigest()[:12]
    if is_catalogue(text):
        name = f"litellm-{today.isoformat()}"
        about = {"page": f"litellm's catalogue, {file.name}, sha256 {mark}…", "seen": today}
        plan = plan_from_catalogue(read_catalogue(text), table, today=today, start=start or today, source=name)
        return plan, {name: about}
    if text.lstrip().startswith("{"):
        raise ConfigError(
            f"{file.name} is JSON, but not litellm's catalogue",
            hint="the file is model_prices_and_context_window.json of the litellm repository",
        )
    try:
        theirs = read_table(text, origin="own")
    except ConfigError as error:
        hint = (
            f"`tachograph prices check {file}` lists all mistakes; give litellm's catalogue, or a table in our format"
        )
        raise ConfigError(f"{file.name}: {error.message.removeprefix('prices: ')}", hint=error.hint or hint) from None
    PriceTable(theirs.rows, version=theirs.version)  # two rows for one day are a mistake here already
    return plan_from_table(theirs, table, today=today, start=start), {k: dict(v) for k, v in theirs.sources.items()}


def _write(home: Home, plan: Plan, *, today: date, sources: dict[str, dict[str, Any]]) -> None:
    from tachograph.pricing.price import PriceTable, packaged_table, read_own
    from tachograph.pricing.rows import read_table
    from tachograph.pricing.update import own_after
    from tachograph_sdk.private_files import replace_file

    home.create()
    own = read_own(home.prices)
    text = own_after(own[0] if own else None, plan, today=today, sources=sources)
    PriceTable((*packaged_table().rows, *read_table(text, origin="own").rows), version="")  # it can be read again
    replace_file(home.prices, text.encode())


def _print_plan(plan: Plan) -> None:
    from tachograph.pricing.write import usd_per_million

    new = [change for change in plan.changes if change.kind == "new"]
    changed = [change for change in plan.changes if change.kind == "changed"]
    if new:
        click.echo(f"New, {len(new)}:")
        for change in _some(new):
            rates = change.row.tiers[0][1]
            amounts = f"input {usd_per_million(rates.input)}, output {usd_per_million(rates.output)}"
            click.echo(
                f"  + {change.row.model}: {amounts}, cache read {usd_per_million(rates.cache_read)}, {_span(change)}"
            )
    if changed:
        click.echo(f"Changed, {len(changed)}:")
        for change in _some(changed):
            click.echo(
                f"  ~ {change.row.model}, {_span(change)}" + (" (days that have passed)" if change.rewrites else "")
            )
            for one in change.differences:
                click.echo(f"      {one.what}: {one.before or 'none'} -> {one.after or 'none'}")
    click.echo(f"The same: {plan.same} models.")
    if plan.not_listed:
        more = ", …" if len(plan.not_listed) > _NAMED else ""
        click.echo(
            f"Not in the catalogue, left alone, {len(plan.not_listed)}: {', '.join(plan.not_listed[:_NAMED])}{more}"
        )
    for reason, count in sorted(plan.skipped.items(), key=lambda item: -item[1]):
        click.echo(f"Not used, {count:,}: {reason}")


def _some(changes: list[Change]) -> list[Change]:
    if len(changes) > _SHOWN:
        click.echo(f"  (the first {_SHOWN}; --json has all)")
    return changes[:_SHOWN]


def _span(change: Change) -> str:
    start, end = change.row.valid_from, change.row.valid_to
    if start == date.min and end == date.max:
        return "for all days"
    said = "from the beginning" if start == date.min else f"from {start}"
    return said + ("" if end == date.max else f" until {end}")


def _passed(plan: Plan) -> str:
    return "; ".join(
        f"{change.row.model} from {'the beginning' if days[0] == date.min else days[0]} until {days[1]}"
        for change in plan.rewrites
        if (days := change.rewrites) is not None
    )


def _plan_as_json(plan: Plan) -> dict[str, Any]:
    from tachograph.pricing.rows import CLASSES
    from tachograph.pricing.write import usd_per_million

    return {
        "changes": [
            {
                "model": change.row.model,
                "kind": change.kind,
                "valid_from": None if change.row.valid_from == date.min else change.row.valid_from.isoformat(),
                "valid_to": None if change.row.valid_to == date.max else change.row.valid_to.isoformat(),
                "usd_per_million": {name: usd_per_million(getattr(change.row.tiers[0][1], name)) for name in CLASSES},
                "differences": [{"what": d.what, "before": d.before, "after": d.after} for d in change.differences],
                "rewrites": None if change.rewrites is None else [day.isoformat() for day in change.rewrites],
            }
            for change in plan.changes
        ],
        "same": plan.same,
        "not_listed": list(plan.not_listed),
        "skipped": dict(plan.skipped),
    }


def _run_reprice(home: Home, order: dict[str, Any]) -> dict[str, Any]:
    from tachograph.cli.client import find_server

    server = find_server(home)
    if server is None:
        if not home.store.exists():
            raise ConfigError("there is no store here yet", hint="import something first: tachograph import")
        from tachograph.pricing.price import PriceTable
        from tachograph.wiring.local import reprice_here

        PriceTable.load(own=home.prices)  # a mistake in it is told before the store is opened
        return reprice_here(home, order, progress=_ignore)
    answer: dict[str, Any] = {}
    for line in server.stream("/api/v1/prices/reprice", order):
        answer = line.get("report", answer)
    return answer


def _ignore(_: dict[str, Any]) -> None:
    """Nobody watches."""


def _print_repriced(answer: dict[str, Any]) -> None:
    from tachograph.cli.table import print_table

    would = "would change" if answer["dry_run"] else "changed"
    click.echo(
        f"{answer['examined']:,} stored reports looked at with table {answer['price_version']}, {answer['changed']:,} {would}."
    )
    if answer["rows"]:
        rows = [
            [row["day"], row["model"], row["requests"], *_dollars(row), _note(row)]
            for row in sorted(answer["rows"], key=lambda row: (row["day"], row["model"]))
        ]
        total = answer["totals"]
        rows.append(["total", "", total["requests"], *_dollars(total), ""])
        print_table(["day", "model", "requests", "before", "after", "difference", ""], rows)
    elif answer["changed"]:
        click.echo("No figure changes by it: for these requests the agents reported costs of their own as well.")
    residual = answer["residual"]
    if residual["difference_microusd"]:
        before, after, difference = _dollars(residual)
        click.echo(f"What only counters saw: {before} before, {after} after, {difference}.")
    print_unpriced(answer["unpriced"], "Without a price still:")


def _dollars(row: dict[str, Any]) -> list[str]:
    before, after, difference = (row[f"{name}_microusd"] for name in ("before", "after", "difference"))
    return [f"{before / 1e6:,.6f}", f"{after / 1e6:,.6f}", f"{difference / 1e6:+,.6f}"]


def _note(row: dict[str, Any]) -> str:
    notes = [f"{row['newly_priced']:,} newly priced" if row["newly_priced"] else ""]
    notes.append(f"{row['no_longer_priced']:,} without a price now" if row["no_longer_priced"] else "")
    return ", ".join(note for note in notes if note)
