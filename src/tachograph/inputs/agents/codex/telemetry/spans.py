"""Its spans: nearly all are of the program's own functions. Source: docs/formats/codex.md.

The usage of a request stands on a span that names no session, model or response, so that nothing could join it to the
log event of the same request: it is left out. What a turn took, and used, is a notice.
"""

from __future__ import annotations

from tachograph.inputs.agents.codex.usage import to_count
from tachograph.inputs.agents.kit.telemetry import Attributes, Spec
from tachograph_sdk.model.event import EventKind, RawEvent

__all__ = ["SPANS"]


def _turn(raw: RawEvent, out: Attributes) -> None:
    out["total_tokens"] = to_count(raw.attributes.get("codex.turn.token_usage.total_tokens"))


SPANS: dict[str, Spec] = {
    "session_task.turn": Spec(
        kind=EventKind.AGENT_NOTICE,
        names={
            "thread.id": "session_id",  # on this span; on others it is a number of the operating system's
            "turn.id": "prompt_id",
            "codex.turn.reasoning_effort": "effort",
            "codex.turn.token_usage.input_tokens": "",
            "codex.turn.token_usage.cached_input_tokens": "",
            "codex.turn.token_usage.cache_write_input_tokens": "",
            "codex.turn.token_usage.non_cached_input_tokens": "",
            "codex.turn.token_usage.output_tokens": "",
            "codex.turn.token_usage.reasoning_output_tokens": "",
            "codex.turn.token_usage.total_tokens": "",
        },
        constants={"feature": "turn"},
        finish=_turn,
    ),
}
