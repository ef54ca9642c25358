"""What came on the days of a plan, from what is reported by now."""

from datetime import date

import polars as pl
import pytest

from schemas.results.allocation import (
    AllocationAdmission,
    AllocationArc,
    AllocationMove,
    AllocationUnmet,
)
from schemas.table import conform, empty
from transforms.inputs.allocation.came import capacity, on_days, to_zones, without_sent

DAYS = [date(2026, 2, 10), date(2026, 2, 11)]
KEY = {"institution_id": "A", "class_id": "general"}


def dated(**columns):
    return pl.DataFrame({"date": DAYS, **columns})


def test_the_newest_report_counts_on_each_day_and_the_first_before_it():
    rows = pl.DataFrame(
        {"institution_id": ["A"] * 2, "date": [date(2026, 2, 11), date(2026, 2, 3)]}
    )
    rows = rows.with_columns(patients=pl.Series([7.0, 5.0]))
    found = on_days(rows, ["institution_id"], dated(), 60)
    assert found["patients"].to_list() == [5.0, 7.0]
    late = on_days(rows.head(1), ["institution_id"], dated(), 60)
    assert late["patients"].to_list() == [7.0, 7.0]


def test_a_report_that_is_too_old_counts_for_nothing():
    rows = pl.DataFrame({"institution_id": ["A"], "date": [date(2025, 1, 1)], "patients": [5.0]})
    assert on_days(rows, ["institution_id"], dated(), 60).is_empty()


def arcs(*rows):
    columns = ["zone_id", "institution_id", "class_id", "km", "usual"]
    return conform(AllocationArc, pl.DataFrame(rows, columns, orient="row"))


def test_arrivals_come_from_the_zones_that_use_the_institution_as_many_as_expected():
    """Y sends 0.5 of 8 patients to A, Z all of 4: a half each."""
    plan = {
        "allocation_arc": arcs(
            ("Y", "A", "general", 9.0, 0.5),
            ("Z", "A", "general", 5.0, 1.0),
            ("Z", "B", "general", 1.0, 0.0),
        ),
        "allocation_demand": pl.DataFrame(
            {"zone_id": ["Y", "Z"], "class_id": "general", "mean": [8.0, 4.0]}
        ),
    }
    came = pl.DataFrame({"institution_id": ["A", "B"], "class_id": "general", "date": DAYS[0]})
    found = to_zones(plan, came.with_columns(patients=pl.Series([6.0, 2.0])))
    rows = (
        found.sort("institution_id", "zone_id")
        .select("zone_id", "institution_id", "patients")
        .rows()
    )
    assert rows == [("Y", "A", 3.0), ("Z", "A", 3.0), ("Z", "B", 2.0)]


def test_patients_whom_a_plan_sent_are_counted_where_they_would_have_gone():
    """Of 10 patients who use A the plan sent 4 to B: A admitted 6, and B 4 for none."""
    date_ = {"date": DAYS[0], "class_id": "general"}
    plan = {
        "allocation_arc": arcs(("Z", "A", "general", 1.0, 1.0), ("Z", "B", "general", 9.0, 0.0)),
        "allocation_unmet": conform(
            AllocationUnmet, pl.DataFrame([{"zone_id": "Z", "demand_patients": 10.0, **date_}])
        ),
        "allocation_admission": conform(
            AllocationAdmission,
            pl.DataFrame(
                [
                    {"zone_id": "Z", "institution_id": i, "patients_per_day": n, **date_}
                    for i, n in (("A", 6.0), ("B", 4.0))
                ]
            ),
        ),
    }
    arrived = pl.DataFrame(
        [
            {"institution_id": "A", "patients": 7.0, **date_},
            {"institution_id": "B", "patients": 3.0, **date_},
        ]
    )
    found = without_sent(arrived, plan).sort("institution_id")
    assert found["patients"].to_list() == [11.0, 0.0]


@pytest.mark.parametrize(("carried_out", "units"), [(False, [5.0, 5.0]), (True, [7.0, 7.0])])
def test_units_that_a_plan_moved_are_counted_where_they_came_from(carried_out, units):
    """A moved 2 of its units on the first day and reports 5."""
    there = dated(institution_id="A", resource_id="nurse", in_service=5.0, surge_limit=1.0)
    there = there.with_columns(in_service=pl.lit(5.0), surge_limit=pl.lit(1.0))
    move = {
        "from_institution_id": "A",
        "to_institution_id": "B",
        "resource_id": "nurse",
        "date": DAYS[0],
        "arrives": DAYS[1],
        "units": 2.0,
    }
    plan = {
        "allocation_capacity": there,
        "allocation_move": pl.concat(
            [empty(AllocationMove), conform(AllocationMove, pl.DataFrame([move]))]
        ),
    }
    found = capacity(plan, there.drop("surge_limit"), carried_out)
    assert found["in_service"].to_list() == units
