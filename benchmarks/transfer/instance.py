"""A transfer instance: who ships spare units to whom, drawn from a seed.

Institutions lie at random in a square; each may ship to its nearest ``reach`` neighbours, any
resource on any day. What a shipped unit costs is its distance, what is missing costs ``PENALTY``.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

SIDE_KM = 300.0
PENALTY = 100.0


@dataclass(frozen=True, slots=True)
class Size:
    """How large: institutions, arcs from each, resources, days."""

    institutions: int
    reach: int
    resources: int
    days: int

    @property
    def cells(self) -> int:
        """Institutions times resources times days."""
        return self.institutions * self.resources * self.days

    @property
    def columns(self) -> int:
        """Shipments and what is missing."""
        return self.cells * self.reach + self.cells


@dataclass(frozen=True, slots=True, eq=False)
class Transfer:
    """``source``, ``target`` and ``km`` by arc; ``supply`` and ``need`` by cell."""

    size: Size
    source: np.ndarray
    target: np.ndarray
    km: np.ndarray
    supply: np.ndarray
    need: np.ndarray

    @property
    def arcs(self) -> int:
        """Number of arcs."""
        return self.km.size

    def leaving(self) -> list[list[int]]:
        """Arcs out of each institution."""
        return _grouped(self.source, self.size.institutions)

    def arriving(self) -> list[list[int]]:
        """Arcs into each institution."""
        return _grouped(self.target, self.size.institutions)


def draw(size: Size, seed: int = 0) -> Transfer:
    """The instance of ``size``; the same seed gives the same numbers."""
    rng = np.random.default_rng(seed)
    places = rng.random((size.institutions, 2)) * SIDE_KM
    km, neighbour = cKDTree(places).query(places, k=size.reach + 1)
    shape = (size.institutions, size.resources, size.days)
    supply = rng.integers(20, 200, shape).astype(float)
    return Transfer(
        size=size,
        source=np.repeat(np.arange(size.institutions), size.reach),
        target=neighbour[:, 1:].ravel(),
        km=km[:, 1:].ravel(),
        supply=supply,
        need=supply * rng.uniform(0.6, 1.35, shape),
    )


def _grouped(ends: np.ndarray, institutions: int) -> list[list[int]]:
    groups: list[list[int]] = [[] for _ in range(institutions)]
    for arc, end in enumerate(ends.tolist()):
        groups[end].append(arc)
    return groups
