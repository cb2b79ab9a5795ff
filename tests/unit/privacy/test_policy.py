"""The policy table is whole, says why, and is the page people read."""

from __future__ import annotations

import pytest

from tachograph_sdk.model.attributes import ATTRIBUTES
from tachograph_sdk.model.event import EventKind
from tachograph_sdk.privacy.policy import POLICY, Policy, Purpose, Rule, Treatment, docs_table
from tachograph_sdk.privacy.shapes import SHAPES

PASSING = [rule for rule in POLICY.rules if rule.treatment is not Treatment.DROP]
REFUSED = [rule for rule in POLICY.rules if rule.treatment is Treatment.DROP]


def test_every_attribute_an_event_can_have_is_in_the_table_and_no_other() -> None:
    assert {rule.into or rule.attribute for rule in PASSING} - {"session_id"} == set(ATTRIBUTES)


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
        rule = POLICY.rule(kind, attribute)
        assert rule is not None
        assert rule.treatment is Treatment.DROP


def test_every_row_says_why_and_what_for() -> None:
    for rule in POLICY.rules:
        assert rule.reason
        assert rule.kinds
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


def test_the_page_lists_every_row() -> None:
    page = docs_table()
    for rule in POLICY.rules:
        assert f"| `{rule.attribute}` |" in page
        assert rule.reason in page
    kept, refused = page.split("Known, and never kept:")
    assert "\n| `prompt` |" in refused
    assert "\n| `prompt` |" not in kept
    assert all(line.count("|") >= 3 for line in page.splitlines() if line.startswith("|"))


def test_what_belongs_to_a_person_is_always_a_pseudonym() -> None:
    for attribute in ("session_id", "user_id", "organization_id", "project", "repository"):
        for kind in EventKind:
            rule = POLICY.rule(kind, attribute)
            assert rule is None or rule.treatment is Treatment.PSEUDONYM
