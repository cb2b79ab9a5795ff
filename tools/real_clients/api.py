"""A scripted Messages API on loopback: it answers by the prompt it is sent, and keeps a ledger of what it billed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

__all__ = ["WARM_UP", "Billed", "Model", "Step", "serve_model"]

WARM_UP = "Warmup"  # what 2.0.76 has two subagents say at the start of each session, to fill caches; it is billed


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One answer: text, tools to call, and what it bills."""

    text: str = ""
    tools: tuple[tuple[str, dict[str, Any]], ...] = ()
    input: int
    output: int
    cache_write: int = 0
    cache_read: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Billed:
    """One line of the ledger. `prompt` None: the client asked for its own purposes (a title, a warm-up)."""

    prompt: str | None
    step: Step
    model: str
    aside: bool  # such requests leave nothing in a transcript


@dataclass(slots=True)
class Model:
    """The script and the ledger."""

    script: dict[str, list[Step]]
    ledger: list[Billed] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, body: dict[str, Any]) -> tuple[Step, int]:
        """The step for this conversation, and the number of the answer."""
        prompt, place = _find(self.script, body.get("messages") or [])
        messages = body.get("messages") or []
        aside = not body.get("tools")
        if messages and _text(messages[-1]).strip() == WARM_UP:
            prompt, step = WARM_UP, Step(text="ok", input=11, output=1)
        elif aside:
            prompt, step = None, Step(text='{"isNewTopic": false, "title": "Title"}', input=11, output=1)
        elif prompt is None:
            step = Step(text="ok", input=11, output=1)
        else:
            steps = self.script[prompt]
            step = steps[place] if place < len(steps) else Step(text="Done.", input=13, output=2)
        with self.lock:
            self.ledger.append(Billed(prompt=prompt, step=step, model=str(body.get("model")), aside=aside))
            return step, len(self.ledger)


def serve_model(script: dict[str, list[Step]]) -> tuple[Model, ThreadingHTTPServer]:
    """Start it; its address is `server.server_address`."""
    model = Model(script)

    class Handler(_Handler):
        pass

    Handler.model = model
    server = _Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return model, server


def _find(script: dict[str, list[Step]], messages: list[dict[str, Any]]) -> tuple[str | None, int]:
    """The last user message that holds a prompt of the script, and how often the model answered since."""
    for place in range(len(messages) - 1, -1, -1):
        if messages[place].get("role") == "user":
            said = _text(messages[place])
            hits = [(said.rfind(prompt), prompt) for prompt in script if prompt in said]
            if hits:
                return max(hits)[1], sum(m.get("role") == "assistant" for m in messages[place + 1 :])
    return None, 0


def _text(message: dict[str, Any]) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text", "") for part in content or [] if part.get("type") == "text")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that ends closes its connections as it likes."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: Model

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._reply(b"", "text/plain")

    def do_GET(self) -> None:
        self._reply(b'{"data": [], "has_more": false}', "application/json")

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("content-length") or 0)) or b"{}")
        if not self.path.split("?")[0].endswith("/v1/messages"):
            self._reply(b'{"input_tokens": 10}', "application/json")
            return
        step, number = self.model.answer(body)
        message = _message(step, number, str(body.get("model")))
        if not body.get("stream"):
            self._reply(json.dumps(message).encode(), "application/json")
            return
        data = b"".join(f"event: {e['type']}\ndata: {json.dumps(e)}\n\n".encode() for e in _events(message))
        self._reply(data, "text/event-stream")

    def _reply(self, data: bytes, kind: str) -> None:
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(data)))
        self.send_header("request-id", "req_0")
        self.end_headers()
        self.wfile.write(data)


def _message(step: Step, number: int, model: str) -> dict[str, Any]:
    content: list[dict[str, Any]] = [{"type": "text", "text": step.text}] if step.text else []
    for place, (name, arguments) in enumerate(step.tools):
        content.append(
            {"type": "tool_use", "id": f"toolu_01{number:020d}{place:02d}", "name": name, "input": arguments}
        )
    usage = {
        "input_tokens": step.input,
        "output_tokens": step.output,
        "cache_creation_input_tokens": step.cache_write,
        "cache_read_input_tokens": step.cache_read,
        "cache_creation": {"ephemeral_5m_input_tokens": step.cache_write, "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard",
    }
    return {
        "id": f"msg_01{number:022d}", "type": "message", "role": "assistant", "model": model, "content": content,
        "stop_reason": "tool_use" if step.tools else "end_turn", "stop_sequence": None, "usage": usage,
    }  # fmt: skip


def _events(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    opening = {**message, "content": [], "stop_reason": None, "usage": {**message["usage"], "output_tokens": 1}}
    yield {"type": "message_start", "message": opening}
    for place, block in enumerate(message["content"]):
        if block["type"] == "text":
            empty: dict[str, Any] = {"type": "text", "text": ""}
            delta = {"type": "text_delta", "text": block["text"]}
        else:
            empty = {**block, "input": {}}
            delta = {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
        yield {"type": "content_block_start", "index": place, "content_block": empty}
        yield {"type": "content_block_delta", "index": place, "delta": delta}
        yield {"type": "content_block_stop", "index": place}
    ending = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": ending, "usage": message["usage"]}
    yield {"type": "message_stop"}
