"""One cell at a time: what each type reads, and what it does not."""

from datetime import date, datetime

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.feed.source import Words
from transforms.feed.values import boolean, day, instant, number, utc


def read(expression, text):
    return pl.DataFrame({"x": [text]}, schema={"x": pl.String}).select(expression).item()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12", 12), ("-0.5", -0.5), ("+3", 3), ("1e3", 1000), ("007", 7), ("", None), ("x", None),
        ("1,5", None), ("1 000", None), ("inf", None), ("-Infinity", None), ("NaN", None),
        ("0x1F", None), ("1_000", None), ("12%", None), ("1.2.3", None), ("٣", None),
        ("=1+1", None),
    ],
)  # fmt: skip
def test_numbers_with_a_point(text, value):
    assert read(number(pl.col("x")), text) == value


@pytest.mark.parametrize(
    ("text", "value"), [("1,5", 1.5), ("12", 12), ("1.5", None), ("1,2,3", None), ("1.234,5", None)]
)
def test_numbers_with_a_comma(text, value):
    assert read(number(pl.col("x"), ","), text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.5", 1234.5),
        ("1234.5", 1234.5),
        ("1,23", None),
        ("12,34.5", None),
        ("1,234,567", 1234567),
        ("0,125", None),
        ("00,123", None),
        ("012,345", None),
        ("-10,000", -10000),
    ],
)
def test_thousands_must_stand_where_they_belong(text, value):
    assert read(number(pl.col("x"), ".", ","), text) == value


@given(st.floats(-1e12, 1e12, allow_nan=False))
def test_every_number_that_python_writes_is_read_back(value):
    assert read(number(pl.col("x")), repr(value)) == value


@pytest.mark.parametrize(
    ("text", "said", "value"),
    [
        ("2026-02-09", "%Y-%m-%d", date(2026, 2, 9)),
        ("03/04/2026", "%d/%m/%Y", date(2026, 4, 3)),
        ("03/04/2026", "%m/%d/%Y", date(2026, 3, 4)),
        ("03/04/2026", "%Y-%m-%d", None),
        ("26-02-09", "%Y-%m-%d", None),
        ("2026-02-30", "%Y-%m-%d", None),
        ("2026-02-09 10:00", "%Y-%m-%d", None),
        ("0026-02-09", "%Y-%m-%d", None),
        ("9999-12-31", "%Y-%m-%d", None),
        ("inf", "%Y-%m-%d", None),
        ("2026", "%Y", date(2026, 1, 1)),
        ("2026-03", "%Y-%m", date(2026, 3, 1)),
        ("Mar 2026", "%b %Y", date(2026, 3, 1)),
        ("9 March 2026", "%d %B %Y", date(2026, 3, 9)),
    ],
)
def test_dates_are_of_the_declared_format_only(text, said, value):
    assert read(day(pl.col("x"), said), text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2026-02-09 10:00", datetime(2026, 2, 9, 9)),
        ("2026-07-09 10:00", datetime(2026, 7, 9, 8)),
        ("2026-03-29 02:30", None),
        ("2026-10-25 02:30", None),
        ("2026-10-25 03:30", datetime(2026, 10, 25, 2, 30)),
        ("2026-02-09", None),
    ],
)
def test_local_times_become_utc_unless_a_clock_change_hides_them(text, value):
    assert read(instant(pl.col("x"), "%Y-%m-%d %H:%M", "Europe/Vienna"), text) == value


def test_a_time_with_its_offset_needs_no_zone():
    read_back = read(
        instant(pl.col("x"), "%Y-%m-%dT%H:%M:%S%z", "Asia/Tokyo"), "2026-02-09T10:00:00+0100"
    )
    assert read_back == datetime(2026, 2, 9, 9)


@pytest.mark.parametrize(
    ("text", "value"), [("Yes", True), ("No", False), ("yes", None), ("", None)]
)
def test_words_for_true_and_false(text, value):
    assert read(boolean(pl.col("x"), Words(true=["Yes"], false=["No"])), text) is value


@settings(max_examples=50)
@given(
    st.lists(st.datetimes(datetime(1995, 1, 1), datetime(2030, 1, 1)) | st.none(), max_size=20),
    st.sampled_from(["Europe/Vienna", "America/New_York", "Asia/Tehran", "Australia/Lord_Howe"]),
)
def test_looking_up_dates_gives_what_looking_up_each_time_gives(times, zone):
    local = pl.Series("t", times, pl.Datetime("us"))
    exact = local.dt.replace_time_zone(zone, ambiguous="null", non_existent="null")
    exact = exact.dt.convert_time_zone("UTC").dt.replace_time_zone(None)
    assert utc(local, zone).to_list() == exact.to_list()


@pytest.mark.parametrize(
    ("text", "known"),
    [("1899-12-31", False), ("1900-01-01", True), ("2199-12-31", True), ("2200-01-01", False)],
)
def test_days_and_instants_lie_in_the_years_1900_to_2199(text, known):
    assert (read(day(pl.col("x"), "%Y-%m-%d"), text) is not None) is known
    for said, clock in (("%Y-%m-%d %H:%M", " 00:00"), ("%Y-%m-%d %H:%M%z", " 00:00+0000")):
        assert (read(instant(pl.col("x"), said, "UTC"), text + clock) is not None) is known
