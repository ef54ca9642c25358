"""Recompute an allocation from its tables alone, and refuse one that does not follow.

No part of the model or the solver is used: each constraint, objective and derived column is
computed again from the input tables and the published figures. A constraint may be broken by a
millionth; a figure that follows from others must agree but for the noise of adding up.
"""

from collections.abc import Mapping

import polars as pl

from optimization.verify import Verification
from optimization.verify.allocation.changed import check_changes
from optimization.verify.allocation.compared import check_comparison
from optimization.verify.allocation.fair import check_worth
from optimization.verify.allocation.flows import check_flows
from optimization.verify.allocation.loads import check_loads
from optimization.verify.allocation.priced import check_prices
from optimization.verify.allocation.verdict import Verdict
from optimization.verify.allocation.view import View

CHECKS = (check_flows, check_loads, check_worth, check_prices, check_comparison, check_changes)


def verify_allocation(tables: Mapping[str, pl.DataFrame]) -> Verification:
    """Verify a plan: ``tables`` by name are zone, institution, the allocation's inputs and
    results, and ``plan_run`` where it is known.

    Raises:
        PlanRefused: naming the rule that the plan breaks, or the figure that does not follow.
        TableRefused: a table does not fit its schema.
    """
    view, verdict = View(tables), Verdict()
    for check in CHECKS:
        check(view, verdict)
    return Verification(verdict.worst)
