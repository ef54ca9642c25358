from datetime import date, timedelta

import polars as pl
import pytest

from schemas.clean import Capacity, Institution
from schemas.table import conform
from transforms.quality.capacity import (
    capacity_jumped,
    known_share,
    silent_institution,
    stale_institution,
    total_jumped,
    use_above_capacity,
)

NIGHT = date(2026, 2, 10)
Row = tuple[str, str, int, float | None, float | None]


def capacity(*rows: Row, period: int = 1) -> pl.DataFrame:
    """Rows of institution, resource, days before the night, in service, in use."""
    names = ("institution_id", "resource_id", "days", "in_service", "in_use")
    kinds = (pl.String, pl.String, pl.Int64, pl.Float64, pl.Float64)
    frame = pl.DataFrame(rows, schema=dict(zip(names, kinds, strict=True)), orient="row")
    made = frame.with_columns(
        date=pl.lit(NIGHT) - pl.duration(days="days"), period_days=pl.lit(period)
    )
    return conform(Capacity, made.with_columns(pl.col("date").cast(pl.Date)))


def test_use_above_capacity_looks_at_the_newest_figures_alone():
    rows = capacity(
        ("a", "bed", 0, 10, 12),
        ("a", "icu", 0, 10, 15),
        ("b", "bed", 0, 10, 10),
        ("b", "bed", 1, 10, 11),
        ("c", "bed", 0, 0, 3),
        ("d", "bed", 0, None, 3),
    )
    assert use_above_capacity(rows).rows() == [("a", 1.5)]


@pytest.mark.parametrize(
    ("before", "after", "days", "value"),
    [
        (20, 30, 7, None),
        (20, 31, 7, 0.55),
        (20, 9, 7, 0.55),
        (10, 19, 7, None),
        (20, 40, 6, None),
        (20, 40, 30, 1.0),
        (0, 40, 7, None),
        (None, 40, 7, None),
    ],
)
def test_capacity_jumped_by_over_half_and_by_ten(before, after, days, value):
    found = capacity_jumped(
        capacity(("a", "bed", days, before, None), ("a", "bed", 0, after, None))
    )
    assert found.rows() == ([] if value is None else [("a", pytest.approx(value))])


def test_a_weekly_mean_is_compared_with_the_week_before():
    rows = capacity(
        ("a", "bed", 14, 100, 0), ("a", "bed", 7, 20, 0), ("a", "bed", 0, 20, 0), period=7
    )
    assert capacity_jumped(rows).rows() == []


def test_a_total_counts_institutions_with_both_figures():
    rows = capacity(
        ("a", "bed", 7, 100, 0),
        ("a", "bed", 0, 70, 0),
        ("b", "bed", 7, 10, 0),
        ("b", "bed", 0, 10, 0),
        ("new", "bed", 0, 1000, 0),
        ("gone", "bed", 7, 1000, 0),
        ("a", "icu", 7, 10, 0),
        ("a", "icu", 0, 12, 0),
    )
    assert total_jumped(rows).rows() == [("bed", pytest.approx(30 / 110))]


def test_a_total_counts_figures_of_the_newest_period_alone():
    """b was last heard of a day before a; of weekly figures it would be of the same week."""
    rows = [("a", "bed", 7, 10, 0), ("a", "bed", 0, 10, 0), ("b", "bed", 8, 10, 0)]
    rows += [("b", "bed", 1, 40, 0)]
    assert total_jumped(capacity(*rows)).is_empty()
    assert total_jumped(capacity(*rows, period=7)).rows() == [("bed", 1.5)]
    assert total_jumped(capacity(*rows, ("b", "bed", 0, 40, 0))).rows() == [("bed", 1.5)]


def test_an_institution_is_stale_once_it_is_two_weeks_behind_with_all_it_reports():
    rows = capacity(
        ("newest", "bed", 0, 1, 1),
        ("newest", "icu", 0, 1, 1),
        ("two weeks", "bed", 14, 1, 1),
        *((f"more {n}", "bed", 15 + n, 1, 1) for n in range(9, -1, -1)),
        ("half", "bed", 40, 1, 1),
        ("half", "icu", 3, 1, 1),
    )
    late = [(f"more {n}", 15.0 + n) for n in range(10)]
    assert stale_institution(rows).rows() == late


def test_an_institution_is_behind_since_its_last_period_ended():
    """Weeks that ended 14 and 15 days before the newest day."""
    weeks = capacity(("on time", "bed", 20, 1, 1), ("late", "bed", 21, 1, 1), period=7)
    rows = pl.concat([capacity(("newest", "bed", 0, 1, 1)), weeks])
    assert stale_institution(rows).rows() == [("late", 15.0)]


def test_yearly_figures_are_stale_after_two_years():
    rows = capacity(
        ("a", "bed", 0, 1, 1), ("b", "bed", 730, 1, 1), ("c", "bed", 731, 1, 1), period=365
    )
    assert stale_institution(rows).rows() == [("c", 731.0)]


def test_a_silent_institution_is_open_and_never_sent_figures():
    places = pl.DataFrame(
        {
            "institution_id": ["heard", "silent", "closed", "last day", "later"],
            "zone_id": ["z"] * 5,
            "region_id": ["r"] * 5,
            "active_to": [None, None, NIGHT - timedelta(1), NIGHT, None],
            "active_from": [None, NIGHT, None, None, NIGHT + timedelta(1)],
        }
    )
    found = silent_institution(
        conform(Institution, places), capacity(("heard", "bed", 99, 1, 1)), pl.lit(NIGHT)
    )
    assert found["subject"].to_list() == ["last day", "silent"]


def test_known_share_asks_for_nothing_that_no_one_reports():
    rows = capacity(
        ("a", "bed", 0, 10, 9),
        ("a", "scanner", 0, 2, None),
        ("b", "bed", 0, None, 9),
        ("b", "bed", 1, 10, 9),
        ("c", "thing", 0, None, None),
    )
    assert known_share(rows).rows() == [("a", 1.0), ("b", 0.5), ("c", None)]


def test_no_rule_minds_an_empty_table():
    none = capacity()
    for rule in (use_above_capacity, capacity_jumped, total_jumped, stale_institution, known_share):
        assert rule(none).is_empty()
