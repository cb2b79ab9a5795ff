"""The classic analytics API: the paths and shapes of an older dashboard, answered from this store."""

from __future__ import annotations

from tachograph.server.routes.classic.router import router

__all__ = ["router"]
