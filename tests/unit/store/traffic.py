"""Random traffic of coding agents, with what makes a ledger hard: several sources, forks, replays, missing ids."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from tachograph.testing import make_event
from tachograph_sdk.model.event import Event, EventKind, Source

__all__ = ["Traffic", "make_traffic"]

_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")

DAY_US = 86_400_000_000
START_US = 1_760_000_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Events in no order, and what is true of them."""

    events: list[Event]
    requests: int
    tokens: int
    tool_calls: int
    cost_nanousd: int


def make_traffic(seed: int, *, sessions: int = 4) -> Traffic:
    """Some sessions as several sources saw them. Every request is seen by OTel, the transcript or both."""
    chance = random.Random(seed)
    events: list[Event] = []
    requests = tokens = tool_calls = cost = 0
    histories: list[tuple[str, list[Event]]] = []
    for number in range(sessions):
        session = f"s_{chance.getrandbits(64):016x}"
        at = START_US + chance.randrange(3 * DAY_US)
        with_ids = chance.random() < 0.7
        sources = chance.choice(["otel", "transcript", "both", "both", "mixed"])
        if sources == "mixed" and not with_ids:
            sources = "both"  # without ids nobody can tell what only one source saw from what only the other saw
        metrics = chance.random() < 0.5
        telemetry = None if with_ids and chance.random() < 0.15 else session  # session.id switched off
        user: dict[str, Any] = {"user_id": f"u_{number % 2:016x}"}
        transcript: list[Event] = []
        is_fork = bool(histories) and sources != "otel" and chance.random() < 0.4
        if is_fork:  # the same records under another session
            transcript += [replace(e, session_id=session) for e in chance.choice(histories)[1]]
            events += transcript
        for i in range(chance.randrange(1, 8)):
            at += chance.randrange(1, DAY_US // 20)
            model = chance.choice(["opus", "opus[1m]", "haiku"])
            plain = model.removesuffix("[1m]")
            numbers: dict[str, Any] = {
                "input_tokens": chance.choice([1, 2, 3, 50]),
                "output_tokens": chance.choice([1, 5]),
                "cache_read_tokens": chance.choice([0, 100]),
                "cache_write_tokens": chance.choice([0, 30]),
            }
            price = sum(numbers.values()) * 1_000_000
            rid, mid = f"req_{seed}_{number}_{i}", f"msg_{seed}_{number}_{i}"
            requests += 1
            tokens += sum(numbers.values())
            cost += price
            seen = sources if sources != "mixed" else chance.choice(["otel", "transcript", "both"])
            if seen in ("otel", "both"):
                ids: dict[str, Any] = {"request_id": rid, "prompt_id": f"p_{number}_{i // 3}"} if with_ids else {}
                events.append(
                    make_event(
                        key=f"o{rid}", at_us=at, session_id=telemetry, model=plain, **numbers, **ids,
                        **user, cost_nanousd=price, cost_basis="reported",
                    )
                )  # fmt: skip
                if with_ids and chance.random() < 0.3:
                    events.append(
                        make_event(
                            key=f"s{rid}", source=Source.OTEL_SPAN, at_us=at + 5, session_id=telemetry, model=model, **numbers,
                            **ids,
                        )
                    )  # fmt: skip
            if seen in ("transcript", "both"):
                early: dict[str, Any] = {**numbers, "output_tokens": 1}
                for key, counted, delay in ((f"t{rid}a", early, 0), (f"t{rid}b", numbers, 3_000_000)):
                    if key.endswith("a") and chance.random() < 0.6:
                        continue
                    also: dict[str, Any] = {"request_id": rid} if with_ids or chance.random() < 0.5 else {}
                    transcript.append(
                        make_event(
                            key=key, source=Source.TRANSCRIPT, at_us=at + delay, session_id=session, model=plain, **counted,
                            message_id=mid, **also,
                            cost_nanousd=sum(counted.values()) * 1_000_000, cost_basis="priced", project="p_1",
                        )
                    )  # fmt: skip
                    events.append(transcript[-1])
            if metrics:
                for counter, value in (
                    ("input", numbers["input_tokens"]), ("output", numbers["output_tokens"]),
                    ("cache_read", numbers["cache_read_tokens"]), ("cache_write", numbers["cache_write_tokens"]),
                ):  # fmt: skip
                    events.append(
                        make_event(
                            EventKind.USAGE_COUNTER, key=f"c{rid}{counter}", source=Source.OTEL_METRIC, at_us=at + 60_000_000,
                            session_id=telemetry, counter=counter, quantity=value, model=model, **user,
                        )
                    )  # fmt: skip
            if chance.random() < 0.6:
                tool_calls += 1
                name, ok = chance.choice(["Bash", "Edit"]), chance.random() < 0.8
                tid: dict[str, Any] = {"tool_use_id": f"toolu_{seed}_{number}_{i}"} if with_ids else {}
                if seen in ("otel", "both"):
                    events.append(
                        make_event(
                            EventKind.TOOL_CALL, key=f"ot{rid}", at_us=at + 9, session_id=telemetry, tool_name=name, success=ok,
                            **tid,
                        )
                    )  # fmt: skip
                    if with_ids or chance.random() < 0.5:
                        events.append(
                            make_event(
                                EventKind.TOOL_DECISION, key=f"od{rid}", at_us=at + 8, session_id=telemetry, tool_name=name,
                                decision="accept", **tid,
                            )
                        )  # fmt: skip
                if seen in ("transcript", "both"):
                    transcript.append(
                        make_event(
                            EventKind.TOOL_CALL, key=f"tt{rid}", source=Source.TRANSCRIPT, at_us=at + 10, session_id=session,
                            tool_name=name, success=ok, tool_use_id=f"toolu_{seed}_{number}_{i}",
                        )
                    )  # fmt: skip
                    events.append(transcript[-1])
            if i % 3 == 0:
                if seen in ("otel", "both"):
                    named: dict[str, Any] = {"prompt_id": f"p_{seed}_{number}_{i // 3}"} if with_ids else {}
                    events.append(
                        make_event(EventKind.PROMPT, key=f"op{rid}", at_us=at - 1, session_id=telemetry, **named)
                    )
                if seen in ("transcript", "both"):
                    origin = chance.choice(["human", "human", "agent"])
                    transcript.append(
                        make_event(
                            EventKind.PROMPT, key=f"tp{rid}", source=Source.TRANSCRIPT, at_us=at - 1, session_id=session,
                            prompt_id=f"p_{seed}_{number}_{i // 3}", prompt_origin=origin,
                        )
                    )  # fmt: skip
                    events.append(transcript[-1])
            if chance.random() < 0.3:
                for source, lines in ((Source.OTEL_METRIC, 9), (Source.TRANSCRIPT, 8)):
                    if chance.random() < 0.7:
                        events.append(
                            make_event(
                                EventKind.CODE_CHANGE, key=f"l{rid}{source}", source=source, at_us=at, session_id=session,
                                lines_added=lines, lines_removed=1,
                            )
                        )  # fmt: skip
        if transcript:
            histories.append((session, transcript))
            events += _reported(random.Random(f"{seed} {number}"), session, transcript, is_fork=is_fork)
    events += _used(random.Random(f"{seed} uses"), events)
    worked = _worked(random.Random(f"{seed} work"), seed, events)
    events += worked
    tool_calls += len({e.attributes["tool_use_id"] for e in worked if e.kind is EventKind.TOOL_CALL})
    return Traffic(events=events, requests=requests, tokens=tokens, tool_calls=tool_calls, cost_nanousd=cost)


def _reported(chance: random.Random, session: str, transcript: list[Event], *, is_fork: bool) -> list[Event]:
    """What a plugin counted in the session's file when the session ended, some times more than once: running totals."""
    if chance.random() < 0.4:
        return []
    written = sorted(transcript, key=lambda e: e.at_us)
    ends = [len(written)] if is_fork or chance.random() < 0.5 else [chance.randrange(1, len(written) + 1), len(written)]
    lineage = str(written[0].at_us // 1000)
    told = []
    for end in ends:
        responses: dict[str, Event] = {}
        for one in written[:end]:
            if one.kind is EventKind.API_REQUEST:
                responses[str(one.attributes["message_id"])] = one  # the last of its records is the whole one
        by_model: dict[str, dict[str, Any]] = {}
        for one in responses.values():
            counts = by_model.setdefault(str(one.attributes["model"]), dict.fromkeys(_TOKENS, 0))
            for name in _TOKENS:
                counts[name] += int(one.attributes[name])
        at = written[end - 1].at_us
        common: dict[str, Any] = {
            "source": Source.HOOK,
            "session_id": session,
            "at_us": at,
            "user_id": f"u_{session[2:]}",
        }
        for model, counts in by_model.items():
            told.append(
                make_event(
                    EventKind.USAGE_COUNTER, key=f"hook {session} {model} {end}", counter="session_total",
                    model=model, lineage=lineage, **counts, **common,
                )
            )  # fmt: skip
        told.append(
            make_event(
                EventKind.SESSION_SUMMARY, key=f"summary {session} {end}", counting="responses", payload_form="native",
                responses_counted=len(responses), active_seconds=float(end), **common,
            )
        )  # fmt: skip
    return told


def _used(chance: random.Random, events: list[Event]) -> list[Event]:
    """Uses of skills and commands, each told by one way or several, some of which hide names."""
    found = []
    for session in sorted({e.session_id for e in events if e.session_id}):
        for number in range(chance.randrange(4)):
            name, at = chance.choice(["pdf", "xlsx"]), START_US + chance.randrange(3 * DAY_US)
            feature = chance.choice(["skill", "command"])
            for source in (Source.OTEL_LOG, Source.TRANSCRIPT, Source.HOOK):
                if chance.random() < 0.6:
                    shown = "custom_skill" if source is Source.OTEL_LOG else name
                    found.append(
                        make_event(
                            EventKind.FEATURE_USE, key=f"use {session} {number} {source}", source=source, at_us=at + number,
                            session_id=session, feature=feature, feature_name=shown,
                        )
                    )  # fmt: skip
    return found


def _worked(chance: random.Random, seed: int, events: list[Event]) -> list[Event]:
    """Work on files: calls that fail, are refused and repeated, some before any prompt; compactions, repeated requests, and who
    was active. Told by telemetry, the transcript or both, which do not know the same of it.
    """
    found: list[Event] = []
    for number, session in enumerate(sorted({e.session_id for e in events if e.session_id})):
        begin = min(e.at_us for e in events if e.session_id == session)
        for step in range(chance.randrange(12)):
            at = begin + chance.randrange(-3, 40) * 60_000_000
            name = chance.choice(["Read", "Write", "Write", "Write", "run_shell_command", "Grep", "mcp__x__y"])
            fate: dict[str, Any] = chance.choice(
                [{"success": True}, {"success": True}, {"success": False}, {"decision": "reject"}, {}]
            )
            file: dict[str, Any] = (
                {"file": f"f_{chance.randrange(3)}"} if name in ("Read", "Write") and chance.random() < 0.8 else {}
            )
            call: dict[str, Any] = {"tool_name": name, "tool_use_id": f"toolu_work_{seed}_{number}_{step}"}
            asked: dict[str, Any] = {"message_id": f"msg_{seed}_{number}_{step % 3}"} if chance.random() < 0.3 else {}
            sources = chance.choice([[Source.OTEL_LOG], [Source.TRANSCRIPT], [Source.OTEL_LOG, Source.TRANSCRIPT]])
            for source in sources:
                known = (file | asked if source is Source.TRANSCRIPT else {}) | fate
                key = f"work {session} {step} {source}"
                found.append(
                    make_event(
                        EventKind.TOOL_CALL, key=key, source=source, at_us=at, session_id=session, **call, **known
                    )
                )
            if name == "Write" and fate.get("success") and chance.random() < 0.7:
                changed: dict[str, Any] = {"lines_added": 30, "lines_removed": 2, "language": "python", **file}
                key, source = f"changed {session} {step}", Source.TRANSCRIPT
                found.append(
                    make_event(EventKind.CODE_CHANGE, key=key, source=source, at_us=at, session_id=session, **changed)
                )
        for source in (Source.OTEL_LOG, Source.TRANSCRIPT):
            for step in range(chance.randrange(3)):
                at = begin + step * 300_000_000
                shrunk: dict[str, Any] = {
                    "feature": "compaction",
                    "trigger": "auto",
                    "pre_tokens": 1000 + step,
                    "success": chance.random() < 0.8,
                }
                key = f"shrunk {session} {step} {source}"
                found.append(
                    make_event(EventKind.FEATURE_USE, key=key, source=source, at_us=at, session_id=session, **shrunk)
                )
            for step in range(chance.randrange(3)):
                again: dict[str, Any] = {"feature": "api_retry", "status": "retried", "attempts": step + 1}
                key = f"again {session} {step} {source}"
                found.append(
                    make_event(
                        EventKind.AGENT_NOTICE, key=key, source=source, at_us=begin + step, session_id=session, **again
                    )
                )
        for by in ("user", "cli"):
            active: dict[str, Any] = {"active_seconds": 10.0, "active_by": by}
            key, source = f"active {session} {by}", Source.OTEL_METRIC
            found.append(
                make_event(
                    EventKind.SESSION_ACTIVITY, key=key, source=source, at_us=begin, session_id=session, **active
                )
            )
    return found
