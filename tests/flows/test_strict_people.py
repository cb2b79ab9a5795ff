"""Choosing `strict` ends questions about single people, also of what was kept before; a person's own rights stay."""

from __future__ import annotations

import json
from pathlib import Path

from tests.flows.harness import command

GOLDEN = Path(__file__).parents[1] / "golden" / "agents"


def test_strict_ends_questions_about_single_people_and_no_rights(tmp_path: Path) -> None:
    home = tmp_path / "home"
    command("import", str(GOLDEN / "claude_code/2.1.328"), home=home)
    asked = json.loads(command("query", "--json", "--metrics", "requests", "--by", "user", home=home).stdout)
    (person, requests) = max((row for row in asked["rows"] if row[0] is not None), key=lambda row: row[1])
    assert requests > 0
    command("privacy", "policy", "strict", home=home)
    for question in (
        ["query", "--metrics", "requests", "--by", "user"],
        ["query", "--metrics", "requests", "--where", f"user={person}"],
        ["report", "--by", "model,user"],
        ["errors", "--where", f"user={person}"],
    ):
        refused = command(*question, home=home, check=False)
        assert refused.returncode == 2
        assert "the preset `strict` tells nothing of single people" in refused.stderr
        assert "tachograph privacy show --person" in refused.stderr
        assert person not in refused.stdout + refused.stderr
    assert person not in command("report", "--json", "--by", "model,day", home=home).stdout
    shown = json.loads(command("privacy", "show", "--person", person, "--json", home=home).stdout)
    assert shown["tables"]["events"] > 0
    command("privacy", "erase", "--person", person, "--yes", home=home)
    assert (
        json.loads(command("privacy", "show", "--person", person, "--json", home=home).stdout)["tables"].get(
            "events", 0
        )
        == 0
    )
