"""/metrics:status: what was decided, what waits, what was sent, what went wrong, what it cost.

status.py [--json]
"""

from __future__ import annotations

import json
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import argparse
from typing import Any, Mapping

import files
import locate
import places
import ship
import transcript
from log import NAME as LOG_NAME
from outgoing import Outgoing
from state import State

__all__ = ["main", "told"]

_MEANINGS = {
    "sent_events": "events sent",
    "sent_sessions": "sessions sent",
    "names_not_confirmed": "names sent as custom, because no transcript has them",
    "sessions_without_transcript": "sessions not counted: no transcript",
    "sessions_without_records": "sessions not counted: nothing of them in their transcript",
    "transcript_bad_lines": "damaged lines of transcripts skipped",
    "spool_bad_lines": "damaged lines of the spool skipped",
    "spool_full": "events not kept: the spool was full",
    "dropped_too_old": "deleted unsent after 30 days",
    "dropped_damaged": "deleted unsent: damaged on the disk",
    "dropped_too_many": "deleted unsent: too many waited",
}


def told(folder: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """All of it as one object; times in seconds since 1970, None where there is none."""
    consent = places.read_consent(folder)
    endpoint, why = ship.allowed(consent, environ)
    state = State(folder)
    outgoing = Outgoing(folder)
    waiting, size = outgoing.sizes()
    hooks, milliseconds = _cost_today(folder)
    return {
        "data": folder,
        "consent": consent.get("status") if consent else None,
        "decided_at": consent.get("decided_at") if consent else None,
        "endpoint": endpoint,
        "form": consent.get("form") if consent else None,
        "not_sending_because": why or None,
        "waiting": waiting,
        "waiting_bytes": size,
        "rejected_bytes": files.size_of(os.path.join(folder, "rejected.jsonl")),
        "last_sent_at": state.last.get("sent_at"),
        "next_try_at": state.retry.get("at"),
        "last_failure": state.retry.get("why"),
        "counters": dict(sorted(state.counters.items())),
        "hooks_today": hooks,
        "hook_ms_today": milliseconds,
        "log": os.path.join(folder, LOG_NAME),
    }


def _cost_today(folder: str) -> tuple[int, float]:
    """How many hooks ran since midnight here, and their milliseconds."""
    today, runs, total = time.strftime("%Y-%m-%d"), 0, 0.0
    for name in ("costs.1.jsonl", "costs.jsonl"):
        try:
            with transcript.open_regular(os.path.join(folder, "spool", name)) as file:
                for line in file:
                    noted = transcript.parse(line) or {}
                    at, took = transcript.time_of(noted.get("at")), noted.get("took_ms")
                    if at is None or not isinstance(took, (int, float)) or isinstance(took, bool):
                        continue
                    if time.strftime("%Y-%m-%d", time.localtime(at)) == today:
                        runs, total = runs + 1, total + took
        except (OSError, transcript.Unreadable):
            continue
    return runs, round(total, 3)


def _in_words(told_now: dict[str, Any]) -> str:
    lines = []
    if told_now["consent"] is None:
        lines.append("Off: nothing was decided yet. /metrics:consent says what would be sent, and takes your answer.")
    elif told_now["consent"] == "denied":
        lines.append(f"Off: you said no ({told_now['decided_at']}).")
    elif told_now["endpoint"] is None:
        lines.append(f"Nothing is sent: {told_now['not_sending_because']}.")
    else:
        lines.append(f"On: to {told_now['endpoint']}, {told_now['form']} form (you said yes {told_now['decided_at']}).")
    lines.append(f"Waiting to be sent: {told_now['waiting']} ({told_now['waiting_bytes']} bytes).")
    lines.append("Sent last: " + (_clock(told_now["last_sent_at"]) or "nothing so far") + ".")
    if told_now["last_failure"]:
        lines.append(f"Not sent: {told_now['last_failure']}; next try after {_clock(told_now['next_try_at'])}.")
    if told_now["rejected_bytes"]:
        lines.append("The receiver refused some: rejected.jsonl in the data folder has them, with the reason.")
    for name, count in told_now["counters"].items():
        lines.append(f"  {count:>6}  {_MEANINGS.get(name, name)}")
    lines.append(
        f"Hooks today: {told_now['hooks_today']}, which took {told_now['hook_ms_today'] / 1000:.1f} s of your time in all."
    )
    lines.append(f"Data: {told_now['data']}")
    return "\n".join(lines) + "\n"


def _clock(at: Any) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at)) if isinstance(at, (int, float)) and at > 0 else ""


def main(words: list[str], environ: Mapping[str, str]) -> int:
    """The command. Prints for a person, with --json for a program."""
    parser = argparse.ArgumentParser(prog="status", description="What this plugin does at the moment.")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    parser.add_argument("--data", help="the data folder (default: the one that the hooks use)")
    asked = parser.parse_args(words)
    folder = asked.data or locate.find(environ)
    if not folder:
        sys.stdout.write("It is not known where Claude Code keeps its files: set HOME or CLAUDE_CONFIG_DIR.\n")
        return 0
    now = told(folder, environ)
    text = json.dumps(now, indent=2) + "\n" if asked.json else _in_words(now)
    sys.stdout.write(text.encode("ascii", "replace").decode("ascii"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
