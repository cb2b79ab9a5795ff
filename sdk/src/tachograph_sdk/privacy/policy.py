"""What is kept, how and why: the allow-list. A row per attribute; what no row names is dropped and counted.

The rows name canonical attributes (model/attributes.py) for what may pass, and the agents' own names for what is known
and refused, so that the page "what we collect" can say both. `docs_table()` renders that page.
Changing a row so that more is kept, or kept more plainly, needs a new POLICY_VERSION: consent is asked for again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from tachograph_sdk.model.attributes import ATTRIBUTES
from tachograph_sdk.model.event import EventKind
from tachograph_sdk.privacy.refused import REFUSED

__all__ = ["POLICY", "POLICY_VERSION", "Policy", "Purpose", "Rule", "Treatment", "docs_table"]

POLICY_VERSION = 2


class Treatment(StrEnum):
    """What happens to a value at the wall."""

    KEEP = "keep"  # as it is, if it has the right type and shape
    DROP = "drop"  # never kept
    PRESENCE = "presence"  # only that it was there
    COUNT = "count"  # only how many items it has
    LENGTH = "length"  # only how many characters it has
    BUCKET = "bucket"  # a number, rounded down to a power of two
    PSEUDONYM = "pseudonym"  # a keyed hash
    SCRUB = "scrub"  # a text, after the detectors went over it; dropped where there are none


class Purpose(StrEnum):
    """What an attribute is needed for."""

    COST = "cost"  # what was used and what it cost
    PERFORMANCE = "performance"  # how long it took
    RELIABILITY = "reliability"  # what failed
    OUTCOME = "outcome"  # what came of it
    ADOPTION = "adoption"  # which features and tools are used
    LINKING = "linking"  # which records belong together
    ATTRIBUTION = "attribution"  # whose and where, by pseudonym
    ENVIRONMENT = "environment"  # version and platform, to read records rightly
    NONE = "none"  # not needed, so dropped


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One row: an attribute, on which kinds of event, for what, treated how, and why."""

    attribute: str
    kinds: frozenset[EventKind]
    purpose: Purpose
    treatment: Treatment
    reason: str
    shape: str = ""  # of a kept text, see shapes.py
    fallback: str | None = None  # put in place of a text without that shape; None drops it
    into: str = ""  # canonical attribute that takes the result; "" is `attribute` itself


class Policy:
    """The rows, looked up by kind and attribute."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        self._by: dict[tuple[EventKind, str], Rule] = {}
        for rule in self.rules:
            for kind in rule.kinds:
                if (kind, rule.attribute) in self._by:
                    raise ValueError(f"two policy rows for {rule.attribute} on {kind}")
                self._by[kind, rule.attribute] = rule

    def rule(self, kind: EventKind, attribute: str) -> Rule | None:
        """The row for this attribute on this kind of event, or None: drop it and count it."""
        return self._by.get((kind, attribute))


_ALL = frozenset(EventKind)
_K = EventKind
_AGENT = _ALL - {_K.PACKAGE_DOWNLOADS, _K.REPO_ACTIVITY}
_API = frozenset({_K.API_REQUEST, _K.API_ERROR, _K.API_RESPONSE})
_USAGE = _API | {_K.USAGE_COUNTER, _K.FEATURE_USE, _K.AGENT_NOTICE, _K.CODE_CHANGE, _K.TOOL_CALL, _K.TOOL_DECISION}
_TOOL = frozenset({_K.TOOL_CALL, _K.TOOL_DECISION, _K.FEATURE_USE, _K.AGENT_NOTICE, _K.CODE_CHANGE})
_TIMED = _API | _TOOL | {_K.PROMPT, _K.SESSION_ACTIVITY}
_FEATURE = frozenset({_K.FEATURE_USE, _K.AGENT_NOTICE})
_COUNTED = frozenset(
    {_K.SESSION_START, _K.VCS_COMMIT, _K.VCS_PULL_REQUEST, _K.USAGE_COUNTER, _K.CODE_CHANGE, _K.FEATURE_USE}
    | {_K.AGENT_NOTICE, _K.PACKAGE_DOWNLOADS, _K.REPO_ACTIVITY}
)


def _keep(
    purpose: Purpose,
    kinds: frozenset[EventKind],
    reason: str,
    *attributes: str,
    shape: str = "",
    fallback: str | None = None,
) -> list[Rule]:
    return [
        Rule(
            attribute=attribute,
            kinds=kinds,
            purpose=purpose,
            treatment=Treatment.KEEP,
            reason=reason,
            shape=shape,
            fallback=fallback,
        )
        for attribute in attributes
    ]


def _pseudonym(attribute: str, kinds: frozenset[EventKind], reason: str) -> Rule:
    return Rule(
        attribute=attribute, kinds=kinds, purpose=Purpose.ATTRIBUTION, treatment=Treatment.PSEUDONYM, reason=reason
    )


def _drop(reason: str, *attributes: str) -> list[Rule]:
    return [
        Rule(attribute=attribute, kinds=_ALL, purpose=Purpose.NONE, treatment=Treatment.DROP, reason=reason)
        for attribute in attributes
    ]


_PASS: tuple[Rule, ...] = (
    # whose and where
    _pseudonym("session_id", _AGENT, "joins the records of one session; cannot be looked up in the agent's files"),
    _pseudonym("user_id", _AGENT, "splits by person without naming anybody"),
    _pseudonym("organization_id", _AGENT, "splits by organization"),
    _pseudonym("project", _AGENT, "splits by working directory without its path"),
    _pseudonym("repository", _AGENT | {_K.REPO_ACTIVITY}, "splits by repository without its address"),
    # version and platform
    *_keep(Purpose.ENVIRONMENT, _ALL, "what a record means depends on the version", "agent_version", shape="version"),
    *_keep(Purpose.ENVIRONMENT, _ALL, "how the agent was started", "entrypoint", shape="word"),
    *_keep(Purpose.ENVIRONMENT, _ALL, "platform", "os_type", "host_arch", shape="word"),
    *_keep(Purpose.ENVIRONMENT, _ALL, "kind of terminal", "terminal", shape="terminal", fallback="custom"),
    *_keep(Purpose.LINKING, _AGENT, "order of records with the same time", "sequence"),
    *_keep(Purpose.ADOPTION, frozenset({_K.SESSION_START}), "new, resumed or continued", "start_type", shape="word"),
    # what belongs together: ids the API and the agent make up at random
    *_keep(
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
    *_keep(Purpose.LINKING, _AGENT, "random id of a trace", "trace_id", shape="hex32"),
    *_keep(Purpose.LINKING, _AGENT, "random id of a span", "span_id", "parent_span_id", shape="hex16"),
    # an API request
    *_keep(Purpose.COST, _USAGE, "price depends on it", "model", "model_requested", shape="model", fallback="custom"),
    *_keep(Purpose.COST, _AGENT, "price depends on it", "provider", shape="name"),
    *_keep(Purpose.COST, _AGENT, "price depends on it", "service_tier", "speed", "inference_geo", shape="word"),
    *_keep(Purpose.COST, _USAGE, "what the request was for", "query_source", shape="source", fallback="custom"),
    *_keep(Purpose.COST, _USAGE, "effort asked for", "effort", shape="word"),
    *_keep(
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
    *_keep(
        Purpose.COST, _API | {_K.USAGE_COUNTER}, "where the cost comes from", "cost_basis", "price_version", shape="id"
    ),
    *_keep(
        Purpose.COST,
        _API,
        "says how a sum over the agent's own records comes to be wrong",
        "usage_records",
        "naive_output_tokens",
    ),
    *_keep(
        Purpose.COST, _API, "what a subscription is charged in units of its own", "premium_requests", "credits_nano"
    ),
    *_keep(Purpose.COST, frozenset({_K.USAGE_COUNTER}), "what the counter counts", "counter", shape="word"),
    *_keep(Purpose.LINKING, frozenset({_K.USAGE_COUNTER}), "tells apart what was counted twice", "lineage", shape="id"),
    *_keep(Purpose.RELIABILITY, _API, "why the model stopped", "stop_reason", shape="word", fallback="custom"),
    *_keep(
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
    *_keep(Purpose.COST, _AGENT, "made by a subagent", "is_sidechain"),
    *_keep(Purpose.PERFORMANCE, _TIMED, "how long it took", "duration_ms", "ttft_ms"),
    *_keep(Purpose.RELIABILITY, _TIMED, "how often it was tried", "attempts"),
    *_keep(Purpose.RELIABILITY, _TIMED, "HTTP status", "status_code"),
    *_keep(Purpose.RELIABILITY, _TIMED, "kind of error, never its text", "error_class", shape="name"),
    *_keep(Purpose.RELIABILITY, _TIMED, "whether it worked", "success"),
    *_keep(Purpose.RELIABILITY, _AGENT, "status of a span", "span_status", shape="word"),
    # a prompt or an answer
    *_keep(
        Purpose.OUTCOME,
        frozenset({_K.PROMPT, _K.API_RESPONSE, _K.AGENT_NOTICE}),
        "length of a text that is itself not kept",
        "length_chars",
    ),
    *_keep(
        Purpose.OUTCOME, frozenset({_K.PROMPT}), "typed, a command, or the agent's own", "prompt_origin", shape="word"
    ),
    *_keep(
        Purpose.ADOPTION,
        frozenset({_K.PROMPT, _K.FEATURE_USE}),
        "which command; only if it has the form of a name, else 'custom'",
        "command",
        shape="name",
        fallback="custom",
    ),
    *_keep(Purpose.ADOPTION, frozenset({_K.PROMPT, _K.FEATURE_USE}), "whose command", "command_source", shape="word"),
    # a tool call
    *_keep(
        Purpose.ADOPTION,
        _TOOL,
        "which tool; only if it has the form of a name",
        "tool_name",
        shape="tool",
        fallback="custom",
    ),
    *_keep(Purpose.ADOPTION, _TOOL, "built in or from where", "tool_source", shape="word"),
    *_keep(Purpose.OUTCOME, _TOOL, "accepted or rejected, and by what", "decision", "decision_source", shape="word"),
    *_keep(Purpose.OUTCOME, _TOOL | {_K.PROMPT}, "how permissions are asked for", "permission_mode", shape="word"),
    *_keep(Purpose.PERFORMANCE, _TOOL, "size of what is itself not kept", "tool_input_bytes", "tool_result_bytes"),
    # what came of it
    *_keep(Purpose.OUTCOME, frozenset({_K.CODE_CHANGE, _K.TOOL_CALL}), "lines changed", "lines_added", "lines_removed"),
    *_keep(Purpose.OUTCOME, _TOOL, "programming language", "language", shape="language", fallback="custom"),
    *_keep(Purpose.OUTCOME, _COUNTED, "how many", "quantity"),
    *_keep(Purpose.OUTCOME, frozenset({_K.SESSION_ACTIVITY}), "active time", "active_seconds"),
    *_keep(Purpose.OUTCOME, frozenset({_K.SESSION_ACTIVITY}), "whose time", "active_by", shape="word"),
    # a feature
    *_keep(Purpose.ADOPTION, _FEATURE, "kind of feature", "feature", shape="word"),
    *_keep(
        Purpose.ADOPTION,
        _FEATURE,
        "which one; only if it has the form of a name, else 'custom'",
        "feature_name",
        shape="name",
        fallback="custom",
    ),
    *_keep(Purpose.ADOPTION, _FEATURE, "what set it off, what became of it", "trigger", "status", shape="word"),
    *_keep(Purpose.ADOPTION, _FEATURE, "where it comes from", "feature_source", shape="word"),
    *_keep(Purpose.ADOPTION, _FEATURE, "kept apart from the user's own", "is_async", "is_builtin"),
    *_keep(Purpose.COST, _FEATURE, "what it used", "total_tokens", "total_tool_uses", "pre_tokens", "post_tokens"),
)

_REFUSE: tuple[Rule, ...] = (
    *_drop("the text of a prompt", "prompt", "prompt_text", "user_prompt", "user_system_prompt", "system_prompt"),
    *_drop("the text of an answer", "response", "response_text", "body", "body_ref", "completion"),
    *_drop(
        "what a tool was given",
        "tool_input",
        "tool_parameters",
        "full_command",
        "bash_command",
        "bash_argv0",
        "function_args",
    ),
    *_drop("what a tool gave back", "tool_output", "tool_result", "output", "arguments"),
    *_drop("free text of an error, which may quote anything", "error", "error_message", "exception.message"),
    *_drop(
        "paths and file names",
        "file_path",
        "workspace.host_paths",
        "cwd",
        "hook_name",
        "hook_matcher",
        "hook_definitions",
    ),
    *_drop(
        "the command line, and with it the prompt", "process.command_args", "process.command_line", "process.command"
    ),
    *_drop("names a machine", "host.name", "host.id", "service.instance.id"),
    *_drop(
        "names a person; the first of them that is present is kept as the pseudonym user_id",
        "user.email",
        "user.account_uuid",
        "user.account_id",
        "user.id",
        "user.groups",
        "identity.source",
    ),
    *_drop(
        "names a repository, branch or commit; kept as the pseudonym repository where the address is known",
        "vcs.repository.url.full",
        "vcs.owner.name",
        "vcs.repository.name",
        "vcs.provider.name",
        "vcs.ref.head.revision",
        "vcs.ref.head.name",
        "vcs.ref.head.type",
    ),
    *_drop("a server's or workflow's own name", "server_name", "workflow.name"),
    *_drop("the text of a request", "request_text", "trusted_content"),
    *_drop("why a model was chosen or a verdict given, in words that may quote the prompt", "reasoning", "analysis"),
    *_drop("what a subagent gave back", "result", "execution_summary"),
    *_drop("names an installation; kept as the pseudonym user_id where nothing names the person", "installation.id"),
    *_drop(
        "names a user, a program or a process of the machine", "process.owner", "process.pid", "process.executable.path"
    ),
    *_drop("where an extension comes from", "extension_source", "extension_id", "extension_ids"),
    *_drop("a verdict or policy that quotes the prompt", "policy", "tool_call", "verdict_rationale"),
    *_drop(
        "not needed: details of Gemini CLI and Qwen Code",
        "experiments.ids",
        "process.runtime.version",
        "process.runtime.name",
        "process.runtime.description",
        "parent_call_id",
        "loop_type",
        "subagent_name",
        "request_setup_ms",
        "retry_total_delay_ms",
        "sampling_ms",
        "output_tokens_per_second",
        "tool.failure_kind",
        "qwen-code.prompt_id",
        "qwen-code.context.usage",
    ),
    *_drop("a hash of a plugin's name", "plugin_id_hash", "plugin_id"),
    *_drop("a path to, or the text of, settings", "managed_settings.settings", "managed_settings.hash"),
    *_drop(
        "not needed: says again what another attribute says",
        "gen_ai.provider.name",
        "gen_ai.conversation.id",
        "gen_ai.system",
        "gen_ai.operation.name",
        "gen_ai.request.model",
        "gen_ai.response.id",
        "gen_ai.response.finish_reasons",
        "gen_ai.tool.name",
        "gen_ai.tool.call.id",
        "final_model",
        "model_swapped",
    ),
    *(rule for reason, attributes in REFUSED for rule in _drop(reason, *attributes)),
)

POLICY = Policy(_PASS + _REFUSE)
"""The policy in force."""


def docs_table(policy: Policy = POLICY) -> str:
    """The policy as Markdown for PRIVACY.md: first what is kept, then what is known and refused."""
    lines = ["| Attribute | Meaning | On | For | Treatment | Why |", "|---|---|---|---|---|---|"]
    refused = ["| Attribute | Why it is dropped |", "|---|---|"]
    for rule in policy.rules:
        if rule.treatment is Treatment.DROP:
            refused.append(f"| `{rule.attribute}` | {rule.reason} |")
            continue
        name = rule.into or rule.attribute
        meaning = ATTRIBUTES[name].help if name in ATTRIBUTES else "pseudonym of the session"
        on = (
            "every agent record"
            if rule.kinds >= _AGENT
            else ", ".join(f"`{k.value}`" for k in EventKind if k in rule.kinds)
        )
        shape = f" ({rule.shape})" if rule.shape else ""
        lines.append(
            f"| `{rule.attribute}` | {meaning} | {on} | {rule.purpose} | {rule.treatment}{shape} | {rule.reason} |"
        )
    return "\n".join([*lines, "", "Known, and never kept:", "", *refused, ""])
