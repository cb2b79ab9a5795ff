"""The policy table is whole, says why, and is the page people read."""

from __future__ import annotations

import pytest

from tachograph_sdk.model.attributes import ATTRIBUTES, CONTENTS
from tachograph_sdk.model.consent import ConsentPurpose, Grant
from tachograph_sdk.model.event import EventKind
from tachograph_sdk.privacy.policy import (
    POLICIES,
    POLICY,
    POLICY_VERSION,
    RULES,
    Policy,
    Preset,
    Purpose,
    Rule,
    Treatment,
    digest,
)
from tachograph_sdk.privacy.presets import NothingAllowed, in_force
from tachograph_sdk.privacy.shapes import SHAPES
from tachograph_sdk.privacy.strict import IN_STRICT

PASSING = [rule for rule in POLICY.rules if rule.treatment is not Treatment.DROP]


def passing(preset: Preset) -> dict[tuple[str, EventKind], tuple[Treatment, str, str | None, str]]:
    return {
        (rule.attribute, kind): (rule.treatment, rule.shape, rule.fallback, rule.into)
        for rule in POLICIES[preset].rules
        for kind in rule.kinds
        if rule.treatment is not Treatment.DROP
    }


def test_every_attribute_an_event_can_have_is_in_the_table_and_no_other() -> None:
    assert {rule.into or rule.attribute for rule in PASSING} - {"session_id"} == set(ATTRIBUTES)
    content = {r.into or r.attribute for r in POLICIES[Preset.CONTENT].rules if r.treatment is Treatment.SCRUB}
    assert content == set(CONTENTS)
    assert not set(CONTENTS) & set(ATTRIBUTES)


def test_what_is_kept_has_one_version_and_a_new_one_when_it_changes() -> None:
    """If this fails, more, less or else is kept than before: raise POLICY_VERSION, say in a fragment what changed, and
    put the new version with its hashes here. Consent is asked for again.
    """
    kept = {5: {"strict": "7d82a59107e2a0f4", "standard": "90e7086af40278a7", "content": "da635fb36eaed528"}}
    assert {preset.value: digest(preset) for preset in Preset} == kept[POLICY_VERSION]


def test_a_stricter_preset_keeps_nothing_that_a_wider_one_does_not() -> None:
    strict, standard, content = (passing(preset) for preset in (Preset.STRICT, Preset.STANDARD, Preset.CONTENT))
    assert strict.keys() < standard.keys() < content.keys()
    assert standard.items() < content.items()
    assert {strict[key][0] for key in strict if strict[key] != standard[key]} == {Treatment.PSEUDONYM}
    assert {content[key][0] for key in content.keys() - standard.keys()} == {Treatment.SCRUB}


def test_the_strict_preset_decides_every_attribute() -> None:
    assert set(IN_STRICT) == {rule.attribute for rule in PASSING}
    kept = {rule.attribute for rule in POLICIES[Preset.STRICT].rules if rule.treatment is not Treatment.DROP}
    assert kept == {name for name, (treatment, _) in IN_STRICT.items() if treatment is not Treatment.DROP}
    assert all(why for treatment, why in IN_STRICT.values() if treatment is not Treatment.KEEP)
    named = {
        "skill",
        "plugin",
        "mcp_server",
        "mcp_tool",
        "command",
        "tool_name",
        "project",
        "repository",
        "file",
        "user_id",
    }
    assert not kept & named
    assert not POLICIES[Preset.STRICT].tells_unknown


def test_what_the_strict_preset_does_not_decide_it_drops(monkeypatch: pytest.MonkeyPatch) -> None:
    from tachograph_sdk.privacy import policy

    monkeypatch.delitem(IN_STRICT, "model")
    rules = [rule for rule in policy._kept() if rule.attribute == "model" and Preset.STRICT in rule.presets]
    assert [rule.treatment for rule in rules] == [Treatment.DROP]


class Allows:
    def granted(self, purpose: ConsentPurpose) -> Grant | None:
        if purpose is not ConsentPurpose.CONTENT_RECORDING:
            return None
        return Grant(purpose=purpose, reference="17", text_version=1, decided_us=0)


def test_content_holds_only_with_a_consent() -> None:
    assert in_force(Preset.CONTENT, NothingAllowed()).preset is Preset.STANDARD
    assert in_force(Preset.CONTENT, NothingAllowed()).why_not
    allowed = in_force(Preset.CONTENT, Allows())
    assert (allowed.preset, allowed.why_not, allowed.consent) == (Preset.CONTENT, "", "17")
    for preset in (Preset.STRICT, Preset.STANDARD):
        assert in_force(preset, Allows()).preset is preset
        assert in_force(preset, NothingAllowed()).policy is POLICIES[preset]


def test_a_pattern_stands_for_one_part_of_a_name_and_only_for_what_is_dropped() -> None:
    rule = POLICY.rule(EventKind.PROMPT, "auth.some_new_thing")
    assert rule is not None
    assert rule.attribute == "auth.*"
    for other in ("auth.", "auth", "auth.a.b", "auth.A", "author", "xauth.a", "auth." + "a" * 65, "auth.a\n"):
        assert POLICY.rule(EventKind.PROMPT, other) is None, other
    with pytest.raises(ValueError, match="in full"):
        Rule(
            attribute="x.*",
            kinds=frozenset(EventKind),
            purpose=Purpose.COST,
            treatment=Treatment.KEEP,
            reason="a test",
        )


@pytest.mark.parametrize(("treatment", "into"), [(Treatment.SCRUB, "feature_name"), (Treatment.KEEP, "content_prompt")])
def test_texts_and_attributes_are_never_mixed(treatment: Treatment, into: str) -> None:
    with pytest.raises(ValueError, match="apart"):
        Rule(
            attribute="x",
            kinds=frozenset(EventKind),
            purpose=Purpose.CONTENT,
            treatment=treatment,
            reason="a test",
            into=into,
        )


def test_no_free_text_is_kept() -> None:
    """A text passes only as a pseudonym or in a shape that no sentence has."""
    for rule in PASSING:
        canonical = rule.into or rule.attribute
        if canonical != "session_id" and ATTRIBUTES[canonical].type == "text":
            assert rule.treatment is Treatment.PSEUDONYM or rule.shape in SHAPES, canonical
    for name, shape in SHAPES.items():
        assert not shape.matches("Make it polite and add a test"), name


@pytest.mark.parametrize(
    "attribute",
    [
        "prompt",
        "prompt_text",
        "user_prompt",
        "response",
        "error",
        "tool_input",
        "tool_parameters",
        "full_command",
        "body",
        "workspace.host_paths",
        "file_path",
        "user.email",
        "user.account_uuid",
        "user.id",
        "process.command_args",
        "host.id",
    ],
)
def test_what_is_known_to_be_sensitive_is_named_and_refused(attribute: str) -> None:
    for kind in EventKind:
        for preset in Preset:
            rule = POLICIES[preset].rule(kind, attribute)
            assert rule is not None
            kept_apart = preset is Preset.CONTENT and rule.treatment is Treatment.SCRUB and rule.into in CONTENTS
            assert kept_apart or rule.treatment is Treatment.DROP


def test_every_row_says_why_and_what_for() -> None:
    for rule in RULES:
        assert rule.reason
        assert rule.kinds
        assert rule.presets
        assert (rule.purpose is Purpose.NONE) == (rule.treatment is Treatment.DROP)


def test_what_is_not_named_has_no_rule() -> None:
    assert POLICY.rule(EventKind.PROMPT, "anything_else") is None
    assert POLICY.rule(EventKind.PROMPT, "input_tokens") is None


def test_two_rows_for_one_thing_are_a_mistake() -> None:
    rule = Rule(
        attribute="x",
        kinds=frozenset({EventKind.PROMPT}),
        purpose=Purpose.NONE,
        treatment=Treatment.DROP,
        reason="a test",
    )
    with pytest.raises(ValueError):
        Policy([rule, rule])


def test_what_belongs_to_a_person_is_always_a_pseudonym() -> None:
    for attribute in ("session_id", "user_id", "organization_id", "project", "repository"):
        for kind in EventKind:
            for policy in POLICIES.values():
                rule = policy.rule(kind, attribute)
                assert rule is None or rule.treatment in (Treatment.PSEUDONYM, Treatment.DROP)
