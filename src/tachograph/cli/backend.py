"""Where a command gets its answers: the running server of this home, or the store opened here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tachograph.home import Home

if TYPE_CHECKING:
    from tachograph.server.services import Answers

__all__ = ["open_backend"]


@contextmanager
def open_backend(home: Home) -> Iterator[Answers]:
    """The server if one runs, else the store, brought up to date first."""
    from tachograph.cli.client import find_server

    server = find_server(home)
    if server is not None:
        yield _Remote(server)
        return
    from tachograph.wiring.local import open_answers

    with open_answers(home) as answers:
        yield answers


class _Remote:
    def __init__(self, server: Any) -> None:
        self._server = server

    def report(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        answer: dict[str, Any] = self._server.get("/api/v1/report", parameters)
        return answer

    def query(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        answer: dict[str, Any] = self._server.get("/api/v1/query", parameters)
        return answer

    def privacy(self) -> dict[str, Any]:
        answer: dict[str, Any] = self._server.get("/api/v1/privacy/policy")
        return answer

    def sql(self, text: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._server.post("/api/v1/sql", {"sql": text})
        return answer

    def explain(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        answer: dict[str, Any] = self._server.get("/api/v1/explain", parameters)
        return answer

    def eval_sessions(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        answer: dict[str, Any] = self._server.get("/api/v1/eval/sessions", parameters)
        return answer

    def ask(self, name: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        answer: dict[str, Any] = self._server.get(f"/api/v1/{name}", parameters)
        return answer

    def ledger(self, parameters: Mapping[str, str]) -> dict[str, Any]:
        answer: dict[str, Any] = self._server.get("/api/v1/ledger", parameters)
        return answer
