from datetime import date

import polars as pl
import pytest

from schemas import clean
from schemas.errors import ConfigRefused
from schemas.results.financing import FinancingCostResponse
from schemas.table import check, conform
from transforms.inputs.financing.response import cost_response, fit


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


def test_a_slope_by_hand():
    """(1·1 + 2·3) / (1 + 4) = 1.4; left are -0.4 and 0.2; sqrt(0.2) / sqrt(5) = 0.2."""
    slope, error, left = fit([1.0, 2.0], [1.0, 3.0])
    assert slope == pytest.approx(1.4)
    assert left == pytest.approx([-0.4, 0.2])
    assert error == pytest.approx(0.2)
