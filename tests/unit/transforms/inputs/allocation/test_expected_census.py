from datetime import date

import numpy as np
import polars as pl
import pytest

from schemas.clean import CareClass
from schemas.results.allocation import AllocationCensus
from schemas.table import check, conform
from transforms.demand.stays import geometric
from transforms.inputs.allocation.expected import allocation_census
from transforms.inputs.allocation.offer import plan_days

TODAY = date(2026, 2, 1)
FIRST, SECOND = date(2026, 2, 2), date(2026, 2, 3)
UNITS = pl.DataFrame({"institution_id": ["a", "b"]})
STAY = {
    "institution_id": pl.String,
    "class_id": pl.String,
    "days": pl.Int64,
    "open": pl.Boolean,
}


def classes(mean: float) -> pl.DataFrame:
    row = {"class_id": ["icu"], "name": "x", "harm_weight": 1.0, "mean_stay_days": mean}
    return conform(CareClass, pl.DataFrame({**row, "mean_stay_source": "x"}))


def stays(*rows: tuple[str, int, bool]) -> pl.DataFrame:
    return pl.DataFrame([(i, "icu", d, o) for i, d, o in rows], orient="row", schema=STAY)


def patients(*rows: tuple[str, float]) -> pl.DataFrame:
    schema = {"institution_id": pl.String, "class_id": pl.String, "patients": pl.Float64}
    return pl.DataFrame([(i, "icu", n) for i, n in rows], orient="row", schema=schema)


def forecast(known: pl.DataFrame, today: pl.DataFrame, curve: list[float], mean: float = 4.0):
    found = allocation_census(
        known, today, UNITS, classes(mean), {"icu": np.array(curve)}, plan_days(TODAY, 2)
    )
    return check(AllocationCensus, found).rows()


def test_patients_stay_on_by_how_long_they_have_been_in():
    """Curve 1, .8, .4, .1: came today 0.8 then 0.4; in since yesterday 0.5 then 0.125."""
    known = stays(("a", 1, True), ("a", 1, True), ("a", 2, True), ("a", 3, False))
    found = forecast(known, patients(("a", 3.0)), [1, 0.8, 0.4, 0.1])
    assert found == [
        ("a", "icu", FIRST, pytest.approx(2 * 0.8 + 0.5)),
        ("a", "icu", SECOND, pytest.approx(2 * 0.4 + 0.125)),
    ]


def test_expected_patients_are_added_to_nine_decimals():
    found = forecast(stays(("a", 1, True)), patients(), [3, 1, 2])
    assert [row[3] for row in found] == [0.333333333, 0.666666667]


def test_patients_of_institutions_that_take_no_part_are_left_out():
    assert forecast(stays(("x", 1, True)), patients(), [1, 0.8, 0.4]) == []


def test_who_stays_beyond_the_curve_is_expected_to_leave():
    found = forecast(stays(("a", 2, True)), patients(), [1, 0, 0, 0])
    assert [row[3] for row in found] == [0, 0]


def test_where_only_a_census_is_known_it_shrinks_by_the_mean_stay():
    found = forecast(stays(), patients(("b", 8.0)), [1, 1, 1])
    assert found == [
        ("b", "icu", FIRST, pytest.approx(6.0)),
        ("b", "icu", SECOND, pytest.approx(4.5)),
    ]


def test_stays_shorter_than_a_day_are_over_tomorrow():
    found = forecast(stays(), patients(("b", 8.0)), [1, 1, 1], mean=0.5)
    assert [row[3] for row in found] == [0, 0]


def test_both_ways_agree_where_stays_are_geometric():
    known = stays(*((("a", d, True)) for d in (1, 2, 5, 9)))
    curve = list(geometric(4.0, 20))
    by_stay = forecast(known, patients(("a", 4.0)), curve)
    by_mean = forecast(stays(), patients(("a", 4.0)), curve)
    assert [row[3] for row in by_stay] == pytest.approx([row[3] for row in by_mean])
