"""HiGHS alone on the matrices that Catchment made: tier after tier, each held for the next."""

import importlib
import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np

from optimization.highs.matrix import Matrix, parts
from optimization.highs.part import Problem, cut_out

SLACK = 1e-6


def keep(matrix: Matrix, file: Path) -> None:
    """Keep the parts of ``matrix`` for a process that knows nothing else of it."""
    with file.open("wb") as out:
        pickle.dump(([cut_out(matrix, p) for p in parts(matrix)], matrix.offsets), out)


def answer(file: Path) -> dict[str, Any]:
    """Solve the kept parts one by one; seconds are those of loading and solving."""
    with file.open("rb") as kept:
        problems, offsets = pickle.load(kept)
    started = time.perf_counter()
    points = [solve(problem) for problem in problems]
    seconds = time.perf_counter() - started
    tiers = [p.costs @ x for p, x in zip(problems, points, strict=True)]
    return {"seconds": seconds, "objectives": (np.sum(tiers, axis=0) + offsets).tolist()}


def solve(problem: Problem) -> np.ndarray:
    """The point where ``problem`` ends, its tiers minimised in turn from the last basis."""
    highspy = importlib.import_module("highspy")
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", False)
    highs.passModel(_lp(highspy, problem))
    columns = np.arange(problem.costs.shape[1], dtype=np.int32)
    point = np.zeros(columns.size)
    for tier, cost in enumerate(problem.costs):
        if not cost.any():
            continue
        highs.changeColsCost(columns.size, columns, cost)
        highs.run()
        if highs.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            raise SystemExit(f"HiGHS alone ended {highs.getModelStatus()} in tier {tier + 1}")
        point = np.array(highs.getSolution().col_value)
        reached, at = float(cost @ point), np.flatnonzero(cost).astype(np.int32)
        ceiling = reached + SLACK * max(1.0, abs(reached))
        highs.addRow(-np.inf, ceiling, at.size, at, cost[at])
    return point


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
    if problem.whole.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(whole)] for whole in problem.whole]
    return lp
