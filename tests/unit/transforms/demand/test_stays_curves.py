from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.assumptions.planning import PlanningAssumptions
from schemas.results.allocation import AllocationStay
from schemas.table import check
from transforms.demand.stays import allocation_stay, curves, geometric, observed

CLASSES = pl.DataFrame({"class_id": ["icu", "general"], "mean_stay_days": [4.0, 2.0]})


def curve(
    *stays: tuple[int, bool], days: int = 4, mean: float = 2.0, least: int = 1
) -> list[float]:
    lengths, is_open = zip(*stays, strict=True)
    shares = observed(np.array(lengths), np.array(is_open), mean, days, least)
    return [pytest.approx(s, abs=1e-12) for s in shares]


def test_without_open_stays_it_is_the_share_still_in():
    """Of stays of 1, 2, 2 and 4 days, 3 are in on day 1, 1 on days 2 and 3, none on day 4."""
    rows = [(1, False), (2, False), (2, False), (4, False)]
    assert curve(*rows) == [1, 0.75, 0.25, 0.25, 0]


def test_an_open_stay_counts_as_at_least_so_long():
    """In for 2 days so far: seen on days 0 and 1, so at risk once, of leaving after day 0.

    Day 1: of 4, 1 left. Day 2: the open stay is out of sight; of 2, 1 left. Day 3: of 1, none.
    """
    rows = [(1, False), (2, False), (2, True), (4, False)]
    assert curve(*rows) == [1, 0.75, 0.375, 0.375, 0]


def test_who_came_today_says_nothing():
    assert curve((1, True), (1, False), (3, False)) == curve((1, False), (3, False))


def test_leaving_open_stays_out_would_shorten_the_curve():
    assert curve((1, False), (2, False))[1] == 1 / 2
    assert curve((1, False), (2, False), (9, True))[1] == 2 / 3


def test_beyond_what_is_observed_people_leave_as_they_did_before():
    """Two are watched, leaving after days 0 and 1: 2 of 3 patient-days ended in a discharge."""
    found = observed(np.array([1, 2]), np.array([False, False]), 9.0, 4, least_at_risk=2)
    assert found == pytest.approx([1, 0.5, 0.25, 0.125, 0.0625])
    later = observed(np.array([1, 3, 3]), np.array([False, True, True]), 9.0, 4)
    assert later == pytest.approx([1, 2 / 3, 2 / 3, 2 / 3 * 4 / 5, 2 / 3 * (4 / 5) ** 2])


def test_where_nobody_left_yet_the_mean_stay_decides():
    assert curve((2, True), (2, True), days=3, mean=4.0) == [1, 1, 0.75, 0.5625]
    assert curve((2, True), (2, True), days=3, mean=1.25) == [1, 1, 0.2, 0.04]


@pytest.mark.parametrize(
    ("mean", "expected"), [(4.0, [1, 0.75, 0.5625]), (1.0, [1, 0, 0]), (0.5, [1, 0, 0])]
)
def test_geometric_stays_follow_the_mean(mean, expected):
    assert geometric(mean, 2).tolist() == expected


@given(
    st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=60),
    st.floats(0.2, 60),
    st.integers(1, 60),
    st.integers(1, 8),
)
def test_a_curve_starts_at_one_and_never_rises(rows, mean, days, least):
    lengths, is_open = zip(*rows, strict=True)
    shares = observed(np.array(lengths), np.array(is_open), mean, days, least)
    assert len(shares) == days + 1
    assert shares[0] == 1
    assert (np.diff(shares) <= 0).all()
    assert (shares >= 0).all()


@given(st.lists(st.integers(1, 30), min_size=1, max_size=50))
def test_closed_stays_keep_their_mean(lengths):
    """The sum of the shares over all days is the mean number of days in bed."""
    shares = observed(np.array(lengths), np.zeros(len(lengths), dtype=bool), 1.0, 30)
    assert shares.sum() == pytest.approx(np.mean(lengths))


def stays_of(class_id: str, lengths: list[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "class_id": class_id,
            "admitted": [date(2026, 1, 1)] * len(lengths),
            "days": lengths,
            "open": False,
        }
    )


BEFORE = stays_of("other", [1]).with_columns(admitted=date(2025, 12, 31))


def test_a_class_with_too_few_stays_is_geometric():
    planning = PlanningAssumptions(least_stays=3, least_at_risk=1)
    stays = pl.concat([BEFORE, stays_of("icu", [1, 3, 3]), stays_of("general", [2, 2])])
    found = check(AllocationStay, allocation_stay(curves(stays, CLASSES, planning, 3), 3))
    assert found.rows() == [
        ("general", 0, 1.0),
        ("general", 1, 0.5),
        ("general", 2, 0.25),
        ("general", 3, 0.125),
        ("icu", 0, 1.0),
        ("icu", 1, pytest.approx(2 / 3)),
        ("icu", 2, pytest.approx(2 / 3)),
        ("icu", 3, 0.0),
    ]


def test_stays_from_before_the_record_or_long_ago_do_not_count():
    """The record starts on 1 February, when the first long stay ends."""
    planning = PlanningAssumptions(least_stays=1, least_at_risk=1, stay_days=20)
    long = stays_of("icu", [31])
    new = stays_of("icu", [1, 1]).with_columns(admitted=date(2026, 2, 10))
    found = curves(pl.concat([long, new]), CLASSES, planning, 2)["icu"]
    assert found[1] == 0


def test_curves_reach_from_the_longest_stay_to_the_horizon():
    stays = pl.concat([BEFORE, stays_of("icu", [50] * 40)])
    assert len(curves(stays, CLASSES, PlanningAssumptions(), 7)["icu"]) == 1 + 50 + 7 + 1
