"""The texts that the preset `content` keeps, and how: scrubbed, cut to a length, apart from everything else.

Answers, outputs of tools and file contents that a tool only gave back are kept by no preset. What a tool was given is,
and with it what an agent wrote into a file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from tachograph_sdk.model.event import AttributeValue, EventKind

if TYPE_CHECKING:  # the detectors take sixty milliseconds to load, and whoever only looks at the policy needs none
    from tachograph_sdk.privacy.detectors.detector import Span

__all__ = ["CONTENT", "DROPPED", "MAX_CHARS", "ContentScrubber", "ContentText", "Scrubs"]

MAX_CHARS = 16_384
"""Characters kept of one text, counted before it is scrubbed."""

DROPPED = "<dropped:scrubber-error>"
"""What is left of a text that could not be scrubbed."""

_LOOK_BEYOND = 8_192  # characters after those that are scrubbed with them, so that no secret is cut before it is known
_SAID_TO_BE_REDACTED = frozenset({"", "<REDACTED>", "[REDACTED]", "REDACTED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentText:
    """One sort of text: its canonical name, on which kinds of event, what agents call it, why it may be kept or not."""

    attribute: str
    kinds: frozenset[EventKind]
    names: tuple[str, ...]
    reason: str
    reason_not: str


_CALLS = frozenset({EventKind.TOOL_CALL, EventKind.TOOL_DECISION})

CONTENT: tuple[ContentText, ...] = (
    ContentText(
        attribute="content_prompt",
        kinds=frozenset({EventKind.PROMPT}),
        names=("prompt", "prompt_text"),
        reason="what was asked, to find a session again and to learn from it",
        reason_not="the text of a prompt",
    ),
    ContentText(
        attribute="content_tool_input",
        kinds=_CALLS,
        names=("tool_input", "function_args", "arguments", "ai.toolCall.args", "gen_ai.tool.call.arguments"),
        reason="command line, file path and other arguments, to see what was done",
        reason_not="what a tool was given",
    ),
    ContentText(
        attribute="content_tool_parameters",
        kinds=_CALLS,
        names=("tool_parameters", "full_command"),
        reason="the command as Claude Code says it apart, which is whole where its arguments are cut short",
        reason_not="what a tool was given",
    ),
    ContentText(
        attribute="content_error",
        kinds=frozenset({EventKind.API_ERROR, EventKind.TOOL_CALL, EventKind.AGENT_NOTICE}),
        names=("error", "error_message", "error.message", "exception.message"),
        reason="what went wrong, in the words of the API or the tool",
        reason_not="free text of an error, which may quote anything",
    ),
)


class Scrubs(Protocol):
    """The part of the Scrubber that is needed here."""

    def find(self, text: str) -> Sequence[Span]:
        """What must go, in order and without overlaps."""


class ContentScrubber:
    """Makes of a raw text what may be kept of it: at most MAX_CHARS, scrubbed, with a mark of how many were left out.

    What is no text but a list or an object is taken as JSON. None: there is nothing to keep. DROPPED: it could not be
    scrubbed, so nothing of it may be kept.
    """

    def __init__(self, scrubber: Scrubs | None = None) -> None:
        self._scrubber = scrubber

    def __call__(self, value: AttributeValue) -> str | None:
        """What may be kept of a value. Never raises."""
        try:
            text = _as_text(value)
            if text is None or text.strip() in _SAID_TO_BE_REDACTED:
                return None
            if self._scrubber is None:
                from tachograph_sdk.privacy.scrubber import Scrubber  # loaded where texts are kept, and nowhere else

                self._scrubber = Scrubber()
            return _cut(text, self._scrubber.find(text[: MAX_CHARS + _LOOK_BEYOND]))
        except Exception:  # noqa: BLE001 - fail closed; the exception may quote the text
            return DROPPED


def _cut(text: str, spans: Iterable[Span]) -> str:
    """The text with placeholders, up to MAX_CHARS; what begins before that is replaced whole."""
    pieces: list[str] = []
    at, end = 0, min(len(text), MAX_CHARS)
    for span in spans:
        if span.start >= end:
            break
        pieces += (text[at : span.start], f"<{span.kind}>")
        at = span.end
    if at < end:
        pieces.append(text[at:end])
        at = end
    if at < len(text):
        pieces.append(f"<truncated:{len(text) - at}>")
    return "".join(pieces).replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def _as_text(value: AttributeValue) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, list | dict):
        return json.dumps(value, ensure_ascii=False, default=lambda _: "<bytes>")
    return None
