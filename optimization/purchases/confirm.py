"""What purchases avert: the allocation's first tier, solved again with their units in service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import polars as pl

from optimization.allocation.inputs import Instance
from optimization.allocation.inputs.read import read_instance
from optimization.allocation.model import build
from optimization.allocation.results.prices import more_units
from optimization.purchases.inputs import YEAR_DAYS, Request
from optimization.solver import SolveRecord, SolveSettings, first_tier_changes, solve_tiers
from schemas.assumptions.allocation import AllocationAssumptions


@dataclass(frozen=True, eq=False)
class Confirmation:
    """The allocation as it is, ready to be solved again with more."""

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
    begin = replace(settings, look_ahead=True)
    record = solve_tiers(build(instance), ["harm"], begin, dict(tables))
    return Confirmation(instance, record, settings)


def _units(instance: Instance, requests: Sequence[Request]) -> dict[tuple[int, int], float]:
    units: dict[tuple[int, int], float] = {}
    for request in requests:
        cell = (
            instance.names.institutions.index(request.institution),
            instance.names.resources.index(request.resource),
        )
        units[cell] = units.get(cell, 0.0) + request.units
    return units
