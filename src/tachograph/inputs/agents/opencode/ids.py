"""Ids and names of what opencode wrote down, made of what it says and not of where it stands.

A forked session is a copy of another: every message and part gets a new id, and everything else stays as it was, even
the time. So a message is known by its time, its model and its agent, a step also by its usage; a copy is then the same
thing, as it should be, because nothing was asked of a model a second time.
"""

from __future__ import annotations

import hashlib
import re

__all__ = ["derived_id", "is_distinct_call", "plain_model"]

# Ids that a model or a local server only numbers: the next conversation has the same ones.
_NUMBERED = re.compile(r"(?:call|tool|toolu|chatcmpl-tool)?[_-]?\d{1,9}|functions\..*|.*:\d{1,6}", re.DOTALL)
_SHORTEST = 9
_REGION = re.compile(r"(?:us-gov|us|eu|apac|jp|au|global)\.(?=[a-z0-9-]+\.)")


def derived_id(*parts: object) -> str:
    """An id of 26 characters made of these: the same for the same."""
    told = "\x1f".join("" if part is None else str(part) for part in parts)
    return "oc" + hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


def is_distinct_call(call_id: str) -> bool:
    """Whether a tool call's id can be told from those of other conversations."""
    return len(call_id) >= _SHORTEST and _NUMBERED.fullmatch(call_id) is None


def plain_model(model: str | None, provider: str | None) -> str | None:
    """The model as both the database and the spans can name it.

    For Amazon's service opencode puts the region before the name it has in its database, and sends that: "us.anthropic.…".
    """
    if model is None or provider != "amazon-bedrock":
        return model
    return _REGION.sub("", model, count=1) if _REGION.match(model) else model
