"""Whether a plan came true: what it did with what came, and what hindsight could have done.

The kept inputs of the plan, with the patients, the census and the units of the reports in place
of those expected, are the instance that came. On it, by the accounting (1) to (6):

- ``usual``: everyone went where usual;
- ``realised``: the plan carried out on paper (``paper``), or, where the region carries plans out,
  what was reported;
- ``hindsight``: the optimum of the same model. Nowhere need it be less crowded than as usual or
  than the plan made it, so that a plan on paper is one of its choices: regret is never below 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from optimization.allocation.accounting import PolicyOutcome, as_usual
from optimization.allocation.inputs import Instance
from optimization.allocation.inputs.read import amounts_on_arcs, by_day, read_instance
from optimization.allocation.outcome.paper import on_paper, planned_shifts
from optimization.allocation.solve import solve
from optimization.solver import SolveSettings
from schemas.assumptions.allocation import AllocationAssumptions
from schemas.results.allocation import (
    INPUTS,
    AllocationAnnounced,
    AllocationAnnouncedDay,
    flows,
)
from schemas.table import conform, name

Tables = Mapping[str, pl.DataFrame]
Places = tuple[pl.DataFrame, pl.DataFrame]
REPLACED = ("allocation_demand", "allocation_capacity", "allocation_census")


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """What came, and what each way of deciding did with it.

    ``bound`` is proved of hindsight; ``reported``: is what was realised what was reported?
    """

    came: Instance
    usual: PolicyOutcome
    realised: PolicyOutcome
    hindsight: PolicyOutcome
    bound: float
    reported: bool


def came_true(
    plan: Tables,
    came: Tables,
    places: Places,
    assumptions: AllocationAssumptions,
    settings: SolveSettings,
) -> Truth:
    """Follow a kept plan through what came, and solve the model again for what came.

    Args:
        plan: the plan's kept tables by name.
        came: from ``transforms.inputs.allocation.came``.
        places: zone and institution, each with its region_id, as the plan had them.
        assumptions: of the region.
        settings: of the solve.

    Raises:
        SolverStopped: hindsight was not found by the time limit.
    """
    instance = instance_that_came(plan, came, places, assumptions)
    usual = as_usual(instance)
    realised = (
        reported(instance, came)
        if assumptions.carried_out
        else on_paper(instance, planned_shifts(instance, plan))
    )
    free = replace(instance, fairness="none", crowding_floor=realised.crowding)
    best = solve(free, settings, {**plan, **came}, tiers=["harm"])
    (tier,) = best.record.tiers
    bound = -np.inf if tier.bound is None else tier.bound
    return Truth(instance, usual, realised, best.plan, bound, assumptions.carried_out)


def instance_that_came(
    plan: Tables, came: Tables, places: Places, assumptions: AllocationAssumptions
) -> Instance:
    """The plan's instance with what came in place of what was expected.

    ``announced`` holds what the plan sends and moves; ``arcs.usual`` is by arc and day.
    """
    days = came["allocation_demand"].select("date").unique()
    tables = {
        **{table: plan[table] for table in map(name, INPUTS)},
        **{table: came[table] for table in REPLACED},
        "allocation_announced_day": conform(
            AllocationAnnouncedDay, days.with_columns(announced_on="date")
        ),
        "allocation_announced": conform(
            AllocationAnnounced, flows(plan).rename({"amount": "announced"})
        ),
    }
    believed = assumptions.model_copy(update={"demand": "mean"})
    instance = read_instance(tables, *places, believed)
    went = amounts_on_arcs(instance, came["usual"], "patients")
    everyone = instance.demand[instance.arcs.zone, instance.arcs.care]
    usual = np.divide(went, everyone, out=np.zeros_like(went), where=everyone > 0)
    return replace(instance, arcs=replace(instance.arcs, usual=usual))


def reported(instance: Instance, came: Tables) -> PolicyOutcome:
    """What the reports say happened; whom nobody admitted they do not tell."""
    patients = by_day(came["patients"], "patients", instance.names)
    stock = by_day(came["in_service"], "in_service", instance.names)
    use = np.einsum("ict,cr->irt", patients, instance.use)
    occupancy = instance.resources.occupancy[None, :, None]
    nobody, nothing = np.zeros_like(instance.expected), np.zeros_like(stock)
    return PolicyOutcome(
        admit=nobody,
        elsewhere=nobody,
        unmet=np.zeros_like(instance.demand),
        move=np.zeros((instance.moves.km.size, instance.horizon)),
        census=patients,
        use=use,
        stock=stock,
        surge=nothing,
        crowding=np.maximum(use - occupancy * stock, 0.0),
    )
