"""`tachograph explain`: why two numbers differ, step by step."""

from __future__ import annotations

import json as jsonlib
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tachograph.cli.options import resolve_home, shared_options, wants_json
from tachograph_sdk.errors import ConfigError

if TYPE_CHECKING:
    from tachograph.analytics.explain.comparison import Comparison
    from tachograph.analytics.query import Window
    from tachograph.analytics.zones import Zone
    from tachograph.home import Home
    from tachograph.server.services import Answers

__all__ = ["explain"]


@click.command("explain")
@click.option("--session", help="One session: its pseudonym (s_…), or the agent's own id.")
@click.option("--day", help="One day: 2026-11-20.")
@click.option("--model", help="One model, however it is spelled.")
@click.option("--since", help="First day or time.")
@click.option("--until", help="End, excluded.")
@click.option("--range", "range_", help="1h, 24h, 7d, 30d, 90d, all (default: all).")
@click.option("--tz", help="Time zone of days, as Europe/Berlin (default: this machine's; of bills: UTC).")
@click.option("--against", metavar="WHAT", help="ccusage, cost (the agent's own /cost), console, or a bill: FILE.csv.")
@click.option("--csv", "csv_file", type=click.Path(path_type=Path), help="The bill, for --against console.")
@click.option(
    "--ccusage-json",
    "printed",
    type=click.Path(path_type=Path),
    help="Begin with what `ccusage claude daily --json` printed.",
)
@shared_options
@click.pass_context
def explain(
    context: click.Context,
    session: str | None,
    day: str | None,
    model: str | None,
    since: str | None,
    until: str | None,
    range_: str | None,
    tz: str | None,
    against: str | None,
    csv_file: Path | None,
    printed: Path | None,
    home: Path | None,
    as_json: bool,
) -> None:
    """Say why two numbers differ.

    From what each source said to what the ledger holds, or from another program's figure or a bill, every step with
    its name, and the steps add up exactly.

    Example: tachograph explain --day 2026-11-20 --against ccusage
    """
    from tachograph.cli.backend import open_backend

    place = resolve_home(context, home)
    given = {"day": day, "since": since, "until": until, "range": range_, "session": session, "model": model}
    asked = {name: value for name, value in given.items() if value is not None}
    kind, bill = _against(against, csv_file)
    if printed is not None and kind != "ccusage":
        raise ConfigError("--ccusage-json belongs to --against ccusage", hint="add --against ccusage")
    if kind == "bill" and session is not None:
        raise ConfigError("a bill knows no sessions", hint="use --day, --since, --until or --model")
    zone = _zone(tz, kind)
    window = _window(asked, zone)
    outside = _read_outside(kind, bill, printed)
    with open_backend(place) as backend:
        if kind in ("sources", "cost"):
            parameters = {**asked, "tz": zone.name, **({"against": "cost"} if kind == "cost" else {})}
            told = backend.explain(parameters)
        else:
            made = _Comparing(place, backend, window, zone, asked)
            compared = made.ccusage(outside) if kind == "ccusage" else made.bill(str(bill), outside)
            told = {"window": window.as_text(), **compared.as_json()}
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(told))
        return
    from tachograph.cli.explain_print import print_explanation

    print_explanation(told)


def _against(against: str | None, csv_file: Path | None) -> tuple[str, Path | None]:
    if against in (None, "ccusage", "cost"):
        if csv_file is not None:
            raise ConfigError("--csv belongs to --against console", hint="add --against console")
        return against or "sources", None
    if against == "console":
        if csv_file is None:
            raise ConfigError("--against console needs the bill", hint="download it as CSV and add --csv FILE")
        return "bill", csv_file
    path = Path(str(against))
    if csv_file is not None or (path.suffix.lower() not in (".csv", ".tsv", ".txt") and not path.is_file()):
        raise ConfigError(f"{against!r} is nothing to compare with", hint="use ccusage, cost, console, or a FILE.csv")
    return "bill", path


def _zone(tz: str | None, kind: str) -> Zone:
    from tachograph.analytics.zones import find_zone
    from tachograph.cli.options import resolve_zone

    if tz is None and kind == "bill":
        return find_zone("UTC")
    return find_zone(resolve_zone(tz))


def _window(asked: dict[str, str], zone: Zone) -> Window:
    from tachograph.server.explainer import day_window

    return day_window(asked, now_us=time.time_ns() // 1000, zone=zone)


def _read_outside(kind: str, bill: Path | None, printed: Path | None) -> Any:
    """Files a person named, before the store is opened: a mistake in them is one in the call."""
    if kind == "bill" and bill is not None:
        from tachograph.analytics.explain.bill import read_bill

        return read_bill(_bytes_of(bill))
    if kind == "ccusage" and printed is not None:
        from tachograph.analytics.explain.ccusage.printed import read_printed

        return read_printed(_bytes_of(printed))
    return None


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path.name} cannot be read ({error.strerror})", hint="give the path of a file") from None


class _Comparing:
    """Reads what lies on this machine, and asks for the ledger's rows wherever the ledger is."""

    def __init__(self, home: Home, backend: Answers, window: Window, zone: Zone, asked: dict[str, str]) -> None:
        from tachograph.analytics.explain.scope import plain_name
        from tachograph.wiring.explaining import explaining

        self._parts = explaining(home)
        self._backend = backend
        self._window = window
        self._zone = zone
        self._session = asked.get("session")
        self._model = plain_name(asked["model"]) if "model" in asked else None

    def ccusage(self, printed: Any) -> Comparison:
        """Against ccusage, whose rules are applied to the transcripts that are here now."""
        from tachograph.analytics.explain.ccusage.compare import Scope, compare_ccusage
        from tachograph.analytics.explain.ccusage.report import read_ccusage
        from tachograph.analytics.explain.rows import all_rows
        from tachograph.server.explainer import named_session

        name_session = partial(self._parts.name, "session")
        first, last = self._days()
        scope = Scope(
            zone=self._zone,
            first_day=first,
            last_day=last,
            model=self._model,
            session=named_session(self._session, self._parts.name),
        )
        report = read_ccusage(self._parts.environment, self._parts.user_home, self._zone)
        rows = all_rows(self._backend, self._widened())
        return compare_ccusage(
            report, rows, scope=scope, prices=self._parts.prices(), name_session=name_session, printed=printed
        )

    def bill(self, name: str, bill: Any) -> Comparison:
        """Against a bill."""
        from tachograph.analytics.explain.bill import compare_bill
        from tachograph.analytics.explain.rows import all_rows

        first, last = self._days()
        rows = all_rows(self._backend, self._widened())
        return compare_bill(
            bill, rows, name=Path(name).name, zone=self._zone, first_day=first, last_day=last, model=self._model
        )

    def _days(self) -> tuple[str | None, str | None]:
        """First and last day of the window. Figures from outside are by day, so whole days are compared."""
        start, end = self._window.start, self._window.end
        first = None if start is None else self._zone.local_of(start).date().isoformat()
        last = None if end is None else self._zone.local_of(end - timedelta(microseconds=1)).date().isoformat()
        return first, last

    def _widened(self) -> Window:
        from tachograph.analytics.query import Window

        near = timedelta(days=2)
        start, end = self._window.start, self._window.end
        return Window(start=start and start - near, end=end and end + near)
