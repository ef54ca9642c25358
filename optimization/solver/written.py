"""A solved model as files that any solver reads: one per tier."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.sparse import csc_array, vstack

from optimization.solver.matrix import Matrix
from optimization.solver.record import SolveRecord
from optimization.solver.saved import save_model

SLACK = 1e-6


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
