"""Talks to the running server of this home, if there is one."""

from __future__ import annotations

import http.client
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from tachograph.home import Home
from tachograph_sdk.errors import ConfigError, QueryError, StoreBusy, TachographError, UnknownAgent

__all__ = ["RunningServer", "find_server"]

TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answered just now."""

    url: str
    token: str
    about: Mapping[str, Any]

    def get(self, path: str, parameters: Mapping[str, str] | None = None) -> Any:
        """The JSON answer of a GET. Raises the error that the server names."""
        return self._call("GET", path + ("?" + urlencode(parameters) if parameters else ""), None)

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        """The JSON answer of a POST. Raises the error that the server names."""
        return self._call("POST", path, body)

    def stream(self, path: str, body: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """The JSON lines of a POST's answer, as they come. Raises the error that the server names in one of them."""
        connection, response = self._open("POST", path, body)
        try:
            if response.status >= 400:
                raise _error(response.status, response.read())
            while line := response.readline():
                told = json.loads(line)
                if "error" in told:  # it came to light after the status had been sent
                    raise _error(500, line)
                yield told
        finally:
            connection.close()

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        connection, response = self._open(method, path, body)
        try:
            data = response.read()
            if response.status >= 400:
                raise _error(response.status, data)
            return json.loads(data)
        finally:
            connection.close()

    def _open(
        self, method: str, path: str, body: Mapping[str, Any] | None
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=TIMEOUT_S)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            return connection, connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise TachographError(
                f"the server at {self.url} stopped answering ({type(error).__name__})", hint="run `tachograph doctor`"
            ) from None


def find_server(home: Home) -> RunningServer | None:
    """The server that runs on this home, or None."""
    try:
        about = json.loads(home.server.read_bytes())
        url, token = str(about["http"]), str(about["token"])
        os.kill(int(about["pid"]), 0)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    server = RunningServer(url=url, token=token, about={k: v for k, v in about.items() if k != "token"})
    try:
        health = server.get("/health")
    except TachographError:
        return None
    return server if health.get("status") else None


def _error(status: int, body: bytes) -> TachographError:
    try:
        told = json.loads(body)["error"]
        message, hint, code = str(told["message"]), str(told.get("hint", "")), str(told.get("code", ""))
    except (ValueError, KeyError, TypeError):
        message, hint, code = f"the server answered with status {status}", "run `tachograph doctor`", ""
    if code == UnknownAgent.code:
        return UnknownAgent(message, hint=hint)
    if status == 422:
        return QueryError(message, hint=hint)
    if status == 503:
        return StoreBusy(message, hint=hint)
    if status == 400:
        return ConfigError(message, hint=hint)
    error = TachographError(message, hint=hint)
    error.code = code or "error"
    return error
