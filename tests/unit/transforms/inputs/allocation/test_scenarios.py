"""Which nights draw paths, and how a what-if changes them."""

from datetime import date
from unittest import mock

import polars as pl

from schemas.assumptions.allocation import AllocationAssumptions, Scenarios
from schemas.assumptions.region import Region
from transforms.inputs.allocation import scenarios
from transforms.inputs.allocation.scenarios import allocation_scenario

NIGHT = date(2026, 2, 10)
DEMAND = pl.DataFrame(
    [("Z1", "icu", NIGHT, 2.0), ("Z2", "icu", NIGHT, 0.0)],
    ["zone_id", "class_id", "date", "mean"],
    orient="row",
)
DRAWN = pl.DataFrame(
    [(1, "Z1", "icu", NIGHT, 1.5), (2, "Z1", "icu", NIGHT, 2.5), (2, "Z2", "icu", NIGHT, 0.1)],
    ["path", "zone_id", "class_id", "date", "demand_patients"],
    orient="row",
)


def paths_of(**settings):
    allocation = AllocationAssumptions(classes={}, resources={}, **settings)
    region = Region.model_construct(allocation=allocation)
    with mock.patch.object(scenarios, "drawn_demand", return_value=DRAWN) as drawn:
        made = allocation_scenario({}, region, None, DEMAND, NIGHT)
    return made, drawn


def test_as_many_paths_are_drawn_as_are_asked_for_and_the_same_each_time():
    made, drawn = paths_of(demand=Scenarios(scenarios=7))
    assert drawn.call_args.args[3:] == (7, NIGHT.toordinal())
    assert made["demand_patients"].to_list() == [1.5, 2.5]  # nobody is ever expected in Z2


def test_no_path_is_drawn_where_the_plan_is_not_made_on_scenarios():
    made, drawn = paths_of(demand="upper", compare_settings=True)
    assert made.is_empty()
    drawn.assert_not_called()
