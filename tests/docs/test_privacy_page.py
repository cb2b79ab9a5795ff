"""PRIVACY.md says what the code says, all of it, so that a reader can answer every question from it alone."""

from __future__ import annotations

import re

import pytest

from tachograph.cli.privacy import PRIVACY_COMMANDS
from tachograph.config import Settings
from tachograph.home import Home
from tachograph_sdk.model.attributes import ATTRIBUTES, CONTENTS
from tachograph_sdk.model.consent import ConsentPurpose
from tachograph_sdk.privacy.content import MAX_CHARS
from tachograph_sdk.privacy.detectors import DETECTORS
from tachograph_sdk.privacy.policy import POLICIES, POLICY_VERSION, RULES, Preset, Purpose, Treatment, digest
from tools.privacy_page import ANSWERS, privacy_page

PAGE = privacy_page()
SECTIONS = {
    title: body for title, _, body in (part.partition("\n") for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:])
}


def rows(section: str) -> list[list[str]]:
    lines = [line for line in SECTIONS[section].splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


@pytest.mark.parametrize(
    "question",
    ["What is kept?", "How is that made sure?", "Where is it", "What leaves", "How long", "How do I stop it?"],
)
def test_the_questions_are_answered_at_the_top(question: str) -> None:
    assert f"**{question}" in PAGE.partition("\n## ")[0]


def test_every_attribute_is_there_as_each_preset_keeps_it() -> None:
    told = {row[0].strip("`"): row for row in rows("What is kept") if len(row) == 7}
    strict = {rule.attribute: rule for rule in POLICIES[Preset.STRICT].rules}
    for rule in POLICIES[Preset.STANDARD].rules:
        if rule.treatment is Treatment.DROP:
            continue
        row = told[rule.attribute]
        assert rule.reason in row
        assert any(cell.startswith(rule.treatment) for cell in row)
        other = strict[rule.attribute]
        assert row[-1] == (
            "the same"
            if other is rule
            else f"{'dropped' if other.treatment is Treatment.DROP else other.treatment}: {other.reason}"
        )
    assert set(ATTRIBUTES) <= set(told)


def test_every_text_is_there_and_what_becomes_of_it() -> None:
    told = {row[0].strip("`") for row in rows("Texts, with `content` only")}
    assert set(CONTENTS) <= told
    assert f"{MAX_CHARS:,} characters" in SECTIONS["Texts, with `content` only"]


def test_every_row_of_every_preset_is_somewhere() -> None:
    for rule in RULES:
        if Preset.STANDARD in rule.presets:
            assert f"| `{rule.attribute}`" in PAGE, rule.attribute
            assert rule.reason in PAGE, rule.attribute


def test_what_is_refused_is_not_told_as_kept() -> None:
    refused = {row[0].strip("`") for row in rows("Known, and refused")}
    kept = {row[0].strip("`") for row in rows("What is kept") if len(row) == 7}
    assert "prompt" in refused
    assert refused & kept == {"---", "Attribute"}, "nothing but the heads of the tables"


def test_presets_purposes_treatments_and_detectors_are_all_there() -> None:
    told = {row[0].split()[0].strip("`"): row for row in rows("Presets")}
    assert set(Preset) <= set(told)
    for preset in Preset:
        kept = {r.into or r.attribute for r in POLICIES[preset].rules if r.treatment is not Treatment.DROP}
        assert told[preset][2:] == [str(len(kept - set(CONTENTS))), str(len(kept & set(CONTENTS)))]
        assert digest(preset) in SECTIONS["Versions"]
    assert {row[0].strip("`") for row in rows("What leaves")} >= set(ConsentPurpose)
    assert {row[0].strip("`") for row in rows("What the words mean")} >= {*Treatment, *Purpose}
    finders = {row[0].strip("`"): row[1].replace("\\|", "|") for row in rows("What the scrubber finds")}
    assert {d.id: d.help for d in DETECTORS}.items() <= finders.items()
    assert f"Policy version {POLICY_VERSION}" in PAGE


def test_how_long_is_what_the_settings_say() -> None:
    told = {row[1].strip("`"): row[2] for row in rows("How long")}
    retention = Settings().retention
    for name in ("raw_days", "aggregated_days", "summary_days"):
        assert told[name] == str(getattr(retention, name))


def test_every_file_of_a_home_is_there() -> None:
    told = {row[0].strip("`") for row in rows("Where it is, and who can read it")}
    assert len([name for name, member in vars(Home).items() if isinstance(member, property)]) <= len(told) - 2


def test_the_commands_that_are_named_exist_and_every_right_has_one() -> None:
    commands = {name for name, _ in PRIVACY_COMMANDS}
    assert {name for _, name in ANSWERS} <= commands
    assert set(re.findall(r"`tachograph privacy ([a-z]+)", PAGE)) <= commands
    named = {row[1].strip("`").removeprefix("tachograph privacy ") for row in rows("See, correct, stop, erase")}
    assert {"show", "export", "rectify", "erase", "object", "consent", "policy"} <= named


def test_links_inside_the_page_lead_somewhere() -> None:
    titles = [f"## {title}" for title in SECTIONS]
    made = {re.sub(r"[^a-z0-9 -]", "", title.lower().removeprefix("## ")).replace(" ", "-") for title in titles}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= made
