"""What `tachograph report` says to people: figures and how they changed, the cost's course, what had most, breakdowns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from tachograph.cli.sentences_print import print_sentences
from tachograph.cli.terminal import bar, change, is_plain, make_console, name_in, percent, sparkline
from tachograph.cli.wording import harmless

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

__all__ = ["plan_sentence", "print_report"]

USAGE_COLUMNS = {
    "requests": "requests",
    "input_tokens": "tokens in",
    "output_tokens": "out",
    "cache_read_tokens": "from cache",
    "cost_microusd": "cost",
}
OUTCOME_COLUMNS = {
    "sessions": "sessions",
    "prompts": "prompts",
    "tool_calls": "tool calls",
    "tool_errors": "failed",
    "lines_added": "lines added",
    "lines_removed": "removed",
    "commits": "commits",
}
"""What a breakdown shows where the dimension has usage, and where it has none."""
DISPENSABLE = ("cache_read_tokens", "lines_removed", "lines_added", "output_tokens", "tool_errors", "input_tokens")
"""What a breakdown does without in a narrow terminal, the first first."""

SHARES = (12, 6)  # how long the bars of shares may be: the first that fits, else none

_PLAIN_HEAD = "    \n    \n -- \n    \n    \n    \n    \n    \n"  # a line below the head, and nothing else

SCORE_PARTS = {
    "score_outcome": "outcome",
    "score_reliability": "reliability",
    "score_acceptance": "acceptance",
    "score_one_shot": "one-shot",
}


def print_report(
    answer: Mapping[str, Any], console: Console | None = None, *, page: str = "", range_: str = ""
) -> None:
    """A report for people, on standard output unless a console is given.

    With the page of a running server and the range that was asked for, its sentences lead there.
    """
    from rich.text import Text

    from tachograph.cli.amounts import moment

    window, totals = answer["window"], answer["totals"]
    console = console or make_console()
    since, until = moment(window["since"], "the beginning"), moment(window["until"], "now")
    if answer.get("demo"):
        console.print(Text("Made-up data: this is a demonstration.", style="reverse"))
    for notice in (answer.get("privacy") or {}).get("notices", ()):
        console.print(Text(harmless(notice), style="reverse"))
    console.print(Text(f"{since} to {until}, {window['tz']}", style="dim"))
    told = answer.get("highlights") or {}
    print_sentences(console, told.get("sentences", ()), page=page, asked={"range": range_})
    earlier = told.get("before") or {}
    is_comparable = any(earlier.values())
    _print_facts(console, totals, earlier if is_comparable else {}, told.get("better", {}))
    if told:
        _print_highlights(console, told, is_comparable=is_comparable, by=answer.get("by", {}))
    console.print(Text(totals["coverage"]["summary"]))
    if plan := plan_sentence(answer.get("limits", ())):
        console.print(Text(plan))
    for dimension, rows in answer.get("by", {}).items():
        _print_breakdown(console, dimension, rows)
    if (
        not plan
        and not totals["sessions"]
        and not totals["requests"]
        and window["since"] is None
        and window["until"] is None
    ):
        console.print(
            Text("Nothing is stored yet: run `tachograph import`, or connect an agent to `tachograph serve`.")
        )
        return
    for sentence in answer.get("notes", []):
        console.print(Text(f"• {harmless(sentence)}", style="dim"))


def plan_sentence(limits: Sequence[Mapping[str, Any]]) -> str:
    """How the plan was used: of each limit the highest reading, and of the first when it was; "" without readings."""
    from tachograph.analytics.limits import name_of_limit, used_share

    parts: list[str] = []
    for entry in limits:
        at = datetime.fromisoformat(entry["peak_at"])
        peak = used_share(entry["peak_ratio"])
        name = harmless(name_of_limit(entry["limit"]))
        parts.append(f"{name} at {peak}" if parts else f"{name} peaked at {peak} on {at:%a %Y-%m-%d %H:%M}")
    return f"plan: {'; '.join(parts)}" if parts else ""


def _print_facts(
    console: Console, totals: Mapping[str, Any], earlier: Mapping[str, Any], better: Mapping[str, str]
) -> None:
    from rich.table import Table
    from rich.text import Text

    from tachograph.cli.amounts import dollars, duration, number

    lines = f"+{number(totals['lines_added'])} −{number(totals['lines_removed'])}"
    cells = [
        (dollars(totals["cost_microusd"]), "cost", "cost_microusd"),
        (number(totals["sessions"]), "sessions", "sessions"),
        (number(totals["prompts"]), "prompts", "prompts"),
        (number(totals["requests"]), "requests", "requests"),
        (number(totals["input_tokens"]), "tokens in", "input_tokens"),
        (number(totals["output_tokens"]), "tokens out", "output_tokens"),
        (number(totals["cache_read_tokens"]), "read from cache", "cache_read_tokens"),
        (number(totals["cache_write_tokens"]), "written to cache", "cache_write_tokens"),
        (number(totals["tool_calls"]), "tool calls", "tool_calls"),
        (number(totals["tool_errors"]), "of them failed", "tool_errors"),
        (lines, "lines", "lines_added"),
        (number(totals["commits"]), "commits", "commits"),
        (number(totals["pull_requests"]), "pull requests", "pull_requests"),
        (duration(totals["active_seconds"]), "active", "active_seconds"),
    ]
    table = Table()
    for columns in (4, 3, 2, 1):  # the first that fits
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        for _ in range(columns):
            table.add_column(justify="right", no_wrap=True)
            table.add_column(justify="left", no_wrap=True)
            if earlier:
                table.add_column(justify="right", no_wrap=True)
        for start in range(0, len(cells), columns):
            row: list[Text] = []
            for value, name, metric in cells[start : start + columns]:
                row += [Text(value, style="bold"), Text(name, style="dim")]
                if earlier:
                    row.append(_changed(totals.get(metric), earlier.get(metric), better.get(metric, "neither")))
            table.add_row(*row)
        if _width_of(console, table) <= console.width:
            break
    console.print(table)


def _changed(now: float | None, before: float | None, better: str) -> Text:
    from rich.text import Text

    said = change(now, before)
    if not said or better == "neither" or now is None or before is None or now == before:
        return Text(said, style="dim")
    return Text(said, style="green" if (now > before) == (better == "higher") else "red")


def _print_highlights(console: Console, told: Mapping[str, Any], *, is_comparable: bool, by: Mapping[str, Any]) -> None:
    from rich.text import Text

    from tachograph.cli.amounts import moment

    before = told["before_window"]
    if before is not None and any(told["figures"].values()):
        window = f"{moment(before['since'], '')} to {moment(before['until'], '')}"
        said = f"changes: against {window}" if is_comparable else f"there is nothing from {window} to compare with"
        console.print(Text(said, style="dim"))
    for line in (_course(console, told["course"]), _budget(console, told["budget"]), _score(told["score"])):
        if line is not None:
            console.print(line, soft_wrap=False)
    tables = []
    if told["models"] and "model" not in by:
        tables.append(_most(console, told["models"], told["figures"]["cost_microusd"]))
    if told["tools"] and "tool" not in by:
        tables.append(_most_used(console, told["tools"], told["figures"]["tool_calls"]))
    _print_beside(console, tables)


def _course(console: Console, course: Mapping[str, Any]) -> Text | None:
    """The cost piece by piece, as many of the last pieces as there is room for."""
    from rich.text import Text

    from tachograph.cli.amounts import dollars

    pieces = course["pieces"]
    if len(pieces) < 2 or not any(piece["cost_microusd"] for piece in pieces):
        return None
    grain = course["grain"]
    top = max(pieces, key=lambda piece: piece["cost_microusd"])
    day = date.fromisoformat(top["since"])
    mean = sum(piece["cost_microusd"] for piece in pieces) / len(pieces)
    label = f"cost a {grain} "
    facts = f" highest {dollars(top['cost_microusd'])} on {day:%a %Y-%m-%d}, mean {dollars(round(mean))}"
    if grain != "day":
        facts = facts.replace(" on ", " from ")
    room, after = console.width - len(label), facts
    if room < len(pieces) + len(facts):  # the line is its own then, and the facts stand below
        cut = f", the last {room} {grain}s are drawn" if room < len(pieces) else ""
        after = f"\n{' ' * len(label)}{facts.strip()}{cut}"
    shown = pieces[-max(1, room) :]
    drawn = sparkline([piece["cost_microusd"] for piece in shown], plain=is_plain(console))
    line = Text.assemble((label, "dim"), (drawn, "cyan"), (after, "dim"))
    line.no_wrap = True
    return line


def _budget(console: Console, budget: Mapping[str, Any] | None) -> Text | None:
    from rich.text import Text

    from tachograph.cli.amounts import dollars

    if budget is None:
        return None
    share = budget["spent_microusd"] / budget["month_microusd"]
    style = "red" if share >= 1 else "yellow" if share > budget["month_share"] else "green"
    drawn = bar(share, 12, plain=is_plain(console))
    unpriced = ", and more without a price" if budget["unpriced_requests"] else ""
    return Text.assemble(
        ("budget ", "dim"),
        (f"{drawn:<12}", style),
        (f" {share:.0%} of {dollars(budget['month_microusd'])} spent in {budget['month']}{unpriced};"),
        (f" {budget['month_share']:.0%} of the month is over", "dim"),
    )


def _score(score: Mapping[str, float | None]) -> Text | None:
    from rich.text import Text

    if score.get("productivity_score") is None:
        return None
    parts = [
        f"{name} {'–' if score[metric] is None else format(score[metric], '.2f')}"
        for metric, name in SCORE_PARTS.items()
    ]
    whole = f"{score['productivity_score']:.1f} of 10"
    return Text.assemble(("score ", "dim"), (whole, "bold"), (f"  {', '.join(parts)}", "dim"))


def _most(console: Console, rows: Sequence[Mapping[str, Any]], whole: int) -> Table:
    from rich.text import Text

    from tachograph.cli.amounts import cost_of, number

    table = _small_table("models", "requests", "cost", "share of cost")
    for row in rows:
        cost = cost_of({**row, "coverage": {"unpriced_requests": row["unpriced_requests"]}})
        share = row["cost_microusd"] / whole if whole else 0.0
        table.add_row(Text(name_in(row["model"], 28)), number(row["requests"]), cost, _share(console, share, 8))
    return table


def _most_used(console: Console, rows: Sequence[Mapping[str, Any]], whole: int) -> Table:
    from rich.text import Text

    from tachograph.cli.amounts import number

    table = _small_table("tools", "calls", "failed", "share of calls")
    for row in rows:
        failed = Text(number(row["tool_errors"]), style="red" if row["tool_errors"] else "dim")
        share = row["tool_calls"] / whole if whole else 0.0
        table.add_row(Text(name_in(row["tool"], 22)), number(row["tool_calls"]), failed, _share(console, share, 8))
    return table


def _small_table(name: str, *columns: str) -> Table:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim underline")
    table.add_column(name, no_wrap=True)
    for column in columns:
        table.add_column(column, justify="left" if column.startswith("share") else "right", no_wrap=True)
    return table


def _print_beside(console: Console, tables: Sequence[Table]) -> None:
    """Beside each other where there is room, else one below the other."""
    from rich.table import Table

    if not tables:
        return
    console.print()
    both = Table.grid(padding=(0, 4, 0, 0))
    both.add_row(*tables)
    if _width_of(console, both) <= console.width:
        console.print(both)
    else:
        for index, table in enumerate(tables):
            if index:
                console.print()
            console.print(table)
    console.print()


def _share(console: Console, share: float, width: int) -> Text:
    from rich.text import Text

    drawn = bar(share, width, plain=is_plain(console))
    said = "<1 %" if 0 < share < 0.005 else percent(share)
    return Text.assemble((f"{drawn:<{width}}", "cyan"), f" {said:>5}")


def _width_of(console: Console, table: Table) -> int:
    return console.measure(table, options=console.options.update(max_width=10_000)).maximum


def _print_breakdown(console: Console, dimension: str, rows: list[dict[str, Any]]) -> None:
    from rich.text import Text

    present = rows[0].keys() if rows else ()
    names = {**USAGE_COLUMNS, **OUTCOME_COLUMNS}
    shown = [n for n in USAGE_COLUMNS if n in present] or [n for n in OUTCOME_COLUMNS if n in present]
    rows = [line for line in rows if any(line[name] for name in shown)]  # others have other facts: --json shows them
    if not rows:
        return
    left_out = []
    table = _breakdown(console, dimension, rows, shown)
    for name in (n for n in DISPENSABLE if n in shown):  # a narrow terminal keeps what is asked for and what it cost
        if _width_of(console, table) <= console.width:
            break
        shown.remove(name)
        left_out.append(names[name])
        table = _breakdown(console, dimension, rows, shown)
    for length in SHARES:  # what room is left shows the shares
        with_shares = _breakdown(console, dimension, rows, shown, length)
        if _width_of(console, with_shares) <= console.width:
            table = with_shares
            break
    console.print(table)
    if left_out:
        console.print(Text(f"{', '.join(left_out)}: in a wider terminal, or with --json", style="dim"))


def _breakdown(console: Console, dimension: str, rows: list[dict[str, Any]], shown: list[str], bars: int = 0) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from tachograph.cli.amounts import cost_of, mark, number

    table = Table(
        box=box.Box(_PLAIN_HEAD, ascii=True) if is_plain(console) else box.SIMPLE_HEAD,
        pad_edge=False,
        collapse_padding=True,
        title=f"by {dimension}",
        title_justify="left",
    )
    table.add_column(dimension, overflow="fold", min_width=10)
    measure = "cost_microusd" if "cost_microusd" in shown else "tool_calls"
    whole = sum(line.get(measure) or 0 for line in rows)
    has_bars = bool(bars and whole)
    if has_bars:
        table.add_column("share", no_wrap=True)
    for name in shown:
        table.add_column({**USAGE_COLUMNS, **OUTCOME_COLUMNS}[name], justify="right", no_wrap=True)
    marks = [mark(line.get("coverage")) for line in rows]
    if any(marks):
        table.add_column("coverage", justify="right", no_wrap=True)
    for line, marked in zip(rows, marks, strict=True):
        cells: list[str | Text] = [cost_of(line) if n == "cost_microusd" else number(line[n]) for n in shown]
        if has_bars:
            cells.insert(0, _share(console, (line.get(measure) or 0) / whole, bars))
        name = "unknown" if line[dimension] is None else harmless(str(line[dimension]))
        table.add_row(Text(name), *cells, *([marked] if any(marks) else []))
    return table
