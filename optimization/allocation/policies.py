"""Simple ways of deciding, on the same instance and the same accounting as the plan.

``fcfs``, ``shortest_stay_first`` and ``priority`` admit day by day: each patient to the nearest
institution in reach that has room on all days left, within (8); who finds none is turned away.
``greedy_moves`` leaves patients where usual and moves free units to the worst shortage in reach.
"""

from collections.abc import Callable, Mapping

import numpy as np
import polars as pl

from optimization.allocation.accounting import (
    PolicyOutcome,
    as_usual,
    cost,
    institution_shares,
    policy_outcome,
    zone_shares,
)
from optimization.allocation.inputs import Instance, census
from schemas.results.allocation import PolicyComparison
from schemas.table import check, conform

Order = list[tuple[int, int]]


def simple_policies(instance: Instance) -> dict[str, PolicyOutcome]:
    """The outcome of every simple policy but those that need the model, by its name."""
    return {
        "usual": as_usual(instance),
        "fcfs": admitted_in(instance, by_zone(instance)),
        "shortest_stay_first": admitted_in(instance, by_class(instance, shortest_stay(instance))),
        "priority": admitted_in(instance, by_class(instance, most_harm(instance))),
        "greedy_moves": greedy_moves(instance),
    }


def by_zone(instance: Instance) -> Order:
    """Zones in id order, and the classes of each in id order."""
    return [(int(z), int(c)) for z, c in np.argwhere(instance.served)]


def by_class(instance: Instance, classes: np.ndarray) -> Order:
    """Classes in the order given, and within each the zones in id order."""
    return [(int(z), int(c)) for c in classes for z in np.flatnonzero(instance.served[:, c])]


def shortest_stay(instance: Instance) -> np.ndarray:
    """Classes by mean stay, then id."""
    return np.argsort(instance.classes.stay_days, kind="stable")


def most_harm(instance: Instance) -> np.ndarray:
    """Classes by harm, most first, then id."""
    return np.argsort(-instance.classes.harm, kind="stable")


def admitted_in(instance: Instance, order: Order) -> PolicyOutcome:
    """Admit zone and class after zone and class, on each day in the same order."""
    reach = _nearest_first(instance)
    admit = np.zeros_like(instance.expected)
    for day in range(instance.horizon):
        room = _Room(instance, census(instance, admit), day)
        for zone, care in order:
            _admit(instance, room, reach.get((zone, care), []), admit, zone, care)
    no_moves = np.zeros((instance.moves.km.size, instance.horizon))
    return policy_outcome(instance, admit, no_moves, np.zeros_like(instance.capacity))


def _nearest_first(instance: Instance) -> dict[tuple[int, int], list[int]]:
    arcs = instance.arcs
    reach: dict[tuple[int, int], list[int]] = {}
    for arc in np.lexsort((arcs.institution, arcs.km)).tolist():
        reach.setdefault((int(arcs.zone[arc]), int(arcs.care[arc])), []).append(arc)
    return reach


class _Room:
    """How many patients of a class who arrive on ``day`` find room on all days left."""

    def __init__(self, instance: Instance, patients: np.ndarray, day: int) -> None:
        used = np.einsum("ict,cr->irt", patients, instance.use) + instance.reserve
        room = instance.resources.occupancy[None, :, None] * instance.capacity - used
        self.day = day
        self.free = room[:, :, day:]
        still = instance.stay[:, : instance.horizon - day]
        self.need = instance.use[:, :, None] * still[:, None, :]
        shares = (instance.use @ instance.use.T) > 0
        self.rivals = [
            [int(c) for c in np.flatnonzero(row) if c != care] for care, row in enumerate(shares)
        ]
        classes = range(len(instance.names.classes))
        self.fits = [self._fits(self.free, care).tolist() for care in classes]
        self.expected = instance.expected[:, day].tolist()
        self.institution = instance.arcs.institution.tolist()

    def _fits(self, free: np.ndarray, care: int) -> np.ndarray:
        used = self.need[care] > 0
        by_need = np.divide(free, self.need[care], out=np.full(free.shape, np.inf), where=used)
        return np.maximum(by_need.min(axis=(-2, -1)), 0.0)

    def take(self, institution: int, care: int, amount: float) -> None:
        """Give ``amount`` patients of a class the room that they need."""
        self.fits[care][institution] -= amount
        self.free[institution] -= amount * self.need[care]
        for rival in self.rivals[care]:
            self.fits[rival][institution] = float(self._fits(self.free[institution], rival))


def _admit(
    instance: Instance, room: _Room, reach: list[int], admit: np.ndarray, zone: int, care: int
) -> None:
    """A zone's patients of a class, each to the nearest that has room, within (8)."""
    left = float(instance.demand[zone, care, room.day])
    elsewhere = float(instance.classes.limit[care]) * left
    fits = room.fits[care]
    for arc in reach:
        usual, institution = room.expected[arc], room.institution[arc]
        amount = min(left, usual + elsewhere, fits[institution])
        if amount > 1e-12:
            admit[arc, room.day] = amount
            left -= amount
            elsewhere -= max(0.0, amount - usual)
            room.take(institution, care, amount)


def greedy_moves(instance: Instance) -> PolicyOutcome:
    """Usual admissions; day by day, free units go to the worst shortage, the nearest first."""
    usual = as_usual(instance)
    stock = instance.capacity.copy()
    move = np.zeros((instance.moves.km.size, instance.horizon))
    load = usual.use + instance.reserve
    givers = _givers(instance)
    for day in range(instance.horizon):
        for taker, resource in _shortages(instance, load, stock, day):
            _relieve(instance, load, stock, move, givers, taker, resource, day)
    return policy_outcome(instance, instance.expected, move, np.zeros_like(instance.capacity))


def _givers(instance: Instance) -> Mapping[tuple[int, int], list[int]]:
    """Move arcs into each institution and resource, nearest first."""
    moves = instance.moves
    arcs: dict[tuple[int, int], list[int]] = {}
    for arc in np.lexsort((moves.giver, moves.km)).tolist():
        arcs.setdefault((int(moves.taker[arc]), int(moves.resource[arc])), []).append(arc)
    return arcs


def _shortages(
    instance: Instance, load: np.ndarray, stock: np.ndarray, day: int
) -> list[tuple[int, int]]:
    """Institutions and resources that a unit sent on ``day`` would relieve, worst first."""
    short: list[tuple[float, int, int]] = []
    movable = np.unique(instance.moves.resource)
    for resource in movable.tolist():
        arrival = day + int(instance.resources.lead[resource])
        if arrival >= instance.horizon:
            continue
        room = instance.resources.occupancy[resource] * stock[:, resource, arrival]
        crowding = load[:, resource, arrival] - room
        worth = instance.resources.harm[resource] * crowding
        short += [(-float(worth[i]), int(i), resource) for i in np.flatnonzero(crowding > 1e-9)]
    return [(i, r) for _, i, r in sorted(short)]


def _relieve(
    instance: Instance,
    load: np.ndarray,
    stock: np.ndarray,
    move: np.ndarray,
    givers: Mapping[tuple[int, int], list[int]],
    taker: int,
    resource: int,
    day: int,
) -> None:
    """Send free units to ``taker`` until it is short no more or nobody near has any."""
    occupancy = instance.resources.occupancy[resource]
    arrival = day + int(instance.resources.lead[resource])
    whole: Callable[[float], float] = np.floor if instance.resources.whole[resource] else float
    for arc in givers.get((taker, resource), ()):
        giver = instance.moves.giver[arc]
        needed = load[taker, resource, arrival] / occupancy - stock[taker, resource, arrival]
        free = (stock[giver, resource, day:] - load[giver, resource, day:] / occupancy).min()
        kept = (stock[giver, resource, day:] - instance.keep[giver, resource]).min()
        units = float(whole(min(needed, free, kept)))
        if needed <= 1e-9:
            return
        if units <= max(1e-9, float(instance.resources.least_move[resource])):
            continue
        move[arc, day] += units
        stock[giver, resource, day:] -= units
        stock[taker, resource, arrival:] += units


def comparison(instance: Instance, outcomes: Mapping[str, PolicyOutcome]) -> pl.DataFrame:
    """``PolicyComparison``: a row for each outcome, by name of the policy."""
    rows = [{"policy": policy} | measures(instance, o) for policy, o in outcomes.items()]
    return check(PolicyComparison, conform(PolicyComparison, pl.DataFrame(rows)))


def measures(instance: Instance, result: PolicyOutcome) -> dict[str, float]:
    """What ``PolicyComparison`` says of one outcome."""
    harm_unmet = float((result.unmet * instance.harm_unmet).sum())
    harm_crowding = float((result.crowding * instance.resources.harm[None, :, None]).sum())
    return {
        "harm": harm_unmet + harm_crowding,
        "harm_unmet": harm_unmet,
        "harm_crowding": harm_crowding,
        "crowding_unit_days": float(result.crowding.sum()),
        "crowding_patient_days": crowding_patient_days(instance, result),
        "unmet": float(result.unmet.sum()),
        "worst": float(zone_shares(instance, result).max(initial=0.0)),
        "crowded": float(institution_shares(instance, result).max(initial=0.0)),
        "sent": float(result.elsewhere.sum()),
        "moved": float(result.move.sum()),
        "surge_unit_days": float(result.surge.sum()),
        "cost": cost(instance, result),
    }


def crowding_patient_days(instance: Instance, result: PolicyOutcome) -> float:
    """Patient-days short of at least one resource, patients of a cell sharing alike."""
    used = np.where(result.use > 0, result.use, np.inf)
    short = np.minimum(result.crowding / used, 1.0)
    needs = instance.use > 0
    worst = np.stack([short[:, need, :].max(axis=1, initial=0.0) for need in needs], axis=1)
    return float((result.census * worst).sum())
