"""HiGHS alone on the matrices that Catchment made: tier after tier, each held for the next.

Where a tier ends within its slack is chance, and the next tier's optimum follows from it. So HiGHS
alone holds every part's tiers at Catchment's own ceilings: both then minimise the same problems,
and each tier's optimum can be compared.
"""

import importlib
import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np

from optimization.solver import SolveRecord
from optimization.solver.problem import Problem, cut_out

SLACK = 1e-6


def optima(record: SolveRecord) -> list[float]:
    """What each tier reached when it was minimised, before later ones used its slack."""
    if record.widened or record.status != "optimal" or record.matrix.whole.any():
        raise SystemExit("only linear problems solved without loosening a tier can be compared")
    bounds = [float(bounds.sum()) for bounds in record.submatrix_bounds]
    return (np.array(bounds) + record.matrix.offsets).tolist()


def keep(record: SolveRecord, file: Path) -> None:
    """Keep the parts of a solved matrix, and the ceilings of their tiers, for another process."""
    reached = record.submatrix_bounds
    ceilings = (reached + SLACK * np.maximum(1.0, np.abs(reached))).T
    problems = [cut_out(record.matrix, submatrix) for submatrix in record.submatrices]
    with file.open("wb") as out:
        pickle.dump((problems, ceilings, record.matrix.offsets), out)


def answer(file: Path) -> dict[str, Any]:
    """Solve the kept parts one by one; seconds are those of loading and solving."""
    with file.open("rb") as kept:
        problems, ceilings, offsets = pickle.load(kept)
    started = time.perf_counter()
    reached = [solve(problem, held) for problem, held in zip(problems, ceilings, strict=True)]
    seconds = time.perf_counter() - started
    return {"seconds": seconds, "objectives": (np.sum(reached, axis=0) + offsets).tolist()}


def solve(problem: Problem, ceilings: np.ndarray) -> list[float]:
    """The optimum of each tier of ``problem``, minimised in turn from the last basis."""
    highspy = importlib.import_module("highspy")
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.passModel(_lp(highspy, problem))
    columns = np.arange(problem.costs.shape[1], dtype=np.int32)
    reached = []
    for tier, (cost, ceiling) in enumerate(zip(problem.costs, ceilings, strict=True)):
        if not cost.any():
            reached.append(0.0)
            continue
        highs.changeColsCost(columns.size, columns, cost)
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise SystemExit(f"HiGHS alone ended {highs.getModelStatus()} in tier {tier + 1}")
        reached.append(float(cost @ np.array(highs.getSolution().col_value)))
        at = np.flatnonzero(cost).astype(np.int32)
        highs.addRow(-np.inf, ceiling, at.size, at, cost[at])
    return reached


def _lp(highspy: Any, problem: Problem) -> Any:
    lp = highspy.HighsLp()
    lp.num_row_, lp.num_col_ = problem.coefficients.shape
    lp.col_cost_ = np.zeros(lp.num_col_)
    lp.col_lower_, lp.col_upper_ = problem.column_lower, problem.column_upper
    lp.row_lower_, lp.row_upper_ = problem.row_lower, problem.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = problem.coefficients.indptr
    lp.a_matrix_.index_ = problem.coefficients.indices
    lp.a_matrix_.value_ = problem.coefficients.data
    return lp
