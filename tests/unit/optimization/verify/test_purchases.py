"""A choice of purchases that verifies, and every rule that it may not break."""

import polars as pl
import pytest

from optimization.verify.purchases import RULES, verify_purchases
from tests.unit.optimization.purchases.cases import tables
from tests.unit.optimization.purchases.test_choice import solved
from tests.unit.optimization.verify.planted import (
    extra,
    lose,
    more,
    planted,
    put,
    put_all,
    refusal,
    without,
)

SECOND = pl.col("purchase_id") == "k1"
FROM_LOAN = pl.col("source_kind") == "loan"
PLANTED = [
    ("tables", without("purchase_cost")),
    ("bought_once", lose("purchase_choice")),
    ("bought_once", extra("purchase_choice", purchase_id="k9")),
    ("period_if_bought", put("purchase_choice", bought=False)),
    ("reason_of_choice", put("purchase_choice", choice_rule="averts_no_harm")),
    ("earliest_period", put("purchase_request", earliest_period=2)),
    ("periods_of_plan", put("purchase_choice", period=3)),
    ("money_of_purchases", put("purchase_money", period=2)),
    ("money_of_purchases", put("purchase_money", purchase_id="k9")),
    ("paid_in_full", more("purchase_money", 0.01, amount=1)),
    ("paid_in_full", more("purchase_money", 0.01, amount=-1)),
    ("funds_known", put("purchase_money", source_id="x")),
    ("fund_eligible", lose("purchase_eligible")),
    ("within_budget", put("purchase_budget", budget=5.9)),
    ("within_budget", put("purchase_budget", carry_over=False), put("purchase_budget", budget=0.1)),
    ("share_of_fund", put_all("purchase_budget", max_share=0.9)),
    ("loans_known", put("purchase_money", FROM_LOAN, source_id="x")),
    ("draw_periods", put("purchase_loan", draw_first=2)),
    ("loan_limit", put("purchase_loan", limit=3.9)),
    ("income_limit", put("purchase_loan", income_multiple=0.01)),
    ("cost_rows", lose("purchase_cost")),
    ("cost_rows", extra("purchase_cost", period=7)),
    ("running_cost", more("purchase_cost", 0.1, running_cost=1)),
    ("principal_due", more("purchase_cost", 0.1, principal_due=1)),
    ("interest_due", more("purchase_cost", 0.1, interest_due=1)),
    ("harm_averted", more("purchase_choice", 0.1, averted_per_year=1)),
    ("harm_averted", more("purchase_choice", 0.1, averted=1)),
    ("round_kept", put("purchase_round", kept=False)),
    ("round_purchases", more("purchase_round", purchases=1)),
    ("round_predicted", more("purchase_round", predicted=1)),
    ("run_rows", put_all("plan_run", model="financing")),
    ("objective", put("plan_run", objective=-9.0)),
]


@pytest.fixture(scope="module")
def sound():
    given = tables(
        2,
        request=[{"running_cost": 3.0}, {"price": 4.0, "priced": 0.5, "institution_id": "b"}],
        budget=[{"budget": 6.0}, {"period": 2, "budget": 1.0}],
        loan=[{"limit": 5.0}],
    )
    return given | solved(given)


def test_a_sound_choice_is_verified(sound):
    assert verify_purchases(sound).worst_violation == 0.0


@pytest.mark.parametrize(("rule", "edits"), [(rule, edits) for rule, *edits in PLANTED])
def test_a_planted_violation_is_refused_by_its_rule(sound, rule, edits):
    assert refusal(verify_purchases, planted(sound, *edits)).rule == rule


def test_every_rule_has_a_planted_violation():
    assert {rule for rule, *_ in PLANTED} == set(RULES)
