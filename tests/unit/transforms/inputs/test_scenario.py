from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.assumptions.scenario import Scenario
from schemas.errors import ConfigRefused
from transforms.inputs.scenario import arcs, capacity, changed, classes, demand, within_budget

DAY = date(2026, 2, 11)
ZONE = pl.DataFrame({"zone_id": ["Z1", "Z2"], "region_id": ["N", "S"]})
INSTITUTION = pl.DataFrame({"institution_id": ["A", "B"], "region_id": ["N", "S"]})
DEMAND = pl.DataFrame(
    [("Z1", "general", 10.0, 14.0), ("Z1", "icu", 2.0, 3.0), ("Z2", "icu", 4.0, 6.0)],
    schema=["zone_id", "class_id", "mean", "upper"],
    orient="row",
).with_columns(date=DAY)
CAPACITY = pl.DataFrame(
    [
        ("A", "bed", 50.0, 5.0),
        ("A", "nurse", 20.0, 0.0),
        ("B", "bed", 30.0, 3.0),
        ("B", "nurse", 10.0, 0.0),
    ],
    schema=["institution_id", "resource_id", "in_service", "surge_limit"],
    orient="row",
).with_columns(date=DAY)
RESOURCE = pl.DataFrame({"resource_id": ["bed", "nurse"], "cost_surge_day": [100.0, 0.0]})
ARC = pl.DataFrame(
    [
        ("Z1", "A", "icu", 1.0, 0.5),
        ("Z1", "B", "icu", 9.0, 0.3),
        ("Z1", "C", "icu", 20.0, 0.2),
        ("Z2", "A", "icu", 8.0, 1.0),
        ("Z2", "B", "icu", 2.0, 0.0),
        ("Z2", "C", "icu", 3.0, 0.0),
    ],
    schema=["zone_id", "institution_id", "class_id", "km", "usual"],
    orient="row",
)
CLASS = pl.DataFrame({"class_id": ["general", "icu"], "elsewhere_limit": [0.2, 0.1]})
PATHS = DEMAND.filter(pl.col("mean") > 0).select(
    "zone_id", "class_id", "date", path=pl.lit(1), demand_patients="mean"
)
TABLES = {
    "zone": ZONE,
    "institution": INSTITUTION,
    "allocation_demand": DEMAND,
    "allocation_scenario": PATHS,
    "allocation_capacity": CAPACITY,
    "allocation_resource": RESOURCE,
    "allocation_arc": ARC,
    "allocation_class": CLASS,
}


def asked(**keys) -> Scenario:
    return Scenario.model_validate({"name": "test", **keys})


def service(frame: pl.DataFrame) -> list[tuple[float, float]]:
    return frame.select("in_service", "surge_limit").rows()


def test_a_scenario_that_says_nothing_changes_nothing():
    made = changed(TABLES, asked())
    assert all(made[name].equals(frame) for name, frame in TABLES.items())


def test_factors_multiply_where_class_and_region_match():
    made = demand(
        TABLES,
        asked(
            demand_factor=[
                {"factor": 1.5, "class_id": "icu"},
                {"factor": 2, "region_id": "S"},
                {"factor": 0.5, "zone_id": "Z1", "class_id": "general"},
            ]
        ),
    )
    assert made.select("mean", "upper").rows() == [(5.0, 7.0), (3.0, 4.5), (12.0, 18.0)]


def test_amounts_are_rounded_to_six_decimals():
    made = demand(TABLES, asked(demand_factor=[{"factor": 1 / 3}]))
    assert made.select("mean", "upper").row(0) == (3.333333, 4.666667)
    closed = [{"institution_id": "B", "resource_id": "bed", "share": 1 / 3}]
    assert service(capacity(TABLES, asked(closed=closed)))[2] == (20.0, 2.0)
    lost = [{"resource_id": "bed", "share": 1 / 3}]
    assert service(capacity(TABLES, asked(staff_lost=lost)))[0] == (33.333333, 5.0)


def test_a_budget_cuts_what_is_priced_and_never_up():
    """800 are needed; a third of that leaves 5/3 and 1, of which the sixth decimal is cut."""
    free = CAPACITY.with_columns(
        surge_limit=pl.when(resource_id="nurse").then(4.0).otherwise("surge_limit")
    )
    cut = within_budget(free, RESOURCE, 800 / 3)
    assert cut["surge_limit"].to_list() == [1.666666, 4.0, 1.0, 4.0]
    nothing = within_budget(free, RESOURCE.with_columns(cost_surge_day=0.0), 0)
    assert nothing["surge_limit"].to_list() == free["surge_limit"].to_list()


def test_closing_takes_beds_and_surge_of_one_institution():
    made = capacity(
        TABLES, asked(closed=[{"institution_id": "A", "resource_id": "bed", "share": 0.4}])
    )
    assert service(made) == [(30.0, 3.0), (20.0, 0.0), (30.0, 3.0), (10.0, 0.0)]


def test_staff_is_lost_in_one_region_or_in_all():
    lost = {"resource_id": "nurse", "share": 0.25}
    everywhere = capacity(TABLES, asked(staff_lost=[lost]))
    assert service(everywhere) == [(50.0, 5.0), (15.0, 0.0), (30.0, 3.0), (7.5, 0.0)]
    south = capacity(TABLES, asked(staff_lost=[{**lost, "region_id": "S"}]))
    assert service(south) == [(50.0, 5.0), (20.0, 0.0), (30.0, 3.0), (7.5, 0.0)]


def test_surge_follows_what_is_left_in_service():
    made = capacity(
        TABLES,
        asked(
            closed=[{"institution_id": "A", "resource_id": "bed", "share": 0.5}],
            surge_share={"bed": 0.2},
        ),
    )
    assert service(made) == [(25.0, 5.0), (20.0, 0.0), (30.0, 6.0), (10.0, 0.0)]


def test_a_surge_budget_cuts_every_limit_alike():
    made = capacity(TABLES, asked(surge_budget=400))
    assert service(made) == [(50.0, 2.5), (20.0, 0.0), (30.0, 1.5), (10.0, 0.0)]


def test_a_surge_budget_that_suffices_changes_nothing():
    assert capacity(TABLES, asked(surge_budget=800)).equals(CAPACITY)


@given(st.floats(0, 2000), st.lists(st.floats(0, 50), min_size=4, max_size=4))
def test_opening_every_surge_unit_never_costs_more_than_the_budget(budget, limits):
    frame = CAPACITY.with_columns(surge_limit=pl.Series([round(x, 6) for x in limits]))
    cut = within_budget(frame, RESOURCE, budget)
    beds = cut.filter(resource_id="bed")["surge_limit"]
    assert sum(beds) * 100 <= budget + 1e-3
    assert (cut["surge_limit"] <= frame["surge_limit"]).all()


def test_patients_of_a_closed_institution_go_where_others_go_else_to_the_nearest():
    made = arcs(ARC, asked(closed=[{"institution_id": "A"}]))
    rows = made.select("zone_id", "institution_id", "usual").rows()
    assert rows == [
        ("Z1", "B", pytest.approx(0.6)),
        ("Z1", "C", pytest.approx(0.4)),
        ("Z2", "B", 1.0),
        ("Z2", "C", 0.0),
    ]


def test_an_institution_closed_in_part_still_admits():
    assert arcs(ARC, asked(closed=[{"institution_id": "A", "share": 0.9}])).equals(ARC)
    one = asked(closed=[{"institution_id": "A", "resource_id": "bed"}])
    assert arcs(ARC, one).equals(ARC)


def test_a_zone_that_could_reach_nobody_is_refused_with_what_to_do():
    closed = [{"institution_id": i} for i in "ABC"]
    with pytest.raises(ConfigRefused, match="closed: 2 zones and classes can reach no other"):
        arcs(ARC, asked(closed=closed))


def test_the_limit_on_sending_changes_for_the_class_named():
    assert classes(CLASS, asked(elsewhere_limit={"icu": 0.4}))["elsewhere_limit"].to_list() == [
        0.2,
        0.4,
    ]


def test_drawn_paths_grow_with_the_demand_and_end_where_it_does():
    made = changed(TABLES, asked(demand_factor=[{"factor": 1.5}]))["allocation_scenario"]
    assert made["demand_patients"].to_list() == (PATHS["demand_patients"] * 1.5).to_list()
    none = changed(TABLES, asked(demand_factor=[{"factor": 0}]))["allocation_scenario"]
    assert none.is_empty()
