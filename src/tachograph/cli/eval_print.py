"""A comparison in words that need no statistics."""

from __future__ import annotations

import re
import shutil
from typing import Any

import click

from tachograph.cli.eval_options import filters_in_words
from tachograph.cli.wording import counted, harmless, moment

__all__ = ["headline", "print_comparison"]

INDENT = " " * 12
WIDEST = 100

WORDS = {
    "better": ("BETTER", "green"),
    "worse": ("WORSE", "red"),
    "more": ("MORE", "yellow"),
    "less": ("LESS", "yellow"),
    "undecided": ("UNDECIDED", None),
    "too_little_data": ("TOO LITTLE", None),
}

SAID = {
    "better": "Better",
    "worse": "Worse",
    "more": "More",
    "less": "Less",
    "undecided": "Undecided",
    "too_little_data": "Too little data",
}
_UNIT = re.compile(r"(?<=\d) (?=(?:%|min|s|h|k|M|points|times)(?:\W|$))")
SMALL_COUNT = 5.0  # of fewer, the middle session tells less than the average
WORTH_WAITING = 20_000  # sessions


def print_comparison(told: dict[str, Any]) -> None:
    """The whole comparison on standard output."""
    for side in (told["before"], told["after"]):
        since, until = side["since"], side["until"]
        _say(
            f"{side['name']}: {counted(side['sessions'], 'session')}, "
            f"{moment(since) if since else 'the beginning'} to {moment(until)}{filters_in_words(side['filters'])}",
            hanging="    ",
        )
    if told["change"] and told["change"]["note"]:
        _say(f"“{told['change']['note']}”", hanging="    ")
    for warning in told["warnings"]:
        click.echo("")
        _say(_warning(warning), hanging="    ", style="yellow")
    if not told["before"]["sessions"] and not told["after"]["sessions"]:
        click.echo("")
        _say("No stored session belongs to either group: `tachograph report --by project,model` shows what there is.")
        return
    click.echo("")
    _say(_summary(told["metrics"]), hanging="    ")
    for metric in told["metrics"]:
        click.echo("")
        word, colour = WORDS[metric["verdict"]]
        _say(f"{word:<12}{metric['sentence']}", hanging=INDENT, mark=(word, colour))
        for line in _details(metric, told):
            _say(line, first=INDENT, hanging=INDENT)
    click.echo("")
    for line in _footer(told):
        _say(line)


def _summary(metrics: list[dict[str, Any]]) -> str:
    """Which measures got which verdict, in one sentence each."""
    groups: dict[str, list[str]] = {}
    for metric in metrics:
        groups.setdefault(metric["verdict"], []).append(_plain(metric["label"]))
    return " ".join(f"{SAID[verdict]}: {', '.join(groups[verdict])}." for verdict in SAID if verdict in groups)


def _plain(label: str) -> str:
    """A label within a sentence."""
    return label if label.startswith("API") else label[0].lower() + label[1:]


def headline(metric: dict[str, Any]) -> str:
    """One measure in a line: "Cost per session: $0.42 → $0.31 in the middle session, 26 % less"."""
    before, after = metric["before"], metric["after"]
    if not before["sessions"] or not after["sessions"]:
        which = "first" if not before["sessions"] else "second"
        return f"{metric['label']}: no session of the {which} group has a value"
    one, two, what = _shown(metric)
    text = f"{metric['label']}: {amount(one, metric['unit'])} → {amount(two, metric['unit'])}{what}"
    return f"{text}, {_change(one, two, metric)}"


def _shown(metric: dict[str, Any]) -> tuple[float, float, str]:
    """The two figures that stand for the groups, and which they are where that is not plain."""
    before, after = metric["before"], metric["after"]
    if metric["kind"] != "amount":
        return before["value"], after["value"], ""
    gap = after["value"] - before["value"]
    small = metric["unit"] == "count" and max(before["value"], after["value"]) < SMALL_COUNT
    if not small and (
        before["value"] > 0
        and after["value"] > 0
        and gap * metric["direction"] >= 0
        and (gap or not metric["direction"])
    ):
        return before["value"], after["value"], " in the middle session"
    return before["mean"], after["mean"], " on average"


def _change(one: float, two: float, metric: dict[str, Any]) -> str:
    if one == two:
        return "no difference"
    if metric["unit"] == "share":
        points = abs(two - one) * 100
        return f"{points:.1f} points {'more' if two > one else 'less'}"
    if one == 0:
        return f"{amount(abs(two - one), metric['unit'])} more"
    return f"{abs(two / one - 1):.0%} {'more' if two > one else 'less'}".replace("%", " %")


def _details(metric: dict[str, Any], told: dict[str, Any]) -> list[str]:
    lines = [*_belief(metric, told), *_size(metric, told), *_planning(metric), *_left_out(metric)]
    return [line for line in lines if line]


def _belief(metric: dict[str, Any], told: dict[str, Any]) -> list[str]:
    if metric["p"] is None:
        return ["Nothing can be said of so few sessions."]
    many = told["tests"] > 1 and told["correction"] == "holm"
    corrected = " after correction" if many else ""
    told_p = f"p {_p(metric['p_adjusted'])} of {told['alpha']:g} allowed{corrected}"
    verdict = metric["verdict"]
    if verdict in ("better", "worse", "more", "less"):
        lines = [f"Likely real: {told_p}."]
        mean_gap = metric["effect"].get("mean_difference")
        if mean_gap is not None and mean_gap * metric["direction"] < 0:
            lines.append(
                "But the average went the other way: a few large sessions weigh more than the many small ones."
            )
        return lines
    if verdict == "too_little_data":
        return [f"Too few sessions, or too little in them, to tell anything apart, however it had fallen: {told_p}."]
    return [f"May be chance: {told_p}."]


def _size(metric: dict[str, Any], told: dict[str, Any]) -> list[str]:
    sure = f"{told['confidence']:.0%}".replace("%", " %")
    effect, intervals, unit = metric["effect"], metric["intervals"], metric["unit"]
    lines = []
    if metric["kind"] == "amount":
        if "factor" in intervals:
            low, high = intervals["factor"]
            lines.append(f"A session takes {effect['factor']:.2f} times as much ({sure}: {low:.2f} to {high:.2f}).")
        elif "shift" in intervals and effect.get("shift"):
            low, high = intervals["shift"]
            lines.append(
                f"A session moved by {signed(effect['shift'], unit)} ({sure}: {signed(low, unit)} to {signed(high, unit)})."
            )
        if "superiority" in effect:
            lines.append(_pairs(metric))
        if "mean_difference" in intervals:
            low, high = intervals["mean_difference"]
            means = f"{amount(metric['before']['mean'], unit)} → {amount(metric['after']['mean'], unit)}"
            lines.append(
                f"On average {means}: {signed(effect['mean_difference'], unit)} "
                f"(roughly {signed(low, unit)} to {signed(high, unit)})."
            )
    elif "difference" in intervals:
        low, high = intervals["difference"]
        about = "roughly" if metric["kind"] == "ratio" else sure
        lines.append(f"The difference lies between {signed(low, unit)} and {signed(high, unit)} ({about}).")
    return lines


def _places(metric: dict[str, Any]) -> tuple[str, str]:
    """What the groups are called within a sentence."""
    return ("before", "after") if metric["planning"]["only_after_can_grow"] else ("in the first group", "in the second")


def _pairs(metric: dict[str, Any]) -> str:
    """How often which of two sessions has more; where many have the same, that is said too."""
    effect = metric["effect"]
    more = effect["superiority"] - effect["ties"] / 2.0
    which = "the later one" if metric["planning"]["only_after_can_grow"] else "the second group's"
    text = f"Of a session of each, {which} has more {_of_hundred(more)} times in 100"
    if effect["ties"] < 0.005:
        return f"{text}."
    return f"{text}, and the same {_of_hundred(effect['ties'])} times."


def _planning(metric: dict[str, Any]) -> list[str]:
    if metric["verdict"] not in ("undecided", "too_little_data") or metric["p"] is None:
        return []
    planning, lines = metric["planning"], []
    needed, still = planning["sessions_needed"], planning["sessions_still_needed"]
    if any(numbers is not None and max(numbers.values()) <= WORTH_WAITING for numbers in (needed, still)):
        lines += _waiting(needed, still, _places(metric))
    elif metric["direction"]:
        lines.append("The difference is so small that no number of sessions worth waiting for would show it.")
    seen, pairs = planning["detectable_value"], planning["detectable_superiority"]
    if seen is not None:
        one, two = (amount(value, metric["unit"]) for value in (metric["before"]["value"], seen))
        lines.append(f"With so many sessions, a difference of {one} → {two} would mostly have shown.")
    elif pairs is not None:
        lines.append(
            f"With so many sessions, it would mostly have shown if, of a session of each, one group's had more "
            f"{_of_hundred(pairs)} times in 100 (equal ones counted half)."
        )
    return lines


def _waiting(needed: dict[str, int] | None, still: dict[str, int] | None, places: tuple[str, str]) -> list[str]:
    """What it would take to see the difference, if it is as large as it looks."""
    if needed is not None and (still is None or max(still.values()) > WORTH_WAITING):
        said = "Were the true difference this large, there are too few sessions before to see it, however many follow: "
        return [f"{said}it takes about {needed['before']:,} before and {needed['after']:,} after."]
    assert still is not None
    more = [
        f"{count:,} more {place}"
        for count, place in zip((still["before"], still["after"]), places, strict=True)
        if count
    ]
    if not more:
        return []
    return [f"Were the true difference this large, it would take about {' and '.join(more)} to see it."]


def _left_out(metric: dict[str, Any]) -> list[str]:
    reasons: dict[str, list[int]] = {}
    for place, side in enumerate(("before", "after")):
        for reason, number in metric[side]["left_out"].items():
            reasons.setdefault(reason, [0, 0])[place] = number
    if not reasons:
        return []
    first, second = _places(metric)
    told = "; ".join(f"{reason} ({one} {first}, {two} {second})" for reason, (one, two) in reasons.items())
    return [f"Left out: {told}."]


def _warning(warning: dict[str, Any]) -> str:
    if warning["kind"] == "other_change":
        return (
            f"Careful: another change, {warning['name']}, was made at {moment(warning['at'])}, within the sessions that "
            "are compared: what it did cannot be told apart. --since and --until leave time out."
        )
    if warning["kind"] == "overlap":
        return (
            f"Careful: {counted(warning['sessions'], 'session')} in both groups, which hides differences: filter the "
            "groups apart with --where, or give them times that do not overlap."
        )
    shares = "; ".join(
        f"{'unknown' if one['value'] is None else one['value']} {one['before']:.0%} → {one['after']:.0%}".replace(
            "%", " %"
        )
        for one in warning["shares"]
    )
    text = (
        f"Careful: the {warning['name']} of sessions is not the same in both groups ({shares}). A difference may come "
        "from that alone."
    )
    return text if warning["name"] == "source" else f"{text} --where {warning['name']}=… compares like with like."


def _footer(told: dict[str, Any]) -> list[str]:
    lines = []
    if any(metric["verdict"] in ("undecided", "too_little_data") for metric in told["metrics"]):
        lines.append(
            f"“To see it”, “mostly”: {told['power']:.0%} of the time, ".replace("%", " %")
            + f"with {told['metrics'][0]['planning']['alpha']:.2g} allowed to each measure."
        )
    for note in told["notes"]:
        if note["kind"] == "running_at_change":
            lines.append(
                f"{counted(note['sessions'], 'session')} that ran while the change was made: in neither group."
            )
        if note["kind"] == "may_go_on":
            lines.append(f"{counted(note['sessions'], 'session')} had a record in the last 15 minutes and may go on.")
    tests, alpha = told["tests"], told["alpha"]
    if told["correction"] == "holm" and tests > 1:
        lines.append(
            f"{tests} measures were looked at: with Holm's correction the chance that any of them is called different "
            f"without being so is at most {alpha:g}. Each interval covers {told['confidence']:.0%} by itself. "
            "Looking again and again as sessions come in raises that chance: decide beforehand when to look.".replace(
                "95%", "95 %"
            )
        )
    elif tests:
        lines.append(
            ("One measure was looked at: it" if tests == 1 else "No correction for several measures: each")
            + f" is called different without being so {alpha:g} of the time. Looking again and again as sessions come in raises that: decide beforehand when to look."
        )
    return lines


def amount(value: float, unit: str) -> str:
    """A figure with its unit, as short as it can be read."""
    if unit == "usd":
        return f"${value:,.2f}" if abs(value) >= 0.1 or value == 0 else f"${value:.4f}"
    if unit == "share":
        return f"{value * 100:.1f} %"
    if unit == "seconds":
        if abs(value) < 120:
            return f"{value:.0f} s" if abs(value) >= 10 or not value else f"{value:.1f} s"
        return f"{value / 60:.1f} min" if abs(value) < 7200 else f"{value / 3600:.1f} h"
    if unit == "tokens" and abs(value) >= 10_000:
        return f"{value / 1e6:,.2f} M" if abs(value) >= 1e6 else f"{value / 1e3:,.0f} k"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.2f}".rstrip("0")


def signed(value: float, unit: str) -> str:
    """A difference with its sign; shares in points."""
    text = f"{abs(value) * 100:.1f} points" if unit == "share" else amount(abs(value), unit)
    return f"{'−' if value < 0 else '+'}{text}"


def _of_hundred(share: float) -> str:
    return f"{share * 100:.0f}"


def _p(p: float) -> str:
    if p < 0.0001:
        return "below 0.0001"
    return f"{p:.2g}" if p < 0.1 else f"{min(p, 1.0):.2f}"


def _say(
    text: str,
    *,
    first: str = "",
    hanging: str = "",
    style: str | None = None,
    mark: tuple[str, str | None] | None = None,
) -> None:
    width = max(40, min(WIDEST, shutil.get_terminal_size((80, 24)).columns))
    text = harmless(text)  # names of models come from outside: none of them commands a terminal
    text = _UNIT.sub("\u00a0", text)  # a figure stays with its unit
    if mark is None:
        wrapped = click.wrap_text(text, width - 1, initial_indent=first, subsequent_indent=hanging)
        click.echo(click.style(wrapped.replace("\u00a0", " "), fg=style))
        return
    word, colour = mark  # it was padded, which wrapping takes away
    rest = click.wrap_text(text[len(INDENT) :], width - 1, initial_indent=INDENT, subsequent_indent=hanging)
    click.echo(click.style(word, bold=True, fg=colour) + rest[len(word) :].replace("\u00a0", " "))
