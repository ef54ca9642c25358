"""A choice of purchases that verifies, and every rule that it may not break."""

import polars as pl
import pytest

from optimization.verify.purchases import RULES, verify_purchases
from tests.unit.optimization.verify.planted import (
    broken_rule,
    extra,
    lose,
    more,
    planted,
    put,
    put_all,
    refusal,
    without,
    written_rules,
)
from tests.unit.optimization.verify.sound import bought

K2, K4 = pl.col("purchase_id") == "k2", pl.col("purchase_id") == "k4"
LENT = pl.col("source_kind") == "loan"
L, M, N = (pl.col("loan_id") == loan for loan in "lmn")
F, G = pl.col("fund_id") == "f", pl.col("fund_id") == "g"
DUE = (pl.col("purchase_id") == "k0") & (pl.col("period") == 2)
PLANTED = [
    ("tables", without("purchase_cost")),
    ("bought_once", lose("purchase_choice")),
    ("bought_once", extra("purchase_choice", purchase_id="k9")),
    ("period_if_bought", put("purchase_choice", bought=False)),
    ("period_if_bought", put("purchase_choice", K4, bought=True)),
    ("reason_of_choice", put("purchase_choice", choice_rule="averts_no_harm")),
    ("reason_of_choice", put("purchase_choice", K4, choice_rule="bought")),
    ("earliest_period", put("purchase_request", K2, earliest_period=3)),
    ("periods_of_plan", put("purchase_choice", period=4)),
    ("money_of_purchases", put("purchase_money", period=2)),
    ("money_of_purchases", put("purchase_money", purchase_id="k4")),
    ("paid_in_full", more("purchase_money", 0.01, amount=1)),
    ("paid_in_full", more("purchase_money", 0.01, amount=-1)),
    ("paid_in_full", more("purchase_request", 0.01, price=1)),
    ("funds_known", put("purchase_money", source_id="x")),
    ("fund_eligible", lose("purchase_eligible")),
    ("fund_eligible", put("purchase_request", institution_id="b")),
    ("within_budget", put("purchase_budget", F, budget=7.96)),
    ("within_budget", put("purchase_budget", F, carry_over=False)),
    ("within_budget", put("purchase_budget", G, budget=2.9)),
    ("share_of_fund", put("purchase_budget", F, max_share=0.7395)),
    ("loans_known", put("purchase_money", LENT, source_id="x")),
    ("draw_periods", put("purchase_loan", N, draw_first=2)),
    ("draw_periods", put("purchase_loan", N, draw_last=1)),
    ("loan_limit", put("purchase_loan", L, limit=4.97)),
    ("loan_limit", put("purchase_loan", N, limit=5.969)),
    ("income_limit", put("purchase_loan", M, income_multiple=0.0491)),
    (
        "income_limit",
        put_all("purchase_request", income=-1.0),
        put("purchase_loan", M, income_multiple=3.0),
    ),
    ("cost_rows", lose("purchase_cost")),
    ("cost_rows", extra("purchase_cost", period=7)),
    ("running_cost", more("purchase_cost", 4e-6, running_cost=1)),
    ("principal_due", put("purchase_cost", DUE, principal_due=3.37)),
    ("interest_due", put("purchase_cost", DUE, interest_due=0.82)),
    ("harm_averted", more("purchase_choice", 0.1, averted_per_year=1)),
    ("harm_averted", more("purchase_choice", 9e-6, averted=1)),
    ("harm_averted", more("purchase_choice", 1.5e-6, K4, averted=1)),
    ("round_kept", put("purchase_round", kept=False)),
    ("round_purchases", more("purchase_round", purchases=1)),
    ("round_predicted", more("purchase_round", 2e-5, predicted=1)),
    ("run_rows", put_all("plan_run", model="financing")),
    ("run_rows", put("plan_run", objective_name="x")),
    ("objective", more("plan_run", 3e-5, objective=1)),
]
WITHIN = [
    ("a fund's budget, by a cent for each amount", put("purchase_budget", F, budget=7.971)),
    ("a fund's largest share, likewise", put("purchase_budget", F, max_share=0.7401)),
    ("a loan's limit, likewise", put("purchase_loan", N, limit=5.974)),
    ("a limit by income, likewise", put("purchase_loan", M, income_multiple=0.0492)),
    ("what is due, by a cent", put("purchase_cost", DUE, principal_due=3.365, interest_due=0.805)),
    ("running cost, by a millionth", more("purchase_cost", 2e-6, running_cost=1)),
    ("harm averted, by a millionth", more("purchase_choice", 7e-6, averted=1)),
    ("harm by the solver, by a millionth", more("plan_run", 1.9e-5, objective=1)),
]


@pytest.fixture(scope="module")
def sound():
    return bought()


def test_a_sound_choice_is_verified(sound):
    assert verify_purchases(sound).worst_violation == 0.0


def test_rows_may_stand_in_any_order(sound):
    turned = {table: frame.reverse() for table, frame in sound.items()}
    assert verify_purchases(turned) == verify_purchases(sound)


@pytest.mark.parametrize(("rule", "edits"), [(rule, edits) for rule, *edits in PLANTED])
def test_a_planted_violation_is_refused_by_its_rule(sound, rule, edits):
    assert refusal(verify_purchases, planted(sound, *edits)).rule == rule


@pytest.mark.parametrize("edit", [edit for _, edit in WITHIN], ids=[words for words, _ in WITHIN])
def test_a_limit_that_the_choice_touches_may_be_broken(sound, edit):
    assert broken_rule(verify_purchases, planted(sound, edit)) is None


def test_every_rule_has_a_planted_violation_and_is_written_down():
    assert {rule for rule, *_ in PLANTED} == set(RULES)
    assert written_rules("purchases") == RULES
