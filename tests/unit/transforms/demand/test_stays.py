from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.assumptions.region import CareClassDefinition, Region
from schemas.clean import CapacityEstimate, Encounter, Institution, Zone
from schemas.table import conform
from transforms.demand.stays import census_of_capacity, daily, planned_stays, record_start, stays

ZONES = conform(Zone, pl.DataFrame({"zone_id": ["z1", "z2"], "region_id": "R"}))
INSTITUTIONS = conform(
    Institution, pl.DataFrame({"institution_id": ["a"], "zone_id": "z2", "region_id": "R"})
)
LAST = date(2026, 1, 10)


def encounters(*rows: tuple) -> pl.DataFrame:
    """Rows of admission, discharge and zone."""
    frame = pl.DataFrame(
        rows,
        orient="row",
        schema={
            "admitted_at": pl.Datetime("us"),
            "discharged_at": pl.Datetime("us"),
            "zone_id": pl.String,
        },
    )
    return conform(
        Encounter,
        frame.with_row_index("encounter_id").with_columns(
            patient_key=pl.lit("p"), institution_id=pl.lit("a"), class_id=pl.lit("icu")
        ),
    )


def known(*rows: tuple, as_of: date = LAST, timezone: str = "UTC") -> pl.DataFrame:
    return stays(encounters(*rows), ZONES, INSTITUTIONS, timezone, as_of)


def at(day: int, hour: int = 12) -> datetime:
    return datetime(2026, 1, day, hour)


def whole(*rows: tuple[int, int, bool]) -> pl.DataFrame:
    """Stays given as day of January admitted, days in bed, open."""
    frame = pl.DataFrame(rows, orient="row", schema=["admitted", "days", "open"])
    start = pl.lit(date(2025, 12, 31)) + pl.duration(days="admitted")
    return frame.with_columns(admitted=start, class_id=pl.lit("icu"))


@pytest.mark.parametrize(
    ("admitted", "discharged", "days", "is_open"),
    [
        (at(3), at(5), 2, False),
        (at(3, 1), at(3, 23), 1, False),
        (at(3), None, 8, True),
        (at(10), None, 1, True),
        (at(9), at(11), 2, True),
        (at(9), at(10, 23), 1, False),
    ],
    ids=["two nights", "same day", "still in", "came today", "leaves later", "left today"],
)
def test_days_in_bed_as_known_at_the_end_of_a_day(admitted, discharged, days, is_open):
    found = known((admitted, discharged, "z1"))
    assert found.select("days", "open").row(0) == (days, is_open)


def test_who_comes_later_is_not_known():
    assert known((at(11), None, "z1")).is_empty()


def test_days_are_those_of_local_clocks():
    """23:30 UTC on the 3rd is the 4th in Vienna; 22:30 UTC on the 5th is still the 5th."""
    row = (datetime(2026, 1, 3, 23, 30), datetime(2026, 1, 5, 22, 30), "z1")
    found = known(row, timezone="Europe/Vienna")
    assert found.select("admitted", "days").row(0) == (date(2026, 1, 4), 1)


@pytest.mark.parametrize(("zone", "expected"), [("z1", "z1"), (None, "z2"), ("nowhere", "z2")])
def test_who_lives_nowhere_known_lives_where_the_institution_is(zone, expected):
    assert known((at(3), None, zone))["zone_id"].to_list() == [expected]


def test_a_stay_without_a_known_place_is_left_out():
    rows = encounters((at(3), None, "nowhere"), (at(3), None, "z1"))
    gone = rows.with_columns(institution_id=pl.lit("gone"))
    assert stays(gone, ZONES, INSTITUTIONS, "UTC", LAST)["zone_id"].to_list() == ["z1"]


def test_nobody_plans_for_a_class_that_the_region_does_not_have():
    rows = encounters((at(3), None, "z1"), (at(4), None, "z1"))
    strange = pl.when(admitted_at=at(4)).then(pl.lit("unknown")).otherwise("class_id")
    clean = {
        "encounter": rows.with_columns(class_id=strange),
        "zone": ZONES,
        "institution": INSTITUTIONS,
    }
    icu = CareClassDefinition(class_id="icu", name="", harm_weight=1, uses={})
    region = Region.model_construct(timezone="UTC", classes=(icu,))
    assert planned_stays(clean, region, LAST)["admitted"].to_list() == [date(2026, 1, 3)]


def test_admissions_and_patients_by_day():
    """In from the 1st to the 3rd, on the 3rd only, and from the 4th on; the 5th is outside."""
    found = daily(
        whole((1, 3, False), (3, 1, False), (4, 9, True)),
        ["class_id"],
        date(2026, 1, 2),
        date(2026, 1, 4),
    )
    assert found.select("date", "admissions", "patients").rows() == [
        (date(2026, 1, 2), 0.0, 1.0),
        (date(2026, 1, 3), 1.0, 2.0),
        (date(2026, 1, 4), 1.0, 1.0),
    ]


def test_those_who_left_before_the_window_or_come_after_it_have_no_rows():
    found = daily(
        whole((1, 2, False), (9, 1, False)), ["class_id"], date(2026, 1, 3), date(2026, 1, 8)
    )
    assert found.is_empty()


@given(
    st.lists(st.tuples(st.integers(1, 20), st.integers(1, 12)), max_size=30),
    st.integers(1, 10),
    st.integers(0, 12),
)
def test_daily_counts_equal_a_count_by_hand(rows, first, length):
    frame = whole(*((a, d, False) for a, d in rows)) if rows else whole((1, 1, False)).clear()
    start = date(2026, 1, first)
    found = daily(frame, ["class_id"], start, start + timedelta(days=length))
    by_hand = {
        date(2026, 1, 1) + timedelta(days=day - 1): (
            float(sum(a == day for a, _ in rows)),
            float(sum(a <= day < a + d for a, d in rows)),
        )
        for day in range(first, first + length + 1)
    }
    if any(patients for _, patients in by_hand.values()):
        assert {d: (a, p) for _, d, a, p in found.rows()} == by_hand
    else:
        assert found.is_empty()


def test_a_record_starts_with_its_first_discharge():
    assert record_start(whole((1, 9, False), (8, 1, False), (9, 4, True))) == date(2026, 1, 9)


def test_a_record_in_which_nobody_left_starts_with_its_first_admission():
    assert record_start(whole((4, 9, True), (8, 1, True))) == date(2026, 1, 4)
    assert record_start(whole((4, 9, True)).clear()) is None


def test_one_stray_discharge_in_a_thousand_starts_no_record():
    rows = [(1, 1, False)] + [(20, 3, False)] * 999
    assert record_start(whole(*rows)) == date(2026, 1, 23)


def test_patients_by_the_use_of_their_own_resource():
    estimate = pl.DataFrame(
        {
            "institution_id": ["a", "b", "c"],
            "resource_id": ["bed", "bed", "nurse"],
            "date": LAST,
            "in_use_reported": [6.0, None, 5.0],
            "in_use_imputed": [None, 3.0, None],
        }
    )
    bed = pl.DataFrame({"class_id": ["icu"], "resource_id": ["bed"], "units": [1.5]})
    found = census_of_capacity(conform(CapacityEstimate, estimate), bed)
    assert found.select("institution_id", "class_id", "date", "patients").rows() == [
        ("a", "icu", LAST, 4.0),
        ("b", "icu", LAST, 2.0),
    ]
