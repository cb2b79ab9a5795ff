"""The guide names every class, rule and threshold that there is."""

from __future__ import annotations

import re
from pathlib import Path

from tachograph.analytics.errors.kinds import ErrorClass
from tachograph.analytics.file_kit.recommend import RULES
from tachograph.analytics.file_kit.review import Thresholds

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "file-kit.md").read_text("utf-8")


def test_every_rule_and_class_is_in_the_guide() -> None:
    tables = GUIDE[GUIDE.index("### Failures by class") :]
    first_cells = re.findall(r"^\| ([a-z_]+) \|", tables, re.MULTILINE)
    assert [rule.id for rule in RULES] == [name for name in first_cells if name in {rule.id for rule in RULES}]
    assert {found.value for found in ErrorClass} <= set(first_cells)


def test_the_thresholds_of_the_guide_are_those_of_the_code() -> None:
    limits = Thresholds()
    assert f"{limits.errors} and {limits.tool_failures} unless you say so" in GUIDE
