"""A part of a matrix as HiGHS takes it."""

from dataclasses import dataclass

import highspy
import numpy as np
from scipy.sparse import csc_array

from optimization.solver.guard import FIXED_OPTIONS, accepted, set_options
from optimization.solver.matrix import Matrix, Submatrix
from optimization.solver.record import SolveSettings
from schemas.errors import SolverStopped


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """A part's own rows and columns, as HiGHS takes them; fields as in ``Matrix``."""

    coefficients: csc_array
    row_lower: np.ndarray
    row_upper: np.ndarray
    column_lower: np.ndarray
    column_upper: np.ndarray
    whole: np.ndarray
    costs: np.ndarray


def cut_out(matrix: Matrix, part: Submatrix) -> Problem:
    """The rows and columns of ``part`` alone."""
    rows, columns = part.rows, part.columns
    inner = matrix.coefficients[:, columns]
    place = np.zeros(matrix.rows, np.int32)
    place[rows] = np.arange(rows.size, dtype=np.int32)
    shape = (rows.size, columns.size)
    return Problem(
        csc_array((inner.data, place[inner.indices], inner.indptr.astype(np.int32)), shape=shape),
        matrix.row_lower[rows],
        matrix.row_upper[rows],
        matrix.column_lower[columns],
        matrix.column_upper[columns],
        matrix.whole[columns],
        matrix.costs[:, columns],
    )


def load(problem: Problem, settings: SolveSettings) -> highspy.Highs:
    """Pass ``problem`` to a new HiGHS without costs, and see that all of it arrived.

    Raises:
        SolverStopped: HiGHS did not take it whole.
    """
    highs = highspy.Highs()
    set_options(highs, {**FIXED_OPTIONS, **settings.options})
    pass_problem(highs, problem)
    return highs


def pass_problem(highs: highspy.Highs, problem: Problem) -> None:
    """Give ``highs`` the rows and columns of ``problem`` as arrays, which it copies.

    Raises:
        SolverStopped: HiGHS did not take them all.
    """
    entries, (rows, columns) = problem.coefficients, problem.coefficients.shape
    status = highs.passModel(
        columns,
        rows,
        entries.nnz,
        int(highspy.MatrixFormat.kColwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        np.zeros(columns),
        problem.column_lower,
        problem.column_upper,
        problem.row_lower,
        problem.row_upper,
        entries.indptr,
        entries.indices,
        entries.data,
        problem.whole.astype(np.int32),  # HiGHS numbers kContinuous 0 and kInteger 1
    )
    accepted(status, "the matrix")
    if (highs.getNumRow(), highs.getNumCol(), highs.getNumNz()) != (rows, columns, entries.nnz):
        raise SolverStopped("HiGHS did not load every row, column and coefficient")
