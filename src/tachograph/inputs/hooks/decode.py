"""Hook payloads to raw records: a use of a command or skill, and what was counted over a session.

A session's payload makes three sorts of records: that it began; the summary; and, from this product's own plugin only,
what each model used, as readings of a running total (`session_total`, which the ledger never adds up). What the original
client counts as tokens is known to be too much (a response once for each content block), so it stays in the summary as
the client's own figure and is never usage. The same of a session under an id that changes daily: nobody can tell whether
its usage was seen by others too.

Source: docs/formats/claude_code_hooks.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any, Final

import msgspec

from tachograph.inputs.hooks.fields import Wrong
from tachograph.inputs.hooks.frame import KINDS, from_frame
from tachograph.inputs.hooks.payload import Integrity, Payload, What, read
from tachograph.inputs.hooks.times import to_ns
from tachograph.ports import Drops, Frame, FrameKind
from tachograph_sdk.model.event import AttributeValue, DropReason, EventKind, RawEvent, Source
from tachograph_sdk.privacy.shapes import SafeNames

__all__ = ["AGENT", "COUNTER", "NAMES", "HookDecoded", "HookDecoder"]

AGENT: Final = "claude_code"
COUNTER: Final = "session_total"
"""`counter` of readings: every class of tokens in one, since the session began."""

NAMES: Final = frozenset({"hook_use", "hook_session", "hook_usage"})
"""All names an event made here can have."""

_EXIT_REASONS: Final = frozenset({"clear", "resume", "logout", "prompt_input_exit", "bypass_permissions_disabled"})
_FEATURES: Final = {"slash_command": ("command", "user"), "skill": ("skill", "agent")}

_WHATS: Final = {kind: what for what, kind in KINDS.items()}
_COUNTS: Final = {  # of a session: field to attribute
    "turn_count": "turns",
    "user_message_count": "user_messages",
    "assistant_message_count": "assistant_messages",
    "total_tool_calls": "tool_calls_counted",
    "tool_error_count": "tool_errors_counted",
    "bash_call_count": "bash_calls",
    "file_read_count": "read_calls",
    "file_edit_count": "edit_calls",
    "file_write_count": "write_calls",
    "grep_call_count": "grep_calls",
    "glob_call_count": "glob_calls",
    "web_fetch_call_count": "web_fetch_calls",
    "web_search_call_count": "web_search_calls",
    "had_errors": "had_errors",
    "prompt_count": "prompts_counted",
    "response_count": "responses_counted",
    "api_error_count": "api_errors_counted",
    "active_seconds": "active_seconds",
    "lines_added": "lines_added",
    "lines_removed": "lines_removed",
    "total_input_tokens": "said_input_tokens",
    "total_output_tokens": "said_output_tokens",
    "cache_creation_tokens": "said_cache_write_tokens",
    "cache_read_tokens": "said_cache_read_tokens",
    "hook_ms": "hook_ms",
}
_OF_SUBAGENTS: Final = {
    "runs": "subagent_runs",
    "response_count": "subagent_responses",
    "tool_calls": "subagent_tool_calls",
    "tool_errors": "subagent_tool_errors",
}
_OF_USAGE: Final = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "cache_creation_tokens": "cache_write_tokens",
    "cache_creation_1h_tokens": "cache_write_1h_tokens",
    "cache_read_tokens": "cache_read_tokens",
}
_SAID: Final = {
    "input_tokens": "said_input_tokens",
    "output_tokens": "said_output_tokens",
    "cache_write_tokens": "said_cache_write_tokens",
    "cache_read_tokens": "said_cache_read_tokens",
}

_canonical = msgspec.json.Encoder(order="deterministic").encode


class HookDecoded:
    """What one payload held."""

    __slots__ = ("drops", "records", "refused")

    def __init__(self) -> None:
        self.records: list[RawEvent] = []
        self.drops: Drops = {}
        self.refused: DropReason | None = None

    def drop(self, reason: DropReason, what: str) -> None:
        """Count what was left out, by a name that may be shown."""
        self.drops[reason, what] = self.drops.get((reason, what), 0) + 1


class HookDecoder:
    """Reads frames of the kinds `kinds`. Not for several threads."""

    kinds: Final[frozenset[FrameKind]] = frozenset(_WHATS)

    def __init__(self) -> None:
        self._safe = SafeNames()

    def decode(self, frame: Frame, sink: Callable[[list[RawEvent]], None] | None = None) -> HookDecoded:
        """All records of a payload; never raises for what is in it. There are too few for `sink` to take any."""
        out = HookDecoded()
        try:
            integrity, body = from_frame(frame.body)
            payload = read(_WHATS[frame.kind], body, {})
        except (Wrong, ValueError):
            out.refused = DropReason.MALFORMED
            out.drop(DropReason.MALFORMED, "hook")
            return out
        for name in payload.unknown:
            out.drop(DropReason.UNKNOWN_ATTRIBUTE, self._safe(name))
        make = _Records(payload, integrity, frame.received_us, out)
        if payload.what is What.EVENTS:
            make.use()
        else:
            make.session()
        return out


class _Records:
    """The records of one payload."""

    def __init__(self, payload: Payload, integrity: Integrity, received_us: int, out: HookDecoded) -> None:
        self._values = payload.values
        self._is_native = payload.is_native
        self._received_us = received_us
        self._out = out
        values = self._values
        self._session = values["session_id"]
        # Before anything was sent over a network the id was real; the original client knows no other.
        self._id_kind = values.get("session_id_kind", "real")
        self._who: dict[str, AttributeValue] = {"session_id": self._session}
        _put(
            self._who,
            user_id=values.get("user_id"),
            os_type=values.get("os"),
            agent_version=values.get("client_version"),
        )
        self._how: dict[str, AttributeValue] = {
            "payload_form": "native" if self._is_native else "compat",
            "integrity": integrity.value,
            "session_id_kind": self._id_kind,
        }
        _put(self._how, plugin_version=values.get("plugin_version"))

    def use(self) -> None:
        """One command or skill."""
        values = self._values
        feature, trigger = _FEATURES[values["type"]]
        attributes = self._who | self._how | {"feature": feature, "feature_name": values["name"], "trigger": trigger}
        _put(attributes, length_chars=values.get("prompt_length"), name_source=values.get("name_source"))
        key = "\x1f".join((self._session, values["timestamp"], values["type"], values["name"]))
        self._add("hook_use", EventKind.FEATURE_USE, _ns(values["timestamp"]), f"use\x1f{key}", attributes)

    def session(self) -> None:
        """That it began, what was counted, and what was used."""
        values = self._values
        began = _ns(values["start_timestamp"])
        ended = max(began, _ns(values["end_timestamp"])) if "end_timestamp" in values else began
        start = f"start\x1f{self._session}\x1f{began}"
        self._add("hook_session", EventKind.SESSION_START, began, start, self._who.copy())
        attributes = self._who | self._how | {"started_ms": began // 10**6, "ended_ms": ended // 10**6}
        self._put_counts(attributes)
        digest = hashlib.blake2b(_canonical(attributes), digest_size=16).hexdigest()
        key = f"summary\x1f{self._session}\x1f{digest}"  # what says more is another, and the ledger takes the largest
        self._add("hook_session", EventKind.SESSION_SUMMARY, ended, key, attributes)
        if self._is_native and self._id_kind == "real":
            self._usage(began, ended)

    def _put_counts(self, attributes: dict[str, AttributeValue]) -> None:
        values = self._values
        whole: dict[str, int] = {}
        counting = values.get("counting")
        if counting is not None:
            _put(attributes, counting=counting["method"], counting_version=counting.get("version"))
        else:
            attributes["counting"] = "records"  # as the original client does
        reason = values.get("exit_reason")
        if reason is not None:
            attributes["exit_reason"] = reason if reason in _EXIT_REASONS else "other"
        for field, attribute in _COUNTS.items():
            _put(attributes, **{attribute: values.get(field)})
        duration = values.get("session_duration")
        if duration is not None and duration >= 0:
            attributes["session_seconds"] = duration
        elif duration is not None:
            self._out.drop(DropReason.BAD_NUMBER, "session_duration")
        if self._is_native:  # its totals leave out the subagents, its usage does not
            for counts in self._used_by_model().values():
                for name in counts.keys() & _SAID.keys():
                    whole[name] = whole.get(name, 0) + counts[name]
            attributes.update({_SAID[name]: count for name, count in whole.items()})
        for field, attribute in _OF_SUBAGENTS.items():
            _put(attributes, **{attribute: values.get("subagents", {}).get(field)})
        for field, attribute in (("commands", "command_uses"), ("skills", "skill_uses")):
            if field in values:
                attributes[attribute] = sum(values[field].values())

    def _used_by_model(self) -> dict[str | None, dict[str, int]]:
        """What a native report says that each model used, subagents included."""
        told: dict[str | None, dict[str, int]] = {}
        for one in self._values.get("usage", ()):
            counts = told.setdefault(one.get("model"), {})
            for field, attribute in _OF_USAGE.items():
                if one.get(field) is not None:
                    counts[attribute] = counts.get(attribute, 0) + one[field]
        return told

    def _usage(self, began: int, ended: int) -> None:
        """Readings of what the session used so far, by model. Resumes and forks begin with what was before them."""
        lineage = str(began // 10**6)
        for model, counts in self._used_by_model().items():
            if not counts:
                continue
            attributes = self._who | {"counter": COUNTER, "lineage": lineage, **counts}
            _put(attributes, model=model)
            numbers = ":".join(f"{name}={count}" for name, count in sorted(counts.items()))
            key = f"total\x1f{self._session}\x1f{model}\x1f{lineage}\x1f{ended}\x1f{numbers}"
            self._add("hook_usage", EventKind.USAGE_COUNTER, ended, key, attributes)

    def _add(self, name: str, kind: EventKind, at_ns: int, key: str, attributes: dict[str, AttributeValue]) -> None:
        self._out.records.append(
            RawEvent(
                agent=AGENT,
                source=Source.HOOK,
                name=name,
                at_ns=at_ns,
                received_us=self._received_us,
                key=key.encode("utf-8", "surrogatepass"),
                attributes=attributes,
                kind=kind,
            )
        )


def _put(attributes: dict[str, AttributeValue], **values: Any) -> None:
    attributes.update({name: value for name, value in values.items() if value is not None})


def _ns(text: str) -> int:
    found = to_ns(text)
    assert found is not None  # it was checked
    return found
