"""What to do about what was found: a table of rules, each with its condition, its evidence and what it would save.

A rule fires only on a sample of the size that it names. It says which figures it rests on and which sessions they come
from. A saving is worked out from the files themselves, and how is said; where that cannot be, it is null with a reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tachograph.analytics.errors.kinds import ErrorClass
from tachograph.analytics.file_kit.analyze import Analysis
from tachograph.analytics.file_kit.figures import SessionFigures, ToolFigures, Usage
from tachograph.analytics.file_kit.rates import cost_at
from tachograph.analytics.file_kit.review import Thresholds, needs_review
from tachograph.pricing.rows import Rates
from tachograph_sdk.model.money import Money

__all__ = ["MIN_SESSIONS", "RULES", "Material", "Recommendation", "Rule", "Saving", "recommend"]

MIN_SESSIONS = 5  # below this, habits cannot be told from chance
SHOWN_SESSIONS = 3  # the sessions that evidence comes from, the weightiest first
SHOWN_TOOLS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """What following an advice would have saved in this window: an estimate, or null and why."""

    money: Money | None = None
    duration_ms: int | None = None
    how: str = ""  # how it was worked out
    reason: str = ""  # why what is null is null


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """One advice and what it rests on."""

    rule: str
    advice: str
    evidence: str
    sessions: tuple[SessionFigures, ...]
    saving: Saving


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What the rules look at."""

    analysis: Analysis
    thresholds: Thresholds = field(default_factory=Thresholds)
    rates: Mapping[str, Rates] = field(default_factory=dict)  # of models whose reported costs bear them out


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row of the table."""

    id: str
    needs: str  # the condition and the sample it takes, in words
    find: Callable[[Material], Iterator[Recommendation]]


def recommend(material: Material) -> list[Recommendation]:
    """What the rules say, in the order of the table; nothing where nothing was seen."""
    if not material.analysis.sessions:
        return []
    return [found for rule in RULES for found in rule.find(material)]


def _few_sessions(material: Material) -> Iterator[Recommendation]:
    sessions = material.analysis.sessions
    if len(sessions) < MIN_SESSIONS:
        yield Recommendation(
            rule="few_sessions",
            advice="Collect more before changing habits: this is too little to tell them from chance.",
            evidence=f"{_several(len(sessions), 'session')} of at least {MIN_SESSIONS}.",
            sessions=(),
            saving=Saving(reason="collecting saves nothing by itself"),
        )


def _many_errors(material: Material) -> Iterator[Recommendation]:
    sessions = material.analysis.sessions
    reviewed = [session for session in sessions if needs_review(session, material.thresholds)]
    if not reviewed:
        return
    theirs = sum(session.errors + session.tool_failures for session in reviewed)
    whole = sum(session.errors + session.tool_failures for session in sessions)
    classes = sum((session.classes for session in reviewed), Counter[ErrorClass]())
    most = ", ".join(f"{found.replace('_', ' ')} {count:,}" for found, count in classes.most_common(3))
    yield Recommendation(
        rule="sessions_with_errors",
        advice="Look at these sessions first: what went wrong in them, and what in the task or its words led there.",
        evidence=f"{_several(len(reviewed), 'session')} of {len(sessions):,} hold {theirs:,} of {whole:,} errors and "
        f"tool failures; most often {most}.",
        sessions=_top(reviewed, lambda session: session.errors + session.tool_failures),
        saving=Saving(reason="what these sessions would have cost without the errors is not known"),
    )


def _rate_limits(material: Material) -> Iterator[Recommendation]:
    sessions = [session for session in material.analysis.sessions if session.classes[ErrorClass.RATE_LIMIT]]
    errors = sum(session.classes[ErrorClass.RATE_LIMIT] for session in sessions)
    if errors < 3:
        return
    waited = sum(session.rate_limit_waited_timed for session in material.analysis.sessions)
    if waited:  # all tries and the waiting between them; the error itself tells of less
        timed, lasted = waited, sum(session.rate_limit_waited_ms for session in material.analysis.sessions)
        what = "all tries of the refused requests lasted"
    else:
        timed = sum(session.rate_limited_timed for session in sessions)
        lasted = sum(session.rate_limited_ms for session in sessions)
        what = "the refused requests lasted, without waiting for them"
    yield Recommendation(
        rule="rate_limits",
        advice="Run fewer sessions at the same time, or spread them over the day: requests were refused.",
        evidence=f"{errors:,} requests ended in a rate limit, in {_several(len(sessions), 'session')}.",
        sessions=_top(sessions, lambda session: session.classes[ErrorClass.RATE_LIMIT]),
        saving=_time(lasted, timed, errors, what),
    )


def _auth_errors(material: Material) -> Iterator[Recommendation]:
    sessions = [session for session in material.analysis.sessions if session.classes[ErrorClass.AUTH]]
    errors = sum(session.classes[ErrorClass.AUTH] for session in sessions)
    if errors >= 2:
        yield Recommendation(
            rule="auth_errors",
            advice="Sign in again or renew the key before the next session.",
            evidence=f"{errors:,} requests were refused for who asked, in {_several(len(sessions), 'session')}.",
            sessions=_top(sessions, lambda session: session.classes[ErrorClass.AUTH]),
            saving=Saving(
                reason="refused requests cost nothing, and the time until somebody signed in is not recorded"
            ),
        )


def _failing_tools(material: Material) -> Iterator[Recommendation]:
    sessions = material.analysis.sessions
    total: dict[str, ToolFigures] = {}
    for session in sessions:
        for name, its in session.tools.items():
            tool = total.setdefault(name, ToolFigures())
            tool.calls += its.calls
            tool.failures += its.failures
            tool.failed_ms += its.failed_ms
            tool.failed_timed += its.failed_timed
    failing = [
        (name, tool)
        for name, tool in total.items()
        if tool.calls >= 10 and tool.failures >= 5 and tool.failures * 4 >= tool.calls
    ]
    for name, tool in sorted(failing, key=lambda each: (-each[1].failures, each[0]))[:SHOWN_TOOLS]:
        where = [session for session in sessions if name in session.tools and session.tools[name].failures]
        yield Recommendation(
            rule="failing_tool",
            advice=f"Find out why {name} fails so often; a line in CLAUDE.md on how to call it here may be enough.",
            evidence=f"{tool.failures:,} of {tool.calls:,} calls of {name} failed "
            f"({_percent(tool.failures, tool.calls)}), in {_several(len(where), 'session')}.",
            sessions=_top(where, lambda session, name=name: session.tools[name].failures),  # type: ignore[misc]
            saving=_time(tool.failed_ms, tool.failed_timed, tool.failures, "the failed calls lasted"),
        )


def _rejected_tools(material: Material) -> Iterator[Recommendation]:
    sessions = material.analysis.sessions
    rejected: Counter[str] = Counter()
    by_rule: Counter[str] = Counter()
    for session in sessions:
        for (name, source), count in session.rejected.items():
            rejected[name] += count
            by_rule[name] += count if source in ("config", "hook") else 0
    for name, count in rejected.most_common(SHOWN_TOOLS):
        if count < 5:
            break
        where = [session for session in sessions if any(tool == name for tool, _ in session.rejected)]
        yield Recommendation(
            rule="rejected_tool",
            advice=f"Decide once about {name}: allow-list what may run in the permission settings, and say in CLAUDE.md "
            "what may not, so that it is not tried.",
            evidence=f"{count:,} calls of {name} were rejected, {by_rule[name]:,} by settings or a hook and "
            f"{count - by_rule[name]:,} by hand, in {_several(len(where), 'session')}.",
            sessions=_top(where, lambda session, name=name: _rejections(session, name)),  # type: ignore[misc]
            saving=Saving(reason="how long a question waited for its answer is not recorded"),
        )


def _asked_tools(material: Material) -> Iterator[Recommendation]:
    sessions = material.analysis.sessions
    asked = sum((session.asked for session in sessions), Counter[str]())
    for name, count in asked.most_common(SHOWN_TOOLS):
        if count < 10:
            break
        if any(_rejections(session, name) for session in sessions):
            continue
        where = [session for session in sessions if session.asked[name]]
        yield Recommendation(
            rule="asked_tool",
            advice=f"Allow-list {name} in the permission settings: you were asked each time and always said yes.",
            evidence=f"{count:,} calls of {name} were allowed one by one and none was rejected, "
            f"in {_several(len(where), 'session')}.",
            sessions=_top(where, lambda session, name=name: session.asked[name]),  # type: ignore[misc]
            saving=Saving(reason="how long a question waited for its answer is not recorded"),
        )


def _retries(material: Material) -> Iterator[Recommendation]:
    """Most records of requests that succeeded do not say how many tries they took, so that the share is a least one."""
    sessions = material.analysis.sessions
    requests = sum(session.requested.requests + session.errors for session in sessions)
    retried = sum(session.retried for session in sessions)
    retries = sum(session.retries for session in sessions)
    if len(sessions) < MIN_SESSIONS or requests < 20 or retries < 5 or retried * 20 < requests:
        return
    where = [session for session in sessions if session.retries]
    yield Recommendation(
        rule="retries",
        advice="Requests often need more than one try: look at the network, the proxy and the time of day.",
        evidence=f"At least {retried:,} of {requests:,} requests were tried again ({_percent(retried, requests)}), "
        f"{_several(retries, 'retry', 'retries')} in {_several(len(where), 'session')}.",
        sessions=_top(where, lambda session: session.retries),
        saving=_time(
            sum(session.waited_ms for session in sessions),
            timed := sum(session.waited_timed for session in sessions),
            max(timed, retried),
            "all tries of the requests lasted that were given up",
        ),
    )


def _low_cache_share(material: Material) -> Iterator[Recommendation]:
    sessions = [session for session in material.analysis.sessions if session.requests]
    total = _usage_of(sessions)
    if len(sessions) < MIN_SESSIONS or total.requests < 50 or total.context_tokens < 200_000:
        return
    if total.cache_read_tokens * 2 >= total.context_tokens:
        return
    yield Recommendation(
        rule="low_cache_share",
        advice="Keep what comes first in a session the same (CLAUDE.md, tools, model) and go on in one session rather "
        "than starting anew: less is then read at the full price.",
        evidence=f"Of {total.context_tokens:,} tokens that the models read, {total.cache_read_tokens:,} "
        f"({_percent(total.cache_read_tokens, total.context_tokens)}) came from the cache and "
        f"{total.input_tokens:,} were fresh.",
        sessions=_top(sessions, lambda session: session.usage.input_tokens),
        saving=_cache_saving(sessions, material.rates),
    )


def _cache_saving(sessions: Sequence[SessionFigures], rates: Mapping[str, Rates]) -> Saving:
    """If all had the share that the best quarter of these sessions reaches; only fresh tokens can become cached ones."""
    shares = sorted(
        usage.cache_read_tokens / usage.context_tokens
        for session in sessions
        if (usage := session.usage).context_tokens >= 10_000
    )
    if len(shares) < MIN_SESSIONS:
        return Saving(reason=f"fewer than {MIN_SESSIONS} sessions of 10,000 tokens to compare with each other")
    target = shares[len(shares) * 3 // 4]
    by_model: dict[str | None, Usage] = {}
    for session in sessions:
        for model, usage in session.requests.items():
            by_model.setdefault(model, Usage()).add(usage)
    femto, moved_all, unknown = 0, 0, 0
    for model, usage in by_model.items():
        moved = min(usage.input_tokens, int(target * usage.context_tokens) - usage.cache_read_tokens)
        if moved <= 0:
            continue
        if (row := rates.get(model or "")) is None:
            unknown += moved
            continue
        moved_all += moved
        femto += moved * (row.input - row.cache_read)
    if not moved_all and not unknown:
        return Saving(reason="no session here does better, so there is nothing to compare with")
    if not moved_all:
        return Saving(reason="the reported costs do not bear out a price for cached tokens of these models")
    left_out = f"; {unknown:,} tokens of other models left out, whose price the costs do not bear out" * bool(unknown)
    return Saving(
        money=Money((femto + 500_000) // 1_000_000),
        how=f"{moved_all:,} fresh tokens at the price of cached ones, which is the share of {target:.0%} that the best "
        f"quarter of these sessions reaches{left_out}",
        reason="time: how long reading took is not recorded",
    )


def _short_requests(material: Material) -> Iterator[Recommendation]:
    sessions = material.analysis.sessions
    short: dict[str, Usage] = {}
    for session in sessions:
        for model, usage in session.short.items():
            if model is not None:
                short.setdefault(model, Usage()).add(usage)
    for model, usage in sorted(short.items()):
        if usage.requests < 20 or usage.without_cost or usage.without_tokens or len(sessions) < MIN_SESSIONS:
            continue
        others = [(cost_at(rates, usage), name) for name, rates in sorted(material.rates.items()) if name != model]
        if not others or (cheapest := min(others))[0].nanousd * 2 > usage.nanousd:
            continue
        cost, other = cheapest
        where = [session for session in sessions if model in session.short]
        yield Recommendation(
            rule="short_requests",
            advice=f"Let {other} do short work that {model} does now (a subagent or a skill can name its model).",
            evidence=f"{usage.requests:,} short requests of {model} cost {Money(usage.nanousd)}; the same tokens cost "
            f"{cost} with {other}, which these sessions use too.",
            sessions=_top(where, lambda session, model=model: session.short[model].nanousd),  # type: ignore[misc]
            saving=Saving(
                money=Money(usage.nanousd) - cost,
                how=f"their {usage.tokens:,} tokens at the prices of {other}; whether it does the work as well is "
                "for you to judge",
                reason="time: how long the other model would have taken is not known",
            ),
        )


def _one_costly_session(material: Material) -> Iterator[Recommendation]:
    costs = [(cost.nanousd, session) for session in material.analysis.sessions if (cost := session.usage.cost)]
    if len(costs) < MIN_SESSIONS:
        return
    whole = sum(nanousd for nanousd, _ in costs)
    most, session = max(costs, key=lambda each: each[0])
    if most >= 1_000_000_000 and most * 5 >= whole * 2:
        yield Recommendation(
            rule="costly_session",
            advice="Look at this session: what made it so long, and whether it could have been two.",
            evidence=f"One session of {len(costs):,} cost {Money(most)} of {Money(whole)} ({_percent(most, whole)}).",
            sessions=(session,),
            saving=Saving(reason="what the same work would have cost otherwise is not known"),
        )


RULES: tuple[Rule, ...] = (
    Rule(id="few_sessions", needs=f"fewer than {MIN_SESSIONS} sessions", find=_few_sessions),
    Rule(id="sessions_with_errors", needs="a session over a threshold of the review list", find=_many_errors),
    Rule(id="rate_limits", needs="3 errors of the class rate limit", find=_rate_limits),
    Rule(id="auth_errors", needs="2 errors of the class auth", find=_auth_errors),
    Rule(id="failing_tool", needs="a tool with 10 calls, of which 5 and a quarter failed", find=_failing_tools),
    Rule(id="rejected_tool", needs="5 rejected calls of one tool", find=_rejected_tools),
    Rule(id="asked_tool", needs="10 calls of one tool allowed one by one, none rejected", find=_asked_tools),
    Rule(
        id="retries",
        needs=f"{MIN_SESSIONS} sessions, 20 requests, 5 retries, one request in 20 tried again",
        find=_retries,
    ),
    Rule(
        id="low_cache_share",
        needs=f"{MIN_SESSIONS} sessions, 50 requests, 200,000 tokens read, less than half of them from the cache",
        find=_low_cache_share,
    ),
    Rule(
        id="short_requests",
        needs=f"{MIN_SESSIONS} sessions, 20 short requests of one model, and a model in use that does them for half",
        find=_short_requests,
    ),
    Rule(
        id="costly_session",
        needs=f"{MIN_SESSIONS} sessions with a cost, one with a dollar and two fifths of all",
        find=_one_costly_session,
    ),
)


def _time(lasted_ms: int, timed: int, count: int, what: str) -> Saving:
    cost = "money: failed calls have no cost of their own"
    if not timed:
        return Saving(reason=f"{cost}; time: no record tells how long it lasted")
    of_all = "" if timed == count else f", of {timed:,} of them that tell"
    return Saving(duration_ms=lasted_ms, how=f"what {what}{of_all}", reason=cost)


def _usage_of(sessions: Sequence[SessionFigures]) -> Usage:
    total = Usage()
    for session in sessions:
        total.add(session.usage)
    return total


def _rejections(session: SessionFigures, name: str) -> int:
    return sum(count for (tool, _), count in session.rejected.items() if tool == name)


def _top(sessions: Sequence[SessionFigures], weight: Callable[[SessionFigures], int]) -> tuple[SessionFigures, ...]:
    """The weightiest; of equals the first met."""
    return tuple(sorted(sessions, key=weight, reverse=True)[:SHOWN_SESSIONS])


def _several(number: int, one: str, many: str = "") -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def _percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %"
