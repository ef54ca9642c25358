"""Recompute a financing plan from its tables alone, and refuse one that does not follow.

No part of the model is used: each rule of the formulation is computed again from the input
tables and the published figures. Amounts in cents must balance to the cent; limits may be broken
by a rounding or by the solver's tolerance; all else by a millionth of its size.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from optimization.verify.financing.cash import check_cash
from optimization.verify.financing.debt import check_debt
from optimization.verify.financing.outcome import check_outcome
from optimization.verify.financing.proof import check_proof
from optimization.verify.financing.sources import check_sources
from optimization.verify.financing.verdict import Verdict
from optimization.verify.financing.view import View
from schemas.base import name, polars_schema
from schemas.errors import PlanRefused
from schemas.results.financing import RESULTS

CENT = 0.01
NOT_CENTS = {"financing_price", "financing_objective"}
RATIOS = {
    "days_on_hand",
    "debt_service_cover",
    "operating_margin",
    "shadow_price",
    "unmet_share",
    "worst",
}
CHECKS = (check_cash, check_debt, check_sources, check_outcome, check_proof)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found: the largest relative violation of any rule."""

    worst_violation: float


def verify_financing(tables: Mapping[str, pl.DataFrame], cents: bool = True) -> Verified:
    """Recompute every constraint, objective and derived figure of a financing plan.

    Args:
        tables: the input and result tables of the financing and ``plan_run``, by name.
        cents: are the amounts rounded to whole cents, as they are published?

    Raises:
        PlanRefused: naming the rule that the plan breaks and by how much.
    """
    view = View(tables)
    verdict = Verdict(CENT if cents else 0.0, view.setting["money_unit"])
    if cents:
        _refuse_parts_of_cents(tables)
    for check in CHECKS:
        check(view, verdict)
    return Verified(verdict.worst)


def _refuse_parts_of_cents(tables: Mapping[str, pl.DataFrame]) -> None:
    for table in RESULTS:
        if name(table) in NOT_CENTS:
            continue
        amounts = [c for c, t in polars_schema(table).items() if t == pl.Float64]
        shares = RATIOS & set(amounts)
        frame = tables[name(table)].select(pl.col(set(amounts) - shares))
        broken = frame.select((pl.all().round(2) != pl.all()).any()).row(0)
        if any(broken):
            raise PlanRefused(f"{name(table)}: amounts are not whole cents")
