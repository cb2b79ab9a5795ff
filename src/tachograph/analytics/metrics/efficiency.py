"""What came of what was spent: each made of two metrics, which may come from different facts."""

from __future__ import annotations

from typing import Final

from tachograph.analytics.metrics.metric import Metric, derived

__all__ = ["EFFICIENCY"]

_EACH: Final = {
    "session": ("sessions", "no session was active"),
    "prompt": ("prompts", "no prompt was sent"),
    "commit": ("commits", "no commit was made through the agent"),
    "pull_request": ("pull_requests", "no pull request was opened through the agent"),
    "line": ("lines_added", "no line was added by the agent"),
}
"""What a cost or tokens can be divided by: the metric, and why the quotient is null without it."""


def _cost_per(thing: str, explained: str) -> Metric:
    divisor, reason = _EACH[thing]
    return derived(
        f"cost_per_{thing}_usd", "usd", "lower", explained,
        made_of=f"{{cost_microusd}} / nullif({{{divisor}}}, 0)", formula=f"cost_usd / {divisor}, not rounded", reason=reason,
    )  # fmt: skip


def _tokens_per(thing: str, explained: str) -> Metric:
    divisor, reason = _EACH[thing]
    return derived(
        f"tokens_per_{thing}", "tokens", "lower", explained,
        made_of=f"{{total_tokens}} / nullif({{{divisor}}}, 0)", formula=f"total_tokens / {divisor}", reason=reason,
    )  # fmt: skip


def _cost_share(name: str, explained: str, part: str) -> Metric:
    return derived(
        name, "ratio", "neither", explained,
        made_of=f"{{{part}}} / nullif({{cost_microusd}}, 0)", formula=f"{part} / cost_microusd", reason="nothing had a cost",
    )  # fmt: skip


EFFICIENCY: tuple[Metric, ...] = (
    _cost_per("session", "Cost in dollars for each session that was active."),
    _cost_per("prompt", "Cost in dollars for each prompt a person sent."),
    _cost_per("commit", "Cost in dollars for each commit, whatever else was done in that time."),
    _cost_per("pull_request", "Cost in dollars for each pull request, whatever else was done in that time."),
    _cost_per("line", "Cost in dollars for each line that was added."),
    _tokens_per("commit", "Tokens of all classes for each commit."),
    _tokens_per("line", "Tokens of all classes for each line that was added."),
    derived(
        "requests_per_prompt", "mean", "neither", "Depth: answered requests for each prompt a person sent.",
        made_of="{requests} / nullif({prompts}, 0)", formula="requests / prompts", reason="no prompt was sent",
    ),
    derived(
        "prompts_per_session", "mean", "neither", "Prompts a person sent for each session that was active.",
        made_of="{prompts} / nullif({sessions}, 0)", formula="prompts / sessions", reason="no session was active",
    ),
    derived(
        "cost_share", "ratio", "neither", "Share of a row in the cost of all rows of the answer; of one row it is 1.",
        made_of="{cost_microusd} / nullif(sum({cost_microusd}) over (), 0)",
        formula="cost_microusd of the row / cost_microusd of all rows", reason="nothing had a cost",
    ),
    _cost_share("subagent_cost_share", "Share of the cost that subagents caused.", "subagent_cost_microusd"),
    _cost_share("skill_cost_share", "Share of the cost attributed to a skill.", "skill_cost_microusd"),
    _cost_share("plugin_cost_share", "Share of the cost attributed to a plugin.", "plugin_cost_microusd"),
    _cost_share("mcp_cost_share", "Share of the cost attributed to an MCP server.", "mcp_cost_microusd"),
)  # fmt: skip
