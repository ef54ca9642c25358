from datetime import date, timedelta
from math import sqrt

import polars as pl
import pytest

from schemas.assumptions.planning import PlanningAssumptions
from schemas.clean import CareClass, Institution
from schemas.results.allocation import AllocationDemand
from schemas.table import check, conform
from transforms.inputs.allocation.expected import (
    allocation_demand,
    census_mean,
    weekday_mean,
)
from transforms.inputs.allocation.offer import plan_days

SUNDAY = date(2026, 2, 1)
MONDAY = date(2026, 1, 26)
STAY = {
    "institution_id": pl.String,
    "zone_id": pl.String,
    "class_id": pl.String,
    "admitted": pl.Date,
    "days": pl.Int64,
    "open": pl.Boolean,
}
USUAL = pl.DataFrame(
    {"zone_id": "z", "institution_id": ["a", "b"], "class_id": "icu", "usual": [0.6, 0.4]}
)
PLAIN = PlanningAssumptions(demand_weeks=2, spread_weeks=2, upper_deviations=1)


def stays(*rows: tuple[str, str, date]) -> pl.DataFrame:
    """Rows of institution, zone, admission; the record starts eight weeks before SUNDAY."""
    old = ("x", "x", SUNDAY - timedelta(weeks=8), 1, False)
    full = [(i, z, "icu", day, 1, False) for i, z, day in rows]
    return pl.DataFrame([(*old[:2], "old", *old[2:]), *full], orient="row", schema=STAY)


def week(days: pl.DataFrame) -> dict[int, tuple[float, float]]:
    own = days.filter(zone_id="z").sort("weekday")
    return {w: (m, u) for w, m, u in own.select("weekday", "mean", "upper").rows()}


def test_expected_is_the_mean_of_the_weekday_over_the_last_weeks():
    """3 came last Monday, 1 the Monday before, 9 before the two weeks that count."""
    mondays = [MONDAY] * 3 + [MONDAY - timedelta(weeks=1)] + [MONDAY - timedelta(weeks=2)] * 9
    found = week(weekday_mean(stays(*(("a", "z", d) for d in mondays)), USUAL, SUNDAY, PLAIN))
    assert found == {1: (2.0, pytest.approx(2 + sqrt(2)))}


def test_a_zone_varies_as_the_institution_that_most_of_its_patients_use():
    """a admitted 6 and 2 from everywhere: deviation sqrt(8) of mean 4; b does not matter."""
    earlier = MONDAY - timedelta(weeks=1)
    rows = [("a", "z", MONDAY), ("a", "z", earlier), ("b", "z", MONDAY)]
    rows += [("a", "y", MONDAY)] * 5 + [("a", "y", earlier)]
    found = week(weekday_mean(stays(*rows), USUAL, SUNDAY, PLAIN))
    assert found == {1: (1.5, pytest.approx(1.5 * (1 + sqrt(8) / 4)))}


def test_spread_and_mean_have_their_own_weeks():
    wide = PlanningAssumptions(demand_weeks=1, spread_weeks=4, upper_deviations=2)
    rows = [("a", "z", MONDAY)] * 4
    found = week(weekday_mean(stays(*rows), USUAL, SUNDAY, wide))
    assert found == {1: (4.0, pytest.approx(4 * (1 + 2 * 2 / 1)))}


def test_where_the_main_institution_tells_nothing_the_root_of_the_mean_is_the_deviation():
    found = week(weekday_mean(stays(("b", "z", MONDAY)), USUAL, SUNDAY, PLAIN))
    assert found == {1: (0.5, pytest.approx(0.5 + sqrt(0.5)))}


def test_a_record_younger_than_a_week_makes_all_days_alike():
    rows = [("a", "z", SUNDAY - timedelta(days=1))] * 6 + [("a", "z", SUNDAY)] * 2
    young = stays(*rows).filter(pl.col("class_id") == "icu")
    found = week(weekday_mean(young, USUAL, SUNDAY, PLAIN))
    assert set(found) == set(range(1, 8))
    assert all(row == (2.0, pytest.approx(2 + sqrt(2))) for row in found.values())


def test_a_record_younger_than_the_window_counts_its_whole_weeks():
    """The record starts with the discharge on Monday 26 January: one week to Sunday."""
    rows = [("a", "z", MONDAY - timedelta(days=1))] + [("a", "z", MONDAY)] * 3
    young = stays(*rows).filter(pl.col("class_id") == "icu")
    assert week(weekday_mean(young, USUAL, SUNDAY, PLAIN))[1][0] == 3.0


def test_no_stays_expect_nothing():
    none = stays().clear()
    assert weekday_mean(none, USUAL, SUNDAY, PLAIN).is_empty()


INSTITUTIONS = conform(
    Institution,
    pl.DataFrame({"institution_id": ["a", "b", "c"], "zone_id": ["z", "z", "y"], "region_id": "R"}),
)
CLASSES = conform(
    CareClass,
    pl.DataFrame(
        {
            "class_id": ["icu"],
            "name": "x",
            "harm_weight": 1.0,
            "mean_stay_days": 4.0,
            "mean_stay_source": "x",
        }
    ),
)


def census(*rows: tuple[str, date, float]) -> pl.DataFrame:
    frame = pl.DataFrame(rows, orient="row", schema=["institution_id", "date", "patients"])
    return frame.with_columns(class_id=pl.lit("icu"))


def test_a_census_expects_patients_by_mean_stay_where_the_institution_is():
    """Zone z: 8 + 4 today, 4 + 4 a week ago: 3 and 2 a day. Zone y was seen once only."""
    before = SUNDAY - timedelta(weeks=1)
    seen = census(
        ("a", SUNDAY, 8.0),
        ("b", SUNDAY, 4.0),
        ("c", SUNDAY, 16.0),
        ("a", before, 4.0),
        ("b", before, 4.0),
        ("c", SUNDAY - timedelta(weeks=2), 99.0),
    )
    today = seen.filter(date=SUNDAY).drop("date")
    found = census_mean(seen, today, CLASSES, INSTITUTIONS, SUNDAY, PLAIN).sort("zone_id")
    assert found.select("zone_id", "mean", "upper").rows() == [
        ("y", 4.0, pytest.approx(4 + 2)),
        ("z", 3.0, pytest.approx(3 + sqrt(0.5))),
    ]


def test_a_census_is_divided_and_added_to_nine_decimals():
    """Two institutions make 1/3 patient a day each; a week ago one of them did alone."""
    before = SUNDAY - timedelta(weeks=1)
    seen = census(("a", SUNDAY, 4 / 3), ("b", SUNDAY, 4 / 3), ("a", before, 4 / 3))
    today = seen.filter(date=SUNDAY).drop("date")
    ((mean, upper),) = (
        census_mean(seen, today, CLASSES, INSTITUTIONS, SUNDAY, PLAIN)
        .select("mean", "upper")
        .rows()
    )
    assert mean == 0.666666666
    squares, total = 0.444444444 + 0.111111111, 0.999999999
    assert upper == mean + sqrt(squares - total**2 / 2)


def demand(factor: float = 1.0) -> pl.DataFrame:
    monday, tuesday = SUNDAY + timedelta(days=1), SUNDAY + timedelta(days=2)
    rows = pl.DataFrame(
        [
            ("z", "icu", monday, 2.0, 3.0),
            ("y", "ward", monday, 5.0, 6.0),
            ("y", "ward", tuesday, 5.0, 6.0),
        ],
        orient="row",
        schema=["zone_id", "class_id", "date", "mean", "upper"],
    )
    homes = pl.DataFrame({"zone_id": ["z", "empty", "z"]})
    planning = PlanningAssumptions(demand_factor=factor)
    return allocation_demand(rows, homes, plan_days(SUNDAY, 2), planning)


def test_every_zone_of_an_institution_is_in_the_plan():
    monday, tuesday = SUNDAY + timedelta(days=1), SUNDAY + timedelta(days=2)
    found = check(AllocationDemand, demand())
    assert found.height == 3 * 2 * 2
    assert found.filter(pl.col("mean") > 0).rows() == [
        ("y", "ward", monday, 5.0, 6.0),
        ("y", "ward", tuesday, 5.0, 6.0),
        ("z", "icu", monday, 2.0, 3.0),
    ]
    assert set(found["zone_id"]) == {"z", "y", "empty"}


def test_demand_can_be_raised_by_a_factor():
    raised, plain = demand(1.1), demand()
    for name in ("mean", "upper"):
        assert raised[name].to_list() == pytest.approx([x * 1.1 for x in plain[name]])
