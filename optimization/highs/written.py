"""A solved model as files that any solver reads: one per tier."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csc_array, vstack

from optimization.highs.options import accepted
from optimization.highs.part import Problem, load
from optimization.highs.record import SolveRecord, SolveSettings

SLACK = 1e-6


def endings() -> tuple[str, ...]:
    """Endings of files that can be written."""
    return (".mps", ".lp")


def write_tiers(record: SolveRecord, path: Path) -> list[Path]:
    """Write every tier of ``record`` beside ``path``: plan.mps gives plan.harm.mps and so on.

    Each file minimises its tier over all rows, the tiers before it held by rows ``held_<tier>``
    at what was reached, with a slack of a millionth.
    """
    files = [path.with_suffix(f".{tier.name}{path.suffix}") for tier in record.tiers]
    for k, file in enumerate(files):
        _write(record, k, file)
    return files


def _write(record: SolveRecord, k: int, file: Path) -> None:
    matrix, before = record.matrix, record.tiers[:k]
    held = csc_array(vstack([matrix.coefficients, csc_array(matrix.costs[:k])]))
    reached = np.array([t.objective for t in before], float) - matrix.offsets[:k]
    ceiling = reached + SLACK * np.maximum(1.0, np.abs(reached))
    problem = Problem(
        held,
        np.concatenate([matrix.row_lower, np.full(k, -np.inf)]),
        np.concatenate([matrix.row_upper, ceiling]),
        matrix.column_lower,
        matrix.column_upper,
        matrix.whole,
        matrix.costs[k : k + 1],
    )
    highs = load(problem, SolveSettings())
    lp = highs.getLp()
    lp.col_cost_, lp.offset_ = matrix.costs[k], float(matrix.offsets[k])
    lp.col_names_ = _names(matrix.variables)
    lp.row_names_ = _names(matrix.constraints) + [f"held_{tier.name}" for tier in before]
    accepted(highs.passModel(lp), "the matrix")
    accepted(highs.writeModel(str(file)), "a file's name")


def _names(data: Sequence[Any]) -> list[str]:
    """A name for each, of letters, digits, dots and underscores; repeated ones are numbered."""
    names, seen = [], dict[str, int]()
    for item in data:
        name = re.sub(r"[^A-Za-z0-9_.]+", "_", item.name).strip("_")
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}.{seen[name]}")
    return names
