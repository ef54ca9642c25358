"""A solved model as LP or MPS files, one per tier, for whoever solves it with another tool."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import highspy
import numpy as np
from scipy.sparse import csc_array, vstack

from optimization.solver.guard import FIXED_OPTIONS, accepted, set_options
from optimization.solver.matrix import Matrix, Submatrix
from optimization.solver.problem import cut_out, pass_problem
from optimization.solver.record import SolveRecord

SLACK = 1e-6
PLAIN = str.maketrans({"[": "(", "]": ")", ",": "_", " ": "_"})


def save_model(matrix: Matrix, path: Path, tier: int = 0) -> None:
    """Write ``matrix`` with the costs of one tier to ``path``, which ends in .lp or .mps.

    Rows and columns carry the names of the Pyomo constraints and variables.

    Raises:
        SolverStopped: HiGHS could not write the file.
    """
    whole = Submatrix(np.arange(matrix.rows), np.arange(matrix.columns))
    highs = highspy.Highs()
    set_options(highs, FIXED_OPTIONS)
    pass_problem(highs, cut_out(matrix, whole))
    every = np.arange(matrix.columns, dtype=np.int32)
    accepted(highs.changeColsCost(every.size, every, matrix.costs[tier]), "the costs of a tier")
    accepted(highs.changeObjectiveOffset(float(matrix.offsets[tier])), "the offset of a tier")
    for k, name in enumerate(_names(matrix.variables)):
        accepted(highs.passColName(k, name), "the name of a column")
    for k, name in enumerate(_names(matrix.constraints)):
        accepted(highs.passRowName(k, name), "the name of a row")
    accepted(highs.writeModel(str(path)), "writing the model")


def _names(data: Sequence[Any]) -> list[str]:
    """Names without what the LP format reserves; the second row of a range counts on."""
    names, taken = [], set()
    for item in data:
        name = item.name.translate(PLAIN)
        while name in taken:
            name += "_"
        taken.add(name)
        names.append(name)
    return names


@dataclass(frozen=True, slots=True)
class Held:
    """The row that holds a tier while later ones are minimised."""

    name: str


def endings() -> tuple[str, ...]:
    """Endings of files that can be written."""
    return (".mps", ".lp")


def write_tiers(record: SolveRecord, path: Path) -> list[Path]:
    """Write every tier of ``record`` beside ``path``: plan.mps gives plan.harm.mps and so on.

    Each file minimises its tier over all rows, the tiers before it held by rows ``held_<tier>``
    at what was reached, with a slack of a millionth.

    Raises:
        SolverStopped: HiGHS could not write a file.
    """
    files = [path.with_suffix(f".{tier.name}{path.suffix}") for tier in record.tiers]
    for tier, file in enumerate(files):
        save_model(_holding(record, tier), file, tier)
    return files


def _holding(record: SolveRecord, tiers: int) -> Matrix:
    matrix, before = record.matrix, record.tiers[:tiers]
    reached = np.array([tier.objective for tier in before], float) - matrix.offsets[:tiers]
    ceiling = reached + SLACK * np.maximum(1.0, np.abs(reached))
    rows = vstack([matrix.coefficients, csc_array(matrix.costs[:tiers])])
    return replace(
        matrix,
        coefficients=csc_array(rows),
        row_lower=np.concatenate([matrix.row_lower, np.full(tiers, -np.inf)]),
        row_upper=np.concatenate([matrix.row_upper, ceiling]),
        constraints=[*matrix.constraints, *(Held(f"held_{tier.name}") for tier in before)],
    )
