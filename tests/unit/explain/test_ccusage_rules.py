"""ccusage's figures are reproduced from its rules: on a transcript for each rule, on recorded sessions, on a made-up tree.

Its answers are recorded in tests/golden/ccusage. With --all, and where npm can install it, the program itself is asked
in the same test, so that neither the recording nor the rules can drift from it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tachograph.analytics.explain.ccusage.rates import CcusageTable
from tachograph.analytics.explain.ccusage.rules import CCUSAGE_VERSION, RULES
from tests.unit.explain.ccusage_cases import (
    CASES,
    RECORDED,
    Case,
    ask,
    find_program,
    lay_out,
    our_cells,
    trees,
)

RECORDING = json.loads(RECORDED.read_text())
HALF_A_MICRODOLLAR = 5e-7


def same(ours: tuple[Any, list[Any]], theirs: tuple[Any, list[Any]]) -> None:
    our_table, our_total = ours
    their_table, their_total = theirs
    assert our_table.keys() == their_table.keys()
    for place, numbers in their_table.items():
        assert our_table[place][:4] == numbers[:4], place
        assert our_table[place][4] == pytest.approx(numbers[4], abs=HALF_A_MICRODOLLAR), place
    assert our_total[:4] == their_total[:4]
    assert our_total[4] == pytest.approx(their_total[4], abs=HALF_A_MICRODOLLAR)


def test_the_recording_is_of_the_version_whose_rules_are_written_down() -> None:
    assert RECORDING["version"] == CCUSAGE_VERSION == CcusageTable.load().version


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == {rule.id for rule in RULES} - {"roots"}  # which has tests of its own


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.rule}: {c.name}")
def test_each_rule_gives_what_the_program_printed(case: Case, tmp_path: Path) -> None:
    same(our_cells(lay_out(case, tmp_path / "config"), case.zone), RECORDING["cases"][f"{case.rule}: {case.name}"])


def test_recorded_sessions_and_a_made_up_tree_give_what_the_program_printed(tmp_path: Path) -> None:
    found = trees(tmp_path)
    assert found.keys() == RECORDING["trees"].keys()
    for name, (place, zone) in found.items():
        same(our_cells(place, zone), RECORDING["trees"][name])


@pytest.fixture(scope="module")
def program() -> Path:
    found = find_program()
    if found is None:  # the recorded answers are compared in the tests above, with or without the program
        pytest.skip("npm cannot install ccusage here; its recorded answers were compared instead")
    return found


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_program_itself_says_the_same_now(program: Path, tmp_path: Path) -> None:
    for case in CASES:
        place = lay_out(case, tmp_path / "case")
        same(our_cells(place, case.zone), ask(program, place, case.zone))
    for place, zone in trees(tmp_path / "trees").values():
        same(our_cells(place, zone), ask(program, place, zone))


def folders(root: Path, *names: str) -> None:
    for size, name in enumerate(names):
        path = root / name / "projects" / "p"
        path.mkdir(parents=True)
        record = {
            "timestamp": "2026-05-01T10:00:00Z",
            "requestId": f"r{size}",
            "message": {"id": f"m{size}", "usage": {"input_tokens": 10**size, "output_tokens": 0}},
        }
        (path / "a.jsonl").write_text(json.dumps(record, separators=(",", ":")) + "\n")


PLACES = (".claude", ".config/claude", "xdg/claude")
ROOT_CASES: tuple[tuple[dict[str, str], int], ...] = (
    ({}, 11),
    ({"XDG_CONFIG_HOME": "{home}/xdg"}, 101),
    ({"CLAUDE_CONFIG_DIR": "{home}/.claude/projects"}, 1),
    ({"CLAUDE_CONFIG_DIR": "{home}/.claude, {home}/xdg/claude"}, 101),
    ({"CLAUDE_CONFIG_DIR": "{home}/nowhere"}, 0),  # the program stops with an error
    ({"CLAUDE_CONFIG_DIR": ""}, 0),
)


@pytest.mark.parametrize(("environment", "tokens"), ROOT_CASES)
def test_it_is_looked_for_transcripts_where_the_program_looks(
    environment: dict[str, str], tokens: int, tmp_path: Path
) -> None:
    from tachograph.analytics.explain.ccusage.report import read_ccusage
    from tachograph.analytics.zones import UTC_ZONE

    folders(tmp_path, *PLACES)
    told = {name: value.format(home=tmp_path) for name, value in environment.items()}
    assert read_ccusage(told, tmp_path, UTC_ZONE).total.input_tokens == tokens


def test_links_are_not_followed(tmp_path: Path) -> None:
    folders(tmp_path, "a", "b")
    (tmp_path / "a" / "projects" / "link").symlink_to(tmp_path / "b" / "projects" / "p")
    (tmp_path / "a" / "projects" / "p" / "link.jsonl").symlink_to(tmp_path / "b" / "projects" / "p" / "a.jsonl")
    assert our_cells(tmp_path / "a", "UTC")[1][0] == 1
