"""What truly happened: the sessions of a few people, request by request, and what they cost.

Nothing here knows how anything is written down: `transcripts.py` and `telemetry.py` do that, each for its own side, and
`corpus.py` decides what of it gets lost. Times are milliseconds UTC since 1970, money is whole nano-dollars, and what a
request costs is worked out from the prices below, not by the code under test.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = [
    "DAY_MS",
    "EARLY_MS",
    "ERAS",
    "FAST",
    "LATE_MS",
    "MAIN_MODELS",
    "RATES",
    "START_MS",
    "Call",
    "Era",
    "Failure",
    "Item",
    "Plan",
    "Process",
    "Prompt",
    "Request",
    "Session",
    "Tokens",
    "our_price",
    "reported_cost",
]

DAY_MS = 86_400_000
START_MS = 1_793_577_600_000  # 2026-11-02
EARLY_MS, LATE_MS = 5 * 60_000, 15 * 60_000
"""No request ends so near to midnight: one source may see it before midnight and another after."""

RATES: dict[str, tuple[int, int, int, int, int] | None] = {
    # nano-dollars a token: input, output, cache read, cache write for 5 minutes and for an hour
    "claude-opus-5-5": (4_000, 20_000, 200, 5_000, 8_000),
    "claude-sonnet-5-5": (2_000, 10_000, 100, 2_500, 4_000),
    "claude-haiku-4-5": (1_000, 5_000, 100, 1_250, 2_000),
    "claude-unheard-of-1": None,  # in nobody's price table; the client charges something all the same
}
MAIN_MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-unheard-of-1")
SEARCH_NANOUSD = 10_000_000
FAST = {"claude-opus-5-5": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Era:
    """What one release writes and leaves out."""

    version: str
    request_ids: bool = True  # in telemetry
    tool_ids: bool = True  # in telemetry
    prompt_ids: bool = True  # on both sides
    sequence: bool = True  # event.sequence
    numbers: bool = True  # counts as numbers; older ones send text
    split: bool = True  # telemetry tells both lifetimes of cache writes
    hour_prices: bool = True  # charges an hour's cache writes as such
    placeholders: bool = False  # all but the last line of a response say one token of output
    decisions: bool = True
    spans: bool = True
    cost_state: bool = False
    agents: str = "folder"  # subagents' transcripts: folder, beside, inline


ERAS = {
    era.version: era
    for era in (
        Era(
            version="1.0.128", request_ids=False, tool_ids=False, prompt_ids=False, sequence=False, numbers=False,
            split=False, hour_prices=False, decisions=False, spans=False, agents="inline",
        ),
        Era(
            version="2.0.76", request_ids=False, tool_ids=False, prompt_ids=False, sequence=False, numbers=False,
            split=False, hour_prices=False, decisions=False, spans=False, agents="beside",
        ),
        Era(
            version="2.1.72", request_ids=False, tool_ids=False, numbers=False, split=False, hour_prices=False,
            placeholders=True, spans=False,
        ),
        Era(version="2.1.197", split=False),
        Era(version="2.1.328", cost_state=True),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """What a request used. Classes do not overlap; reasoning is part of the output."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_5m: int = 0
    cache_1h: int = 0
    reasoning: int = 0
    searches: int = 0

    @property
    def cache_write(self) -> int:
        return self.cache_5m + self.cache_1h


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A tool call and what came of it."""

    id: str
    name: str
    at_ms: int  # of the result
    outcome: str  # ok, failed, rejected
    added: int = 0
    removed: int = 0
    creates: bool = False  # a new file
    commits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One successful API request."""

    number: int
    session: int
    at_ms: int  # when the response was complete
    model: str
    tokens: Tokens
    role: str  # main, subagent, auxiliary
    message_id: str
    request_id: str
    fast: bool = False
    agent_id: str | None = None
    prompt: Prompt | None = None
    lines: int = 1  # content blocks
    calls: tuple[Call, ...] = ()
    retries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """Somebody asked for something."""

    id: str
    number: int
    session: int
    at_ms: int
    origin: str  # human, command, agent


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """A request that failed after all tries."""

    number: int
    session: int
    at_ms: int
    request_id: str


Item = Prompt | Request | Failure


@dataclass(slots=True, kw_only=True)
class Process:
    """One run of the client in a session: a new one, a resumed one or a fork."""

    era: Era
    start_ms: int
    items: list[Item] = field(default_factory=list)

    @property
    def end_ms(self) -> int:
        return max([self.start_ms, *(item.at_ms for item in self.items)]) + 3_000


@dataclass(slots=True, kw_only=True)
class Session:
    """All runs under one session id."""

    index: int
    id: str
    family: int  # index of the session it comes from in the end
    user: str
    folder: str
    parent: int | None = None
    copied: list[tuple[Era, Item]] = field(default_factory=list)  # the history a fork begins with
    processes: list[Process] = field(default_factory=list)

    def own(self) -> list[Item]:
        return [item for process in self.processes for item in process.items]


@dataclass(slots=True, kw_only=True)
class Plan:
    """Sessions of a few people over a few days."""

    sessions: list[Session] = field(default_factory=list)

    def family(self, index: int) -> list[Session]:
        return [s for s in self.sessions if s.family == index]

    def requests(self) -> list[Request]:
        return [item for s in self.sessions for item in s.own() if isinstance(item, Request)]


def our_price(model: str, tokens: Tokens, *, fast: bool) -> int | None:
    """What a dated price table must say, in nano-dollars; None for a model that is in none."""
    rates = RATES[model]
    if rates is None:
        return None
    kinds = (tokens.input, tokens.output, tokens.cache_read, tokens.cache_5m, tokens.cache_1h)
    money = sum(count * rate for count, rate in zip(kinds, rates, strict=True)) * (FAST.get(model, 1) if fast else 1)
    return money + tokens.searches * SEARCH_NANOUSD


def reported_cost(request: Request, era: Era) -> int:
    """What the client itself says it cost: older ones charge an hour's cache writes too little."""
    tokens, model = request.tokens, request.model if RATES[request.model] else "claude-sonnet-5-5"
    if not era.hour_prices:
        tokens = Tokens(
            input=tokens.input, output=tokens.output, cache_read=tokens.cache_read, cache_5m=tokens.cache_write,
            searches=tokens.searches,
        )  # fmt: skip
    money = our_price(model, tokens, fast=request.fast)
    assert money is not None
    return money
