from datetime import date

import polars as pl
import pytest

from schemas import clean
from schemas.results.financing import FinancingProjection, FinancingProjectionError
from schemas.table import check, conform
from transforms.inputs.financing.projection import growths, projection_errors, projections, yearly


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


def test_an_institution_with_one_report_has_no_projection():
    years = yearly(finance(*costs("a", 100)), 28)
    assert projections(years).is_empty()
    assert projection_errors(years, projections(years)).is_empty()
