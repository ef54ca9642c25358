from datetime import date

import polars as pl
from polars.testing import assert_frame_equal

from schemas.clean import Activity, CapacityEstimate, CareClass, Institution, Zone
from schemas.regional import Demand
from schemas.table import check, conform, empty
from transforms.demand import demand

DAY, NEXT = date(2026, 1, 5), date(2026, 1, 6)
ZONES = conform(Zone, pl.DataFrame({"zone_id": ["z1", "z2"], "region_id": ["R", "S"]}))
INSTITUTIONS = conform(
    Institution,
    pl.DataFrame({"institution_id": ["a", "b"], "zone_id": ["z1", "z2"], "region_id": ["R", "S"]}),
)
CLASSES = conform(
    CareClass,
    pl.DataFrame(
        {
            "class_id": ["icu"],
            "name": "x",
            "harm_weight": 1.0,
            "mean_stay_days": [4.0],
            "mean_stay_source": "x",
        }
    ),
)
PEOPLE = pl.DataFrame({"region_id": ["R"], "population": [50_000.0]})
NOTHING = pl.DataFrame(
    schema={
        "region_id": pl.String,
        "class_id": pl.String,
        "date": pl.Date,
        "period_days": pl.Int64,
        "admissions_per_day": pl.Float64,
        "patient_days_per_day": pl.Float64,
        "demand_source": pl.String,
    }
)


def known(region: str, class_id: str, source: str, day: date = DAY) -> pl.DataFrame:
    row = (region, class_id, day, 1, 2.0, 8.0, source)
    return pl.DataFrame([row], orient="row", schema=NOTHING.schema)


def test_stays_count_where_the_patients_live():
    stays = pl.DataFrame(
        {
            "institution_id": ["a", "a", "a"],
            "zone_id": ["z1", "z2", "z2"],
            "class_id": "icu",
            "admitted": [DAY, DAY, NEXT],
            "days": [2, 1, 1],
            "open": [True, False, True],
        }
    )
    found = demand.demand_of_stays(stays, ZONES, DAY, NEXT).select(
        "region_id",
        "date",
        "period_days",
        "admissions_per_day",
        "patient_days_per_day",
        "demand_source",
    )
    assert found.rows() == [
        ("R", DAY, 1, 1.0, 1.0, "encounters"),
        ("R", NEXT, 1, 0.0, 1.0, "encounters"),
        ("S", DAY, 1, 1.0, 1.0, "encounters"),
        ("S", NEXT, 1, 1.0, 1.0, "encounters"),
    ]


def test_a_census_counts_as_patients_divided_by_the_mean_stay():
    census = pl.DataFrame(
        {
            "institution_id": ["a", "b", "gone"],
            "class_id": "icu",
            "resource_id": "bed",
            "date": DAY,
            "patients": [6.0, 2.0, 9.0],
        }
    )
    capacity = pl.DataFrame(
        {"institution_id": ["a", "b"], "resource_id": "bed", "date": DAY, "period_days": 7}
    )
    found = demand.demand_of_census(
        census, conform(CapacityEstimate, capacity), CLASSES, INSTITUTIONS
    )
    assert found.sort("region_id").rows() == [
        ("R", "icu", DAY, 7, 1.5, 6.0, "in_use_over_mean_stay"),
        ("S", "icu", DAY, 7, 0.5, 2.0, "in_use_over_mean_stay"),
    ]


def test_activity_counts_per_day_where_the_patients_live_else_where_treated():
    activity = pl.DataFrame(
        {
            "institution_id": ["a", "a", "b", "gone"],
            "class_id": "icu",
            "zone_id": ["z2", "all", "all", "all"],
            "period_start": date(2025, 1, 1),
            "period_end": date(2025, 1, 10),
            "admissions": [20.0, 5.0, None, 7.0],
            "patient_days": [80.0, 30.0, 9.0, 7.0],
        }
    )
    found = demand.demand_of_activity(conform(Activity, activity), ZONES, INSTITUTIONS)
    assert found.sort("region_id").rows() == [
        ("R", "icu", date(2025, 1, 1), 10, 0.5, 3.0, "activity"),
        ("S", "icu", date(2025, 1, 1), 10, 2.0, 8.0, "activity"),
    ]


def test_sums_are_to_nine_decimals():
    thirds = {"institution_id": ["a", "a2"], "class_id": "icu"}
    places = pl.concat([INSTITUTIONS, INSTITUTIONS[:1].with_columns(institution_id=pl.lit("a2"))])
    census = pl.DataFrame({**thirds, "resource_id": "bed", "date": DAY, "patients": 1 / 3})
    capacity = conform(CapacityEstimate, census.with_columns(period_days=1))
    found = demand.demand_of_census(census, capacity, CLASSES, places)
    assert found["patient_days_per_day"].to_list() == [0.666666666]
    sent = {**thirds, "zone_id": "all", "period_start": DAY, "period_end": DAY}
    activity = conform(Activity, pl.DataFrame({**sent, "admissions": 1 / 3, "patient_days": 1 / 3}))
    found = demand.demand_of_activity(activity, ZONES, places)
    sums = found.select("admissions_per_day", "patient_days_per_day")
    assert sums.rows() == [(0.666666666, 0.666666666)]


def test_a_class_known_from_encounters_is_known_from_nothing_else():
    found = demand.demand(
        known("R", "icu", "encounters"),
        pl.concat(
            [known("S", "icu", "in_use_over_mean_stay"), known("S", "er", "in_use_over_mean_stay")]
        ),
        pl.concat([known("T", "icu", "activity"), known("S", "er", "activity", NEXT)]),
        PEOPLE,
    )
    assert check(Demand, found).select("region_id", "class_id", "demand_source").rows() == [
        ("R", "icu", "encounters"),
        ("S", "er", "in_use_over_mean_stay"),
    ]


def test_activity_serves_where_no_bed_tells():
    found = demand.demand(
        NOTHING,
        known("S", "icu", "in_use_over_mean_stay"),
        pl.concat([known("R", "icu", "activity"), known("S", "icu", "activity", NEXT)]),
        PEOPLE,
    )
    assert check(Demand, found).select("region_id", "demand_source").rows() == [
        ("R", "activity"),
        ("S", "in_use_over_mean_stay"),
    ]


def test_rates_are_by_people_and_unknown_without_them():
    found = demand.demand(
        NOTHING,
        pl.concat([known("R", "icu", "activity"), known("S", "icu", "activity")]),
        NOTHING,
        PEOPLE,
    )
    assert found["admissions_per_100k"].to_list() == [4.0, None]


def test_nothing_known_gives_nothing():
    stays = pl.DataFrame(
        schema={
            "zone_id": pl.String,
            "class_id": pl.String,
            "admitted": pl.Date,
            "days": pl.Int64,
            "open": pl.Boolean,
        }
    )
    nothing = demand.demand_of_stays(stays, ZONES, DAY, NEXT)
    activity = demand.demand_of_activity(empty(Activity), ZONES, INSTITUTIONS)
    found = demand.demand(nothing, NOTHING, activity, PEOPLE)
    assert_frame_equal(check(Demand, found), empty(Demand))
