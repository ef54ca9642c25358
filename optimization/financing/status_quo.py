"""What happens without a plan: payers pay pro rata, nobody supports, nobody lends."""

from dataclasses import replace

from optimization.financing.inputs import FinancingInputs
from optimization.financing.ledger import EXACT, Decisions, Ledger, Unit, post


def status_quo(given: FinancingInputs, unit: Unit) -> Ledger:
    """The books of the status quo, in the unit of ``given``.

    pay = min(1, B_y / sum_i claim) · claim, old arrears stay; gap is what cash lacks.
    """
    alone = replace(given, funds={}, loans={})
    pay = {
        (y, i, p): given.ratio.get((y, p), 1.0) * given.claim.get((y, i, p), 0.0)
        for y, i in given.owing
        for p in given.periods
    }
    return post(alone, Decisions(pay, {}, {}, dict.fromkeys(given.operating_cost, 0.0)), unit)


def with_need(given: FinancingInputs) -> FinancingInputs:
    """``given`` with each institution's need: its gap in the status quo."""
    need = dict.fromkeys(given.institutions, 0.0)
    for (i, _), gap in status_quo(given, EXACT).gap.items():
        need[i] += gap
    return replace(given, need=need)
