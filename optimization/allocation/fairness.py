"""Tier 2: what is fair to zones and institutions, each by the harm that is counted as its own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyomo.environ as pyo

from optimization.allocation import constraints, tiers
from optimization.allocation.accounting import crowd_capacity, harm_at_stake, part_of_region
from optimization.allocation.inputs import Instance
from optimization.solver.matrix import grouped, hold, members, members_of, param

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Sharers:
    """Zones or institutions: region and id of those that weigh anything, what each weighs
    [points], its part of its region's weight [share], and the pairs of zone and class, or
    institution and resource, whose harm is its own.
    """

    placed: Pairs
    weight: Mapping[str, float]
    part: Mapping[str, float]
    own: Mapping[str, Pairs]


def sharers(instance: Instance) -> tuple[Sharers, Sharers]:
    """Zones and institutions of ``instance``."""
    names = instance.names
    needs = _by_first(pairs(instance.served, names.zones, names.classes))
    cells = _by_first(pairs(instance.cells, names.institutions, names.resources))
    return (
        sharers_of(
            names.zones, names.regions, instance.zone_region, harm_at_stake(instance), needs
        ),
        sharers_of(
            names.institutions,
            names.regions,
            instance.institution_region,
            crowd_capacity(instance),
            cells,
        ),
    )


def sharers_of(
    ids: Sequence[str],
    regions: Sequence[str],
    region: np.ndarray,
    weight: np.ndarray,
    own: Mapping[str, Pairs],
) -> Sharers:
    """Those of ``ids``, each in its ``region`` by position, whose ``weight`` is not 0."""
    weighed = zip(ids, region.tolist(), weight.tolist(), strict=True)
    part = part_of_region(weight, region).tolist()
    return Sharers(
        placed=[(regions[k], one) for one, k, points in weighed if points > 0],
        weight=dict(zip(ids, weight.tolist(), strict=True)),
        part=dict(zip(ids, part, strict=True)),
        own=own,
    )


def _by_first(keys: Pairs) -> dict[str, list[tuple[str, str]]]:
    return grouped((key[0], key) for key in keys)


def pairs(mask: np.ndarray, first: Sequence[str], second: Sequence[str]) -> list[tuple[str, str]]:
    """Ids of the places of ``mask`` that are true."""
    return [(first[a], second[b]) for a, b in np.argwhere(mask).tolist()]


def hold_fairness(
    m: pyo.ConcreteModel,
    rule: str,
    zones: Sharers,
    institutions: Sharers,
    name: str = "unfairness",
) -> None:
    """Add (7) and its objective ``name``; ``rule`` is worst_share or graduated."""
    m.harmed, m.crowds = members(zones.placed, 2), members(institutions.placed, 2)
    m.at_stake, m.crowd_capacity = param(zones.weight), param(institutions.weight)
    m.sharing_zones, m.sharing_institutions = members(zones.weight), members(institutions.weight)
    m.needs_of = members_of(m.sharing_zones, zones.own, 2)
    m.cells_of = members_of(m.sharing_institutions, institutions.own, 2)
    hold(m, constraints.fair_to_zones, m.harmed)
    hold(m, constraints.fair_to_institutions, m.crowds)
    if rule == "worst_share":
        m.add_component(name, pyo.Objective(rule=tiers.unfairness))
        return
    m.part_of_zone, m.part_of_institution = param(zones.part), param(institutions.part)
    m.zone_above = pyo.Var(m.harmed, m.steps, domain=pyo.NonNegativeReals)
    m.institution_above = pyo.Var(m.crowds, m.steps, domain=pyo.NonNegativeReals)
    hold(m, constraints.steps_of_zones, m.harmed, m.steps)
    hold(m, constraints.steps_of_institutions, m.crowds, m.steps)
    m.add_component(name, pyo.Objective(rule=tiers.graduated_unfairness))
