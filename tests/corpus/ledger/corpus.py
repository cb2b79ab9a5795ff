"""A corpus: what of a plan reached us, as bytes, with losses, repetitions and forgeries of order. Same seed, same bytes.

Each session has a random mix of transcript, log records, spans and counters; each of these is whole, has holes or is not
there. What nobody could count exactly is left out on purpose, as narrowly as this (the same list, for readers, stands in
docs/decisions/ledger.md):

* **No ids.** Versions up to 2.1.72 send no request id. Where both sides of such a session, or of its forks, are there, one
  of them (drawn) is whole, so that what the other saw is part of it; a request may be missing on either side if all
  requests have different counts. A response is then lost with all its lines, a call's decision with its result; prompts
  without ids are not lost from transcripts. Which of two equal calls or prompts was lost cannot be told, so that their
  day is not compared (what up to 2.0.76 sends of a refused call was never seen, so that none is refused there); nor which of two requests with equal counts, so that what they cost is not. The same with session.id switched off could not be joined at all, and does not occur.
* **A fork without its parent.** Where a parent's counters, or its records without ids, and a fork's transcript are there,
  so is the parent's transcript, whole: else nothing says that the fork's first records are what the parent counted. The
  same where the fork's own running total goes on from its parent's.
* **Running totals of sessions that telemetry does not name** have no time of use to be compared by: that does not occur.
* **Whose history it was** cannot be told where the parent went on after its fork had begun or a fork did nothing of its own,
  and not all have a running total, or where lines were lost from either: then the family's figures are compared.
* **Midnight.** No request ends within minutes of it, where one source sees it on one day and another on the next.
* **Lines and commits** have no ids: a session's are those of the source that tells most, so that what only the other one
  saw is missing where both have holes. They are compared so, and in sessions without forks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tests.corpus.ledger.claims import Claim, Export, Input, Snapshot
from tests.corpus.ledger.plan import make_plan
from tests.corpus.ledger.telemetry import Said, counters_of, export, records_of, spans_of
from tests.corpus.ledger.things import ERAS, Plan, Request, Session
from tests.corpus.ledger.transcripts import Line, write_session

__all__ = ["Corpus", "Mix", "make_corpus", "make_tenfold"]

LOST = {"whole": 0.0, "holes": 0.25, "quarter": 0.75}
"""How likely a log record is to be lost."""

LOST_EXPORTS = {"whole": 0.0, "few": 0.05, "holes": 0.3}
"""How likely an export of counters is."""

GARBAGE = (
    b'{"type":"assistant","message":{"id":"msg_torn","usage":{"input_to\n',
    b'{"type":"user","message":\n',
    b"\xff\xfe not text at all\n",
    b"null\n",
    b"[]\n",
    b'{"type":"assistant","uuid":"x","timestamp":"2026-11-02T10:00:00.000Z","message":{"id":"m","usage":{"input_tokens":"a"}}}\n',
    b"\n",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """What there is of one session: absent, "whole", with "holes" or a "few", or (of log records) a "quarter"."""

    transcript: str = ""
    logs: str = ""
    spans: str = ""
    metrics: str = ""
    cumulative: bool = False
    protobuf: bool = False
    long_context: bool = False  # its counters call the model …[1m]


@dataclass(slots=True, kw_only=True)
class Corpus:
    """Inputs in no order, and what they are about."""

    plan: Plan
    inputs: list[Input]
    named: bool  # records carry session.id
    mixes: dict[int, Mix]  # by session
    blurred: set[int]  # families with reports without ids
    distinct: bool = False  # no two requests have the same counts

    def snapshots(self) -> list[Snapshot]:
        """The states of its files."""
        return [one for one in self.inputs if isinstance(one, Snapshot)]

    def claims(self, inputs: list[Input] | None = None) -> list[Claim]:
        """Everything that is said."""
        return [claim for one in (self.inputs if inputs is None else inputs) for claim in one.claims]


def make_corpus(
    seed: int, *, sessions: int = 3, length: int = 2, forks: float = 0.5, running: bool = True, early: bool = True
) -> Corpus:
    """A small corpus; a few dozen inputs.

    Args:
        seed: same seed, same bytes.
        sessions: how many, not counting forks.
        length: prompts of a run, at most.
        forks: how likely a session is to have one.
        running: some counters are exported as running totals.
        early: some transcripts are also read before they are finished.
    """
    chance = random.Random(seed)
    named = chance.random() < 0.85
    versions = tuple(chance.sample(list(ERAS), 2)) if named else ("2.1.197",)
    distinct = chance.random() < 0.4
    plan = make_plan(
        seed, sessions=sessions, length=length, versions=tuple(v for v in ERAS if v in versions),
        people=2 if named else 1, distinct=distinct, forks=forks,
    )  # fmt: skip
    mixes = {s.index: _mix(chance, running=running) for s in plan.sessions}
    blurred = {s.family for s in plan.sessions if not _has_ids(s)}
    for family in {s.family for s in plan.sessions}:
        _keep_rules(chance, plan, family, mixes, blurred=family in blurred)
    corpus = Corpus(plan=plan, inputs=[], named=named, mixes=mixes, blurred=blurred, distinct=distinct)
    for session in plan.sessions:
        corpus.inputs += _snapshots(chance, corpus, session, distinct=distinct, early=early)
        corpus.inputs += _exports(chance, corpus, session, distinct=distinct)
    return corpus


def make_tenfold(seed: int) -> Corpus:
    """Transcripts that hold each request about ten times, telemetry that caught a quarter, counters that saw more.

    Responses have many blocks, sessions several forks. What no transcript shows (titles, compaction) is told by counters:
    the client's own total where it writes one, exported ones, of which some are lost, where it does not yet. As with real
    ones, no two requests have the same counts.
    """
    chance = random.Random(seed)
    versions = ("2.1.72", "2.1.197", "2.1.328")
    plan = make_plan(
        seed, sessions=12, length=4, versions=versions, forks=0.9, branches=(3, 4, 5), lines=(4, 5, 6, 7), distinct=True, hours=False
    )  # fmt: skip
    blurred = {s.family for s in plan.sessions if not _has_ids(s)}
    mixes = {}
    for session in plan.sessions:
        totals = any(p.era.cost_state for p in session.processes)
        metrics = "few" if not totals else chance.choice(["", "", "holes"])
        mixes[session.index] = Mix(
            transcript="whole", logs="quarter", metrics=metrics, cumulative=chance.random() < 0.3,
            protobuf=chance.random() < 0.5,
        )  # fmt: skip
    corpus = Corpus(plan=plan, inputs=[], named=True, mixes=mixes, blurred=blurred, distinct=True)
    for session in plan.sessions:
        corpus.inputs += _snapshots(chance, corpus, session, distinct=False, early=False)
        corpus.inputs += _exports(chance, corpus, session, distinct=False)
    return corpus


def _mix(chance: random.Random, *, running: bool) -> Mix:
    kinds = ["whole", "whole", "holes", "holes", ""]
    return Mix(
        transcript=chance.choice(kinds), logs=chance.choice(kinds), spans=chance.choice(["", "", "holes"]),
        metrics=chance.choice(["whole", "whole", "holes", "", ""]), cumulative=running and chance.random() < 0.3,
        protobuf=chance.random() < 0.5, long_context=chance.random() < 0.3,
    )  # fmt: skip


def _keep_rules(chance: random.Random, plan: Plan, family: int, mixes: dict[int, Mix], *, blurred: bool) -> None:
    """Change the mixes of one family until they can be told apart; see the top of this file."""
    members = [s.index for s in plan.family(family)]
    if blurred and any(mixes[i].transcript for i in members) and any(mixes[i].logs for i in members):
        side = chance.choice(["transcript", "logs"])
        for i in members:
            mixes[i] = (
                replace(mixes[i], transcript="whole") if side == "transcript" else replace(mixes[i], logs="whole")
            )
    for session in sorted(plan.family(family), key=lambda s: -s.index):
        if session.parent is None or not mixes[session.index].transcript:
            continue
        above: int | None = session.parent
        while above is not None:
            hidden = mixes[above].logs and not _has_ids(plan.sessions[above])
            if mixes[above].metrics or hidden or any(p.era.cost_state for p in plan.sessions[above].processes):
                mixes[above] = replace(mixes[above], transcript="whole")
            above = plan.sessions[above].parent


def _has_ids(session: Session) -> bool:
    return all(p.era.request_ids and p.era.prompt_ids for p in session.processes)


def _counted_with_forks(corpus: Corpus, session: Session) -> bool:
    members = corpus.plan.family(session.family)
    return len(members) > 1 and any(corpus.mixes[s.index].metrics for s in members)


def _snapshots(
    chance: random.Random, corpus: Corpus, session: Session, *, distinct: bool, early: bool
) -> Iterator[Snapshot]:
    how = corpus.mixes[session.index].transcript
    if not how:
        return
    exact = session.family in corpus.blurred and any(
        corpus.mixes[s.index].logs for s in corpus.plan.family(session.family)
    )
    for path, lines in write_session(corpus.plan, session).items():
        kept = lines
        if how == "holes":
            kept = _without_parts(chance, lines) if exact else _damaged(chance, lines)
        elif exact and distinct and not _counted_with_forks(corpus, session):
            kept = _without_plain_responses(chance, lines)
        data = b"".join(line.data for line in kept)
        size = len(data)
        if how == "holes" and not exact and chance.random() < 0.3:
            size = chance.randrange(size // 2, size + 1)
        times = chance.choice([0, 0, 1, 2]) if early else 0
        for cut in (*(chance.randrange(size + 1) for _ in range(times)), size):
            yield Snapshot(path=path, data=data[:cut], claims=tuple(_claims_before(kept, cut)))


def _damaged(chance: random.Random, lines: list[Line]) -> list[Line]:
    """Single lines lost, or replaced by something unreadable."""
    out = []
    for line in lines:
        fate = chance.random()
        if fate < 0.06:
            continue
        out.append(Line(data=chance.choice(GARBAGE)) if fate < 0.12 else line)
        if chance.random() < 0.03:
            out.append(line)  # written twice
    return out


def _without_parts(chance: random.Random, lines: list[Line]) -> list[Line]:
    parts = {id(line.part): line.part for line in lines}
    lost = {key for key, part in parts.items() if isinstance(part, Request) and chance.random() < 0.2}
    return [line for line in lines if id(line.part) not in lost]


def _without_plain_responses(chance: random.Random, lines: list[Line]) -> list[Line]:
    plain = {id(line.part): line.part for line in lines if isinstance(line.part, Request) and not line.part.calls}
    lost = {key for key in plain if chance.random() < 0.2}
    return [line for line in lines if id(line.part) not in lost]


def _claims_before(lines: list[Line], cut: int) -> Iterator[Claim]:
    end = 0
    for line in lines:
        end += len(line.data)
        if end <= cut + 1:  # a last line may lack its line end
            yield from line.claims


def _exports(chance: random.Random, corpus: Corpus, session: Session, *, distinct: bool) -> Iterator[Export]:
    mix = corpus.mixes[session.index]
    exact = session.family in corpus.blurred and any(
        corpus.mixes[s.index].transcript for s in corpus.plan.family(session.family)
    )
    blurred = session.family in corpus.blurred
    for process in session.processes:
        version = process.era.version
        sent: list[Export] = []
        if mix.logs:
            records = records_of(session, process, named=corpus.named)
            if mix.logs != "whole":
                records = _thinned(chance, records, whole_parts=blurred, lost=LOST[mix.logs])
            elif exact and distinct:
                records = [r for r in records if r.claims[0].what != "request" or chance.random() < 0.8]
            for chunk in _chunks(chance, records):
                sent.append(export("logs", version, chunk, protobuf=mix.protobuf))
        if mix.spans:
            spans = _thinned(chance, spans_of(session, process, named=corpus.named), whole_parts=False, lost=0.25)
            if spans:
                sent.append(export("traces", version, spans, protobuf=mix.protobuf))
        if mix.metrics:
            for points in counters_of(
                session, process, named=corpus.named, cumulative=mix.cumulative, long_context=mix.long_context,
                every_ms=chance.choice([60_000, 900_000]),
            ):  # fmt: skip
                if chance.random() >= LOST_EXPORTS[mix.metrics]:
                    sent.append(export("metrics", version, points, protobuf=mix.protobuf))
        yield from sent
        for again in sent:  # tried again although it had arrived
            if chance.random() < 0.15:
                yield again


def _thinned(chance: random.Random, said: list[Said], *, whole_parts: bool, lost: float) -> list[Said]:
    """Records lost one by one; `whole_parts`: a call's decision together with its result."""
    things = dict.fromkeys(id(s.claims[0].thing) if whole_parts else id(s) for s in said)
    gone = {key for key in things if chance.random() < lost}
    return [s for s in said if (id(s.claims[0].thing) if whole_parts else id(s)) not in gone]


def _chunks(chance: random.Random, said: list[Said]) -> Iterator[list[Said]]:
    while said:
        size = chance.randrange(1, 12)
        yield said[:size]
        said = said[size:]
