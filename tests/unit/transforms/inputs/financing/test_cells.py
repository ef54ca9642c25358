from datetime import date

import polars as pl

from schemas.assumptions.financing import PayerAssumptions
from schemas.results.allocation import AllocationLoad
from schemas.table import conform
from transforms.inputs.financing.cells import (
    activity_effect,
    activity_ratio,
    claim_cells,
    institution_cells,
    periods,
)

QUARTERS = periods(date(2026, 1, 1), 2, 3)  # 90 and 91 days
RATIO = pl.DataFrame({"institution_id": ["a"], "activity_ratio": [1.25]})


def test_the_ratio_is_of_all_resources_and_days_to_nine_decimals():
    """a is planned 1/3 + 2 of 3; b's half a bed is planned whole; c uses nothing as usual."""
    rows = [
        ("a", "bed", 1 / 3, 2.0),
        ("a", "nurse", 2.0, 1.0),
        ("b", "bed", 0.5, 0.5),
        ("c", "bed", 1.0, 0.0),
    ]
    names = ["institution_id", "resource_id", "planned_use", "usual_use"]
    load = pl.DataFrame(rows, schema=names, orient="row").with_columns(date=date(2026, 1, 1))
    found = activity_ratio(conform(AllocationLoad, load), largest=2.0)
    assert found.rows() == [("a", 2.333333 / 3, None), ("b", 1.0, None)]


BY_DAY = pl.DataFrame(
    {
        "institution_id": ["a", "b"],
        "cost": [10.0, 1.0],
        "other_income": [0.1239, 0.0],
        "debt_service": [2.0, None],
        "capital_need": [3.0, None],
    }
)


def test_money_of_a_day_counts_for_every_day_and_cost_follows_activity_in_part():
    """a: 10 a day x (0.6 + 0.4 x 1.25) = 11; b's activity is as usual. Cents are whole."""
    found = institution_cells(BY_DAY, QUARTERS, RATIO, fixed_share=0.6)
    columns = ["institution_id", "period", "operating_cost", "other_income", "debt_service"]
    assert found.select(*columns, "capital_need").rows() == [
        ("a", 1, 990.0, 11.15, 180.0, 270.0),
        ("a", 2, 1001.0, 11.27, 182.0, 273.0),
        ("b", 1, 90.0, 0.0, None, None),
        ("b", 2, 91.0, 0.0, None, None),
    ]


CLAIMS = pl.DataFrame(
    {
        "institution_id": ["a", "a", "b"],
        "payer_id": ["half", "whole", "half"],
        "amount": [1.0, 2.0, 0.3339],
    }
)
PAYERS = {"half": PayerAssumptions(tariff_beyond=0.5)}


def test_claims_beyond_the_usual_are_paid_at_the_payers_part():
    """Of a quarter more, ``half`` pays an eighth; ``whole``, of which nothing is said, all."""
    found = claim_cells(CLAIMS, QUARTERS, RATIO, PAYERS)
    assert found.select("institution_id", "payer_id", "period", "claim").sort(pl.all()).rows() == [
        ("a", "half", 1, 101.25),
        ("a", "half", 2, 102.38),
        ("a", "whole", 1, 225.0),
        ("a", "whole", 2, 227.5),
        ("b", "half", 1, 30.05),
        ("b", "half", 2, 30.38),
    ]


def test_the_effect_of_activity_is_what_claims_gain_less_what_costs_gain():
    as_usual, planned = (
        (institution_cells(BY_DAY, QUARTERS, r, 0.6), claim_cells(CLAIMS[:2], QUARTERS, r, PAYERS))
        for r in (RATIO.clear(), RATIO)
    )
    found = activity_effect(as_usual, planned, RATIO)
    columns = ["usual_cost", "planned_cost", "usual_claims", "planned_claims", "net_change"]
    assert found.select("institution_id", "activity_ratio", *columns).rows() == [
        ("a", 1.25, 1810.0, 1991.0, 543.0, 656.13, -67.87),
        ("b", 1.0, 181.0, 181.0, 0.0, 0.0, 0.0),
    ]
