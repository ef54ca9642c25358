import os
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas import clean
from schemas.assumptions.allocation import AllocationAssumptions
from schemas.assumptions.planning import PlanningAssumptions
from schemas.assumptions.region import CareClassDefinition, Region, ResourceDefinition
from schemas.results.allocation import INPUTS
from schemas.table import check, conform, empty, name
from transforms.demand.balance import regional_balance, regional_demand
from transforms.inputs.allocation import planning_inputs
from transforms.supply import care, impute
from transforms.supply.supply import supply

NIGHT = date(2026, 2, 1)
FIRST = date(2026, 2, 2)
LIMITS = {"max_km": 500, "nearest": 2, "elsewhere_limit": 0.3, "cost_km": 3}
RULES = {"harm": 1, "occupancy_target": 0.9, "surge_share": 0.1}
REGION = Region.model_construct(
    timezone="UTC",
    classes=(
        CareClassDefinition(
            class_id="icu", name="x", harm_weight=9, mean_stay_days=4, uses={"icu_bed": 1}
        ),
        CareClassDefinition(
            class_id="ward", name="x", harm_weight=3, mean_stay_days=5, uses={"bed": 1}
        ),
    ),
    resources=tuple(
        ResourceDefinition(resource_id=r, name="x", category="environment", unit="bed")
        for r in ("bed", "icu_bed")
    ),
    planning=PlanningAssumptions(expect="recent_mean", demand_weeks=1, least_stays=1000),
    allocation=AllocationAssumptions(
        horizon_days=2,
        circuity=1,
        classes={"icu": LIMITS, "ward": LIMITS},
        resources={"bed": RULES, "icu_bed": RULES},
    ),
)


def cells(institution: str, bed: tuple[float, float], icu: tuple[float, float]) -> list[tuple]:
    return [
        (institution, "bed", NIGHT, 1, *bed),
        (institution, "icu_bed", NIGHT, 1, *icu),
    ]


def tables(encounters: list[tuple] | None = None) -> dict[str, pl.DataFrame]:
    """Two zones with a hospital each; the ward is known from its beds, perhaps icu from stays."""
    stay = {
        "institution_id": pl.String,
        "zone_id": pl.String,
        "admitted_at": pl.Datetime("us"),
        "discharged_at": pl.Datetime("us"),
    }
    stays = pl.DataFrame(encounters or [], orient="row", schema=stay)
    made = {
        "zone": conform(
            clean.Zone,
            pl.DataFrame(
                {
                    "zone_id": ["y", "z"],
                    "region_id": "R",
                    "latitude": 0.0,
                    "longitude": [0.0, 1.0],
                }
            ),
        ),
        "institution": conform(
            clean.Institution,
            pl.DataFrame(
                {
                    "institution_id": ["a", "b"],
                    "zone_id": ["y", "z"],
                    "region_id": "R",
                    "latitude": 0.0,
                    "longitude": [0.0, 1.0],
                }
            ),
        ),
        "capacity": conform(
            clean.Capacity,
            pl.DataFrame(
                cells("a", (20.0, 10.0), (8.0, 4.0)) + cells("b", (10.0, 15.0), (0.0, 0.0)),
                orient="row",
                schema=[
                    "institution_id",
                    "resource_id",
                    "date",
                    "period_days",
                    "in_service",
                    "in_use",
                ],
            ),
        ),
        "encounter": conform(
            clean.Encounter,
            stays.with_row_index("encounter_id").with_columns(
                patient_key=pl.lit("p"), class_id=pl.lit("icu")
            ),
        ),
        "resource": care.resource(REGION.resources),
        "care_class": care.care_class(REGION.classes, empty(clean.Activity)),
        "activity": empty(clean.Activity),
        "travel": empty(clean.Travel),
        "population": empty(clean.Population),
    }
    made["capacity_estimate"] = impute.capacity_estimate(made["capacity"], made["institution"])
    return made


def plan(made: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    return planning_inputs(made, REGION, NIGHT)


def at(days_ago: int) -> datetime:
    return datetime(2026, 2, 1, 12) - timedelta(days=days_ago)


def test_every_input_table_is_made_and_fits():
    found = plan(tables())
    assert set(found) == {name(table) for table in INPUTS}
    for table in INPUTS:
        check(table, found[name(table)])


def test_from_a_census_every_hospital_keeps_its_patients():
    """a: 4 in intensive care ÷ 4 days; b has none to offer, so its zone would go to a."""
    found = plan(tables())
    demand = found["allocation_demand"].filter(date=FIRST).select("zone_id", "class_id", "mean")
    assert demand.rows() == [
        ("y", "icu", 1.0),
        ("y", "ward", 2.0),
        ("z", "icu", 0.0),
        ("z", "ward", 3.0),
    ]
    arcs = (
        found["allocation_arc"].filter(class_id="icu").select("zone_id", "institution_id", "usual")
    )
    assert arcs.rows() == [("y", "a", 1.0), ("z", "a", 1.0)]
    census = found["allocation_census"].filter(date=FIRST)
    assert census.select("institution_id", "class_id", "patients").rows() == [
        ("a", "icu", pytest.approx(3.0)),
        ("a", "ward", pytest.approx(8.0)),
        ("b", "ward", pytest.approx(12.0)),
    ]


def test_in_the_steady_state_the_census_stays_what_it_is():
    """Those who stay and those who are expected make up today's patients, by class."""
    found = plan(tables())
    share = found["allocation_stay"].pivot(on="class_id", index="day", values="staying_share")
    days = found["allocation_demand"].group_by("class_id", "date").agg(pl.col("mean").sum())
    left = found["allocation_census"].group_by("class_id", "date").agg(pl.col("patients").sum())
    for class_id, patients in (("icu", 4.0), ("ward", 25.0)):
        new = days.filter(class_id=class_id).sort("date")["mean"]
        stay = share[class_id]
        rest = left.filter(class_id=class_id).sort("date")["patients"]
        assert rest[0] + new[0] == pytest.approx(patients)
        assert rest[1] + new[1] + stay[1] * new[0] == pytest.approx(patients)


STAYS = [
    ("a", "y", at(30), at(29)),
    ("a", "z", at(6), at(3)),
    ("b", "z", at(6), at(4)),
    ("a", "z", at(1), None),
    ("a", None, at(0), None),
]


def test_encounters_tell_who_comes_from_where_and_who_is_in():
    found = plan(tables(STAYS))
    icu = {"class_id": "icu"}
    monday = found["allocation_demand"].filter(date=FIRST, **icu)
    assert monday.select("zone_id", "mean").rows() == [("y", 0.0), ("z", 2.0)]
    usual = found["allocation_arc"].filter(**icu).select("zone_id", "institution_id", "usual")
    assert usual.rows() == [
        ("y", "a", 1.0),
        ("y", "b", 0.0),
        ("z", "a", pytest.approx(2 / 3)),
        ("z", "b", pytest.approx(1 / 3)),
    ]
    census = found["allocation_census"].filter(date=FIRST, **icu)
    assert census.select("institution_id", "patients").rows() == [("a", pytest.approx(1.5))]


def test_regional_demand_takes_each_class_from_its_best_source():
    made = tables(STAYS)
    demand = regional_demand(made, REGION, NIGHT)
    assert demand.group_by("class_id").agg(pl.col("demand_source").unique()).sort(
        "class_id"
    ).rows() == [
        ("icu", ["encounters"]),
        ("ward", ["in_use_over_mean_stay"]),
    ]
    assert demand.filter(class_id="icu")["date"].min() == date(2026, 1, 3)
    ward = demand.filter(class_id="ward").select("admissions_per_day", "patient_days_per_day")
    assert ward.rows() == [(5.0, 25.0)]


def test_regional_balance_sets_shortage_by_institution_beside_the_regions_ratio():
    made = tables(STAYS)
    units = supply(made["capacity_estimate"], made["institution"], made["population"], made["zone"])
    demand = regional_demand(made, REGION, NIGHT)
    found = regional_balance(made, units, demand, REGION, NIGHT)
    assert found.select(
        "resource_id", "supply", "demand_units", "ratio", "shortage", "surplus"
    ).rows() == [
        ("bed", 30.0, 25.0, 1.2, 5.0, 10.0),
        ("icu_bed", 8.0, 2.0, 4.0, 0.0, 6.0),
    ]


people = st.tuples(
    st.sampled_from("ab"),
    st.sampled_from(["y", "z", None]),
    st.integers(0, 40),
    st.none() | st.integers(0, 20),
).map(lambda p: (p[0], p[1], at(p[2]), None if p[3] is None else at(p[2] - p[3])))


@settings(max_examples=25)
@given(st.lists(people, max_size=25), st.randoms(use_true_random=False))
def test_row_order_does_not_matter_and_usual_sums_to_one(encounters, random):
    made = tables(encounters)
    found = plan(made)
    shuffled = {
        n: frame[random.sample(range(frame.height), frame.height)] if frame.height else frame
        for n, frame in made.items()
    }
    for n, frame in plan(shuffled).items():
        assert_frame_equal(frame, found[n], check_exact=True)
    sums = found["allocation_arc"].group_by("zone_id", "class_id").agg(pl.col("usual").sum())
    assert sums.height == found["allocation_demand"].select("zone_id", "class_id").n_unique()
    assert (sums["usual"] - 1).abs().max() < 1e-12


def test_a_country_gives_the_same_bytes_with_one_thread_and_two():
    def run(threads: str) -> str:
        script = Path(__file__).with_name("whole_country.py")
        env = {**os.environ, "POLARS_MAX_THREADS": threads}
        ran = subprocess.run([sys.executable, script], env=env, capture_output=True, check=True)
        return ran.stdout.decode().strip()

    alone = run("1")
    assert len(alone) == 64
    assert run("2") == alone
