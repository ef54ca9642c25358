from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.clean import Capacity, CapacityEstimate, Institution, Population, Zone
from schemas.regional import CapacityGap, Supply
from schemas.table import check, conform, empty
from transforms.quality.clean import population_unknown
from transforms.supply import supply

DAY = date(2026, 1, 5)
ZONES = conform(Zone, pl.DataFrame({"zone_id": ["z1", "z2"], "region_id": ["R", "S"]}))
INSTITUTIONS = conform(
    Institution,
    pl.DataFrame(
        {
            "institution_id": ["a", "b", "x"],
            "zone_id": ["z1", "z1", "z2"],
            "region_id": ["R", "R", "S"],
        }
    ),
)
PEOPLE = conform(
    Population,
    pl.DataFrame(
        {"zone_id": ["z1"], "year": [2025], "age_band": "all", "sex": "all", "persons": [5000.0]}
    ),
)


def estimates(*rows: tuple) -> pl.DataFrame:
    """Rows of institution, service, imputed service, use, imputed use."""
    cells = ("in_service_reported", "in_service_imputed", "in_use_reported", "in_use_imputed")
    types = dict.fromkeys(cells, pl.Float64)
    frame = pl.DataFrame(rows, orient="row", schema={"institution_id": pl.String, **types})
    return conform(CapacityEstimate, frame.with_columns(resource_id=pl.lit("bed"), date=DAY))


def test_supply_adds_reported_and_imputed_by_region():
    """R: 10 + 4 in service, 12 + 2 in use; only b has room, 2."""
    found = supply.supply(
        estimates(
            ("a", 10.0, None, 12.0, None),
            ("b", None, 4.0, None, 2.0),
            ("x", None, None, None, None),
        ),
        INSTITUTIONS,
        PEOPLE,
        ZONES,
    )
    expected = pl.DataFrame(
        {
            "region_id": ["R", "S"],
            "resource_id": ["bed", "bed"],
            "date": [DAY, DAY],
            "institutions": [2, 1],
            "in_service_reported": [10.0, 0.0],
            "in_use_reported": [12.0, 0.0],
            "in_service": [14.0, 0.0],
            "in_use": [14.0, 0.0],
            "free": [2.0, 0.0],
            "occupancy": [1.0, None],
            "population": [5000.0, None],
            "in_service_per_100k": [280.0, None],
        }
    )
    assert_frame_equal(check(Supply, found).drop("disclosure"), expected)


def test_part_of_a_unit_is_a_unit_to_divide_by():
    found = supply.supply(estimates(("a", 0.5, None, 0.25, None)), INSTITUTIONS, PEOPLE, ZONES)
    assert found["occupancy"].to_list() == [0.5]


NEEDS = pl.DataFrame({"class_id": ["icu", "ward"], "resource_id": "bed", "units": 1.0})
PERIODS = {"resource_id": pl.String, "date": pl.Date, "period_days": pl.Int64}


def covered_to(night: int, *rows: tuple) -> int | None:
    """The day of January to which rows of resource, day of January and length in days reach."""
    dated = [(resource, date(2026, 1, day), days) for resource, day, days in rows]
    capacity = pl.DataFrame(dated, PERIODS, orient="row")
    last = supply.data_to(capacity, NEEDS, date(2026, 1, night))
    return None if last is None else last.day


@pytest.mark.parametrize(
    ("rows", "last"),
    [
        ([("bed", 5, 1), ("bed", 7, 1)], 7),
        ([("bed", 5, None), ("bed", 7, None)], 7),
        ([("bed", 2, 7), ("bed", 9, 7)], 15),
        ([("bed", 9, 7), ("bed", 12, 1)], 15),
        ([("bed", 9, 7), ("bed", 16, None)], 16),
        ([("bed", 5, 1), ("scanner", 9, 7)], 5),
        ([("scanner", 9, 7)], None),
    ],
    ids=["days", "no length", "weeks", "days in a week", "after a week", "used by none", "none"],
)
def test_data_reach_to_the_last_day_of_the_last_period(rows, last):
    assert covered_to(31, *rows) == last


@pytest.mark.parametrize(
    ("rows", "last"),
    [
        ([("bed", 3, 7), ("bed", 10, 7)], 16),
        ([("bed", 12, 7)], 18),
        ([("bed", 12, 1), ("bed", 13, 1)], 12),
        ([("bed", 1, 31), ("bed", 11, 1), ("bed", 12, 1)], 12),
        ([("bed", 11, 7), ("bed", 11, 1)], 11),
        ([("bed", 11, 7), ("bed", 10, 1)], 17),
        ([("bed", 13, 7)], None),
    ],
    ids=["a week", "begun tonight", "tomorrow", "a month, days", "same day", "older", "not begun"],
)
def test_a_period_that_goes_on_counts_to_its_end_unless_newer_ones_are_over(rows, last):
    """All seen on the night of the 12th."""
    assert covered_to(12, *rows) == last


@given(st.lists(st.tuples(st.integers(1, 31), st.integers(1, 40)), min_size=1), st.integers(1, 31))
def test_data_reach_to_a_day_that_a_period_ends_and_miss_no_day_that_is_over(periods, night):
    start = date(2026, 1, 1)
    rows = [("bed", start + timedelta(days=first - 1), days) for first, days in periods]
    frame = pl.DataFrame(rows, PERIODS, orient="row")
    last = supply.data_to(frame, NEEDS, date(2026, 1, night))
    known = [first + days - 1 for first, days in periods if first <= night]
    if not known:
        assert last is None
        return
    assert (last - start).days + 1 in known
    assert all((last - start).days + 1 >= end for end in known if end <= night)


def test_inhabitants_are_each_zones_newest_year():
    people = pl.DataFrame(
        {
            "zone_id": ["z1", "z1", "z2"],
            "year": [2020, 2025, 2018],
            "age_band": "all",
            "sex": "all",
            "persons": [1.0, 20.0, 300.0],
        }
    )
    found = supply.inhabitants(conform(Population, people), ZONES)
    assert found.rows() == [("R", 20.0), ("S", 300.0)]


def test_inhabitants_are_not_counted_twice_where_totals_stand_beside_parts():
    people = pl.DataFrame(
        {
            "zone_id": ["z1"] * 4 + ["z2"] * 3,
            "year": 2025,
            "age_band": ["all", "all", "0-64", "65+", "0-64", "65+", "65+"],
            "sex": ["F", "M", "all", "all", "all", "F", "all"],
            "persons": [60.0, 40.0, 70.0, 30.0, 7.0, 2.0, 3.0],
        }
    )
    found = supply.inhabitants(conform(Population, people), ZONES)
    assert found.rows() == [("R", 100.0), ("S", 10.0)]


def test_with_a_part_unknown_neither_the_sum_nor_a_rate_is_told():
    people = pl.DataFrame(
        {
            "zone_id": ["z1", "z1", "z1", "z2", "z2", "z2", "z2"],
            "year": [2024, 2025, 2025, 2024, 2025, 2025, 2025],
            "age_band": ["all", "0-64", "65+", "all", "all", "0-64", "65+"],
            "sex": "all",
            "persons": [9.0, 20_154.0, None, 9.0, None, 7.0, 3.0],
        }
    )
    population = conform(Population, people)
    assert supply.inhabitants(population, ZONES).rows() == [("R", None), ("S", 10.0)]
    assert population_unknown(population, ZONES).rows() == [("z1", 1.0)]


def test_an_unknown_cell_is_put_at_its_share_in_the_zones_known_whole():
    bands = ["0-64", "65+"]
    people = pl.DataFrame(
        {
            "zone_id": ["z1", "z1", "z3", "z3"],
            "year": 2025,
            "age_band": bands * 2,
            "sex": "all",
            "persons": [90.0, None, 30.0, 10.0],
        }
    )
    zones = pl.DataFrame({"zone_id": ["z1", "z3"], "region_id": "R"})
    assert supply.inhabitants(conform(Population, people), zones).rows() == [("R", 160.0)]


def test_a_newest_year_of_which_nothing_is_known_leaves_the_last_that_is():
    people = pl.DataFrame(
        {
            "zone_id": "z1",
            "year": [2024, 2025],
            "age_band": "all",
            "sex": "all",
            "persons": [9.0, None],
        }
    )
    assert supply.inhabitants(conform(Population, people), ZONES).rows() == [("R", 9.0)]


def test_a_zone_of_which_no_year_is_known_leaves_its_region_unknown():
    people = pl.DataFrame(
        {
            "zone_id": ["z1", "z2"],
            "year": [2024, 2025],
            "age_band": "all",
            "sex": "all",
            "persons": [None, 9.0],
        }
    )
    found = supply.inhabitants(conform(Population, people), ZONES)
    assert found.rows() == [("R", None), ("S", 9.0)]


def test_people_of_unknown_zones_do_not_count_and_unknown_numbers_leave_no_sum():
    people = pl.DataFrame(
        {
            "zone_id": ["nowhere", "z1"],
            "year": 2025,
            "age_band": "all",
            "sex": "all",
            "persons": [9.0, None],
        }
    )
    assert supply.inhabitants(conform(Population, people), ZONES).rows() == [("R", None)]


def test_every_gap_is_counted_by_reason_and_rule():
    capacity = pl.DataFrame(
        {
            "institution_id": ["a", "b", "x"],
            "resource_id": "bed",
            "date": DAY,
            "period_days": 1,
            "in_service": [10.0, None, None],
            "in_service_reason": [None, "withheld", None],
            "in_use": [None, None, 1.0],
            "in_use_reason": ["implausible", "withheld", None],
        }
    )
    estimate = estimates(
        ("a", 10.0, None, None, 3.0), ("b", None, 2.0, None, 2.5), ("x", None, None, 1.0, None)
    ).with_columns(
        in_service_rule=pl.Series([None, "middle_of_range", "none"]),
        in_use_rule=pl.Series(["last_known", "middle_of_range", None]),
    )
    found = supply.capacity_gap(conform(Capacity, capacity), estimate, INSTITUTIONS)
    key = ["region_id", "column_name", "gap_reason", "imputation_rule", "gaps", "imputed"]
    assert check(CapacityGap, found).select(key).rows() == [
        ("R", "in_service", "withheld", "middle_of_range", 1, 2.0),
        ("R", "in_use", "implausible", "last_known", 1, 3.0),
        ("R", "in_use", "withheld", "middle_of_range", 1, 2.5),
        ("S", "in_service", "not_reported", "none", 1, 0.0),
    ]


def test_an_institution_that_the_register_does_not_name_counts_nowhere():
    sent = estimates(("gone", 10.0, None, None, 2.0))
    gap = sent.with_columns(in_use_rule=pl.lit("none"))
    capacity = conform(Capacity, sent.with_columns(period_days=1))
    assert supply.supply(sent, INSTITUTIONS, PEOPLE, ZONES).is_empty()
    assert supply.capacity_gap(capacity, gap, INSTITUTIONS).is_empty()


def test_nothing_sent_gives_nothing():
    found = supply.supply(empty(CapacityEstimate), INSTITUTIONS, PEOPLE, ZONES)
    assert check(Supply, found).is_empty()


amounts = st.none() | st.floats(0, 1e5, allow_nan=False)


@given(
    st.lists(st.tuples(amounts, amounts), min_size=3, max_size=3), st.randoms(use_true_random=False)
)
def test_totals_are_preserved_whatever_the_order(numbers, random):
    rows = [(i, s, None, u, None) for i, (s, u) in zip("abx", numbers, strict=True)]
    frame = estimates(*rows)
    found = supply.supply(frame, INSTITUTIONS, PEOPLE, ZONES)
    order = random.sample(range(3), 3)
    assert_frame_equal(supply.supply(frame[order], INSTITUTIONS, PEOPLE, ZONES), found)
    for measure, at in (("in_service", 0), ("in_use", 1)):
        total = sum(n[at] or 0.0 for n in numbers)
        assert abs(found[measure].sum() - total) <= 1e-6
        assert abs(found[f"{measure}_reported"].sum() - total) <= 1e-6
