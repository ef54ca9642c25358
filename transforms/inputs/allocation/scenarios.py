"""Drawn paths of demand to plan on, or to compare with planning on them."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from schemas.assumptions.allocation import AllocationAssumptions, Scenarios
from schemas.assumptions.region import Region
from schemas.results.allocation import AllocationScenario
from schemas.table import conform, empty
from transforms.inputs.allocation.foreseen import Start
from transforms.inputs.allocation.paths import drawn_demand

COMPARED = 20


def allocation_scenario(
    clean: Mapping[str, pl.DataFrame],
    region: Region,
    start: Start,
    demand: pl.DataFrame,
    night: date,
) -> pl.DataFrame:
    """Joint paths of the night's forecast; the same night draws the same paths.

    Args:
        clean: as for ``planning_inputs``, with regional.demand_forecast.
        region: the region's file.
        start: what is known.
        demand: allocation_demand: no path has patients where it expects none on any day.
        night: the night that is planned.

    Returns:
        results.allocation_scenario; without rows where nobody asks for paths, or no forecast is
        planned on.
    """
    count = paths_asked(region.allocation)
    if not count or region.planning.expect != "forecast":
        return empty(AllocationScenario)
    drawn = drawn_demand(clean, region, start, count, night.toordinal())
    some = demand.filter(pl.col("mean") > 0).select("zone_id", "class_id").unique()
    inside = drawn.join(some, on=["zone_id", "class_id"], how="semi")
    return conform(AllocationScenario, inside.join(demand.select("date").unique(), on="date"))


def paths_asked(allocation: AllocationAssumptions) -> int:
    """How many paths the plan, or the comparison of settings, wants."""
    if isinstance(allocation.demand, Scenarios):
        return allocation.demand.scenarios
    return COMPARED if allocation.compare_settings else 0
