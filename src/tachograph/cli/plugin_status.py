"""`tachograph plugin status`: whether it is in, what it may send, what waits, and what it costs."""

from __future__ import annotations

import json as jsonlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from tachograph.cli.options import resolve_home, resolve_zone, shared_options, tz_option, wants_json
from tachograph.cli.plugin_install import places_here
from tachograph.cli.wording import counted

if TYPE_CHECKING:
    from tachograph.wiring.claude_code.traces import Cost, Traces

__all__ = ["status"]


@click.command("status")
@tz_option
@shared_options
@click.pass_context
def status(context: click.Context, tz: str | None, home: Path | None, as_json: bool) -> None:
    """Whether the plugin is in, what it may send and where to, what waits, and what its hooks cost you today.

    Example: tachograph plugin status
    """
    from tachograph.wiring.claude_code.consent import key_id_of, read_consent, read_key
    from tachograph.wiring.claude_code.status import in_scopes, is_reachable
    from tachograph.wiring.claude_code.traces import read_costs, read_traces

    where, places, zone = resolve_home(context, home), places_here(), resolve_zone(tz)
    consent = read_consent(places.data) or {}
    granted = consent.get("status") == "granted"
    endpoint = consent.get("endpoint") if isinstance(consent.get("endpoint"), str) else None
    key = read_key(places.data)
    today = datetime.now(UTC).astimezone(ZoneInfo(zone)).date()
    cost, traces = read_costs(places.data, day=today, zone=zone), read_traces(places.data)
    found = in_scopes(places)
    report: dict[str, Any] = {
        "installed": bool(found),
        "scopes": [
            {"scope": one.scope, "settings": str(one.settings), "how": one.how, "version": one.version} for one in found
        ],
        "config": str(places.config),
        "data": str(places.data),
        "consent": consent.get("status"),
        "decided_at": consent.get("decided_at"),
        "endpoint": endpoint,
        "form": consent.get("form"),
        "forbidden_by": _forbidding(),
        "endpoint_reachable": is_reachable(endpoint) if granted and endpoint else None,
        "key_registered": key is not None and key_id_of(key) in _known_keys(where.hook_keys),
        "waiting": {"spooled": traces.spooled, "events": traces.outgoing_events, "sessions": traces.outgoing_sessions},
        "sent": {"events": traces.sent_events, "sessions": traces.sent_sessions},
        "rejected": traces.rejected,
        "last_sent_at": _iso(traces.last_sent_at),
        "next_try_at": _iso(traces.next_try_at),
        "last_error": traces.last_error,
        "counters": traces.counters,
        "cost_today": _cost(cost),
    }
    if wants_json(context, as_json):
        click.echo(jsonlib.dumps(report))
        return
    for line in _sentences(report, traces, cost):
        click.echo(line)


def _sentences(report: dict[str, Any], traces: Traces, cost: Cost | None) -> list[str]:
    said = [
        f"metrics {one['version'] or '(version unknown)'} is in, for scope {one['scope']} ({one['settings']})."
        for one in report["scopes"]
    ]
    if not said:
        said.append("The plugin is not in this Claude Code: `tachograph plugin install` puts it in.")
    if len(said) > 1:
        said.append("It is in more than once, so everything is counted twice: remove it and install it once.")
    endpoint = report["endpoint"]
    if report["consent"] == "granted":
        reached = "which answers" if report["endpoint_reachable"] else "which does not answer now"
        said.append(f"It may send to {endpoint}, {reached} (allowed {report['decided_at']}, form {report['form']}).")
        if not report["key_registered"]:
            said.append("This home does not know the plugin's key, so what it sends counts as unverified.")
    elif report["consent"] == "denied":
        said.append("It may not send anything: you said no.")
    else:
        said.append("It may not send anything: you were not asked yet (/metrics:consent in Claude Code).")
    if report["forbidden_by"] is not None:
        said.append(f"{report['forbidden_by']} says no: a Claude Code started from here records and sends nothing.")
    waiting = traces.spooled + traces.outgoing_events + traces.outgoing_sessions
    said.append(
        f"Sent: {counted(traces.sent_events, 'event')}, {counted(traces.sent_sessions, 'session')}. "
        f"Waiting: {waiting}. Refused by the receiver: {traces.rejected}."
    )
    if traces.last_error is not None:
        again = f", next try {_iso(traces.next_try_at)}" if traces.next_try_at else ""
        said.append(f"The last try failed: {traces.last_error}{again}.")
    if cost is None:
        said.append("No hook has run today.")
    else:
        runs = counted(cost.runs, "hook")
        total, middle = cost.total_ms / 1000, cost.median_ms
        said.append(
            f"Telemetry cost you {total:.1f} s today: {runs}, median {middle:.0f} ms, longest {cost.highest_ms:.0f} ms."
        )
    return said


def _cost(cost: Cost | None) -> dict[str, Any] | None:
    if cost is None:
        return None
    return {
        "day": cost.day.isoformat(),
        "hooks": cost.runs,
        "total_ms": round(cost.total_ms, 3),
        "median_ms": round(cost.median_ms, 3),
        "highest_ms": round(cost.highest_ms, 3),
    }


def _forbidding() -> str | None:
    """The variable of this shell that the plugin takes for a no, as its scripts/places.py does."""
    from tachograph.config import whole_environment

    environ = whole_environment()
    if environ.get("DO_NOT_TRACK", "").lower() not in ("", "0", "false"):
        return "DO_NOT_TRACK"
    if environ.get("TACHOGRAPH_PLUGIN", "").lower() in ("off", "0", "no", "false"):
        return "TACHOGRAPH_PLUGIN"
    return None


def _known_keys(path: Path) -> set[str]:
    try:
        said = jsonlib.loads(path.read_bytes())
    except (OSError, ValueError):
        return set()
    return set(said) if isinstance(said, dict) else set()


def _iso(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment else None
