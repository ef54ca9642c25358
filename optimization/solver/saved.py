"""A solved matrix as an LP or MPS file, for whoever wants to solve it with another tool."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import highspy
import numpy as np

from optimization.solver.matrix import Matrix, Part
from optimization.solver.options import FIXED_OPTIONS, accepted, set_options
from optimization.solver.part import cut_out, pass_problem

PLAIN = str.maketrans({"[": "(", "]": ")", ",": "_", " ": "_"})


def save_model(matrix: Matrix, path: Path, tier: int = 0) -> None:
    """Write ``matrix`` with the costs of one tier to ``path``, which ends in .lp or .mps.

    Rows and columns carry the names of the Pyomo constraints and variables.

    Raises:
        SolverStopped: HiGHS could not write the file.
    """
    whole = Part(np.arange(matrix.rows), np.arange(matrix.columns))
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
    names, seen = [], set()
    for item in data:
        name = item.name.translate(PLAIN)
        while name in seen:
            name += "_"
        seen.add(name)
        names.append(name)
    return names
