"""Takes the lines of one `events.jsonl` in order and gives events; the rules are in docs/formats/copilot_cli.md.

* `session.usage_record` is one request. Its `apiCallId` is the answer's id, which the telemetry has as well.
* `session.shutdown` is the session's own running total: it goes on over a resume and is never added up.
* A tool call is two records; what the call was is known from the first, what became of it from the second.
* Keys are the API's and the records' own ids, never the session's: a forked session copies records.

Of texts only lengths are taken, of commands only whether they commit or open a pull request, of paths only a language.
The line for the system's prompt, the largest of all, is not even decoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from tachograph.inputs.agents.copilot_cli.session.lines import Record, decode, part, tokens, word
from tachograph.inputs.agents.copilot_cli.session.tools import ToolCalls
from tachograph.inputs.agents.copilot_cli.words import credits_nano, message_id, premium_requests, query_source
from tachograph.inputs.agents.kit.emitter import Emitter
from tachograph.inputs.agents.kit.lines import LineByLine
from tachograph.inputs.agents.kit.records import Unusable
from tachograph.inputs.agents.kit.values import Attributes, put
from tachograph_sdk.model.event import DropReason, EventKind, RawEvent
from tachograph_sdk.privacy.treat import to_amount, to_count

__all__ = ["EventsReader"]

AGENT = "copilot_cli"
_ERROR = re.compile(r"[a-z][a-z0-9_]{0,63}")
_MAX_AGENTS = 1000
_UNREAD = (
    b'{"type":"system.message"',
    b'{"type":"assistant.message"',
    b'{"type":"assistant.reasoning"',
    b'{"type":"hook.',
)


class EventsReader(LineByLine):
    """Takes a file's lines in as many portions as the caller likes.

    Args:
        file_hint: the file's path; its folder is named after the session.
        received_us: UTC microseconds since 1970, now.
        from_start: whether the first line fed is the file's first.
    """

    type_name = re.compile(r"[a-z][a-z0-9_.]{0,63}")

    def __init__(self, *, file_hint: str, received_us: int, from_start: bool = True) -> None:
        super().__init__(Emitter(AGENT, received_us))
        folders = file_hint.replace("\\", "/").split("/")
        self._base: Attributes = {}
        put(self._base, session_id=folders[-2] if len(folders) > 1 else None)
        self._model: str | None = None
        self._turns: dict[
            str, tuple[str | None, int, int]
        ] = {}  # by subagent, "" the main one: prompt id, and its place
        self._subagents: dict[str, str] = {}  # by id: its type
        self._tools = ToolCalls(self._emit, self._out, lambda: self._base.get("project"))
        self._take: dict[str, Callable[[Record, int, int], None]] = {
            "session.start": self._session,
            "session.model_change": self._model_change,
            "user.message": self._prompt,
            "assistant.turn_start": self._turn,
            "session.usage_record": self._request,
            "session.error": self._error,
            "session.shutdown": self._totals,
            "session.compaction_complete": self._compaction,
            "subagent.started": self._subagent,
            "subagent.completed": self._subagent_done,
            "subagent.failed": self._subagent_done,
            "skill.invoked": self._skill,
            "tool.execution_start": self._tool_start,
            "tool.execution_complete": self._tool_done,
        }

    def prime(self, line: bytes) -> bool:
        """The first line names the session, the version and the folder; no other is needed."""
        try:
            record = decode(line)
        except Unusable:
            return True
        if record.type == "session.start":
            self._learn(record)
        return True

    def finish(self) -> list[RawEvent]:
        """The remaining events: tool calls without a result as such."""
        self._tools.finish()
        return self.drain()

    def open_calls(self) -> list[tuple[int, int]]:
        """Places of tool calls whose result has not come yet."""
        return self._tools.places()

    def context_place(self) -> tuple[int, int] | None:
        """Place of the earliest turn that still goes on: it says which prompt its requests belong to."""
        return min(((number, offset) for _, number, offset in self._turns.values()), default=None)

    def read_line(self, line: bytes, number: int, offset: int) -> None:
        """Understand one line."""
        if line.startswith(_UNREAD):
            self.ignore(line[9:].partition(b'"')[0].decode("ascii", "replace"))
            return
        record = decode(line)
        take = self._take.get(record.type)
        if take is not None:
            take(record, number, offset)
            return
        self.ignore(record.type)

    def _emit(self, name: str, kind: EventKind, record: Record, key: str, attributes: Attributes) -> None:
        self._out.emit(name, kind, record.at_ns, key, self._base | self._of_agent(record) | attributes)

    @property
    def _session_id(self) -> str:
        return str(self._base.get("session_id") or "")

    def _of_agent(self, record: Record) -> Attributes:
        found: Attributes = {}
        if record.agent_id is not None:
            found["is_sidechain"] = True
            put(found, agent_instance_id=record.agent_id, subagent=self._subagents.get(record.agent_id))
        prompt = self._turns.get(record.agent_id or "")
        put(found, prompt_id=prompt[0] if prompt else None)
        return found

    def _learn(self, record: Record) -> None:
        put(
            self._base,
            session_id=word(record.data.get("sessionId")),
            agent_version=word(record.data.get("copilotVersion")),
            project=part(record.data, "context").get("cwd"),
        )
        self._model = word(record.data.get("selectedModel")) or self._model

    def _session(self, record: Record, number: int, offset: int) -> None:
        self._learn(record)
        if not self._session_id:
            raise Unusable(DropReason.BAD_LINE, "no session")
        self._emit("session.start", EventKind.SESSION_START, record, f"session:{self._session_id}", {})

    def _model_change(self, record: Record, number: int, offset: int) -> None:
        if record.agent_id is None:
            self._model = word(record.data.get("newModel")) or self._model

    def _prompt(self, record: Record, number: int, offset: int) -> None:
        """What somebody sent; what one agent tells another is no prompt."""
        if record.agent_id is not None:
            return
        text, source = record.data.get("content"), record.data.get("source")
        identity = word(record.data.get("interactionId")) or word(record.data.get("messageId")) or record.id
        if identity is None:
            raise Unusable(DropReason.BAD_LINE, "a prompt without an id")
        origin = "human" if source in (None, "", "user") else _origin(str(source))
        attributes: Attributes = {"prompt_id": identity, "prompt_origin": origin}
        put(
            attributes,
            message_uuid=word(record.data.get("messageId")),
            length_chars=len(text) if isinstance(text, str) else None,
            content_prompt=text if self._out.contents else None,
        )
        self._emit("user.message", EventKind.PROMPT, record, f"prompt:{record.id or identity}", attributes)

    def _turn(self, record: Record, number: int, offset: int) -> None:
        agent = record.agent_id or ""
        if agent not in self._turns and len(self._turns) >= _MAX_AGENTS:
            self._turns.clear()
        self._turns[agent] = (word(record.data.get("interactionId")), number, offset)

    def _request(self, record: Record, number: int, offset: int) -> None:
        usage = part(record.data, "usage")
        if not usage:
            raise Unusable(DropReason.BAD_LINE, "no usage")
        counts = tokens(usage)
        initiator = word(usage.get("initiator"))
        call = word(usage.get("apiCallId")) or word(part(usage, "accounting").get("usageId"))
        identity = message_id(self._session_id, call)
        attributes: Attributes = {**counts}
        put(
            attributes,
            message_id=identity,
            request_id=word(usage.get("providerCallId")),
            model=word(usage.get("model")),
            provider=(word(usage.get("modelProvider")) or "").lower() or None,
            effort=word(usage.get("reasoningEffort")),
            query_source=query_source(initiator or ("sub-agent" if record.agent_id else "agent")),
            stop_reason=word(usage.get("finishReason")),
            duration_ms=to_amount(usage.get("duration")),
            ttft_ms=to_amount(usage.get("timeToFirstTokenMs", usage.get("ttftMs"))),
            premium_requests=premium_requests(usage.get("cost")),
            credits_nano=credits_nano(part(usage, "copilotUsage").get("totalNanoAiu")),
        )
        key = f"request:{identity or record.id}:" + ":".join(str(count) for count in counts.values())
        self._emit("session.usage_record", EventKind.API_REQUEST, record, key, attributes)

    def _error(self, record: Record, number: int, offset: int) -> None:
        """A request that failed in the end, if the model's API is to blame."""
        status = to_count(record.data.get("statusCode"))
        kind = word(record.data.get("errorType"))
        if status is None and kind not in ("query", "rate_limit", "quota", "authentication", "authorization"):
            self.ignored["session.error"] += 1
            return
        attributes: Attributes = {"query_source": "subagent" if record.agent_id else "main"}
        if status is not None and 100 <= status < 600:
            attributes |= {"status_code": status, "error_class": f"http_{status}"}
        else:
            put(attributes, error_class=kind if kind and _ERROR.fullmatch(kind) else None)
        put(attributes, model=self._model)
        if self._out.contents:
            put(attributes, content_error=record.data.get("message"))
        self._emit("session.error", EventKind.API_ERROR, record, f"error:{record.id}", attributes)

    def _totals(self, record: Record, number: int, offset: int) -> None:
        """What the session used so far, per model, as the agent adds it up itself."""
        self._turns.clear()  # whatever was going on has ended
        lineage = to_count(record.data.get("sessionStartTime"))
        for model, told in list(part(record.data, "modelMetrics").items())[:100]:
            usage = part(told, "usage") if isinstance(told, dict) else {}
            if usage and (name := word(model)) is not None:
                counts = tokens(usage)
                attributes: Attributes = {"counter": "session_total", "model": name, **counts}
                put(attributes, lineage=None if lineage is None else str(lineage))
                key = f"total:{self._session_id}:{name}:" + ":".join(str(n) for n in counts.values())
                self._emit("session.shutdown", EventKind.USAGE_COUNTER, record, key, attributes)

    def _compaction(self, record: Record, number: int, offset: int) -> None:
        attributes: Attributes = {"feature": "compaction", "success": record.data.get("success") is not False}
        put(
            attributes,
            pre_tokens=to_count(record.data.get("preCompactionTokens")),
            post_tokens=to_count(record.data.get("postCompactionTokens")),
        )
        self._emit("session.compaction_complete", EventKind.FEATURE_USE, record, f"compaction:{record.id}", attributes)

    def _subagent(self, record: Record, number: int, offset: int) -> None:
        name = word(record.data.get("agentName"))
        if record.agent_id is not None and name is not None and len(self._subagents) < _MAX_AGENTS:
            self._subagents[record.agent_id] = name
            self._turns[record.agent_id] = (None, number, offset)  # its type is said here and nowhere else
        call = word(record.data.get("toolCallId"))
        attributes: Attributes = {"feature": "subagent", "trigger": "agent"}
        put(attributes, feature_name=name, tool_use_id=call)
        self._emit("subagent.started", EventKind.FEATURE_USE, record, f"subagent:{call or record.id}", attributes)

    def _subagent_done(self, record: Record, number: int, offset: int) -> None:
        self._turns.pop(record.agent_id or "", None)

    def _skill(self, record: Record, number: int, offset: int) -> None:
        attributes: Attributes = {"feature": "skill"}
        name = word(record.data.get("name"))
        put(attributes, feature_name=name, skill=name, plugin=word(record.data.get("pluginName")))
        self._emit("skill.invoked", EventKind.FEATURE_USE, record, f"skill:{record.id}", attributes)

    def _tool_start(self, record: Record, number: int, offset: int) -> None:
        self._tools.start(record, number, offset)

    def _tool_done(self, record: Record, number: int, offset: int) -> None:
        self._tools.complete(record)


def _origin(source: str) -> str:
    return "command" if source.startswith(("command", "skill", "slash")) else "agent"
