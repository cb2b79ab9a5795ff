"""Which sessions are due to be counted, which names their transcripts confirm, and counting them."""

from __future__ import annotations

import os
import time
from typing import Any, Iterable

import compat
import counting
import payloads
import spool
import transcript
from log import Log
from names import CUSTOM, Names
from outgoing import Outgoing
from state import State

__all__ = ["confirm", "count_due", "find_due", "note", "settle"]

QUIET_SECONDS = 1.0
SETTLE_SECONDS = 5.0
ABANDONED_SECONDS = 6 * 3600.0
FRESH_SECONDS = 10.0
UNCONFIRMED_SECONDS = 24 * 3600.0
"""How long an event waits for a transcript that nobody can find."""

_TYPES = {"prompt": "slash_command", "skill": "skill"}


def note(told: dict[str, Any], state: State, outgoing: Outgoing) -> None:
    """Take over one line of the spool. Raises OSError."""
    session = state.session(told["session"], told["at"])
    if told["transcript"]:
        session["transcript"] = told["transcript"]
    if told["event"] in _TYPES:
        if not known_to_be_over(session, told["at"]):
            session.pop("ended_at", None)
        outgoing.put_event(
            {
                "kind": "event",
                "session": told["session"],
                "at": told["at"],
                "type": _TYPES[told["event"]],
                "name": told["name"],
                "chars": told["chars"],
                "ready": told["name"] == CUSTOM,
            }
        )
    elif told["event"] == "start":
        session["started_at"] = told["at"]
        session.pop("ended_at", None)
    else:
        session.update(ended_at=told["at"], reason=told["reason"] or "other", due=True)


def known_to_be_over(known: dict[str, Any], at: float) -> bool:
    """Whether a session had said, by this time, that it ended: what comes later is a resumed one's."""
    ended = known.get("ended_at")
    return ended is not None and at <= ended


def find_due(state: State, now: float) -> None:
    """Sessions that never said that they ended, but whose transcript has not changed for six hours, are due as well."""
    for session, known in state.sessions.items():
        if known.get("due") or known.get("ended_at") is not None or known.get("seen_at", now) > now - ABANDONED_SECONDS:
            continue
        path = transcript_of(session, known)
        try:
            found = os.stat(path) if path else None
        except OSError:
            found = None
        if found and found.st_mtime < now - ABANDONED_SECONDS and found.st_size != known.get("counted_bytes"):
            known.update(due=True, reason="other")


def transcript_of(session: str, known: dict[str, Any], environ: dict[str, str] | None = None) -> str | None:
    """Where a session's transcript is: as a hook said, else by its name below the agent's own folder."""
    path = known.get("transcript")
    if isinstance(path, str) and path:
        return path
    asked = os.environ if environ is None else environ
    home = asked.get("CLAUDE_CONFIG_DIR") or os.path.join(os.path.expanduser("~"), ".claude")
    projects = os.path.join(home, "projects")
    try:
        folders = os.listdir(projects)
    except OSError:
        return None
    for folder in folders:
        candidate = os.path.join(projects, folder, session + ".jsonl")
        if os.path.isfile(candidate):
            known["transcript"] = candidate
            return candidate
    return None


def settle(state: State) -> None:
    """Wait until the transcripts of sessions that have just ended are quiet, at most five seconds.

    Claude Code still writes to a transcript after it has said that the session ended.
    """
    began = time.monotonic()
    sizes: dict[str, int] = {}
    quiet_since = began
    while time.monotonic() - began < SETTLE_SECONDS:
        fresh = [
            transcript_of(session, known)
            for session, known in state.sessions.items()
            if known.get("due") and time.time() - known.get("ended_at", 0) < SETTLE_SECONDS
        ]
        now_sizes = {path: _size(path) for path in fresh if path}
        if not now_sizes:
            return
        if now_sizes != sizes:
            sizes, quiet_since = now_sizes, time.monotonic()
        elif time.monotonic() - quiet_since >= QUIET_SECONDS:
            return
        time.sleep(0.1)


def count_due(folder: str, state: State, outgoing: Outgoing, form: str, log: Log, deadline: float) -> list[str]:
    """Count the sessions that are due and keep what was found to be sent; the ids of those that are done with.

    Raises:
        OSError: what was found could not be written; nothing is marked as done.
    """
    done = []
    for session in [session for session, known in state.sessions.items() if known.get("due")]:
        if time.monotonic() > deadline:
            break
        known = state.sessions[session]
        path = transcript_of(session, known)
        try:
            if path is None:
                raise transcript.Unreadable("nobody said where it is")
            size = _size(path)
            counts, bad_lines = count(folder, path, session, form, deadline)
        except (OSError, transcript.Unreadable) as problem:
            why = str(problem) if isinstance(problem, transcript.Unreadable) else type(problem).__name__
            if time.monotonic() > deadline:
                log.trouble("a transcript was not read in time; the next run tries again")
                break
            log.trouble(f"a session cannot be counted: its transcript is {why}")
            state.count("sessions_without_transcript")
            known.pop("due", None)
            done.append(session)
            continue
        if counts is None:
            log.trouble("a session cannot be counted: its transcript has no record of it")
            state.count("sessions_without_records")
        else:
            outgoing.put_session(
                {
                    "kind": "session",
                    "session": session,
                    "at": known.get("ended_at") or known.get("seen_at") or time.time(),
                    "counted_at": time.time(),
                    "exit_reason": known.get("reason") or "other",
                    "form": form,
                    "counts": counts,
                    "ready": True,
                }
            )
            log.say(f"counted a session of {size} bytes, {bad_lines} lines skipped")
        state.count("transcript_bad_lines", bad_lines)
        known["counted_bytes"] = size
        known.pop("due", None)
        done.append(session)
    return done


def count(folder: str, path: str, session: str, form: str, deadline: float) -> tuple[dict[str, Any] | None, int]:
    """Count one session in the form that is to be sent.

    Returns the counts, None if the transcript has no record of this session, and how many lines were skipped.
    Raises transcript.Unreadable.
    """
    if form == payloads.COMPAT:
        told = compat.count_compat(path, deadline)
        return payloads.compat_counts(told), told["bad_lines"]
    counted = counting.count_session(path, session, deadline)
    if not counted.records:
        return None, counted.bad_lines
    return payloads.native_counts(counted, hook_ms=spool.hook_ms(folder, session)), counted.bad_lines


def confirm(state: State, outgoing: Outgoing, done: Iterable[str], deadline: float, now: float) -> int:
    """Let the events go whose names their transcript confirms; how many of the last seconds still wait.

    Those of a session that ended, and was given the time to be written, go without their names if it does not.

    Args:
        state, outgoing: as they are.
        done: sessions that were counted just now: nothing will be added to them.
        deadline: of `time.monotonic()`.
        now: seconds since 1970.

    Raises:
        OSError: an event could not be written back.
    """
    waiting: dict[str, list[tuple[str, dict[str, Any]]]] = {}
    for name, item in outgoing.items():
        if item.get("kind") == "event" and not item.get("ready"):
            waiting.setdefault(item["session"], []).append((name, item))
    over, left = set(done), 0
    for session, events in waiting.items():
        known = state.sessions.get(session, {})
        is_over = session in over or (known.get("ended_at") is not None and not known.get("due"))
        path = transcript_of(session, known)
        confirmed = names_in(path, session, deadline) if path else Names()
        if time.monotonic() > deadline:
            break  # not all of it was read: what it does not confirm may still be a name
        for name, item in events:
            wanted = "prompt" if item["type"] == "slash_command" else "skill"
            if confirmed.knows(wanted, item["name"]):
                item.update(ready=True, name_source="transcript" if wanted == "prompt" else "skill_tool")
            elif is_over or item["at"] < now - UNCONFIRMED_SECONDS:
                item.update(ready=True, name=CUSTOM, name_source="none")
                state.count("names_not_confirmed")
            else:
                left += item["at"] > now - FRESH_SECONDS
                continue
            outgoing.update(name, item)
    return left


def names_in(path: str, session: str, deadline: float) -> Names:
    """The names of commands and skills that a transcript, and those of its subagents, show to exist."""
    counts = counting.Counts(session)
    for file in [path, *transcript.agent_files(path, session)]:
        try:
            _names_of_file(file, counts, deadline)
        except transcript.Unreadable:
            continue
    return counts.names


def _names_of_file(path: str, counts: counting.Counts, deadline: float) -> None:
    asked: list[bytes] = []
    for line in transcript.lines(path, deadline):
        if line is None or not (
            b"command-name>" in line or b'"Skill"' in line or any(tool_id in line for tool_id in asked)
        ):
            continue
        record = transcript.parse(line)
        if record is None:
            continue
        before = set(counts.main.tools) | set(counts.agents.tools)
        try:
            counts.take(record)
        except (TypeError, ValueError, AttributeError):
            continue
        new = (set(counts.main.tools) | set(counts.agents.tools)) - before
        asked.extend(tool_id.encode("utf-8", "replace") for tool_id in new)


def _size(path: str | None) -> int:
    try:
        return os.stat(path).st_size if path else 0
    except OSError:
        return 0
