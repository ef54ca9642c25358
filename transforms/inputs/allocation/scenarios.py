"""Drawn paths of demand to plan on."""

from collections.abc import Mapping
from datetime import date

import polars as pl

from schemas.assumptions.allocation import Scenarios
from schemas.assumptions.region import Region
from schemas.results.allocation import AllocationScenario
from schemas.table import conform, empty
from transforms.inputs.allocation.foreseen import Start
from transforms.inputs.allocation.paths import drawn_demand


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
        results.allocation_scenario; without rows where the plan is not made on scenarios.
    """
    asked = region.allocation.demand
    if not isinstance(asked, Scenarios):
        return empty(AllocationScenario)
    drawn = drawn_demand(clean, region, start, asked.scenarios, night.toordinal())
    some = demand.filter(pl.col("mean") > 0).select("zone_id", "class_id").unique()
    inside = drawn.join(some, on=["zone_id", "class_id"], how="semi")
    return conform(AllocationScenario, inside.join(demand.select("date").unique(), on="date"))
