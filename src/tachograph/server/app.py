"""The API and the first page: FastAPI behind the guard. Routes are thin: parse, call, shape."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from tachograph.server.attendance import Attendance
from tachograph.server.envelope import error_body, error_status, has_envelope, invalid_parameter
from tachograph.server.guard import Guard
from tachograph.server.live.feed import Feed
from tachograph.server.mistakes import say_mistake
from tachograph.server.openapi import describe, operation_id
from tachograph.server.problems import status_of
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
        generate_unique_id_function=operation_id,
    )
    app.openapi = lambda: describe(app)  # type: ignore[method-assign]
    app.state.services = services
    app.state.live = Feed(services.answers, services.core, services.live)
    for router in ROUTERS:
        app.include_router(router)

    @app.exception_handler(TachographError)
    def known(request: Request, error: TachographError) -> JSONResponse:
        headers = {"Retry-After": "1"} if isinstance(error, StoreBusy) else None
        return _error(request, status_of(error), error.code, error.message, error.hint, headers)

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        if has_envelope(request.url.path):
            return _error(request, 400, "bad_request", invalid_parameter(error.errors()[0]))
        message, hint = say_mistake(error.errors(), request.scope.get("route"))
        return _error(request, 422, "bad_request", message, hint)

    @app.exception_handler(HTTPException)
    def standard(request: Request, error: HTTPException) -> JSONResponse:
        hint = "see /api/openapi.json for what there is"
        return _error(request, error.status_code, f"http_{error.status_code}", str(error.detail), hint, error.headers)

    @app.exception_handler(Exception)
    def unknown(request: Request, error: Exception) -> JSONResponse:
        log.error("a request failed: %s", type(error).__name__)
        return _error(request, 500, "internal", "something went wrong here", "the log names the kind of error")

    return Guard(
        Attendance(app, services.load),
        allowed_hosts=services.allowed_hosts,
        token=services.token,
        page_keys=services.page_keys,
    )


def _error(
    request: Request, status: int, code: str, message: str, hint: str = "", headers: Mapping[str, str] | None = None
) -> JSONResponse:
    """An error in the shape that this path has for errors."""
    path = request.url.path
    return JSONResponse(error_body(path, status, code, message, hint), error_status(path, status), headers)
