from datetime import date, datetime

import polars as pl
import pytest

from schemas import clean
from schemas.assumptions.planning import PlanningAssumptions
from schemas.assumptions.region import CareClassDefinition, Region, ResourceDefinition
from schemas.regional import Balance, Demand
from schemas.table import check, conform, empty
from transforms.demand.balance import regional_balance, regional_demand
from transforms.supply import care, impute
from transforms.supply.supply import supply

NEWEST = date(2026, 1, 10)


def care_of(class_id: str, bed: str) -> CareClassDefinition:
    return CareClassDefinition(
        class_id=class_id, name="x", harm_weight=1, mean_stay_days=5, uses={bed: 1}
    )


REGION = Region.model_construct(
    timezone="Europe/Vienna",
    classes=(care_of("icu", "icu_bed"), care_of("ward", "bed")),
    planning=PlanningAssumptions(history_days=3),
)
BEDS = tuple(
    ResourceDefinition(resource_id=r, name="x", category="environment", unit="bed")
    for r in ("bed", "icu_bed")
)


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    """Two regions with a hospital each: the ward is known from its beds, icu from encounters.

    The first discharge is on the 9th. Who comes at 23:30 UTC on the 9th comes on the 10th.
    """
    zones = pl.DataFrame({"zone_id": ["z1", "z2"], "region_id": ["R", "S"]})
    places = zones.with_columns(institution_id=pl.Series(["a", "b"]))
    cells = pl.DataFrame(
        [("a", "icu_bed", 4.0, 3.0), ("a", "bed", 10.0, 6.0), ("b", "bed", 5.0, 7.0)],
        schema=["institution_id", "resource_id", "in_service", "in_use"],
        orient="row",
    )
    stays = pl.DataFrame(
        [
            ("z1", datetime(2026, 1, 7, 12), datetime(2026, 1, 9, 12)),
            ("z1", datetime(2026, 1, 8, 12), datetime(2026, 1, 12, 12)),
            ("z2", datetime(2026, 1, 9, 23, 30), None),
        ],
        schema=["zone_id", "admitted_at", "discharged_at"],
        orient="row",
    )
    everyone = {
        "patient_key": pl.lit("p"),
        "institution_id": pl.lit("a"),
        "class_id": pl.lit("icu"),
    }
    people = {"zone_id": ["z1"], "year": 2025, "age_band": "all", "sex": "all", "persons": 48_000.0}
    made = {
        "zone": conform(clean.Zone, zones),
        "institution": conform(clean.Institution, places),
        "capacity": conform(clean.Capacity, cells.with_columns(date=NEWEST, period_days=1)),
        "encounter": conform(
            clean.Encounter, stays.with_row_index("encounter_id").with_columns(**everyone)
        ),
        "resource": care.resource(BEDS),
        "care_class": care.care_class(REGION.classes, empty(clean.Activity)),
        "activity": empty(clean.Activity),
        "population": conform(clean.Population, pl.DataFrame(people)),
    }
    made["capacity_estimate"] = impute.capacity_estimate(made["capacity"], made["institution"])
    return made


def demanded(tables: dict[str, pl.DataFrame], night: int) -> list[tuple]:
    found = check(Demand, regional_demand(tables, REGION, date(2026, 1, night)))
    days = found.with_columns(pl.col("date").dt.day())
    return days.select(
        "region_id", "class_id", "date", "admissions_per_day", "patient_days_per_day"
    ).rows()


SHOWN = [("R", "ward", 10, 1.2, 6.0), ("S", "ward", 10, 1.4, 7.0)]


def test_demand_runs_from_the_first_discharge_to_the_newest_capacity(tables):
    assert demanded(tables, night=12) == [
        ("R", "icu", 9, 0.0, 1.0),
        ("R", "icu", 10, 0.0, 1.0),
        SHOWN[0],
        ("S", "icu", 9, 0.0, 0.0),
        ("S", "icu", 10, 1.0, 1.0),
        SHOWN[1],
    ]


def test_demand_runs_to_the_night_where_capacity_is_newer(tables):
    assert demanded(tables, night=9) == [("R", "icu", 9, 0.0, 1.0), *SHOWN]


def test_demand_covers_the_last_days_of_the_history_wanted(tables):
    """Of a record from the 9th on, the last two days of the 11th are left."""
    one = REGION.model_copy(update={"planning": PlanningAssumptions(history_days=2)})
    later = tables["capacity_estimate"].with_columns(date=date(2026, 1, 11))
    found = regional_demand({**tables, "capacity_estimate": later}, one, date(2026, 1, 12))
    days = found.filter(class_id="icu", region_id="R")["date"].dt.day()
    assert days.to_list() == [10, 11]


def test_rates_are_by_the_people_of_the_region(tables):
    found = regional_demand(tables, REGION, NEWEST).filter(class_id="ward")
    assert found["admissions_per_100k"].to_list() == [2.5, None]


def test_balance_counts_patients_of_encounters_once_and_others_by_their_beds(tables):
    """Two of icu are in, one of whom lives in S; the three beds that are in use tell nothing."""
    beds = tables["capacity_estimate"]
    units = supply(beds, tables["institution"], tables["population"], tables["zone"])
    demand = regional_demand(tables, REGION, NEWEST)
    found = check(Balance, regional_balance(tables, units, demand, REGION, NEWEST))
    assert found.drop("disclosure", "ratio").rows() == [
        ("R", "bed", NEWEST, 10.0, 6.0, 0.0, 4.0),
        ("R", "icu_bed", NEWEST, 4.0, 1.0, 0.0, 2.0),
        ("S", "bed", NEWEST, 5.0, 7.0, 2.0, 0.0),
    ]
