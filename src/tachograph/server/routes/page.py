"""GET / and /assets/…: the dashboard, as it was built into the package."""

from __future__ import annotations

import gzip
from http import HTTPStatus
from importlib.resources import files
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from tachograph.server.problems import Refused

__all__ = ["router"]

router = APIRouter()

BUILT = files("tachograph.server").joinpath("static")
TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
FOR_EVER = "public, max-age=31536000, immutable"  # an asset's name holds a hash of what is in it


@router.get("/", include_in_schema=False)
def page() -> Response:
    """The page itself; what it shows, it asks the API for."""
    try:
        return Response(BUILT.joinpath("index.html").read_bytes(), media_type="text/html; charset=utf-8")
    except FileNotFoundError:
        hint = "in a checkout, ./dev up builds it; the API answers without it"
        raise Refused("the dashboard was not built", hint=hint, status=HTTPStatus.SERVICE_UNAVAILABLE) from None


@router.get("/assets/{name}", include_in_schema=False)
def asset(name: str, accept_encoding: Annotated[str, Header()] = "") -> Response:
    """A script, style sheet or image, as it was built: compressed, but for who does not take that."""
    kind = TYPES.get(name.rpartition(".")[2])
    if kind is None or not name.replace("-", "").replace("_", "").replace(".", "").isalnum():
        raise HTTPException(404, "no such asset")
    headers = {"Cache-Control": FOR_EVER, "Vary": "Accept-Encoding"}
    try:
        data = BUILT.joinpath("assets", f"{name}.gz").read_bytes()
    except OSError:
        raise HTTPException(404, "no such asset") from None
    if "gzip" in accept_encoding:
        headers["Content-Encoding"] = "gzip"
    else:
        data = gzip.decompress(data)
    return Response(data, media_type=kind, headers=headers)
