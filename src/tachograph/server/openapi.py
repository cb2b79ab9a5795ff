"""The OpenAPI document: what FastAPI finds, and what it cannot know: the errors of every route, and the control token."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute

from tachograph.server.attendance import LIGHT
from tachograph.server.envelope import has_envelope
from tachograph.server.guard import SAFE_METHODS
from tachograph.server.page_keys import PAGE_ROUTES, REDEEM
from tachograph.server.shapes import Problem, problems

__all__ = ["describe", "operation_id"]

_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "`token` in server.json of the home folder, which only its owner can read",
}

_PAGE_TOKEN = {
    "type": "http",
    "scheme": "bearer",
    "description": "what /api/v1/page-keys/redeem answers; for these few operations only",
}


def operation_id(route: APIRoute) -> str:
    """The name of an operation that does not say one: that of its function, with its first tag."""
    return f"{route.tags[0]}_{route.name}" if route.tags else route.name


def describe(app: FastAPI) -> dict[str, Any]:
    """The whole document; made once."""
    if app.openapi_schema is None:
        made = get_openapi(
            title=app.title, version=app.version, description=app.description, routes=app.routes, tags=app.openapi_tags
        )
        parts = made.setdefault("components", {})
        parts.setdefault("securitySchemes", {}).update(controlToken=_TOKEN, pageToken=_PAGE_TOKEN)
        schemas = parts.setdefault("schemas", {})
        shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        for name, part in shape.pop("$defs", {}).items():
            schemas.setdefault(name, part)
        schemas.setdefault("Problem", shape)
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        for path, methods in made["paths"].items():
            for method, operation in methods.items():
                _complete(path, method.upper(), operation)
        app.openapi_schema = _with_names(made)
    return app.openapi_schema


def _complete(path: str, method: str, operation: dict[str, Any]) -> None:
    """Adds the errors that any request may be answered with, and that a change needs the token."""
    for parameter in operation.get("parameters", ()):
        parameter["schema"] = _never_null(parameter["schema"])
    asked = "parameters" in operation or "requestBody" in operation
    statuses = [403, 500, *([422] if asked else []), *([] if path in LIGHT else [503])]
    if method not in SAFE_METHODS:
        also: list[dict[str, list[str]]] = [{"pageToken": []}] if (method, path) in PAGE_ROUTES else []
        operation["security"] = [] if (method, path) == REDEEM else [{"controlToken": []}, *also]
        statuses += [400, 401]
    responses = operation["responses"]
    if asked:
        _add_no_http(responses)
    if has_envelope(path):
        responses.pop("422", None)  # what is wrong with a parameter is a 400 there
        responses["403"] = {**responses["400"], "description": "From another site, or to another Host."}
        operation["responses"] = dict(sorted(responses.items()))
        return
    for status, described in problems(*statuses).items():
        told = {name: value for name, value in described.items() if name != "model"}
        told["content"] = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
        own = responses.get(str(status), {}) if status != 422 else {}
        content = {**told.pop("content"), **own.get("content", {})}
        responses[str(status)] = {**told, **own, "content": content}
    operation["responses"] = dict(sorted(responses.items()))


def _add_no_http(responses: dict[str, Any]) -> None:
    """What the HTTP server itself answers, before anything of ours sees the request."""
    own = responses.setdefault("400", {"description": "Longer than a request may be, or no HTTP"})
    own.setdefault("content", {})["text/plain"] = {"schema": {"type": "string"}}


def _with_names(made: dict[str, Any]) -> dict[str, Any]:
    """Every model under a name that a program can have: generators of clients trip over underscores and modules in them."""
    schemas = made["components"]["schemas"]
    names: dict[str, str] = {}
    for name in sorted(schemas, key=lambda one: (one.startswith("_"), "classic" in one, one.startswith("tacho"), one)):
        *modules, own = name.removeprefix("tachograph__").split("__") if name.startswith("tachograph__") else [name]
        plain = "".join(part[:1].upper() + part[1:] for part in own.split("_") if part)
        module = "Classic" if "classic" in modules or name.startswith("_") else "".join(modules[-1:]).capitalize()
        taken = {one.lower() for one in names.values()}
        for candidate in (plain, module + plain):
            if candidate.lower() not in taken:
                names[name] = candidate
                break
        else:
            raise ValueError(f"two models are called {module + plain}")
    made["components"]["schemas"] = {
        names[name]: {**schemas[name], "title": names[name]} for name in sorted(schemas, key=lambda one: names[one])
    }
    renamed: dict[str, Any] = _referring(made, {f"#/components/schemas/{old}": new for old, new in names.items()})
    return renamed


def _referring(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {
            key: f"#/components/schemas/{names[one]}" if key == "$ref" and one in names else _referring(one, names)
            for key, one in value.items()
        }
    return [_referring(one, names) for one in value] if isinstance(value, list) else value


def _never_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Of a parameter: what is left out is left out, and not null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    if not kinds:
        return schema
    rest = {name: value for name, value in schema.items() if name != "anyOf"}
    return {**rest, **kinds[0]} if len(kinds) == 1 else {**rest, "anyOf": kinds}
