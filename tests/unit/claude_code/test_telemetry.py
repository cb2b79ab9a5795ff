"""Every event, metric and span that Claude Code is known to send, in both ways it ever typed its numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tachograph.inputs.agents.claude_code.telemetry.events import EVENTS
from tachograph.inputs.agents.claude_code.telemetry.metrics import METRICS
from tachograph.inputs.agents.claude_code.telemetry.spans import SPANS
from tachograph_sdk.model.attributes import ATTRIBUTES
from tachograph_sdk.model.event import DropReason, Event, EventKind, Point, RawEvent, Source, Span
from tachograph_sdk.privacy.policy import POLICY
from tests.captures import pipeline

NOW_NS = 1_795_141_838_505_000_000
K = EventKind


def raw(name: str, source: Source = Source.OTEL_LOG, **fields: Any) -> RawEvent:
    attributes = fields.pop("attributes", {})
    return RawEvent(
        agent="claude_code",
        source=source,
        name=name,
        at_ns=NOW_NS,
        received_us=NOW_NS // 1000,
        key=fields.pop("key", b"key"),
        attributes={"session.id": "5a98ef07-adbe-4543-991e-303ae0d5d302", **attributes},
        **fields,
    )


def release(record: RawEvent) -> Event:
    batch = pipeline().run_records([record])
    assert not {key for key in batch.drops if key[0] is not DropReason.NOT_RELEASED}, batch.drops
    (event,) = batch.events
    return event


def event(name: str, **attributes: Any) -> Event:
    return release(raw(name, attributes=attributes))


# Each event of the reference: what is sent (with the types of the newest version), and what must come out.
SENT: dict[str, tuple[dict[str, Any], EventKind, dict[str, Any]]] = {
    "user_prompt": (
        {
            "prompt_length": "32",
            "prompt": "<REDACTED>",
            "prompt_text": "<REDACTED>",
            "message.uuid": "6f9619ff-8b86-4d01-b42d-00c04fc964ff",
        },
        K.PROMPT,
        {"length_chars": 32, "message_uuid": "6f9619ff-8b86-4d01-b42d-00c04fc964ff"},
    ),
    "assistant_response": (
        {
            "response_length": 13,
            "response": "Let me",
            "model": "claude-opus-5-5",
            "request_id": "req_1",
            "query_source": "sdk",
        },
        K.API_RESPONSE,
        {"length_chars": 13, "model": "claude-opus-5-5", "request_id": "req_1", "query_source": "sdk"},
    ),
    "api_request": (
        {
            "model": "claude-opus-4-8[1m]",
            "input_tokens": 120,
            "output_tokens": 22,
            "cache_read_tokens": 3100,
            "cache_creation_tokens": 4200,
            "cache_creation_5m_tokens": 4000,
            "cache_creation_1h_tokens": 200,
            "cost_usd": 0.01616,
            "cost_usd_micros": 16160,
            "duration_ms": 45,
            "ttft_ms": 12,
            "request_id": "req_01a0000000000000000000100",
            "client_request_id": "5a98ef07-adbe-4543-991e-303ae0d5d302",
            "speed": "fast",
            "query_source": "agent:builtin:general-purpose",
            "effort": "medium",
            "skill.name": "demo:greet",
            "plugin.name": "demo",
            "agent.name": "general-purpose",
            "mcp_server.name": "github",
            "mcp_tool.name": "create_issue",
            "marketplace.name": "inline",
        },
        K.API_REQUEST,
        {
            "model": "claude-opus-4-8[1m]",
            "input_tokens": 120,
            "output_tokens": 22,
            "cache_read_tokens": 3100,
            "cache_write_tokens": 4200,
            "cache_write_5m_tokens": 4000,
            "cache_write_1h_tokens": 200,
            "cost_nanousd": 16_160_000,
            "cost_basis": "reported",
            "duration_ms": 45,
            "ttft_ms": 12,
            "request_id": "req_01a0000000000000000000100",
            "client_request_id": "5a98ef07-adbe-4543-991e-303ae0d5d302",
            "speed": "fast",
            "query_source": "agent:builtin:general-purpose",
            "effort": "medium",
            "skill": "demo:greet",
            "plugin": "demo",
            "subagent": "general-purpose",
            "mcp_server": "github",
            "mcp_tool": "create_issue",
            "marketplace": "inline",
        },
    ),
    "api_error": (
        {
            "model": "claude-opus-5-5",
            "error": "400 messages.0: text must not be empty",
            "status_code": 400,
            "duration_ms": 7,
            "attempt": 11,
            "request_id": "req_1",
            "speed": "normal",
        },
        K.API_ERROR,
        {"model": "claude-opus-5-5", "status_code": 400, "error_class": "http_400", "duration_ms": 7, "attempts": 11},
    ),
    "api_retries_exhausted": (
        {
            "model": "m",
            "error": "x y",
            "status_code": 529,
            "total_attempts": 11,
            "total_retry_duration_ms": 90,
            "speed": "fast",
        },
        K.API_ERROR,
        {"attempts": 11, "duration_ms": 90, "error_class": "http_529"},
    ),
    "api_refusal": (
        {"attempt": 1, "model": "claude-opus-5-5"},
        K.API_ERROR,
        {"error_class": "refusal", "attempts": 1},
    ),
    "api_request_body": (
        {
            "body": "{...}",
            "body_ref": "/tmp/x",
            "body_length": 48000,
            "model": "claude-opus-5-5",
            "request_body_id": "b-1",
        },
        K.AGENT_NOTICE,
        {"feature": "api_request_body", "length_chars": 48000},
    ),
    "api_response_body": (
        {"body": "{...}", "body_length": 48, "request_id": "req_1", "message.id": "msg_1", "message.uuid": "u-1"},
        K.AGENT_NOTICE,
        {"feature": "api_response_body", "length_chars": 48, "message_id": "msg_1"},
    ),
    "tool_decision": (
        {
            "decision": "reject",
            "source": "user_reject",
            "tool_name": "mcp__github__create_issue",
            "tool_use_id": "toolu_1",
            "tool_source": "mcp",
            "permission_mode": "bypassPermissions",
            "request_id": "req_1",
            "agent_id": "a81aae64639d82d8e",
            "tool_parameters": '{"bash_command":"ls"}',
        },
        K.TOOL_DECISION,
        {
            "decision": "reject",
            "decision_source": "user_reject",
            "tool_name": "mcp__github__create_issue",
            "tool_use_id": "toolu_1",
            "tool_source": "mcp",
            "mcp_server": "github",
            "mcp_tool": "create_issue",
            "permission_mode": "bypassPermissions",
            "agent_instance_id": "a81aae64639d82d8e",
        },
    ),
    "tool_result": (
        {
            "tool_name": "Bash",
            "tool_use_id": "toolu_1",
            "success": "false",
            "duration_ms": "37",
            "error_type": "ShellError",
            "error": "Shell command failed",
            "tool_input_size_bytes": "57",
            "tool_result_size_bytes": "132",
            "decision_type": "accept",
            "decision_source": "user_temporary",
            "tool_input": "{}",
            "vcs.ref.head.name": "main",
        },
        K.TOOL_CALL,
        {
            "tool_name": "Bash",
            "tool_use_id": "toolu_1",
            "success": False,
            "duration_ms": 37,
            "error_class": "ShellError",
            "tool_input_bytes": 57,
            "tool_result_bytes": 132,
            "decision": "accept",
            "decision_source": "user_temporary",
        },
    ),
    "permission_mode_changed": (
        {"from_mode": "default", "to_mode": "plan", "trigger": "shift_tab"},
        K.FEATURE_USE,
        {"feature": "permission_mode", "permission_mode": "plan", "trigger": "shift_tab"},
    ),
    "skill_activated": (
        {
            "skill.name": "demo:greet",
            "invocation_trigger": "nested-skill",
            "skill.source": "plugin",
            "plugin.name": "demo",
        },
        K.FEATURE_USE,
        {
            "feature": "skill",
            "feature_name": "demo:greet",
            "skill": "demo:greet",
            "trigger": "nested-skill",
            "plugin": "demo",
        },
    ),
    "subagent_completed": (
        {
            "agent_type": "general-purpose",
            "agent.source": "built-in",
            "is_built_in": True,
            "is_async": False,
            "total_tokens": 998,
            "total_tool_uses": 1,
            "duration_ms": 1181,
            "model": "claude-opus-5-5",
            "final_model": "claude-opus-5-5",
        },
        K.FEATURE_USE,
        {
            "feature": "subagent",
            "feature_name": "general-purpose",
            "subagent": "general-purpose",
            "feature_source": "built-in",
            "is_builtin": True,
            "is_async": False,
            "total_tokens": 998,
            "total_tool_uses": 1,
            "duration_ms": 1181,
        },
    ),
    "compaction": (
        {"trigger": "auto", "success": "true", "duration_ms": "900", "pre_tokens": "160000", "post_tokens": "9000"},
        K.FEATURE_USE,
        {"feature": "compaction", "trigger": "auto", "success": True, "pre_tokens": 160000, "post_tokens": 9000},
    ),
    "hook_registered": (
        {"hook_event": "PreToolUse", "hook_type": "command", "hook_source": "pluginHook", "hook_matcher": "Bash(rm *)"},
        K.AGENT_NOTICE,
        {"feature": "hook", "feature_name": "PreToolUse", "feature_source": "pluginHook", "status": "registered"},
    ),
    "hook_execution_start": (
        {
            "hook_event": "Stop",
            "hook_name": "Stop:x",
            "num_hooks": "2",
            "managed_only": "false",
            "hook_source": "merged",
        },
        K.AGENT_NOTICE,
        {"feature": "hook", "feature_name": "Stop", "quantity": 2, "status": "started"},
    ),
    "hook_execution_complete": (
        {
            "hook_event": "Stop",
            "num_hooks": "2",
            "num_success": "1",
            "num_blocking": "1",
            "num_non_blocking_error": "0",
            "num_cancelled": "0",
            "total_duration_ms": "61",
        },
        K.FEATURE_USE,
        {"feature": "hook", "feature_name": "Stop", "quantity": 2, "duration_ms": 61, "success": False},
    ),
    "hook_plugin_metrics": ({"plugin_id": "x", "hook_event": "Stop"}, K.AGENT_NOTICE, {"feature": "hook"}),
    "plugin_loaded": (
        {
            "plugin.name": "demo",
            "marketplace.name": "inline",
            "plugin.version": "0.1.0",
            "plugin.scope": "user-local",
            "enabled_via": "user-install",
            "has_hooks": True,
            "skill_path_count": 1,
        },
        K.AGENT_NOTICE,
        {
            "feature": "plugin",
            "plugin": "demo",
            "feature_source": "user-local",
            "trigger": "user-install",
            "status": "loaded",
        },
    ),
    "plugin_installed": (
        {
            "marketplace.is_official": "true",
            "install.trigger": "cli",
            "plugin.name": "demo",
            "marketplace.name": "inline",
        },
        K.FEATURE_USE,
        {"feature": "plugin", "status": "installed", "plugin": "demo", "trigger": "cli", "is_builtin": True},
    ),
    "mcp_server_connection": (
        {
            "status": "failed",
            "transport_type": "stdio",
            "server_scope": "project",
            "duration_ms": "30",
            "error_code": "ECONNREFUSED",
            "server_name": "github",
            "error": "connect refused at 10.0.0.1",
        },
        K.FEATURE_USE,
        {
            "feature": "mcp_server",
            "status": "failed",
            "feature_name": "github",
            "mcp_server": "github",
            "error_class": "ECONNREFUSED",
            "duration_ms": 30,
        },
    ),
    "auth": (
        {"action": "login", "success": "true", "auth_method": "oauth", "status_code": "200"},
        K.AGENT_NOTICE,
        {"feature": "auth", "trigger": "login", "success": True, "status_code": 200},
    ),
    "at_mention": (
        {"mention_type": "file", "success": "true"},
        K.FEATURE_USE,
        {"feature": "mention", "feature_name": "file", "success": True},
    ),
    "internal_error": (
        {"error_name": "TypeError", "error_code": "E1"},
        K.AGENT_NOTICE,
        {"feature": "internal_error", "error_class": "TypeError", "success": False},
    ),
    "feedback_survey": (
        {"event_type": "shown", "appearance_id": "x", "survey_type": "session", "response": "good"},
        K.AGENT_NOTICE,
        {"feature": "feedback_survey", "status": "shown"},
    ),
    "retention_sweep": (
        {"result": "complete", "period_days": "30", "transcripts_deleted": "4", "error_count": "0"},
        K.AGENT_NOTICE,
        {"feature": "retention_sweep", "status": "complete", "quantity": 4},
    ),
    "managed_settings_resolved": (
        {"managed_settings.trigger": "startup", "managed_settings.sources": []},
        K.AGENT_NOTICE,
        {"feature": "managed_settings", "trigger": "startup"},
    ),
    "system_prompt": ({"system_prompt": "You are"}, K.AGENT_NOTICE, {"feature": "system_prompt"}),
}


def test_every_event_in_the_table_is_tried() -> None:
    assert SENT.keys() == EVENTS.keys()


@pytest.mark.parametrize("era", ["numbers", "strings"])
@pytest.mark.parametrize("name", sorted(SENT))
def test_event(name: str, era: str) -> None:
    """As the newest version types it, and with every value a string as versions up to 2.1.72 send it."""
    sent, kind, wanted = SENT[name]
    if era == "strings":
        sent = {
            k: str(v).lower() if isinstance(v, bool) else v if isinstance(v, list) else str(v) for k, v in sent.items()
        }
    batch = pipeline().run_records([raw(name, attributes=sent)])
    (found,) = batch.events
    assert found.kind is kind
    assert found.name == name
    assert found.session_id is not None
    assert {key: found.attributes.get(key) for key in wanted} == wanted
    for attribute, value in found.attributes.items():
        assert {"text": str, "count": int, "number": (int, float), "flag": bool}[ATTRIBUTES[attribute].type], value


def test_common_attributes_of_an_event() -> None:
    found = release(
        raw(
            "claude_code.user_prompt",
            attributes={
                "event.sequence": 5,
                "event.timestamp": "2026-11-20T02:30:32.390Z",
                "prompt.id": "1271305d-4519-4d2b-a4a6-13f6608d6c55",
                "organization.id": "org-uuid",
                "user.email": "Dev@Example.com",
                "user.account_uuid": "uuid",
                "user.id": "6434987b5fbb035b67395c161d1c45130f74f25b63ca67cbebf5f0445e275fe2",
                "app.entrypoint": "sdk-cli",
                "terminal.type": "xterm-256color",
                "workflow.run_id": "wf_12345678",
                "anthropic.provider": "firstParty",
                "vcs.repository.url.full": "https://github.com/acme/rocket",
            },
            resource={
                "service.name": "claude-code",
                "service.version": "2.1.328",
                "os.type": "linux",
                "host.arch": "amd64",
            },
            span=Span(trace_id=b"\x01" * 16, span_id=b"\x02" * 8, parent_span_id=b"", end_ns=0, status_code=0),
        )
    )
    has = found.attributes
    assert found.name == "user_prompt"
    assert {
        name: has[name] for name in ("sequence", "entrypoint", "terminal", "provider", "agent_version", "os_type")
    } == {
        "sequence": 5,
        "entrypoint": "sdk-cli",
        "terminal": "xterm-256color",
        "provider": "firstParty",
        "agent_version": "2.1.328",
        "os_type": "linux",
    }
    assert (has["trace_id"], has["span_id"]) == ("01" * 16, "02" * 8)
    assert has["prompt_id"] == "1271305d-4519-4d2b-a4a6-13f6608d6c55"
    assert str(has["repository"]).startswith("r_")
    assert str(has["organization_id"]).startswith("o_")
    by_email = event("user_prompt", **{"user.email": "dev@example.com"})
    assert has["user_id"] == by_email.attributes["user_id"], "an address is the same person in any case"


@pytest.mark.parametrize(
    ("sent", "nanousd"),
    [
        ({"cost_usd": "0.000016", "cost_usd_micros": "16"}, 16_000),
        ({"cost_usd": 0.0000001}, 100),
        ({"cost_usd": 0}, 0),
        ({"cost_usd_micros": "1552"}, 1_552_000),
        ({"cost_usd": "NaN", "cost_usd_micros": 1552}, 1_552_000),
        ({"cost_usd": float("inf"), "cost_usd_micros": 1552}, 1_552_000),
        ({"cost_usd": -1.0, "cost_usd_micros": 7}, 7_000),
    ],
)
def test_the_agents_own_cost_is_kept(sent: dict[str, Any], nanousd: int) -> None:
    has = event("api_request", model="claude-opus-5-5", input_tokens=10, **sent).attributes
    assert (has["cost_nanousd"], has["cost_basis"]) == (nanousd, "reported")


@pytest.mark.parametrize("sent", [{}, {"cost_usd": "free"}, {"cost_usd": None}, {"cost_usd_micros": True}])
def test_a_request_without_a_cost_is_priced(sent: dict[str, Any]) -> None:
    has = event("api_request", model="claude-opus-5-5", input_tokens=1000, **sent).attributes
    assert (has["cost_nanousd"], has["cost_basis"]) == (4_000_000, "priced")
    assert has["price_version"]


def test_a_request_of_an_unknown_model_has_no_cost() -> None:
    has = event("api_request", model="some-new-model", input_tokens=1000).attributes
    assert has["cost_basis"] == "unpriced"
    assert "cost_nanousd" not in has


@pytest.mark.parametrize(
    ("sent", "origin"),
    [
        ({"command_name": "compact", "command_source": "builtin"}, "command"),
        ({"prompt": "<task-notification>\n<task-id>x</task-id>"}, "agent"),
        ({"prompt": "<REDACTED>"}, None),
        ({"prompt": "Make it polite"}, None),
    ],
)
def test_whose_prompt_it_is_as_far_as_the_record_tells(sent: dict[str, Any], origin: str | None) -> None:
    assert event("user_prompt", prompt_length="3", **sent).attributes.get("prompt_origin") == origin


def test_old_clients_give_the_tools_id_under_another_name() -> None:
    assert event("tool_result", use_id="toolu_old", success="false").attributes["tool_use_id"] == "toolu_old"
    both = event("tool_result", use_id="toolu_old", tool_use_id="toolu_new").attributes
    assert both["tool_use_id"] == "toolu_new"


@pytest.mark.parametrize("sent", [{"error": "a secret"}, {"error_type": "it said: a secret"}, {"status_code": "soon"}])
def test_an_error_is_a_class_or_nothing(sent: dict[str, Any]) -> None:
    (found,) = pipeline().run_records([raw("api_error", attributes=sent)]).events
    assert "error_class" not in found.attributes
    assert "secret" not in repr(found)


@pytest.mark.parametrize(
    ("attribute", "canonical", "name"),
    [
        ("skill.name", "skill", "/home/dev/skills/deploy"),
        ("plugin.name", "plugin", "dev@example.com"),
        ("mcp_server.name", "mcp_server", "my server at acme"),
        ("agent.name", "subagent", "d41d8cd98f00b204e9800998ecf8427e"),
        ("mcp_tool.name", "mcp_tool", "sk-ant-api03-abcdef"),
    ],
)
def test_a_name_that_is_no_name_is_only_known_as_custom(attribute: str, canonical: str, name: str) -> None:
    assert event("api_request", **{attribute: name}).attributes[canonical] == "custom"


def mcp(found: Event) -> list[Any]:
    return [found.attributes.get(name) for name in ("tool_name", "mcp_server", "mcp_tool")]


@pytest.mark.parametrize(
    ("name", "server", "tool"),
    [
        ("mcp__github__search_code", "github", "search_code"),
        ("mcp__plugin_team-kit_tickets__get", "plugin_team-kit_tickets", "get"),
        ("mcp__a__b__c", "a", "b__c"),
        ("mcp_tool", None, None),  # without OTEL_LOG_TOOL_DETAILS: it is somebody's, and nobody says whose
        ("mcp__github", None, None),
        ("Bash", None, None),
        ("notmcp__github__search", None, None),
    ],
)
def test_a_tool_of_an_mcp_server_says_of_which(name: str, server: str | None, tool: str | None) -> None:
    told: dict[str, Any] = {"tool_name": name, "tool_use_id": "toolu_1"}
    for record in (
        raw("tool_result", attributes=told),
        raw("tool_decision", attributes={**told, "decision": "accept"}),
        span("tool", **told),
        span("tool.execution", **told),
    ):
        assert mcp(release(record)) == [name, server, tool]


@pytest.mark.parametrize("name", ["mcp____tool", "mcp__github__", "mcp__", "mcp____"])
def test_half_a_name_says_nothing_of_a_server(name: str) -> None:
    found = event("tool_result", tool_name=name, tool_use_id="toolu_1").attributes
    assert not {"mcp_server", "mcp_tool"} & set(found)


def test_what_is_no_name_of_a_server_is_not_kept_as_one() -> None:
    told = {"tool_name": "mcp__/home/dev/secret server__get", "tool_use_id": "toolu_1"}
    found = release(raw("tool_result", attributes=told))
    assert mcp(found) == ["custom", "custom", "get"]
    assert "secret" not in repr(found)


# --- what nobody knows --------------------------------------------------------------------------------------------


def test_an_unknown_event_is_counted_by_name_and_not_stored() -> None:
    records = [raw("brand_new_event", attributes={"model": "x"}), raw("Free text of a person"), raw("user_prompt")]
    batch = pipeline().run_records(records)
    assert [e.name for e in batch.events] == ["user_prompt"]
    assert batch.drops[DropReason.UNKNOWN_EVENT, "brand_new_event"] == 1
    assert batch.drops[DropReason.UNKNOWN_EVENT, "<other>"] == 1


def test_an_unknown_attribute_is_counted_by_name_and_not_stored() -> None:
    sent = {"brand_new": "x", "Some Text": "y", "extra.attribute_1": 1}
    batch = pipeline().run_records([raw("user_prompt", attributes=sent), raw("user_prompt", attributes=sent)])
    assert batch.drops == {
        (DropReason.UNKNOWN_ATTRIBUTE, "brand_new"): 2,
        (DropReason.UNKNOWN_ATTRIBUTE, "<other>"): 2,
        (DropReason.UNKNOWN_ATTRIBUTE, "extra.attribute_1"): 2,
    }
    assert batch.events[0].attributes == {}


def test_an_attribute_cannot_pass_under_one_of_our_names() -> None:
    """OTEL_RESOURCE_ATTRIBUTES puts any name on every record, also `project` or `feature_name`."""
    sent = dict.fromkeys([*ATTRIBUTES, "session_id"], "taken")
    batch = pipeline().run_records([raw("system_prompt", attributes=sent)])
    (found,) = batch.events
    known = {"feature": "system_prompt"}
    assert found.attributes == known
    assert sum(batch.drops.values()) >= len(ATTRIBUTES) - 1


def test_a_resource_nobody_asked_for_is_counted_once_a_record() -> None:
    resource = {"service.name": "claude-code", "process.command_args": ["claude", "-p", "secret"], "team.id": "x"}
    records = [raw("user_prompt", resource=resource, key=bytes([n])) for n in range(3)]
    assert pipeline().run_records(records).drops == {
        (DropReason.NOT_RELEASED, "process.command_args"): 3,
        (DropReason.UNKNOWN_ATTRIBUTE, "team.id"): 3,
    }


# --- metrics ------------------------------------------------------------------------------------------------------


def point(name: str, value: float, **attributes: Any) -> RawEvent:
    return raw(
        f"claude_code.{name}",
        Source.OTEL_METRIC,
        attributes=attributes,
        point=Point(value=value, start_ns=NOW_NS - 10**9, cumulative=False, monotonic=True),
    )


COUNTED: list[tuple[RawEvent, EventKind, dict[str, Any]]] = [
    (point("session.count", 1.0, start_type="resume"), K.SESSION_START, {"start_type": "resume", "quantity": 1}),
    (point("lines_of_code.count", 3.0, type="added", model="m"), K.CODE_CHANGE, {"lines_added": 3}),
    (point("lines_of_code.count", 0.0, type="removed"), K.CODE_CHANGE, {"lines_removed": 0}),
    (point("pull_request.count", 1.0), K.VCS_PULL_REQUEST, {"quantity": 1}),
    (point("commit.count", 2.0), K.VCS_COMMIT, {"quantity": 2}),
    (point("cost.usage", 0.015, model="claude-opus-4-8[1m]"), K.USAGE_COUNTER, {"counter": "cost", "cost_nanousd": 15_000_000}),
    (point("token.usage", 7.0, type="input"), K.USAGE_COUNTER, {"counter": "input", "quantity": 7}),
    (point("token.usage", 7.0, type="output"), K.USAGE_COUNTER, {"counter": "output", "quantity": 7}),
    (point("token.usage", 7.0, type="cacheRead"), K.USAGE_COUNTER, {"counter": "cache_read", "quantity": 7}),
    (point("token.usage", 7.0, type="cacheCreation"), K.USAGE_COUNTER, {"counter": "cache_write", "quantity": 7}),
    (
        point("code_edit_tool.decision", 1.0, tool_name="Edit", decision="accept", source="config", language="Plain text"),
        K.FEATURE_USE,
        {"feature": "edit_decision", "decision": "accept", "decision_source": "config", "language": "Plain text"},
    ),
    (point("active_time.total", 0.299, type="cli"), K.SESSION_ACTIVITY, {"active_seconds": 0.299, "active_by": "cli"}),
]  # fmt: skip


def test_every_metric_in_the_table_is_tried() -> None:
    assert {record.name for record, _, _ in COUNTED} == {f"claude_code.{name}" for name in METRICS}


@pytest.mark.parametrize("row", COUNTED, ids=lambda row: row[0].name)
def test_metric(row: tuple[RawEvent, EventKind, dict[str, Any]]) -> None:
    record, kind, wanted = row
    record = replace(record)
    found = release(record)
    assert found.kind is kind
    assert {key: found.attributes.get(key) for key in wanted} == wanted


def test_a_decision_counter_is_not_a_second_tool_decision() -> None:
    assert release(point("code_edit_tool.decision", 1.0, tool_name="Edit", decision="accept")).kind is K.FEATURE_USE


def test_a_metric_that_is_no_running_total_is_not_added_up() -> None:
    record = point("token.usage", 7.0, type="input")
    assert record.point is not None
    record.point = replace(record.point, monotonic=False)
    batch = pipeline().run_records([record])
    assert not batch.events
    assert batch.drops == {(DropReason.UNKNOWN_EVENT, "claude_code.token.usage"): 1}


# --- spans --------------------------------------------------------------------------------------------------------


def span(name: str, status: int = 0, **attributes: Any) -> RawEvent:
    return raw(
        f"claude_code.{name}",
        Source.OTEL_SPAN,
        attributes=attributes,
        span=Span(
            trace_id=b"\x01" * 16,
            span_id=b"\x02" * 8,
            parent_span_id=b"\x03" * 8,
            end_ns=NOW_NS + 25_500_000,
            status_code=status,
        ),
    )


@pytest.mark.parametrize(
    ("record", "kind", "wanted"),
    [
        (
            span("interaction", user_prompt="text", user_prompt_length=21, **{"interaction.duration_ms": 194}),
            K.AGENT_NOTICE,
            {"feature": "interaction", "length_chars": 21, "duration_ms": 194},
        ),
        (
            span("llm_request", model="m", request_id="req_1", input_tokens=5, success=True, attempt=2, stop_reason="end_turn", query_source_safe="sdk"),
            K.API_REQUEST,
            {"model": "m", "request_id": "req_1", "input_tokens": 5, "attempts": 2, "stop_reason": "end_turn", "query_source": "sdk"},
        ),
        (span("llm_request", success=False, status_code=529), K.API_ERROR, {"success": False, "error_class": "http_529"}),
        (span("llm_request", 2, request_id="req_1"), K.API_ERROR, {"span_status": "error"}),
        (span("llm_request", model="m", input_tokens=5), K.AGENT_NOTICE, {"feature": "llm_request"}),
        (span("tool", tool_name="Edit", tool_use_id="toolu_1", duration_ms=15), K.TOOL_CALL, {"tool_name": "Edit", "tool_use_id": "toolu_1"}),
        (span("tool", tool_name="Edit"), K.AGENT_NOTICE, {"feature": "tool", "tool_name": "Edit"}),
        (span("tool.execution", tool_use_id="toolu_1", success=True), K.TOOL_CALL, {"success": True, "tool_use_id": "toolu_1"}),
        (span("tool.execution", success=True), K.AGENT_NOTICE, {"feature": "tool"}),
        (span("tool.blocked_on_user", decision="accept", source="config"), K.AGENT_NOTICE, {"feature": "tool_wait", "decision": "accept"}),
        (span("hook", hook_event="Stop", num_hooks=1, num_blocking=0, num_non_blocking_error=0, num_cancelled=0), K.AGENT_NOTICE, {"feature": "hook", "success": True}),
    ],
)  # fmt: skip
def test_span(record: RawEvent, kind: EventKind, wanted: dict[str, Any]) -> None:
    found = release(record)
    assert found.kind is kind
    assert {key: found.attributes.get(key) for key in wanted} == wanted
    assert found.attributes["parent_span_id"] == "03" * 8


def test_a_span_that_gives_no_duration_has_one_by_its_ends() -> None:
    assert release(span("tool", tool_use_id="toolu_1")).attributes["duration_ms"] == 25.5


def test_no_table_makes_a_name_that_the_wall_refuses() -> None:
    """Every canonical name a table sets has a row in the policy for that kind of event."""
    for table in (EVENTS, METRICS, SPANS):
        for name, spec in table.items():
            for ours in [*spec.names.values(), *spec.constants]:
                if ours and not ours.startswith("_"):
                    assert ours in ATTRIBUTES, (name, ours)
                    assert POLICY.rule(spec.kind, ours), (name, ours)
