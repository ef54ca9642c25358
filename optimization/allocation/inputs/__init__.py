"""The allocation's input tables as arrays on sorted ids: what model, policies and prices read.

Arrays are indexed by position in ``Names``; symbols are those of ``optimization.allocation``.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np


@dataclass(frozen=True, slots=True)
class Names:
    """Sorted ids: position in them is the index of every array."""

    zones: list[str]
    institutions: list[str]
    classes: list[str]
    resources: list[str]
    regions: list[str]
    days: list[date]


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """Referral arcs by zone, institution, class; ``usual`` is a share, by arc or by arc and day;
    ``km`` a distance."""

    zone: np.ndarray
    institution: np.ndarray
    care: np.ndarray
    km: np.ndarray
    usual: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Moves:
    """Arcs on which a movable resource may travel."""

    giver: np.ndarray
    taker: np.ndarray
    resource: np.ndarray
    km: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """By class: w [points/patient-day], limit [share], ct [currency/km], mean stay [days], and
    cc, the price of a patient sent otherwise than announced [currency].
    """

    harm: np.ndarray
    limit: np.ndarray
    cost_km: np.ndarray
    stay_days: np.ndarray
    cost_change: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Resources:
    """By resource: h [points/unit-day], occ, retain [share], lead [days], cm, cg, moves, and cc,
    the price of a unit moved otherwise than announced [currency].
    """

    harm: np.ndarray
    occupancy: np.ndarray
    retain: np.ndarray
    lead: np.ndarray
    cost_unit_km: np.ndarray
    cost_surge: np.ndarray
    whole: np.ndarray
    least_move: np.ndarray
    cost_move: np.ndarray
    cost_change: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Announced:
    """What earlier nights announced: ``days`` by day (is it?), ``sent`` arc x day, ``moved``
    move arc x day; 0 on days that were not.
    """

    days: np.ndarray
    sent: np.ndarray
    moved: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """One planning problem.

    ``demand`` is zone x class x day, ``initial`` institution x class x day, ``stay`` class x
    days since admission, ``use`` class x resource; ``capacity``, ``surge_limit`` and
    ``reserve`` (β) are institution x resource x day; so is ``crowding_floor``, the crowding that
    (9) allows where it is more than as usual. ``margin`` is by level too: how far each of the
    equally likely levels of a load lies from its mean, where the plan is made on levels.
    """

    names: Names
    zone_region: np.ndarray
    institution_region: np.ndarray
    demand: np.ndarray
    arcs: Arcs
    initial: np.ndarray
    stay: np.ndarray
    use: np.ndarray
    capacity: np.ndarray
    surge_limit: np.ndarray
    reserve: np.ndarray
    classes: Classes
    resources: Resources
    moves: Moves
    announced: Announced
    fairness: str
    no_worse: bool
    crowding_floor: np.ndarray | None = None
    margin: np.ndarray | None = None

    @property
    def horizon(self) -> int:
        """H, days."""
        return len(self.names.days)

    @property
    def harm_unmet(self) -> np.ndarray:
        """W[c,t] = w[c] * sum of s[c,k] over k = 0..H-t, points/patient, class x day."""
        return self.classes.harm[:, None] * np.cumsum(self.stay, axis=1)[:, ::-1]

    @property
    def expected(self) -> np.ndarray:
        """usual[o,i,c] * d[o,c,t], patients/day, arc x day."""
        usual = self.arcs.usual if self.arcs.usual.ndim == 2 else self.arcs.usual[:, None]
        return usual * self.demand[self.arcs.zone, self.arcs.care]

    @property
    def keep(self) -> np.ndarray:
        """keep[i,r] = retain_share[r] * min_t K[i,r,t], units, institution x resource."""
        return self.resources.retain * self.capacity.min(axis=2)

    @property
    def served(self) -> np.ndarray:
        """Has the zone any demand of the class on some day, or an arc for it? zone x class."""
        served = np.asarray((self.demand > 0).any(axis=2))
        served[self.arcs.zone, self.arcs.care] = True
        return served

    @property
    def wards(self) -> np.ndarray:
        """May the institution have patients of the class? institution x class."""
        wards = np.asarray((self.initial > 0).any(axis=2))
        wards[self.arcs.institution, self.arcs.care] = True
        return wards

    @property
    def cells(self) -> np.ndarray:
        """Is there the resource, a use for it, or a move of it? institution x resource."""
        has = np.asarray(((self.capacity > 0) | (self.surge_limit > 0)).any(axis=2))
        has |= self.wards.astype(int) @ (self.use > 0).astype(int) > 0
        for end in (self.moves.giver, self.moves.taker):
            has[end, self.moves.resource] = True
        return has


def census(instance: Instance, admit: np.ndarray) -> np.ndarray:
    """(2) patients in, by institution, class and day."""
    arriving = np.zeros_like(instance.initial)
    np.add.at(arriving, (instance.arcs.institution, instance.arcs.care), admit)
    patients = instance.initial.copy()
    for t in range(instance.horizon):
        still = instance.stay[:, t::-1]
        patients[:, :, t] += np.einsum("ick,ck->ic", arriving[:, :, : t + 1], still)
    return patients
