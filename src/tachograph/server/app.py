"""The API and the first page: FastAPI behind the guard. Routes are thin: parse, call, shape."""

from __future__ import annotations

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tachograph.server.attendance import Attendance
from tachograph.server.guard import Guard
from tachograph.server.live.feed import Feed
from tachograph.server.problems import problem, status_of
from tachograph.server.routes import ROUTERS
from tachograph.server.services import Services
from tachograph_sdk.errors import StoreBusy, TachographError

__all__ = ["create_app"]

log = logging.getLogger(__name__)


def create_app(services: Services) -> Guard:
    """The whole API for one core."""
    app = FastAPI(
        title="Tachograph",
        version=services.version,
        description="What coding agents did, what it cost and what came of it.",
        openapi_url="/api/openapi.json",
        docs_url=None,  # the usual pages load scripts from elsewhere
        redoc_url=None,
    )
    app.state.services = services
    app.state.live = Feed(services.answers, services.core, services.live)
    for router in ROUTERS:
        app.include_router(router)

    @app.exception_handler(TachographError)
    def known(_: Request, error: TachographError) -> JSONResponse:
        headers = {"Retry-After": "1"} if isinstance(error, StoreBusy) else None
        return JSONResponse(problem(error.code, error.message, error.hint), status_of(error), headers)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        where = ".".join(str(x) for x in first["loc"] if x not in {"query", "body"})
        told = "the body is not JSON" if first["type"] == "json_invalid" else f"{where or 'the body'}: {first['msg']}"
        return JSONResponse(problem("bad_request", told, "see /api/openapi.json"), 422)

    @app.exception_handler(HTTPException)
    def standard(_: Request, error: HTTPException) -> JSONResponse:
        hint = "see /api/openapi.json for what there is"
        return JSONResponse(problem(f"http_{error.status_code}", str(error.detail), hint), error.status_code)

    @app.exception_handler(Exception)
    def unknown(_: Request, error: Exception) -> JSONResponse:
        log.error("a request failed: %s", type(error).__name__)
        return JSONResponse(problem("internal", "something went wrong here", "the log names the kind of error"), 500)

    return Guard(Attendance(app, services.load), allowed_hosts=services.allowed_hosts, token=services.token)
