from datetime import date

import polars as pl
import pytest

from schemas import clean
from schemas.assumptions.financing import FinancingAssumptions
from schemas.results.allocation import AllocationValue
from schemas.results.financing import FinancingClaim, FinancingInstitution
from schemas.results.purchases import INPUTS
from schemas.table import check, conform, empty, name
from transforms.inputs.financing.cells import periods
from transforms.inputs.financing.sources import funds, loans
from transforms.inputs.purchases import purchase_inputs, requests

ASSUMED = FinancingAssumptions.model_validate(
    {
        "periods": 2,
        "funds": [
            {"fund_id": "kit", "purpose": "purchases", "budget": 50, "max_share": 0.5},
            {"fund_id": "relief", "budget": 1000},
        ],
        "loans": [
            {"loan_id": "line", "rate": 0.03, "term": 2, "limit": 5},
            {"loan_id": "kit", "purpose": "purchases", "rate": 0.02, "term": 9, "limit": 7},
        ],
        "purchases": [
            {
                "purchase_id": "k1",
                "institution_id": "a",
                "resource_id": "bed",
                "units": 3,
                "unit_price": 10,
                "running_cost": 2,
            },
            {
                "purchase_id": "k2",
                "institution_id": "b",
                "resource_id": "bed",
                "units": 1,
                "unit_price": 10,
                "earliest_period": 2,
            },
        ],
    }
)


@pytest.fixture
def tables():
    prices = [("a", "bed", date(2026, 1, d), p) for d, p in ((1, 0.5), (2, 0.9))]
    keys = ["institution_id", "resource_id", "date", "unit_day_price"]
    claim = [{"payer_id": y, "institution_id": "a", "period": 1, "claim": 30.0} for y in "xy"]
    other = [{"institution_id": "a", "period": 1, "other_income": 40.0}]
    return {
        "institution": conform(
            clean.Institution, pl.DataFrame({"institution_id": ["a", "b"], "region_id": ["n", "s"]})
        ),
        "finance": empty(clean.Finance),
        "allocation_value": conform(
            AllocationValue, pl.DataFrame(prices, schema=keys, orient="row")
        ),
        "financing_period": periods(date(2026, 1, 1), 2, 3),
        "financing_claim": conform(FinancingClaim, pl.DataFrame(claim)),
        "financing_institution": conform(FinancingInstitution, pl.DataFrame(other)),
    }


@pytest.fixture
def made(tables):
    return purchase_inputs(tables, ASSUMED, horizon_days=7)


def test_every_table_fits_its_schema(made):
    for table in INPUTS:
        check(table, made[name(table)])


def test_a_request_is_priced_by_the_shadow_prices_made_a_years(made):
    """3 beds x (0.5 + 0.9) points in 7 days x 365 / 7 = 219; of b nothing is short."""
    columns = ["purchase_id", "price", "running_cost", "earliest_period", "priced", "income"]
    assert made["purchase_request"].select(columns).rows() == [
        ("k1", 30.0, 6.0, 1, 219.0, 50.0),
        ("k2", 10.0, 0.0, 2, 0.0, 0.0),
    ]


def test_prices_and_incomes_are_whole_cents(tables):
    """3 of 1.117 are 3.351; a third of a point a day; 60 and 40.011 are 100.01 in two periods."""
    ask = ASSUMED.purchases[0].model_copy(update={"unit_price": 1.117, "running_cost": 0.333})
    third = tables["allocation_value"].head(1).with_columns(unit_day_price=pl.lit(1 / 3))
    more = tables["financing_institution"].with_columns(other_income=pl.lit(40.011))
    found = requests(
        {**tables, "allocation_value": third, "financing_institution": more},
        ASSUMED.model_copy(update={"purchases": (ask,)}),
        horizon_days=7,
    )
    priced = round(3 * 0.333333 * 365 / 7, 6)
    assert found.select("price", "running_cost", "priced", "income").rows() == [
        (3.35, 1.0, priced, 50.0)
    ]


def test_without_purchases_there_are_no_requests(tables):
    assert requests(tables, FinancingAssumptions(), 7).is_empty()


def test_only_money_for_purchases_pays_for_them(made):
    assert made["purchase_budget"].select("fund_id", "period", "budget", "max_share").rows() == [
        ("kit", 1, 50.0, 0.5),
        ("kit", 2, 50.0, 0.5),
    ]
    assert made["purchase_eligible"].rows() == [("kit", "a"), ("kit", "b")]
    assert made["purchase_loan"].select("loan_id", "limit").rows() == [("kit", 7.0)]


def test_money_for_purchases_pays_for_nothing_else():
    assert [f.fund_id for f in funds(ASSUMED, ["n", "s"])] == ["relief"]
    assert loans(ASSUMED)["loan_id"].to_list() == ["line"]
