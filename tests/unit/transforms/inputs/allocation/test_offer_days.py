from datetime import date, timedelta

import polars as pl
import pytest

from schemas.assumptions.region import CareClassDefinition
from schemas.clean import CapacityEstimate, Institution
from schemas.errors import InputRefused
from schemas.table import conform, empty
from transforms.inputs.allocation import planning_start
from transforms.inputs.allocation.offer import last_reports, plan_days, units_today

DAY = date(2026, 1, 31)
ICU = CareClassDefinition(
    class_id="icu", name="x", harm_weight=1, mean_stay_days=4, uses={"bed": 1, "nurse": 0.5}
)
NEEDS = pl.DataFrame({"class_id": ["icu", "icu"], "resource_id": ["bed", "nurse"]})
INSTITUTIONS = conform(
    Institution,
    pl.DataFrame({"institution_id": ["a", "b"], "zone_id": "z", "region_id": "R"}),
)


def estimates(*rows: tuple, days: int = 1) -> pl.DataFrame:
    """Rows of institution, resource, days since their period began, in service, imputed."""
    names = {"institution_id": pl.String, "resource_id": pl.String, "ago": pl.Int64}
    units = {"in_service_reported": pl.Float64, "in_service_imputed": pl.Float64}
    frame = pl.DataFrame(rows, orient="row", schema={**names, **units})
    dated = frame.with_columns(date=pl.lit(DAY) - pl.duration(days="ago"), period_days=days)
    return conform(CapacityEstimate, dated)


@pytest.mark.parametrize(
    ("night", "days", "expected"),
    [
        (date(2026, 3, 1), 1, date(2026, 2, 1)),
        (date(2026, 1, 25), 1, date(2026, 1, 25)),
        (date(2026, 3, 1), 7, date(2026, 2, 7)),
        (date(2026, 1, 30), 7, date(2026, 1, 31)),
    ],
    ids=["old data", "an earlier night", "weekly data", "an earlier week"],
)
def test_planning_starts_the_day_after_the_last_that_capacity_covers(night, days, expected):
    """Periods that begin on 24 and 31 January."""
    sent = estimates(("a", "bed", 0, 1.0, None), ("a", "bed", 7, 1.0, None), days=days)
    assert planning_start(sent, [ICU], night) == expected


def test_a_resource_that_no_class_uses_does_not_set_the_start():
    sent = estimates(("a", "licence", 0, 1.0, None), ("a", "nurse", 3, 1.0, None))
    assert planning_start(sent, [ICU], DAY) == date(2026, 1, 29)


def test_without_capacity_there_is_nothing_to_plan():
    with pytest.raises(InputRefused, match="no capacity of bed, nurse"):
        planning_start(empty(CapacityEstimate), [ICU], DAY)
    with pytest.raises(
        InputRefused, match="no capacity of bed, nurse up to 2026-01-30 has arrived"
    ):
        planning_start(estimates(("a", "bed", 0, 1.0, None)), [ICU], DAY - timedelta(days=1))


def test_days_are_numbered_from_one():
    assert plan_days(DAY, 2).rows() == [(1, date(2026, 2, 1)), (2, date(2026, 2, 2))]


def today(estimate: pl.DataFrame, institution: pl.DataFrame = INSTITUTIONS) -> list[tuple]:
    found = units_today(estimate, institution, NEEDS, DAY, oldest_days=10)
    return found.select("institution_id", "resource_id", "service", "age_days").rows()


def test_the_newest_row_counts_and_its_age_is_told():
    sent = estimates(
        ("a", "bed", 0, 5.0, None),
        ("a", "bed", 7, 9.0, None),
        ("a", "bed", -1, 7.0, None),
        ("b", "bed", 7, None, 3.0),
        ("b", "nurse", 0, None, None),
        ("a", "nurse", 0, 2.0, None),
    )
    assert today(sent) == [
        ("a", "bed", 5.0, 0),
        ("a", "nurse", 2.0, 0),
        ("b", "bed", 3.0, 7),
        ("b", "nurse", 0.0, 0),
    ]


def test_ages_count_from_the_last_day_that_is_covered():
    """Weeks that began on 31 and 24 January, on a plan from 7 February."""
    sent = estimates(("a", "bed", 0, 5.0, None), ("b", "bed", 7, 3.0, None), days=7)
    found = units_today(sent, INSTITUTIONS, NEEDS, DAY + timedelta(days=6), oldest_days=7)
    beds = found.filter(resource_id="bed")
    assert beds.select("service", "age_days").rows() == [(5.0, 0), (3.0, 7)]
    found = units_today(sent, INSTITUTIONS, NEEDS, DAY + timedelta(days=6), oldest_days=6)
    assert found["institution_id"].unique().to_list() == ["a"]


def test_a_period_that_goes_on_is_of_today():
    sent = estimates(("a", "bed", 3, 5.0, None), days=366)
    assert today(sent) == [("a", "bed", 5.0, 0), ("a", "nurse", 0.0, None)]


def test_a_resource_never_sent_counts_as_none():
    assert today(estimates(("a", "bed", 0, 5.0, None))) == [
        ("a", "bed", 5.0, 0),
        ("a", "nurse", 0.0, None),
    ]


def test_an_institution_silent_for_too_long_takes_no_part():
    sent = estimates(("a", "bed", 10, 5.0, None), ("b", "bed", 11, 5.0, None))
    assert {row[0] for row in today(sent)} == {"a"}


@pytest.mark.parametrize(
    ("opened", "closed", "takes_part"),
    [
        (None, None, True),
        (DAY + timedelta(days=1), DAY + timedelta(days=1), True),
        (DAY + timedelta(days=2), None, False),
        (None, DAY, False),
    ],
    ids=["always", "that day only", "not yet", "no more"],
)
def test_only_institutions_active_on_the_first_day_take_part(opened, closed, takes_part):
    dates = {"active_from": pl.Date, "active_to": pl.Date}
    hospital = INSTITUTIONS.head(1).with_columns(
        pl.lit(day, dates[name]).alias(name)
        for name, day in (("active_from", opened), ("active_to", closed))
    )
    assert bool(today(estimates(("a", "bed", 0, 5.0, None)), hospital)) is takes_part


def test_the_last_report_of_a_class_is_the_newest_with_a_number_of_its_own():
    """a told of a bed yesterday, of a nurse two days ago; what is imputed or of tomorrow is no
    report. A number in use is one too.
    """
    sent = estimates(
        ("a", "bed", 1, 5.0, None),
        ("a", "nurse", 2, 5.0, None),
        ("a", "bed", 0, None, 5.0),
        ("a", "bed", -1, 5.0, None),
        ("a", "licence", 0, 5.0, None),
        ("b", "bed", 3, None, None),
    ).with_columns(in_use_reported=pl.when(institution_id=pl.lit("b")).then(1.0))
    needs = pl.concat([NEEDS, NEEDS.tail(1).with_columns(class_id=pl.lit("ward"))])
    found = last_reports(sent, needs, DAY).sort("institution_id", "class_id")
    days = [(i, c, (DAY - seen).days) for i, c, seen in found.rows()]
    assert days == [("a", "icu", 1), ("a", "ward", 2), ("b", "icu", 3)]


def test_a_report_of_a_week_tells_of_all_its_days_that_are_known():
    weekly = estimates(("a", "bed", 6, 5.0, None), ("b", "bed", 2, 5.0, None), days=7)
    found = last_reports(weekly, NEEDS.head(1), DAY).sort("institution_id")
    assert found["seen"].to_list() == [DAY, DAY]
    found = last_reports(weekly.head(1), NEEDS.head(1), DAY + timedelta(days=1))
    assert found["seen"].to_list() == [DAY]
