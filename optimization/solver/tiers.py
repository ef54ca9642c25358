"""A Pyomo model solved lexicographically, submatrix by submatrix, in threads; and solved again
with something changed: to confirm a price, or to compare.
"""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC

from optimization.solver.guard import check_numbers, input_hash
from optimization.solver.matrix import Matrix, Submatrix, compile_model, split_matrix
from optimization.solver.record import SolveRecord, SolveSettings, TierRecord, write_back
from optimization.solver.submatrix import TierSolutions, solve_submatrix
from schemas.errors import SolverStopped

GRACE_S = 5.0
TOLERANCE = 1e-6
Changes = Mapping[str, Mapping[Any, float]]


def solve_tiers(
    model: pyo.ConcreteModel,
    tiers: Sequence[str],
    settings: SolveSettings,
    inputs: Mapping[str, Any],
    build_seconds: float = 0.0,
) -> SolveRecord:
    """Minimise the objectives named ``tiers`` in turn; the variables keep the last point.

    Each tier is held within ``settings.slack`` while the next is solved, in every connected
    part of the matrix on its own. Parts run in ``settings.threads`` threads; the result does
    not depend on how many. ``inputs`` is everything that the model was built from.

    Raises:
        InputRefused: a number the solver would misread (see ``check_numbers``), an unknown
            option, a tier that does not minimise, a constraint that contradicts itself.
        SolverStopped: no plan by the time limit, or none at all.
    """
    check_numbers(inputs, widest=None)
    with PauseGC():
        start = time.monotonic()
        matrix = compile_model(model, tiers)
        compiled = time.monotonic()
        submatrices = split_matrix(matrix)
        solutions = solve_submatrices(
            matrix, submatrices, settings, compiled + settings.time_limit_s
        )
        solved = time.monotonic()
        primal = _gather(submatrices, [s.tiers[-1].primal for s in solutions], matrix.columns)
        primal[matrix.whole] = np.rint(primal[matrix.whole])
        _refuse_violations(matrix, primal)
        write_back(model, matrix, primal)
    seconds = {
        "build": build_seconds,
        "compile": compiled - start,
        "solve": solved - compiled,
        "extract": time.monotonic() - solved,
    }
    solved_tiers = tuple(_tier(k, t, matrix, solutions, primal) for k, t in enumerate(tiers))
    return SolveRecord(
        model=model.name,
        tiers=solved_tiers,
        rows=matrix.rows,
        columns=matrix.columns,
        nonzeros=int(matrix.coefficients.nnz),
        components=len(submatrices),
        widened=sum(s.widened for s in solutions),
        seconds=seconds,
        versions=f"pyomo {version('pyomo')}, highspy {version('highspy')}",
        input_hash=input_hash(inputs),
        source=model,
        matrix=matrix,
        row_duals=_duals(submatrices, solutions, "row_duals", matrix.rows),
        column_duals=_duals(submatrices, solutions, "column_duals", matrix.columns),
        submatrices=submatrices,
        submatrix_bounds=np.array([[t.bound for t in s.tiers] for s in solutions]).T,
        bases=[s.basis for s in solutions],
    )


def solve_submatrices(
    matrix: Matrix, submatrices: Sequence[Submatrix], settings: SolveSettings, deadline: float
) -> list[TierSolutions]:
    """Solve ``submatrices`` of ``matrix``, several at a time.

    Raises:
        SolverStopped: a part found no point, or has not answered by the deadline and a grace.
    """
    tasks = [partial(solve_submatrix, matrix, part, settings, deadline) for part in submatrices]
    return in_threads(tasks, settings.threads, deadline)


def in_threads(tasks: Sequence[Callable[[], Any]], threads: int, deadline: float) -> list[Any]:
    """Answers of ``tasks`` in their order, worked out in daemon threads, which a solver that
    hangs cannot keep alive.

    Raises:
        SolverStopped: a task has not answered by the deadline and a grace.
    """
    waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
    done: queue.SimpleQueue[tuple[int, Any, BaseException | None]] = queue.SimpleQueue()
    for k in range(len(tasks)):
        waiting.put(k)

    def work() -> None:
        while True:
            try:
                k = waiting.get_nowait()
            except queue.Empty:
                return
            try:
                done.put((k, tasks[k](), None))
            except BaseException as err:
                done.put((k, None, err))

    for _ in range(max(1, min(threads, len(tasks)))):
        threading.Thread(target=work, daemon=True).start()
    return _collected(done, len(tasks), deadline + GRACE_S)


def _collected(done: queue.SimpleQueue, number: int, deadline: float) -> list[Any]:
    answers: dict[int, Any] = {}
    while len(answers) < number:
        try:
            k, answer, error = done.get(timeout=max(0.01, deadline - time.monotonic()))
        except queue.Empty:
            break
        if error is not None:
            raise error
        answers[k] = answer
    if len(answers) < number:
        raise SolverStopped("the solver did not end by its time limit")
    return [answers[k] for k in range(number)]


def _gather(
    submatrices: Sequence[Submatrix], values: Sequence[np.ndarray], size: int
) -> np.ndarray:
    whole = np.zeros(size)
    for submatrix, value in zip(submatrices, values, strict=True):
        whole[submatrix.columns] = value
    return whole


def _duals(
    submatrices: Sequence[Submatrix], solutions: Sequence[TierSolutions], which: str, size: int
) -> np.ndarray:
    """Duals by tier and by row or column of the whole matrix."""
    whole = np.zeros((len(solutions[0].tiers) if solutions else 0, size))
    for submatrix, solution in zip(submatrices, solutions, strict=True):
        own = submatrix.rows if which == "row_duals" else submatrix.columns
        whole[:, own] = [getattr(t, which) for t in solution.tiers]
    return whole


def _tier(
    k: int, name: str, matrix: Matrix, solutions: Sequence[TierSolutions], last: np.ndarray
) -> TierRecord:
    """Objective at the final point; bound as proved when the tier was solved."""
    objective = float(matrix.costs[k] @ last + matrix.offsets[k])
    bound = float(sum(s.tiers[k].bound for s in solutions) + matrix.offsets[k])
    late = any(s.tiers[k].status != "optimal" for s in solutions)
    if not np.isfinite(bound):
        return TierRecord(name, "time_limit", objective, None, None)
    gap = max(0.0, objective - bound) / max(1.0, abs(objective))
    return TierRecord(name, "time_limit" if late else "optimal", objective, bound, gap)


def _refuse_violations(matrix: Matrix, primal: np.ndarray) -> None:
    """Whatever the solver said: every row must hold.

    Raises:
        SolverStopped: one does not, by more than the tolerance.
    """
    body = matrix.coefficients @ primal
    off = np.maximum(matrix.row_lower - body, body - matrix.row_upper)
    bounds = np.where(np.isinf(matrix.row_lower), matrix.row_upper, matrix.row_lower)
    size = abs(matrix.coefficients) @ abs(primal) + abs(bounds)
    if not (off <= 10 * TOLERANCE * np.maximum(1.0, size)).all():
        worst = matrix.constraints[int(np.nanargmax(off))].parent_component().name
        raise SolverStopped(f"HiGHS called a point optimal that breaks {worst}")


def first_tier_changes(
    record: SolveRecord, changes: Sequence[Changes], settings: SolveSettings
) -> list[float]:
    """Change of the first tier's optimum for each of ``changes`` of right sides on its own.

    A change says by how much, by constraint and index. Only the parts that hold a changed row
    are solved again, from where they ended, several at a time. Whole numbers are held as they are
    in the plan, before and after the change: so are the prices that such a change confirms.

    Raises:
        SolverStopped: no solution by the time limit.
    """
    matrix = record.matrix
    first = _held_whole(replace(matrix, costs=matrix.costs[:1], offsets=matrix.offsets[:1]))
    deadline = time.monotonic() + settings.time_limit_s
    shifts = [_shift(record, one) for one in changes]
    touched = np.asarray(np.reshape(shifts, (-1, record.rows)).any(axis=0))
    parts = [k for k, part in enumerate(record.submatrices) if touched[part.rows].any()]
    tasks = [partial(_as_it_is, record, first, k, settings, deadline) for k in parts]
    begins = dict(zip(parts, in_threads(tasks, settings.threads, deadline), strict=True))
    changed = [partial(_change, record, first, one, begins, settings, deadline) for one in shifts]
    return in_threads(changed, settings.threads, deadline)


def _shift(record: SolveRecord, changes: Changes) -> np.ndarray:
    """By how much each right side changes."""
    shift = np.zeros(record.rows)
    for constraint, by_index in changes.items():
        rows = record.rows_of(constraint)
        for index, change in by_index.items():
            shift[rows[index]] += change
    return shift


def _as_it_is(
    record: SolveRecord, first: Matrix, k: int, settings: SolveSettings, deadline: float
) -> tuple[float, Any]:
    """What part ``k`` of ``first`` reaches without a change, and the basis there."""
    part = record.submatrices[k]
    if not record.matrix.whole[part.columns].any():
        return float(record.submatrix_bounds[0, k]), record.bases[k]
    held = solve_submatrix(first, part, settings, deadline)
    return held.tiers[0].bound, held.basis


def _change(
    record: SolveRecord,
    first: Matrix,
    shift: np.ndarray,
    begins: Mapping[int, tuple[float, Any]],
    settings: SolveSettings,
    deadline: float,
) -> float:
    changed = replace(first, row_lower=first.row_lower + shift, row_upper=first.row_upper + shift)
    difference = 0.0
    for k, (before, basis) in begins.items():
        if shift[record.submatrices[k].rows].any():
            part = record.submatrices[k]
            solution = solve_submatrix(changed, part, settings, deadline, basis)
            difference += solution.tiers[0].bound - before
    return difference


def _held_whole(matrix: Matrix) -> Matrix:
    """The same matrix with every whole number held at its present value."""
    lower, upper = matrix.column_lower.copy(), matrix.column_upper.copy()
    for k in np.flatnonzero(matrix.whole).tolist():
        lower[k] = upper[k] = round(matrix.variables[k].value)
    held = np.zeros_like(matrix.whole)
    return replace(matrix, column_lower=lower, column_upper=upper, whole=held)


def solve_fixed(record: SolveRecord, variables: Sequence[str], settings: SolveSettings) -> None:
    """All tiers again with ``variables`` held at 0; the model's variables keep the point.

    Raises:
        SolverStopped: no solution by the time limit.
    """
    matrix = record.matrix
    upper = matrix.column_upper.copy()
    for variable in variables:
        upper[record.columns_of(variable)] = 0.0
    point = _last_point(record, replace(matrix, column_upper=upper), settings)
    write_back(record.source, matrix, point)


def _last_point(record: SolveRecord, matrix: Matrix, settings: SolveSettings) -> np.ndarray:
    deadline = time.monotonic() + settings.time_limit_s
    solutions = solve_submatrices(matrix, record.submatrices, settings, deadline)
    point = np.zeros(matrix.columns)
    for submatrix, solution in zip(record.submatrices, solutions, strict=True):
        point[submatrix.columns] = solution.tiers[-1].primal
    return point
