from datetime import date, timedelta
from math import log

import polars as pl
import pytest

from schemas import clean
from schemas.errors import ConfigRefused
from schemas.results.financing import FinancingCostResponse
from schemas.table import check, conform
from transforms.inputs.financing.response import changes, cost_response, fit, reports


def region(share: float, prices: float, number: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Finance and activity of hospitals whose cost follows activity by ``share``, and prices."""
    cost, days = [], []
    for k in range(number):
        grown = 0.8 + 0.4 * k / (number - 1)
        for year, activity in ((2018, 1000.0), (2019, 1000.0 * grown)):
            key = {
                "institution_id": f"h{k:02}",
                "period_start": date(year, 1, 1),
                "period_end": date(year, 12, 31),
            }
            level = 1.0 if year == 2018 else prices * grown**share
            cost.append(
                key | {"measure": "operating_cost", "payer_id": "all", "amount": 365_000.0 * level}
            )
            days.append(key | {"class_id": "general", "zone_id": "all", "patient_days": activity})
    return conform(clean.Finance, pl.DataFrame(cost)), conform(clean.Activity, pl.DataFrame(days))


def test_the_share_that_follows_activity_is_found_whatever_prices_do():
    found = check(FinancingCostResponse, cost_response(*region(0.2, 1.03, 41), 28, 0.84))
    row = found.row(0, named=True)
    assert row["variable_share"] == pytest.approx(0.2, abs=1e-3)
    assert row["low"] <= row["variable_share"] <= row["high"]
    assert row["median_error"] < 1e-3
    assert (row["pairs"], row["fixed_share_used"]) == (41, 0.84)


def test_the_estimate_is_used_where_the_region_asks_for_it():
    found = cost_response(*region(0.25, 1.0, 41), 28, "estimated")
    assert found["fixed_share_used"][0] == pytest.approx(0.75, abs=1e-3)


def test_too_few_reports_are_no_estimate():
    few = region(0.2, 1.0, 5)
    assert cost_response(*few, 28, 1.0).is_empty()
    with pytest.raises(ConfigRefused, match="financing.fixed_cost_share: 5 pairs"):
        cost_response(*few, 28, "estimated")


def test_the_range_is_that_of_nineteen_cases_in_twenty():
    """95 % of a normal distribution lie within 1.96 standard errors."""
    finance, activity = region(0.2, 1.03, 31)
    noisy = finance.with_columns(pl.col("amount") * (1 + pl.col("amount").rank() % 7 / 100))
    row = cost_response(noisy, activity, 28, 1.0).row(0, named=True)
    pairs = changes(reports(noisy, activity, 28))
    slope, error, left = fit(pairs["activity"].to_list(), pairs["cost"].to_list())
    assert (row["low"], row["high"]) == (slope - 1.96 * error, slope + 1.96 * error)
    sizes = sorted(abs(x) for x in left)
    assert (row["median_error"], row["p90_error"]) == (sizes[15], pytest.approx(sizes[27]))


def test_thirty_pairs_are_enough():
    assert cost_response(*region(0.2, 1.0, 30), 28, 1.0)["pairs"].to_list() == [30]
    assert cost_response(*region(0.2, 1.0, 29), 28, 1.0).is_empty()


def sent(*rows: tuple[str, date, int, float, float]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Finance and activity: institution, last day, days, operating cost, patient-days."""
    names = ["institution_id", "period_end", "length", "amount", "patient_days"]
    frame = pl.DataFrame(rows, schema=names, orient="row").with_columns(
        period_start=pl.col("period_end") - pl.duration(days=pl.col("length") - 1)
    )
    cost = frame.with_columns(measure=pl.lit("operating_cost"), payer_id=pl.lit("all"))
    days = frame.with_columns(class_id=pl.lit("general"), zone_id=pl.lit("all"))
    return conform(clean.Finance, cost), conform(clean.Activity, days)


END = date(2020, 12, 31)


def test_a_report_needs_cost_patient_days_and_length():
    """1 of each is enough; 28 days are; of the rest each lacks one."""
    finance, activity = sent(
        ("a", END, 28, 1.0, 1.0),
        ("b", END, 27, 1.0, 1.0),
        ("c", END, 28, 0.0, 1.0),
        ("d", END, 28, 1.0, 0.0),
    )
    other = finance.with_columns(payer_id=pl.lit("x"), institution_id=pl.lit("e"))
    found = reports(pl.concat([finance, other]), activity, 28)
    assert found.rows() == [("a", END, 1 / 28, 1 / 28)]


@pytest.mark.parametrize(("days", "pairs"), [(365 + 45, 1), (365 + 46, 0), (365 - 45, 1), (319, 0)])
def test_reports_are_a_year_apart_that_end_so_within_45_days(days, pairs):
    finance, activity = sent(
        ("a", END, 28, 1.0, 1.0), ("a", END - timedelta(days=days), 28, 1.0, 1.0)
    )
    assert changes(reports(finance, activity, 28)).height == pairs


def test_changes_are_logarithms_less_their_medians_without_the_largest():
    """d's patient-days and e's cost grow by two thirds: an opening, or an error."""
    before = END - timedelta(days=365)
    levels = {"a": (1.0, 1.1), "b": (1.2, 1.2), "c": (1.1, 1.4), "d": (1.0, 1.67), "e": (1.67, 1.0)}
    rows = [(i, END, 28, 28.0 * cost, 28.0 * use) for i, (cost, use) in levels.items()]
    finance, activity = sent(*rows, *((i, before, 28, 28.0, 28.0) for i in levels))
    found = changes(reports(finance, activity, 28))
    assert found["cost"].to_list() == pytest.approx([-log(1.1), log(1.2 / 1.1), 0])
    assert found["activity"].to_list() == pytest.approx([log(1.1 / 1.2), 0, log(1.4 / 1.2)])


def test_a_slope_by_hand():
    """(1·1 + 2·3) / (1 + 4) = 1.4; left are -0.4 and 0.2; sqrt(0.2) / sqrt(5) = 0.2."""
    slope, error, left = fit([1.0, 2.0], [1.0, 3.0])
    assert slope == pytest.approx(1.4)
    assert left == pytest.approx([-0.4, 0.2])
    assert error == pytest.approx(0.2)
