import polars as pl
import pytest

from schemas.money import amounts, in_unit, money_unit
from schemas.results.financing import FinancingLoan, FinancingOpening, FinancingTariff
from schemas.table import empty, name


def test_amounts_are_the_columns_in_currency_and_no_rates_of_it():
    assert amounts(FinancingOpening) == ["cash", "last_support"]
    assert amounts(FinancingLoan) == ["limit"]
    assert amounts(FinancingTariff) == []


def test_in_another_unit_amounts_are_divided_and_all_else_stays():
    frame = empty(FinancingOpening).select("institution_id", "cash", "days_required")
    row = pl.DataFrame([("a", 2500.0, 9.0)], schema=frame.schema, orient="row")
    frames = {name(FinancingOpening): row.with_columns(last_support=pl.lit(None, pl.Float64))}
    found = in_unit([FinancingOpening], frames, 1000.0)["financing_opening"]
    assert found.row(0, named=True) == {
        "institution_id": "a",
        "cash": 2.5,
        "days_required": 9.0,
        "last_support": None,
    }


@pytest.mark.parametrize(
    ("largest", "unit"), [(0.0, 1.0), (1e6, 1.0), (1e6 + 1, 1e3), (-2e9, 1e6), (None, 1.0)]
)
def test_the_unit_is_the_least_in_which_no_amount_is_above_a_million(largest, unit):
    assert (
        money_unit([pl.Series([largest, 5.0], dtype=pl.Float64), pl.Series([], dtype=pl.Float64)])
        == unit
    )
    assert money_unit([]) == 1.0
