from datetime import date

import polars as pl
import pytest

from schemas import clean
from schemas.assumptions.financing import FinancingAssumptions
from schemas.table import conform
from transforms.inputs.financing.institutions import (
    claims_by_day,
    excluded,
    openings,
    operating_by_day,
)

YEAR = (date(2019, 1, 1), date(2019, 12, 31))


def finance(*rows: tuple) -> pl.DataFrame:
    """Rows of institution, measure, payer and amount, all of one year."""
    names = ["institution_id", "measure", "payer_id", "amount"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        period_start=YEAR[0], period_end=YEAR[1]
    )
    return conform(clean.Finance, frame)


def places(names: str) -> pl.DataFrame:
    frame = pl.DataFrame({"institution_id": list(names), "zone_id": "z", "region_id": "r"})
    return conform(clean.Institution, frame)


@pytest.mark.parametrize(
    ("depreciation", "cost"),
    [(0.0, 10.0), (365.0, 9.0), (3650.0, 10.0), (-365.0, 10.0), (None, 10.0)],
)
def test_depreciation_counts_from_0_to_below_the_cost(depreciation, cost):
    sent = [("operating_cost", 3650.0), ("depreciation", depreciation), ("debt_service", -365.0)]
    rows = finance(*(("a", m, "all", amount) for m, amount in sent))
    found = operating_by_day(rows, 28).row(0, named=True)
    assert found["cost"] == cost
    assert found["depreciation"] == 10.0 - cost
    assert (found["other_income"], found["debt_service"], found["capital_need"]) == (0, 0, None)


def test_money_of_a_day_is_by_measure():
    sent = {"operating_cost": 730.0, "other_income": -365.0, "debt_service": 365.0}
    need = ("a", "capital_need", "all", 1095.0)
    rows = finance(*(("a", m, "all", amount) for m, amount in sent.items()), need)
    found = operating_by_day(rows, 28).row(0, named=True)
    assert found == {
        "institution_id": "a",
        "operating_cost": 2.0,
        "depreciation": 0.0,
        "other_income": -1.0,
        "debt_service": 1.0,
        "capital_need": 3.0,
        "cost": 2.0,
    }


def test_what_named_payers_leave_is_other_to_the_hundredth_of_a_cent():
    """x and z owe 0.3333 each and y nothing, so 0.3334 is left; b's owe more than all."""
    rows = finance(
        *((i, "operating_cost", "all", 1.0) for i in "ab"),
        ("a", "net_patient_revenue", "x", 365 / 3),
        ("a", "net_patient_revenue", "y", -365.0),
        ("a", "net_patient_revenue", "z", 365 / 3),
        ("a", "net_patient_revenue", "all", 365.0),
        ("b", "net_patient_revenue", "x", 730.0),
        ("b", "net_patient_revenue", "all", 365.0),
    )
    assert claims_by_day(rows, 28).rows() == [
        ("a", "other", 0.3334),
        ("a", "x", 0.3333),
        ("a", "z", 0.3333),
        ("b", "x", 2.0),
    ]


def test_a_report_is_too_old_that_ends_longer_before_the_newest_than_is_allowed():
    rows = finance(
        *((i, m, "all", 1.0) for i in "abc" for m in ("operating_cost", "net_patient_revenue"))
    )
    age = pl.col("institution_id").replace_strict({"a": 0, "b": 10, "c": 11})
    moved = (pl.col(c) - pl.duration(days=age) for c in ("period_start", "period_end"))
    old = conform(clean.Finance, rows.with_columns(moved))
    found = excluded(
        places("abc"), old, claims_by_day(old, 28), FinancingAssumptions(oldest_report_days=10)
    )
    assert found.rows() == [("c", "report_too_old")]


def test_support_is_at_the_pace_of_a_year_never_below_nothing_and_cash_in_cents():
    """73 days of 1 a day are 365 a year."""
    rows = finance(
        ("a", "subsidies", "all", 73.004),
        ("b", "subsidies", "all", -73.0),
        ("a", "cash", "all", 7.128),
    )
    short = rows.with_columns(period_start=pl.col("period_end") - pl.duration(days=72))
    by_day = pl.DataFrame({"institution_id": ["a"], "cost": [1.0]})
    assumed = FinancingAssumptions(days_required=12)
    found = openings(places("ba"), short, by_day, assumed)
    columns = ["institution_id", "region_id", "cash", "days_required", "last_support"]
    assert found.select(columns).rows() == [
        ("a", "r", 7.13, 12.0, 365.02),
        ("b", "r", 0.0, 12.0, 0.0),
    ]
