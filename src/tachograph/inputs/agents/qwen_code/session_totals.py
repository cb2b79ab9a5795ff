"""The totals that Qwen Code notes at the end of a session: one line per end, of the session since it began.

They hold requests that its chats and its ledger leave out, such as suggestions of the next prompt. A session that goes on
notes a larger total at its next end, so that they are readings of a counter. Source: docs/formats/qwen_code.md.
"""

from __future__ import annotations

from typing import Any

from tachograph.inputs.agents.kit.lines import JsonLines
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.values import Attributes, put, text_of
from tachograph.inputs.agents.qwen_code.requests import noted_tokens
from tachograph_sdk.model.event import DropReason, EventKind

__all__ = ["SessionTotalsReader"]

_LATEST_MS = 7_258_118_400_000  # 2200


class SessionTotalsReader(JsonLines):
    """Reads the lines of the one file with totals; each says of itself all that is needed."""

    agent = "qwen_code"

    def take(self, record: dict[str, Any], number: int, offset: int) -> None:
        """Understand one line."""
        session, models, ended_ms = text_of(record.get("sessionId")), record.get("models"), record.get("timestamp")
        if session is None or not isinstance(models, dict):
            raise Unusable(DropReason.BAD_LINE, "totals of no session")
        if isinstance(ended_ms, bool) or not isinstance(ended_ms, int) or not 0 <= ended_ms < _LATEST_MS:
            raise Unusable(DropReason.BAD_TIME, "no time")
        base: Attributes = {}
        put(base, session_id=session, project=text_of(record.get("project")), counter="session_total")
        for model, told in models.items():
            if not isinstance(told, dict):
                raise Unusable(DropReason.BAD_LINE, "totals in another form")
            numbers = noted_tokens(told)
            if numbers is None:
                continue
            attributes = {**base, **numbers}
            put(attributes, model=text_of(model))
            key = f"total:{session}:{model}:" + ":".join(str(n) for n in numbers.values())
            self.emit("usage_record", EventKind.USAGE_COUNTER, ended_ms * 1_000_000, key, attributes)
