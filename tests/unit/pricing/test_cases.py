"""Cases that were worked out by hand: cases.toml says how."""

from __future__ import annotations

import ast
import operator
import tomllib
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tachograph.pricing import PriceTable
from tachograph.pricing.rows import read_table
from tachograph_sdk.errors import UnknownModel
from tachograph_sdk.model.usage import TokenUsage

DOCUMENT = tomllib.loads((Path(__file__).parent / "cases.toml").read_text("utf-8"))
CASES: list[dict[str, Any]] = DOCUMENT["cases"]
PACKAGED = PriceTable.load()
MADE_UP = PriceTable(read_table(DOCUMENT["made_up"]).rows, version="1")


def cost(case: dict[str, Any]) -> int:
    usage = TokenUsage(
        input=case.get("input", 0),
        output=case.get("output", 0),
        cache_read=case.get("read", 0),
        cache_write=case.get("write", 0),
        cache_write_1h=case.get("hour", 0),
        web_search_requests=case.get("searches", 0),
    )
    at_us = int(datetime.fromisoformat(case["at"]).replace(tzinfo=UTC).timestamp()) * 1_000_000
    how = {"speed": case.get("speed"), "service_tier": case.get("tier"), "inference_geo": case.get("geo")}
    table = MADE_UP if case.get("made_up") else PACKAGED
    return table.price(usage, model=case["model"], at_us=at_us, **how).nanousd


def worked_out(text: str) -> int:
    """The sum of products that is written in the case, in nano-dollars, half up."""

    def value(node: ast.expr) -> Fraction:
        if isinstance(node, ast.Constant):
            return Fraction(ast.get_source_segment(text, node) or "")
        assert isinstance(node, ast.BinOp)
        how = {ast.Add: operator.add, ast.Mult: operator.mul}[type(node.op)]
        return Fraction(how(value(node.left), value(node.right)))

    nano = value(ast.parse(text, mode="eval").body) * 1000
    return (2 * nano.numerator + nano.denominator) // (2 * nano.denominator)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['model']} {case['at']}")
def test_a_request_costs_what_was_worked_out_by_hand(case):
    if "nanousd" not in case:
        with pytest.raises(UnknownModel):
            cost(case)
        return
    assert worked_out(case["work"]) == case["nanousd"], "the case itself is wrong"
    assert cost(case) == case["nanousd"], case["work"]


def test_there_are_enough_cases_of_every_kind():
    assert len(CASES) >= 200
    priced = [case for case in CASES if "nanousd" in case]
    for name, least in (("hour", 15), ("searches", 8), ("speed", 10), ("tier", 25), ("geo", 10), ("made_up", 12)):
        assert sum(name in case for case in priced) >= least, name
    assert sum("nanousd" not in case for case in CASES) >= 20
    for vendor in ("claude", "gpt", "gemini", "qwen", "grok", "kimi", "glm", "deepseek", "minimax", "mistral"):
        assert any(case["model"].startswith(vendor) for case in priced), vendor
