"""opencode, as the registry knows it."""

from __future__ import annotations

from tachograph.inputs.agents.opencode.otel import classify

__all__ = ["OpenCode"]


class OpenCode:
    """Reads what opencode sends: pure functions from its own words to ours."""

    id = "opencode"
    service_names = frozenset({"opencode"})
    name_prefixes: tuple[str, ...] = ()  # its spans are named by the library that many programs use

    classify = staticmethod(classify)
