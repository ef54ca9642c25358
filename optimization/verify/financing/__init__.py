"""Recompute a financing plan from its tables alone, and refuse one that does not follow.

No part of the model is used: each rule of the formulation is computed again from the input
tables and the published figures. Amounts in cents must balance to the cent; limits may be broken
by a rounding or by the solver's tolerance; all else by a millionth of its size.
"""

from collections.abc import Mapping

import polars as pl

from optimization.verify import Verification
from optimization.verify.financing.balance import check_activity, check_balance, check_remedies
from optimization.verify.financing.cash import check_cash
from optimization.verify.financing.debt import check_debt
from optimization.verify.financing.outcome import check_outcome
from optimization.verify.financing.proof import check_proof
from optimization.verify.financing.sources import check_sources
from optimization.verify.financing.verdict import Verdict
from optimization.verify.financing.view import View
from schemas.results.financing import RESULTS
from schemas.table import Table, dictionary, name

CENT = 0.01
CHECKS = (
    check_cash,
    check_debt,
    check_sources,
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
        PlanRefused: naming the rule that the plan breaks and by how much.
    """
    view = View(tables)
    verdict = Verdict(CENT if in_cents(tables) else 0.0, view.setting["money_unit"])
    for check in CHECKS:
        check(view, verdict)
    return Verification(verdict.worst)


def in_cents(tables: Mapping[str, pl.DataFrame]) -> bool:
    """Is every amount of the result tables a whole number of cents?"""
    return all(_whole(table, tables[name(table)]) for table in RESULTS)


def _whole(table: type[Table], frame: pl.DataFrame) -> bool:
    kinds = dictionary(table).filter(pl.col("unit") == "currency")
    amounts = frame.select(kinds["column"].to_list()).iter_columns()
    return all((amount.round(2) == amount).all() for amount in amounts)
