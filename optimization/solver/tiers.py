"""A Pyomo model solved lexicographically, part by part, side by side."""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.common.gc_manager import PauseGC

from optimization.solver.guard import check_numbers, input_hash
from optimization.solver.matrix import Matrix, Part, compile_model, parts
from optimization.solver.part import PartSolution, cut_out, solve_part
from optimization.solver.record import SolveRecord, SolveSettings, TierRecord, write_back
from schemas.errors import SolverStopped

GRACE_S = 5.0
TOLERANCE = 1e-6


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
        pieces = parts(matrix)
        solutions = solve_parts(matrix, pieces, settings, compiled + settings.time_limit_s)
        solved = time.monotonic()
        primal = _gather(pieces, [s.tiers[-1].primal for s in solutions], matrix.columns)
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
        components=len(pieces),
        widened=sum(s.widened for s in solutions),
        seconds=seconds,
        versions=f"pyomo {version('pyomo')}, highspy {version('highspy')}",
        input_hash=input_hash(inputs),
        source=model,
        matrix=matrix,
        row_duals=_duals(pieces, solutions, "row_duals", matrix.rows),
        column_duals=_duals(pieces, solutions, "column_duals", matrix.columns),
        pieces=pieces,
        piece_bounds=np.array([[t.bound for t in s.tiers] for s in solutions]).T,
    )


def solve_parts(
    matrix: Matrix, pieces: Sequence[Part], settings: SolveSettings, deadline: float
) -> list[PartSolution]:
    """Solve ``pieces`` of ``matrix`` side by side.

    Raises:
        SolverStopped: a part found no point, or has not answered by the deadline and a grace.
    """
    return side_by_side(
        [partial(_solved, matrix, piece, settings, deadline) for piece in pieces],
        settings.threads,
        deadline,
    )


def _solved(matrix: Matrix, piece: Part, settings: SolveSettings, deadline: float) -> PartSolution:
    return solve_part(cut_out(matrix, piece), settings, deadline)


def side_by_side(tasks: Sequence[Callable[[], Any]], threads: int, deadline: float) -> list[Any]:
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


def _gather(pieces: Sequence[Part], values: Sequence[np.ndarray], size: int) -> np.ndarray:
    whole = np.zeros(size)
    for piece, value in zip(pieces, values, strict=True):
        whole[piece.columns] = value
    return whole


def _duals(
    pieces: Sequence[Part], solutions: Sequence[PartSolution], which: str, size: int
) -> np.ndarray:
    """Duals by tier and by row or column of the whole matrix."""
    whole = np.zeros((len(solutions[0].tiers) if solutions else 0, size))
    for piece, solution in zip(pieces, solutions, strict=True):
        at = piece.rows if which == "row_duals" else piece.columns
        whole[:, at] = [getattr(t, which) for t in solution.tiers]
    return whole


def _tier(
    k: int, name: str, matrix: Matrix, solutions: Sequence[PartSolution], last: np.ndarray
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
