"""The owner's rows over the packaged ones, changed while a server runs; and what is wrong with a table."""

from __future__ import annotations

import hashlib
import logging
import os
from datetime import date
from pathlib import Path

import pytest

from tachograph.pricing.check import check_table, hidden_rows
from tachograph.pricing.fresh import FreshPrices
from tachograph.pricing.names import is_regional, normalise, spellings
from tachograph.pricing.price import PriceTable, packaged_table, read_own
from tachograph.pricing.rows import read_table
from tachograph_sdk.errors import ConfigError
from tachograph_sdk.model.usage import TokenUsage
from tests.unit.pricing.test_price import NOW, us

HEADER = 'version = "1"\n[sources.s]\npage = "p"\nseen = 2026-11-20\n'
TENTH = TokenUsage(input=100_000)  # of a million: below every threshold


def row(model: str = "gpt-5.5", price: str = "7", more: str = "") -> str:
    return (
        f'[[price]]\nmodel = "{model}"\nusd_per_million = {{ input = "{price}", output = "9" }}\nsource = "s"\n{more}'
    )


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return tmp_path / "prices.toml"


def cost(table: PriceTable | FreshPrices, model: str = "gpt-5.5", at_us: int = NOW) -> int:
    return table.price(TENTH, model=model, at_us=at_us).nanousd // 10**8


def test_without_a_file_the_packaged_table_holds(own):
    table = PriceTable.load(own=own)
    assert (table.version, table.rows) == (packaged_table().version, packaged_table().rows)


def test_the_owners_row_goes_before_the_packaged_one_under_all_its_names(own):
    own.write_text(HEADER + row("claude-sonnet-4") + row("claude-opus-5-5", more="valid_from = 2026-11-01\n"))
    table = PriceTable.load(own=own)
    assert [cost(table, name) for name in ("claude-sonnet-4", "claude-sonnet-4-0", "claude-sonnet-4-20250514")] == [
        7,
        7,
        7,
    ]
    assert cost(table, "claude-opus-5-5", us("2026-10-31T00:00:00")) == 4
    assert cost(table, "claude-opus-5-5", us("2026-11-01T00:00:00")) == 7


def test_the_owner_may_give_a_name_to_another_model(own):
    own.write_text(HEADER + row("my-model", more='names = ["gpt-5.5"]\n'))
    assert cost(PriceTable.load(own=own)) == 7


def test_the_version_says_which_file(own):
    own.write_text(HEADER + row())
    mark = hashlib.sha256(own.read_bytes()).hexdigest()[:8]
    assert PriceTable.load(own=own).version == f"{packaged_table().version}+{mark}"


def test_two_rows_of_the_owner_for_one_day_are_a_mistake(own):
    own.write_text(HEADER + row() + row())
    with pytest.raises(ConfigError):
        PriceTable.load(own=own)


@pytest.mark.parametrize("data", [b"version = 1 [[", b"\xff\xfe", (HEADER + row(price="x")).encode()])
def test_a_file_with_a_mistake_says_what_to_do(own, data):
    own.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        read_own(own)
    assert "your own" in caught.value.message
    assert "prices check" in caught.value.hint


def test_what_cannot_be_read_is_told(own):
    own.mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        read_own(own)


# --- while a server runs ----------------------------------------------------------------------------------------------


def test_a_changed_file_is_read_again(own):
    fresh = FreshPrices(own)
    assert (cost(fresh), fresh.version) == (5, packaged_table().version)
    own.write_text(HEADER + row())
    assert cost(fresh) == 7
    assert fresh.current() is fresh.current()
    own.write_text(HEADER + row(price="8"))
    os.utime(own, ns=(1, 1))
    assert cost(fresh) == 8
    own.unlink()
    assert cost(fresh) == 5


def test_a_mistake_is_logged_and_the_prices_stay(own, caplog):
    own.write_text("nonsense [")
    fresh = FreshPrices(own)
    assert cost(fresh) == 5, "at the start: the packaged ones"
    own.write_text(HEADER + row())
    assert cost(fresh) == 7
    caplog.clear()
    own.write_text("nonsense again [")
    with caplog.at_level(logging.ERROR):
        assert [cost(fresh) for _ in range(3)] == [7, 7, 7]
    assert len(caplog.records) == 1, "once for each change of the file"


# --- checks -----------------------------------------------------------------------------------------------------------


def told(text: str) -> list[tuple[str, str]]:
    return [(one.level, one.message) for one in check_table(text)]


def test_the_packaged_table_has_no_mistake():
    text = (Path(__file__).parents[3] / "src/tachograph/pricing/prices.toml").read_text("utf-8")
    assert [one for one in check_table(text) if one.level == "mistake"] == []


def test_every_mistake_is_told_not_only_the_first():
    text = (
        HEADER
        + row(price="x")
        + row("b", price="-1")
        + row("c", more="surprise = 1\n")
        + row("d").replace('"s"', '"t"')
    )
    assert [level for level, _ in told(text)] == ["mistake"] * 4
    assert all(name in message for name, (_, message) in zip(["gpt-5.5", "b", "c", "d"], told(text), strict=True))


@pytest.mark.parametrize(
    ("rows", "level", "said"),
    [
        (row() + row(), "mistake", "gpt-5.5 has two rows from the beginning to the end"),
        (row(more="valid_to = 2026-02-01\n") + row("x", more='names = ["gpt-5.5"]\nvalid_from = 2026-01-01\n'), "mistake",
         "gpt-5.5 has two rows from 2026-01-01 to 2026-02-01"),
        (row(more="valid_to = 2026-01-01\n") + row(more="valid_from = 2026-02-01\n"), "odd",
         "gpt-5.5 has no price from 2026-01-01 to 2026-02-01"),
        (row(price="10"), "odd", "gpt-5.5: output costs less than input"),
        (row(price="0"), "odd", "gpt-5.5: input costs nothing"),
        (row().replace('"9" }', '"9", cache_read = "8" }'), "odd", "gpt-5.5: reading the cache costs more than fresh input"),
        (row(more='tiers = "graduated"\n'), "mistake", "gpt-5.5: tiers is whole or marginal"),
        (row(more="valid_from = 2026-02-01\nvalid_to = 2026-02-01\n"), "mistake",
         "gpt-5.5: valid_from and valid_to are days, the first before the second"),
        (row(more='multiply = { fast = "priority" }\n'), "mistake",
         "gpt-5.5: the factor fast is said to be the same as priority, which has no number"),
        (row(more='multiply = { fast = "1/0" }\n'), "mistake", "row 1 (gpt-5.5) has something that is no number"),
        (row(more="multiply = { fast = 2.0 }\n"), "mistake", 'gpt-5.5: numbers are written in quotation marks: "2.0"'),
        (row(more='multiply = { batch = { out = "1" } }\n'), "mistake", "gpt-5.5: unknown classes of tokens: out"),
        (row().replace("usd_per_million", "usd"), "mistake", "gpt-5.5 has unknown keys: usd"),
        ("", "odd", "sources that no row names: s"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_words(rows, level, said):
    assert (level, said) in told(HEADER + rows)


def test_no_table_at_all():
    assert told("[[") and told("")  # noqa: PT018 - either would do
    assert told("[[")[0][0] == "mistake"


def test_a_row_of_the_owner_that_hides_a_later_packaged_one_is_odd():
    packaged = read_table(HEADER + row(price="1", more="valid_from = 2027-01-01\n")).rows
    mine = read_table(HEADER + row(), origin="own").rows
    (finding,) = hidden_rows(mine, packaged)
    assert "hides the packaged one from 2027-01-01" in finding.message
    assert hidden_rows(read_table(HEADER + row(more="valid_to = 2027-01-01\n"), origin="own").rows, packaged) == []
    assert hidden_rows(read_table(HEADER + row(price="1"), origin="own").rows, packaged) == []


# --- names ------------------------------------------------------------------------------------------------------------


def test_no_name_of_a_row_becomes_another_rows():
    table = PriceTable.load()
    for entry in table.rows:
        day = max(entry.valid_from, date(2020, 1, 1))
        for name in entry.names:
            found = table.row_on(name, day)
            assert found is not None, name
            assert found.model == entry.model, name


@pytest.mark.parametrize(
    "vendor", ["openrouter", "azure", "bedrock", "vertex_ai", "dashscope", "groq", "ollama", "xai"]
)
def test_a_prefix_never_leads_to_another_model(vendor):
    table = PriceTable.load()
    for entry in table.rows:
        found = table.row_on(f"{vendor}/{entry.model}", max(entry.valid_from, date(2020, 1, 1)))
        assert found is None or found.model == entry.model


@pytest.mark.parametrize(
    "name", ["x" * 10_000, "/" * 10_000, "openai/" * 1000 + "gpt-5.5", "arn:aws:bedrock:" + ":" * 5000]
)
def test_long_names_are_left_alone(name):
    assert spellings(name) == (name,)


def test_a_region_is_told_from_none():
    assert is_regional("us.anthropic.claude-opus-4-6-v1")
    assert is_regional("azure/eu/gpt-5.5")
    for name in (
        "anthropic.claude-opus-4-6-v1",
        "global.anthropic.claude-opus-4-6-v1",
        "azure/gpt-5.5",
        "us/gpt-5.5",
        "gpt-5.5",
    ):
        assert not is_regional(name)


def test_a_version_is_no_revision():
    assert normalise("deepseek-v3") == "deepseek-v3"
    assert normalise("kimi-k2-0905-preview") == "kimi-k2-0905-preview"
    assert normalise("gpt-5.1-codex-max") == "gpt-5.1-codex-max"
