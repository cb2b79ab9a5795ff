"""Makes up what happened: the same for the same seed."""

from __future__ import annotations

import random

from tests.corpus.ledger.things import (
    DAY_MS,
    EARLY_MS,
    ERAS,
    FAST,
    LATE_MS,
    MAIN_MODELS,
    START_MS,
    Call,
    Era,
    Failure,
    Item,
    Plan,
    Process,
    Prompt,
    Request,
    Session,
    Tokens,
)

__all__ = ["make_plan"]


def make_plan(
    seed: int,
    *,
    sessions: int = 3,
    length: int = 3,
    versions: tuple[str, ...] = tuple(ERAS),
    forks: float = 0.5,
    branches: tuple[int, ...] = (1, 1, 2),
    people: int = 2,
    distinct: bool = False,
    hours: bool = True,
    lines: tuple[int, ...] = (1, 1, 2, 3),
) -> Plan:
    """Make up sessions.

    Args:
        seed: same seed, same plan.
        sessions: how many, not counting forks.
        length: prompts of a run, at most.
        versions: of the client, drawn from.
        forks: how likely each of the `branches` that a session may have is.
        people: how many they belong to.
        distinct: no two requests have the same counts.
        hours: some cache writes are kept for an hour, which older clients charge too little for.
        lines: content blocks of a response, drawn from.
    """
    maker = _Maker(random.Random(seed), seed, length, versions, people, distinct, hours, lines)
    return maker.make(sessions, forks, branches)


class _Maker:
    def __init__(
        self, chance: random.Random, seed: int, length: int, versions: tuple[str, ...], people: int, distinct: bool,
        hours: bool, lines: tuple[int, ...],
    ) -> None:  # fmt: skip
        self.chance = chance
        self.lines = lines
        self.people = people
        self.distinct = distinct
        self.hours = hours
        self.seed = seed % 10**9
        self.length = length
        self.versions = versions
        self.plan = Plan()
        self.count = 0

    def make(self, sessions: int, forks: float, branches: tuple[int, ...]) -> Plan:
        for _ in range(sessions):
            first = self._session(None, START_MS + self.chance.randrange(2 * DAY_MS))
            for _ in range(self.chance.choice(branches)):
                if self.chance.random() < forks:
                    parent = self.chance.choice(self.plan.family(first.family))
                    self._fork(parent)
                if self.chance.random() < 0.3:
                    latest = max(map(self._after, self.plan.family(first.family)))  # nobody works in both at once
                    self._run(first, latest + self.chance.randrange(3_600_000))
        return self.plan

    def _session(self, parent: Session | None, at_ms: int, *, idle: bool = False) -> Session:
        index = len(self.plan.sessions)
        session = Session(
            index=index, id=self._uuid(), family=index if parent is None else parent.family,
            user=f"{index % self.people:064x}" if parent is None else parent.user,
            folder=f"project{index % 2}" if parent is None else parent.folder,
            parent=None if parent is None else parent.index,
        )  # fmt: skip
        self.plan.sessions.append(session)
        if parent is not None:
            session.copied = self._history(parent, at_ms)
        for _ in range(0 if idle else self.chance.choice([1, 1, 2])):
            at_ms = self._run(session, at_ms)
        if idle:
            session.processes.append(
                Process(era=parent.processes[-1].era if parent else ERAS["2.1.328"], start_ms=at_ms)
            )
        return session

    def _fork(self, parent: Session) -> None:
        """A new session that begins with all or the first part of what there is of another."""
        at_ms = self._after(parent) + self.chance.randrange(1, 7_200_000)
        fork = self._session(parent, at_ms, idle=self.chance.random() < 0.15)
        if self.chance.random() < 0.3:
            least = min(len(parent.copied) + 1, len(fork.copied))  # something of its parent's own
            fork.copied = fork.copied[: self.chance.randrange(least, len(fork.copied) + 1)]

    def _history(self, parent: Session, at_ms: int) -> list[tuple[Era, Item]]:
        own = [(p.era, item) for p in parent.processes for item in p.items if item.at_ms < at_ms]
        shown = [(e, i) for e, i in own if not isinstance(i, Request) or i.role == "main"]
        return parent.copied + shown

    def _after(self, session: Session) -> int:
        return max((p.end_ms for p in session.processes), default=START_MS) + 10_000

    def _run(self, session: Session, at_ms: int) -> int:
        known = session.processes[-1].era if session.processes else None
        if known is None and session.copied:
            known = session.copied[-1][0]
        names = [v for v in self.versions if known is None or list(ERAS).index(v) >= list(ERAS).index(known.version)]
        era = ERAS[self.chance.choice(names)] if known is None or self.chance.random() < 0.2 else known
        process = Process(era=era, start_ms=self._settled(at_ms))
        session.processes.append(process)
        now = process.start_ms
        for turn in range(self.chance.randrange(1, self.length + 1)):
            now = self._turn(session, process, now, first=turn == 0)
        return process.end_ms + self.chance.randrange(60_000, DAY_MS // 2)

    def _turn(self, session: Session, process: Process, now: int, *, first: bool) -> int:
        chance = self.chance
        now = self._settled(now + chance.randrange(2_000, 600_000))
        origin = chance.choice(["human", "human", "human", "command", "agent"])
        prompt = Prompt(id=self._uuid(), number=self._next(), session=session.index, at_ms=now, origin=origin)
        process.items.append(prompt)
        if first and chance.random() < 0.6:
            process.items.append(self._request(session, now + 700, "auxiliary", prompt, model="claude-haiku-4-5"))
        for _ in range(chance.randrange(1, 4)):
            now = self._settled(now + chance.randrange(3_000, 240_000))
            request = self._request(session, now, "main", prompt)
            process.items.append(request)
            now = max([now, *(call.at_ms for call in request.calls)])
            if any(call.name == "Agent" for call in request.calls):
                agent = f"a{chance.getrandbits(28):07x}"
                for _ in range(chance.randrange(1, 3)):
                    now = self._settled(now + chance.randrange(3_000, 60_000))
                    process.items.append(self._request(session, now, "subagent", prompt, agent=agent))
        if chance.random() < 0.05:  # compaction, which reads everything once more
            now = self._settled(now + 5_000)
            process.items.append(self._request(session, now, "auxiliary", prompt, model=chance.choice(MAIN_MODELS)))
        if chance.random() < 0.1:
            now = self._settled(now + 5_000)
            failed = Failure(number=self._next(), session=session.index, at_ms=now, request_id=f"req_{self._tag()}")
            process.items.append(failed)
        return now

    def _request(
        self, session: Session, at_ms: int, role: str, prompt: Prompt, *, model: str = "", agent: str | None = None
    ) -> Request:
        chance = self.chance
        number = self._next()
        title = role == "auxiliary" and model == "claude-haiku-4-5"
        model = model or chance.choice(MAIN_MODELS)
        write = 0 if title else chance.choice([0, 0, 40, 1_800])
        hour = chance.choice([0, 0, write, write // 2]) if self.hours else 0
        output = chance.choice([3, 20, 700])
        tokens = Tokens(
            # Auxiliary requests never have the numbers of another one; see corpus.py on versions without ids.
            input=chance.choice([2, 11, 300]) if role != "auxiliary" and not self.distinct else 301 + number,
            output=output, cache_read=0 if title else chance.choice([0, 900, 30_000]), cache_5m=write - hour, cache_1h=hour,
            reasoning=chance.choice([0, output // 2]), searches=chance.choice([0] * 9 + [2]),
        )  # fmt: skip
        calls = []
        if role != "auxiliary":
            kinds = ["ok", "ok", "ok", "failed", *(["rejected"] if session.processes[-1].era.decisions else [])]
            calls = [self._call(at_ms + 400 * i, kinds) for i in range(chance.choice([0, 0, 1, 1, 2]))]
        return Request(
            number=number, session=session.index, at_ms=at_ms, model=model, tokens=tokens, role=role,
            message_id=f"msg_{self._tag(number)}", request_id=f"req_{self._tag(number)}",
            fast=role == "main" and model in FAST and chance.random() < 0.2,
            agent_id=agent, prompt=prompt, lines=max(len(calls), chance.choice(self.lines)), calls=tuple(calls),
            retries=chance.choice([0] * 8 + [1, 2]) if role == "main" else 0,
        )  # fmt: skip

    def _call(self, at_ms: int, outcomes: list[str]) -> Call:
        chance = self.chance
        name = chance.choice(["Bash", "Bash", "Read", "Edit", "Write", "Agent", "mcp__files__read"])
        outcome = chance.choice(outcomes)
        changes = outcome == "ok" and name in ("Edit", "Write")
        return Call(
            id=f"toolu_{self._tag(self._next())}", name=name, at_ms=at_ms + chance.randrange(50, 300), outcome=outcome,
            added=chance.randrange(1, 9) if changes else 0,
            removed=chance.randrange(0, 4) if changes and name == "Edit" else 0, creates=changes and name == "Write",
            commits=outcome == "ok" and name == "Bash" and chance.random() < 0.7,
        )  # fmt: skip

    def _settled(self, at_ms: int) -> int:
        """The time, moved away from midnight."""
        over = at_ms % DAY_MS
        if over > DAY_MS - LATE_MS:
            return at_ms + DAY_MS - over + EARLY_MS
        return at_ms + EARLY_MS if over < EARLY_MS else at_ms

    def _next(self) -> int:
        self.count += 1
        return self.count

    def _tag(self, number: int | None = None) -> str:
        return f"01{self.seed:09d}{number if number is not None else self._next():013d}"

    def _uuid(self) -> str:
        bits = f"{self.chance.getrandbits(128):032x}"
        return f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}"
