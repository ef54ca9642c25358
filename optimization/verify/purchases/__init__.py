"""Recompute a choice of purchases from its tables alone, and refuse one that does not follow.

No part of the model is used. Prices must be paid to the cent; limits may be broken by a cent for
each amount that was rounded; all else by a millionth of its size.
"""

from collections.abc import Mapping

import polars as pl

from optimization.verify.purchases.checks import (
    View,
    check_choice,
    check_costs,
    check_funds,
    check_loans,
    check_paid,
    check_worth,
)
from optimization.verify.verdict import CENT, Verdict, Verification
from schemas.results.financing import FinancingPeriod
from schemas.results.purchases import INPUTS, RESULTS
from schemas.results.run import PlanRun

RULES = {
    "tables": "every table of the model is there",
    "bought_once": "every request is answered once",
    "period_if_bought": "what is bought has a period, and nothing else",
    "reason_of_choice": "the reason is bought where it is, and nowhere else",
    "earliest_period": "nothing is bought before its earliest period",
    "periods_of_plan": "purchases are made in the plan's periods",
    "money_of_purchases": "money goes to what is bought, in its period",
    "paid_in_full": "a purchase's money is its price",
    "funds_known": "money of funds comes from funds of the inputs",
    "fund_eligible": "funds give to those who are eligible",
    "within_budget": "a fund gives at most its budget and what it kept",
    "share_of_fund": "one institution gets at most its largest share of a fund",
    "loans_known": "money of loans comes from loans of the inputs",
    "draw_periods": "loans are drawn in the periods in which they may be",
    "loan_limit": "all together owe at most the loan's limit",
    "income_limit": "an institution owes at most a multiple of its income",
    "cost_rows": "a purchase has its cost in each period from its own",
    "running_cost": "running cost is that of the request",
    "principal_due": "principal due follows from the draws and the loan's terms",
    "interest_due": "interest due follows from the draws and the loan's terms",
    "harm_averted": "harm averted is its value a year, from its period to the end of the plan",
    "round_kept": "one round is kept",
    "round_purchases": "the kept round counts what is bought",
    "round_predicted": "the kept round takes the value of what is bought",
    "run_rows": "the solve is recorded",
    "objective": "harm averted is what the solver says",
}
CHECKS = (check_choice, check_paid, check_funds, check_loans, check_costs, check_worth)


def verify_purchases(tables: Mapping[str, pl.DataFrame]) -> Verification:
    """Verify a choice: ``tables`` by name are the inputs and results of the purchases,
    ``financing_period``, and ``plan_run``.

    Raises:
        PlanRefused: naming the rule that the choice breaks.
        TableRefused: a table does not fit its schema.
    """
    verdict = Verdict("purchases", RULES, cent=CENT)
    view = View(tables, (*INPUTS, *RESULTS, FinancingPeriod, PlanRun), verdict)
    for check in CHECKS:
        check(view, verdict)
    return Verification(verdict.worst)
