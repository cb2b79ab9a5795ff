"""What agents really sent and left behind, with a secret in every field and every name that can hold one.

Recorded requests and files are taken apart and put together again. What says which record it is stays, so that each is
understood and goes all the way; everything else may become a secret, alone or in free text, and more fields are added
whose names are secrets too.
"""

from __future__ import annotations

import json
import random
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.captures import to_json, to_protobuf
from tests.flows.wall.planted import Secret, sentence

__all__ = ["GOLDEN", "Stuffing", "requests_of", "sessions"]

GOLDEN = Path(__file__).parents[2] / "golden" / "agents"

# Attributes of requests that say what a record is.
_SAYS_WHAT = frozenset(
    {"event.name", "service.name", "gen_ai.operation.name", "event.kind", "span.type", "type", "ai.operationId"}
    | {"operation.name", "openinference.span.kind", "traceloop.span.kind", "gen_ai.token.type", "model"}
)
# Keys of records of histories that say what a record is or what belongs together.
_STRUCTURE = frozenset(
    {"type", "subtype", "role", "timestamp", "uuid", "parentUuid", "sessionId", "session_id", "id", "tool_use_id"}
    | {"requestId", "model", "version", "status", "kind", "stop_reason", "callId", "call_id", "toolCallId", "turn_id"}
    | {"interactionId", "messageId", "sessionID", "messageID", "callID", "time", "startTime", "lastUpdated", "tool"}
    | {"name", "event.name", "apiCallId", "providerCallId", "projectHash", "modelID", "providerID", "parentID", "agent"}
    | {"thread_id", "forked_from_id", "originator", "toolName", "initiator", "dataType", "hostname", "isError", "key"}
    | {"traceId", "spanId", "parentSpanId", "hrTime", "startTimeUnixNano", "endTimeUnixNano", "instrumentationScope"}
)
_TEXT_KEYS = frozenset(  # where agents write free text: a whole sentence goes there
    {"prompt", "prompt_text", "user_prompt", "error", "error.message", "error_message", "tool_input", "function_args"}
    | {"arguments", "tool_parameters", "full_command", "ai.toolCall.args", "gen_ai.tool.call.arguments", "command"}
    | {"text", "content", "message", "response", "response_text", "output", "cwd", "exception.message"}
)

Json = Any


class Stuffing:
    """Puts secrets into things. `used` are those that were put in somewhere."""

    def __init__(self, secrets: Sequence[Secret], seed: int) -> None:
        self._secrets = secrets
        self._rng = random.Random(seed)
        self.used: set[str] = set()

    def _one(self) -> Secret:
        secret = self._rng.choice(self._secrets)
        self.used.add(secret.kind)
        return secret

    def text(self, key: str) -> str:
        """A secret for this key: in a sentence where free text belongs, else sometimes."""
        secret = self._one()
        if key in _TEXT_KEYS or self._rng.random() < 0.3:
            return sentence(self._rng, secret)
        return secret.text

    # requests

    def request(self, signal: str, body: bytes, *, as_json: bool, at_ns: int | None = None) -> bytes:
        """An export request, given and returned as protobuf or as JSON; its log records of now, if that is given."""
        document = json.loads(body if as_json else to_json(signal, body))
        self._node(document, "")
        for group in document.get("resourceLogs", ()) if at_ns is not None else ():
            for scope in group.get("scopeLogs", ()):
                for record in scope.get("logRecords", ()):
                    record["timeUnixNano"] = str(at_ns)
        text = json.dumps(document)
        return text.encode() if as_json else to_protobuf(signal, text.encode())

    def _node(self, node: Json, parent: str) -> None:
        if isinstance(node, list):
            for item in node:
                self._node(item, parent)
            return
        if not isinstance(node, dict):
            return
        for key in list(node):
            value = node[key]
            if key in ("attributes", "filteredAttributes") and isinstance(value, list):
                node[key] = self._attributes(value)
            elif key == "body" and parent == "logRecords":
                node[key] = self._value(self.text("body")) if _is_named(node) else value
            elif key in ("severityText", "schemaUrl", "description", "traceState") or (
                key in ("unit", "version") and isinstance(value, str)
            ):
                node[key] = self._one().text
            elif key == "status" and isinstance(value, dict):
                value["message"] = self.text("message")
            elif key == "name" and parent in ("scope", "events"):
                node[key] = self._one().text
            else:
                self._node(value, key)
        if parent in ("resourceLogs", "resourceMetrics", "resourceSpans", "scopeLogs", "scopeMetrics", "scopeSpans"):
            node["schemaUrl"] = self._one().text
        if parent in ("scope", "resource"):
            node.setdefault("attributes", self._attributes([]))
        if parent == "logRecords":
            node["severityText"] = self._one().text
        if parent == "spans":
            node["traceState"] = self._one().text
            node.setdefault("events", []).append({"name": self._one().text, "attributes": self._attributes([])})
            node.setdefault("links", []).append(
                {"traceId": "ab" * 16, "spanId": "cd" * 8, "traceState": self._one().text}
                | {"attributes": self._attributes([])}
            )

    def _attributes(self, pairs: list[Json]) -> list[Json]:
        stuffed = []
        for pair in pairs:
            key, value = pair.get("key", ""), pair.get("value", {})
            is_text = isinstance(value, dict) and "stringValue" in value
            if key not in _SAYS_WHAT and is_text and self._rng.random() < (0.9 if key in _TEXT_KEYS else 0.5):
                value = self._value(self.text(key))
            stuffed.append({"key": key, "value": value})
        for _ in range(3):
            stuffed.append({"key": self._one().text, "value": self._nested(2)})
        return stuffed

    def _value(self, text: str) -> Json:
        return {"stringValue": text}

    def _nested(self, depth: int) -> Json:
        kind = self._rng.randrange(4) if depth else 0
        if kind == 1:
            return {"arrayValue": {"values": [self._nested(depth - 1) for _ in range(2)]}}
        if kind == 2:
            pairs = [{"key": self._one().text, "value": self._nested(depth - 1)} for _ in range(2)]
            return {"kvlistValue": {"values": pairs}}
        return self._value(self.text(""))

    # files

    def copy(self, session: Path, target: Path) -> None:
        """A recorded session's files, stuffed, laid out as they were."""
        for path in sorted(session.rglob("*")):
            place = target / path.relative_to(session)
            if not path.is_file() or path.name in ("expected.json", "scenario.json", "README.md"):
                continue
            if path.name.endswith(".meta.json"):
                continue
            place.parent.mkdir(parents=True, exist_ok=True)
            if path.parent.name == "otlp":
                signal = path.name.split(".")[1]
                place.write_bytes(self.request(signal, path.read_bytes(), as_json=path.suffix == ".json"))
            elif path.suffix == ".sql":
                self._database(path.read_text("utf-8"), place.with_suffix(".db"))
            elif path.suffix == ".jsonl":
                lines = path.read_text("utf-8").splitlines()
                place.write_text("".join(self._line(line) + "\n" for line in lines), "utf-8")
            elif path.suffix == ".json":
                place.write_text(self._line(path.read_text("utf-8")), "utf-8")
            else:
                place.write_text(self._printed(path.read_text("utf-8")), "utf-8")

    def _line(self, line: str) -> str:
        try:
            document = json.loads(line)
        except ValueError:
            return line
        stuffed = self._record(document, "")
        return json.dumps(stuffed, ensure_ascii=self._rng.random() < 0.5, separators=(",", ":"))

    def _record(self, node: Json, key: str) -> Json:
        if isinstance(node, dict):
            stuffed = {name: self._record(value, name) for name, value in node.items()}
            if key not in ("usage", "tokens") and self._rng.random() < 0.3:
                stuffed[self._one().text] = self.text("")
            return stuffed
        if isinstance(node, list):
            return [self._record(item, key) for item in node]
        if isinstance(node, str) and node and self._rng.random() < (0.05 if key in _STRUCTURE else 0.7):
            return self.text(key)
        return node

    def _database(self, script: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with sqlite3.connect(path) as database:
            database.executescript(script)
            for table in ("message", "part"):
                for rowid, data in database.execute(f"select rowid, cast(data as text) from {table}").fetchall():
                    database.execute(f"update {table} set data = ? where rowid = ?", (self._line(data), rowid))
            database.execute("update session set directory = ?", (self.text("cwd"),))
        database.close()

    def _printed(self, text: str) -> str:
        """Objects as a console prints them: values in double quotes after a name."""

        def replace(match: re.Match[str]) -> str:
            name = match.group(1).strip("\"' ")
            if name in _SAYS_WHAT or name in _STRUCTURE or self._rng.random() < 0.4:
                return match.group(0)
            return f"{match.group(1)}: {json.dumps(self.text(name))}"

        return re.sub(r"(\"[\w.\-]+\"|\b[\w]+): \"(?:[^\"\\\n]|\\.)*\"", replace, text)


def _is_named(record: Json) -> bool:
    return any(pair.get("key") == "event.name" for pair in record.get("attributes", ()))


def sessions() -> list[Path]:
    """All recorded sessions, those of each agent together."""
    return sorted(path.parent for path in GOLDEN.glob("*/**/expected.json"))


def requests_of(session: Path) -> Iterator[tuple[str, bool, bytes]]:
    """The recorded requests: signal, whether it is JSON, body."""
    folder = session / "otlp"
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if not path.name.endswith(".meta.json"):
            yield path.name.split(".")[1], path.suffix == ".json", path.read_bytes()
