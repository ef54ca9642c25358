"""Members of Pyomo sets as whole numbers, and where in a component a key stands."""

from collections.abc import Sequence
from functools import cached_property
from itertools import chain
from typing import Any

import numpy as np
import pyomo.environ as pyo
from pyomo.core.base.indexed_component import IndexedComponent

MOST = 2**62


class NotExpandable(Exception):
    """Something that only Pyomo's own compiler expands."""


class Labels:
    """A whole number, its code, for every label that stands in a key."""

    def __init__(self) -> None:
        self._codes: dict[Any, int] = {}
        self._factors: dict[int, Factor] = {}
        self._products: dict[tuple[int, ...], Keys] = {}
        self._data: dict[int, list[Any]] = {}

    def codes(self, labels: Sequence[Any]) -> np.ndarray:
        """Codes of ``labels``; a new label gets the next number."""
        known = self._codes
        for label in labels:
            if label not in known:
                known[label] = len(known)
        return np.fromiter(map(known.__getitem__, labels), np.int64, len(labels))

    def known(self, label: Any) -> int:
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
        return np.array([self.known(value) for value in distinct.tolist()], np.int64)[place]

    def data(self, component: IndexedComponent) -> list[Any]:
        """What ``component`` holds, in the order of its ``keys``.

        Raises:
            NotExpandable: it has no index, or holds nothing for some member of it.
        """
        if id(component) not in self._data:
            self._data[id(component)] = self._ordered(component)
        return self._data[id(component)]

    def _ordered(self, component: IndexedComponent) -> list[Any]:
        keys, held = self.keys(component), component._data
        if len(held) != keys.size:
            raise NotExpandable(f"{component.name} has gaps")
        flat = held if keys.width == 1 else chain.from_iterable(held)
        codes = np.fromiter(map(self._codes.__getitem__, flat), np.int64, keys.size * keys.width)
        data = list(held.values())
        if np.array_equal(codes, keys.codes.ravel()):
            return data
        order = np.argsort(keys.find(list(codes.reshape(-1, keys.width).T)), kind="stable")
        return [data[k] for k in order.tolist()]

    def keys(self, component: IndexedComponent) -> "Keys":
        """Members of the index of ``component``."""
        index = component.index_set()
        if not component.is_indexed() or component.is_reference() or not index.isfinite():
            raise NotExpandable(f"{component.name} has no finite index of its own")
        return self.of_set(index)

    def of_set(self, index: pyo.Set) -> "Keys":
        """Members of ``index``; a product of sets is looked up factor by factor."""
        parts = list(index.subsets(expand_all_set_operators=False))
        same = tuple(map(id, parts))
        if same not in self._products:
            self._products[same] = Keys([self._factor(part) for part in parts])
        return self._products[same]

    def _factor(self, part: pyo.Set) -> "Factor":
        if id(part) not in self._factors:
            members, width = list(part), part.dimen
            if not isinstance(width, int) or width < 1:
                raise NotExpandable(f"members of {part.name} have no common length")
            flat = members if width == 1 else list(chain.from_iterable(members))
            self._factors[id(part)] = Factor(self.codes(flat).reshape(len(members), width))
        return self._factors[id(part)]


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
        at = np.minimum(np.searchsorted(self._sorted, joined), self._sorted.size - 1)
        inside = (self._sorted[at] == joined) & ((codes >= 0) & (codes < self._base)).all(axis=1)
        return np.where(inside, self._order[at], -1)

    def _joined(self, codes: np.ndarray) -> np.ndarray:
        joined = np.zeros(len(codes), np.int64)
        for column in codes.T:
            joined = joined * self._base + column
        return joined


class Keys:
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
