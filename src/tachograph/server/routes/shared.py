"""How a route gets at the parts."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from tachograph.server.services import Services

__all__ = ["Parts"]


def _services(request: Request) -> Services:
    return cast(Services, request.app.state.services)


Parts = Annotated[Services, Depends(_services)]
