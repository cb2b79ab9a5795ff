"""The ledger of Qwen Code: one line per response of any session, without the response's id.

It says again what chats and telemetry say, and is all there is of sessions whose chats were not kept. The store pairs its
rows with theirs by session, model and numbers. Source: docs/formats/qwen_code.md.
"""

from __future__ import annotations

from typing import Any

from tachograph.inputs.agents.kit.gemini.forms import whole_count
from tachograph.inputs.agents.kit.lines import JsonLines
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.times import time_ns
from tachograph.inputs.agents.kit.values import put, text_of
from tachograph.inputs.agents.qwen_code.requests import noted_tokens, purpose
from tachograph_sdk.model.event import DropReason, EventKind

__all__ = ["LedgerReader"]


class LedgerReader(JsonLines):
    """Reads the lines of one month's ledger; each says of itself all that is needed."""

    agent = "qwen_code"

    def take(self, record: dict[str, Any], number: int, offset: int) -> None:
        """Understand one line."""
        identity, session = text_of(record.get("id")), text_of(record.get("sessionId"))
        if identity is None or session is None:
            raise Unusable(DropReason.BAD_LINE, "a response without an id or session")
        numbers = noted_tokens(record)
        if numbers is None:
            return
        subagent = text_of(record.get("source"))
        attributes = dict(numbers)
        put(
            attributes,
            session_id=session,
            model=text_of(record.get("model")),
            provider=text_of(record.get("authType")),
            query_source=purpose(subagent, None),
            subagent=None if subagent == "main" else subagent,
            duration_ms=whole_count(record, "apiDurationMs") or None,
        )
        self.emit(
            "token_usage", EventKind.API_REQUEST, time_ns(record.get("timestamp")), f"usage:{identity}", attributes
        )
