"""Rows of a matrix, gathered constraint by constraint."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import coo_array, csc_array

from optimization.solver.keys import NotExpandable


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Entries of a matrix by row, column and value, and what is constant in each row."""

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    constants: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The rows of one constraint, with bounds from which their constants are already taken."""

    terms: Terms
    lower: np.ndarray
    upper: np.ndarray
    constraints: list[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Expanded:
    """Rows and costs of a model, without the columns that none of them names."""

    coefficients: csc_array
    lower: np.ndarray
    upper: np.ndarray
    costs: np.ndarray
    offsets: np.ndarray
    constraints: list[Any]
    variables: list[Any]


def bounded(
    terms: Terms, lower: np.ndarray | None, upper: np.ndarray | None, constraints: list[Any]
) -> Block:
    """A constraint with its bounds; a row without terms must hold, and is left out.

    Raises:
        NotExpandable: a row is a range, or contradicts itself.
    """
    size = len(constraints)
    if lower is not None and upper is not None and not np.array_equal(lower, upper):
        raise NotExpandable("a range")
    low = np.full(size, -np.inf) if lower is None else lower - terms.constants
    high = np.full(size, np.inf) if upper is None else upper - terms.constants
    kept = np.bincount(terms.rows, minlength=size) > 0
    if lower is None and upper is None:
        kept[:] = False
    elif not ((low <= 0) & (high >= 0))[~kept].all():
        raise NotExpandable("a row that contradicts itself")
    return (
        Block(terms, low, high, constraints)
        if kept.all()
        else _kept(terms, low, high, constraints, kept)
    )


def _kept(
    terms: Terms, low: np.ndarray, high: np.ndarray, constraints: list[Any], kept: np.ndarray
) -> Block:
    place, inside = np.cumsum(kept) - 1, kept[terms.rows]
    left = Terms(
        place[terms.rows[inside]],
        terms.columns[inside],
        terms.values[inside],
        terms.constants[kept],
    )
    rows = [constraints[k] for k in np.flatnonzero(kept).tolist()]
    return Block(left, low[kept], high[kept], rows)


def together(costs: Sequence[Terms], blocks: Sequence[Block], variables: list[Any]) -> Expanded:
    """One matrix of all blocks, one below the other; what is 0 in it is not kept."""
    matrix = _matrix(blocks, len(variables))
    dense = np.zeros((len(costs), len(variables)))
    for k, cost in enumerate(costs):
        np.add.at(dense[k], cost.columns, cost.values)
    used = np.flatnonzero((np.diff(matrix.indptr) > 0) | (dense != 0).any(axis=0))
    if used.size < len(variables):
        matrix, dense = csc_array(matrix[:, used]), dense[:, used]
        variables = [variables[k] for k in used.tolist()]
    return Expanded(
        matrix,
        np.concatenate([np.zeros(0), *(block.lower for block in blocks)]),
        np.concatenate([np.zeros(0), *(block.upper for block in blocks)]),
        dense,
        np.array([float(cost.constants[0]) for cost in costs]),
        [row for block in blocks for row in block.constraints],
        variables,
    )


def _matrix(blocks: Sequence[Block], columns: int) -> csc_array:
    starts = np.cumsum([0, *(len(block.constraints) for block in blocks)])
    nothing = np.zeros(0, np.int32)
    terms = [block.terms for block in blocks]
    places = [t.rows + start for t, start in zip(terms, starts[:-1], strict=True)]
    row = np.concatenate([nothing, *places]).astype(np.int32)
    column = np.concatenate([nothing, *(t.columns for t in terms)]).astype(np.int32)
    values = np.concatenate([np.zeros(0), *(t.values for t in terms)])
    matrix = csc_array(coo_array((values, (row, column)), shape=(int(starts[-1]), columns)))
    matrix.eliminate_zeros()
    return matrix
