from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.demand.stays import geometric
from transforms.inputs.allocation.foreseen import arrivals

FIRST = date(2026, 2, 2)
HALVES = {"icu": geometric(2.0, 5)}


def expected(*figures: tuple[float, float], institution: str = "a") -> pl.DataFrame:
    rows = [(institution, "icu", FIRST + timedelta(days=t), *f) for t, f in enumerate(figures)]
    schema = ["institution_id", "class_id", "date", "mean", "upper"]
    return pl.DataFrame(rows, orient="row", schema=schema)


def census(*patients: float, institution: str = "a") -> pl.DataFrame:
    rows = [(institution, "icu", FIRST + timedelta(days=t), n) for t, n in enumerate(patients)]
    schema = ["institution_id", "class_id", "date", "patients"]
    return pl.DataFrame(rows, orient="row", schema=schema)


def test_those_come_who_are_missing_from_the_expected_census():
    """8 are in and half of them leave each day. 10, 12, 9 and 9 are expected.

    Day 1: 4 are in still, 6 come. Day 2: 2 + 3 are in still, 7 come. Day 3: 1 + 1.5 + 3.5 are
    in still, 3 come. Day 4: 0.5 + 0.75 + 1.75 + 1.5 are in still, 4.5 come.
    """
    found = arrivals(expected((10, 12), (12, 12), (9, 11), (9, 9)), census(4, 2, 1, 0.5), HALVES)
    assert found["mean"].to_list() == [6.0, 7.0, 3.0, 4.5]
    assert found["upper"].to_list() == [8.0, 7.0, 5.0, 4.5]


def test_nobody_is_sent_away_where_fewer_are_expected_than_stay():
    found = arrivals(expected((3, 3), (3, 3)), census(4, 2), HALVES)
    assert found["mean"].to_list() == [0.0, 1.0]


def test_an_institution_without_patients_today_fills_from_nobody():
    found = arrivals(expected((2, 2), (2, 2)), census(5, 5, institution="b"), HALVES)
    assert found["mean"].to_list() == [2.0, 1.0]


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=20), st.floats(0, 1000), st.floats(1, 30))
def test_the_census_is_never_below_the_expected_one(wanted, today, mean_stay):
    shape = geometric(mean_stay, len(wanted) + 1)
    staying = today * shape[1 : len(wanted) + 1]
    rows = expected(*((f, f) for f in wanted))
    came = arrivals(rows, census(*staying), {"icu": shape})["mean"].to_numpy()
    reached = staying + np.array(
        [sum(shape[t - k] * came[k] for k in range(t + 1)) for t in range(len(wanted))]
    )
    assert (reached >= np.array(wanted) - 1e-6).all()
    assert reached[came > 0] == pytest.approx(np.array(wanted)[came > 0], abs=1e-6)
