from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tachograph.pricing import PriceTable, normalise
from tachograph_sdk.errors import ConfigError, UnknownModel
from tachograph_sdk.model.money import Money
from tachograph_sdk.model.usage import TokenUsage

TABLE = PriceTable.load()


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


NOW = us("2026-11-20T12:00:00")


# Real sessions against a scripted API: model, tokens, and the cost its owner worked out from the published list.
SEEN = [
    ("claude-opus-5-5", 414, 45, 6200, 3100, "0.019296"),
    ("claude-opus-5-5", 378, 56, 3000, 3000, "0.018232"),
    ("claude-opus-5-5", 1501, 210, 21000, 4200, "0.035404"),
    ("claude-opus-5-5", 507, 58, 5200, 2600, "0.017228"),
    ("claude-opus-5-5", 623, 62, 8888, 2222, "0.0166196"),
    ("claude-opus-5-5", 347, 16, 3600, 1800, "0.011428"),
    ("claude-opus-5-5", 857, 81, 10900, 5900, "0.036728"),
    ("claude-opus-5-5", 1100, 49, 5400, 2700, "0.01996"),
    ("claude-haiku-4-5-20251001", 22, 2, 0, 0, "0.000032"),
    ("claude-sonnet-4-5-20250929", 1616, 142, 14000, 3500, "0.024303"),
]


@pytest.mark.parametrize(("model", "fresh", "output", "read", "write", "usd"), SEEN)
def test_recorded_sessions_cost_what_they_cost(model, fresh, output, read, write, usd):
    usage = TokenUsage(input=fresh, output=output, cache_read=read, cache_write=write)
    assert TABLE.price(usage, model=model, at_us=NOW).usd == Decimal(usd)


MILLION = 1_000_000
LIST = [  # model, input, output, cache read: US dollars per million tokens
    ("claude-opus-5-5", "4", "20", "0.20"),
    ("claude-sonnet-5-5", "2", "10", "0.10"),
    ("claude-fable-5-1", "10", "50", "0.25"),
    ("claude-fable-5", "10", "50", "1"),
    ("claude-opus-5", "5", "25", "0.5"),
    ("claude-opus-4-8", "5", "25", "0.5"),
    ("claude-opus-4-7", "5", "25", "0.5"),
    ("claude-opus-4-6", "5", "25", "0.5"),
    ("claude-opus-4-5-20251101", "5", "25", "0.5"),
    ("claude-opus-4-1-20250805", "15", "75", "1.5"),
    ("claude-opus-4-20250514", "15", "75", "1.5"),
    ("claude-sonnet-5", "2", "10", "0.2"),
    ("claude-sonnet-4-6", "3", "15", "0.3"),
    ("claude-3-7-sonnet-20250219", "3", "15", "0.3"),
    ("claude-haiku-4-5-20251001", "1", "5", "0.1"),
    ("claude-3-5-haiku-20241022", "0.8", "4", "0.08"),
    ("gpt-5.3-codex", "1.75", "14", "0.175"),
]


@pytest.mark.parametrize(("model", "fresh", "output", "read"), LIST)
def test_a_million_tokens_cost_the_list_price(model, fresh, output, read):
    def cost(**tokens: int) -> Decimal:
        return TABLE.price(TokenUsage(**tokens), model=model, at_us=NOW).usd

    assert cost(input=MILLION) == Decimal(fresh)
    assert cost(output=MILLION) == Decimal(output)
    assert cost(cache_read=MILLION) == Decimal(read)
    if model.startswith("claude"):
        assert cost(cache_write=MILLION) == Decimal(fresh) * Decimal("1.25")
        assert cost(cache_write=MILLION, cache_write_1h=MILLION) == Decimal(fresh) * 2
        assert cost(web_search_requests=1000) == 10


@pytest.mark.parametrize(
    ("model", "threshold", "below", "above"),
    [
        ("claude-haiku-5-5", 100_000, "0.10", "0.50"),
        ("gpt-5.6-sol", 272_000, "4", "8"),
        ("gemini-2.5-pro", 200_000, "1.25", "2.5"),
        ("claude-sonnet-4-5", 200_000, "3", "6"),
    ],
)
def test_over_the_threshold_the_whole_request_costs_more(model, threshold, below, above):
    def cost(fresh: int) -> Decimal:
        return TABLE.price(TokenUsage(input=fresh), model=model, at_us=NOW).usd

    assert cost(threshold) == threshold * Decimal(below) / MILLION
    assert cost(threshold + 1) == (threshold + 1) * Decimal(above) / MILLION


def test_the_cache_counts_towards_the_threshold():
    usage = TokenUsage(input=1, cache_read=99_999, cache_write=1)
    assert TABLE.price(usage, model="claude-haiku-5-5", at_us=NOW).usd == Decimal("0.005001075")


def test_of_several_thresholds_the_highest_that_is_passed_holds():
    def cost(fresh: int) -> Decimal:
        return TABLE.price(TokenUsage(input=fresh), model="qwen3-coder-plus", at_us=NOW).usd * MILLION / fresh

    assert [cost(tokens) for tokens in (32_000, 128_000, 256_000, 256_001)] == [1, Decimal("1.8"), 3, 6]


def test_a_price_change_takes_hold_at_midnight_utc():
    def read(at: str) -> Decimal:
        return TABLE.price(TokenUsage(cache_read=MILLION), model="claude-sonnet-5-5", at_us=us(at)).usd

    assert read("2026-10-06T23:59:59") == Decimal("0.20")
    assert read("2026-10-07T00:00:00") == Decimal("0.10")


def test_the_surcharge_on_long_contexts_ended():
    def cost(at: str) -> Decimal:
        return TABLE.price(TokenUsage(input=MILLION), model="claude-opus-4-6", at_us=us(at)).usd

    assert cost("2026-03-12T00:00:00") == 10
    assert cost("2026-03-13T00:00:00") == 5


def test_factors_multiply_tokens_but_not_searches():
    usage = TokenUsage(input=MILLION, web_search_requests=100)

    def cost(model: str = "claude-opus-5-5", **how: str) -> Decimal:
        return TABLE.price(usage, model=model, at_us=NOW, **how).usd

    assert cost() == 5
    assert cost(speed="normal", service_tier="standard", inference_geo="global") == 5
    assert cost(speed="fast") == 9
    assert cost(service_tier="batch") == 3
    assert cost(inference_geo="us") == Decimal("5.4")
    assert cost(speed="fast", inference_geo="us") == Decimal("9.8")
    assert cost("claude-opus-4-7", speed="fast") == 31
    assert cost("claude-haiku-4-5", speed="fast") == 2, "a model without a fast price costs the normal one"
    assert cost(service_tier="us") == 5, "a tier is not another factor's name"


@pytest.mark.parametrize(
    ("spelling", "plain"),
    [
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("claude-sonnet-4-5-20250929[1m]", "claude-sonnet-4-5"),
        ("claude-opus-5-5[1m]", "claude-opus-5-5"),
        ("anthropic/claude-sonnet-4.5", "claude-sonnet-4-5"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("us-gov.anthropic.claude-3-7-sonnet-20250219-v1:0", "claude-3-7-sonnet"),
        (
            "arn:aws:bedrock:us-east-1:0:inference-profile/global.anthropic.claude-opus-4-5-20251101-v1:0",
            "claude-opus-4-5",
        ),
        ("bedrock/anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet"),
        ("claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet"),
        ("vertex_ai/claude-opus-4-1@20250805", "claude-opus-4-1"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku"),
        (" Claude-Opus-4-8 ", "claude-opus-4-8"),
        ("models/gemini-2.5-pro", "gemini-2.5-pro"),
        ("openai/gpt-5.5-2026-04-23", "gpt-5.5"),
        ("dashscope/qwen3-coder-plus-2025-07-22", "qwen3-coder-plus"),
    ],
)
def test_other_spellings_are_the_same_model(spelling, plain):
    assert normalise(spelling) == plain
    row = TABLE.row(spelling, at_us=NOW)
    assert row is not None
    assert row.model == plain


@pytest.mark.parametrize("model", ["", "<synthetic>", "gpt-4-unheard-of", "claude", "claude-opus", "claude-opus-5-50"])
def test_an_unknown_model_has_no_price_and_its_name_is_not_repeated(model):
    for _ in range(2):  # the second time from memory
        with pytest.raises(UnknownModel) as caught:
            TABLE.price(TokenUsage(input=1), model=model, at_us=NOW)
        assert not model or model not in str(caught.value)


@pytest.mark.parametrize("at_us", [-(10**18), 10**18, 0])
def test_a_day_outside_the_calendar_has_an_answer(at_us):
    try:
        assert TABLE.price(TokenUsage(input=1), model="claude-opus-5-5", at_us=at_us)
    except UnknownModel:
        assert at_us != 0


def test_an_empty_usage_costs_nothing():
    assert TABLE.price(TokenUsage(), model="claude-opus-5-5", at_us=NOW) == Money(0)


counts = st.integers(0, 10**9)


@given(fresh=counts, output=counts, read=counts, write=counts, hour=counts, searches=st.integers(0, 1000))
def test_the_sum_is_exact_and_rounded_once(fresh, output, read, write, hour, searches):
    usage = TokenUsage(
        input=fresh,
        output=output,
        cache_read=read,
        cache_write=write + hour,
        cache_write_1h=hour,
        web_search_requests=searches,
    )
    dollars = (Fraction(4) * fresh + 20 * output + Fraction(1, 5) * read + 5 * write + 8 * hour) * 2 * Fraction(
        11, 10
    ) / MILLION + Fraction(searches, 100)
    got = TABLE.price(usage, model="claude-opus-5-5", at_us=NOW, speed="fast", inference_geo="us")
    assert got.nanousd == int(dollars * 10**9 + Fraction(1, 2))


def test_half_a_nanodollar_is_rounded_up():
    # gpt-5-nano reads its cache at 0.005 dollars a million, half of that in a batch: 2.5 nano-dollars a token.
    assert TABLE.price(TokenUsage(cache_read=1), model="gpt-5-nano", at_us=NOW, service_tier="batch") == Money(3)


def test_names_from_outside_do_not_fill_the_memory():
    table = PriceTable(TABLE.rows, version="t")
    for number in range(45_000):
        with pytest.raises(UnknownModel):
            table.price(TokenUsage(), model=f"made-up-{number}", at_us=NOW)
    assert len(table._memo) <= 20_000


def test_a_question_asked_again_is_not_looked_up_again(monkeypatch):
    table = PriceTable(TABLE.rows, version="t")
    looked_up = []

    def row(model: str, *, at_us: int):
        looked_up.append(model)
        return TABLE.row(model, at_us=at_us)

    monkeypatch.setattr(table, "row", row)
    for second in range(1000):
        table.price(TokenUsage(input=1), model="claude-opus-5-5", at_us=NOW + second * MILLION)
    assert looked_up == ["claude-opus-5-5"]


# --- the table itself ------------------------------------------------------------------------------------------------


def test_every_row_says_where_it_was_read():
    assert TABLE.version
    assert all(row.source for row in TABLE.rows)


def test_every_row_has_plausible_prices():
    for row in TABLE.rows:
        assert row.names[0] == normalise(row.model) or row.model in row.names
        assert row.valid_from < row.valid_to
        for _, rates in row.tiers:
            assert 0 < rates.cache_read <= rates.input <= rates.output, row.model
            assert rates.cache_write_5m <= rates.cache_write_1h, row.model
            if row.source.startswith("anthropic"):
                assert rates.input < rates.cache_write_5m, row.model
        levels = [rates.input for _, rates in row.tiers]
        assert levels == sorted(levels), row.model


def write(tmp_path, *rows: str):
    path = tmp_path / "prices.toml"
    path.write_text('version = "1"\n[sources.s]\npage = "p"\nseen = 2026-01-01\n' + "\n".join(rows))
    return path


PLAIN = '[[price]]\nmodel = "m"\nusd_per_million = { input = "1", output = "2" }\nsource = "s"\n'


def test_a_missing_cache_price_is_the_input_price(tmp_path):
    table = PriceTable.load(write(tmp_path, PLAIN))
    usage = TokenUsage(cache_read=MILLION, cache_write=2 * MILLION, cache_write_1h=MILLION)
    assert table.price(usage, model="m", at_us=NOW).usd == 3
    assert table.rows[0].valid_to == date.max


def test_the_last_day_of_a_row_is_the_day_before_its_end(tmp_path):
    old = PLAIN + "valid_to = 2026-01-02\n"
    new = PLAIN.replace('"1"', '"7"') + "valid_from = 2026-01-02\nvalid_to = 2026-01-03\n"
    table = PriceTable.load(write(tmp_path, old, new))

    def cost(at: str) -> Decimal:
        return table.price(TokenUsage(input=MILLION), model="m", at_us=us(at)).usd

    assert cost("2026-01-01T23:59:59") == 1
    assert cost("2026-01-02T00:00:00") == 7
    with pytest.raises(UnknownModel):
        cost("2026-01-03T00:00:00")


@pytest.mark.parametrize(
    "rows",
    [
        [PLAIN, PLAIN],  # both hold on the same day
        [PLAIN.replace('source = "s"', 'source = "t"')],
        [PLAIN.replace('"1"', '"one"')],
        [PLAIN.replace('"1"', '"-1"')],
        [PLAIN.replace('"1"', '"0.00000000001"')],
        [PLAIN.replace("source", "sauce")],
        [PLAIN + "surprise = 1\n"],
        [PLAIN + 'multiply = { faster = "2" }\n'],
        ["[[price]]\nmodel ="],
    ],
)
def test_a_table_with_a_mistake_is_refused(tmp_path, rows):
    with pytest.raises(ConfigError):
        PriceTable.load(write(tmp_path, *rows))
