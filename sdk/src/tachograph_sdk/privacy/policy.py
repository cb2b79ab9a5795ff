"""What is kept, how and why: the allow-list. A row per attribute; what no row names is dropped and counted.

The rows name canonical attributes (model/attributes.py) for what may pass, and the agents' own names for what is known
and refused, so that the page "what we collect" can say both. Here are the rows of `standard`; `strict.py` says what
of them `strict` keeps, `content.py` which texts `content` adds, `refused.py` what is known and refused.
Changing a row so that more is kept, or kept more plainly, needs a new POLICY_VERSION: consent is asked for again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from tachograph_sdk.model.event import EventKind
from tachograph_sdk.privacy.content import CONTENT
from tachograph_sdk.privacy.refused import REFUSED
from tachograph_sdk.privacy.rules import Policy, Preset, Purpose, Rule, Treatment, keep
from tachograph_sdk.privacy.shapes import SHAPES
from tachograph_sdk.privacy.strict import IN_STRICT
from tachograph_sdk.privacy.told import TOLD

__all__ = [
    "POLICIES",
    "POLICY",
    "POLICY_VERSION",
    "RULES",
    "Policy",
    "Preset",
    "Purpose",
    "Rule",
    "Treatment",
    "digest",
]

POLICY_VERSION = 5
"""5: which file a tool worked on, as a pseudonym of its path.
4: what a plugin's hooks count over a session, and how long a prompt with a command was; how much of a plan's limits
was used.
3: presets; `content` keeps scrubbed texts; ids in unknown forms become pseudonyms, the scrubber looks at names too.
2: Copilot's own units.
"""

_ALL = frozenset(EventKind)
_K = EventKind
_AGENT = _ALL - {_K.PACKAGE_DOWNLOADS, _K.REPO_ACTIVITY}
_API = frozenset({_K.API_REQUEST, _K.API_ERROR, _K.API_RESPONSE})
_USAGE = _API | {_K.USAGE_COUNTER, _K.FEATURE_USE, _K.AGENT_NOTICE, _K.CODE_CHANGE, _K.TOOL_CALL, _K.TOOL_DECISION}
_TOOL = frozenset({_K.TOOL_CALL, _K.TOOL_DECISION, _K.FEATURE_USE, _K.AGENT_NOTICE, _K.CODE_CHANGE})
_TIMED = _API | _TOOL | {_K.PROMPT, _K.SESSION_ACTIVITY}
_FEATURE = frozenset({_K.FEATURE_USE, _K.AGENT_NOTICE})
_SUMMARY = frozenset({_K.SESSION_SUMMARY})
_COUNTED = frozenset(
    {_K.SESSION_START, _K.VCS_COMMIT, _K.VCS_PULL_REQUEST, _K.USAGE_COUNTER, _K.CODE_CHANGE, _K.FEATURE_USE}
    | {_K.AGENT_NOTICE, _K.PACKAGE_DOWNLOADS, _K.REPO_ACTIVITY}
)


def _pseudonym(attribute: str, kinds: frozenset[EventKind], reason: str) -> Rule:
    return Rule(
        attribute=attribute, kinds=kinds, purpose=Purpose.ATTRIBUTION, treatment=Treatment.PSEUDONYM, reason=reason
    )


def _drop(attribute: str, reason: str, kinds: frozenset[EventKind], presets: frozenset[Preset]) -> Rule:
    return Rule(
        attribute=attribute,
        kinds=kinds,
        purpose=Purpose.NONE,
        treatment=Treatment.DROP,
        reason=reason,
        presets=presets,
    )


_STANDARD: tuple[Rule, ...] = (
    # whose and where
    _pseudonym("session_id", _AGENT, "joins the records of one session; cannot be looked up in the agent's files"),
    _pseudonym("user_id", _AGENT, "splits by person without naming anybody"),
    _pseudonym("organization_id", _AGENT, "splits by organization"),
    _pseudonym("project", _AGENT, "splits by working directory without its path"),
    _pseudonym("repository", _AGENT | {_K.REPO_ACTIVITY}, "splits by repository without its address"),
    # version and platform
    *keep(Purpose.ENVIRONMENT, _ALL, "what a record means depends on the version", "agent_version", shape="version"),
    *keep(Purpose.ENVIRONMENT, _ALL, "how the agent was started", "entrypoint", shape="word"),
    *keep(Purpose.ENVIRONMENT, _ALL, "platform", "os_type", "host_arch", shape="word"),
    *keep(Purpose.ENVIRONMENT, _ALL, "kind of terminal", "terminal", shape="terminal", fallback="custom"),
    *keep(Purpose.LINKING, _AGENT, "order of records with the same time", "sequence"),
    *keep(Purpose.ADOPTION, frozenset({_K.SESSION_START}), "new, resumed or continued", "start_type", shape="word"),
    # what belongs together: ids the API and the agent make up at random
    *keep(
        Purpose.LINKING,
        _AGENT,
        "random id; joins what several sources say of the same thing",
        "prompt_id",
        "request_id",
        "client_request_id",
        "message_id",
        "message_uuid",
        "tool_use_id",
        "agent_instance_id",
        "parent_agent_instance_id",
        "workflow_id",
        shape="id",
    ),
    *keep(Purpose.LINKING, _AGENT, "random id of a trace", "trace_id", shape="hex32"),
    *keep(Purpose.LINKING, _AGENT, "random id of a span", "span_id", "parent_span_id", shape="hex16"),
    # an API request
    *keep(Purpose.COST, _USAGE, "price depends on it", "model", "model_requested", shape="model", fallback="custom"),
    *keep(Purpose.COST, _AGENT, "price depends on it", "provider", shape="name"),
    *keep(Purpose.COST, _AGENT, "price depends on it", "service_tier", "speed", "inference_geo", shape="word"),
    *keep(Purpose.COST, _USAGE, "what the request was for", "query_source", shape="source", fallback="custom"),
    *keep(Purpose.COST, _USAGE, "effort asked for", "effort", shape="word"),
    *keep(
        Purpose.COST,
        _API | {_K.FEATURE_USE, _K.AGENT_NOTICE, _K.USAGE_COUNTER},
        "tokens used",
        "input_tokens",
        "output_tokens",
        "reasoning_tokens",
        "cache_read_tokens",
        "cache_write_tokens",
        "cache_write_5m_tokens",
        "cache_write_1h_tokens",
        "web_search_requests",
        "cost_nanousd",
    ),
    *keep(Purpose.COST, _API | {_K.USAGE_COUNTER}, "where the cost comes from", "cost_basis", shape="word"),
    *keep(Purpose.COST, _API | {_K.USAGE_COUNTER}, "which prices were taken", "price_version", shape="id"),
    *keep(
        Purpose.COST,
        _API,
        "says how a sum over the agent's own records comes to be wrong",
        "usage_records",
        "naive_output_tokens",
    ),
    *keep(Purpose.COST, _API, "what a subscription is charged in units of its own", "premium_requests", "credits_nano"),
    *keep(Purpose.COST, frozenset({_K.USAGE_COUNTER}), "what the counter counts", "counter", shape="word"),
    *keep(Purpose.LINKING, frozenset({_K.USAGE_COUNTER}), "tells apart what was counted twice", "lineage", shape="id"),
    *keep(Purpose.RELIABILITY, _API, "why the model stopped", "stop_reason", shape="word", fallback="custom"),
    *keep(
        Purpose.ADOPTION,
        _USAGE | {_K.PROMPT},
        "which skill, plugin, subagent or server used it; only if it has the form of a name, else 'custom'",
        "skill",
        "plugin",
        "marketplace",
        "subagent",
        "mcp_server",
        "mcp_tool",
        shape="name",
        fallback="custom",
    ),
    *keep(Purpose.COST, _AGENT, "made by a subagent", "is_sidechain"),
    *keep(Purpose.PERFORMANCE, _TIMED, "how long it took", "duration_ms", "ttft_ms"),
    *keep(Purpose.RELIABILITY, _TIMED, "how often it was tried", "attempts"),
    *keep(Purpose.RELIABILITY, _TIMED, "HTTP status", "status_code"),
    *keep(Purpose.RELIABILITY, _TIMED, "kind of error, never its text", "error_class", shape="name"),
    *keep(Purpose.RELIABILITY, _TIMED, "whether it worked", "success"),
    *keep(Purpose.RELIABILITY, _AGENT, "status of a span", "span_status", shape="word"),
    # a prompt or an answer
    *keep(
        Purpose.OUTCOME,
        frozenset({_K.PROMPT, _K.API_RESPONSE, _K.AGENT_NOTICE, _K.FEATURE_USE}),
        "length of a text that is itself not kept",
        "length_chars",
    ),
    *keep(
        Purpose.OUTCOME, frozenset({_K.PROMPT}), "typed, a command, or the agent's own", "prompt_origin", shape="word"
    ),
    *keep(
        Purpose.ADOPTION,
        frozenset({_K.PROMPT, _K.FEATURE_USE}),
        "which command; only if it has the form of a name, else 'custom'",
        "command",
        shape="name",
        fallback="custom",
    ),
    *keep(Purpose.ADOPTION, frozenset({_K.PROMPT, _K.FEATURE_USE}), "whose command", "command_source", shape="word"),
    # a tool call
    *keep(
        Purpose.ADOPTION,
        _TOOL,
        "which tool; only if it has the form of a name",
        "tool_name",
        shape="tool",
        fallback="custom",
    ),
    *keep(Purpose.ADOPTION, _TOOL, "built in or from where", "tool_source", shape="word"),
    *keep(Purpose.OUTCOME, _TOOL, "accepted or rejected, and by what", "decision", "decision_source", shape="word"),
    *keep(Purpose.OUTCOME, _TOOL | {_K.PROMPT}, "how permissions are asked for", "permission_mode", shape="word"),
    *keep(Purpose.PERFORMANCE, _TOOL, "size of what is itself not kept", "tool_input_bytes", "tool_result_bytes"),
    # what came of it
    *keep(
        Purpose.OUTCOME,
        frozenset({_K.CODE_CHANGE, _K.TOOL_CALL}) | _SUMMARY,
        "lines changed",
        "lines_added",
        "lines_removed",
    ),
    *keep(Purpose.OUTCOME, _TOOL, "programming language", "language", shape="language", fallback="custom"),
    Rule(
        attribute="file",
        kinds=frozenset({_K.TOOL_CALL, _K.CODE_CHANGE}),
        purpose=Purpose.OUTCOME,
        treatment=Treatment.PSEUDONYM,
        reason="how many files were changed, and whether one was read before; without its path or name",
    ),
    *keep(Purpose.OUTCOME, _COUNTED, "how many", "quantity"),
    *keep(Purpose.OUTCOME, frozenset({_K.SESSION_ACTIVITY}) | _SUMMARY, "active time", "active_seconds"),
    *keep(Purpose.OUTCOME, frozenset({_K.SESSION_ACTIVITY}), "whose time", "active_by", shape="word"),
    # a feature
    *keep(Purpose.ADOPTION, _FEATURE, "kind of feature", "feature", shape="word"),
    *keep(
        Purpose.ADOPTION,
        _FEATURE,
        "which one; only if it has the form of a name, else 'custom'",
        "feature_name",
        shape="name",
        fallback="custom",
    ),
    *keep(Purpose.ADOPTION, _FEATURE, "what set it off, what became of it", "trigger", "status", shape="word"),
    *keep(Purpose.ADOPTION, _FEATURE, "where it comes from", "feature_source", shape="word"),
    *keep(Purpose.ADOPTION, _FEATURE, "kept apart from the user's own", "is_async", "is_builtin"),
    *keep(Purpose.COST, _FEATURE, "what it used", "total_tokens", "total_tool_uses", "pre_tokens", "post_tokens"),
    *TOLD,
)

_WITHOUT_TEXTS = frozenset({Preset.STRICT, Preset.STANDARD})
_WITH_NAMES = frozenset({Preset.STANDARD, Preset.CONTENT})


def _kept() -> Iterator[Rule]:
    """Each row of `standard`, and what `strict` does instead. What that does not decide, it drops."""
    for rule in _STANDARD:
        treatment, why = IN_STRICT.get(rule.attribute, (Treatment.DROP, "not decided for this preset"))
        if treatment is Treatment.KEEP:
            yield rule
            continue
        yield replace(rule, presets=_WITH_NAMES)
        only = frozenset({Preset.STRICT})
        if treatment is Treatment.DROP:
            yield _drop(rule.attribute, why, rule.kinds, only)
        else:
            yield replace(rule, treatment=treatment, shape="", fallback=None, reason=why, presets=only)


def _texts() -> Iterator[Rule]:
    """The texts that `content` keeps, by their canonical names and by those of the agents."""
    for text in CONTENT:
        for name in (text.attribute, *text.names):
            yield Rule(
                attribute=name,
                kinds=text.kinds,
                purpose=Purpose.CONTENT,
                treatment=Treatment.SCRUB,
                reason=text.reason,
                into=text.attribute if name != text.attribute else "",
                presets=frozenset({Preset.CONTENT}),
            )
            if name == text.attribute:
                yield _drop(name, text.reason_not, _ALL, _WITHOUT_TEXTS)


def _refused() -> Iterator[Rule]:
    """What is known and refused; an agent's name for a text that `content` keeps is refused elsewhere."""
    taken: dict[str, frozenset[EventKind]] = {}
    for text in CONTENT:
        for name in text.names:
            taken[name] = taken.get(name, frozenset()) | text.kinds
    for reason, attributes in REFUSED:
        for attribute in attributes:
            if attribute not in taken:
                yield _drop(attribute, reason, _ALL, frozenset(Preset))
                continue
            yield _drop(attribute, reason, _ALL, _WITHOUT_TEXTS)
            if left := _ALL - taken[attribute]:
                yield _drop(attribute, reason, left, frozenset({Preset.CONTENT}))


RULES: tuple[Rule, ...] = (*_kept(), *_texts(), *_refused())
"""Every row of every preset."""

POLICIES: dict[Preset, Policy] = {
    preset: Policy(
        (rule for rule in RULES if preset in rule.presets),
        tells_unknown=preset is not Preset.STRICT,  # a name that nobody knows may say anything
    )
    for preset in Preset
}
"""What each preset keeps."""

POLICY = POLICIES[Preset.STANDARD]
"""What is kept where nobody chose."""


def digest(preset: Preset) -> str:
    """A hash of what this preset keeps: the same as long as nothing more, less or else is kept. 16 hex digits.

    Reasons and what is dropped are not part of it: rewording a reason asks nobody again.
    """
    rows = sorted(
        "|".join(
            (
                rule.into or rule.attribute,
                rule.attribute,
                ",".join(sorted(rule.kinds)),
                rule.purpose,
                rule.treatment,
                SHAPES[rule.shape].pattern if rule.shape else "",
                rule.fallback or "",
            )
        )
        for rule in POLICIES[preset].rules
        if rule.treatment is not Treatment.DROP
    )
    return hashlib.blake2b("\n".join(rows).encode(), digest_size=8).hexdigest()
