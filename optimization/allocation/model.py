"""The Pyomo model: sets and parameters of an ``Instance``, variables, tiers.

The formulation with its symbols stands in ``optimization.allocation``; each constraint is a
function in ``constraints``, each tier one in ``tiers``.
"""

from collections.abc import Iterable, Sequence
from itertools import product
from typing import Any

import numpy as np
import pyomo.environ as pyo

from optimization.allocation import constraints, tiers
from optimization.allocation.accounting import STEPS, crowding_limit
from optimization.allocation.fairness import hold_fairness, pairs, sharers
from optimization.allocation.inputs import Instance
from optimization.solver import templatized
from optimization.solver.matrix import grouped, hold, members, members_of, param_over


def build(instance: Instance) -> pyo.ConcreteModel:
    """Assemble the model with the objectives ``harm``, ``unfairness`` and ``cost``."""
    model = pyo.ConcreteModel(name="allocation")
    with templatized():
        _sets(model, instance)
        _parameters(model, instance)
        _variables(model, instance)
        _constraints(model, instance)
        if instance.fairness != "none":
            hold_fairness(model, instance.fairness, *sharers(instance))
        model.harm = pyo.Objective(rule=tiers.harm)
        model.cost = pyo.Objective(rule=tiers.cost)
    return model


def tier_names(instance: Instance) -> list[str]:
    """The tiers in order; fairness ``none`` drops the second."""
    return ["harm", "cost"] if instance.fairness == "none" else ["harm", "unfairness", "cost"]


def surges(instance: Instance) -> np.ndarray:
    """Can any surge be opened there? institution x resource."""
    return instance.cells & np.asarray((instance.surge_limit > 0).any(axis=2))


def _sets(m: pyo.ConcreteModel, instance: Instance) -> None:
    names, arcs = instance.names, instance.arcs
    zone, institution, care = (
        _named(names.zones, arcs.zone),
        _named(names.institutions, arcs.institution),
        _named(names.classes, arcs.care),
    )
    m.days = pyo.RangeSet(instance.horizon)
    m.until = pyo.Set(m.days, initialize={t: range(1, t + 1) for t in m.days})
    m.arcs = members(zip(zone, institution, care, strict=True), 3)
    m.needs = members(pairs(instance.served, names.zones, names.classes), 2)
    m.wards = members(pairs(instance.wards, names.institutions, names.classes), 2)
    m.reach = members_of(m.needs, _by_pair(zone, care, institution))
    m.sources = members_of(m.wards, _by_pair(institution, care, zone))
    m.cells = members(pairs(instance.cells, names.institutions, names.resources), 2)
    users = {
        (i, r): [c for c, w, u in zip(names.classes, ward, used, strict=True) if w and u > 0]
        for i, ward in zip(names.institutions, instance.wards, strict=True)
        for r, used in zip(names.resources, instance.use.T, strict=True)
    }
    m.users = members_of(m.cells, users)
    m.surges = members(pairs(surges(instance), names.institutions, names.resources), 2)
    m.opening = members_of(m.cells, {cell: [cell] for cell in m.surges}, 2)
    _move_sets(m, instance)
    m.regions = pyo.Set(initialize=names.regions)
    m.steps = pyo.Set(initialize=STEPS)
    _announced_sets(m, instance)
    _level_sets(m, instance)


def _level_sets(m: pyo.ConcreteModel, instance: Instance) -> None:
    """Levels of the load, where the plan is made on them, and how far each lies from the mean."""
    names, margin = instance.names, instance.margin
    m.on_levels = margin is not None
    if margin is None:
        return
    number = margin.shape[3]
    m.levels = pyo.RangeSet(number)
    m.of_level = _dense(np.full(number, 1.0 / number), list(m.levels))
    m.margin = _dense(margin, names.institutions, names.resources, list(m.days), list(m.levels))
    m.excess = pyo.Var(m.cells, m.days, domain=pyo.Reals)
    m.crowding_of = pyo.Var(m.cells, m.days, m.levels, domain=pyo.NonNegativeReals)


def _move_sets(m: pyo.ConcreteModel, instance: Instance) -> None:
    names, moves = instance.names, instance.moves
    giver = _named(names.institutions, moves.giver)
    taker = _named(names.institutions, moves.taker)
    resource = _named(names.resources, moves.resource)
    m.moves = members(zip(giver, taker, resource, strict=True), 3)
    ends = sorted({*zip(giver, resource, strict=True), *zip(taker, resource, strict=True)})
    m.kept = members(ends, 2)
    m.takers = members_of(m.kept, _by_pair(giver, resource, taker))
    m.givers = members_of(m.kept, _by_pair(taker, resource, giver))
    m.moving = members_of(m.cells, {cell: [cell] for cell in m.kept}, 2)
    lead = dict(zip(names.resources, instance.resources.lead.tolist(), strict=True))
    arrived = {(r, t): range(1, t - lead[r] + 1) for r in names.resources for t in m.days}
    m.arrived = pyo.Set(list(arrived), initialize=arrived)
    m.resources = pyo.Set(initialize=names.resources)
    least = instance.resources.least_move + instance.resources.cost_move
    counted = dict(zip(names.resources, (least > 0).tolist(), strict=True))
    m.counted = members([arc for arc in m.moves if counted[arc[2]]], 3)


def _announced_sets(m: pyo.ConcreteModel, instance: Instance) -> None:
    """Where something was announced and a change has a price."""
    sent, moved = _priced(instance)
    prices = np.concatenate([instance.classes.cost_change, instance.resources.cost_change])
    m.priced = bool(instance.announced.days.any() and prices.any())
    m.sent_announced = members(_days_of(list(m.arcs), sent), 4)
    m.moved_announced = members(_days_of(list(m.moves), moved), 4)


def _priced(instance: Instance) -> tuple[np.ndarray, np.ndarray]:
    """Announced patients by arc and day, and units by move arc and day, whose change is priced."""
    announced = instance.announced
    by_arc = instance.classes.cost_change[instance.arcs.care] > 0
    by_move = instance.resources.cost_change[instance.moves.resource] > 0
    return announced.sent * by_arc[:, None], announced.moved * by_move[:, None]


def _days_of(arcs: Sequence[tuple], amounts: np.ndarray) -> list[tuple]:
    return [(*arcs[a], t + 1) for a, t in np.argwhere(amounts > 0).tolist()]


def _parameters(m: pyo.ConcreteModel, instance: Instance) -> None:
    names, days = instance.names, list(m.days)
    zones, institutions = names.zones, names.institutions
    classes, resources = names.classes, names.resources
    flat = instance.expected.ravel().tolist()
    m.expected = param_over([m.arcs, m.days], _keyed(m.arcs, days, flat))
    m.demand = _dense(instance.demand, zones, classes, days)
    m.initial = _dense(instance.initial, institutions, classes, days)
    m.stay = _dense(instance.stay, classes, range(len(days)))
    m.use = _dense(instance.use, classes, resources)
    m.capacity = _dense(instance.capacity, institutions, resources, days)
    m.stays = _dense(_where_nothing_moves(instance), institutions, resources, days)
    m.surge_limit = _dense(instance.surge_limit, institutions, resources, days)
    m.reserve = _dense(instance.reserve, institutions, resources, days)
    m.keep = _dense(instance.keep, institutions, resources)
    m.occupancy = _dense(instance.resources.occupancy, resources)
    m.limit = _dense(instance.classes.limit, classes)
    m.crowding_limit = _dense(crowding_limit(instance), institutions, resources, days)
    m.harm_unmet = _dense(instance.harm_unmet, classes, days)
    m.harm_crowding = _dense(instance.resources.harm, resources)
    cost_km = (instance.classes.cost_km[instance.arcs.care] * instance.arcs.km).tolist()
    m.cost_sent = param_over([m.arcs], dict(zip(m.arcs, cost_km, strict=True)))
    moved = instance.resources.cost_unit_km[instance.moves.resource] * instance.moves.km
    m.cost_moved = param_over([m.moves], dict(zip(m.moves, moved.tolist(), strict=True)))
    m.cost_surge = _dense(instance.resources.cost_surge, resources)
    m.cost_move = _dense(instance.resources.cost_move, resources)
    priced = instance.announced.days.astype(float)
    m.change_sent = _dense(np.outer(instance.classes.cost_change, priced), classes, days)
    m.change_moved = _dense(np.outer(instance.resources.cost_change, priced), resources, days)
    sent, moved = _priced(instance)
    m.announced_patients = param_over([m.sent_announced], _above_zero(m.sent_announced, sent))
    m.announced_units = param_over([m.moved_announced], _above_zero(m.moved_announced, moved))
    m.least_move = _dense(instance.resources.least_move, resources)
    m.largest_move = _dense(instance.capacity.max(axis=2), institutions, resources)


def _where_nothing_moves(instance: Instance) -> np.ndarray:
    units = instance.capacity.copy()
    for end in (instance.moves.giver, instance.moves.taker):
        units[end, instance.moves.resource] = 0.0
    return units


def _variables(m: pyo.ConcreteModel, instance: Instance) -> None:
    positive = pyo.NonNegativeReals
    m.admit = pyo.Var(m.arcs, m.days, domain=positive)
    m.elsewhere = pyo.Var(m.arcs, m.days, domain=positive)
    m.unmet = pyo.Var(m.needs, m.days, domain=positive)
    m.arriving = pyo.Var(m.wards, m.days, domain=positive)
    m.census = pyo.Var(m.wards, m.days, domain=positive)
    m.stock = pyo.Var(m.kept, m.days, domain=positive)
    m.surge = pyo.Var(m.surges, m.days, domain=positive)
    m.crowding = pyo.Var(m.cells, m.days, domain=positive)
    whole = dict(zip(instance.names.resources, instance.resources.whole.tolist(), strict=True))
    m.move = pyo.Var(m.moves, m.days, domain=positive)
    for index, move in m.move.items():
        if whole[index[2]]:
            move.domain = pyo.NonNegativeIntegers
    m.moved = pyo.Var(m.counted, m.days, domain=pyo.Binary)
    m.added = pyo.Var(m.sent_announced, domain=positive)
    m.withdrawn = pyo.Var(m.sent_announced, domain=positive)
    m.moved_more = pyo.Var(m.moved_announced, domain=positive)
    m.moved_less = pyo.Var(m.moved_announced, domain=positive)
    m.worst = pyo.Var(m.regions, domain=positive)
    m.crowded = pyo.Var(m.regions, domain=positive)


def _constraints(m: pyo.ConcreteModel, instance: Instance) -> None:
    hold(m, constraints.demand_is_met, m.needs, m.days)
    hold(m, constraints.arrivals, m.wards, m.days)
    hold(m, constraints.census_follows, m.wards, m.days)
    hold(m, constraints.capacity_holds, m.cells, m.days)
    hold(m, constraints.stock_follows, m.kept, m.days)
    hold(m, constraints.retention, m.kept, m.days)
    hold(m, constraints.surge_holds, m.surges, m.days)
    hold(m, constraints.choice, m.arcs, m.days)
    hold(m, constraints.choice_limit, m.needs, m.days)
    hold(m, constraints.largest_moves, m.counted, m.days)
    hold(m, constraints.least_moves, m.counted, m.days)
    hold(m, constraints.sent_beyond_announced, m.sent_announced)
    hold(m, constraints.sent_short_of_announced, m.sent_announced)
    hold(m, constraints.moved_beyond_announced, m.moved_announced)
    hold(m, constraints.moved_short_of_announced, m.moved_announced)
    if m.on_levels:
        hold(m, constraints.crowding_of_level, m.cells, m.days, m.levels)
        hold(m, constraints.mean_crowding, m.cells, m.days)
    if instance.no_worse:
        hold(m, constraints.no_worse, m.cells, m.days)


def _above_zero(index: pyo.Set, amounts: np.ndarray) -> dict[Any, float]:
    """The amounts above 0, in the order of ``index``."""
    return dict(zip(index, amounts[amounts > 0].tolist(), strict=True))


def _named(ids: Sequence[str], positions: np.ndarray) -> list[str]:
    return [ids[k] for k in positions.tolist()]


def _by_pair(first: Sequence[str], second: Sequence[str], values: Sequence[str]) -> dict:
    return grouped(zip(zip(first, second, strict=True), values, strict=True))


def _keyed(tuples: Iterable[tuple], days: Sequence[int], values: Sequence[float]) -> dict:
    return dict(zip(((*key, t) for key in tuples for t in days), values, strict=True))


def _dense(values: np.ndarray, *axes: Sequence[Any]) -> pyo.Param:
    """A parameter over the product of ``axes``."""
    return param_over(axes, dict(zip(product(*axes), values.ravel().tolist(), strict=True)))
