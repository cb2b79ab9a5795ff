"""How a route gets at the parts, and how it tells of work that takes long."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from fastapi.responses import StreamingResponse

from tachograph.server.problems import problem
from tachograph.server.services import Progress, Services
from tachograph_sdk.errors import TachographError

__all__ = ["JsonLines", "Parts", "stream_work"]


def _services(request: Request) -> Services:
    return cast(Services, request.app.state.services)


Parts = Annotated[Services, Depends(_services)]


class JsonLines(StreamingResponse):
    """JSON values, one a line, as they come: see `shapes.Line`."""

    media_type = "application/x-ndjson"


def stream_work(name: str, work: Callable[[Progress], dict[str, Any]]) -> JsonLines:
    """Run it in a thread of its own; answer in JSON lines: progress, then one with `report` (or `error`)."""
    lines: queue.Queue[dict[str, Any] | None] = queue.Queue(maxsize=1000)

    def progress(state: dict[str, Any]) -> None:
        try:
            lines.put_nowait(state)
        except queue.Full:
            pass  # nobody reads; the work goes on

    def run() -> None:
        try:
            lines.put({"report": work(progress)})
        except TachographError as error:
            lines.put(problem(error.code, error.message, error.hint))
        except Exception as error:  # noqa: BLE001 - a request handler is one of the four doors
            lines.put(problem("internal", f"{name} failed ({type(error).__name__})", "run `tachograph doctor`"))
        finally:
            lines.put(None)

    def answer() -> Iterator[str]:
        threading.Thread(target=run, name=name, daemon=True).start()
        while (line := lines.get()) is not None:
            yield json.dumps(line) + "\n"

    return JsonLines(answer())
