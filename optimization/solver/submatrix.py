"""One part of a matrix through HiGHS, tier by tier."""

import time
from dataclasses import dataclass, field, replace
from typing import Any

import highspy
import numpy as np

from optimization.solver.guard import FIXED_OPTIONS, accepted, end, set_options
from optimization.solver.matrix import Matrix, Submatrix
from optimization.solver.problem import Problem, cut_out, load
from optimization.solver.record import SolveSettings
from schemas.errors import SolverStopped

WIDER = 10.0
LITTLE = 0.05  # of the first tier's smallest cost: the most that a later one may weigh
UNUSED = 1e-9
PRIMAL = 4  # the last tier's basis stays feasible when costs change: 40 times faster than dual


@dataclass(frozen=True, slots=True, eq=False)
class TierSolution:
    """How a tier ended on one part: the point, what was proved of it, and the duals there."""

    status: str
    primal: np.ndarray
    bound: float
    row_duals: np.ndarray
    column_duals: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class TierSolutions:
    """All tiers of one part; ``widened`` says that an earlier tier had to be loosened. ``basis`` is
    that of the first tier's optimum, None where it has whole numbers or was not proved.
    """

    tiers: tuple[TierSolution, ...]
    widened: bool
    basis: Any


def solve_submatrix(
    matrix: Matrix,
    submatrix: Submatrix,
    settings: SolveSettings,
    deadline: float,
    basis: Any = None,
) -> TierSolutions:
    """Solve a part of ``matrix`` tier after tier, each within a slack of the ones before.

    Where the part was solved before with other right sides, begin at the ``basis`` found then.

    Raises:
        SolverStopped: no point was found that keeps every constraint.
    """
    problem = cut_out(matrix, submatrix)
    run = _Run(load(problem, settings), problem, settings, deadline)
    if basis is not None:
        accepted(run.highs.setBasis(basis), "the basis to begin at")
    elif settings.look_ahead:
        run.look_ahead()
    tiers = [run.tier(0, None)]
    first = run.basis(tiers[0])
    for k in range(1, problem.costs.shape[0]):
        tiers.append(run.tier(k, tiers[-1]))
    return TierSolutions(tuple(tiers), run.widened, first)


@dataclass(slots=True, eq=False)
class _Run:
    """A HiGHS at work on one part."""

    highs: Any
    problem: Problem
    settings: SolveSettings
    deadline: float
    held: list[float] = field(default_factory=list)
    widened: bool = False
    begin: Any = None

    def look_ahead(self) -> None:
        """Begin near the end: solve the first tier with a little of each later one.

        The first tier's optimum is a face; left alone, the solver stops at a corner of it that
        may be far from what later tiers want. Every tier is still solved exactly from here. It
        may take half of the time that is left.
        """
        whole = self.problem.whole.any()
        costs = np.vstack([self.problem.costs, self.problem.whole])
        costs = costs[costs.any(axis=1)]
        left = self.deadline - time.monotonic()
        if len(costs) < 2 or not self.problem.costs[0].any() or left <= 0:
            return
        least = np.abs(costs[0][costs[0] != 0]).min()
        shares = [LITTLE * least / np.abs(cost).max() for cost in costs[1:]]
        self._minimise(costs[0] + np.array(shares) @ costs[1:])
        if whole:
            self._near_whole(left / 4)
        elif self._within(left / 2) == "optimal":
            set_options(self.highs, {"simplex_strategy": PRIMAL})
        else:
            self.highs.clearSolver()

    def _near_whole(self, seconds: float) -> None:
        """Begin at a point that is found fast: whole numbers that would be 0 if they could be
        divided are 0. Often it reaches what the divided ones prove, and nothing is left to search.

        May take ``seconds`` twice.
        """
        set_options(self.highs, {"solve_relaxation": True})
        ended = self._within(seconds)
        set_options(self.highs, {"solve_relaxation": False})
        if ended != "optimal":
            return
        divided = np.array(self.highs.getSolution().col_value)
        unused = np.flatnonzero(self.problem.whole & (abs(divided) < UNUSED)).astype(np.int32)
        zero = np.zeros(unused.size)
        self._bound_columns(unused, zero, zero)
        self._minimise(self.problem.costs[0])
        self._within(seconds)
        if self._has_incumbent():
            self.begin = self.highs.getSolution()
        lower, upper = self.problem.column_lower, self.problem.column_upper
        self._bound_columns(unused, lower[unused], upper[unused])

    def _bound_columns(self, columns: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        status = self.highs.changeColsBounds(columns.size, columns, lower, upper)
        accepted(status, "the bounds of whole numbers")

    def tier(self, k: int, before: TierSolution | None) -> TierSolution:
        cost = self.problem.costs[k]
        last = k + 1 == self.problem.costs.shape[0]
        if not cost.any() and (before is not None or not last):
            return self._idle(before)
        self._minimise(cost)
        if self.begin is not None:
            accepted(self.highs.setSolution(self.begin), "the point to begin at")
            self.begin = None
        if self.settings.interior:
            set_options(self.highs, {"solver": "ipm" if before is None else "simplex"})
        if before is not None:
            set_options(self.highs, {"simplex_strategy": PRIMAL})
        solution = self._solved(cost, before)
        if not last:
            self._hold(cost, solution.primal)
        return solution

    def basis(self, solution: TierSolution) -> Any:
        """Where the first tier ended, if it is proved and has prices; its own row is not in it."""
        now = self.highs.getBasis()
        if solution.status != "optimal" or self.problem.whole.any() or not now.valid:
            return None
        kept = highspy.HighsBasis()
        kept.col_status, kept.valid = now.col_status, True
        kept.row_status = now.row_status[: self.problem.coefficients.shape[0]]
        return kept

    def _idle(self, before: TierSolution | None) -> TierSolution:
        """A tier that costs nothing here; before any solve, the point is not known yet."""
        rows, columns = self.problem.coefficients.shape
        primal = np.full(columns, np.nan) if before is None else before.primal
        return TierSolution("optimal", primal, 0.0, np.zeros(rows), np.zeros(columns))

    def _minimise(self, cost: np.ndarray) -> None:
        index = np.arange(cost.size, dtype=np.int32)
        accepted(self.highs.changeColsCost(cost.size, index, cost), "the costs of a tier")

    def _hold(self, cost: np.ndarray, primal: np.ndarray) -> None:
        """Z_k <= Z_k* + slack * max(1, |Z_k*|)"""
        self.held.append(float(cost @ primal))
        priced = np.flatnonzero(cost).astype(np.int32)
        ceiling = self._ceiling(-1, 1.0)
        status = self.highs.addRow(-np.inf, ceiling, priced.size, priced, cost[priced])
        accepted(status, "a solved tier")

    def _ceiling(self, k: int, times: float) -> float:
        return self.held[k] + times * self.settings.slack * max(1.0, abs(self.held[k]))

    def _solved(self, cost: np.ndarray, before: TierSolution | None) -> TierSolution:
        ended = self._run()
        if ended in ("infeasible", "failed"):
            ended = self._retry()
        if ended == "optimal":
            return self._optimal(cost)
        if ended == "time_limit" and self._has_incumbent():
            return self._point(self.highs, "time_limit", self._bound(cost), cost)
        if ended in ("time_limit", "late"):
            return self._kept(cost, before)
        raise SolverStopped(f"HiGHS found the model {ended}")

    def _run(self) -> str:
        left = self.deadline - time.monotonic()
        if left <= 0:
            return "late"
        return self._within(left)

    def _within(self, seconds: float) -> str:
        set_options(self.highs, {"time_limit": self.highs.getRunTime() + seconds})
        self.highs.run()
        return end(self.highs)

    def _retry(self) -> str:
        """From the beginning, and with earlier tiers loosened tenfold."""
        self.highs.clearSolver()
        rows = self.problem.coefficients.shape[0]
        for k in range(len(self.held)):
            self.widened = True
            ceiling = self._ceiling(k, WIDER)
            status = self.highs.changeRowBounds(rows + k, -np.inf, ceiling)
            accepted(status, "a loosened tier")
        return self._run()

    def _optimal(self, cost: np.ndarray) -> TierSolution:
        if not self.problem.whole.any():
            return self._point(self.highs, "optimal", None, cost)
        bound = self.highs.getInfo().mip_dual_bound
        return self._point(self._fixed(), "optimal", bound, cost)

    def _has_incumbent(self) -> bool:
        return self.highs.getInfo().primal_solution_status == highspy.kSolutionStatusFeasible

    def _bound(self, cost: np.ndarray) -> float:
        bound = _trivial_bound(self.problem, cost)
        proved = self.highs.getInfo().mip_dual_bound if self.problem.whole.any() else -np.inf
        return max(bound, proved) if np.isfinite(proved) else bound

    def _kept(self, cost: np.ndarray, before: TierSolution | None) -> TierSolution:
        """The point of the tier before, when time ran out without a better one.

        Raises:
            SolverStopped: there is none.
        """
        if before is None or np.isnan(before.primal).any():
            raise SolverStopped("the time limit passed before any plan was found")
        return replace(before, status="time_limit", bound=_trivial_bound(self.problem, cost))

    def _fixed(self) -> highspy.Highs:
        """The LP that remains when every whole variable keeps its value: it has duals."""
        lp = self.highs.getLp()
        values = np.rint(np.array(self.highs.getSolution().col_value)[self.problem.whole])
        lower, upper = self.problem.column_lower.copy(), self.problem.column_upper.copy()
        lower[self.problem.whole] = upper[self.problem.whole] = values
        lp.col_lower_, lp.col_upper_, lp.integrality_ = lower, upper, []
        highs = highspy.Highs()
        set_options(highs, {**FIXED_OPTIONS, **self.settings.options})
        accepted(highs.passModel(lp), "the matrix with its whole numbers held")
        if (highs.getNumRow(), highs.getNumCol()) != (lp.num_row_, lp.num_col_):
            raise SolverStopped("HiGHS did not load every row and column")
        highs.run()
        return highs if end(highs) == "optimal" else self.highs

    def _point(
        self, highs: highspy.Highs, status: str, bound: float | None, cost: np.ndarray
    ) -> TierSolution:
        solution = highs.getSolution()
        rows, columns = self.problem.coefficients.shape
        primal = np.clip(solution.col_value, self.problem.column_lower, self.problem.column_upper)
        return TierSolution(
            status,
            primal,
            float(cost @ primal) if bound is None else bound,
            _whole_or_zero(solution.row_dual, rows),
            _whole_or_zero(solution.col_dual, columns),
        )


def _whole_or_zero(duals: list[float], size: int) -> np.ndarray:
    """HiGHS gives no duals where it proved no optimum; rows after ``size`` are held tiers."""
    return np.array(duals[:size], float) if len(duals) >= size else np.zeros(size)


def _trivial_bound(problem: Problem, cost: np.ndarray) -> float:
    """What the bounds of the variables alone prove."""
    priced = cost != 0
    lower, upper = problem.column_lower[priced], problem.column_upper[priced]
    cheapest = np.where(cost[priced] > 0, lower, upper)
    return float(cost[priced] @ cheapest) if priced.any() else 0.0
