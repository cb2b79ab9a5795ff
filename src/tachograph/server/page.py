"""The first page: the week's totals and how to connect. Plain HTML, no script; every stored text is escaped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from tachograph.analytics.coverage import GOOD, TOKENS, percent
from tachograph.analytics.limits import name_of_limit, used_share
from tachograph_sdk.model.consent import ConsentState
from tachograph_sdk.privacy.consent import Status

__all__ = ["RANGES", "connect_lines", "cost_of", "mark", "render_page", "stylesheet"]

RANGES = ("24h", "7d", "30d", "90d", "all")

_STANDS = {
    ConsentState.UNASKED: "not asked, so not allowed",
    ConsentState.GRANTED: "allowed",
    ConsentState.DENIED: "refused",
    ConsentState.WITHDRAWN: "withdrawn",
    ConsentState.OUTDATED: "to be asked again: what you allowed has changed since",
}


def stylesheet() -> bytes:
    """The page's style sheet."""
    return files("tachograph.server").joinpath("static/page.css").read_bytes()


def render_page(
    *,
    report: Mapping[str, Any],
    by_day: Sequence[Mapping[str, Any]],
    by_model: Sequence[Mapping[str, Any]],
    health: Mapping[str, Any],
    connect: Sequence[str],
    range_name: str,
    demo: bool,
    tz: str | None = None,
    consent: Status | None = None,
) -> str:
    """The whole page.

    Args:
        report: the answer of /api/v1/report for the window shown.
        by_day, by_model: its breakdown rows.
        health: the answer of /health.
        connect: shell lines that point an agent at this server.
        range_name: which of RANGES is shown.
        tz: the zone that was asked for, kept in the links; None for the server's own.
        demo: true when the home holds made-up data only.
        consent: how the purposes of consent stand.
    """
    totals = report["totals"]
    parts = [
        _head(range_name),
        _banner("Made-up data: this is a demonstration.") if demo else "",
        *map(_banner, report["privacy"]["notices"]),
        _top(report, range_name, tz),
        "<main>",
        _cards(totals),
        '<div class="columns"><div>',
        _breakdown(f"By day ({report['window']['tz']})", "day", by_day[::-1]),
        "</div><div>",
        _breakdown("By model", "model", by_model),
        _plan(report.get("limits", ())),
        _coverage(totals["coverage"]),
        _connect(connect),
        _state(health),
        _consent(consent) if consent is not None else "",
        "</div></div>",
        "</main>",
        '<footer class="soft small">Nothing on this page leaves your machine.</footer></body></html>',
    ]
    return "".join(parts)


def connect_lines(addresses: Mapping[str, Any]) -> list[str]:
    """The environment that makes Claude Code send to this server."""
    return [
        "export CLAUDE_CODE_ENABLE_TELEMETRY=1",
        "export OTEL_METRICS_EXPORTER=otlp OTEL_LOGS_EXPORTER=otlp",
        "export OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf",
        f"export OTEL_EXPORTER_OTLP_ENDPOINT={addresses.get('otlp_http', '')}",
    ]


def number(value: Any) -> str:
    """A count with thousands separators; a dash for unknown."""
    return "–" if value is None else f"{value:,}" if isinstance(value, int) else f"{value:,.1f}"


def short(value: Any) -> str:
    """A large count in three digits: 196 M."""
    if value is None or abs(value) < 100_000:
        return number(value)
    for unit, size in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if abs(value) >= size:
            return f"{value / size:.3g} {unit}" if abs(value) < 1000 * size else f"{value / size:,.0f} {unit}"
    raise AssertionError


def moment_of(at_us: int) -> str:
    """UTC microseconds since 1970 to the minute, for people."""
    return f"{datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us):%Y-%m-%d %H:%M} UTC"


def moment(text: str | None, otherwise: str) -> str:
    """An ISO time to the minute, for people."""
    return otherwise if text is None else text[:16].replace("T", " ")


def dollars(microusd: Any) -> str:
    """Micro-dollars as dollars and cents; four digits below a dollar. What is less than that is still not nothing."""
    if microusd is None:
        return "–"
    if 0 < microusd < 50:
        return "<$0.0001"
    usd = microusd / 1_000_000
    return f"${usd:,.2f}" if usd >= 1 or not microusd else f"${usd:.4f}"


def cost_of(row: Mapping[str, Any]) -> str:
    """A row's cost for people; a dash where none of its requests has a known one, which is not the same as nothing."""
    unpriced = (row.get("coverage") or {}).get("unpriced_requests") or 0
    unknown = not row["cost_microusd"] and 0 < (row.get("requests") or 0) <= unpriced
    return "–" if unknown else dollars(row["cost_microusd"])


def mark(coverage: Mapping[str, Any] | None) -> str:
    """What is to be known about a row's cost; nothing where its usage was seen request by request and has a price."""
    if coverage is None:
        return ""
    share, unpriced = coverage["share"], coverage["unpriced_requests"]
    seen = percent(share) if share is not None and share < GOOD else ""
    return ", ".join(part for part in (seen, f"{number(unpriced)} unpriced" if unpriced else "") if part)


def duration(seconds: Any) -> str:
    """Seconds as hours and minutes."""
    if seconds is None:
        return "–"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:,} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s" if minutes else f"{rest} s"


def _head(range_name: str) -> str:
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Tachograph: {escape(range_name)}</title>"
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/static/page.css"></head><body>'
    )


def _banner(notice: str) -> str:
    return f'<p class="banner" role="note">{_with_commands(notice)}</p>'


def _with_commands(text: str) -> str:
    """Text as HTML; what stands between two backticks, commands and settings, is marked as such."""
    parts = escape(text).split("`")
    return "".join(f"<code>{part}</code>" if place % 2 else part for place, part in enumerate(parts))


def _several(count: int, one: str) -> str:
    return f"{number(count)} {one}" if count == 1 else f"{number(count)} {one}s"


def _top(report: Mapping[str, Any], range_name: str, tz: str | None) -> str:
    window = report["window"]
    kept = f"&amp;tz={quote(tz)}" if tz else ""
    links = " ".join(
        f'<a href="/?range={r}{kept}"{" aria-current=page" if r == range_name else ""}>{r}</a>' for r in RANGES
    )
    since, until = moment(window["since"], "the beginning"), moment(window["until"], "now")
    return (
        f'<header class="top"><h1>Tachograph</h1><nav aria-label="Time range">{links}</nav>'
        f'<span class="soft small">{escape(since)} to {escape(until)}, {escape(window["tz"])}</span></header>'
    )


def _cards(totals: Mapping[str, Any]) -> str:
    read, fresh, written = (totals[k] for k in ("cache_read_tokens", "input_tokens", "cache_write_tokens"))
    prompt_tokens = read + fresh + written
    cached = (
        f"{number(fresh)} fresh, {100 * read / prompt_tokens:.0f} % from cache" if prompt_tokens else "no requests yet"
    )
    tools = totals["tool_calls"]
    cards = [
        ("Cost", dollars(totals["cost_microusd"]), _several(totals["requests"], "request")),
        ("Sessions", number(totals["sessions"]), _several(totals["prompts"], "prompt")),
        ("Prompt tokens", short(prompt_tokens), cached),
        ("Tokens out", short(totals["output_tokens"]), "reasoning included"),
        ("Tool calls", number(tools), f"{number(totals['tool_errors'])} failed"),
        (
            "Lines",
            f"+{short(totals['lines_added'])} −{short(totals['lines_removed'])}",
            f"{_several(totals['commits'], 'commit')}, {_several(totals['pull_requests'], 'pull request')}",
        ),
        (
            "Active time",
            duration(totals["active_seconds"]),
            "unknown: only OpenTelemetry metrics tell"
            if totals["active_seconds"] is None
            else "as the agents report it",
        ),
    ]
    items = "".join(
        f'<li class="card"><span class="soft small">{escape(title)}</span><b>{escape(value)}</b>'
        f'<span class="soft small">{escape(note)}</span></li>'
        for title, value, note in cards
    )
    return f'<ul class="cards">{items}</ul>'


def _breakdown(title: str, key: str, rows: Sequence[Mapping[str, Any]]) -> str:
    rows = [row for row in rows if row["requests"] or row["output_tokens"] or row["cost_microusd"]]
    if not rows:
        return f'<section><h2>{escape(title)}</h2><p class="soft">Nothing in this time range.</p></section>'
    top = max((row["cost_microusd"] or 0 for row in rows), default=0) or 1
    body = "".join(
        f"<tr><td>{escape(str(row[key] if row[key] is not None else 'unknown'))}</td>"
        f"<td>{number(row['requests'])}</td><td class='more'>{number(row['output_tokens'])}</td>"
        f"<td>{cost_of(row)}{_marked(row)}</td>"
        f'<td class="more"><meter min="0" max="{top}" value="{row["cost_microusd"] or 0}">{dollars(row["cost_microusd"])}'
        "</meter></td></tr>"
        for row in rows
    )
    return (
        f'<section><h2>{escape(title)}</h2><div class="scroll" tabindex="0"><table><thead><tr>'
        f"<th>{escape(key)}</th><th>requests</th><th class='more'>tokens out</th><th>cost</th><th class='more'>graph</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div></section>"
    )


def _marked(row: Mapping[str, Any]) -> str:
    text = mark(row.get("coverage"))
    return f' <small class="soft" title="coverage">({escape(text)})</small>' if text else ""


def _facts(title: str, facts: Sequence[tuple[str, str]], note: str = "") -> str:
    items = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    below = f"<p class='soft small'>{_with_commands(note)}</p>" if note else ""
    return f"<section><h2>{escape(title)}</h2><dl>{items}</dl>{below}</section>"


def _coverage(coverage: Mapping[str, Any]) -> str:
    share, requests, basis = coverage["share"], coverage["requests"], coverage["cost_basis"]
    models = ", ".join(map(str, coverage["unpriced_models"]))
    facts = [
        ("usage seen request by request", "no usage yet" if share is None else percent(share)),
        ("by counters only", f"{number(coverage['residual']['tokens'])} tokens"),
        ("requests in OpenTelemetry and transcript", number(requests["both"])),
        ("in OpenTelemetry only", number(requests["otel_only"])),
        ("in a transcript only", number(requests["transcript_only"])),
        ("auxiliary, in no transcript", number(coverage["auxiliary_requests"])),
        ("cost as the agents report it", dollars(basis["reported_microusd"])),
        ("cost by the price table", dollars(basis["priced_microusd"])),
        ("cost by counters only", dollars(basis["counter_microusd"])),
        ("requests without a price", number(coverage["unpriced_requests"]) + (f": {models}" if models else "")),
        ("API errors", number(coverage["api_errors"])),
        ("records and attributes not kept, all time", number(coverage["dropped"])),
    ]
    below = coverage["counters"]["below"]
    if below["sessions"]:
        tokens = sum(below[name] for name in TOKENS)
        facts.append(("sessions whose counters say less", f"{number(below['sessions'])}, by {number(tokens)} tokens"))
    return _facts("Where the numbers come from", facts)


def _plan(limits: Sequence[Mapping[str, Any]]) -> str:
    """How much of the plan was used; nothing where no status line read it."""
    facts = []
    for entry in limits:
        at = datetime.fromisoformat(entry["peak_at"])
        facts.append((name_of_limit(entry["limit"]), f"{used_share(entry['peak_ratio'])}, {at:%a %Y-%m-%d %H:%M}"))
    note = "The highest reading of each limit, and when it was; see `tachograph statusline`."
    return _facts("How your plan was used", facts, note) if facts else ""


def _plain(value: Any) -> str:
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, Mapping):
        return ", ".join(f"{k.replace('_', ' ')} {_plain(v)}" for k, v in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(v) for v in value) or "none"
    return number(value) if isinstance(value, int) else str(value)


def _state(health: Mapping[str, Any]) -> str:
    return _facts(
        "State, since the server started",
        [(k.replace("_", " "), _plain(v)) for k, v in health.items() if k != "endpoints"],
    )


def _consent(status: Status) -> str:
    facts = []
    for standing in status.standings:
        by = f", but {standing.blocked_by} says no" if standing.blocked_by and standing.state == "granted" else ""
        when = f" on {moment_of(standing.decided_us)}" if standing.decided_us is not None else ""
        facts.append((str(standing.purpose).replace("_", " "), f"{_STANDS[standing.state]}{when}{by}"))
    if status.problem:
        facts.append(("the ledger", f"{status.problem}: nothing is allowed"))
    note = (
        "Nothing is sent and no text is recorded without your yes. `tachograph privacy consent ask` asks, "
        "`tachograph privacy consent withdraw` takes it back."
    )
    return _facts("What you allowed", facts, note)


def _connect(lines: Sequence[str]) -> str:
    return (
        "<section><h2>Connect Claude Code</h2><p class='soft small'>In the shell that starts it:</p>"
        f"<pre>{escape(chr(10).join(lines))}</pre>"
        "<p class='soft small'>Codex, Gemini CLI, Qwen Code, GitHub Copilot CLI, opencode and programs that follow the "
        "GenAI conventions send to the same addresses; the guides say how. What agents leave on this machine is read "
        "without any of this.</p></section>"
    )
