from datetime import date

import polars as pl
import pytest

from schemas import ops
from schemas.clean import Capacity
from schemas.table import check, conform
from transforms.quality.days import (
    alerts_of_days,
    any_came,
    faults_of_days,
    said_of_days,
    stale_after,
)

NIGHT = date(2022, 10, 20)
NEEDS = pl.DataFrame({"class_id": ["icu", "ward"], "resource_id": "bed", "units": 1.0})


def sent(*rows: tuple[str, str, int]) -> pl.DataFrame:
    """Rows of resource, first day and length of the period."""
    cells = [("a", resource, date.fromisoformat(day), days) for resource, day, days in rows]
    names = ["institution_id", "resource_id", "date", "period_days"]
    return conform(Capacity, pl.DataFrame(cells, names, orient="row"))


def found(*rows: tuple[str, str, int], came: bool = True, stale_days: int = 14) -> list[tuple]:
    faults = faults_of_days(sent(*rows), NEEDS, came, NIGHT, stale_days)
    return [(one.code, one.count, one.total) for one in faults]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("bed", "2022-10-20", 1)], []),
        ([("bed", "2022-10-19", 1)], []),
        ([("bed", "2022-10-18", 1)], [("plan_begins_before_night", 1, None)]),
        ([("bed", "2022-10-06", 1)], [("plan_begins_before_night", 13, None)]),
        (
            [("bed", "2022-10-05", 1)],
            [("plan_begins_before_night", 14, None), ("data_stale", 15, 14)],
        ),
        ([("bed", "2022-10-07", 7)], [("plan_begins_before_night", 6, None)]),
        ([("bed", "2022-10-14", 7), ("bed", "2022-10-07", 7)], []),
        ([("bed", "2022-10-20", 7)], [("data_beyond_night", 6, None)]),
        ([("bed", "2022-10-20", 1), ("bed", "2022-10-21", 1)], [("data_beyond_night", 1, None)]),
        ([("bed", "2022-10-20", 1), ("scanner", "2022-10-27", 7)], []),
        ([("bed", "2022-10-20", 1), ("bed", "2022-01-01", 365)], []),
    ],
    ids=[
        "tonight",
        "the day before",
        "a day late",
        "14 days old",
        "15 days old",
        "a week",
        "a week that ends tonight",
        "a week that begins tonight",
        "tomorrow",
        "a resource that nobody uses",
        "a year beside days",
    ],
)
def test_days_that_are_past_old_or_to_come_are_told(rows, expected):
    assert found(*rows) == expected


def test_a_silent_night_is_told_first_and_also_without_data():
    assert found(("bed", "2022-10-20", 1), came=False) == [("silent_night", None, None)]
    assert found(came=False) == [("silent_night", None, None)]


@pytest.mark.parametrize(
    ("rows", "asked", "allowed"),
    [
        ([("bed", "2022-10-19", 1)], None, 14),
        ([("bed", "2022-10-07", 7), ("bed", "2021-01-01", 365)], None, 14),
        ([("bed", "2022-09-01", 30), ("scanner", "2022-10-01", 365)], None, 60),
        ([("bed", "2021-01-01", 365), ("bed", "2021-12-31", 1)], None, 730),
        ([("bed", "2021-01-01", 365)], 400, 400),
        ([("bed", "2021-01-01", 365)], 0, 0),
        ([], None, 14),
    ],
    ids=["days", "weeks", "a month", "a year", "as asked", "none allowed", "no data"],
)
def test_data_may_be_two_periods_old_or_as_old_as_the_region_says(rows, asked, allowed):
    assert stale_after(sent(*rows), NEEDS, NIGHT, asked) == allowed


def arrivals(*rows: tuple[str, date, str]) -> pl.DataFrame:
    return pl.DataFrame(rows, ["delivery_id", "night", "verdict"], orient="row")


@pytest.mark.parametrize(
    ("verdict", "night", "came"),
    [
        ("loaded", NIGHT, True),
        ("held", NIGHT, True),
        ("rejected", NIGHT, True),
        ("duplicate", NIGHT, False),
        ("loaded", date(2022, 10, 19), False),
    ],
)
def test_what_repeats_an_earlier_delivery_is_not_new(verdict, night, came):
    none = arrivals().cast({"night": pl.Date, "verdict": pl.String})
    assert any_came(arrivals(("d", night, verdict)), none, NIGHT) is came


@pytest.mark.parametrize(
    ("verdict", "night", "came"),
    [("loaded", NIGHT, True), ("rejected", NIGHT, False), ("loaded", date(2022, 10, 19), False)],
)
def test_a_delivery_that_is_released_tonight_is_new(verdict, night, came):
    held = arrivals(("d", date(2022, 10, 18), "loaded"))
    assert any_came(held, arrivals(("d", night, verdict)), NIGHT) is came


def test_alerts_have_the_facts_in_columns_and_say_what_to_do():
    faults = faults_of_days(sent(("bed", "2022-10-05", 1)), NEEDS, False, NIGHT, 14)
    own = {"run_key": "us/2022-10-20", "step": "quality"}
    alerts = alerts_of_days("us", faults).with_columns(pl.lit(v).alias(c) for c, v in own.items())
    assert check(ops.Alert, alerts).select("rule", "subject", "measured", "threshold").rows() == [
        ("data_stale", "us", 15.0, 14.0),
        ("plan_begins_before_night", "us", 14.0, None),
        ("silent_night", "us", None, None),
    ]
    assert "; what to do: " in alerts["message"][0]
    assert said_of_days([*alerts.to_dicts(), {"rule": "silent_feed"}]) == [
        "the data end 15 days before the night (14 days are allowed)",
        "the plan begins 14 days before the night",
        "no new delivery came",
    ]


def test_nothing_to_tell_makes_no_alert():
    assert alerts_of_days("us", []).is_empty()
