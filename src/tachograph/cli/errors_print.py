"""Errors for people: tables and lines that also read well at 80 columns and in a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from tachograph.cli.terminal import is_plain, make_console, name_in, percent, sparkline
from tachograph.cli.wording import counted

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["print_errors"]

MOST: Final = 10  # rows of a table; --json has all
_WIDE: Final = 28  # of a name


def print_errors(told: Mapping[str, Any], console: Console | None = None) -> None:
    """Totals, classes, where they occurred, patterns and sessions to review; on standard output unless a console is given."""
    from rich.text import Text

    from tachograph.cli.amounts import moment

    console = console or make_console()
    found, review = told["errors"], told["review"]
    window, totals = found["window"], found["totals"]
    if found.get("demo"):
        console.print(Text("Made-up data: this is a demonstration.", style="reverse"))
    since, until = moment(window["since"], "the beginning"), moment(window["until"], "now")
    console.print(Text(f"{since} to {until}, {window['tz']}", style="dim"))
    if not totals["requests"] and not totals["tool_calls"]:
        console.print(Text("No request and no tool call is known in this time: nothing can have failed."))
        return
    console.print(Text(_sum("API request", totals["api_errors"], totals["requests"], totals["api_error_ratio"])))
    console.print(Text(_sum("tool call", totals["tool_errors"], totals["tool_calls"], totals["tool_error_ratio"])))
    failures = [row["api_errors"] + row["tool_errors"] for row in found["over_time"]]
    if any(failures) and 1 < len(failures) <= 72:
        line = sparkline(failures, plain=is_plain(console))
        console.print(Text(f"by {found['grain']}  {line}  most {max(failures):,}"))
    _print_classes(console, found)
    _print_where(console, found)
    _print_patterns(console, found["patterns"])
    _print_review(console, review)


def _sum(what: str, failed: int, of: int, ratio: float | None) -> str:
    if not of:
        return f"no {what} was made"
    return f"{failed:,} of {counted(of, what)} failed ({_percent(ratio)})"


def _percent(ratio: float | None) -> str:
    return "" if ratio is None else percent(ratio, 1)


def _print_classes(console: Console, found: Mapping[str, Any]) -> None:
    from rich.text import Text

    rows = [
        (
            each["what"],
            name_in(_class(each), 20) + " (new)" if each["is_new"] else name_in(_class(each), 26),
            f"{each['count']:,}",
            _percent(each["ratio"]),
            f"{each['sessions']:,}",
            _minute(each["last_at"])[5:],
        )
        for each in found["classes"][:MOST]
    ]
    heads = ("of", "class", "count", "share", "sessions", "last")
    _table(console, "what failed", heads, rows, right={2, 3, 4, 5}, left_out=found["totals"]["classes"] - len(rows))
    kinds = sorted(((count, kind) for kind, count in found["kinds"].items() if count), reverse=True)
    if kinds:
        console.print(Text("by kind: " + ", ".join(f"{kind} {count:,}" for count, kind in kinds)))


def _class(each: Mapping[str, Any]) -> str:
    named, status = each["error_class"], each["status_code"]
    if named is None:
        return f"HTTP {status}" if status else "not named"
    return named if not status or named.endswith(str(status)) else f"{named} {status}"


def _print_where(console: Console, found: Mapping[str, Any]) -> None:
    for title, rows, name in (("by tool", found["by_tool"], "tool"), ("by model", found["by_model"], "model")):
        cells = [
            (name_in(row[name], _WIDE), f"{row['errors']:,}", f"{row['of']:,}", _percent(row["ratio"]))
            for row in rows[:MOST]
        ]
        heads = (name, "failed", "of", "share")
        _table(console, title, heads, cells, right={1, 2, 3}, left_out=len(rows) - len(cells))
    versions = [
        (
            name_in(f"{row['agent']} {row['agent_version'] or 'unknown'}", _WIDE),
            f"{row['api_errors']:,}",
            _percent(row["api_error_ratio"]),
            f"{row['tool_errors']:,}",
            _percent(row["tool_error_ratio"]),
        )
        for row in found["by_agent_version"][:MOST]
    ]
    heads5 = ("agent", "requests failed", "share", "tool calls failed", "share")
    left_out = len(found["by_agent_version"]) - len(versions)
    _table(console, "by version of the agent", heads5, versions, right={1, 2, 3, 4}, left_out=left_out)


def _print_patterns(console: Console, patterns: Mapping[str, Any]) -> None:
    from rich.text import Text

    loops = patterns["retry_loops"]
    if loops["loops"]:
        title = f"{counted(loops['loops'], 'retry loop')}: a tool failed {loops['at_least']} times or more in a row"
        rows = [
            (_minute(one["last_at"]), name_in(one["tool"], 16), f"{one['failures']:,}", name_in(one["session"], 20))
            for one in loops["latest"][:MOST]
        ]
        left_out = loops["loops"] - len(rows)
        _table(console, title, ("last", "tool", "in a row", "session"), rows, right={2}, left_out=left_out)
    denied = patterns["denials"]
    if denied["count"]:
        refused = [
            (
                name_in(each["tool"], 20),
                name_in(each["decision_source"], 16),
                name_in(each["permission_mode"], 18),
                f"{each['count']:,}",
                f"{each['sessions']:,}",
            )
            for each in denied["groups"][:MOST]
        ]
        heads = ("tool", "decided by", "mode", "count", "sessions")
        title = f"{counted(denied['count'], 'tool call')} not allowed"
        _table(console, title, heads, refused, right={3, 4}, left_out=len(denied["groups"]) - len(refused))
    limits = patterns["rate_limits"]
    if limits["rate_limited"] or limits["overloaded"]:
        hit = [hour["rate_limited"] + hour["overloaded"] for hour in limits["by_hour"]]
        console.print()
        console.print(Text(f"{counted(sum(hit), 'try', 'tries')} hit a limit", style="bold"))
        console.print(Text(f"{limits['rate_limited']:,} rate limited, {limits['overloaded']:,} overloaded"))
        worst = max(range(24), key=lambda hour: hit[hour])
        line = sparkline(hit, plain=is_plain(console))
        console.print(Text(f"by hour of the day, 0 to 23  {line}  most {hit[worst]:,} at {worst}"))
    files = patterns["file_failures"]
    if files["count"]:
        repeated = [
            (
                each["file"],
                name_in(each["tool"], 16),
                name_in(each["error_class"], 18),
                f"{each['count']:,}",
                f"{each['sessions']:,}",
            )
            for each in files["groups"][:MOST]
        ]
        heads = ("file (pseudonym)", "tool", "class", "count", "sessions")
        title = f"{counted(files['count'], 'failure')} that came {files['at_least']} times or more on the same file"
        _table(console, title, heads, repeated, right={3, 4}, left_out=files["count"] - len(repeated))


def _print_review(console: Console, review: Mapping[str, Any]) -> None:
    from rich.text import Text

    from tachograph.cli.amounts import cost_of

    console.print()
    title = f"{counted(review['needing_review'], 'session')} to review, of {review['looked_at']:,}"
    console.print(Text(title, style="bold"))
    if not review["sessions"]:
        console.print(Text("none fits a rule", style="dim"))
    for each in review["sessions"]:
        unpriced = each["unpriced_requests"]  # without a known cost of any other, the session's is unknown, too
        cost = cost_of({**each, "requests": unpriced, "coverage": {"unpriced_requests": unpriced}})
        line = f"{_minute(each['ended_at'])}  {name_in(each['session'], 24)}  {name_in(each['agent'], 14)}  {cost}"
        console.print(Text(line))
        for reason in each["reasons"]:
            console.print(Text(f"    • {reason['says']}", style="dim"))
    more = review["needing_review"] - len(review["sessions"])
    if more > 0:
        console.print(
            Text(f"and {more:,} more: --sessions {min(500, review['needing_review'])} lists them", style="dim")
        )


def _table(
    console: Console,
    title: str,
    heads: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: set[int],
    left_out: int,
) -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    rows = list(rows)
    if not rows:
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, title_justify="left", show_edge=False)
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place in right else "left", no_wrap=place in right, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print()
    console.print(Text(title, style="bold"))
    console.print(table)
    if left_out > 0:
        console.print(Text(f"and {left_out:,} more: --json has them", style="dim"))


def _minute(at: str) -> str:
    """A time of an answer, in its zone, to the minute."""
    return at[:16].replace("T", " ")
