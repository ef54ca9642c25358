"""What a feed says of itself: file names, columns, words, limits."""

from datetime import datetime, timedelta

import pytest

from schemas.clean import Capacity, Finance
from schemas.feed.expression import columns_of, limits
from schemas.feed.file import File
from schemas.feed.source import Source


def file(name=r"beds_(?P<extract>.*)\.csv", extract_format="%Y-%m-%d", zone="America/New_York"):
    return File(name=name, extract_format=extract_format, timezone=zone)


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("beds_2022-10-07.csv", datetime(2022, 10, 7, 4)),
        ("beds_2022-12-07.csv", datetime(2022, 12, 7, 5)),
        ("beds_2022-13-07.csv", None),
        ("beds_.csv", None),
        ("other.csv", None),
        ("beds_2022-10-07.csv.csv\n", None),
    ],
)
def test_the_extract_time_is_local_time_in_the_name(name, drawn):
    assert file().drawn_at(name) == drawn


def test_a_name_without_a_date_takes_the_feeds():
    fixed = File(name="places.csv", extract_time=datetime(2018, 1, 1), timezone="UTC")
    assert fixed.drawn_at("places.csv") == datetime(2018, 1, 1)


@pytest.mark.parametrize(
    ("said", "days"), [("%Y-%m-%d", 1), ("%Y-%m-%dT%H%M", 0), ("%Y-%m", 31), ("%Y", 366)]
)
def test_a_file_may_speak_of_the_whole_day_month_or_year_of_its_name(said, days):
    drawn = datetime(2022, 6, 7, 4)
    assert file(extract_format=said).last_moment(drawn) == drawn + timedelta(days=days)


def test_the_day_on_which_clocks_are_put_back_ends_after_25_hours():
    begins = datetime(2022, 11, 6, 4)
    assert file().last_moment(begins) == begins + timedelta(hours=25)


def source(**parts):
    return Source(**{"text": ["id"], "key": ["id"], **parts})


def test_an_exact_name_wins_over_a_pattern():
    columns = source(number=["beds_.*"], date={"beds_day": "%Y-%m-%d"})
    assert columns.kind("beds_day") == "date"
    assert columns.kind("beds_avg") == "number"
    assert columns.kind("other") is None


def test_a_plain_name_is_required_and_a_pattern_is_not():
    columns = source(number=["beds", "(a|b)_sum"], names={"a_sum": ["A SUM"]}, optional=["beds"])
    assert columns.required() == ["id", "a_sum"]


@pytest.mark.parametrize(
    ("expression", "columns"),
    [
        ("coalesce(b, a / c)", ["b", "a", "c"]),
        ("case when a > 1 then 'b' else d end", ["a", "d"]),
        ("'a'", []),
        ('"in" - aa + a', ["in", "aa", "a"]),
    ],
)
def test_columns_come_in_the_order_in_which_an_expression_names_them(expression, columns):
    assert columns_of(expression) == columns


def test_limits_are_read_from_the_tables_declaration():
    capacity, finance = limits(Capacity), limits(Finance)
    assert (capacity["in_service"].low, capacity["in_service"].nullable) == (0, True)
    assert capacity["period_days"].low == 1
    assert capacity["institution_id"].longest == 128
    assert "operating_cost" in finance["measure"].words
    assert finance["amount"].low == float("-inf")
