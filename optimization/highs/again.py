"""A solved matrix, solved again with something changed: to confirm a price, or to compare."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimization.highs.matrix import Matrix, parts
from optimization.highs.record import SolveRecord, SolveSettings, write_back
from optimization.highs.tiers import solve_parts

Changes = Mapping[str, Mapping[Any, float]]


def first_tier_change(record: SolveRecord, changes: Changes, settings: SolveSettings) -> float:
    """Change of the first tier's optimum when right sides change, by constraint and index.

    Only the parts that hold a changed row are solved again.

    Raises:
        SolverStopped: no solution by the time limit.
    """
    matrix = record.matrix
    lower, upper = matrix.row_lower.copy(), matrix.row_upper.copy()
    touched = []
    for constraint, by_index in changes.items():
        rows = record.rows_of(constraint)
        for index, change in by_index.items():
            row = rows[index]
            lower[row] += change
            upper[row] += change
            touched.append(row)
    first = replace(matrix, costs=matrix.costs[:1], offsets=matrix.offsets[:1])
    pieces = [p for p in parts(matrix) if np.isin(touched, p.rows).any()]
    values = []
    for one in (first, replace(first, row_lower=lower, row_upper=upper)):
        deadline = time.monotonic() + settings.time_limit_s
        solutions = solve_parts(one, pieces, settings, deadline)
        values.append(sum(s.tiers[0].bound for s in solutions))
    return values[1] - values[0]


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
    write_back(model, matrix, _last_point(replace(matrix, column_upper=upper), settings))


def _last_point(matrix: Matrix, settings: SolveSettings) -> np.ndarray:
    pieces = parts(matrix)
    deadline = time.monotonic() + settings.time_limit_s
    solutions = solve_parts(matrix, pieces, settings, deadline)
    point = np.zeros(matrix.columns)
    for piece, solution in zip(pieces, solutions, strict=True):
        point[piece.columns] = solution.tiers[-1].primal
    return point
