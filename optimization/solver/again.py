"""A solved matrix, solved again with something changed: to confirm a price, or to compare."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimization.solver.matrix import Matrix
from optimization.solver.part import cut_out, solve_part
from optimization.solver.record import SolveRecord, SolveSettings, write_back
from optimization.solver.tiers import side_by_side, solve_parts

Changes = Mapping[str, Mapping[Any, float]]


def first_tier_changes(
    record: SolveRecord, changes: Sequence[Changes], settings: SolveSettings
) -> list[float]:
    """Change of the first tier's optimum for each of ``changes`` of right sides on its own.

    A change says by how much, by constraint and index. Only the parts that hold a changed row
    are solved again, all side by side. Whole numbers are held as they are in the plan, before and
    after the change: so are the prices that such a change confirms.

    Raises:
        SolverStopped: no solution by the time limit.
    """
    matrix = record.matrix
    first = _held_whole(replace(matrix, costs=matrix.costs[:1], offsets=matrix.offsets[:1]))
    deadline = time.monotonic() + settings.time_limit_s
    tasks = [partial(_first_tier, record, first, one, settings, deadline) for one in changes]
    return side_by_side(tasks, settings.threads, deadline)


def _first_tier(
    record: SolveRecord, first: Matrix, changes: Changes, settings: SolveSettings, deadline: float
) -> float:
    lower, upper, touched = first.row_lower.copy(), first.row_upper.copy(), []
    for constraint, by_index in changes.items():
        rows = record.rows_of(constraint)
        for index, change in by_index.items():
            lower[rows[index]] += change
            upper[rows[index]] += change
            touched.append(rows[index])
    changed, difference = replace(first, row_lower=lower, row_upper=upper), 0.0
    for k, piece in enumerate(record.pieces):
        if np.isin(touched, piece.rows).any():
            solution = solve_part(cut_out(changed, piece), settings, deadline)
            before = float(record.piece_bounds[0, k])
            if record.matrix.whole[piece.columns].any():
                before = solve_part(cut_out(first, piece), settings, deadline).tiers[0].bound
            difference += solution.tiers[0].bound - before
    return difference


def _held_whole(matrix: Matrix) -> Matrix:
    """The same matrix with every whole number held at its present value."""
    lower, upper = matrix.column_lower.copy(), matrix.column_upper.copy()
    for k in np.flatnonzero(matrix.whole).tolist():
        lower[k] = upper[k] = round(matrix.variables[k].value)
    held = np.zeros_like(matrix.whole)
    return replace(matrix, column_lower=lower, column_upper=upper, whole=held)


def solve_fixed(
    model: pyo.ConcreteModel,
    record: SolveRecord,
    variables: Sequence[str],
    settings: SolveSettings,
) -> None:
    """All tiers again with ``variables`` held at 0; the variables of ``model`` keep the point.

    Raises:
        SolverStopped: no solution by the time limit.
    """
    matrix = record.matrix
    upper = matrix.column_upper.copy()
    for variable in variables:
        upper[record.columns_of(variable)] = 0.0
    point = _last_point(record, replace(matrix, column_upper=upper), settings)
    write_back(model, matrix, point)


def _last_point(record: SolveRecord, matrix: Matrix, settings: SolveSettings) -> np.ndarray:
    deadline = time.monotonic() + settings.time_limit_s
    solutions = solve_parts(matrix, record.pieces, settings, deadline)
    point = np.zeros(matrix.columns)
    for piece, solution in zip(record.pieces, solutions, strict=True):
        point[piece.columns] = solution.tiers[-1].primal
    return point
