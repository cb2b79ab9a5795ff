"""What one session used and, where Tachograph is installed, what that cost. For the skill `session-cost`.

    cost.py [--session ID] [--transcript FILE] [--json]

Reads the session's transcript on this machine; sends nothing and keeps nothing.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import argparse
from typing import Any, Mapping

import counting
import locate
import transcript

__all__ = ["find", "main", "priced", "used"]

READ_SECONDS = 60.0
PRICE_SECONDS = 120


def find(session: str | None, environ: Mapping[str, str], folder: str) -> str | None:
    """The transcript of a session, by its id; without one the newest of the project that this folder is."""
    projects = os.path.join(locate.config_folder(environ), "projects")
    try:
        slugs = os.listdir(projects)
    except OSError:
        return None
    if session:
        found = [os.path.join(projects, slug, session + ".jsonl") for slug in slugs]
    else:
        slug = re.sub(r"[^A-Za-z0-9]", "-", folder)
        here = os.path.join(projects, slug)
        names = os.listdir(here) if slug in slugs else []
        found = [os.path.join(here, name) for name in names if re.fullmatch(r"[0-9a-f-]{36}\.jsonl", name)]
    found = [path for path in found if os.path.isfile(path)]
    return max(found, key=os.path.getmtime) if found else None


def used(path: str) -> dict[str, Any]:
    """What the session of this transcript used so far, subagents included. Raises transcript.Unreadable."""
    session = os.path.basename(path)[: -len(".jsonl")]
    counts = counting.count_session(path, session, time.monotonic() + READ_SECONDS)
    return {
        "session_id": session,
        "prompts": counts.prompts_of("human", "command"),
        "responses": counts.responses_of(False),
        "subagent_responses": counts.responses_of(True),
        "tool_calls": len(counts.main.tools) + len(counts.agents.tools),
        "tool_errors": len(counts.main.failed) + len(counts.agents.failed),
        "active_seconds": counts.active_seconds(),
        "copied_records": len(counts.copied),
        "usage": counts.usage(),
    }


def priced(path: str, session: str) -> tuple[dict[str, Any] | None, str]:
    """What Tachograph says that a transcript cost, and how that is known; None and why, if it cannot say.

    It reads the transcript into a folder of its own, which is deleted: nothing is added to what the person keeps.
    """
    program = shutil.which("tachograph")
    if program is None or not os.path.isabs(program):  # the latter is a project's file, found where one stands
        return None, "tachograph is not installed, and Claude Code's transcripts hold no prices"
    named = [path, *transcript.agent_files(path, session)]
    with tempfile.TemporaryDirectory(prefix="session-cost-") as home:
        try:
            _ask(program, home, "import", *named)
            totals = json.loads(_ask(program, home, "report", "--range", "all").decode("utf-8"))["totals"]
            coverage = totals["coverage"]
            told = {"cost_usd": totals["cost_usd"], "unpriced_requests": coverage["unpriced_requests"]}
            residual = coverage["residual"]["cost_microusd"]
        except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
            return None, "tachograph is installed, but could not price this transcript (try `tachograph doctor`)"
    how = "priced by tachograph, request by request, by its dated price table; not a bill"
    if residual:
        how += f"; ${residual / 1e6:.4f} of it is Claude Code's own running total beyond the requests in the transcript"
    if told["unpriced_requests"]:
        how += f"; {told['unpriced_requests']} requests have no known price and are not in it: the cost is higher"
    return told, how


def _ask(program: str, home: str, *words: str) -> bytes:
    """What Tachograph prints as JSON. Raises OSError or subprocess.SubprocessError."""
    return subprocess.run(
        [program, "--home", home, "--json", *words],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=PRICE_SECONDS,
        check=True,
    ).stdout


def _in_words(told: dict[str, Any]) -> str:
    lines = [f"Session {told['session_id']}"]
    if told["cost_usd"] is None:
        lines.append(f"Cost: unknown ({told['how']}).")
    else:
        lines.append(f"Cost: ${told['cost_usd']:.4f} ({told['how']}).")
    lines.append(
        f"{told['prompts']} prompts, {told['responses']} responses and {told['subagent_responses']} of subagents, "
        f"{told['tool_calls']} tool calls, {told['tool_errors']} of them failed."
    )
    lines.extend(
        f"{row['model'] or 'unknown model'}: {row['responses']} responses, {row['input_tokens']} input, "
        f"{row['output_tokens']} output, {row['cache_creation_tokens']} cache write "
        f"({row['cache_creation_1h_tokens']} of them for an hour), {row['cache_read_tokens']} cache read tokens."
        for row in told["usage"]
    )
    if told["copied_records"]:
        lines.append("This session is a fork: what it copied is not in the tokens, but may be in the cost.")
    return "\n".join(lines) + "\n"


def main(words: list[str], environ: Mapping[str, str]) -> int:
    """The command. Prints for a person or, with --json, for a program."""
    parser = argparse.ArgumentParser(prog="cost", description="What a session used, and what that cost.")
    parser.add_argument("--session", default=environ.get("CLAUDE_CODE_SESSION_ID"), help="its id")
    parser.add_argument("--transcript", help="its transcript (default: found by the id, else the newest here)")
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    asked = parser.parse_args(words)
    path = asked.transcript or find(asked.session, environ, os.getcwd())
    if not path:
        sys.stdout.write("Cost: unknown. There is no transcript of this session on this machine.\n")
        return 0
    try:
        told = used(path)
    except (transcript.Unreadable, OSError) as problem:
        sys.stdout.write(f"Cost: unknown. The transcript cannot be read: {problem}.\n")
        return 0
    cost, how = priced(path, told["session_id"])
    told.update({"cost_usd": None, "unpriced_requests": None}, how=how)
    told.update(cost or {})
    text = json.dumps(told, indent=2) + "\n" if asked.json else _in_words(told)
    sys.stdout.write(text.encode("ascii", "replace").decode("ascii"))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
