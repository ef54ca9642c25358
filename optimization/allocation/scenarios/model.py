"""The model on drawn paths: copies of the region's own, held together by the first days' plan."""

import numpy as np
import pyomo.environ as pyo

from optimization.allocation import constraints, tiers
from optimization.allocation.accounting import (
    coming,
    crowd_capacity,
    crowding_limit,
    harm_at_stake,
)
from optimization.allocation.fairness import hold_fairness, sharers_of
from optimization.allocation.inputs import Instance
from optimization.allocation.model import build
from optimization.allocation.scenarios.copies import copies
from optimization.solver import templatized
from optimization.solver.matrix import grouped, hold, members, members_of, minimise, param
from schemas.assumptions.allocation import Scenarios


def build_paths(instance: Instance, paths: np.ndarray, chosen: Scenarios) -> pyo.ConcreteModel:
    """The model of ``instance`` on ``paths`` (path x zone x class x day)."""
    number, first = len(paths), min(chosen.fixed_days, instance.horizon)
    whole = copies(instance, paths, first)
    m = build(whole)
    m.name = "allocation_scenario"
    m.first_days, m.paths = pyo.RangeSet(first), pyo.RangeSet(number)
    with templatized():
        _same_first_days(m, instance, paths, first)
        _whole_on_first_days(m, first)
        _harm(m, instance, whole, chosen)
        if instance.no_worse:
            _no_worse(m, instance, whole, number)
        if instance.fairness != "none":
            _fairness(m, instance, whole, number)
        _cost(m, instance, number, first)
    return m


def tiers_over_paths(instance: Instance) -> list[str]:
    """The tiers in order; fairness ``none`` drops the second."""
    fair = [] if instance.fairness == "none" else ["unfairness_over_paths"]
    return ["harm_over_paths", *fair, "cost_over_paths"]


def _on(path: int, one: str) -> str:
    """What ``one``, of copy 0, is called on a path."""
    return f"{path}|{one.partition('|')[2]}"


def _of_plan(one: str) -> bool:
    return one.startswith("0|")


def _same_first_days(
    m: pyo.ConcreteModel, instance: Instance, paths: np.ndarray, first: int
) -> None:
    names = instance.names
    m.arcs_first = members([arc for arc in m.arcs if _of_plan(arc[0])], 3)
    m.moves_first = members([move for move in m.moves if _of_plan(move[0])], 3)
    m.surges_first = members([cell for cell in m.surges if _of_plan(cell[0])], 2)
    m.same_arcs = members(
        [(_on(k, o), o, _on(k, i), i, c) for k in m.paths for o, i, c in m.arcs_first], 5
    )
    m.same_moves = members(
        [(_on(k, i), i, _on(k, j), j, r) for k in m.paths for i, j, r in m.moves_first], 5
    )
    m.same_surges = members([(_on(k, i), i, r) for k in m.paths for i, r in m.surges_first], 3)
    shares = coming(instance, paths)[..., :first]
    m.coming = param(
        {
            (f"{k}|{zone}", care, t): shares[k - 1, z, c, t - 1].item()
            for k in m.paths
            for z, zone in enumerate(names.zones)
            for c, care in enumerate(names.classes)
            for t in m.first_days
        },
        3,
    )
    hold(m, constraints.admitted_as_planned, m.same_arcs, m.first_days)
    hold(m, constraints.moved_as_planned, m.same_moves, m.first_days)
    hold(m, constraints.opened_as_planned, m.same_surges, m.first_days)


def _whole_on_first_days(m: pyo.ConcreteModel, first: int) -> None:
    """Whole units, least sizes and fixed costs bind the first days; later days are an outlook."""
    later = [(m.move, pyo.NonNegativeReals), (m.moved, pyo.UnitInterval)]
    for variable, domain in later:
        for index, one in variable.items():
            if index[3] > first or not _of_plan(index[0]):
                one.domain = domain
    m.counted_first = members([move for move in m.counted if _of_plan(move[0])], 3)


def _harm(m: pyo.ConcreteModel, instance: Instance, whole: Instance, chosen: Scenarios) -> None:
    number, tail = len(m.paths), chosen.tail_weight
    m.thresholds = members([0])
    m.of_mean = param(dict.fromkeys(m.paths, (1 - tail) / number))
    m.of_tail = param({0: tail})
    m.of_excess = param(dict.fromkeys(m.paths, tail / ((1 - chosen.tail) * number)))
    m.path_needs = members_of(m.paths, _by_path(m.needs), 2)
    m.path_cells = members_of(m.paths, _by_path(m.cells), 2)
    m.path_harm = pyo.Var(m.paths, domain=pyo.NonNegativeReals)
    m.excess = pyo.Var(m.paths, domain=pyo.NonNegativeReals)
    m.threshold = pyo.Var(m.thresholds, domain=pyo.NonNegativeReals)
    hold(m, constraints.harm_of_path, m.paths)
    hold(m, constraints.excess_harm, m.paths, m.thresholds)
    minimise(m, tiers.harm_over_paths)


def _by_path(keys: pyo.Set) -> dict:
    return grouped((int(key[0].partition("|")[0]), key) for key in keys)


def _by_own(keys: pyo.Set) -> dict:
    """Keys of the paths by that of copy 0."""
    return grouped(((_on(0, key[0]), *key[1:]), key) for key in keys if not _of_plan(key[0]))


def _no_worse(m: pyo.ConcreteModel, instance: Instance, whole: Instance, number: int) -> None:
    """(9) on the expected path; on the drawn ones, their mean."""
    m.cells_first = members([cell for cell in m.cells if _of_plan(cell[0])], 2)
    m.on_paths = members_of(m.cells_first, _by_own(m.cells), 2)
    limits = crowding_limit(whole).reshape(number + 1, *instance.capacity.shape)[1:].sum(axis=0)
    place = {i: k for k, i in enumerate(whole.names.institutions)}
    resource = {r: k for k, r in enumerate(whole.names.resources)}
    m.usual_crowding = param(
        {
            (i, r, t): limits[place[i], resource[r], t - 1].item()
            for i, r in m.cells_first
            for t in m.days
        },
        3,
    )
    hold(m, constraints.no_worse, m.cells_first, m.days)
    hold(m, constraints.no_worse_over_paths, m.cells_first, m.days)


def _fairness(m: pyo.ConcreteModel, instance: Instance, whole: Instance, number: int) -> None:
    """(7) on sums over the drawn paths, of the zones and institutions of copy 0."""
    regions, sides = instance.names.regions, []
    for ids, region, weight, keys in (
        (whole.names.zones, instance.zone_region, harm_at_stake(whole), m.needs),
        (whole.names.institutions, instance.institution_region, crowd_capacity(whole), m.cells),
    ):
        mean = weight.reshape(number + 1, -1)[1:].sum(axis=0)
        own = grouped((_on(0, key[0]), key) for key in keys if not _of_plan(key[0]))
        sides.append(sharers_of(ids[: region.size], regions, region, mean, own))
    hold_fairness(m, instance.fairness, sides[0], sides[1], "unfairness_over_paths")


def _cost(m: pyo.ConcreteModel, instance: Instance, number: int, first: int) -> None:
    def share(one: str, t: int) -> float:
        if _of_plan(one):
            return float(t <= first)
        return float(t > first) / number

    m.cost_sent_share = param(
        {(*arc, t): m.cost_sent[arc] * share(arc[0], t) for arc in m.arcs for t in m.days}, 4
    )
    m.cost_moved_share = param(
        {(*move, t): m.cost_moved[move] * share(move[0], t) for move in m.moves for t in m.days}, 4
    )
    m.cost_surge_share = param(
        {
            (*cell, t): m.cost_surge[cell[1]] * share(cell[0], t)
            for cell in m.surges
            for t in m.days
        },
        3,
    )
    minimise(m, tiers.cost_over_paths)
