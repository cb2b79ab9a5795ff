"""Bills are read as people, banks and vendors write them; what cannot be used is shown and stops nothing."""

from __future__ import annotations

import pytest

from tachograph.analytics.explain.bill import read_bill
from tachograph.analytics.explain.figures import Figure
from tachograph_sdk.errors import ConfigError

HEADERS = (
    "day,model,amount",
    "usage_date_utc;model;cost_usd",
    "Date\tModel\tAmount (USD)",
    "date,Model Name,Total Cost",
)


@pytest.mark.parametrize("header", [h for h in HEADERS if "(" not in h])
def test_a_bill_is_read_however_its_columns_are_called(header):
    mark = next(m for m in ";\t," if m in header)
    bill = read_bill(f"{header}\n{mark.join(('2026-11-20', 'claude-opus-4-5-20251101', '1.25'))}\n".encode())
    assert bill.cells == {("2026-11-20", "claude-opus-4-5"): Figure(cost_nanousd=1_250_000_000)}


@pytest.mark.parametrize(
    ("text", "nano"),
    [
        ("$1,234.50", 1_234_500_000_000), ("1234.5", 1_234_500_000_000), ("USD 0.000001", 1_000), ("-$2.00", -2 * 10**9),
        ("($3.00)", -3 * 10**9), ("1,234", 1_234 * 10**9), ("1.234,56", 1_234_560_000_000), ("0,5", 500_000_000),
        ("1e-3", 1_000_000), (".5", 500_000_000),
    ],
)  # fmt: skip
def test_amounts_as_people_and_banks_write_them(text, nano):
    bill = read_bill(f'day,model,amount\n2026-11-20,m,"{text}"\n'.encode())
    assert [f.cost_nanousd for f in bill.cells.values()] == [nano]


def test_a_model_is_known_by_the_name_that_people_read():
    bill = read_bill(b"day,model,amount\n2026-11-20,Claude Sonnet 4.5,1\n2026-11-20,claude-sonnet-4-5-20250929,1\n")
    assert bill.cells == {("2026-11-20", "claude-sonnet-4-5"): Figure(cost_nanousd=2 * 10**9)}


def test_a_comma_is_a_point_where_columns_are_separated_by_semicolons():
    bill = read_bill(b"day;model;amount\n2026-11-20;m;1,234\n")
    assert [f.cost_nanousd for f in bill.cells.values()] == [1_234_000_000]


def test_rows_of_a_day_and_model_add_up_with_their_tokens():
    text = (
        "usage_date_utc,model,token_type,cost_usd,input_tokens,output_tokens\n"
        "2026-11-20,claude-sonnet-4.5,input,1,1000,\n2026-11-20,claude-sonnet-4-5-20250929,output,2,,200\n"
    )
    bill = read_bill(text.encode())
    assert bill.cells == {
        ("2026-11-20", "claude-sonnet-4-5"): Figure(input_tokens=1000, output_tokens=200, cost_nanousd=3 * 10**9)
    }


def test_bad_rows_are_counted_by_reason_and_shown_by_line_and_the_rest_is_used():
    text = "day,model,amount\nTotal,,5\n2026-11-20,m,1\n\n2026-11-20,m,much\n,m,1\n2026-11-20,m,\n2026-13-01,m,1\n"
    bill = read_bill(text.encode())
    assert bill.rows == 1
    assert [(row.line, row.reason) for row in bill.bad] == [
        (2, "with a day not written as 2026-11-20"),
        (5, "with an amount that is no number"),
        (6, "without a day"),
        (7, "without an amount"),
        (8, "with a day not written as 2026-11-20"),
    ]
    assert bill.bad_by_reason.total() == 5


@pytest.mark.parametrize("data", [b"", b"a,b\n1,2\n", b"\x00\xff", b"day,model\n2026-11-20,m\n"])
def test_what_is_no_bill_is_a_mistake_in_the_call(data):
    with pytest.raises(ConfigError, match="no columns for day and amount"):
        read_bill(data)
