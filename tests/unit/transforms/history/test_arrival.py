from datetime import date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import clean
from transforms.history.arrival import arrived, drawn

DAY = date(2022, 9, 23)


def deliveries(*rows):
    schema = {
        "delivery_id": pl.String,
        "feed": pl.String,
        "extract_time": pl.Datetime("us"),
        "received_at": pl.Datetime("us"),
    }
    return pl.DataFrame(rows, schema, orient="row")


def at(day):
    return datetime(day.year, day.month, day.day, 12)


def capacity(*rows):
    schema = {"delivery_id": pl.String, "date": pl.Date, "period_days": pl.Int64}
    return pl.DataFrame(rows, schema, orient="row")


def there(night, files, rows, **others):
    return arrived({clean.Capacity: rows, **others}, files, night)[clean.Capacity].height


def test_a_week_that_begins_on_the_day_in_the_files_name_arrives_when_it_is_over():
    files = drawn(
        deliveries(("a", "weekly", at(DAY), at(date(2023, 1, 1)))), {"weekly": "UTC"}, ["weekly"]
    )
    week = capacity(("a", DAY, 7))
    assert there(date(2022, 9, 29), files, week) == 0
    assert there(date(2022, 9, 30), files, week) == 1


def test_a_file_drawn_on_the_last_day_that_it_covers_arrives_on_that_day():
    before = DAY - timedelta(days=1)
    made = deliveries(("a", "daily", at(before), None), ("b", "daily", at(DAY), None))
    files = drawn(made, {"daily": "UTC"}, ["daily"])
    rows = capacity(("b", DAY, 1), ("b", DAY - timedelta(days=30), 1))
    assert there(DAY, files, rows) == 2
    assert there(before, files, rows) == 0


@pytest.mark.parametrize("dated", [False, True])
def test_a_home_filled_at_once_arrives_day_by_day_and_later_files_on_their_day(dated):
    first, later = date(2022, 10, 20), date(2022, 10, 25)
    made = deliveries(("a", "x", at(first), at(first)), ("b", "x", at(later), at(later)))
    files = drawn(made, {"x": "UTC"}, ["x"] if dated else [])
    rows = capacity(("a", DAY, 1), ("a", DAY + timedelta(days=1), 1), ("b", DAY, 1))
    assert there(DAY, files, rows) == 0
    assert there(DAY + timedelta(days=1), files, rows) == 1
    assert there(DAY + timedelta(days=2), files, rows) == 2
    assert there(later, files, rows) == 3


@pytest.mark.parametrize(("night", "known"), [(date(2022, 9, 29), 0), (date(2022, 9, 30), 1)])
def test_places_arrive_with_the_first_dated_row_of_their_file(night, known):
    files = drawn(deliveries(("a", "weekly", at(DAY), at(DAY))), {"weekly": "UTC"}, ["weekly"])
    places = pl.DataFrame({"delivery_id": ["a"], "institution_id": ["h"]})
    found = arrived(
        {clean.Institution: places, clean.Capacity: capacity(("a", DAY, 7))}, files, night
    )
    assert found[clean.Institution].height == known


def test_places_of_an_undated_file_without_dated_rows_have_always_been_there():
    files = drawn(deliveries(("a", "x", None, at(DAY))), {"x": "UTC"}, [])
    places = pl.DataFrame({"delivery_id": ["a"], "zone_id": ["z"]})
    found = arrived({clean.Zone: places, clean.Capacity: capacity()}, files, date(2020, 1, 1))
    assert found[clean.Zone].height == 1


@given(
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from([1, 7])), max_size=20),
    st.booleans(),
    st.integers(0, 40),
)
def test_no_row_arrives_before_its_last_day_is_over_or_its_file_is_there(rows, is_first, night):
    told = DAY + timedelta(days=20)
    before = [] if is_first else [("0", "x", at(DAY - timedelta(days=9)), None)]
    files = drawn(deliveries(*before, ("a", "x", at(told), None)), {"x": "UTC"}, ["x"])
    table = capacity(*(("a", DAY + timedelta(days=n), length) for n, length in rows))
    day = DAY + timedelta(days=night)
    found = arrived({clean.Capacity: table}, files, day)[clean.Capacity]
    for first, length in found.select("date", "period_days").rows():
        last = first + timedelta(days=length - 1)
        assert day > last if is_first else day > last >= told or day >= told >= last
