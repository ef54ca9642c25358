"""A solved matrix as an LP or MPS file, for whoever wants to solve it with another tool."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import highspy
import numpy as np

from optimization.highs.matrix import Matrix, Part
from optimization.highs.options import FIXED_OPTIONS, accepted, set_options
from optimization.highs.part import as_lp, cut_out

PLAIN = str.maketrans({"[": "(", "]": ")", ",": "_", " ": "_"})


def save_model(matrix: Matrix, path: Path, tier: int = 0) -> None:
    """Write ``matrix`` with the costs of one tier to ``path``, which ends in .lp or .mps.

    Rows and columns carry the names of the Pyomo constraints and variables.

    Raises:
        SolverStopped: HiGHS could not write the file.
    """
    whole = Part(np.arange(matrix.rows), np.arange(matrix.columns))
    lp = as_lp(cut_out(matrix, whole))
    lp.col_cost_, lp.offset_ = matrix.costs[tier], float(matrix.offsets[tier])
    lp.col_names_, lp.row_names_ = _names(matrix.variables), _names(matrix.constraints)
    highs = highspy.Highs()
    set_options(highs, FIXED_OPTIONS)
    accepted(highs.passModel(lp), "the matrix")
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
