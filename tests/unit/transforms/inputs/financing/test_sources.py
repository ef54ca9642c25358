from datetime import date

import polars as pl
import pytest

from schemas import clean
from schemas.assumptions.financing import FinancingAssumptions
from schemas.results.financing import FinancingClaim
from schemas.table import conform
from transforms.inputs.financing import sources
from transforms.inputs.financing.cells import periods

QUARTER = periods(date(2026, 1, 1), 1, 3)  # 90 days
PLACES = conform(
    clean.Institution,
    pl.DataFrame(
        {
            "institution_id": ["a", "b", "c"],
            "region_id": ["n", "s", "s"],
            "zone_id": "z",
            "tier": ["primary", "primary", "tertiary"],
            "ownership": ["public", "private", "public"],
        }
    ),
)


def assume(**keys) -> FinancingAssumptions:
    return FinancingAssumptions.model_validate(keys)


def fund(fund_id: str = "f", **keys) -> dict:
    return {"fund_id": fund_id, "budget": 90, **keys}


def test_a_ceiling_is_an_amount_or_a_share_of_the_periods_claims():
    """Of 100 and 33.33 claimed of ``share``, 15 % are 20; who has no ceiling has no row."""
    rows = [("share", "a", 100.0), ("share", "b", 33.33), ("sum", "a", 7.0), ("free", "a", 1.0)]
    names = ["payer_id", "institution_id", "claim"]
    claims = pl.DataFrame(rows, schema=names, orient="row").with_columns(period=1)
    payers = assume(
        payers={"share": {"ceiling_share": 0.15}, "sum": {"ceiling": 5.5}, "free": {}}
    ).payers
    found = sources.ceilings(conform(FinancingClaim, claims), payers)
    assert found.rows() == [("share", 1, 20.0), ("sum", 1, 5.5)]


def test_arrears_are_so_many_days_of_claims():
    claims = pl.DataFrame(
        {"institution_id": "a", "payer_id": ["late", "prompt", "x"], "amount": [1.2345, 1.0, 1.0]}
    )
    payers = assume(payers={"late": {"arrears_days": 0.5}, "prompt": {"arrears_days": 0}}).payers
    assert sources.arrears(claims, payers).rows() == [("late", "a", 0.62)]


@pytest.mark.parametrize(
    ("keys", "names"),
    [
        ({}, ["f"]),
        ({"per_region": True}, ["f:n", "f:s"]),
        ({"per_region": True, "regions": ["s", "t"]}, ["f:s"]),
        ({"purpose": "purchases"}, []),
    ],
    ids=["one", "one a region", "one in each region named", "for something else"],
)
def test_a_fund_stands_once_or_once_in_each_region(keys, names):
    found = sources.funds(assume(funds=[fund(**keys), fund("last")]), ["n", "s"])
    assert [f.fund_id for f in found] == [*names, "last"]
    assert all(f.regions == (f.fund_id[2:],) for f in found if ":" in f.fund_id)


@pytest.mark.parametrize(
    ("keys", "members"),
    [
        ({}, "abc"),
        ({"regions": ["s"]}, "bc"),
        ({"tiers": ["primary"]}, "ab"),
        ({"ownerships": ["public"]}, "ac"),
        ({"regions": ["s"], "tiers": ["primary"], "ownerships": ["public"]}, ""),
    ],
)
def test_a_fund_is_for_the_institutions_that_it_names(keys, members):
    found = sources.eligible(sources.funds(assume(funds=[fund(**keys)]), ["n", "s"]), PLACES)
    assert found.rows() == [("f", i) for i in members]


def test_without_funds_nobody_is_eligible():
    assert sources.eligible([], PLACES).is_empty()


def test_public_money_without_a_cost_costs_what_deposits_would_earn():
    """Two periods at 10 % make 21 %."""
    assumed = assume(
        periods=2,
        deposit_rate=0.1,
        funds=[fund(), fund("g", name="Gift", cost=0.3, max_share=0.5, carry_over=True)],
    )
    found = sources.fund_table(sources.funds(assumed, []), assumed)
    assert found.select("fund_id", "name", "max_share", "carry_over", "cost_of_funds").rows() == [
        ("f", "f", assumed.funds[0].max_share, False, pytest.approx(0.21)),
        ("g", "Gift", 0.5, True, 0.3),
    ]


def test_a_budget_is_given_or_a_share_of_what_the_funds_institutions_report():
    """a takes back what it gave: nothing. b and c report 0.3333 a day each, all for 90 days."""
    rows = [("a", -365.0), ("b", 365 / 3), ("c", 365 / 3)]
    finance = pl.DataFrame(rows, schema=["institution_id", "amount"], orient="row").with_columns(
        measure=pl.lit("uncompensated_care"),
        payer_id=pl.lit("all"),
        period_start=date(2025, 1, 1),
        period_end=date(2025, 12, 31),
    )
    asked = {"budget": None, "budget_measure": "uncompensated_care", "budget_share": 1}
    whole = sources.funds(
        assume(funds=[fund(), fund("g", **asked), fund("h", regions=["n"], **asked)]), ["n", "s"]
    )
    found = sources.budgets(whole, PLACES, conform(clean.Finance, finance), QUARTER, 28)
    assert found.rows() == [("f", 1, 90.0), ("g", 1, 59.99), ("h", 1, 0.0)]


def test_a_loan_has_a_name_and_a_last_period_to_draw_it():
    loan = {"rate": 0.03, "term": 2, "limit": 5}
    assumed = assume(
        periods=3,
        loans=[
            {"loan_id": "k", **loan},
            {"loan_id": "l", "name": "Line", "draw_last": 1, **loan},
            {"loan_id": "m", "purpose": "purchases", **loan},
        ],
    )
    assert sources.loans(assumed).select("loan_id", "name", "draw_last").rows() == [
        ("k", "k", 3),
        ("l", "Line", 1),
    ]
    assert sources.loans(assumed, "purchases")["loan_id"].to_list() == ["m"]
