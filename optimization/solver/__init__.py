"""The one way from a Pyomo model to a solution that can be trusted.

    with templatized():
        model = build(inputs)
    record = solve_tiers(model, ["harm", "cost"], SolveSettings(), inputs)

Numbers are checked before, the matrix when it is compiled, HiGHS's statuses and counts when it
is loaded and run, and every row once more when it says that it is done.
"""

from optimization.solver.files import save_model
from optimization.solver.guard import check_numbers, input_hash
from optimization.solver.matrix import compile_model, split_matrix
from optimization.solver.record import (
    Plan,
    SolveRecord,
    SolveSettings,
    TierRecord,
    run_table,
    seconds_table,
)
from optimization.solver.templates import sum_over, templatized
from optimization.solver.tiers import first_tier_changes, solve_fixed, solve_tiers

__all__ = [
    "Plan",
    "SolveRecord",
    "SolveSettings",
    "TierRecord",
    "check_numbers",
    "compile_model",
    "first_tier_changes",
    "input_hash",
    "split_matrix",
    "run_table",
    "save_model",
    "seconds_table",
    "solve_fixed",
    "solve_tiers",
    "sum_over",
    "templatized",
]
