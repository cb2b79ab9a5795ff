"""The HTTP server under every receiver: uvicorn with our limits, without handlers of signals."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import uvicorn

from tachograph.inputs.otlp.config import OtlpConfig
from tachograph.inputs.otlp.protocol import Connections

__all__ = ["QuietServer", "make_server"]


class QuietServer(uvicorn.Server):
    """uvicorn without its signal handlers: signals are the process's own."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Do nothing."""
        yield


def make_server(application: Any, connections: Connections, config: OtlpConfig, *, stop_s: float) -> QuietServer:
    """A server for this ASGI application; `stop_s` is what requests in progress get when it ends."""
    return QuietServer(
        uvicorn.Config(
            application,
            http=connections.protocol(),
            loop="none",
            ws="none",
            lifespan="off",
            interface="asgi3",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=round(config.keep_alive_s),
            timeout_graceful_shutdown=round(stop_s),
        )
    )
