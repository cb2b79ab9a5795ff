"""A receiver for one program: OTLP/HTTP on a loopback port, under a path that nobody else can guess, in a thread.

The same application as the large receiver's, with its limits and answers. It listens from the moment it is made, so that
the program can be started at once; what connects before the thread is ready waits in the queue of the socket. Whatever
goes wrong here is remembered in `trouble` and never raised: the program runs all the same.
"""

from __future__ import annotations

import asyncio
import secrets
import select
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from tachograph.ports import Submit

__all__ = ["PrivateReceiver"]

BACKLOG: Final = 64
LAST_REQUESTS_S: Final = 0.05  # what the program sent last may lie unread in a socket
STOP_S: Final = 2.0  # what requests in progress get
LOAD_AFTER_S: Final = 0.3  # a program that ends sooner and connects to nobody costs next to nothing

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]


class PrivateReceiver:
    """`endpoint` is what the program is told; `start`, then `stop` when it has ended.

    Args:
        take: where requests are put.

    Raises:
        OSError: there is no loopback port to be had.
    """

    def __init__(self, take: Submit) -> None:
        self.trouble = ""  # a word for what went wrong
        self._take = take
        self._prefix = f"/{secrets.token_hex(12)}"
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            self._listener.bind(("127.0.0.1", 0))
            self._listener.listen(BACKLOG)
            self._listener.setblocking(False)
        except OSError:
            self._listener.close()
            raise
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}{self._prefix}"
        self._stopping = threading.Event()
        self._server: Any = None
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)

    def start(self) -> None:
        """Begin to answer, soon."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is in progress, and end."""
        self._stopping.set()
        if self._server is None:
            self._thread.join(LOAD_AFTER_S)
        if self._thread.is_alive():
            time.sleep(LAST_REQUESTS_S)
            if self._server is not None:
                self._server.should_exit = True
            self._thread.join(2 * STOP_S)
        self._listener.close()

    def _is_needed(self) -> bool:
        """Wait until somebody connects or the program has run for a moment; False if it ended before."""
        deadline = time.monotonic() + LOAD_AFTER_S
        while not select.select([self._listener], [], [], 0.02)[0]:
            if self._stopping.is_set():
                return False
            if time.monotonic() > deadline:
                break
        return True

    def _run(self) -> None:
        try:
            if self._is_needed():
                asyncio.run(self._serve())
        except Exception as error:  # noqa: BLE001 - a door: the program that is measured must not notice
            self.trouble = type(error).__name__
        except SystemExit:  # so uvicorn says that it could not start
            self.trouble = "SystemExit"
        finally:
            self._listener.close()  # whoever sends now is told so at once

    async def _serve(self) -> None:
        from tachograph.inputs.otlp.config import OtlpConfig
        from tachograph.inputs.otlp.http import OtlpHttp
        from tachograph.inputs.otlp.intake import Intake
        from tachograph.inputs.otlp.listening import make_server
        from tachograph.inputs.otlp.protocol import Connections
        from tachograph.inputs.otlp.stats import ReceiverStats

        config, stats = OtlpConfig(http_port=0, grpc_port=-1), ReceiverStats()
        connections = Connections(config, stats)
        application = OtlpHttp(Intake(self._take, config, stats), health=lambda: {"status": "ok"}, metrics=str)
        server = make_server(_below(self._prefix, application), connections, config, stop_s=STOP_S)
        self._server = server
        if self._stopping.is_set():  # it ended while this was loaded: what is waiting is taken in, then this ends too
            asyncio.get_running_loop().call_later(LAST_REQUESTS_S, setattr, server, "should_exit", True)
        sweeping = asyncio.create_task(connections.sweep())
        try:
            await server.serve(sockets=[self._listener])
        finally:
            sweeping.cancel()


def _below(prefix: str, application: Application) -> Application:
    """The application below a path; what comes in elsewhere finds nothing there."""

    async def answer(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            path = scope["path"]
            scope["path"] = path.removeprefix(prefix) if path.startswith(prefix + "/") else "/"
        await application(scope, receive, send)

    return answer
