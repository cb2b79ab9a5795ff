"""Everything that somebody could read afterwards: files as bytes, tables as rows, answers, pages, logs."""

from __future__ import annotations

import http.client
import json
import re
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import duckdb

from tests.flows.harness import Running, command

__all__ = ["answers_of", "commands_of", "files_of", "tables_of"]

DIMENSIONS = (
    "day,hour,agent,model,project,repository,user,organization,skill,plugin,subagent,mcp_server,tool,query_source"
)


_START = re.compile(rb'^data: \{"seq":[0-9]+,"settled_seq":([0-9]+)\}$', re.MULTILINE)
_IN_PATH = re.compile(r"\{(?:id|session)\}")
_IDS = re.compile(rb"^id: ([0-9]+)", re.MULTILINE)


def files_of(home: Path, *, but: frozenset[str] = frozenset()) -> dict[str, bytes]:
    """Every file below the home, by its name; a secret in a name would be in that."""
    return {
        f"file {path.relative_to(home)}": str(path.relative_to(home)).encode() + b"\n" + path.read_bytes()
        for path in home.rglob("*")
        if path.is_file() and path.name not in but
    }


def tables_of(home: Path) -> dict[str, bytes]:
    """Every row of every table: the file compresses texts, so its bytes alone do not say what it holds."""
    found = {}
    with duckdb.connect(str(home / "tachograph.duckdb"), read_only=True) as store:
        for (table,) in store.execute("select table_name from duckdb_tables()").fetchall():
            rows = store.execute(f'select * from "{table}"').fetchall()
            found[f"table {table}"] = json.dumps(rows, default=str, ensure_ascii=False).encode()
    for path in home.rglob("*.db"):
        with sqlite3.connect(path) as database:
            found[f"database {path.name}"] = "\n".join(database.iterdump()).encode()
    return found


def answers_of(server: Running) -> dict[str, bytes]:
    """Every GET of the API, with what each takes, and the page, which is the same whatever is stored."""
    told = json.loads(server.request("GET", server.about["http"], "/api/openapi.json")[1])
    listed = json.loads(server.request("GET", server.about["http"], "/api/v1/sessions?range=all")[1])
    sessions = [quote(row["id"], safe="") for row in listed["sessions"][:5]]
    assert sessions
    paths = ["/api/openapi.json", "/"]
    for path, methods in told["paths"].items():
        if "get" in methods and path != "/api/live":  # which does not end
            for asked in [_IN_PATH.sub(one, path) for one in sessions] if "{" in path else [path]:
                paths += [asked, f"{asked}?range=all"]
    for dimension in DIMENSIONS.split(","):
        paths.append(f"/api/v1/report?range=all&by={dimension}")
        paths.append(f"/api/v1/query?metrics=requests,cost_usd&range=all&by={dimension}")
    found = {}
    for path in paths:
        status, body = server.request("GET", server.about["http"], path)
        found[f"answer {path} ({status})"] = body
    return {**found, "live stream": _live_stream(server)}


def _live_stream(server: Running) -> bytes:
    """Every record since the first, as whoever listens gets them: as far as it is stored when it begins."""
    parts = urlsplit(server.about["http"])
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    told = b""
    try:
        connection.request("GET", "/api/live?since_seq=0")
        answer = connection.getresponse()
        while (start := _START.search(told)) is None or int(_IDS.findall(told)[-1]) < int(start[1]):
            told += answer.read1(1 << 16)
    finally:
        connection.close()
    assert b"event: records" in told
    return told


def commands_of(home: Path) -> dict[str, bytes]:
    """What commands print, for people and for programs."""
    found: dict[str, bytes] = {}
    for line in (
        "report",
        "report --json",
        "doctor",
        "doctor --json",
        "otel status",
        "otel status --json",
        "privacy policy --json",
        "explain",
        "prices check",
        "trends --json",
        "concurrency",
        "concurrency --json",
        "errors --json",
        "top --once",
    ):
        done: Any = command(*line.split(), home=home, check=False)
        found[f"command {line}"] = (done.stdout + done.stderr).encode()
    return found
