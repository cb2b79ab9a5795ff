"""Trends for people: tables and sentences that also read well at 80 columns and in a pipe."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from tachograph.cli.terminal import bar, is_plain, make_console, name_in, percent, sparkline
from tachograph.cli.wording import counted

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["print_trends"]

ARROWS = {"increasing": "▲ increasing", "decreasing": "▼ decreasing", "stable": "stable", None: "not known"}
MOST_WEEKS = 16  # in a sparkline
MOST_SHOWN = 8  # changes, and days that stand out; --json has all
NAMES = {"cost_microusd": "cost", "total_tokens": "tokens"}
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def print_trends(told: Mapping[str, Any], console: Console | None = None) -> None:
    """Trends, changes, the month's end, the budget and days that stand out, on standard output unless a console is given."""
    from rich.text import Text

    console = console or make_console()
    if told["trends"].get("demo"):
        console.print(Text("Made-up data: this is a demonstration.", style="reverse"))
    entries = told["trends"]["trends"]
    days = [entry for entry in entries if entry["days"]]
    if not days:
        console.print(Text("There is no whole day yet: run `tachograph import`, or come back tomorrow."))
        return
    first, last = min(entry["first_day"] for entry in days), max(entry["last_day"] for entry in days)
    zone = told["trends"]["window"]["tz"]
    console.print(Text(f"{first} to {last}, {zone}; the running day is in none of these figures", style="dim"))
    _print_directions(console, entries)
    _print_changes(console, entries)
    _print_forecasts(console, told.get("forecast"))
    _print_budget(console, told.get("budget"))
    _print_anomalies(console, told["anomalies"])


def _print_directions(console: Console, entries: Sequence[Mapping[str, Any]]) -> None:
    from rich.text import Text

    table = _table("direction")
    table.add_column("metric", overflow="fold")
    table.add_column("a day", justify="right", no_wrap=True)
    table.add_column("by week", no_wrap=True)
    table.add_column("direction", no_wrap=True)
    table.add_column("p", justify="right", no_wrap=True)
    table.add_column("change", justify="right", no_wrap=True)
    shown = [entry for entry in entries if entry["reason"] is None and any(entry["values"])]
    for entry in shown:
        values = entry["values"]
        table.add_row(
            Text(_name(entry)),
            _amount(entry, sum(values) / len(values) if values else None),
            sparkline(_weeks(values), plain=is_plain(console)),
            ARROWS[entry["direction"]],
            _p(entry["p_value"]),
            _ratio(entry["change_ratio"]) if entry["direction"] in ("increasing", "decreasing") else "",
        )
    if shown:
        console.print()
        console.print(table)
    _print_reasons(console, {_name(entry): entry["reason"] for entry in entries if entry["reason"]})
    _print_reasons(
        console, {_name(e): "nothing in all these days" for e in entries if e["days"] and not any(e["values"])}
    )
    patterns = [(_name(entry), entry["weekdays"]["factors"]) for entry in shown if entry["weekdays"]["is_seasonal"]]
    for name, factors in patterns:
        if factors:
            line = " ".join(f"{factor:.1f}" for factor in factors)
            console.print(Text(f"• {name} from Monday to Sunday, 1 is the mean: {line}", style="dim"))


def _print_reasons(console: Console, reasons: Mapping[str, str]) -> None:
    """A line for each reason, with those it is of."""
    from rich.text import Text

    for reason in dict.fromkeys(reasons.values()):
        names = ", ".join(name for name, why in reasons.items() if why == reason)
        console.print(Text(f"• {names}: {reason}", style="dim"))


def _print_changes(console: Console, entries: Sequence[Mapping[str, Any]]) -> None:
    from rich.text import Text

    changes = sorted(((c, e) for e in entries for c in e["changes"]), key=lambda pair: pair[0]["day"], reverse=True)
    console.print(Text("\nchanges of level", style="bold"))
    if not changes:
        console.print(Text("none", style="dim"))
    for change, entry in changes[:MOST_SHOWN]:
        line = f"{change['day']}  {_name(entry)}: {_amount(entry, change['before'])} a day before,"
        line += f" {_amount(entry, change['after'])} after"
        if change["change_ratio"] is not None:
            line += f" ({_ratio(change['change_ratio'])})"
        console.print(Text(line))
        for marker in change["coincides_with"]:
            console.print(Text(f"            {name_in(marker['text'], 60)} on {marker['day']}", style="dim"))
    if any(change["coincides_with"] for change, _ in changes[:MOST_SHOWN]):
        console.print(Text("What was new at the time is a coincidence, not the cause.", style="dim"))
    _more(console, len(changes))


def _print_forecasts(console: Console, told: Mapping[str, Any] | None) -> None:
    from rich.text import Text

    if told is None or not told["forecasts"]:
        return
    known = [entry for entry in told["forecasts"] if entry["reason"] is None]
    month = date.fromisoformat(told["forecasts"][0]["month"])
    if known:
        after = monthrange(month.year, month.month)[1] - date.fromisoformat(told["today"]).day
        table = _table(f"end of {month:%B %Y}, {counted(after, 'day')} after today")
        table.add_column("metric", overflow="fold")
        table.add_column("so far", justify="right", no_wrap=True)
        table.add_column("month", justify="right", no_wrap=True)
        table.add_column("80 % interval", justify="right", no_wrap=True)
        table.add_column("tried on your history", justify="left", overflow="fold")
        for entry in known:
            table.add_row(
                Text(_name(entry)),
                _amount(entry, entry["so_far"]),
                _amount(entry, entry["value"]),
                f"{_amount(entry, entry['low'])} to {_amount(entry, entry['high'])}",
                _score(entry["score"]),
            )
        console.print()
        console.print(table)
    else:
        console.print(Text(f"\nend of {month:%B %Y}", style="bold"))
    _print_reasons(
        console, {_name(e): f"no forecast, {e['reason']}" for e in told["forecasts"] if e["reason"] is not None}
    )


def _print_budget(console: Console, told: Mapping[str, Any] | None) -> None:
    from rich.text import Text

    if told is None:
        return
    console.print(Text("\nbudget", style="bold"))
    if told["budget_microusd"] is None:
        console.print(Text(told["reason"], style="dim"))
        return
    share = told["spent_ratio"]
    drawn = bar(share, 20, plain=is_plain(console)).ljust(20, "-" if is_plain(console) else "░")
    money = {"unit": "microusd"}
    spent, limit = _amount(money, told["spent_microusd"]), _amount(money, told["budget_microusd"])
    console.print(
        Text(f"{drawn} {spent} of {limit} ({percent(share)}), {counted(told['days_left'], 'day')} after today")
    )
    if told["crossed_on"]:
        console.print(Text(f"crossed on {told['crossed_on']}", style="bold"))
    elif told["crossing_expected_on"]:
        line = f"will be crossed about {told['crossing_expected_on']}"
        earliest, latest = told["crossing_earliest_on"], told["crossing_latest_on"] or "not this month"
        console.print(Text(f"{line} (80 %: {earliest} to {latest})", style="bold"))
    elif told["crossing_earliest_on"]:
        console.print(Text(f"{told['crossing_reason']}; it may be, from {told['crossing_earliest_on']} on"))
    else:
        console.print(Text(str(told["crossing_reason"]), style="dim"))
    if told["unpriced_requests"]:
        console.print(
            Text(f"• at least: {told['unpriced_requests']:,} requests of the month have no known price", style="dim")
        )


def _print_anomalies(console: Console, told: Mapping[str, Any]) -> None:
    from rich.text import Text

    console.print(Text("\ndays that stand out", style="bold"))
    found = told["anomalies"]
    if not found:
        console.print(Text("none", style="dim"))
    for entry in found[:MOST_SHOWN]:
        so_far = " so far" if entry["is_running"] else ""
        line = f"{entry['day']}  {_name(entry)}: {_amount(entry, entry['value'])}{so_far}"
        console.print(Text(f"{line} where {_amount(entry, entry['expected'])} is usual"))
        for who in _contributors(entry):
            console.print(Text(f"            {who}", style="dim"))
    _more(console, len(found))
    _print_reasons(console, {NAMES.get(name, name.replace("_", " ")): why for name, why in told["unknown"].items()})


def _contributors(entry: Mapping[str, Any]) -> list[str]:
    """Of each dimension the value that contributed most."""
    most = {who["dimension"]: who for who in reversed(entry["contributors"])}
    return [
        f"{name} {name_in(who['value'], 30)}: {_amount(entry, who['amount'])}, usually {_amount(entry, who['usual'])}"
        for name, who in reversed(most.items())
    ]


def _table(title: str) -> Table:
    from rich import box
    from rich.table import Table

    return Table(
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
        title=title,
        title_justify="left",
        title_style="bold",
    )


def _more(console: Console, count: int) -> None:
    from rich.text import Text

    if count > MOST_SHOWN:
        console.print(Text(f"and {count - MOST_SHOWN} older: --json has all", style="dim"))


def _name(entry: Mapping[str, Any]) -> str:
    metric: str = entry["metric"]
    return NAMES.get(metric, metric.replace("_", " "))


def _amount(entry: Mapping[str, Any], value: float | None) -> str:
    """An amount with its unit, in few digits."""
    from tachograph.cli.amounts import dollars, short

    if value is None:
        return "–"
    unit: str = entry["unit"]
    if unit == "microusd":
        return f"${value / 1e6:,.0f}" if value >= 1e9 else dollars(value)
    if unit == "ratio":
        return percent(value, 1)
    if unit == "usd":
        return f"${value:,.2f}"
    text: str = short(value if abs(value) < 100 and value != int(value) else round(value))
    return text + (" s" if unit == "seconds" else " ms" if unit == "ms" else "")


def _weeks(values: Sequence[float]) -> list[float]:
    """Means of weeks, counted back from the last day; the newest ones."""
    odd = len(values) % 7 if len(values) >= 7 else 0
    weeks = [values[start : start + 7] for start in range(odd, len(values), 7)]
    return [sum(week) / len(week) for week in weeks][-MOST_WEEKS:]


def _p(value: float | None) -> str:
    return "–" if value is None else "<0.001" if value < 0.001 else f"{value:.3f}"


def _ratio(value: float | None) -> str:
    return "" if value is None else f"{'+' if value > 0 else '−'}{abs(value) * 100:,.0f} %"


def _score(score: Mapping[str, Any] | None) -> str:
    """How forecasts did."""
    if score is None or score["coverage"] is None:
        return "–"
    text = f"{percent(score['coverage'])} of {score['forecasts']} held"
    return text if score["scaled_error"] is None else f"{text}, error {score['scaled_error']:.2f}"
