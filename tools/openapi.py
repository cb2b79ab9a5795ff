"""Prints the API's own description as JSON: the page's types are made from it.

python -m tools.openapi > openapi.json
"""

from __future__ import annotations

import json
import sys
from typing import Any

from fastapi import FastAPI

from tachograph.server.openapi import describe, operation_id
from tachograph.server.routes import ROUTERS

__all__ = ["described_api"]


def described_api() -> dict[str, Any]:
    """The OpenAPI document, without a server."""
    app = FastAPI(title="Tachograph", version="0", generate_unique_id_function=operation_id)
    for router in ROUTERS:
        app.include_router(router)
    return describe(app)


if __name__ == "__main__":
    json.dump(described_api(), sys.stdout)
