"""What purchases avert: the allocation's first tier, solved again with their units in service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyomo.environ as pyo

from optimization.allocation.accounting import crowding_limit
from optimization.allocation.inputs import Instance
from optimization.allocation.inputs.read import read_instance
from optimization.allocation.model import build
from optimization.allocation.results.prices import can_move
from optimization.purchases.inputs import YEAR_DAYS, Request
from optimization.solver import SolveRecord, SolveSettings, first_tier_changes, solve_tiers
from schemas.assumptions.allocation import AllocationAssumptions

Units = dict[tuple[int, int], float]


@dataclass(frozen=True, eq=False)
class Confirmation:
    """The allocation as it is, ready to be solved again with more.

    The record names the model's rows as long as the model lives, so the model is kept here.
    """

    model: pyo.ConcreteModel
    instance: Instance
    record: SolveRecord
    settings: SolveSettings

    def averted(self, sets: Sequence[Sequence[Request]]) -> list[float]:
        """Harm averted by each set of requests on its own, points/year.

        Raises:
            SolverStopped: a second solve found nothing by the time limit.
        """
        changes = [more_units(self.instance, _units(self.instance, s)) for s in sets]
        found = first_tier_changes(self.record, changes, self.settings)
        return [round(max(0.0, -x) * YEAR_DAYS / self.instance.horizon, 6) for x in found]


def confirmation(
    tables: Mapping[str, pl.DataFrame],
    zones: pl.DataFrame,
    institutions: pl.DataFrame,
    assumptions: AllocationAssumptions,
    settings: SolveSettings,
) -> Confirmation:
    """Solve the allocation's first tier; arguments as for ``optimization.allocation.plan``."""
    instance = read_instance(tables, zones, institutions, assumptions)
    model = build(instance)
    record = solve_tiers(model, ["harm"], settings, dict(tables))
    return Confirmation(model, instance, record, settings)


def more_units(instance: Instance, units: Units) -> dict[str, Mapping]:
    """Changes of right sides that more units in service on every day make."""
    changes: dict[str, dict] = {}
    limits = crowding_limit(instance)
    for (i, r), more in units.items():
        cell = instance.names.institutions[i], instance.names.resources[r]
        room = float(instance.resources.occupancy[r]) * more
        less = -np.minimum(limits[i, r], room) if instance.no_worse else np.zeros(instance.horizon)
        for t in range(1, instance.horizon + 1):
            if can_move(instance, i, r):
                changes.setdefault("stock_follows", {})[*cell, t] = more
                kept = float(instance.resources.retain[r]) * more
                changes.setdefault("retention", {})[*cell, t] = kept
            else:
                changes.setdefault("capacity_holds", {})[*cell, t] = room
            if less[t - 1] < 0:
                changes.setdefault("no_worse", {})[*cell, t] = float(less[t - 1])
    return dict(changes)


def _units(instance: Instance, requests: Sequence[Request]) -> Units:
    units: Units = {}
    for request in requests:
        cell = (
            instance.names.institutions.index(request.institution),
            instance.names.resources.index(request.resource),
        )
        units[cell] = units.get(cell, 0.0) + request.units
    return units
