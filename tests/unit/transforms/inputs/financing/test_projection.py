from datetime import date, timedelta

import polars as pl
import pytest

from schemas import clean
from schemas.results.financing import FinancingProjection, FinancingProjectionError
from schemas.table import check, conform
from transforms.inputs.financing.projection import (
    growths,
    projection_errors,
    projections,
    year_before,
    yearly,
)


def finance(*rows: tuple[str, str, str, int, float]) -> pl.DataFrame:
    """Institution, measure, payer, year, amount of calendar years."""
    names = ["institution_id", "measure", "payer_id", "period_start", "period_end", "amount"]
    flat = [(i, m, y, date(n, 1, 1), date(n, 12, 31), float(a)) for i, m, y, n, a in rows]
    return conform(clean.Finance, pl.DataFrame(flat, schema=names, orient="row"))


def costs(institution: str, *amounts: float) -> list[tuple]:
    return [
        (institution, "operating_cost", "all", 2017 + k, amount) for k, amount in enumerate(amounts)
    ]


def test_a_year_is_told_from_the_one_before_and_the_growth_before_that():
    """Growth 2017 to 2018: 10 %, 20 %, 30 %, median 20 %; c's 2019 is 130 x 1.2 = 156."""
    rows = finance(
        *costs("a", 100, 110, 130), *costs("b", 100, 120, 150), *costs("c", 100, 130, 120)
    )
    years = yearly(rows, 28)
    assert growths(years).rows()[0] == ("operating_cost", pytest.approx(0.2))
    found = check(FinancingProjection, projections(years))
    assert found["projected"].to_list() == [132.0, 144.0, 156.0]
    assert found["error"].to_list() == pytest.approx([2 / 130, -6 / 150, 36 / 120])
    assert found["basis_end"].to_list() == [date(2018, 12, 31)] * 3
    errors = check(FinancingProjectionError, projection_errors(years, found)).row(0, named=True)
    assert errors["institutions"] == 3
    assert errors["median_error"] == pytest.approx(0.04)
    assert errors["p90_error"] == pytest.approx(0.04 + 0.8 * (0.3 - 0.04))


def test_what_is_projected_does_not_see_the_year_it_is_compared_with():
    before = finance(*costs("a", 100, 110, 130), *costs("b", 100, 120, 150))
    after = finance(*costs("a", 100, 110, 99999), *costs("b", 100, 120, 1))
    one, other = (projections(yearly(rows, 28))["projected"].to_list() for rows in (before, after))
    assert one == other


def test_payers_are_added_unless_a_total_is_sent():
    rows = finance(
        ("a", "net_patient_revenue", "x", 2018, 30),
        ("a", "net_patient_revenue", "y", 2018, 70),
        ("a", "net_patient_revenue", "all", 2019, 120),
        ("a", "net_patient_revenue", "x", 2019, 50),
    )
    assert yearly(rows, 28)["amount"].to_list() == [100.0, 120.0]


def test_a_report_is_taken_at_the_pace_of_a_year_if_it_is_long_enough_and_above_nothing():
    """73 days of 1 a day are 5 x 73 a year; of two reports with one end the later begun counts."""
    end = date(2019, 12, 31)
    rows = pl.DataFrame(
        [
            ("a", date(2019, 10, 20), 73.0),
            ("a", date(2019, 1, 1), 9.0),
            ("b", date(2019, 12, 4), 28.0),
            ("c", date(2019, 12, 5), 27.0),
            ("d", date(2019, 1, 1), 0.0),
            ("e", date(2019, 1, 1), None),
            ("f", date(2019, 1, 1), 0.5),
        ],
        schema=["institution_id", "period_start", "amount"],
        orient="row",
    ).with_columns(period_end=end, measure=pl.lit("operating_cost"), payer_id=pl.lit("all"))
    other = rows.with_columns(measure=pl.lit("cash"))
    found = yearly(conform(clean.Finance, pl.concat([rows, other])), 28)
    assert found.rows() == [
        ("a", "operating_cost", end, 365.0),
        ("b", "operating_cost", end, 365.0),
        ("f", "operating_cost", end, 0.5),
    ]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ([365 + 45], 365 + 45),
        ([365 + 46], None),
        ([365 - 45], 365 - 45),
        ([365 - 46], None),
        ([380, 360, 340], 360),
        ([370, 360], 370),
    ],
    ids=["latest", "too long ago", "earliest", "too near", "nearest", "of two the older"],
)
def test_the_year_before_is_the_report_that_ends_nearest_a_year_ago(ends, expected):
    key = {"institution_id": "a", "measure": "operating_cost"}
    now = date(2020, 12, 31)
    days = [now - timedelta(days=n) for n in ends]
    years = pl.DataFrame({**key, "end": days, "amount": [float(n) for n in ends]})
    newest = pl.DataFrame({**key, "end": [now], "amount": 1.0})
    found = year_before(years, newest)
    assert found.columns == ["institution_id", "measure", "end", "amount", "before_end", "before"]
    assert found["before"].to_list() == ([] if expected is None else [expected])


def test_an_institution_with_one_report_has_no_projection():
    years = yearly(finance(*costs("a", 100)), 28)
    assert projections(years).is_empty()
    assert projection_errors(years, projections(years)).is_empty()


def test_without_three_reports_a_year_apart_nothing_is_taken_to_grow():
    years = yearly(finance(*costs("a", 100.004, 110)), 28)
    assert set(growths(years)["growth"]) == {0.0}
    assert projections(years)["projected"].to_list() == [100.0]
