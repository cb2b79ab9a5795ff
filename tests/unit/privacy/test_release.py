"""The wall, value by value: what passes, what is changed, what is dropped and counted."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from tachograph_sdk.model.attributes import ATTRIBUTES, CONTENTS
from tachograph_sdk.model.event import DropReason, Event, EventKind, RawEvent, Source
from tachograph_sdk.privacy.content import MAX_CHARS
from tachograph_sdk.privacy.detectors.detector import Span
from tachograph_sdk.privacy.policy import POLICIES, POLICY, Policy, Preset, Purpose, Rule, Treatment
from tachograph_sdk.privacy.pseudonym import Pseudonymizer
from tachograph_sdk.privacy.release import COMPUTED, Release, amend, event_id
from tachograph_sdk.privacy.treat import to_count, to_flag, to_number

SECRET = b"0123456789abcdef0123456789abcdef"


def raw(kind: EventKind | None = EventKind.API_REQUEST, **fields: Any) -> RawEvent:
    base: dict[str, Any] = {
        "agent": "claude_code",
        "source": Source.OTEL_LOG,
        "name": "api_request",
        "at_ns": 1_795_141_838_505_999_999,
        "received_us": 7,
        "key": b"key",
        "attributes": {},
    }
    return RawEvent(kind=kind, **{**base, **fields})


def released(attributes: dict[str, Any], kind: EventKind = EventKind.API_REQUEST) -> tuple[Event, dict[Any, int]]:
    release = Release(Pseudonymizer(SECRET))
    return release(raw(kind, attributes=attributes)), release.take_drops()


def test_an_event_is_what_the_record_said() -> None:
    event = Release(Pseudonymizer(SECRET))(raw(attributes={"model": "claude-opus-5-5", "session_id": "s"}))
    assert event == Event(
        event_id=event_id("claude_code", Source.OTEL_LOG, b"key"),
        kind=EventKind.API_REQUEST,
        agent="claude_code",
        source=Source.OTEL_LOG,
        name="api_request",
        at_us=1_795_141_838_505_999,
        received_us=7,
        session_id=Pseudonymizer(SECRET).session("s"),
        attributes={"model": "claude-opus-5-5"},
    )
    with pytest.raises(AttributeError):
        event.name = "other"  # type: ignore[misc]


def test_what_the_policy_does_not_name_is_dropped_and_counted() -> None:
    event, drops = released({"model": "m", "new_thing": "x", "Text of a person": "y"})
    assert event.attributes == {"model": "m"}
    assert drops == {(DropReason.UNKNOWN_ATTRIBUTE, "new_thing"): 1, (DropReason.UNKNOWN_ATTRIBUTE, "<other>"): 1}


def test_what_the_policy_refuses_is_dropped_and_counted() -> None:
    event, drops = released({"prompt": "Hello", "tool_input": {"a": 1}, "user.email": "a@b.c"})
    assert not event.attributes
    assert drops == {
        (DropReason.NOT_RELEASED, "prompt"): 1,
        (DropReason.NOT_RELEASED, "tool_input"): 1,
        (DropReason.NOT_RELEASED, "user.email"): 1,
    }


def test_an_attribute_passes_only_on_the_kinds_it_is_for() -> None:
    event, drops = released({"input_tokens": 5}, EventKind.PROMPT)
    assert not event.attributes
    assert drops == {(DropReason.UNKNOWN_ATTRIBUTE, "input_tokens"): 1}


def test_drops_are_counted_once_per_record_and_once_per_asking() -> None:
    release = Release(Pseudonymizer(SECRET))
    for _ in range(3):
        release(raw(attributes={"new_thing": "x", "prompt": "y"}))
    release(raw(attributes={"prompt": "y"}))
    release(raw(EventKind.PROMPT, attributes={"prompt": "y"}))
    assert release.take_drops() == {
        (DropReason.UNKNOWN_ATTRIBUTE, "new_thing"): 3,
        (DropReason.NOT_RELEASED, "prompt"): 5,
    }
    assert release.take_drops() == {}


@pytest.mark.parametrize(
    ("attribute", "value", "kept"),
    [
        ("input_tokens", 5, 5),
        ("input_tokens", "5", 5),
        ("input_tokens", " 5 ", 5),
        ("input_tokens", 5.0, 5),
        ("input_tokens", "5.0", 5),
        ("input_tokens", 0, 0),
        ("input_tokens", 2**63 - 1, 2**63 - 1),
        ("input_tokens", str(2**63 - 1), 2**63 - 1),
        ("input_tokens", 2**63, None),
        ("input_tokens", str(2**63), None),
        ("input_tokens", -1, None),
        ("input_tokens", "-1", None),
        ("input_tokens", 1.5, None),
        ("input_tokens", True, None),
        ("input_tokens", float("nan"), None),
        ("input_tokens", float("inf"), None),
        ("input_tokens", "many", None),
        ("input_tokens", "9" * 20_000, None),
        ("input_tokens", "٣", None),
        ("input_tokens", "1_000", None),
        ("input_tokens", [5], None),
        ("input_tokens", {}, None),
        ("input_tokens", b"5", None),
        ("duration_ms", 1.5, 1.5),
        ("duration_ms", "1.5", 1.5),
        ("duration_ms", "12", 12),
        ("duration_ms", "1e3", 1000),
        ("duration_ms", -1, None),
        ("duration_ms", "-0.5", None),
        ("duration_ms", "NaN", None),
        ("duration_ms", "inf", None),
        ("duration_ms", float("inf"), None),
        ("duration_ms", 10**400, None),
        ("duration_ms", False, None),
        ("success", True, True),
        ("success", "false", False),
        ("success", "True", True),
        ("success", 1, None),
        ("success", "yes", None),
        ("success", "1", None),
        ("model", "claude-opus-4-8[1m]", "claude-opus-4-8[1m]"),
        ("model", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
        ("model", "claude-opus-4-1@20250805", "claude-opus-4-1@20250805"),
        ("model", "anthropic/claude-sonnet-4.5", "anthropic/claude-sonnet-4.5"),
        ("model", "gpt-6-astra", "gpt-6-astra"),
        ("model", "Qwen/Qwen3-Coder", "Qwen/Qwen3-Coder"),
        ("model", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", "custom"),  # an account
        ("model", "Tell me about my salary", "custom"),
        ("model", "dev@example.com", "custom"),
        ("model", "/home/dev/models/secret", "custom"),
        ("model", "sk-ant-api03-aaaaaaaaaaaaaaaa", "custom"),
        ("model", "", None),
        ("model", 5, None),
        ("model", ["claude"], None),
        ("skill", "demo:greet", "demo:greet"),
        ("skill", "a sentence", "custom"),
        ("skill", "../../etc/passwd", "custom"),
        ("effort", "medium", "medium"),
        ("effort", "medium rare", None),
        ("agent_version", "2.1.328", "2.1.328"),
        ("agent_version", "2.1.0-beta.1", "2.1.0-beta.1"),
        ("agent_version", "my home version", None),
        ("request_id", "req_01a0000000000000000000100", "req_01a0000000000000000000100"),
        ("request_id", "1271305d-4519-4d2b-a4a6-13f6608d6c55", "1271305d-4519-4d2b-a4a6-13f6608d6c55"),
        ("request_id", "chatcmpl-Abc_123", "chatcmpl-Abc_123"),
        ("request_id", "", None),
        ("request_id", 5, None),
        ("trace_id", "01" * 16, "01" * 16),
        ("trace_id", "01" * 15, None),
        ("error_class", "ShellError", "ShellError"),
        ("error_class", "Error: no such file /home/dev/x", None),
    ],
)
def test_type_and_shape(attribute: str, value: Any, kept: Any) -> None:
    event, drops = released({attribute: value})
    assert event.attributes.get(attribute) == kept
    assert type(event.attributes.get(attribute)) is type(kept)
    if kept is None:
        text = ATTRIBUTES[attribute].type == "text"
        assert drops == {(DropReason.NOT_RELEASED if text else DropReason.BAD_NUMBER, attribute): 1}
    else:
        assert drops == {}


@pytest.mark.parametrize(
    "value",
    ["dev@example.com", "a b", "sk-ant-api03-aaaaaaaaaaaaaaaa", "ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "x" * 200],
)
def test_an_id_in_an_odd_form_becomes_a_pseudonym(value: str) -> None:
    event, drops = released({"request_id": value})
    kept = str(event.attributes["request_id"])
    assert kept.startswith("i_")
    assert len(kept) == 18
    assert drops == {}


def test_an_absent_value_is_absent_and_nothing_was_dropped() -> None:
    event, drops = released({"model": None, "input_tokens": None, "session_id": None, "request_id": None})
    assert not event.attributes
    assert event.session_id is None
    assert drops == {}


def test_true_is_not_one_whatever_was_seen_before() -> None:
    """Python's dictionaries take 1, 1.0 and True for the same key; a memo must not."""
    release = Release(Pseudonymizer(SECRET))
    for value in ("1", 1, True, 1.0, "1"):
        event = release(raw(attributes={"input_tokens": value, "success": value, "effort": value}))
        assert event.attributes.get("input_tokens") == (None if value is True else 1)
        assert event.attributes.get("success") is (True if value is True else None)
        assert "effort" not in event.attributes


@pytest.mark.parametrize(
    ("attribute", "prefix"),
    [("user_id", "u_"), ("organization_id", "o_"), ("project", "p_"), ("repository", "r_")],
)
def test_who_and_where_are_pseudonyms(attribute: str, prefix: str) -> None:
    event, _ = released({attribute: "the plain text"})
    assert str(event.attributes[attribute]).startswith(prefix)
    assert "plain" not in repr(event)


@pytest.mark.parametrize("value", [[1], {"a": 1}, b"x"])
def test_a_session_that_is_no_text_is_none(value: Any) -> None:
    event, drops = released({"session_id": value, "model": "m"})
    assert event.session_id is None
    assert event.attributes == {"model": "m"}
    assert sum(drops.values()) <= 1


# --- treatments ---------------------------------------------------------------------------------------------------


def treated(treatment: Treatment, value: Any, into: str, **options: Any) -> tuple[Event, dict[Any, int]]:
    rule = Rule(
        attribute="x",
        kinds=frozenset(EventKind),
        purpose=Purpose.OUTCOME,
        treatment=treatment,
        reason="a test",
        into=into,
    )
    release = Release(Pseudonymizer(SECRET), Policy([rule]), **options)
    return release(raw(attributes={"x": value})), release.take_drops()


@pytest.mark.parametrize(
    ("treatment", "into", "value", "kept"),
    [
        (Treatment.PRESENCE, "success", "anything", True),
        (Treatment.PRESENCE, "success", "", None),
        (Treatment.PRESENCE, "success", 0, True),
        (Treatment.COUNT, "quantity", ["a", "b"], 2),
        (Treatment.COUNT, "quantity", {"a": 1}, 1),
        (Treatment.COUNT, "quantity", "ab", None),
        (Treatment.LENGTH, "length_chars", "héllo", 5),
        (Treatment.LENGTH, "length_chars", 5, None),
        (Treatment.BUCKET, "quantity", 0, 0),
        (Treatment.BUCKET, "quantity", 1, 1),
        (Treatment.BUCKET, "quantity", 1023, 512),
        (Treatment.BUCKET, "quantity", "1024", 1024),
        (Treatment.BUCKET, "quantity", -5, None),
        (Treatment.BUCKET, "quantity", "many", None),
        (Treatment.DROP, "feature_name", "anything", None),
    ],
)
def test_treatment(treatment: Treatment, into: str, value: Any, kept: Any) -> None:
    event, drops = treated(treatment, value, into)
    assert event.attributes.get(into) == kept
    assert type(event.attributes.get(into)) is type(kept)
    assert sum(drops.values()) == (kept is None)


def test_of_two_attributes_that_give_one_the_first_is_it() -> None:
    rules = [
        Rule(
            attribute=name,
            kinds=frozenset(EventKind),
            purpose=Purpose.OUTCOME,
            treatment=treatment,
            reason="a test",
            into="length_chars",
        )
        for name, treatment in (("text", Treatment.LENGTH), ("size", Treatment.KEEP))
    ]
    release = Release(Pseudonymizer(SECRET), Policy(rules))
    assert release(raw(attributes={"text": "four", "size": "none"})).attributes == {"length_chars": 4}
    assert release(raw(attributes={"size": 9, "text": 5})).attributes == {"length_chars": 9}
    assert release.take_drops() == {(DropReason.NOT_RELEASED, "size"): 1, (DropReason.NOT_RELEASED, "text"): 1}


def scrubbed(value: Any, scrubber: Any = None, **options: Any) -> tuple[Event, dict[Any, int]]:
    release = Release(Pseudonymizer(SECRET), POLICIES[Preset.CONTENT], scrubber=scrubber)
    return release(raw(EventKind.PROMPT, attributes={"prompt": value, **options})), release.take_drops()


class Finds:
    """Finds a word."""

    def __init__(self, word: str, kind: str = "secret") -> None:
        self.word, self.kind = word, kind

    def find(self, text: str) -> list[Span]:
        return [Span(m.start(), m.end(), self.kind, "test") for m in re.finditer(re.escape(self.word), text)]


class Fails:
    def find(self, text: str) -> list[Span]:
        raise RuntimeError(text)


def test_a_text_is_kept_scrubbed_and_apart_from_the_attributes() -> None:
    event, drops = scrubbed("call dev@example.com now", Finds("dev@example.com", "email"), length_chars=24)
    assert event.contents == {"content_prompt": "call <email> now"}
    assert event.attributes == {"length_chars": 24}
    assert not drops
    assert "call" not in repr(event)


@pytest.mark.parametrize("preset", [Preset.STRICT, Preset.STANDARD])
def test_no_other_preset_keeps_a_text(preset: Preset) -> None:
    for kind in EventKind:
        release = Release(Pseudonymizer(SECRET), POLICIES[preset])
        names = ("prompt", "tool_input", "error", "error.message", "arguments", *CONTENTS)
        event = release(raw(kind, attributes=dict.fromkeys(names, "innocent")))
        assert not event.contents
        assert "innocent" not in repr(event.attributes)
        assert not release.keeps_content


def test_a_scrubber_that_fails_costs_the_text_and_says_nothing() -> None:
    event, drops = scrubbed("a secret thing", Fails(), length_chars=14)
    assert event.contents == {"content_prompt": "<dropped:scrubber-error>"}
    assert event.attributes == {"length_chars": 14}
    assert drops == {(DropReason.SCRUBBER_ERROR, "prompt"): 1}


@pytest.mark.parametrize("value", [5, True, b"bytes", "", "  ", "<REDACTED>", "[REDACTED]", float("nan")])
def test_what_is_no_text_is_not_kept(value: Any) -> None:
    event, drops = scrubbed(value)
    assert not event.contents
    assert drops == {(DropReason.NOT_RELEASED, "prompt"): 1}


def test_an_absent_text_is_no_loss() -> None:
    event, drops = scrubbed(None)
    assert (dict(event.contents), drops) == ({}, {})


def test_a_list_or_an_object_is_kept_as_json() -> None:
    event, _ = scrubbed({"command": "ls é", "more": [1, b"x"]})
    assert event.contents == {"content_prompt": '{"command": "ls é", "more": [1, "<bytes>"]}'}


def test_what_no_text_may_hold_is_replaced() -> None:
    event, _ = scrubbed("a\x00b\ud800c")
    assert event.contents == {"content_prompt": "a\ufffdb?c"}


def test_a_long_text_is_cut_and_says_how_much_is_missing() -> None:
    event, _ = scrubbed("x" * (MAX_CHARS + 100), Finds("none"))
    assert event.contents["content_prompt"] == "x" * MAX_CHARS + "<truncated:100>"


@pytest.mark.parametrize("overlap", [1, 10, 19])
def test_a_secret_at_the_cut_is_replaced_whole(overlap: int) -> None:
    word = "sk-0123456789-abcdef"
    text = "x" * (MAX_CHARS - overlap) + word + "y" * 500
    event, _ = scrubbed(text, Finds(word))
    assert event.contents["content_prompt"] == "x" * (MAX_CHARS - overlap) + "<secret><truncated:500>"


def test_of_two_names_for_one_text_the_first_is_it() -> None:
    event, drops = scrubbed("one", prompt_text="two")
    assert event.contents == {"content_prompt": "one"}
    assert drops == {(DropReason.NOT_RELEASED, "prompt_text"): 1}


def test_a_computed_cost_leaves_texts_as_they_are() -> None:
    event, _ = scrubbed("hello")
    assert amend(event, cost_basis="unpriced").contents == event.contents


@pytest.mark.parametrize(
    "name",
    [
        "dckr_pat_dGhpc2lzbm90YXRva2VuMDE",
        "db7.corp.internal",
        "glsa_9kQ2vXbT4mZr7LwN1pYd8sHf3jGc6aEq_1a2b3c4d",
    ],
)
def test_a_name_that_the_scrubber_knows_for_something_else_is_none(name: str) -> None:
    """Names have the shape of names, and are looked at again: the scrubber knows more than a shape can say."""
    release = Release(Pseudonymizer(SECRET))
    for attribute, fallback in (("skill", "custom"), ("tool_name", "custom"), ("provider", None)):
        event = release(raw(EventKind.TOOL_CALL, attributes={attribute: name}))
        assert event.attributes.get(attribute) == fallback, attribute


@pytest.mark.parametrize(
    "name", ["Bash", "mcp__github__create_issue", "frontend-design", "claude-opus-5-5[1m]", "sdk-py"]
)
def test_plain_names_pass_without_a_second_look(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tachograph_sdk.privacy.scrubber", None)  # importing it would fail
    event = Release(Pseudonymizer(SECRET))(raw(EventKind.TOOL_CALL, attributes={"model": name}))
    assert event.attributes == {"model": name}


@pytest.mark.parametrize(
    "value",
    [
        "4111111111111111",
        "DE89370400440532013000",
        "4915112345678",
        "hunter2",
        "Zq8xV2kLm0pT4rWn",
        "jane-doe",
        "5" * 13,
    ],
)
def test_what_is_no_known_form_of_an_id_becomes_a_pseudonym(value: str) -> None:
    for attribute in ("request_id", "message_id", "prompt_id", "tool_use_id", "workflow_id"):
        event = Release(Pseudonymizer(SECRET))(raw(attributes={attribute: value}))
        assert event.attributes == {attribute: Pseudonymizer(SECRET).ids[value]}


def test_the_strict_preset_keeps_no_id_as_it_is() -> None:
    release = Release(Pseudonymizer(SECRET), POLICIES[Preset.STRICT])
    event = release(raw(attributes={"request_id": "req_0123456789ab", "trace_id": "ab" * 16, "tool_use_id": "toolu_1"}))
    ids = Pseudonymizer(SECRET).ids
    assert event.attributes == {"request_id": ids["req_0123456789ab"], "tool_use_id": ids["toolu_1"]}


def test_one_failing_attribute_costs_only_itself() -> None:
    class Hostile(str):
        __slots__ = ()

        def __hash__(self) -> int:
            raise RuntimeError("secret")

    event, drops = released({"input_tokens": 5, "model": Hostile("x"), "effort": "high", "session_id": "s"})
    assert event.attributes == {"input_tokens": 5, "effort": "high"}
    assert event.session_id is not None
    assert drops == {(DropReason.NOT_RELEASED, "model"): 1}


# --- refusing a whole record --------------------------------------------------------------------------------------


def test_a_record_without_a_kind_or_agent_is_refused_without_saying_what_it_holds() -> None:
    release = Release(Pseudonymizer(SECRET))
    for bad in (raw(None, attributes={"prompt": "secret"}), raw(agent="", name="secret"), raw(agent="A Secret")):
        with pytest.raises(ValueError) as caught:
            release(bad)
        assert "ecret" not in str(caught.value)


def test_a_record_with_too_many_names_is_refused() -> None:
    with pytest.raises(ValueError):
        released({f"a{n}": 1 for n in range(5000)})


def test_a_name_that_is_none_is_replaced_by_the_kind() -> None:
    assert Release(Pseudonymizer(SECRET))(raw(name="Please delete my file")).name == "api.request"
    assert Release(Pseudonymizer(SECRET))(raw(name="key_4f8a9b1c2d3e4f5a")).name == "api.request"


# --- ids and amendments -------------------------------------------------------------------------------------------


def test_event_ids_differ_by_agent_source_and_key() -> None:
    ids = {
        event_id(agent, source, key)
        for agent in ("a", "b")
        for source in (Source.OTEL_LOG, Source.TRANSCRIPT)
        for key in (b"1", b"2")
    }
    assert len(ids) == 8
    assert all(len(i) == 32 for i in ids)
    assert event_id("claude_code", Source.OTEL_LOG, b"key") == "7421f8f88b26249979bccc718e06b39d"


def test_only_what_we_compute_can_be_added_after_the_wall() -> None:
    event, _ = released({"model": "m"})
    priced = amend(event, cost_nanousd=5, cost_basis="priced")
    assert priced.attributes == {"model": "m", "cost_nanousd": 5, "cost_basis": "priced"}
    assert event.attributes == {"model": "m"}
    with pytest.raises(ValueError):
        amend(event, model="other")
    assert {a for rule in POLICY.rules for a in [rule.attribute]} >= COMPUTED


def test_memos_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tachograph_sdk.privacy.release._MEMO", 10)
    monkeypatch.setattr("tachograph_sdk.privacy.release._PLANS", 10)
    monkeypatch.setattr("tachograph_sdk.privacy.release._BASES", 10)
    monkeypatch.setattr("tachograph_sdk.privacy.treat._MEMO", 10)
    monkeypatch.setattr("tachograph_sdk.privacy.pseudonym.MEMO_LIMIT", 10)
    pseudonyms = Pseudonymizer(SECRET)
    release = Release(pseudonyms)
    for number in range(100):
        release(raw(name=f"n{number}", attributes={"model": f"m{number}", "session_id": f"s{number}", f"x{number}": 1}))
        assert len(pseudonyms.sessions) <= 10
        assert len(release._event_names) <= 10
        release.take_drops()
        assert len(release._plans) <= 11
        assert sum(len(plan.bases) for plan in release._plans.values()) <= 11


@pytest.mark.parametrize("convert", [to_count, to_number, to_flag])
@pytest.mark.parametrize("value", [None, "", " ", [], {}, b"", object(), "x" * 100_000, float("nan"), "0x10", "1e999"])
def test_converters_never_raise(convert: Any, value: Any) -> None:
    assert convert(value) is None
