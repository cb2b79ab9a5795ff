"""A made-up month of agents' work, from a seed: what happened, and the events in which agents tell of it.

The month is October 2026, so that it has a change of the clock in Europe; work follows the day and the week. What nobody
could count exactly is left out (docs/decisions/ledger.md names it): reports without ids beside others, forks, lines that
two sources tell with holes in both.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tachograph_sdk.model.event import Event
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tests.truth.counted import put_together
from tests.truth.telling import Teller
from tests.truth.things import Call, Change, Compaction, Limit, Month, Prompt, Report, Request, Session, Use, Vcs, Work

__all__ = ["BEGIN", "BUDGET_USD", "COMPANY", "EMAIL", "END", "NOW", "ORGANIZATION", "PERSON", "Made", "make_month"]

BEGIN = datetime(2026, 10, 1)  # noqa: DTZ001 - UTC, as everywhere here
END = datetime(2026, 11, 1)  # noqa: DTZ001
NOW = datetime(2026, 10, 30, 15, 20, 0, 250_000)  # noqa: DTZ001 - a Friday afternoon: the moment of asking

BUDGET_USD = 600.0  # a month

MODELS = ("claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5", "house-model")
"""The last has no price."""

EMAIL, ORGANIZATION = "dana@example.org", "org-of-dana"
"""Of one person and one organization we know the names that the agents gave, and they are stored as pseudonyms."""

_SECRET = b"k" * 32
_NAMES = Pseudonymizer(_SECRET)


def _user(person: int) -> str:
    return _NAMES.user(EMAIL) if person == 0 else f"u_{person:016x}"


def _organization(number: int) -> str:
    return _NAMES.organization(ORGANIZATION) if number == 0 else f"o_{number:016x}"


PERSON, COMPANY = _user(0), _organization(0)

_TOOLS = (
    ("Read", "read"), ("Edit", "edit"), ("Write", "edit"), ("Bash", "shell"), ("Grep", "search"), ("Glob", "search"),
    ("WebFetch", "web"), ("Agent", "agent"), ("mcp__tickets__find", "mcp"), ("TodoWrite", "other"),
)  # fmt: skip
_OFTEN = (8, 7, 3, 7, 3, 1, 1, 1, 2, 2)
_WITH_FILE = frozenset({"Read", "Edit", "Write"})
_LANGUAGES = ("python", "rust", "typescript", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A month, and its events in no order, some of them twice."""

    month: Month
    events: Sequence[Event]


def make_month(seed: int, *, sessions: int = 170) -> Made:
    """The same month for the same seed."""
    chance = random.Random(seed)
    month, teller = Month(), Teller(random.Random(seed + 1))
    starts = sorted(_moment(chance) for _ in range(sessions))
    starts[-6:] = [NOW - timedelta(minutes=m, seconds=m) for m in (170, 95, 58, 41, 25, 9)]  # the last hours are busy
    for number, start in enumerate(starts):
        _Run(random.Random(f"{seed} {number}"), month, teller, number, start, seed).make()
    events = teller.finish(month)
    put_together(month)
    again = chance.sample(events, len(events) // 20)
    events += again
    chance.shuffle(events)
    return Made(month=month, events=events)


def _moment(chance: random.Random) -> datetime:
    """When somebody begins: mostly by day, less at weekends, hardly at night."""
    while True:
        at = BEGIN + timedelta(seconds=chance.uniform(0, (NOW - BEGIN).total_seconds() - 4 * 3600))
        weight = 1.0 if 7 <= at.hour < 17 else 0.35 if at.hour in (6, 17, 18, 19, 20, 21) else 0.12
        if chance.random() < weight * (0.25 if at.weekday() >= 5 else 1.0):
            return at.replace(microsecond=chance.choice((0, 0, 123_456)))


class _Run:
    """One session from its first record to its last."""

    def __init__(
        self, chance: random.Random, month: Month, teller: Teller, number: int, start: datetime, seed: int
    ) -> None:
        self.chance, self.month, self.teller, self.number, self.at = chance, month, teller, number, start
        self.name = f"{seed}_{number}"
        self.things = 0
        self.files: list[str] = []
        self.said = dict.fromkeys(("input", "output", "cache_read", "cache_write"), 0)
        self.turns = 0
        self.session = self._session()

    def make(self) -> None:
        session, told = self.session, self.session.told
        self.month.sessions.append(session)
        self.teller.begin(session, self.at)
        if told == {"nothing"}:
            return
        if told == {"counters"}:
            self._only_counters()
            return
        for _ in range(self.chance.choice((1, 1, 2, 2, 3, 4, 6))):
            self._pass(5, 900)
            if self.at > NOW - timedelta(minutes=2):
                break
            self._turn()
        if "plugin" in told:
            self._report()

    # --- who and where ---

    def _session(self) -> Session:
        chance, number = self.chance, self.number
        told = frozenset(
            chance.choices(
                [
                    ("otel",), ("otel", "metrics"), ("transcript",), ("otel", "transcript"),
                    ("otel", "metrics", "transcript"), ("transcript", "plugin"),
                    ("otel", "metrics", "transcript", "plugin"), ("plugin",), ("counters",), ("nothing",),
                ],
                (14, 22, 22, 10, 26, 9, 8, 5, 5, 4),
            )[0]
        )  # fmt: skip
        person = chance.choice((0, 0, 0, 1, 1, 2, 3, 4, 5, 6))
        named = bool(told & {"otel", "metrics", "counters", "nothing"})
        placed = bool(told & {"transcript"})
        agent = chance.choice(("claude_code", "claude_code", "claude_code", "codex", "gemini_cli"))
        is_nameless = (told == {"otel"} and chance.random() < 0.15) or (told == {"counters"} and chance.random() < 0.4)
        if is_nameless and told == {"counters"}:
            agent = "copilot_cli"  # of which there is nothing else, for rows of the same day would explain its counters
        by_plugin = f"u_{0xAB00 + person:016x}" if "plugin" in told else None
        return Session(
            number=number,
            id=None if is_nameless else f"s_{chance.getrandbits(64):016x}",
            agent=agent,
            user=_user(person) if named else by_plugin,
            organization=_organization(person % 3) if named and person < 6 else None,
            project=f"p_{chance.randrange(4):016x}" if placed else None,
            repository=f"r_{chance.randrange(3):016x}" if named and chance.random() < 0.7 else None,
            version=chance.choice(("2.1.300", "2.1.328", "0.9.0")) if told != {"plugin"} else None,
            entrypoint=chance.choice(("cli", "claude-vscode")) if told != {"plugin"} else None,
            told=told,
            plugin_user=by_plugin,
        )

    # --- time ---

    def _pass(self, least: float, most: float) -> datetime:
        """Let time go by; never past the moment of asking, and never two things at once."""
        seconds = max(least, 2.0)
        seconds = seconds + (most - seconds) * self.chance.random() ** 3 if most > seconds else seconds
        self.at += timedelta(milliseconds=round(seconds * 1000))
        return self.at

    def _id(self, kind: str) -> str:
        self.things += 1
        return f"{kind}_{self.name}_{self.things}"

    def _seen(self) -> frozenset[str]:
        """Which of the session's ways tell of a thing: nearly always all."""
        ways = self.session.told & {"otel", "transcript"}
        if len(ways) == 2 and self.chance.random() < 0.15:
            return frozenset({self.chance.choice(sorted(ways))})
        return ways

    # --- what happens ---

    def _turn(self) -> None:
        chance, session = self.chance, self.session
        if session.told != {"plugin"} and session.id is not None:
            self._prompt()
        self.turns += 1
        for _ in range(chance.choice((1, 1, 2, 3, 4, 6))):
            if self.at > NOW - timedelta(minutes=1):
                return
            request = self._request()
            if session.told != {"plugin"}:
                for _ in range(chance.choice((0, 0, 1, 1, 2, 3))):
                    self._call(request)
            elif chance.random() < 0.5:
                self._change(None, None, None, None)
        if session.told == {"plugin"}:
            return
        if chance.random() < 0.3 and session.id is not None:
            self._vcs("commit")
            if chance.random() < 0.3:
                self._vcs("pull_request")
        if chance.random() < 0.12 and session.id is not None:
            self._compact()
        if "metrics" in session.told:
            self._worked(chance.choice(("user", "cli")))
        if chance.random() < 0.15 and session.id is not None:
            self._skill()
        if "plugin" in session.told and chance.random() < 0.5:
            limit = Limit(
                session=session, at=self._pass(2, 5), limit=chance.choice(("five_hour", "seven_day")),
                used=round(chance.random(), 3),
            )  # fmt: skip
            self.month.limits.append(limit)

    def _prompt(self) -> None:
        chance = self.chance
        told = self._seen()
        origin = chance.choices(("human", "command", "agent"), (12, 3, 2 if self.turns else 0))[0]
        command = None
        if origin == "command":  # no id joins what several sources tell of a command's use, so that all of them do
            told = self.session.told & {"otel", "transcript"}
            command = chance.choice(("review", "compact", "init")) if self.session.told & {"otel", "plugin"} else None
        prompt = Prompt(session=self.session, at=self.at, id=self._id("pr"), told=told, origin=origin, command=command)
        self.month.prompts.append(prompt)
        if origin == "command":
            way = next(way for way in ("plugin", "otel", "transcript") if way in self.session.told)
            self.month.uses.append(Use(session=self.session, at=self.at, feature="command", name=command, source=way))

    def _request(self) -> Request | None:
        """A request and what came before it; None where only a counter saw it."""
        chance, session = self.chance, self.session
        self._pass(2, 40)
        told = self._seen() or frozenset({"counter"})
        model = chance.choices(MODELS, (10, 5, 4, 1))[0]
        if "transcript" in told and chance.random() < 0.06:
            for number in range(chance.randrange(1, 4)):
                self.month.requests.append(
                    Request(
                        session=session, at=self.at, outcome="retried", id=self._id("rt"), model=None,
                        told=frozenset({"transcript"}), attempts=number + 1, status_code=chance.choice((529, 429)),
                    )
                )  # fmt: skip
                self._pass(2, 20)
        if told != {"counter"} and chance.random() < 0.05:
            self._failure(told, model)
            self._pass(2, 60)
        is_hidden = told == {"otel"} and "metrics" in session.told and chance.random() < 0.06 and self._is_within_day()
        if is_hidden:  # its log record was lost, its counters were not
            told = frozenset({"counter"})
        request = self._answered(told, model)
        if "counter" in told:
            self.month.requests.append(request)  # put together by day below
            return None
        self.month.requests.append(request)
        return request

    def _is_within_day(self) -> bool:
        """Whether nothing of this session lies on another day: counters' rests are laid on the last days first."""
        return 4 <= self.at.hour < 18

    def _failure(self, told: frozenset[str], model: str) -> None:
        chance = self.chance
        is_told_by_otel = "otel" in told
        status, kind = chance.choice(((500, "api_error"), (429, "rate_limit"), (400, "invalid_request")))
        self.month.requests.append(
            Request(
                session=self.session, at=self.at, outcome="error", id=self._id("rq"), told=told, model=model,
                query_source="main", status_code=status, error_class=kind,
                attempts=chance.randrange(1, 11) if is_told_by_otel else None,
                duration_ms=float(chance.randrange(100, 9000)) if is_told_by_otel else None,
            )
        )  # fmt: skip

    def _answered(self, told: frozenset[str], model: str) -> Request:
        chance, session = self.chance, self.session
        otel, transcript = "otel" in told, "transcript" in told
        for_whom = chance.choices(("main", "subagent", "compact"), (12, 3, 1))[0]
        five, hour = chance.choice((0, 0, 900, 4_000)), chance.choice((0, 0, 0, 2_500))
        output = chance.randrange(5, 2500)
        counts = {
            "input_tokens": chance.randrange(1, 3000),
            "output_tokens": output,
            "reasoning_tokens": output // 3 if transcript and chance.random() < 0.3 else 0,
            "cache_read_tokens": chance.choice((0, 12_000, 48_000, 90_001)),
            "cache_write_tokens": five + hour,
            "cache_write_5m_tokens": five if transcript else 0,
            "cache_write_1h_tokens": hour if transcript else 0,
            "web_search_requests": chance.choice((0, 0, 0, 0, 2)) if transcript else 0,
        }
        for name in self.said:
            self.said[name] += counts[f"{name}_tokens"]
        known = model != "house-model"
        cost = chance.randrange(1_000_000, 900_000_000) if otel or "counter" in told or known else None
        plugin_counts = session.told == {"plugin"}
        if plugin_counts:
            cost = None
        return Request(
            session=session,
            at=self.at,
            outcome="residual" if "counter" in told else "ok",
            id=self._id("rq"),
            told=told,
            model=model,
            counts=counts,
            cost=cost,
            basis="counter" if "counter" in told else "reported" if otel else "priced" if known else "unpriced",
            model_requested=chance.choice((None, "opusplan")) if otel else None,
            query_source=for_whom if otel or (transcript and for_whom != "compact") else None,
            effort=chance.choice((None, "high")) if otel else None,
            speed=chance.choice(("normal", "fast")) if otel or transcript else None,
            service_tier="standard" if transcript else None,
            subagent="Explore" if otel and for_whom == "subagent" else None,
            skill=chance.choice((None, None, None, "pdf")) if otel else None,
            plugin=chance.choice((None, None, None, None, "metrics")) if otel else None,
            mcp_server=chance.choice((None, None, None, None, "tickets")) if otel else None,
            duration_ms=float(chance.randrange(300, 60_000)) if otel else None,
            ttft_ms=float(chance.randrange(100, 4_000)) if otel and chance.random() < 0.8 else None,
            attempts=chance.choice((1, 1, 1, 3)) if otel else None,
        )

    def _call(self, request: Request | None) -> None:
        chance, session = self.chance, self.session
        self._pass(2, 15)
        told = self._seen()
        otel = "otel" in told
        tool, kind = chance.choices(_TOOLS, _OFTEN)[0]
        last = self.month.calls[-1] if self.month.calls and self.month.calls[-1].session is session else None
        if session.id is None:
            chance, last = random.Random(0), None  # calls of nobody's session: all alike, all well
        again = last is not None and last.success is False and chance.random() < 0.6
        if again and last is not None:
            tool, kind = last.tool, last.kind
        file = self._file(tool, last if again else None) if chance.random() < 0.9 else None
        decision = "reject" if chance.random() < 0.06 else "accept" if otel and chance.random() < 0.8 else None
        ended = None if chance.random() < 0.03 else chance.random() > (0.25 if kind in ("shell", "edit") else 0.08)
        success = False if decision == "reject" else ended
        failed = success is False and decision != "reject"
        if told == {"otel"} and (decision == "reject" or (decision and success is None)):
            file = None  # a decision does not tell it
        call = Call(
            session=session,
            at=self.at,
            id=self._id("tu"),
            told=told,
            request=request.id if request is not None and chance.random() < 0.7 else None,
            tool=tool,
            kind=kind,
            file=file,
            success=success,
            decision=decision,
            decision_source=chance.choice(("config", "user_temporary", "hook")) if decision and otel else None,
            error_class=chance.choice(("ShellError", "ENOENT")) if failed and otel else None,
            duration_ms=float(chance.randrange(1, 9000)) if success is not None and decision != "reject" else None,
            mcp_server="tickets" if kind == "mcp" else None,
            subagent="Explore" if otel and chance.random() < 0.1 else None,
        )
        self.month.calls.append(call)
        if kind == "edit" and success:
            self._change(call.tool, file, request.model if request is not None else None, call)

    def _file(self, tool: str, last: Call | None) -> str | None:
        if tool not in _WITH_FILE:
            return None
        if last is not None and last.file is not None:
            return last.file
        if not self.files or self.chance.random() < 0.35:
            self.files.append(f"f_{self.chance.randrange(60):016x}")
        return self.chance.choice(self.files)

    def _change(self, tool: str | None, file: str | None, model: str | None, call: Call | None) -> None:
        """Lines of an edit. Who tells decides what is known: a transcript the file, counters the model."""
        chance, told = self.chance, self.session.told
        by_transcript = "transcript" in told
        if not (by_transcript or told & {"metrics", "plugin"}):
            return
        change = Change(
            session=self.session,
            at=self.at + timedelta(milliseconds=300),
            added=chance.randrange(1, 60),
            removed=chance.randrange(0, 25),
            file=file if by_transcript else None,
            language=chance.choice(_LANGUAGES) if by_transcript else None,
            model=None if by_transcript or told == {"plugin"} else model,
            tool=None,
        )
        self.month.changes.append(change)

    def _vcs(self, what: str) -> None:
        if self.session.told & {"transcript", "metrics"}:
            self.month.vcs.append(Vcs(session=self.session, at=self._pass(3, 30), what=what, quantity=1))

    def _compact(self) -> None:
        both = self.session.told & {"otel", "transcript"}
        if both:
            before = self.chance.randrange(90_000, 190_000)
            self.month.compactions.append(
                Compaction(
                    session=self.session, at=self._pass(4, 60), trigger=self.chance.choice(("auto", "manual")),
                    before=before, after=before // 7,
                )
            )  # fmt: skip

    def _worked(self, by: str) -> None:
        seconds = round(self.chance.uniform(1, 400), 3)
        self.month.work.append(Work(session=self.session, at=self._pass(2, 4), seconds=seconds, by=by))

    def _skill(self) -> None:
        ways = self.session.told & {"transcript", "plugin", "otel"}
        source = next(way for way in ("transcript", "plugin", "otel") if way in ways)
        name = None if source == "otel" else self.chance.choice(("pdf", "xlsx"))  # telemetry hides a skill's name
        self.month.uses.append(
            Use(session=self.session, at=self._pass(2, 4), feature="skill", name=name, source=source)
        )

    def _report(self) -> None:
        """What the plugin counts when the session ends."""
        chance, session = self.chance, self.session
        mine = [c for c in self.month.calls if c.session is session]
        began = self.teller.began(session)
        report = Report(
            session=session,
            at=self._pass(2, 4),
            exit_reason=chance.choice(("clear", "prompt_input_exit", "other")),
            counting=chance.choice(("responses", "responses", "records")),
            integrity=chance.choice(("keyed", "checksum", "unverified")),
            kind="real",
            version="1.0.0",
            seconds=int((self.at - began).total_seconds()),
            turns=self.turns,
            tool_calls=len(mine),
            tool_errors=sum(c.success is False and c.decision != "reject" for c in mine),
            subagent_tool_calls=chance.choice((0, 0, 3)),
            subagent_tool_errors=0,
            said=dict(self.said),
            hook_ms=round(chance.uniform(5, 90), 1) if chance.random() < 0.8 else None,
        )
        self.month.reports.append(report)
        if not any(work.session is session for work in self.month.work):
            self.month.work.append(Work(session=session, at=report.at, seconds=float(report.seconds // 2), by=None))
        if session.told == {"plugin"}:
            self._sum_changes(report.at)

    def _sum_changes(self, at: datetime) -> None:
        """A plugin tells lines of a whole session."""
        mine = [change for change in self.month.changes if change.session is self.session]
        if not mine:
            return
        self.month.changes[:] = [change for change in self.month.changes if change.session is not self.session]
        added, removed = sum(c.added for c in mine), sum(c.removed for c in mine)
        self.month.changes.append(
            Change(
                session=self.session, at=at, added=added, removed=removed, file=None, language=None, model=None, tool=None
            )
        )  # fmt: skip

    def _only_counters(self) -> None:
        for _ in range(self.chance.randrange(1, 6)):
            self._pass(20, 3000)
            if self.at > NOW - timedelta(minutes=2):
                return
            self.month.requests.append(self._answered(frozenset({"counter"}), self.chance.choice(MODELS)))
            if self.session.id is not None and self.chance.random() < 0.5:
                self._worked("user")
