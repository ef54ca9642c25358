"""Recompute a financing plan from its tables alone, and refuse one that does not follow.

No part of the model is used: each rule of the formulation is computed again from the input
tables and the published figures. Amounts in cents must balance to the cent; limits may be broken
by a rounding or by the solver's tolerance; all else by a millionth of its size.
"""

from collections.abc import Mapping

import polars as pl

from optimization.verify.financing.balance import check_activity, check_balance, check_remedies
from optimization.verify.financing.outcome import check_outcome
from optimization.verify.financing.proof import check_proof
from optimization.verify.financing.sources import check_cash, check_debt, check_sources
from optimization.verify.financing.view import View
from optimization.verify.verdict import CENT, Verdict, Verification
from schemas.money import amounts
from schemas.results.financing import INPUTS, RESULTS
from schemas.table import Table, name

RULES = {
    "tables": "every table of the model is there",
    "position_rows": "each institution has its position in each period",
    "opening_rows": "each institution has its opening",
    "position_inputs": "cost, capital need, other income and debt service are those of the inputs",
    "opening_cash": "opening cash is what was left, in the first period that of the inputs",
    "interest_earned": "interest is the deposit rate times opening cash, none on an overdraft",
    "cash_balance": "(5) opening cash and money in are money out and closing cash",
    "flow_sums": "flows of each kind add up to the position",
    "flow_rows": "flows reach institutions of the plan in its periods",
    "flow_sources": "other income and interest come from own, an uncovered need from nobody",
    "debt_total": "debt is what is owed on all loans",
    "arrears_total": "arrears are what all payers owe",
    "liquidity": "(6) thin is what cash less operating debt lacks of the days required",
    "days_on_hand": "days on hand are closing cash by a day's operating cost",
    "operating_margin": "the margin is income less operating cost, by income",
    "debt_service_cover": "cover is income and operating support less cost, by debt service",
    "debt_rows": "debts are of institutions and loans of the inputs",
    "debt_balance": "(4) opening debt and draws are principal due and what is owed",
    "opening_debt": "opening debt is what was owed",
    "draw_flows": "draws are the flows from loans",
    "principal_due": "principal due follows from the draws and the loan's terms",
    "interest_due": "interest due follows from the draws and the loan's terms",
    "due_totals": "what falls due in a period is that of all loans",
    "loan_limit": "(4) all together owe at most the loan's limit",
    "income_limit": "(4) an institution owes at most a multiple of its income",
    "draw_periods": "(4) loans are drawn in the periods in which they may be",
    "capital_is_earmarked": "(7) capital money is at most capital need, up to each period",
    "debt_is_covered": "(9) what falls due keeps the least debt service cover",
    "source_balance": "a source's opening and added money is used, lapsed or kept",
    "receivable_rows": "each claim or arrears of the inputs has its receivable in each period",
    "arrears_balance": "(1) opening arrears and claim are paid or still owed",
    "opening_arrears": "opening arrears are what was owed, in the first period as in the inputs",
    "receivable_claims": "claims are those of the inputs",
    "payment_flows": "what is paid are the flows from payers",
    "payers_pay_pro_rata": "(2) a payer pays each at least its share of what it can pay",
    "payer_rows": "each payer is a source in each period",
    "payer_use": "what a payer uses are its payments",
    "payers_can_pay": "(2) a payer has its ceiling, without one what it pays",
    "payer_keeps_nothing": "a payer's ceiling is not carried over",
    "fund_rows": "each fund is a source in each period",
    "fund_balance": "(3) a fund opens with what it kept",
    "fund_use": "what a fund uses is its support",
    "fund_budget": "(3) a fund's new money is its budget",
    "fund_carry": "(3) unused money is kept where it may be, else it lapses",
    "fund_eligible": "(3) funds support those who are eligible",
    "share_of_fund": "(3) one institution gets at most its largest share of a fund",
    "loan_rows": "each loan is a source in each period",
    "loan_use": "what a loan uses are its draws",
    "loan_repaid": "what is added to a loan is repaid",
    "loan_left": "what is left of a loan is its limit less what is owed",
    "loan_lapse": "nothing of a loan's limit lapses",
    "status_quo_rows": "each institution has its status quo in each period",
    "status_quo_payments": "as things stand payers pay pro rata",
    "status_quo_interest": "as things stand opening cash earns the deposit rate",
    "status_quo_cash": "as things stand what is left is kept",
    "status_quo_need": "as things stand what is lacking is uncovered",
    "status_quo_days": "as things stand days on hand are cash by a day's operating cost",
    "outcome_rows": "each institution has its outcome",
    "outcome_region": "an outcome's region is that of the inputs",
    "outcome_sums": "need, uncovered, support and closing cash follow from the periods",
    "debt_outlives": "(4) beyond is operating debt that arrears do not cover after the last period",
    "pace": "(10) slower is what support lacks of last year's, less the largest cut",
    "unmet_share": "the unmet share is uncovered and beyond by need",
    "without_need": "(11) an institution without need has no gap and no debt beyond",
    "fairness_rows": "each region has its fairness",
    "worst_off": "(11) worst is the largest unmet share of the region",
    "pooled_support": "pooled support is that of funds open to several regions",
    "equity_target": "(8) a region's target is its share of pooled money, at most its need",
    "equity": "(8) below is what pooled support lacks of the target",
    "objective_rows": "each tier has its objective",
    "run_rows": "each tier has its run",
    "objective": "each tier's objective is what the published plan reaches",
    "proved_optimum": "the optimum is what the solver proved",
    "tier_slack": "slack is a millionth of the optimum and of each part, ten times if widened",
    "tier_bound": "no tier reaches less than its bound",
    "tier_optimum": "each tier that ended stands within the slack of its optimum",
    "run_objective": "the solver's objectives are those of the published plan",
    "balance_sides": "sources and uses of each region are equal",
    "balance_items": "each source and use follows from positions, flows and debts",
    "remedy_rows": "remedies are the levers that close a gap alone, and no others",
    "remedy_amount": "a remedy moves what is lacking",
    "remedy_cost": "a remedy costs its amount at the fund's cost or the loan's interest",
    "remedy_share": "a remedy's share is its amount by what it is taken from",
    "remedy_cheapest": "the cheapest remedy of each institution is named",
    "activity_cost": "planned cost is that of the inputs",
    "activity_claims": "planned claims are those of the inputs",
    "activity_change": "the change is more claims less more cost",
    "price_rules": "prices are of rules that tier 1 has",
    "price_signs": "prices of upper limits are at most 0, of lower limits at least 0",
    "price_of_pay": "by the prices no payment would lower tier 1",
    "price_of_arrears": "by the prices no arrears would lower tier 1",
    "price_of_support": "by the prices no support would lower tier 1",
    "price_of_carry": "by the prices no carrying over would lower tier 1",
    "price_of_draw": "by the prices no draw would lower tier 1",
    "price_of_cash": "by the prices no cash would lower tier 1",
    "price_of_gap": "by the prices no gap would lower tier 1",
    "price_of_beyond": "by the prices no debt beyond the plan would lower tier 1",
    "price_of_worst": "the worst share has no price in tier 1",
    "tier_one_bound": "prices times limits prove the optimum of tier 1",
    "shadow_price": "a source's shadow price follows from the prices",
}
CHECKS = (
    check_debt,
    check_sources,
    check_cash,
    check_outcome,
    check_activity,
    check_balance,
    check_remedies,
    check_proof,
)


def verify_financing(tables: Mapping[str, pl.DataFrame]) -> Verification:
    """Recompute every constraint, objective and derived figure of a financing plan.

    Books in which every amount is a whole number of cents, as they are published, must balance
    to the cent; other books must be as exact as the solver left them.

    Args:
        tables: the input and result tables of the financing and ``plan_run``, by name.

    Raises:
        PlanRefused: naming the rule that the plan breaks.
        TableRefused: a table does not fit its schema.
    """
    verdict = Verdict("financing", RULES)
    view = View(tables, (*INPUTS, *RESULTS), verdict)
    verdict.unit = view.setting["money_unit"]
    verdict.cent = CENT if in_cents(tables) else 0.0
    for check in CHECKS:
        check(view, verdict)
    return Verification(verdict.worst)


def in_cents(tables: Mapping[str, pl.DataFrame]) -> bool:
    """Is every amount of the result tables a whole number of cents?"""
    return all(_whole(table, tables[name(table)]) for table in RESULTS)


def _whole(table: type[Table], frame: pl.DataFrame) -> bool:
    whole = (amount.round(2) == amount for amount in frame.select(amounts(table)).iter_columns())
    return all(column.all() for column in whole)
