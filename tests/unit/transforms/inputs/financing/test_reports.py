from datetime import date

import polars as pl
import pytest

from schemas import clean
from schemas.table import conform
from transforms.inputs.financing.reports import flow_by_day, newest, one_flow_by_day, reported

YEAR = (date(2019, 1, 1), date(2019, 12, 31))
HALF = (date(2020, 1, 1), date(2020, 6, 30))
FEBRUARY = (date(2021, 2, 1), date(2021, 2, 28))
WEEK = (date(2021, 3, 1), date(2021, 3, 7))


def finance(*rows: tuple) -> pl.DataFrame:
    """Rows of institution, measure, payer, period, amount."""
    names = ["institution_id", "measure", "payer_id", "period_start", "period_end", "amount"]
    flat = [(i, m, y, *period, amount) for i, m, y, period, amount in rows]
    return conform(clean.Finance, pl.DataFrame(flat, schema=names, orient="row"))


@pytest.mark.parametrize(
    ("measure", "days"),
    [("operating_cost", 28), ("cash", 7), ("current_debt", 7), ("long_term_debt", 7)],
)
def test_a_stock_is_the_newest_however_short_the_period_and_a_flow_is_not(measure, days):
    rows = finance(
        ("a", measure, "all", WEEK, 9.0),
        ("a", measure, "all", FEBRUARY, 5.0),
        ("a", measure, "all", YEAR, 1.0),
    )
    assert newest(rows, measure, 28)["days"].to_list() == [days]


def test_of_periods_that_end_together_the_one_begun_last_is_the_newest():
    second = (date(2019, 7, 1), YEAR[1])
    rows = finance(
        ("b", "cash", "all", YEAR, 1.0),
        ("a", "cash", "all", second, 2.0),
        ("a", "cash", "all", YEAR, 3.0),
        ("a", "cash", "all", HALF, None),
    )
    assert newest(rows, "cash", 28).rows() == [("a", 2.0, *second, 184), ("b", 1.0, *YEAR, 365)]


def test_a_report_has_a_cost_above_nothing():
    rows = finance(
        ("a", "operating_cost", "all", YEAR, 0.5),
        ("a", "operating_cost", "all", HALF, 0.0),
        ("b", "operating_cost", "all", YEAR, -1.0),
        ("c", "cash", "all", YEAR, 1.0),
    )
    assert reported(rows, 28).rows() == [("a", YEAR[0], 365)]


def test_a_flow_by_day_is_that_of_the_report_by_payer():
    rows = finance(
        ("a", "other_income", "y", YEAR, 730.0),
        ("a", "other_income", "all", YEAR, 365.0),
        ("a", "other_income", "x", YEAR, None),
        ("a", "other_income", "all", HALF, 9.0),
        ("a", "cash", "all", YEAR, 9.0),
        ("b", "other_income", "all", YEAR, 9.0),
    )
    periods = pl.DataFrame({"institution_id": ["a"], "period_start": [YEAR[0]], "days": [365]})
    assert flow_by_day(rows, periods, "other_income").rows() == [("a", "all", 1.0), ("a", "y", 2.0)]
    one = one_flow_by_day(rows, periods, "other_income")
    assert one.to_dict(as_series=False) == {"institution_id": ["a"], "other_income": [1.0]}
