"""What templates are expanded over: keys of Pyomo sets as whole numbers, rows as arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.base.indexed_component import IndexedComponent
from scipy.sparse import coo_array, csc_array

MOST = 2**62


class NotExpandable(Exception):
    """Something that only Pyomo's own compiler expands."""


class Labels:
    """A whole number, its code, for every label that stands in a key."""

    def __init__(self) -> None:
        self._codes: dict[Any, int] = {}
        self._factors: dict[int, Factor] = {}
        self._products: dict[tuple[int, ...], KeySet] = {}
        self._data: dict[int, list[Any]] = {}

    def codes(self, labels: Sequence[Any]) -> np.ndarray:
        """Codes of ``labels``; a new label gets the next number."""
        known = self._codes
        for label in labels:
            if label not in known:
                known[label] = len(known)
        return np.fromiter(map(known.__getitem__, labels), np.int64, len(labels))

    def code_of(self, label: Any) -> int:
        """Code of ``label``, -1 if no set has it."""
        return self._codes.get(label, -1)

    def numbers(self, codes: np.ndarray) -> np.ndarray:
        """The labels behind ``codes`` as numbers, for arithmetic on indices."""
        known = [label if isinstance(label, int | float) else np.nan for label in self._codes]
        numbers = np.array(known, float)[codes]
        if np.isnan(numbers).any():
            raise NotExpandable("arithmetic on labels")
        return numbers

    def coded(self, numbers: np.ndarray) -> np.ndarray:
        """Codes of labels that are ``numbers``, -1 where no set has them."""
        distinct, place = np.unique(numbers, return_inverse=True)
        return np.array([self.code_of(value) for value in distinct.tolist()], np.int64)[place]

    def data(self, component: IndexedComponent) -> list[Any]:
        """What ``component`` holds, in the order of its ``key_set``.

        Raises:
            NotExpandable: it has no index, or holds nothing for some member of it.
        """
        if id(component) not in self._data:
            self._data[id(component)] = self._ordered(component)
        return self._data[id(component)]

    def _ordered(self, component: IndexedComponent) -> list[Any]:
        keys, held = self.key_set(component), component._data
        if len(held) != keys.size:
            raise NotExpandable(f"{component.name} has gaps")
        flat = held if keys.width == 1 else chain.from_iterable(held)
        codes = np.fromiter(map(self._codes.__getitem__, flat), np.int64, keys.size * keys.width)
        data = list(held.values())
        if np.array_equal(codes, keys.codes.ravel()):
            return data
        order = np.argsort(keys.find(list(codes.reshape(-1, keys.width).T)), kind="stable")
        return [data[k] for k in order.tolist()]

    def key_set(self, component: IndexedComponent) -> "KeySet":
        """Members of the index of ``component``."""
        index = component.index_set()
        if not component.is_indexed() or component.is_reference() or not index.isfinite():
            raise NotExpandable(f"{component.name} has no finite index of its own")
        return self.key_set_of(index)

    def key_set_of(self, index: pyo.Set) -> "KeySet":
        """Members of ``index``; a product of sets is looked up factor by factor."""
        factors = list(index.subsets(expand_all_set_operators=False))
        same = tuple(map(id, factors))
        if same not in self._products:
            self._products[same] = KeySet([self._factor(factor) for factor in factors])
        return self._products[same]

    def _factor(self, factor: pyo.Set) -> "Factor":
        if id(factor) not in self._factors:
            members, width = list(factor), factor.dimen
            if not isinstance(width, int) or width < 1:
                raise NotExpandable(f"members of {factor.name} have no common length")
            flat = members if width == 1 else list(chain.from_iterable(members))
            self._factors[id(factor)] = Factor(self.codes(flat).reshape(len(members), width))
        return self._factors[id(factor)]


class Factor:
    """Members of one set, coded: members x width."""

    def __init__(self, members: np.ndarray) -> None:
        self.members = members
        self._base = int(members.max(initial=0)) + 1
        if self._base ** members.shape[1] > MOST:
            raise NotExpandable("too many labels")
        joined = self._joined(members)
        self._order = np.argsort(joined, kind="stable")
        self._sorted = joined[self._order]

    def find(self, codes: np.ndarray) -> np.ndarray:
        """Position of every row of ``codes`` among the members, -1 where it is none."""
        if not self._sorted.size:
            return np.full(len(codes), -1)
        joined = self._joined(codes)
        place = np.minimum(np.searchsorted(self._sorted, joined), self._sorted.size - 1)
        inside = (self._sorted[place] == joined) & ((codes >= 0) & (codes < self._base)).all(axis=1)
        return np.where(inside, self._order[place], -1)

    def _joined(self, codes: np.ndarray) -> np.ndarray:
        joined = np.zeros(len(codes), np.int64)
        for column in codes.T:
            joined = joined * self._base + column
        return joined


class KeySet:
    """Keys over a product of factors, the last factor running fastest."""

    def __init__(self, factors: Sequence[Factor]) -> None:
        self._factors = factors
        self.width = sum(factor.members.shape[1] for factor in factors)
        self.size = int(np.prod([len(factor.members) for factor in factors]))

    @cached_property
    def codes(self) -> np.ndarray:
        """All keys written out: keys x width."""
        columns, left = [], self.size
        position = np.arange(self.size)
        for factor in self._factors:
            left //= max(1, len(factor.members))
            columns.append(factor.members[position // max(1, left) % max(1, len(factor.members))])
        return np.hstack(columns)

    def find(self, codes: Sequence[np.ndarray]) -> np.ndarray:
        """Position of each key; one array of codes for every label of a key.

        Raises:
            NotExpandable: a key is none of these.
        """
        if len(codes) != self.width:
            raise NotExpandable("a key of another length")
        position, start = np.zeros(len(codes[0]), np.int64), 0
        for factor in self._factors:
            width = factor.members.shape[1]
            found = factor.find(np.stack(codes[start : start + width], axis=1))
            if (found < 0).any():
                raise NotExpandable("a key that is not there")
            position, start = position * len(factor.members) + found, start + width
        return position


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Entries of a matrix by row, column and value, and what is constant in each row."""

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    constants: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class RowBlock:
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


def row_block(
    terms: Terms, lower: np.ndarray | None, upper: np.ndarray | None, constraints: list[Any]
) -> RowBlock:
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
        RowBlock(terms, low, high, constraints)
        if kept.all()
        else _kept(terms, low, high, constraints, kept)
    )


def _kept(
    terms: Terms, low: np.ndarray, high: np.ndarray, constraints: list[Any], kept: np.ndarray
) -> RowBlock:
    place, inside = np.cumsum(kept) - 1, kept[terms.rows]
    left = Terms(
        place[terms.rows[inside]],
        terms.columns[inside],
        terms.values[inside],
        terms.constants[kept],
    )
    rows = [constraints[k] for k in np.flatnonzero(kept).tolist()]
    return RowBlock(left, low[kept], high[kept], rows)


def assembled(costs: Sequence[Terms], blocks: Sequence[RowBlock], variables: list[Any]) -> Expanded:
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


def _matrix(blocks: Sequence[RowBlock], columns: int) -> csc_array:
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
